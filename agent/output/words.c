#include "output/account.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * What is said of an output in the log, not too often, and what the status page shows of it.
 */

#define SAID_INTERVAL_MS 10000

/* For the status page. */
void trouble_show(const struct delivery *d)
{
    struct trouble *trouble = &d->output->said.trouble;

    if (trouble->since_ns == 0)
        trouble->since_ns = clock_wall_ns();
    snprintf(trouble->text, sizeof trouble->text, "%s", d->answer.why);
}

void trouble_say(struct delivery *d, enum log_level level, const char *what)
{
    const char *component = d->output->config.component;
    struct trouble *trouble = &d->output->said.trouble;
    uint64_t held;

    trouble_show(d);
    if (!log_brake_open(&trouble->brake, SAID_INTERVAL_MS, &held))
        return;
    trouble->was_said = true;
    if (held > 0)
        LOG_AT(level, component, "%s: %s (and %" PRIu64 " times since it was said last)", what,
               d->answer.why, held);
    else
        LOG_AT(level, component, "%s: %s", what, d->answer.why);
}

void trouble_over(struct output *output)
{
    struct trouble *trouble = &output->said.trouble;

    trouble->since_ns = 0;
    if (!trouble->was_said)
        return;
    trouble->was_said = false;
    log_info(output->config.component, "delivering again, after: %s", trouble->text);
}

void request_trace(const struct delivery *d)
{
    log_trace(d->output->config.component, "%" PRIu32 " records go to %s in %zu bytes",
              batch_waiting(&d->batch), d->sending.node->where, d->made.request.body.len);
}

void answer_trace(const struct delivery *d)
{
    if (d->answer.status > 0)
        log_trace(d->output->config.component, "%s answered with %u", d->sending.node->where,
                  d->answer.status);
    else
        log_trace(d->output->config.component, "no answer came: %s", d->answer.why);
}

void refusals_say(struct delivery *d, enum log_level level, const char *what, uint32_t count,
                  const char *reason)
{
    char since[80] = "";
    uint64_t held;

    if (!log_brake_open(level == LOG_ERROR ? &d->output->said.refusals : &d->output->said.as_texts,
                        SAID_INTERVAL_MS, &held))
        return;
    if (held > 0)
        snprintf(since, sizeof since, ", as some of %" PRIu64 " requests since it was said last",
                 held);
    LOG_AT(level, d->output->config.component,
           "records of a request were refused and %s: %" PRIu32 "%s; the first: %s", what, count,
           since, reason);
}

/* A loss is not to be held back because other trouble was told just before. */
void losses_say(struct delivery *d, uint32_t count)
{
    char since[80] = "";
    uint64_t held;

    if (!log_brake_open(&d->output->said.losses, SAID_INTERVAL_MS, &held))
        return;
    if (held > 0)
        snprintf(since, sizeof since,
                 ", as were those of %" PRIu64 " chunks since it was said last", held);
    log_error(d->output->config.component,
              "%" PRIu32 " records were dropped, Retry_Limit is reached%s: %s", count, since,
              d->answer.why);
}
