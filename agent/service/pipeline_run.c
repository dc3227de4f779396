#include "service/pipeline_self.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>

/*
 * Stopping, step by step:
 *
 *   pipeline_stop     inputs stop; what is open is sealed; outputs try what waits
 *   on_drain_check    looks whether all is delivered
 *   pipeline_hurry    Grace is over, or somebody asked twice: outputs let go
 *   on_drain_check    ends it, once nothing is under way, or a worker does not come back
 *
 * pipeline_hand_over is the same, but for a worker that does not come back: what it holds cannot be
 * freed, so the one that takes over has to wait.
 */

#define DRAIN_CHECK_MS 10

/* How often within hc_standstill it is looked whether anything leaves. */
#define PROGRESS_LOOKS 10

/* What was above the one and is below the other was a load, and is over. */
#define SETTLE_AFTER_MS 5000
#define SETTLE_PEAK_BYTES ((uint64_t)1 << 20)
#define SETTLE_USED_BYTES_MAX ((uint64_t)128 << 10)

/* Workers that are not done so long after the outputs let go are stuck. */
#define STUCK_AFTER_MS 500

/* ---- starting ---- */

/* When next to nothing is held after a load, or nothing came for a while, the heap has what was needed,
 * in pieces that the next load would use again, and gives it back. A trickle keeps it. */
static void on_settle(void *owner)
{
    struct pipeline *p = owner;
    bool is_quiet = !p->was_stirred;

    p->was_stirred = false;
    p->was_loaded |= budget_recent_peak(&p->memory) >= SETTLE_PEAK_BYTES;
    if (p->memory.used_bytes <= SETTLE_USED_BYTES_MAX && (is_quiet || p->was_loaded)) {
        p->was_loaded = false;
        mem_settle();
        if (is_quiet)
            return;
    }
    timer_start(p->settle_timer, SETTLE_AFTER_MS);
}

static void on_sealed(void *owner, struct chunk *chunk)
{
    struct pipeline *p = owner;

    p->was_stirred = true;
    if (!timer_is_on(p->settle_timer))
        timer_start(p->settle_timer, SETTLE_AFTER_MS);

    CHECK(chunk->is_sealed && chunk->outputs >> (p->output_count - 1) >> 1 == 0);
    for (size_t i = 0; i < p->output_count; i++)
        if (chunk->outputs >> i & 1)
            output_offer(p->outputs[i].output, chunk);
    chunk_unref(&chunk);
}

static void on_exit_wanted(struct input *input)
{
    struct input_instance *i = CONTAINER_OF(input, struct input_instance, input);

    if (!i->pipeline->is_stopping)
        i->pipeline->exit_wanted(i->pipeline->exit_owner);
}

static int output_start(struct pipeline *p, size_t index, struct report *report)
{
    struct output_instance *o = &p->outputs[index];
    int64_t workers = o->keys.workers > 0 ? o->keys.workers : (int64_t)o->plugin->default_workers;
    char why[256] = "";
    struct output_config config = {
        .plugin = o->plugin,
        .self = o->self,
        .name = o->name,
        .component = o->component,
        .index = (unsigned)index,
        .workers = o->plugin->encode != NULL && workers > 0 ? (unsigned)workers : 1,
        .retry = o->retry,
        .budget = &p->memory,
        .letters = p->sink,
        .nodes = o->upstream.settings,
        .node_count = o->upstream.count,
    };

    o->output = output_new(p->loop, &config, why);
    if (o->output == NULL) {
        report_error(report, o->place, "output %s cannot start: %s", o->name, why);
        return -EINVAL;
    }
    if (o->plugin->encode != NULL)
        budget_reserve(&p->memory, config.workers * CHUNK_BYTES_AIM);
    metrics_add_output(&p->book, output_metrics(o->output));
    p->started_output_count++;
    return 0;
}

static int filter_start(struct pipeline *p, struct filter_instance *f, struct report *report)
{
    int rc;

    f->host = (struct filter_host){.loop = p->loop, .metrics = &f->metrics};
    if (f->plugin->start == NULL)
        return 0;
    rc = f->plugin->start(f->self, &f->host, report);
    if (rc < 0)
        report_error(report, (struct place){0}, "filter %s cannot start", f->name);
    return rc;
}

static int input_start(struct pipeline *p, struct input_instance *i, struct report *report)
{
    int rc;

    i->input.intake = p->intake;
    i->input.exit_wanted = on_exit_wanted;
    rc = i->plugin->start(i->self, &i->input, report);
    if (rc < 0) {
        report_error(report, (struct place){0}, "input %s cannot start", i->name);
        return rc;
    }
    i->is_started = true;
    return 0;
}

void pipeline_takes_over(struct pipeline *p, int64_t since_ns)
{
    CHECK(!p->is_started);
    for (size_t i = 0; i < p->input_count; i++)
        p->inputs[i].input.since_ns = since_ns;
}

static void intake_start(struct pipeline *p, pipeline_fn *exit_wanted, void *owner)
{
    p->exit_wanted = exit_wanted;
    p->exit_owner = owner;
    p->settle_timer = timer_new(p->loop, on_settle, p);
    timer_unref(p->settle_timer);
    p->intake = intake_new(p->loop, p->chain, p->routes, (uint64_t)(p->service.flush_s * 1000));
    intake_on_sealed(p->intake, on_sealed, p);
    p->is_started = true;
}

/* ---- standing still ---- */

static bool is_answered(const struct pipeline *p)
{
    int64_t since_ns;

    for (size_t i = 0; i < p->started_output_count; i++) {
        (void)output_trouble(p->outputs[i].output, &since_ns);
        if (since_ns != 0)
            return false;
    }
    return true;
}

static uint64_t left_records(const struct pipeline *p)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < p->started_output_count; i++) {
        const struct output_metrics *m = output_metrics(p->outputs[i].output);

        sum += m->proc_records + m->set_aside_records + m->given_up_records;
    }
    return sum;
}

/* How much is due costs a look at every file: it is asked only when nothing has left. */
static uint64_t due_bytes(struct pipeline *p, uint64_t left)
{
    uint64_t sum = 0;

    if (left != p->progress.left_records)
        return 0;
    pipeline_refresh(p);
    for (size_t i = 0; i < p->input_count; i++)
        sum += p->inputs[i].input.metrics.due_bytes;
    return sum;
}

static void on_progress(void *owner)
{
    struct pipeline *p = owner;
    uint64_t limit_ms = (uint64_t)p->service.hc_standstill_s * 1000;
    struct progress_seen seen = {
        .now_ms = clock_ms(), .left_records = left_records(p), .is_answered = is_answered(p)};

    seen.due_bytes = due_bytes(p, seen.left_records);
    if (!progress_look(&p->progress, &seen, limit_ms))
        return;
    if (p->progress.is_still)
        log_error("tailrace",
                  "nothing has left for %" PRIu64 " s, although %" PRIu64
                  " bytes are unread and every back-end answers; this is not healthy",
                  (seen.now_ms - p->progress.since_ms) / 1000, seen.due_bytes);
    else
        log_info("tailrace", "lines leave again");
}

static void progress_start(struct pipeline *p)
{
    if (p->service.hc_standstill_s <= 0)
        return;
    p->progress_timer = timer_new(p->loop, on_progress, p);
    timer_unref(p->progress_timer);
    timer_repeat(p->progress_timer, (uint64_t)p->service.hc_standstill_s * 1000 / PROGRESS_LOOKS);
}

static int outputs_start(struct pipeline *p, struct report *report)
{
    int rc = 0;

    for (size_t i = 0; i < p->output_count && rc == 0; i++)
        rc = output_start(p, i, report);
    lane_driver_start(p->lanes);
    pressure_start(p);
    return rc;
}

int pipeline_start_outputs(struct pipeline *p, const struct pipeline_replay *replay,
                           struct report *report, pipeline_fn *exit_wanted, void *owner)
{
    p->sink = replay->letters;
    for (size_t i = 0; i < p->output_count; i++)
        if (p->outputs[i].retry.attempts_max > replay->retries_max)
            p->outputs[i].retry.attempts_max = replay->retries_max;
    intake_start(p, exit_wanted, owner);
    return outputs_start(p, report);
}

int pipeline_start(struct pipeline *p, struct report *report, pipeline_fn *exit_wanted, void *owner)
{
    int rc = letters_start(p->letters, &p->service, report);

    p->sink = p->letters != NULL ? letter_store_sink(p->letters) : NULL;
    intake_start(p, exit_wanted, owner);
    if (rc == 0)
        rc = outputs_start(p, report);
    for (size_t i = 0; i < p->filter_count && rc == 0; i++)
        rc = filter_start(p, &p->filters[i], report);
    for (size_t i = 0; i < p->input_count && rc == 0; i++)
        rc = input_start(p, &p->inputs[i], report);
    progress_start(p);
    return rc;
}

/* ---- stopping ---- */

static bool outputs_are_idle(const struct pipeline *p)
{
    for (size_t i = 0; i < p->started_output_count; i++)
        if (!output_is_idle(p->outputs[i].output))
            return false;
    return true;
}

/* A letter whose delivery was let go of is still written: whoever comes next wants the directory. */
static bool is_drained(const struct pipeline *p)
{
    return outputs_are_idle(p) && (p->letters == NULL || letter_store_is_idle(p->letters));
}

static void on_drain_check(void *owner)
{
    struct pipeline *p = owner;

    if (!is_drained(p)) {
        if (clock_ms() >= p->drain_until_ms)
            pipeline_hurry(p);
        if (clock_ms() < p->stuck_at_ms || p->is_handed_over)
            return;
        p->is_stuck = !outputs_are_idle(p);
    }
    timer_free(&p->drain_timer);
    timer_free(&p->settle_timer);
    intake_free(&p->intake);
    p->is_started = false;
    p->stopped(p->stop_owner);
}

void pipeline_stop(struct pipeline *p, pipeline_fn *stopped, void *owner)
{
    CHECK(p->is_started && !p->is_stopping);
    p->is_stopping = true;
    lane_driver_stop(p->lanes);
    pressure_stop(p);
    timer_free(&p->progress_timer);
    p->stopped = stopped;
    p->stop_owner = owner;
    for (size_t i = 0; i < p->input_count; i++)
        if (p->inputs[i].is_started)
            p->inputs[i].plugin->stop(p->inputs[i].self);
    intake_flush(p->intake);
    if (p->is_handed_over)
        chunks_ask_again();
    for (size_t i = 0; i < p->started_output_count; i++)
        output_stop(p->outputs[i].output);
    p->drain_until_ms = clock_ms() + pipeline_grace_ms(p);
    p->stuck_at_ms = UINT64_MAX;
    p->drain_timer = timer_new(p->loop, on_drain_check, p);
    timer_repeat(p->drain_timer, DRAIN_CHECK_MS);
}

void pipeline_hand_over(struct pipeline *p, pipeline_fn *stopped, void *owner)
{
    p->is_handed_over = true;
    for (size_t i = 0; i < p->input_count; i++)
        p->inputs[i].input.is_replaced = true;
    pipeline_stop(p, stopped, owner);
}

void pipeline_keep(struct pipeline *p)
{
    CHECK(p->is_stopping);
    p->is_handed_over = false;
}

void pipeline_hurry(struct pipeline *p)
{
    if (p->stuck_at_ms == UINT64_MAX)
        p->stuck_at_ms = clock_ms() + STUCK_AFTER_MS;
    for (size_t i = 0; i < p->started_output_count; i++)
        output_let_go(p->outputs[i].output);
}

bool pipeline_is_stuck(const struct pipeline *p)
{
    return p->is_stuck;
}

void pipeline_leave(struct pipeline *p)
{
    CHECK(p->is_stuck);
    for (size_t i = 0; i < p->input_count; i++)
        input_instance_fini(&p->inputs[i]);
}
