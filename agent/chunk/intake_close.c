#include "chunk/intake_self.h"

#include "base/clock.h"

/*
 * When open chunks are closed: sealed, and handed on.
 *
 *   intake_close   this one, which is full, or for one of the reasons below
 *   on_flush_due   Flush is over for the oldest of them
 *   intake_ease    memory is short
 *   intake_flush   nothing more comes
 *
 * A parcel that is not full is a call more than need be: it joins others in a chunk, where it may.
 */

void intake_watch(struct intake *intake)
{
    if (!timer_is_on(intake->sealing.timer))
        timer_start(intake->sealing.timer, intake->sealing.flush_ms);
}

void intake_close(struct intake *intake, struct chunk *chunk)
{
    CHECK(chunk->record_count > 0 && intake->sealing.sealed != NULL);
    if (chunk->parcel.rule != NULL)
        parcels_remove(&intake->parcels, chunk);
    else
        open_chunks_remove(&intake->open, chunk);
    if (intake->open.count == 0 && intake->parcels.count == 0)
        timer_stop(intake->sealing.timer);
    open_chunks_note(&intake->open, chunk);
    chunk_seal(chunk);
    intake->sealing.sealed(intake->sealing.owner, chunk);
}

static void chunks_close(struct intake *intake)
{
    while (intake->open.count > 0)
        intake_close(intake, intake->open.items[intake->open.count - 1]);
}

/* ---- parcels ---- */

/* The one that the parcel joins, with room for it; opened or, where it has none, closed and opened anew. */
static struct chunk *together_for(struct intake *intake, const struct chunk *parcel)
{
    struct chunk *together =
        open_chunks_find_as(&intake->open, parcel->outputs, parcel->can_repeat, parcel->can_leave);

    if (together != NULL && !parcel_fits(together, parcel)) {
        intake_close(intake, together);
        together = NULL;
    }
    return together != NULL ? together : open_chunks_begin(&intake->open, parcel->outputs);
}

/* It is not full: what may go together does, in a chunk that is closed by whoever calls this. */
static void parcel_close(struct intake *intake, struct chunk *chunk)
{
    CHECK(chunk->parcel.rule != NULL && chunk->run_count > 0);
    if (!parcel_may_join(&intake->parcels, chunk)) {
        intake_close(intake, chunk);
        return;
    }
    parcels_remove(&intake->parcels, chunk);
    chunk_join(together_for(intake, chunk), &chunk);
}

/* ---- Flush is over ---- */

/* The time is over for every chunk that is open: the timer started with the oldest. Of parcels some
 * stay, as each that is not full is a call more. */
static void on_flush_due(void *owner)
{
    struct intake *intake = owner;
    struct parcels *parcels = &intake->parcels;
    struct parcel_flush flush = {.now_ms = clock_ms(),
                                 .flush_ms = intake->sealing.flush_ms,
                                 .behind = parcels_behind(parcels)};
    uint64_t look_ms;

    for (uint32_t i = parcels->count; i-- > 0;)
        if (parcel_is_due(parcels->items[i], flush))
            parcel_close(intake, parcels->items[i]);
    chunks_close(intake);
    look_ms = parcels_look_ms(parcels, flush);
    CHECK((look_ms == 0) == (parcels->count == 0));
    if (look_ms > 0)
        timer_start(intake->sealing.timer, look_ms);
}

void intake_sealing_init(struct intake *intake, struct loop *loop, uint64_t flush_ms)
{
    intake->sealing.flush_ms = flush_ms;
    intake->sealing.timer = timer_new(loop, on_flush_due, intake);
}

void intake_sealing_fini(struct intake *intake)
{
    CHECK(intake->open.count == 0 && intake->parcels.count == 0);
    CHECK(!timer_is_on(intake->sealing.timer));
    timer_free(&intake->sealing.timer);
}

void intake_on_sealed(struct intake *intake, chunk_sealed_fn *sealed, void *owner)
{
    CHECK(sealed != NULL);
    intake->sealing.sealed = sealed;
    intake->sealing.owner = owner;
}

/* ---- memory is short ---- */

static void parcels_ease(struct intake *intake, struct parcels_most most)
{
    struct chunk *chunk;

    while ((chunk = parcels_next_to_go(&intake->parcels, most)) != NULL)
        parcel_close(intake, chunk);
}

/* Three quarters: its readers go on when the others are gone. */
void intake_ease_lane(struct intake *intake, output_set lane, uint64_t room_bytes)
{
    parcels_ease(intake,
                 (struct parcels_most){lane, room_bytes / 2, room_bytes / 2 + room_bytes / 4});
    for (uint32_t i = intake->open.count; i-- > 0;)
        if ((intake->open.items[i]->outputs & ~lane) == 0)
            intake_close(intake, intake->open.items[i]);
}

void intake_ease(struct intake *intake, uint64_t room_bytes)
{
    parcels_ease(intake, (struct parcels_most){~(output_set)0, room_bytes / 2, room_bytes});
    for (uint32_t i = intake->open.count; i-- > 0;)
        if (parcels_are_for(&intake->parcels, intake->open.items[i]->outputs))
            intake_close(intake, intake->open.items[i]);
}

/* ---- now ---- */

static bool is_for_one_of(const struct chunk *chunk, output_set outputs)
{
    return (chunk->outputs & ~outputs) == 0 && (chunk->outputs & (chunk->outputs - 1)) == 0;
}

void intake_flush_besides(struct intake *intake, output_set alone)
{
    for (uint32_t i = intake->parcels.count; i-- > 0;)
        if (!is_for_one_of(intake->parcels.items[i], alone))
            parcel_close(intake, intake->parcels.items[i]);
    for (uint32_t i = intake->open.count; i-- > 0;)
        if (!is_for_one_of(intake->open.items[i], alone))
            intake_close(intake, intake->open.items[i]);
}

void intake_flush(struct intake *intake)
{
    while (intake->parcels.count > 0)
        parcel_close(intake, intake->parcels.items[intake->parcels.count - 1]);
    chunks_close(intake);
    CHECK(intake->open.count == 0);
    timer_stop(intake->sealing.timer);
}
