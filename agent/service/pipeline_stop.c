#include "service/pipeline_self.h"

#include "base/clock.h"

/*
 * Step by step:
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

/* Workers that are not done so long after the outputs let go are stuck. */
#define STUCK_AFTER_MS 500

static bool outputs_are_idle(const struct pipeline *p)
{
    CHECK(p->made.started_output_count <= p->made.output_count);
    for (size_t i = 0; i < p->made.started_output_count; i++)
        if (!output_is_idle(p->made.outputs[i].output))
            return false;
    return true;
}

/* A letter whose delivery was let go of is still written: whoever comes next wants the directory. */
static bool is_drained(const struct pipeline *p)
{
    return outputs_are_idle(p) &&
           (p->refused.letters == NULL || letter_store_is_idle(p->refused.letters));
}

static void on_drain_check(void *owner)
{
    struct pipeline *p = owner;

    CHECK(p->stopping.is_on && p->made.is_started);
    CHECK(!p->stopping.is_stuck);
    if (!is_drained(p)) {
        if (clock_ms() >= p->stopping.until_ms)
            pipeline_hurry(p);
        if (clock_ms() < p->stopping.stuck_at_ms || p->stopping.is_handed_over)
            return;
        p->stopping.is_stuck = !outputs_are_idle(p);
    }
    timer_free(&p->stopping.timer);
    settle_stop(&p->settle);
    intake_free(&p->path.intake);
    p->made.is_started = false;
    p->stopping.over(p->stopping.owner);
}

void pipeline_stop(struct pipeline *p, pipeline_fn *stopped, void *owner)
{
    CHECK(p->made.is_started && !p->stopping.is_on);
    CHECK(p->stopping.timer == NULL && stopped != NULL);
    p->stopping.is_on = true;
    lane_driver_stop(p->lanes);
    pressure_stop(p);
    standstill_stop(p);
    p->stopping.over = stopped;
    p->stopping.owner = owner;
    for (size_t i = 0; i < p->made.input_count; i++)
        if (p->made.inputs[i].is_started)
            p->made.inputs[i].plugin->stop(p->made.inputs[i].self);
    for (size_t i = 0; i < p->made.filter_count; i++)
        if (p->made.filters[i].is_started && p->made.filters[i].plugin->stop != NULL)
            p->made.filters[i].plugin->stop(p->made.filters[i].self);
    intake_flush(p->path.intake);
    if (p->stopping.is_handed_over)
        chunks_ask_again();
    for (size_t i = 0; i < p->made.started_output_count; i++)
        output_stop(p->made.outputs[i].output);
    p->stopping.until_ms = clock_ms() + pipeline_grace_ms(p);
    p->stopping.stuck_at_ms = UINT64_MAX;
    p->stopping.timer = timer_new(p->loop, on_drain_check, p);
    timer_repeat(p->stopping.timer, DRAIN_CHECK_MS);
}

void pipeline_hand_over(struct pipeline *p, pipeline_fn *stopped, void *owner)
{
    CHECK(!p->stopping.is_on);
    p->stopping.is_handed_over = true;
    for (size_t i = 0; i < p->made.input_count; i++)
        p->made.inputs[i].input.is_replaced = true;
    pipeline_stop(p, stopped, owner);
}

void pipeline_keep(struct pipeline *p)
{
    CHECK(p->stopping.is_on);
    p->stopping.is_handed_over = false;
}

void pipeline_hurry(struct pipeline *p)
{
    CHECK(p->stopping.is_on);
    if (p->stopping.stuck_at_ms == UINT64_MAX)
        p->stopping.stuck_at_ms = clock_ms() + STUCK_AFTER_MS;
    for (size_t i = 0; i < p->made.started_output_count; i++)
        output_let_go(p->made.outputs[i].output);
}

bool pipeline_is_stuck(const struct pipeline *p)
{
    return p->stopping.is_stuck;
}

void pipeline_leave(struct pipeline *p)
{
    CHECK(p->stopping.is_stuck);
    for (size_t i = 0; i < p->made.input_count; i++)
        input_instance_fini(&p->made.inputs[i]);
}
