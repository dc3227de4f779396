#include "plugins/in_systemd/systemd.h"

/*
 * The filters of the input's tag are asked once, before the first entry is read. A tag with a star is
 * asked for as it stands: which unit will come is not known yet.
 *
 *   first_wait_ms   asks, and says how long to wait; over when that is over
 *   on_woken        a filter knows more: asks again
 *   first_end       over, or the input stops
 */

static uint64_t filters_ask(struct in_systemd *s)
{
    return intake_ready(s->input->intake, &s->first.asking->origin, &s->first.waiter);
}

void first_end(struct in_systemd *s)
{
    struct systemd_first *first = &s->first;

    first->is_over = true;
    if (first->asking == NULL)
        return;
    list_remove(&first->waiter.link);
    segment_end(&first->asking);
}

static void on_woken(void *owner)
{
    struct in_systemd *s = owner;

    CHECK(s->first.asking != NULL);
    if (filters_ask(s) > 0)
        return;
    first_end(s);
    timer_start(s->timer, 0);
}

static void first_begin(struct in_systemd *s)
{
    struct systemd_first *first = &s->first;
    uint64_t wait_ms;

    CHECK(first->asking == NULL);
    first->waiter = (struct filter_waiter){.wake = on_woken, .owner = s};
    list_init(&first->waiter.link);
    first->asking = segment_begin(s->input, 0, &s->ledger.segments, read_bookmark, s);
    wait_ms = filters_ask(s);
    first->until_ms = clock_ms() + wait_ms;
    if (wait_ms == 0)
        first_end(s);
}

uint64_t first_wait_ms(struct in_systemd *s)
{
    struct systemd_first *first = &s->first;
    uint64_t now_ms;

    if (!first->is_over && first->asking == NULL)
        first_begin(s);
    if (LIKELY(first->is_over))
        return 0;
    now_ms = clock_ms();
    if (now_ms < first->until_ms)
        return first->until_ms - now_ms;
    first_end(s);
    return 0;
}
