#include "output/delivery.h"

#include "base/clock.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>

#define SAID_INTERVAL_MS 10000

/* ---- counting ---- */

/* A record's share of its chunk's bytes, so that the sums come out even: the last one takes what
 * rounding left. */
static uint64_t record_bytes(const struct delivery *d, uint32_t index)
{
    uint64_t bytes = d->chunk->bytes.len, count = d->chunk->record_count;

    return index + 1 == count ? bytes - bytes / count * (count - 1) : bytes / count;
}

void account_in(struct output *output, const struct chunk *chunk)
{
    output->metrics.read_records += chunk->record_count;
    output->metrics.read_bytes += chunk->bytes.len;
    output->metrics.in_flight_records += chunk->record_count;
    output->metrics.in_flight_bytes += chunk->bytes.len;
}

static void count_out(struct delivery *d, uint32_t index, uint64_t *records, uint64_t *bytes)
{
    struct output_metrics *m = &d->output->metrics;
    uint64_t size = record_bytes(d, index);

    d->states[index] = RECORD_DONE;
    *records += 1;
    *bytes += size;
    m->in_flight_records -= 1;
    m->in_flight_bytes -= size;
}

/* It will not reach the back-end, for whatever reason. */
static void count_dropped(struct delivery *d, uint32_t index, uint64_t *records, uint64_t *bytes)
{
    count_out(d, index, records, bytes);
    d->output->metrics.dropped_records++;
}

void account_let_go(struct delivery *d)
{
    struct output_metrics *m = &d->output->metrics;

    for (uint32_t i = 0; i < d->chunk->record_count; i++) {
        if (d->states[i] == RECORD_DONE)
            continue;
        m->in_flight_records--;
        m->in_flight_bytes -= record_bytes(d, i);
        m->read_records--;
        m->read_bytes -= record_bytes(d, i);
    }
}

/* ---- trouble, in words ---- */

void trouble_say(struct delivery *d, enum log_level level, const char *what)
{
    struct output *output = d->output;
    uint64_t held;

    if (output->trouble_since_ns == 0)
        output->trouble_since_ns = clock_wall_ns();
    snprintf(output->trouble, sizeof output->trouble, "%s", d->why);
    if (!log_brake_open(&output->brake, SAID_INTERVAL_MS, &held))
        return;
    if (held > 0)
        LOG_AT(level, output->config.component,
               "%s: %s (and %" PRIu64 " times since it was said last)", what, d->why, held);
    else
        LOG_AT(level, output->config.component, "%s: %s", what, d->why);
}

void trouble_over(struct output *output)
{
    if (output->trouble_since_ns == 0)
        return;
    output->trouble_since_ns = 0;
    output->brake = (struct log_brake){0};
    log_info(output->config.component, "delivering again, after: %s", output->trouble);
}

void account_set_aside(struct delivery *d)
{
    struct output_metrics *m = &d->output->metrics;

    trouble_say(d, LOG_ERROR, "records were refused and set aside");
    m->errors++;
    for (uint32_t i = d->batch.first; i < d->batch.first + d->batch.count; i++)
        if (d->states[i] == RECORD_WAITING)
            count_dropped(d, i, &m->set_aside_records, &m->set_aside_bytes);
}

void account_give_up(struct delivery *d)
{
    struct output_metrics *m = &d->output->metrics;

    trouble_say(d, LOG_ERROR, "records were dropped, Retry_Limit is reached");
    m->errors++;
    m->retries_failed++;
    for (uint32_t i = d->batch.first; i < d->batch.first + d->batch.count; i++)
        if (d->states[i] == RECORD_WAITING)
            count_dropped(d, i, &m->given_up_records, &m->given_up_bytes);
}

static void item_settle(struct delivery *d, uint32_t index, const struct item_verdict *item,
                        uint32_t *refused, uint32_t *retry)
{
    struct output_metrics *m = &d->output->metrics;

    switch ((enum verdict)item->verdict) {
    case VERDICT_DELIVERED:
        count_out(d, index, &m->proc_records, &m->proc_bytes);
        m->already_there_records += item->was_there;
        return;
    case VERDICT_RETRY:
        if ((*retry)++ == 0)
            snprintf(d->why, sizeof d->why, "%s",
                     item->reason ? item->reason : "items must be retried");
        return;
    default:
        if ((*refused)++ == 0)
            log_error(d->output->config.component,
                      "a record was refused with status %u and set aside: %s", item->status,
                      item->reason ? item->reason : "no reason was given");
        count_dropped(d, index, &m->set_aside_records, &m->set_aside_bytes);
    }
}

bool account_items(struct delivery *d, const struct verdicts *verdicts)
{
    static const struct item_verdict delivered = {.verdict = VERDICT_DELIVERED};
    uint32_t item = 0, refused = 0, retry = 0;

    for (uint32_t i = d->batch.first; i < d->batch.first + d->batch.count; i++) {
        if (d->states[i] != RECORD_WAITING)
            continue;
        CHECK(verdicts == NULL || item < verdicts->count);
        item_settle(d, i, verdicts ? &verdicts->items[item] : &delivered, &refused, &retry);
        item++;
    }
    if (refused > 1)
        log_error(d->output->config.component, "%u records of one request were set aside", refused);
    if (refused > 0)
        d->output->metrics.errors++;
    return retry > 0;
}

void account_skipped(struct delivery *d)
{
    struct output_metrics *m = &d->output->metrics;
    uint32_t skipped = 0;

    for (uint32_t i = 0; i < d->chunk->record_count; i++) {
        if (d->states[i] != RECORD_SKIPPED)
            continue;
        count_dropped(d, i, &m->set_aside_records, &m->set_aside_bytes);
        skipped++;
    }
    if (skipped == 0)
        return;
    m->errors++;
    log_warn(d->output->config.component,
             "%u records were set aside: they cannot be written as configured", skipped);
}
