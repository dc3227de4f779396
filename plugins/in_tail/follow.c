#include "plugins/in_tail/follow.h"

#include "plugins/in_tail/again.h"
#include "plugins/in_tail/ahead.h"
#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/copy.h"
#include "plugins/in_tail/first.h"
#include "plugins/in_tail/generations.h"
#include "plugins/in_tail/guest.h"
#include "plugins/in_tail/held.h"
#include "plugins/in_tail/kin.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/lines.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/reach.h"
#include "plugins/in_tail/stream.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/want.h"
#include "plugins/in_tail/way.h"
#include "plugins/in_tail/wish.h"
#include "plugins/in_tail/work.h"

#include <uv.h>

/*
 * A file, followed.
 *
 *   tail_file_touch   there may be bytes: into the list of ready files
 *   tail_file_turn    it is its turn (work.c): a few reads
 *   file_step         asks the plan what to do next, and does it
 *
 * Goes wrong: it cannot be read (said once, tried again, counted); it shrinks (begins again);
 * memory is full (waits for room, and is not read meanwhile: the file is the buffer).
 */

/* Its row is set, and perhaps waited for, as soon as there is something to read, whether there is
 * room for that or not: what is unread must be known to be. */
static bool may_begin(struct tail_file *f, uint64_t size)
{
    if (UNLIKELY(!f->known.is_saved) && size > f->source.state.read &&
        tail_first_introduce(f, f->source.reader.is_gzip ? 0 : size, false))
        return false;
    return !tail_file_waits(f);
}

/* The largest size that was seen tells how much is lost when it is truncated. One that was seen just
 * before it turned out to be rewritten was of what it held before, if it is larger than what it holds
 * now. */
static void source_note_seen(struct tail_source *s, uint64_t size, bool is_rewritten)
{
    struct file_facts now;

    if (is_rewritten && (file_state_read(s->fd, &now) < 0 || now.size_bytes >= size))
        return;
    if (size > s->state.size_before)
        s->state.size_before = size;
}

void tail_file_note_seen(struct tail_file *f, uint64_t size)
{
    CHECK(f->source.fd >= 0);
    if (size > f->source.state.size_before && !f->source.reader.is_gzip && f->ending.copies == NULL)
        source_note_seen(&f->source, size, tail_file_is_rewritten(f));
}

/* While nothing is read for want of memory, files may still grow and be truncated. */
static void file_note_size(struct tail_file *f)
{
    struct file_facts facts;
    bool is_rewritten;

    if (f->source.fd < 0 || f->source.way != NULL || f->ending.copies != NULL ||
        file_state_read(f->source.fd, &facts) < 0)
        return;
    is_rewritten = tail_file_is_rewritten(f);
    source_note_seen(&f->source, facts.size_bytes, is_rewritten);
    if (f->readers.laggard == NULL && !is_rewritten)
        (void)may_begin(f, facts.size_bytes);
}

void tail_file_touch(struct tail_file *f)
{
    struct tail *t = f->tail;

    CHECK(f->turn.lane != NULL && f->turn.lane->tail == t);
    if (UNLIKELY(f->turn.lane->is_waiting))
        file_note_size(f);
    if (list_is_linked(&f->turn.link) || t->is_stopping)
        return;
    list_add_tail(&f->turn.lane->ready, &f->turn.link);
    if ((!f->turn.lane->is_waiting || f == t->guest.file) && !timer_is_on(t->timers.work))
        timer_start(t->timers.work, 0);
}

/* It was empty when it was looked at last. What was written, copied and truncated since shows by the
 * copy alone; where something is in the way of that, it is looked again. */
static void file_look_beside(struct tail_file *f, int64_t modified_ns)
{
    if (f->known.identity.head.len > 0 || f->log.name == NULL || f->source.empty_ns == modified_ns)
        return;
    tail_copies_follow(f->tail, f->log.name, f);
    f->source.empty_ns = tail_again_is_for(f->tail, f->log.path) ? 0 : tail_still_ns(modified_ns);
}

/* While nothing is read for want of memory the first bytes are noted all the same: before that. */
void tail_file_tell(struct tail_file *f)
{
    struct file_facts facts;

    CHECK(f->readers.laggard == NULL);
    if (UNLIKELY(f->turn.lane->is_waiting) && f->source.fd >= 0 && f->source.state.read == 0 &&
        file_state_read(f->source.fd, &facts) == 0) {
        tail_file_note_seen(f, facts.size_bytes);
        file_look_beside(f, facts.modified_ns);
    }
    tail_file_touch(f);
}

/* ---- reading ---- */

void tail_file_advance(struct tail_file *f, uint64_t end)
{
    CHECK(end <= f->source.state.read || f->source.copy_bytes > 0);
    end = tail_lines_end(f, end);
    if (!f->lines.is_skipping && f->origin.window.issued < end)
        window_advance(&f->origin.window, end);
    tail_kin_settled(f);
    if (UNLIKELY(!list_is_empty(&f->readers.laggards)))
        tail_laggards_touch(f);
}

void tail_file_lent_back(struct tail_file *f)
{
    tail_file_advance(f, tail_source_next(&f->source));
    tail_bookmark_save(f);
    tail_file_touch(f);
}

/* Nothing of it is in flight, or nothing is known of it on disk. */
static void file_save(struct tail_file *f)
{
    if (f->readers.laggard != NULL)
        f = f->readers.laggard->of;
    if (f->origin.window.count == 0 || !f->known.is_saved)
        tail_bookmark_save(f);
}

/* What its rate lets through; the rest is read again when that is paid for. */
static struct slice bytes_within_rate(const struct tail_file *f, struct slice bytes)
{
    struct buffer *read = &f->tail->reading.bytes;
    size_t left_out = bytes.len - tail_rate_cut(f, bytes);

    CHECK(left_out <= read->len);
    read->len -= left_out;
    return slice_make(bytes.data, bytes.len - left_out);
}

int64_t tail_file_read(struct tail_file *f, uint64_t size, bool is_last)
{
    struct tail *t = f->tail;
    uint64_t from = tail_source_next(&f->source);
    size_t want = tail_bytes_wanted(f, from, size);
    size_t taken, before;
    int64_t got = tail_ahead_take(f, from, want, &before);
    struct slice bytes;

    CHECK(f->source.way == NULL);
    if (got < 0)
        return got;
    bytes = slice_skip(buffer_view(&t->reading.bytes), before);
    if (UNLIKELY(from == 0) && got > 0 && want >= f->known.identity.head.len &&
        tail_head_check(f, bytes))
        return 0;
    if (UNLIKELY(f->origin.id == 0) && got > 0)
        tail_stream_begin(f, from == 0 ? bytes : (struct slice){0},
                          is_last || (uint64_t)got >= t->told.lines.line_bytes_max);
    if (UNLIKELY(f->origin.id == 0) && from > 0) /* it was truncated just now */
        return 0;
    CHECK(bytes.len <= want);
    if (!is_last)
        bytes = bytes_within_rate(f, bytes);
    taken = tail_lines_take(f, bytes, from, is_last);
    CHECK(taken <= bytes.len);
    t->input->metrics.read_bytes += taken;
    tail_rate_took(f, slice_make(bytes.data, taken));
    f->source.state.read = from + bytes.len;
    f->known.tail_print = tail_print_of_end(f, buffer_view(&t->reading.bytes));
    f->source.state.unfinished_bytes = bytes.len - taken;
    if (taken > 0)
        f->source.state.grown_ms = clock_ms();
    if (f->lines.is_skipping && is_last)
        f->lines.is_skipping = false;
    if (is_last)
        tail_lines_flush(f, true);
    tail_file_advance(f, from + taken);
    file_save(f);
    return (int64_t)taken;
}

/* What the plan needs to know. Negative when the file cannot be looked at. */
static int file_look(struct tail_file *f, struct follow_seen *seen)
{
    struct tail *t = f->tail;
    struct file_facts facts;
    bool is_rewritten;
    int rc = file_state_read(f->source.fd, &facts);

    CHECK(f->source.fd >= 0 && f->readers.laggard == NULL);
    if (rc < 0)
        return rc;
    if (UNLIKELY(t->input->lanes != NULL && t->input->lanes->away & f->origin.lane))
        tail_file_part(f);
    if (UNLIKELY(f->source.state.read == 0))
        file_look_beside(f, facts.modified_ns);
    is_rewritten = tail_ahead_look(f, facts.size_bytes);
    *seen = (struct follow_seen){
        .now_ms = clock_ms(),
        .size = file_reader_size(&f->source.reader, facts.size_bytes),
        .is_rewritten = is_rewritten,
        .is_named = f->log.name != NULL && facts.link_count > 0,
        .pause_ms =
            UNLIKELY(f->turn.pace.due_us > 0) ? pace_pause_ms(&f->turn.pace, clock_ms()) : 0,
        .must_let_go = f->ending.must_let_go,
        .has_room = !is_rewritten && may_begin(f, facts.size_bytes) && tail_file_has_room(f) &&
                    !tail_file_is_paused(f) && f->ending.twin == NULL,
        .age_ms = (clock_wall_ns() - facts.modified_ns) / NS_PER_MS,
    };
    source_note_seen(&f->source, facts.size_bytes, is_rewritten);
    return 0;
}

/* Not later than in `wait_ms`; 0: no need to. */
void tail_file_look_again(struct tail_file *f, uint64_t wait_ms)
{
    uint64_t now = clock_ms();

    if (f->tail->is_stopping || wait_ms == 0 ||
        (f->turn.look_ms > now && f->turn.look_ms <= now + wait_ms))
        return;
    f->turn.look_ms = now + wait_ms;
    timer_start_sooner(f->tail->timers.look, wait_ms);
}

/* Nothing to do now: remembers the bytes before it, to tell a rewritten file by. Lines that wait go
 * on only at the end of the file: one that is not read for want of memory has the rest ahead. */
static void file_rest(struct tail_file *f, uint64_t wait_ms, bool is_at_end)
{
    tail_print_lengthen(f);
    tail_file_look_again(f, wait_ms);
    if (UNLIKELY(f->kin.heir != NULL) && is_at_end)
        tail_file_touch(f->kin.heir);
    if (f->lines.joiner == NULL || !is_at_end || tail_kin_is_awaited(f))
        return;
    tail_lines_flush(f, false);
    tail_file_advance(f, tail_source_next(&f->source));
    if (f->origin.window.count == 0)
        tail_bookmark_save(f);
    if (f->lines.joiner != NULL)
        tail_file_look_again(f, joiner_due_ms(f->lines.joiner) - clock_ms() + 1);
}

/* What came of one step: whether the file has more to do now. */
enum file_next {
    FILE_GOES_ON,
    FILE_IS_READ, /* to the end that was seen: it goes on, and need not be looked at again */
    FILE_RESTS,
    FILE_NEEDS_ROOM,
    FILE_IS_GONE, /* the pointer is not good any more */
};

static enum file_next file_read_step(struct tail_file *f, uint64_t size, bool is_last)
{
    int64_t taken;

    if (UNLIKELY(is_last) && tail_first_introduce(f, size, true))
        return FILE_RESTS;
    if (tail_way_is_due(f))
        return FILE_RESTS;
    taken = tail_file_read(f, size, is_last);
    if (taken < 0) {
        tail_file_try_later(f, (int)taken);
        return FILE_RESTS;
    }
    if (UNLIKELY(f->source.trouble.code != 0))
        file_trouble_over(&f->source.trouble, f->tail->told.component, f->log.path);
    /* Whether this was the end, or gzip is still at it, shows when one looks again. */
    if (taken == 0 && !is_last && f->source.state.unfinished_bytes > 0 &&
        f->source.reader.is_gzip) {
        tail_file_look_again(f, FOLLOW_LOOK_MS);
        return FILE_RESTS;
    }
    return f->source.state.read == size && !f->source.reader.is_gzip ? FILE_IS_READ : FILE_GOES_ON;
}

static struct follow_limits limits_of(const struct tail *t)
{
    return (struct follow_limits){
        .rotate_wait_ms = t->told.files.rotate_wait_ms,
        .ignore_older_ms = t->told.files.ignore_active_older ? 0 : t->told.files.ignore_older_ms,
    };
}

/* No more lines will come: those that wait go on, and must be acknowledged like the others. */
static void file_lines_end(struct tail_file *f)
{
    tail_lines_flush(f, true);
    tail_file_advance(f, f->source.state.read);
}

static enum file_next file_end(struct tail_file *f)
{
    f->ending.is_done = true;
    tail_file_close(f);
    return FILE_IS_GONE;
}

static enum file_next file_step(struct tail_file *f, const struct follow_seen *seen)
{
    struct follow_limits limits = limits_of(f->tail);
    struct follow_step step;

    if (UNLIKELY(!f->ending.must_let_go && !tail_kin_may_read(f))) {
        tail_file_look_again(f, FOLLOW_LOOK_MS);
        return FILE_RESTS;
    }
    f->source.state.settled = tail_file_settled(f);
    step = follow_plan(&f->source.state, seen, &limits);
    switch (step.move) {
    case FOLLOW_WAIT:
        file_rest(f, step.wait_ms, seen->size <= f->source.state.read);
        return tail_file_has_room(f) ? FILE_RESTS : FILE_NEEDS_ROOM;
    case FOLLOW_READ:
    case FOLLOW_FINISH_LINE:
        return file_read_step(f, seen->size, step.move == FOLLOW_FINISH_LINE);
    case FOLLOW_RESTART:
        return tail_copy_seek(f, step.lost_bytes) ? FILE_RESTS : FILE_IS_GONE;
    case FOLLOW_MARK_ROTATED:
        f->source.state.is_rotated = true;
        f->source.state.rotated_ms = seen->now_ms;
        f->tail->input->metrics.files_rotated++;
        log_debug(f->tail->told.component, "%s was rotated", f->log.path);
        tail_bookmark_move(f);
        tail_bookmark_save(f);
        tail_held_watch(f->tail);
        return FILE_GOES_ON;
    case FOLLOW_MARK_NAMED:
        f->source.state.is_rotated = false;
        return FILE_GOES_ON;
    case FOLLOW_LET_GO:
        tail_loss_begin(f, step.lost_bytes + tail_file_unrepeated_bytes(f));
        file_lines_end(f);
        return file_end(f);
    case FOLLOW_CLOSE:
    case FOLLOW_CLOSE_OLD:
        if (f->lines.joiner == NULL)
            return file_end(f);
        if (tail_kin_is_awaited(f))
            return FILE_RESTS;
        file_lines_end(f);
        return FILE_GOES_ON;
    }
    return FILE_RESTS;
}

/* ---- whose turn it is ---- */

/* A few steps of one file, until it rests. Bytes that come after a look are told of anew. */
static enum file_next file_steps(struct tail_file *f)
{
    struct tail *t = f->tail;
    enum file_next next = FILE_GOES_ON;
    const void *parcel = NULL;
    struct follow_seen seen;

    CHECK(f->source.fd >= 0);
    if (UNLIKELY(f->ending.copies != NULL))
        return tail_copy_turn(f) ? FILE_RESTS : FILE_IS_GONE;
    if (UNLIKELY(f->source.way != NULL)) {
        tail_way_turn(f);
        return FILE_RESTS;
    }
    for (unsigned i = 0; next <= FILE_IS_READ && tail_turn_goes_on(f, i, &parcel); i++) {
        int rc = next == FILE_IS_READ ? 0 : file_look(f, &seen);

        if (rc < 0) {
            tail_file_try_later(f, rc);
            return FILE_RESTS;
        }
        next = file_step(f, &seen);
    }
    tail_ahead_forget(t);
    return next;
}

/* It is marked as rotated, then let go of; or its name came back. */
void tail_file_let_go(struct tail_file *f)
{
    CHECK(f->source.fd >= 0 && f->source.way == NULL && !f->ending.must_let_go);
    f->ending.must_let_go = true;
    if (file_steps(f) != FILE_IS_GONE)
        f->ending.must_let_go = false;
}

void tail_ready_add(struct tail_file *f, bool needs_room)
{
    CHECK(!list_is_linked(&f->turn.link));
    if (needs_room && parcel_room(&f->origin) != SIZE_MAX)
        list_add_tail(f->turn.lane->ready.next, &f->turn.link);
    else
        list_add_tail(&f->turn.lane->ready, &f->turn.link);
}

static void file_check(const struct tail_file *f)
{
    int elsewhere = (f->source.way != NULL) + (f->ending.twin != NULL) + (f->ending.copies != NULL);

    CHECK(f->tail != NULL && f->turn.lane->tail == f->tail);
    CHECK(f->source.state.unfinished_bytes <= f->source.state.read);
    CHECK(f->origin.window.settled <= f->origin.window.issued);
    CHECK(elsewhere <= (f->source.fd >= 0));
    CHECK(f->readers.laggard == NULL || list_is_empty(&f->readers.laggards));
}

/* It goes to the end of the queue when it has more to do. */
void tail_file_turn(struct tail_file *f)
{
    enum file_next next;

    file_check(f);
    if (f->readers.laggard != NULL) {
        tail_laggard_turn(f->readers.laggard);
        return;
    }
    if (f->source.fd < 0 && !tail_file_reopen(f))
        return;
    if (UNLIKELY(tail_first_is_told(f)))
        return;
    next = file_steps(f);
    if (next == FILE_IS_GONE || next == FILE_RESTS)
        return;
    if (!list_is_linked(&f->turn.link))
        tail_ready_add(f, next == FILE_NEEDS_ROOM);
    if (next == FILE_NEEDS_ROOM && !tail_has_guest(f->tail))
        tail_lane_wait(f->turn.lane);
}
