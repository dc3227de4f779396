/*
 * An agent to look at without one: an input, a filter and an output with their counters, and a
 * view of them. The clocks stand still. kit_set_up and kit_tear_down are a checked fixture.
 */
#ifndef TAILRACE_TESTS_ADMIN_KIT_H
#define TAILRACE_TESTS_ADMIN_KIT_H

#include "admin/pages.h"

#include <check.h>

struct admin_kit {
    struct input_metrics input;
    struct filter_metrics filter;
    struct output_metrics output;
    struct metrics_book book;
    struct budget memory;
    struct health health;
    struct pace pace;
    struct admin_view view;
    struct page page;
    const char *follows; /* what inputs say of themselves */
    const char *trouble; /* the output's, since the start */
    const char *login;   /* where its keys for AWS come from; NULL: it has none */
    unsigned refreshed;
    const char *standstill;   /* what stands still, in words; NULL: nothing does */
    bool wants_restart;       /* in what only a start anew may end */
    enum reload_state reload; /* what becomes of one */
    struct slice mistakes;
};

extern struct admin_kit admin_kit;

void admin_kit_set_up(void);
void admin_kit_tear_down(void);

/* Asks for a page; the last answer is in admin_kit.page. */
void admin_kit_ask(const char *method, const char *path);
const char *admin_kit_body(void);
void admin_kit_expect_body(const char *part);

#endif
