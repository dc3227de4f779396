#include "plugins/filter_log_to_metrics/log_to_metrics.h"

/*
 * What was counted goes out, as documents:
 *
 *   flush_start   the emitter opens, the interval begins
 *   on_interval   a document for each series that has news; when there are many, some now and the
 *                 others in the next turns
 *   flush_stop    all that are left
 *
 * Goes wrong: the outputs do not take what there is already. Then the news stay where they are, and add
 * up; nothing is lost, and no memory is taken.
 */

static uint64_t interval_ms(const struct log_emit *e)
{
    uint64_t ms = 0;

    if (e->interval_s > 0)
        ms += (uint64_t)e->interval_s * 1000;
    if (e->interval_ns > 0)
        ms += (uint64_t)(e->interval_ns / NS_PER_MS);
    return ms > 0 ? ms : INTERVAL_LEAST_MS;
}

static void document_send(struct filter_log_to_metrics *l, struct family_series *s)
{
    struct record *record = emitter_record(l->emit.emitter, clock_wall_ns());

    document_fill(l, s, record);
    emitter_push(l->emit.emitter);
    family_news_taken(&l->family, s);
    l->host->metrics->add_records++;
    l->host->metrics->log.documents++;
}

/* Nobody wants them. */
static void news_forget(struct filter_log_to_metrics *l)
{
    struct family_series *s;

    while ((s = family_news_first(&l->family)) != NULL)
        family_news_taken(&l->family, s);
}

/* Whether some are left that there is room for. */
static bool some_send(struct filter_log_to_metrics *l)
{
    for (unsigned i = 0; i < DOCUMENTS_PER_TURN; i++) {
        struct family_series *s = family_news_first(&l->family);

        if (s == NULL || !emitter_has_room(l->emit.emitter))
            return false;
        document_send(l, s);
    }
    return family_news_first(&l->family) != NULL;
}

static void on_interval(void *owner)
{
    struct filter_log_to_metrics *l = owner;
    bool has_more = false;

    family_tick(&l->family, clock_ms() / 1000);
    if (emitter_is_wanted(l->emit.emitter))
        has_more = some_send(l);
    else
        news_forget(l);
    timer_start(l->emit.timer, has_more ? 1 : interval_ms(&l->emit));
}

void flush_start(struct filter_log_to_metrics *l)
{
    const struct emitter_place place = {
        .intake = l->host->intake,
        .book = l->host->book,
        .budget = l->host->budget,
        .name = l->emit.name,
        .plugin = "emitter",
        .limit_bytes = l->emit.limit_bytes,
    };

    CHECK(l->emit.emitter == NULL && l->emit.timer == NULL);
    l->emit.emitter = emitter_new(&place, slice_of(l->keys.tag));
    l->emit.timer = timer_new(l->host->loop, on_interval, l);
    family_tick(&l->family, clock_ms() / 1000);
    timer_start(l->emit.timer, interval_ms(&l->emit));
}

/* Whether there is room or not: nobody counts any more, and nobody makes room. */
void flush_stop(struct filter_log_to_metrics *l)
{
    struct family_series *s;

    timer_free(&l->emit.timer);
    while (emitter_is_wanted(l->emit.emitter) && (s = family_news_first(&l->family)) != NULL)
        document_send(l, s);
    emitter_stop(l->emit.emitter);
}
