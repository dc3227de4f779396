#include "kit/barrier.h"

#include <check.h>

static uint64_t barrier_ready(void *owner, const struct filter_run *run,
                              struct filter_waiter *waiter)
{
    struct barrier *b = owner;

    b->asked++;
    if (b->look != NULL)
        b->look(run);
    if (b->is_open)
        return 0;
    list_add_tail(&b->waiters, &waiter->link);
    return b->wait_ms;
}

static enum filter_verdict barrier_apply(void *owner, struct record *record, struct filter_run *run)
{
    (void)owner;
    (void)record;
    (void)run;
    return FILTER_KEEP;
}

static const struct filter_plugin barrier_plugin = {
    .name = "barrier",
    .ready = barrier_ready,
    .apply = barrier_apply,
};

void barrier_set_up(struct barrier *b, struct filter_chain *chain)
{
    struct report report;

    *b = (struct barrier){.wait_ms = BARRIER_WAIT_MS};
    list_init(&b->waiters);
    report_init(&report);
    filter_chain_add(chain, &barrier_plugin, b,
                     tag_match_new("*", NULL, &report, (struct place){0}), &b->metrics);
    ck_assert_uint_eq(report.text.len, 0);
    report_fini(&report);
}

void barrier_wake(struct barrier *b)
{
    struct filter_waiter *waiter =
        CONTAINER_OF(list_take_first(&b->waiters), struct filter_waiter, link);

    waiter->wake(waiter->owner);
}
