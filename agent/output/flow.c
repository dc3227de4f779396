#include "base/clock.h"
#include "output/account.h"

/*
 * What goes through an output, measured: how many records of which input, and how long they took.
 * Counted for each run of a chunk and for each delivery; what is counted was made with the instances.
 */

/* Of what one input and this output have in common; NULL where nobody counts that. */
static struct route_metrics *run_route(const struct delivery *d, const struct chunk_run *run)
{
    const struct input_metrics *input = run->origin->metrics;

    if (input == NULL || input->routes == NULL)
        return NULL;
    return &input->routes[d->output->config.index];
}

/* The share of its run's bytes that so many records have; who has the last one has what rounding
 * left, so that the sums come out even. */
static uint64_t share_of(const struct chunk_run *run, uint32_t count, bool has_last)
{
    uint64_t bytes = run->memory_bytes, total = run->record_count;

    CHECK(count <= run->record_count && run->record_count > 0);
    return bytes / total * count + (has_last ? bytes % total : 0);
}

static void route_count(struct route_metrics *route, uint32_t count, uint64_t bytes,
                        enum way_out way)
{
    CHECK(way != WAY_BACK);
    if (route == NULL)
        return;
    *(way == WAY_DELIVERED ? &route->records : &route->drop_records) += count;
    *(way == WAY_DELIVERED ? &route->bytes : &route->drop_bytes) += bytes;
}

void flow_count(struct delivery *d, uint32_t first, uint32_t count, enum way_out way)
{
    struct run_cursor *at = &d->flow.counted;
    uint32_t after = first + count;

    CHECK(first + count <= d->chunk->record_count);
    if (way == WAY_BACK)
        return;
    d->flow.has_delivered |= way == WAY_DELIVERED;
    if (first < at->records_before)
        *at = (struct run_cursor){0};
    while (first < after && at->run < d->chunk->run_count) {
        const struct chunk_run *run = &d->chunk->runs[at->run];
        uint32_t end = at->records_before + run->record_count;
        uint32_t part = (after < end ? after : end) - first;

        if (first < end) {
            route_count(run_route(d, run), part, share_of(run, part, first + part == end), way);
            first += part;
        }
        if (first == after)
            return;
        at->records_before = end;
        at->run++;
    }
    CHECK(first == after);
}

void flow_offer(struct delivery *d)
{
    d->flow.offered_ms = clock_ms();
    d->flow.is_new = true;
}

void flow_begin(struct delivery *d)
{
    CHECK(d->chunk->is_sealed);
    if (d->flow.is_new)
        histogram_add(&d->output->metrics.wait, output_wait_metric.bounds,
                      clock_ms() - d->flow.offered_ms);
    d->flow.is_new = false;
}

void flow_end(struct delivery *d)
{
    uint64_t number = ++d->output->metrics.deliveries, took_ms = clock_ms() - d->chunk->opened_ms;

    for (uint32_t i = 0; d->flow.has_delivered && i < d->chunk->run_count; i++) {
        struct route_metrics *route = run_route(d, &d->chunk->runs[i]);

        if (route == NULL || route->counted_in == number)
            continue;
        route->counted_in = number;
        histogram_add(&route->latency, route_latency_metric.bounds, took_ms);
    }
}
