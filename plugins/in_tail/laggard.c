#include "plugins/in_tail/laggard.h"

#include "plugins/in_tail/again.h"
#include "plugins/in_tail/ahead.h"
#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/guest.h"
#include "plugins/in_tail/kin.h"
#include "plugins/in_tail/lines.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/reach.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/want.h"
#include "plugins/in_tail/way.h"
#include "plugins/in_tail/work.h"

/*
 * A laggard: a second reader of a file, for one output that fell behind.
 *
 *   tail_laggard_new    where the output was left; held, as long as requests of it are under way
 *   tail_laggard_turn   reads, within the output's share of the memory, up to where records of the
 *                       others begin that are not in chunks yet
 *   laggard_meet        both stand at one byte: the others read for its output again
 *   laggard_settled     drained: its last ack came
 *
 * Nothing is done when the output answers again: its share has room then, and the laggard goes on.
 *
 * They may meet where no record that the others have made reaches over the byte they meet at. Such
 * there are while lines of several streams wait to be joined: the laggard then goes on by itself.
 *
 * What is read again was counted when it was first read.
 */

static struct tail_laggard *laggard_of(struct origin *origin)
{
    return CONTAINER_OF(CONTAINER_OF(origin, struct tail_file, origin), struct tail_laggard, file);
}

/* Whether it has read as far as the others, or as far as it can. */
static void laggard_level_set(struct tail_laggard *l, bool is_level)
{
    struct lane *lane = &l->file.tail->input->lanes->items[l->output];

    if (l->is_level == is_level)
        return;
    l->is_level = is_level;
    lane->level_count = is_level ? lane->level_count + 1 : lane->level_count - 1;
    CHECK(lane->level_count <= lane->reader_count);
}

/* It belongs to its file no more; the last chunk that holds it frees it. */
static void laggard_leave(struct tail_laggard *l)
{
    struct tail *t = l->file.tail;
    struct origin *origin = &l->file.origin;

    CHECK(!list_is_linked(&l->file.turn.link) && l->file.turn.look_ms == 0);
    CHECK(!l->is_level && t->input->lanes->items[l->output].reader_count > 0);
    t->input->lanes->items[l->output].reader_count--;
    list_remove(&l->link);
    l->of = NULL;
    l->file.tail = NULL;
    origin_unref(&origin);
}

static void laggard_settled(struct origin *origin)
{
    struct tail_laggard *l = laggard_of(origin);
    struct tail_file *of = l->of;

    if (of == NULL)
        return;
    if (l->state == LAGGARD_DRAINS && origin->window.count == 0)
        laggard_leave(l);
    tail_kin_settled(of);
    tail_bookmark_save(of);
    if (of->source.state.is_rotated)
        tail_file_touch(of);
}

static void laggard_free(struct origin *origin)
{
    struct tail_laggard *l = laggard_of(origin);

    origin_fini(origin);
    mem_free(l->file.log.path);
    mem_free(l);
}

static const char *laggard_file(const struct origin *origin)
{
    return CONTAINER_OF(origin, const struct tail_file, origin)->log.path;
}

static const struct origin_ops laggard_ops = {
    .settled = laggard_settled,
    .file = laggard_file,
    .free = laggard_free,
};

static void laggard_place(struct tail_laggard *l, uint64_t offset)
{
    window_fini(&l->file.origin.window);
    window_init(&l->file.origin.window, offset);
    l->file.source.state = (struct follow_state){
        .read = offset, .settled = offset, .size_before = offset, .grown_ms = clock_ms()};
}

struct tail_laggard *tail_laggard_new(struct tail_file *of, unsigned output, uint64_t offset,
                                      enum laggard_state state)
{
    struct tail_laggard *l = mem_zalloc(1, sizeof *l);
    struct tail *t = of->tail;
    struct tail_file *f = &l->file;

    CHECK(output < t->input->lanes->count && of->readers.laggard == NULL);
    CHECK(tail_laggard_find(of, output) == NULL && offset <= of->origin.window.issued);
    origin_init(&f->origin, &laggard_ops, of->origin.tag, offset);
    origin_lane_set(&f->origin, tail_bit(output));
    f->origin.metrics = &t->input->metrics;
    f->origin.budget = &t->lanes.shares[output].budget;
    f->origin.can_repeat = of->origin.can_repeat;
    f->origin.again_until = UINT64_MAX;
    f->tail = t;
    f->turn.lane = &t->lanes.shares[output].lane;
    f->readers.laggard = l;
    f->log.path = mem_text(of->log.path);
    f->source.fd = of->source.fd;
    f->lines.form = of->lines.form;
    f->lines.rules = of->lines.rules;
    f->turn.rate = of->turn.rate;
    file_reader_init(&f->source.reader, of->source.fd, of->source.reader.is_gzip);
    list_init(&f->turn.link);
    list_init(&f->readers.laggards);
    l->of = of;
    l->output = output;
    l->state = state;
    laggard_place(l, offset);
    list_add_tail(&of->readers.laggards, &l->link);
    t->input->lanes->items[output].reader_count++;
    t->lanes.laggard_count++;
    return l;
}

struct tail_laggard *tail_laggard_find(const struct tail_file *f, unsigned output)
{
    LIST_FOR (it, (struct list *)(uintptr_t)&f->readers.laggards) {
        struct tail_laggard *l = CONTAINER_OF(it, struct tail_laggard, link);

        if (l->output == output && l->state != LAGGARD_DRAINS)
            return l;
    }
    return NULL;
}

void tail_laggard_begin_at(struct tail_laggard *l, uint64_t offset)
{
    CHECK(l->state == LAGGARD_HELD && l->file.origin.window.count == 0);
    if (offset < l->file.source.state.read)
        laggard_place(l, offset);
}

/* ---- reading ---- */

/* Where its lane waits for room it stays as far as it is. */
void tail_laggard_touch(struct tail_laggard *l)
{
    CHECK(l->state == LAGGARD_READS && l->of != NULL);
    laggard_level_set(l, false);
    tail_file_touch(&l->file);
}

/* It reads no more. */
static void laggard_rest(struct tail_laggard *l)
{
    struct tail *t = l->file.tail;

    CHECK(t->lanes.laggard_count > 0);
    laggard_level_set(l, false);
    tail_way_leave(&l->file);
    list_remove(&l->file.turn.link);
    l->file.turn.look_ms = 0;
    tail_guest_leave(&l->file);
    file_reader_fini(&l->file.source.reader);
    joiner_free(&l->file.lines.joiner);
    tail_lines_account(&l->file);
    l->file.source.fd = -1;
    t->lanes.laggard_count--;
    if (t->told.files.exit_on_eof && !t->is_stopping)
        timer_start_sooner(t->timers.work, 0);
}

static bool is_only_output(const struct tail_laggard *l)
{
    return intake_routes(l->of->tail->input->intake, &l->of->origin) == tail_bit(l->output);
}

/* From the next record on the others read for its output too. A file that has no other outputs is
 * read within this one's share from now on. */
static void laggard_join(struct tail_laggard *l)
{
    struct tail_file *of = l->of;

    CHECK(l->state == LAGGARD_READS && l->file.lines.joiner == NULL);
    CHECK(l->file.origin.window.issued <= of->origin.window.issued);
    if (is_only_output(l)) {
        of->turn.lane = l->file.turn.lane;
        of->origin.budget = l->file.origin.budget;
        of->origin.can_leave = false;
        list_remove(&of->turn.link);
    }
    origin_lane_set(&of->origin, of->origin.lane | tail_bit(l->output));
    laggard_rest(l);
    l->state = LAGGARD_DRAINS;
    if (l->file.origin.window.count == 0)
        laggard_leave(l);
    tail_kin_settled(of);
    tail_bookmark_save(of);
    tail_file_touch(of);
}

/* No record of the others has lines behind where their window ends. */
static bool is_cut_clean(const struct tail_file *f)
{
    return !f->lines.is_skipping && f->lines.joined_to <= f->origin.window.issued;
}

/* It stands where the others stand, so the lines that it waits with are a record there too. What the
 * next generation was lent lies behind that, and waits for it to be settled; until it is given back
 * there is nothing to read together. */
static void laggard_meet(struct tail_laggard *l)
{
    struct tail *t = l->file.tail;
    bool is_away = t->input->lanes->away & tail_bit(l->output);

    if (!l->of->kin.is_lent && !is_cut_clean(l->of))
        return;
    tail_lines_flush(&l->file, true);
    tail_file_advance(&l->file, l->file.source.state.read);
    if (!l->of->kin.is_lent && (!is_away || is_only_output(l)))
        laggard_join(l);
}

enum laggard_next {
    LAGGARD_GOES_ON,
    LAGGARD_RESTS,
    LAGGARD_NEEDS_ROOM,
};

/* What stands before the others' end without a line feed is their last line. Where the file was truncated,
 * the others are to find that, and its copy, which is then read on. */
static enum laggard_next laggard_read(struct tail_laggard *l, uint64_t end)
{
    struct tail_file *f = &l->file;
    uint64_t read = f->source.state.read;
    int64_t taken = tail_ahead_prove(f, l->of, end);

    if (taken == 0) {
        tail_file_touch(l->of);
        tail_file_look_again(f, FOLLOW_LOOK_MS);
        return LAGGARD_RESTS;
    }
    if (taken > 0)
        taken = tail_file_read(f, end, read >= end);
    if (taken < 0)
        tail_file_try_later(f, (int)taken);
    else if (f->source.trouble.code != 0)
        file_trouble_over(&f->source.trouble, f->tail->told.component, f->log.path);
    /* A line that is longer than one read goes on. */
    return taken < 0 || (taken == 0 && f->source.state.read <= read && read < end)
               ? LAGGARD_RESTS
               : LAGGARD_GOES_ON;
}

static enum laggard_next laggard_step(struct tail_laggard *l)
{
    struct tail_file *f = &l->file;
    uint64_t end = tail_file_issued(l->of), from = tail_source_next(&f->source);
    uint64_t pause_ms;

    laggard_level_set(l, from >= end || f->source.trouble.code != 0);
    if (from >= end) {
        laggard_meet(l);
        return LAGGARD_RESTS;
    }
    if (UNLIKELY(f->source.way != NULL)) {
        tail_way_turn(f);
        return LAGGARD_RESTS;
    }
    if (tail_laggard_waits(l) || l->of->source.way != NULL || l->of->ending.copies != NULL)
        return LAGGARD_RESTS;
    pause_ms = pace_pause_ms(&f->turn.pace, clock_ms());
    if (pause_ms > 0) {
        tail_file_look_again(f, pause_ms);
        return LAGGARD_RESTS;
    }
    if (!tail_file_has_room(f))
        return LAGGARD_NEEDS_ROOM;
    if (f->origin.id == 0) /* the file may have got one since; workers read it from now on */
        f->origin.id = l->of->origin.id;
    if (tail_way_is_due(f))
        return LAGGARD_RESTS;
    return laggard_read(l, end);
}

void tail_laggard_turn(struct tail_laggard *l)
{
    struct tail *t = l->file.tail;
    struct input_metrics counted = t->input->metrics;
    enum laggard_next next = LAGGARD_GOES_ON;
    const void *parcel = NULL;

    if (l->state != LAGGARD_READS)
        return;
    for (unsigned i = 0; next == LAGGARD_GOES_ON && tail_turn_goes_on(&l->file, i, &parcel); i++)
        next = laggard_step(l);
    counted.read_errors = t->input->metrics.read_errors;
    t->input->metrics = counted;
    if (next == LAGGARD_RESTS)
        return;
    if (!list_is_linked(&l->file.turn.link))
        tail_ready_add(&l->file, next == LAGGARD_NEEDS_ROOM);
    if (next == LAGGARD_NEEDS_ROOM && !tail_has_guest(t))
        tail_lane_wait(l->file.turn.lane);
}

void tail_laggard_close(struct tail_laggard *l)
{
    if (l->state != LAGGARD_DRAINS)
        laggard_rest(l);
    laggard_leave(l);
}
