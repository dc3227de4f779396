#include "plugins/in_tail/want.h"

#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/told.h"
#include "plugins/in_tail/wish.h"

/*
 * How much of a file is read at once, and at one turn.
 */

/* Of a parcel, not much more than it still takes: what is read beyond it waits in the next one until
 * the other files have had their turns. A line that is not whole yet may need more. */
static size_t parcel_wanted(const struct tail_file *f, size_t want, size_t line_max)
{
    size_t room = parcel_room(&f->origin), unfinished = f->source.state.unfinished_bytes;
    size_t least = unfinished < PARCEL_READ_BYTES_MIN ? PARCEL_READ_BYTES_MIN : line_max;

    if (LIKELY(room >= want))
        return want;
    room += room / 64 + unfinished;
    if (room < least)
        room = least;
    return room < want ? room : want;
}

size_t tail_bytes_wanted(const struct tail_file *f, uint64_t from, uint64_t size)
{
    const struct tail_line_options *o = &f->tail->told.lines;
    size_t line_max = (size_t)o->line_bytes_max + 1;
    size_t want = line_max > TAIL_READ_BYTES ? line_max : TAIL_READ_BYTES;

    want = tail_rate_want(f, want);
    want = parcel_wanted(f, want, line_max);
    if (f->source.reader.is_gzip && f->readers.laggard == NULL)
        return want;
    return size - from > want ? want : (size_t)(size - from);
}

bool tail_turn_goes_on(const struct tail_file *f, unsigned reads, const void **parcel)
{
    const void *before = *parcel;

    *parcel = parcel_room(&f->origin) != SIZE_MAX ? f->origin.chunking.newest : NULL;
    if (before == NULL)
        return reads < TAIL_READS_PER_TURN;
    return *parcel == before && reads < TAIL_READS_PER_PARCEL;
}
