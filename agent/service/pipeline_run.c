#include "service/pipeline_self.h"

#include "base/memory.h"

#include <errno.h>

static void on_sealed(void *owner, struct chunk *chunk)
{
    struct pipeline *p = owner;

    CHECK(chunk->outputs != 0);
    CHECK(chunk->refs == 1);
    settle_stir(&p->settle);
    CHECK(chunk->is_sealed && chunk->outputs >> (p->made.output_count - 1) >> 1 == 0);
    for (size_t i = 0; i < p->made.output_count; i++)
        if (chunk->outputs >> i & 1)
            output_offer(p->made.outputs[i].output, chunk);
    chunk_unref(&chunk);
}

static bool input_ends(const struct input_instance *i)
{
    return i->plugin->ends != NULL && i->plugin->ends(i->self);
}

static void on_exit_wanted(struct input *input)
{
    struct input_instance *i = CONTAINER_OF(input, struct input_instance, input);
    struct pipeline_exit *e = &i->pipeline->exit;

    if (input_ends(i)) {
        CHECK(e->awaited_count > 0);
        e->awaited_count--;
    }
    if (e->awaited_count == 0 && !i->pipeline->stopping.is_on)
        e->wanted(e->owner);
}

/* The rest goes when the pipeline is over, and with it what gives back. */
static void on_let_go(struct input *input)
{
    struct input_instance *i = CONTAINER_OF(input, struct input_instance, input);

    if (i->pipeline->made.is_started)
        settle_stir(&i->pipeline->settle);
}

static bool is_behind(const void *owner)
{
    return output_is_behind(owner);
}

static int output_start(struct pipeline *p, size_t index, struct report *report)
{
    struct output_instance *o = &p->made.outputs[index];
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
        .budget = &p->room.memory,
        .letters = p->refused.sink,
        .nodes = o->upstream.settings,
        .node_count = o->upstream.count,
        .node_selves = o->upstream.has_selves ? o->upstream.selves : NULL,
    };

    CHECK(index == p->made.started_output_count && o->output == NULL);
    o->output = output_new(p->loop, &config, why);
    if (o->output == NULL) {
        report_error(report, o->place, "output %s cannot start: %s", o->name, why);
        return -EINVAL;
    }
    if (o->plugin->encode != NULL)
        budget_reserve(&p->room.memory, config.workers * CHUNK_BYTES_AIM);
    metrics_add_output(&p->book, output_metrics(o->output));
    p->made.started_output_count++;
    o->parcels = (struct parcel_rule){
        .kind = o->plugin->parcels, .self = o->self, .is_behind = is_behind, .owner = o->output};
    if (o->plugin->parcels != NULL)
        intake_set_parcels(p->path.intake, (unsigned)index, &o->parcels);
    return 0;
}

static int filter_start(struct pipeline *p, struct filter_instance *f, struct report *report)
{
    int rc;

    CHECK(!f->is_started);
    CHECK(p->path.intake != NULL);
    f->host = (struct filter_host){
        .loop = p->loop,
        .metrics = &f->metrics,
        .intake = p->path.intake,
        .book = &p->book,
        .budget = &p->room.memory,
    };
    if (f->plugin->start == NULL)
        return 0;
    rc = f->plugin->start(f->self, &f->host, report);
    if (rc < 0)
        report_error(report, (struct place){0}, "filter %s cannot start", f->name);
    f->is_started = rc == 0;
    return rc;
}

static int input_start(struct pipeline *p, struct input_instance *i, struct report *report)
{
    int rc;

    CHECK(!i->is_started);
    CHECK(p->path.intake != NULL);
    i->input.intake = p->path.intake;
    i->input.exit_wanted = on_exit_wanted;
    i->input.let_go = on_let_go;
    rc = i->plugin->start(i->self, &i->input, report);
    if (rc < 0) {
        report_error(report, (struct place){0}, "input %s cannot start", i->name);
        return rc;
    }
    i->is_started = true;
    p->exit.awaited_count += input_ends(i);
    return 0;
}

void pipeline_takes_over(struct pipeline *p, int64_t since_ns)
{
    CHECK(!p->made.is_started);
    for (size_t i = 0; i < p->made.input_count; i++)
        p->made.inputs[i].input.since_ns = since_ns;
}

static output_set packing_outputs(const struct pipeline *p)
{
    output_set packing = 0;

    for (size_t i = 0; i < p->made.output_count; i++) {
        const struct output_instance *o = &p->made.outputs[i];

        if (o->plugin->is_packed != NULL && o->plugin->is_packed(o->self))
            packing |= (output_set)1 << i;
    }
    return packing;
}

static void intake_start(struct pipeline *p, pipeline_fn *exit_wanted, void *owner)
{
    CHECK(!p->made.is_started && p->path.intake == NULL);
    CHECK(exit_wanted != NULL);
    p->exit.wanted = exit_wanted;
    p->exit.owner = owner;
    settle_start(&p->settle, p->loop, &p->room.memory);
    p->path.intake =
        intake_new(p->loop, p->path.chain, p->path.routes, (uint64_t)(p->service.flush_s * 1000));
    intake_packed(p->path.intake, packing_outputs(p));
    intake_on_sealed(p->path.intake, on_sealed, p);
    p->made.is_started = true;
}

static int outputs_start(struct pipeline *p, struct report *report)
{
    int rc = 0;

    CHECK(p->made.started_output_count == 0);
    for (size_t i = 0; i < p->made.output_count && rc == 0; i++)
        rc = output_start(p, i, report);
    if (rc == 0)
        lane_driver_start(p->lanes);
    pressure_start(p);
    return rc;
}

int pipeline_start_outputs(struct pipeline *p, const struct pipeline_replay *replay,
                           struct report *report, pipeline_fn *exit_wanted, void *owner)
{
    p->refused.sink = replay->letters;
    for (size_t i = 0; i < p->made.output_count; i++)
        if (p->made.outputs[i].retry.attempts_max > replay->retries_max)
            p->made.outputs[i].retry.attempts_max = replay->retries_max;
    intake_start(p, exit_wanted, owner);
    return outputs_start(p, report);
}

int pipeline_start(struct pipeline *p, struct report *report, pipeline_fn *exit_wanted, void *owner)
{
    int rc = letters_start(p->refused.letters, &p->service, report);

    p->refused.sink = p->refused.letters != NULL ? letter_store_sink(p->refused.letters) : NULL;
    intake_start(p, exit_wanted, owner);
    if (rc == 0)
        rc = outputs_start(p, report);
    for (size_t i = 0; i < p->made.filter_count && rc == 0; i++)
        rc = filter_start(p, &p->made.filters[i], report);
    for (size_t i = 0; i < p->made.input_count && rc == 0; i++)
        rc = input_start(p, &p->made.inputs[i], report);
    standstill_start(p);
    return rc;
}
