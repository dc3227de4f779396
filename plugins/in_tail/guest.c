#include "plugins/in_tail/guest.h"

#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/lines.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/tail.h"

/*
 * Lines that wait may hold a part of the memory (base/budget.h). When they hold more, one file
 * becomes the guest: it alone is read, to the end of its record, which the joiner's own limit
 * bounds; all others wait in their files meanwhile.
 *
 *   tail_waiting_settle   the lines hold too much: of those that have more to read, the file whose lines
 *                         hold most enters. When they do no more, it leaves
 *   tail_guest_turn       reads it, once records in flight have left room, or GUEST_ROOM_MS are over
 *   tail_guest_look       it has nothing to read, for now: lines of files that had nothing for
 *                         GUEST_QUIET_MS go on as they are, the largest first, until there is much room
 *
 * So nobody waits longer for a guest than reading it takes and GUEST_ROOM_MS, or GUEST_QUIET_MS
 * when its lines are not there. Two guests would wait for each other's memory: there is one below a
 * budget, and where another input has it, the largest go on as they are at once. So they do where
 * they are read again for an output that takes nothing: it would hold what the others need.
 */

#define GUEST_QUIET_MS 250
#define GUEST_ROOM_MS 5000
#define GUEST_LOOK_MS 50

typedef bool file_is_fn(const struct tail_file *file);

static struct tail_file *more_waiting(struct tail_file *a, struct tail_file *b, file_is_fn *is)
{
    if (b->lines.waiting_bytes == 0 || !is(b))
        return a;
    return a == NULL || b->lines.waiting_bytes > a->lines.waiting_bytes ? b : a;
}

/* Of those that are so the one whose lines hold most, or NULL. */
static struct tail_file *file_that_waits_most(const struct tail *t, file_is_fn *is)
{
    struct tail_file *most = NULL;

    LIST_FOR (it, (struct list *)&t->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        most = more_waiting(most, f, is);
        LIST_FOR (at, &f->readers.laggards)
            most = more_waiting(most, &CONTAINER_OF(at, struct tail_laggard, link)->file, is);
    }
    return most;
}

static bool is_any(const struct tail_file *f)
{
    (void)f;
    return true;
}

static bool may_be_guest(const struct tail_file *f)
{
    const struct tail_laggard *l = f->readers.laggard;

    return l == NULL || (f->tail->input->lanes->away & tail_bit(l->output)) == 0;
}

static bool has_more(const struct tail_file *f)
{
    return list_is_linked(&f->turn.link) && may_be_guest(f);
}

static bool has_nothing(const struct tail_file *f)
{
    return !list_is_linked(&f->turn.link) &&
           clock_ms() >= f->source.state.grown_ms + GUEST_QUIET_MS;
}

/* The file under way is in no list. */
static struct tail_file *guest_choose(const struct tail *t, struct tail_file *f)
{
    struct tail_file *most = file_that_waits_most(t, has_more);

    return most != NULL && (most->lines.waiting_bytes > f->lines.waiting_bytes || !may_be_guest(f))
               ? most
               : f;
}

static bool guest_enter(struct tail *t, struct tail_file *f)
{
    if (t->is_stopping || f->lines.waiting_bytes == 0 || !may_be_guest(f) ||
        !budget_guest_enter(t->input->budget))
        return false;
    CHECK(t->guest.file == NULL);
    t->guest = (struct tail_guest){.file = f, .since_ms = clock_ms()};
    tail_file_touch(f);
    timer_start_sooner(t->timers.look, GUEST_LOOK_MS);
    return true;
}

void tail_guest_leave(struct tail_file *f)
{
    struct tail *t = f->tail;

    if (LIKELY(t->guest.file != f))
        return;
    t->guest.file = NULL;
    budget_guest_leave(t->input->budget);
    if (!t->is_stopping)
        timer_start_sooner(t->timers.work, 0);
}

void tail_waiting_settle(struct tail_file *f)
{
    struct tail *t = f->tail;

    tail_lines_account(f);
    if (UNLIKELY(tail_has_guest(t)) &&
        (t->guest.file->lines.waiting_bytes == 0 || !budget_is_clogged(t->input->budget)))
        tail_guest_leave(t->guest.file);
    while (UNLIKELY(!tail_has_guest(t) && budget_is_clogged(t->input->budget))) {
        struct tail_file *most = file_that_waits_most(t, is_any);

        if (most == NULL || guest_enter(t, guest_choose(t, f)))
            return;
        tail_lines_cut(most);
        if (most != f) /* the read that is under way does so for this one */
            tail_file_advance(most, tail_source_next(&most->source));
    }
}

void tail_guest_turn(struct tail *t)
{
    struct tail_file *f = t->guest.file;

    CHECK(f != NULL);
    if (!list_is_linked(&f->turn.link))
        return;
    if (!budget_is_light(t->input->budget) && clock_ms() < t->guest.since_ms + GUEST_ROOM_MS)
        return;
    list_remove(&f->turn.link);
    tail_file_turn(f);
    if (t->guest.file == f && list_is_linked(&f->turn.link))
        timer_start(t->timers.work, 0);
}

static void quiet_lines_cut(struct tail *t)
{
    struct tail_file *f;

    while (budget_waits_much(t->input->budget) &&
           (f = file_that_waits_most(t, has_nothing)) != NULL) {
        tail_lines_cut(f);
        CHECK(f->lines.waiting_bytes == 0);
        tail_file_advance(f, tail_source_next(&f->source));
    }
}

void tail_guest_look(struct tail *t)
{
    struct tail_file *f = t->guest.file;

    if (LIKELY(f == NULL))
        return;
    if (list_is_linked(&f->turn.link))
        timer_start_sooner(t->timers.work, 0);
    else
        quiet_lines_cut(t);
    if (f->lines.waiting_bytes == 0 || !budget_is_clogged(t->input->budget))
        tail_guest_leave(f);
    else
        timer_start_sooner(t->timers.look, GUEST_LOOK_MS);
}
