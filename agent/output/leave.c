#include "output/delivery.h"

/*
 * An output falls behind: it lets go of the chunks whose records are read again for it alone, so that
 * their memory is free for the others. What nobody reads again it keeps.
 */

static bool is_under(const struct budget *budget, const struct budget *limit)
{
    while (budget != NULL && budget != limit)
        budget = budget->parent;
    return budget != NULL;
}

static uint64_t chunk_bytes_under(const struct chunk *chunk, const struct budget *limit)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < chunk->run_count; i++)
        if (is_under(chunk->runs[i].budget, limit))
            bytes += chunk->runs[i].memory_bytes;
    CHECK(bytes <= chunk->bytes.len);
    return bytes;
}

static uint64_t list_holds(const struct list *deliveries, const struct budget *budget,
                           output_set *concerned)
{
    uint64_t sum = 0;

    LIST_FOR (it, (struct list *)(uintptr_t)deliveries) {
        const struct chunk *chunk = CONTAINER_OF(it, struct delivery, link)->chunk;
        uint64_t bytes = chunk_can_leave(chunk) ? chunk_bytes_under(chunk, budget) : 0;

        sum += bytes;
        if (bytes > 0)
            *concerned |= chunk->outputs;
    }
    return sum;
}

uint64_t output_holds(const struct output *output, const struct budget *budget,
                      output_set *concerned)
{
    CHECK(budget != NULL);
    return list_holds(&output->places.queue, budget, concerned) +
           list_holds(&output->places.deliveries, budget, concerned);
}

static void list_leave(struct list *deliveries)
{
    LIST_FOR_SAFE (it, after, deliveries) {
        struct delivery *d = CONTAINER_OF(it, struct delivery, link);

        if (!chunk_can_leave(d->chunk))
            continue;
        CHECK(!d->output->is_stopping && d->chunk->outputs >> d->output->config.index & 1);
        if (d->flow.is_under_way)
            d->tries.is_last = true;
        else
            delivery_leave(d);
    }
}

/* Nothing begins before all is let go of that may be: it would be a last try that nobody needs, and
 * move from one list to the other under our hands. */
void output_leave(struct output *output)
{
    CHECK(!output->places.is_pumping);
    output->is_delivering = false;
    output->places.is_pumping = true;
    list_leave(&output->places.queue);
    list_leave(&output->places.deliveries);
    output->places.is_pumping = false;
    output_pump(output);
}

bool output_has_last_tries(const struct output *output)
{
    LIST_FOR (it, (struct list *)(uintptr_t)&output->places.deliveries)
        if (CONTAINER_OF(it, struct delivery, link)->tries.is_last)
            return true;
    return false;
}

bool output_is_delivering(const struct output *output)
{
    return output->is_delivering;
}
