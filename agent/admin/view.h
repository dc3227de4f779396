/*
 * What the admin pages look at: the agent, as callbacks and lent pointers, so that pages can be
 * tested without one.
 *
 * Thread   the loop. Everything lives as long as the view.
 */
#ifndef TAILRACE_ADMIN_VIEW_H
#define TAILRACE_ADMIN_VIEW_H

#include "admin/health.h"
#include "admin/verdict.h"
#include "base/budget.h"
#include "metrics/exposition.h"
#include "service/agent.h"

/* Of the agent as it runs. */
struct admin_facts {
    struct metrics_book *book;
    const struct budget *memory;
    const char *hostname;
    uint64_t start_ms; /* by clock_ms */
    int64_t start_wall_ns;
    const struct health *health;
    bool has_health_check;
    struct pace *pace;
    uint64_t reload_count;
};

struct admin_view {
    struct admin_facts facts;
    void *owner; /* of the rest */
    /* Brings counters up to date. */
    void (*refresh)(void *owner);
    /* Appends a JSON array with an object for each input that can say what it follows. */
    void (*describe_inputs)(void *owner, struct buffer *out);
    /* The same for filters, and where what they add comes from. May be NULL. */
    void (*describe_filters)(void *owner, struct buffer *out);
    /* Appends what is kept of refused records as a JSON object, or null. May be NULL. */
    void (*describe_letters)(void *owner, struct buffer *out);
    /* The trouble of an output in the order of the book; `*since_ns` is 0 when there is none. */
    const char *(*output_trouble)(void *owner, size_t index, int64_t *since_ns);
    /* output_login of it. May be NULL. */
    bool (*output_login)(void *owner, size_t index, const char **origin, const char **region);
    /* pipeline_standstill. NULL: never. */
    bool (*standstill)(void *owner, struct buffer *out);
    /* pipeline_wants_restart. NULL: never. */
    bool (*wants_restart)(void *owner);
    /* Begins a reload. NULL: there is nobody to do that. */
    enum reload_state (*reload)(void *owner);
    /* What became of the last one; `*words` gets its mistakes, one after the other with a NUL behind
     * each. */
    enum reload_state (*reload_outcome)(void *owner, struct slice *words);
};

uint64_t admin_view_uptime_s(const struct admin_view *view);

/* Appends what stands still, in words. False: nothing does. */
bool admin_view_standstill(const struct admin_view *view, struct buffer *out);

/* By errors, by retries, by standing still. */
bool admin_view_is_well(const struct admin_view *view);

/* False: a start anew may help. */
bool admin_view_is_alive(const struct admin_view *view);

#endif
