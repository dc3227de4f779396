/*
 * The pages of the admin server: what each path answers. The paths are Fluent Bit's, matched
 * exactly, and /ui with its /api/tailrace/status.
 *
 * Pure but for the clock and the log's counts. Thread: the loop.
 */
#ifndef TAILRACE_ADMIN_PAGES_H
#define TAILRACE_ADMIN_PAGES_H

#include "admin/policy.h"
#include "admin/view.h"

/* An answer. All zero before pages_answer, page_fini afterwards. */
struct page {
    unsigned status;
    const char *type;              /* of the content; NULL: there is none */
    const char *allow;             /* the methods that are allowed, when this one is not */
    char policy[POLICY_BYTES_MAX]; /* Content-Security-Policy, of a page for browsers */
    bool is_waiting;               /* for the end of a reload: pages_outcome has the rest */
    struct slice fixed;            /* a body that lives for ever, or */
    struct buffer body;
};

void pages_answer(const struct admin_view *view, const char *method, const char *path,
                  struct page *page);

/* The answer that was waited for. */
void pages_outcome(const struct admin_view *view, struct page *page);
void page_fini(struct page *page);

#endif
