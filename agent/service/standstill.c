#include "service/standstill.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/pipeline_self.h"

#include <inttypes.h>

/* How often within hc_standstill it is looked whether anything leaves. */
#define PROGRESS_LOOKS 10

static bool is_answered(const struct pipeline *p)
{
    for (size_t i = 0; i < p->made.started_output_count; i++)
        if (!output_is_answered(p->made.outputs[i].output))
            return false;
    return true;
}

static uint64_t left_records(const struct pipeline *p)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < p->made.started_output_count; i++) {
        const struct output_metrics *m = output_metrics(p->made.outputs[i].output);

        sum += m->proc_records + m->set_aside_records + m->given_up_records;
    }
    return sum;
}

/* How much is due costs a look at every file: it is asked only when nothing has left. */
static uint64_t due_bytes(struct pipeline *p, uint64_t left)
{
    uint64_t sum = 0;

    if (left != p->standstill.progress.left_records)
        return 0;
    pipeline_refresh(p);
    for (size_t i = 0; i < p->made.input_count; i++)
        sum += p->made.inputs[i].input.metrics.due_bytes;
    return sum;
}

/* What the back-ends say instead of taking anything, of the output that has heard it the longest. */
static void append_answer(const struct pipeline *p, struct buffer *words)
{
    int64_t since_ns, oldest_ns = 0;
    size_t oldest = 0;

    for (size_t i = 0; i < p->made.started_output_count; i++) {
        (void)output_trouble(p->made.outputs[i].output, &since_ns);
        if (since_ns == 0 || (oldest_ns != 0 && since_ns >= oldest_ns))
            continue;
        oldest_ns = since_ns;
        oldest = i;
    }
    if (oldest_ns != 0)
        buffer_append_format(words, " (%s: %s)", output_name(p->made.outputs[oldest].output),
                             output_trouble(p->made.outputs[oldest].output, &since_ns));
}

static void standstill_say(const struct pipeline *p, const struct progress_seen *seen)
{
    struct buffer words = {0};

    append_answer(p, &words);
    log_error("tailrace",
              "nothing has left for %" PRIu64 " s, although %" PRIu64
              " bytes are unread and every back-end answers%s; this is not healthy",
              (seen->now_ms - p->standstill.progress.since_ms) / 1000, seen->due_bytes,
              buffer_text(&words));
    buffer_fini(&words);
}

static void on_progress(void *owner)
{
    struct pipeline *p = owner;
    uint64_t limit_ms = (uint64_t)p->service.health.standstill_s * 1000;
    struct progress_seen seen = {
        .now_ms = clock_ms(), .left_records = left_records(p), .is_answered = is_answered(p)};

    seen.due_bytes = due_bytes(p, seen.left_records);
    if (!progress_look(&p->standstill.progress, &seen, limit_ms))
        return;
    if (p->standstill.progress.is_still)
        standstill_say(p, &seen);
    else
        log_info("tailrace", "lines leave again");
}

void standstill_start(struct pipeline *p)
{
    CHECK(p->standstill.timer == NULL);
    if (p->service.health.standstill_s <= 0)
        return;
    p->standstill.timer = timer_new(p->loop, on_progress, p);
    timer_unref(p->standstill.timer);
    timer_repeat(p->standstill.timer,
                 (uint64_t)p->service.health.standstill_s * 1000 / PROGRESS_LOOKS);
}

void standstill_stop(struct pipeline *p)
{
    timer_free(&p->standstill.timer);
}

uint64_t standstill_s(const struct standstill *s)
{
    return s->progress.is_still ? (clock_ms() - s->progress.since_ms) / 1000 : 0;
}
