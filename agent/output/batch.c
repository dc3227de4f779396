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
    mem_free(batch->note);
    batch->note = NULL;
    MEM_FREE(&batch->states);
}

static bool is_waiting(const struct batch *batch, uint32_t index)
{
    return batch->states == NULL || batch->states[index] == RECORD_WAITING ||
           batch->states[index] == RECORD_AS_TEXT;
}

static struct refusal *refusal_at(struct batch *batch, uint32_t index)
{
    CHECK(index < batch->chunk->record_count);
    if (batch->refusals == NULL)
        batch->refusals = mem_zalloc(batch->chunk->record_count, sizeof *batch->refusals);
    return &batch->refusals[index];
}

/* Adds what was said now to what was said before. False: it is nothing new. */
static bool reason_add(struct refusal *before, char *reason)
{
    bool is_new = before->reason == NULL || strstr(before->reason, reason) == NULL;
    char *first = before->reason;

    if (first == NULL) {
        before->reason = reason;
        return true;
    }
    if (is_new) {
        before->reason = mem_format("%s; as text: %s", first, reason);
        mem_free(first);
    }
    mem_free(reason);
    return is_new;
}

bool batch_refuse(struct batch *batch, uint32_t index, struct refusal refusal, bool may_be_text)
{
    struct refusal *kept = refusal_at(batch, index);
    bool is_new = reason_add(kept, refusal.reason);
    bool goes_on = may_be_text && is_new && kept->text_tries < BATCH_TEXT_TRIES_MAX;

    CHECK(index >= batch->first && index < batch->first + batch->count);
    kept->status = refusal.status;
    kept->text_tries += goes_on;
    batch_states(batch)[index] = goes_on ? RECORD_AS_TEXT : RECORD_REFUSED;
    return goes_on;
}

void batch_rewind(struct batch *batch)
{
    struct chunk_record ignored;

    CHECK(batch->first + batch->count <= batch->chunk->record_count);
    (void)batch_release(batch);
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
    CHECK(batch->at <= batch->first + batch->count);
    batch_states(batch)[batch->at - 1] = RECORD_SKIPPED;
}

void batch_skip_at(struct batch *batch, uint32_t index, const char *why)
{
    CHECK(is_waiting(batch, index) && index >= batch->first);
    CHECK(index < batch->first + batch->count);
    batch_states(batch)[index] = RECORD_SKIPPED;
    mem_free(refusal_at(batch, index)->reason);
    refusal_at(batch, index)->reason = mem_text(why);
}

void batch_hold(struct batch *batch, uint32_t index)
{
    CHECK(index >= batch->first && index < batch->first + batch->count);
    CHECK(batch_states(batch)[index] == RECORD_WAITING);
    batch->states[index] = RECORD_HELD;
}

bool batch_release(struct batch *batch)
{
    bool was_held = false;

    if (batch->states == NULL)
        return false;
    for (uint32_t i = batch->first; i < batch->first + batch->count; i++) {
        if (batch->states[i] != RECORD_HELD)
            continue;
        batch->states[i] = RECORD_WAITING;
        was_held = true;
    }
    return was_held;
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

    CHECK(waiting_count > 0);
    CHECK(waiting_count <= batch_waiting(batch));
    if (batch->states == NULL) {
        batch->count = waiting_count;
        return;
    }
    for (uint32_t seen = 0; seen < waiting_count; count++)
        seen += is_waiting(batch, batch->first + count);
    CHECK(count <= batch->count);
    batch->count = count;
}
