#include "output/batch.h"

#include "base/memory.h"

uint8_t *batch_states(struct batch *batch)
{
    _Static_assert(RECORD_WAITING == 0, "fresh states are all waiting");
    if (batch->states == NULL)
        batch->states = mem_zalloc(batch->chunk->record_count, sizeof *batch->states);
    return batch->states;
}

void batch_fini(struct batch *batch)
{
    for (uint32_t i = 0; batch->refusals != NULL && i < batch->chunk->record_count; i++)
        mem_free(batch->refusals[i].reason);
    MEM_FREE(&batch->refusals);
    MEM_FREE(&batch->states);
}

static bool is_waiting(const struct batch *batch, uint32_t index)
{
    return batch->states == NULL || batch->states[index] == RECORD_WAITING ||
           batch->states[index] == RECORD_AS_TEXT;
}

static struct refusal *refusal_at(struct batch *batch, uint32_t index)
{
    if (batch->refusals == NULL)
        batch->refusals = mem_zalloc(batch->chunk->record_count, sizeof *batch->refusals);
    return &batch->refusals[index];
}

void batch_refuse(struct batch *batch, uint32_t index, struct refusal refusal)
{
    uint8_t *states = batch_states(batch);

    CHECK(states[index] == RECORD_WAITING);
    *refusal_at(batch, index) = refusal;
    states[index] = RECORD_AS_TEXT;
}

void batch_refuse_finally(struct batch *batch, uint32_t index, struct refusal refusal)
{
    struct refusal *first = refusal_at(batch, index);

    if (first->reason != NULL && strcmp(first->reason, refusal.reason) == 0) {
        MEM_FREE(&first->reason);
    } else if (first->reason != NULL) {
        char *both =
            mem_format("%s; before it was sent as text: %s", refusal.reason, first->reason);

        mem_free(first->reason);
        MEM_FREE(&refusal.reason);
        refusal.reason = both;
    }
    *first = refusal;
    batch_states(batch)[index] = RECORD_REFUSED;
}

void batch_rewind(struct batch *batch)
{
    struct chunk_record ignored;

    chunk_reader_init(&batch->reader, batch->chunk);
    for (batch->at = 0; batch->at < batch->first; batch->at++)
        CHECK(chunk_reader_next(&batch->reader, &ignored));
}

bool batch_next(struct batch *batch, struct chunk_record *record)
{
    while (batch->at < batch->first + batch->count) {
        uint32_t at = batch->at++;

        CHECK(chunk_reader_next(&batch->reader, record));
        if (is_waiting(batch, at))
            return true;
    }
    return false;
}

void batch_skip(struct batch *batch)
{
    CHECK(batch->at > batch->first);
    batch_states(batch)[batch->at - 1] = RECORD_SKIPPED;
}

uint32_t batch_waiting(const struct batch *batch)
{
    uint32_t waiting = 0;

    if (batch->states == NULL)
        return batch->count;
    for (uint32_t i = 0; i < batch->count; i++)
        waiting += is_waiting(batch, batch->first + i);
    return waiting;
}

void batch_narrow(struct batch *batch, uint32_t waiting_count)
{
    uint32_t count = 0;

    if (batch->states == NULL) {
        batch->count = waiting_count;
        return;
    }
    for (uint32_t seen = 0; seen < waiting_count; count++)
        seen += is_waiting(batch, batch->first + count);
    batch->count = count;
}
