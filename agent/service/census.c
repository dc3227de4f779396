#include "service/census.h"

#include "chunk/chunk.h"

static void count_for_input(struct input_metrics *m, const struct chunk *chunk)
{
    if (m->counted_in == chunk)
        return;
    m->counted_in = chunk;
    m->chunks++;
    m->chunks_busy += chunk->is_sealed;
    CHECK(m->chunks_busy <= m->chunks);
}

static void on_chunk(void *owner, const struct chunk *chunk)
{
    struct metrics_book *book = owner;

    book->chunks++;
    for (uint32_t i = 0; i < chunk->run_count; i++) {
        const struct chunk_run *run = &chunk->runs[i];

        count_for_input(run->origin->metrics, chunk);
        if (chunk->is_sealed)
            run->origin->metrics->chunks_busy_bytes += run->memory_bytes;
    }
}

void census_take(struct metrics_book *book)
{
    book->chunks = 0;
    LIST_FOR (it, &book->inputs) {
        struct input_metrics *m = CONTAINER_OF(it, struct input_metrics, link);

        m->counted_in = NULL;
        m->chunks = m->chunks_busy = m->chunks_busy_bytes = 0;
    }
    chunks_each(on_chunk, book);
}
