#include "output/account.h"
#include "output/letters.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <uv.h>

/* ---- counting ---- */

/*
 *   read = delivered + set aside + dropped + in flight
 *
 * in records and in bytes, whenever nothing of this file is on the stack.
 */
static void account_check(const struct output_metrics *m)
{
    CHECK(m->read_records ==
          m->proc_records + m->set_aside_records + m->given_up_records + m->in_flight_records);
    CHECK(m->given_up_records == m->limit_records + m->stopped_records);
    CHECK(m->given_up_bytes == m->limit_bytes + m->stopped_bytes);
    CHECK(m->read_bytes ==
          m->proc_bytes + m->set_aside_bytes + m->given_up_bytes + m->in_flight_bytes);
}

/* The two counters of one way out. */
struct tally {
    uint64_t *records;
    uint64_t *bytes;
    enum way_out way;
};

/* The share of its chunk's bytes that so many records have, so that the sums come out even: the
 * last one takes what rounding left. */
static uint64_t bytes_of(const struct delivery *d, uint32_t first, uint32_t count)
{
    uint64_t bytes = d->chunk->bytes.len, total = d->chunk->record_count;
    bool has_last = count > 0 && first + count == total;

    CHECK(total > 0 && count <= total);
    return bytes / total * count + (has_last ? bytes % total : 0);
}

void account_in(struct output *output, const struct chunk *chunk)
{
    output->metrics.read_records += chunk->record_count;
    output->metrics.read_bytes += chunk->bytes.len;
    output->metrics.in_flight_records += chunk->record_count;
    output->metrics.in_flight_bytes += chunk->bytes.len;
    account_check(&output->metrics);
}

/* So many records, from `first` on, leave by these two counters. */
static void count_out(struct delivery *d, uint32_t first, uint32_t count, struct tally tally)
{
    struct output_metrics *m = &d->output->metrics;
    uint64_t bytes = bytes_of(d, first, count);

    CHECK(count > 0);
    CHECK(first + count <= d->chunk->record_count);
    CHECK(count <= m->in_flight_records && bytes <= m->in_flight_bytes);
    if (d->batch.states != NULL)
        memset(d->batch.states + first, RECORD_DONE, count);
    *tally.records += count;
    *tally.bytes += bytes;
    flow_count(d, first, count, tally.way);
    m->in_flight_records -= count;
    m->in_flight_bytes -= bytes;
}

/* Sets of states. */
#define STATE(state) (1u << (state))
#define STATES_WAITING (STATE(RECORD_WAITING) | STATE(RECORD_AS_TEXT))
#define STATES_LEFT (STATES_WAITING | STATE(RECORD_SKIPPED) | STATE(RECORD_HELD))

/* The next run of records in one of these states, at `*first` or behind it, before `end`. How
 * many. */
static uint32_t next_run(const struct batch *batch, unsigned states, uint32_t *first, uint32_t end)
{
    uint32_t at = *first;

    CHECK(at <= end);
    if (batch->states == NULL) /* one run */
        return states & STATE(RECORD_WAITING) ? end - at : 0;
    while (at < end && !(states & STATE(batch->states[at])))
        at++;
    *first = at;
    while (at < end && states & STATE(batch->states[at]))
        at++;
    return at - *first;
}

/* All records in these states in the batch leave. How many. */
static uint32_t count_out_all(struct delivery *d, unsigned states, struct tally tally)
{
    uint32_t at = d->batch.first, end = at + d->batch.count, count, sum = 0;

    CHECK(end <= d->chunk->record_count);
    for (; (count = next_run(&d->batch, states, &at, end)) > 0; at += count) {
        count_out(d, at, count, tally);
        sum += count;
    }
    return sum;
}

static struct tally set_aside(struct delivery *d)
{
    struct output_metrics *m = &d->output->metrics;

    return (struct tally){&m->set_aside_records, &m->set_aside_bytes, WAY_DROPPED};
}

/* All records in these states are set aside. How many. */
static uint32_t set_aside_all(struct delivery *d, unsigned states)
{
    uint32_t count;

    letters_send(d, states, false);
    count = count_out_all(d, states, set_aside(d));
    d->output->metrics.dropped_records += count;
    account_check(&d->output->metrics);
    return count;
}

void account_let_go(struct delivery *d)
{
    struct output_metrics *m = &d->output->metrics;
    uint64_t records = 0, bytes = 0;
    struct tally left = {&records, &bytes, WAY_BACK};

    CHECK(d->batch.first <= d->chunk->record_count);
    d->batch.count = d->chunk->record_count - d->batch.first;
    count_out_all(d, STATES_LEFT, left);
    m->read_records -= records;
    m->read_bytes -= bytes;
    account_check(m);
}

/* ---- what is counted ---- */

void account_set_aside(struct delivery *d)
{
    uint32_t count;

    trouble_show(d);
    d->output->metrics.errors++;
    count = set_aside_all(d, STATES_WAITING);
    refusals_say(d, LOG_ERROR, "set aside", count, d->answer.why);
}

static struct tally by_limit(struct delivery *d)
{
    struct output_metrics *m = &d->output->metrics;

    return (struct tally){&m->limit_records, &m->limit_bytes, WAY_DROPPED};
}

static struct tally by_stopping(struct delivery *d)
{
    struct output_metrics *m = &d->output->metrics;

    return (struct tally){&m->stopped_records, &m->stopped_bytes, WAY_DROPPED};
}

/* All records of those states in the batch are dropped, for one reason. How many. */
static uint32_t drop_all(struct delivery *d, unsigned states, struct tally reason)
{
    struct output_metrics *m = &d->output->metrics;
    uint32_t count = count_out_all(d, states, reason);

    m->given_up_records = m->limit_records + m->stopped_records;
    m->given_up_bytes = m->limit_bytes + m->stopped_bytes;
    m->dropped_records += count;
    account_check(m);
    return count;
}

void account_give_up(struct delivery *d, bool keeps_texts)
{
    struct output_metrics *m = &d->output->metrics;
    unsigned states = keeps_texts ? STATE(RECORD_WAITING) : STATES_WAITING;
    uint32_t count;

    letters_send(d, states, true);
    count = drop_all(d, states, by_limit(d));
    trouble_show(d);
    losses_say(d, count);
    m->retries_failed++;
}

/* Said each time: these are the last words on them. */
void account_lose(struct delivery *d)
{
    uint32_t count;

    CHECK(d->batch.first <= d->chunk->record_count);
    d->batch.count = d->chunk->record_count - d->batch.first;
    count = drop_all(d, STATES_LEFT, by_stopping(d));
    d->output->metrics.errors++;
    log_error(d->output->config.component,
              "%u records were dropped at the end, and nobody can read them again: %s", count,
              d->answer.why[0] != '\0' ? d->answer.why : "others were in front of them");
}

static struct tally delivered(struct delivery *d)
{
    struct output_metrics *m = &d->output->metrics;

    return (struct tally){&m->proc_records, &m->proc_bytes, WAY_DELIVERED};
}

/* What became of the items of one answer. */
struct outcome {
    uint32_t refused;
    const char *first_refused, *first_as_text; /* why */
    struct items_left left;
};

static void item_refused(struct delivery *d, uint32_t index, struct item_verdict *item,
                         struct outcome *outcome)
{
    bool goes_on;
    struct output_metrics *m = &d->output->metrics;

    if (item->reason == NULL)
        item->reason = mem_text("no reason was given");
    goes_on = batch_refuse(&d->batch, index, (struct refusal){item->reason, item->status, 0},
                           item->may_be_text);
    item->reason = NULL;
    if (goes_on) {
        m->resent_as_text_records += d->batch.refusals[index].text_tries == 1;
        if (outcome->left.as_text++ == 0)
            outcome->first_as_text = d->batch.refusals[index].reason;
    } else if (outcome->refused++ == 0) {
        outcome->first_refused = d->batch.refusals[index].reason;
    }
}

static void item_settle(struct delivery *d, uint32_t index, struct item_verdict *item,
                        struct outcome *outcome)
{
    struct output_metrics *m = &d->output->metrics;

    switch ((enum verdict)item->verdict) {
    case VERDICT_DELIVERED:
        m->as_text_records += d->batch.states[index] == RECORD_AS_TEXT;
        m->already_there_records += item->was_there;
        count_out(d, index, 1, delivered(d));
        return;
    case VERDICT_RETRY:
        if (outcome->left.retry++ == 0)
            snprintf(d->answer.why, sizeof d->answer.why, "%s",
                     item->reason ? item->reason : "items must be retried");
        return;
    default:
        item_refused(d, index, item, outcome);
    }
}

struct items_left account_items(struct delivery *d, struct verdicts *verdicts)
{
    struct outcome outcome = {0};
    uint32_t item = 0, after = d->batch.first + d->batch.count;

    if (verdicts == NULL || verdicts->items == NULL) {
        count_out_all(d, STATE(RECORD_WAITING), delivered(d));
        d->output->metrics.as_text_records += count_out_all(d, STATE(RECORD_AS_TEXT), delivered(d));
        account_check(&d->output->metrics);
        return outcome.left;
    }
    (void)batch_states(&d->batch);
    for (uint32_t i = d->batch.first; i < after; i++) {
        if (!(STATES_WAITING & STATE(d->batch.states[i])))
            continue;
        CHECK(item < verdicts->count);
        item_settle(d, i, &verdicts->items[item], &outcome);
        item++;
    }
    CHECK(item == verdicts->count);
    if (outcome.refused > 0) {
        refusals_say(d, LOG_ERROR, "set aside", outcome.refused, outcome.first_refused);
        set_aside_all(d, STATE(RECORD_REFUSED));
    }
    if (outcome.left.as_text > 0)
        refusals_say(d, LOG_WARN, "go once more as text", outcome.left.as_text,
                     outcome.first_as_text);
    d->output->metrics.errors += outcome.refused > 0;
    account_check(&d->output->metrics);
    return outcome.left;
}

void account_unanswered(struct delivery *d, unsigned times)
{
    if (!d->batch.has_none)
        d->output->metrics.unanswered_records += (uint64_t)times * batch_waiting(&d->batch);
}

void account_skipped(struct delivery *d)
{
    uint32_t first = d->batch.first, skipped;
    const char *reason;
    char why[160];

    if (next_run(&d->batch, STATE(RECORD_SKIPPED), &first, first + d->batch.count) == 0)
        return;
    reason = d->batch.refusals != NULL ? d->batch.refusals[first].reason : NULL;
    snprintf(why, sizeof why, "%s%s", reason != NULL ? "; the first: " : "",
             reason != NULL ? reason : "");
    d->answer.status = 0;
    snprintf(d->answer.why, sizeof d->answer.why, "cannot be written as configured");
    skipped = set_aside_all(d, STATE(RECORD_SKIPPED));
    CHECK(skipped > 0);
    d->output->metrics.errors++;
    log_warn(d->output->config.component,
             "%u records were set aside: they cannot be written as configured%s", skipped, why);
}
