#include "plugins/in_tail/lanes.h"

#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/kin.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/lines.h"
#include "plugins/in_tail/note.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/way.h"

/*
 * What becomes of files when an output falls behind (ack/lane.h).
 *
 *   LANE_EVENT_LEFT    files that it has records of, or that have lines waiting, part from it
 *   tail_file_left     it lets go of a chunk: the file's laggard begins there
 *   LANE_EVENT_LET_GO  laggards read
 *   tail_file_part     a file that had nothing for it has something now
 *   LANE_EVENT_WELL    laggards that stand where the others stand join them
 *
 * A quiet file has no laggard: it parts when it is next read.
 *
 * A file that goes to this output alone is not read on while its laggard reads again; then the
 * laggard ends, and the file stays within the output's share: the others never wait for it again.
 */

/* ---- parting ---- */

static bool is_routed(const struct tail_file *f, unsigned output)
{
    return intake_routes(f->tail->input->intake, &f->origin) & tail_bit(output);
}

/* Where nobody else reads it, lines that wait go on as they are: they are let go of with the others,
 * and the file is read on from where they end; so no record of it reaches over that. What stands before
 * that tells later whether it was truncated; one that is others by now begins again as soon as it is looked
 * at. One that lent lines to the next generation is at its end, and stays there: they are in a record. */
static void file_pause(struct tail_file *f)
{
    struct file_print print = {0};

    tail_lines_flush(f, true);
    tail_file_advance(f, tail_source_next(&f->source));
    f->lines.is_skipping = false;
    if (f->kin.is_lent)
        return;
    if (!f->source.reader.is_gzip &&
        file_tail_print(f->source.fd, f->origin.window.issued, &print) < 0)
        print = (struct file_print){0};
    if (!f->source.reader.is_gzip && tail_file_is_rewritten(f))
        return;
    f->known.tail_print = print;
    f->source.state.unfinished_bytes = 0;
    f->source.state.read = f->lines.joined_to = f->origin.window.issued;
}

static void lender_part_from(const struct tail_file *heir, unsigned output);

/* The file is read for this output by a laggard from now on, if it goes there at all. */
static void file_part_from(struct tail_file *f, unsigned output)
{
    const struct lanes *lanes = f->tail->input->lanes;
    bool is_held = lanes->items[output].state == LANE_LEAVING;
    output_set rest = f->origin.lane & ~tail_bit(output);

    CHECK(output < lanes->count);
    if (is_routed(f, output)) {
        if ((intake_routes(f->tail->input->intake, &f->origin) & rest) == 0)
            file_pause(f);
        tail_laggard_new(f, output, f->origin.window.issued,
                         is_held ? LAGGARD_HELD : LAGGARD_READS);
        lender_part_from(f, output);
    }
    origin_lane_set(&f->origin, rest);
}

static bool may_part_from(const struct tail_file *f, unsigned output)
{
    return f->tail != NULL && f->origin.can_leave && (f->origin.lane & tail_bit(output));
}

/* A laggard of the heir begins in the middle of a line that rotation parted. The pieces before that are
 * the lender's, which keeps them for it: they become a record of their own. */
static void lender_part_from(const struct tail_file *heir, unsigned output)
{
    struct tail_file *lender = heir->kin.lender;

    if (lender != NULL && may_part_from(lender, output))
        file_part_from(lender, output);
}

bool tail_file_part_alike(struct tail_file *elder, const struct tail_file *heir)
{
    LIST_FOR (it, &elder->readers.laggards) {
        const struct tail_laggard *l = CONTAINER_OF(it, struct tail_laggard, link);

        if (l->state != LAGGARD_DRAINS && (heir->origin.lane & tail_bit(l->output)))
            return false;
    }
    LIST_FOR (it, (struct list *)(uintptr_t)&heir->readers.laggards) {
        const struct tail_laggard *l = CONTAINER_OF(it, struct tail_laggard, link);

        if (l->state != LAGGARD_DRAINS && may_part_from(elder, l->output))
            file_part_from(elder, l->output);
    }
    return true;
}

void tail_file_part(struct tail_file *f)
{
    output_set away = f->tail->input->lanes->away & f->origin.lane;

    if (!f->origin.can_leave)
        return;
    for (unsigned i = 0; away != 0; i++, away >>= 1)
        if (away & 1)
            file_part_from(f, i);
}

void tail_file_left(struct tail_file *f, unsigned output, uint64_t begin)
{
    if (tail_laggard_find(f, output) == NULL)
        file_part_from(f, output);
    tail_laggard_begin_at(tail_laggard_find(f, output), begin);
    tail_kin_settled(f);
    tail_bookmark_save(f);
}

void tail_file_part_again(struct tail_file *f, const struct tail_note *note)
{
    if (f->tail->lanes.shares == NULL)
        return;
    for (unsigned i = 0; i < note->count; i++) {
        unsigned output = note->lanes[i].output;

        if (note->lanes[i].offset >= note->together || !is_routed(f, output))
            continue;
        origin_lane_set(&f->origin, f->origin.lane & ~tail_bit(output));
        tail_laggard_new(f, output, note->lanes[i].offset, LAGGARD_READS);
    }
    tail_laggards_touch(f);
}

/* ---- a file's laggards ---- */

static struct tail_laggard *laggard_at(struct list *link)
{
    return CONTAINER_OF(link, struct tail_laggard, link);
}

static struct list *laggards_of(const struct tail_file *f)
{
    return (struct list *)(uintptr_t)&f->readers.laggards;
}

bool tail_file_is_paused(const struct tail_file *f)
{
    output_set routes;

    if (LIKELY(list_is_empty(&f->readers.laggards)))
        return false;
    routes = intake_routes(f->tail->input->intake, &f->origin);
    return routes != 0 && (routes & f->origin.lane) == 0;
}

void tail_laggards_touch(struct tail_file *f)
{
    LIST_FOR (it, &f->readers.laggards)
        if (laggard_at(it)->state == LAGGARD_READS)
            tail_laggard_touch(laggard_at(it));
}

void tail_laggards_move(struct tail_file *f)
{
    LIST_FOR (it, &f->readers.laggards) {
        struct tail_file *l = &laggard_at(it)->file;

        if (laggard_at(it)->state == LAGGARD_DRAINS)
            continue;
        tail_way_leave(l);
        file_reader_fini(&l->source.reader);
        file_reader_init(&l->source.reader, f->source.fd, f->source.reader.is_gzip);
        l->source.fd = f->source.fd;
    }
    tail_laggards_touch(f);
}

void tail_laggards_close(struct tail_file *f)
{
    LIST_FOR_SAFE (it, after, &f->readers.laggards)
        tail_laggard_close(laggard_at(it));
}

/* ---- of all files ---- */

/* What was truncated cannot be read again: the output keeps what it has of it. */
static bool may_read_again(struct tail_file *f)
{
    if (tail_file_is_as_read(f))
        return true;
    f->origin.can_leave = false;
    tail_file_touch(f);
    return false;
}

static void on_left(struct tail *t, unsigned output)
{
    LIST_FOR (it, &t->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (f->source.fd >= 0 && may_part_from(f, output) &&
            (f->origin.window.count > 0 || f->lines.joiner != NULL) && may_read_again(f))
            file_part_from(f, output);
    }
}

static void on_let_go(struct tail *t, unsigned output)
{
    LIST_FOR (it, &t->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);
        struct tail_laggard *l = tail_laggard_find(f, output);

        if (l == NULL || l->state != LAGGARD_HELD)
            continue;
        l->state = LAGGARD_READS;
        tail_laggard_touch(l);
    }
}

static void on_well(struct tail *t, unsigned output)
{
    LIST_FOR (it, &t->followed.files) {
        struct tail_laggard *l =
            tail_laggard_find(CONTAINER_OF(it, struct tail_file, link), output);

        if (l != NULL && l->state == LAGGARD_READS)
            tail_laggard_touch(l);
    }
}

void tail_lane_event(void *self, unsigned output, enum lane_event event)
{
    struct tail *t = self;

    if (t->is_stopping || t->lanes.shares == NULL)
        return;
    CHECK(output < t->input->lanes->count);
    switch (event) {
    case LANE_EVENT_LEFT:
        on_left(t, output);
        return;
    case LANE_EVENT_LET_GO:
        on_let_go(t, output);
        return;
    case LANE_EVENT_WELL:
        on_well(t, output);
        return;
    }
}

void tail_lanes_refresh(struct tail *t)
{
    for (unsigned i = 0; t->lanes.shares != NULL && i < t->input->lanes->count; i++)
        t->input->metrics.memory_bytes += t->lanes.shares[i].budget.used_bytes;
    LIST_FOR (it, &t->followed.files) {
        const struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        LIST_FOR (at, laggards_of(f)) {
            struct lane *lane = &t->input->lanes->items[laggard_at(at)->output];
            uint64_t settled = laggard_at(at)->file.origin.window.settled;

            lane->behind_bytes += f->origin.window.issued - settled;
            lane->done_mark += settled;
        }
    }
}
