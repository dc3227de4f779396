#include "plugins/in_tail/work.h"

#include "plugins/in_tail/again.h"
#include "plugins/in_tail/exit.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/generations.h"
#include "plugins/in_tail/guest.h"
#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/shares.h"
#include "plugins/in_tail/tail.h"

/*
 * Whose turn it is. Files that are ready stand in the line of their lane, those that are read for all
 * outputs together in one, those that are read for one output alone in that output's; each has a few
 * reads and goes to the end. Files that wait for a time have a look when it is over.
 *
 *   on_work   takes ready files in turn, until a turn of the loop is long enough
 *   on_room   there is memory again: the lane goes on
 *   on_look   rotated files for their close, unreadable ones for the next try
 */

enum lane_rest {
    LANE_IS_DONE,
    LANE_WAITS, /* for room */
    LANE_HAS_MORE,
};

static enum lane_rest lane_work(struct tail_lane *lane, unsigned turns)
{
    while (!lane->is_waiting && !list_is_empty(&lane->ready) && !tail_has_guest(lane->tail) &&
           turns-- > 0)
        tail_file_turn(CONTAINER_OF(list_take_first(&lane->ready), struct tail_file, turn.link));
    if (list_is_empty(&lane->ready))
        return LANE_IS_DONE;
    return lane->is_waiting ? LANE_WAITS : LANE_HAS_MORE;
}

/* Those that read alone come briefly: the others do not wait for them. */
static enum lane_rest shares_work(struct tail *t)
{
    enum lane_rest rest = LANE_IS_DONE, own;

    for (unsigned i = 0; t->lanes.shares != NULL && i < t->input->lanes->count; i++) {
        own = lane_work(&t->lanes.shares[i].lane, TAIL_LAGGARD_TURNS_MAX);
        if (own > rest)
            rest = own;
    }
    return rest;
}

/* What was read may have gone to no output, and then nothing but this tells that memory was needed. */
static void bytes_let_go(struct tail *t)
{
    if (t->reading.bytes.capacity == 0)
        return;
    buffer_fini(&t->reading.bytes);
    t->input->let_go(t->input);
}

static void on_work(void *owner)
{
    struct tail *t = owner;
    enum lane_rest together, alone;

    if (UNLIKELY(t->names.beside.path != NULL) && !t->names.is_beside_kept)
        tail_listing_drop(t);
    if (UNLIKELY(tail_has_guest(t))) {
        tail_guest_turn(t);
        return;
    }
    together = lane_work(&t->lanes.together, TAIL_TURNS_MAX);
    alone = shares_work(t);
    if (together == LANE_HAS_MORE || alone == LANE_HAS_MORE)
        timer_start(t->timers.work, 0);
    if (together != LANE_IS_DONE)
        return;
    if (alone == LANE_IS_DONE)
        bytes_let_go(t);
    if (UNLIKELY(t->told.files.exit_on_eof))
        tail_exit_look(t, alone == LANE_IS_DONE);
}

void tail_lane_wait(struct tail_lane *lane)
{
    if (lane->is_waiting)
        return;
    lane->is_waiting = true;
    budget_wait(lane->budget, &lane->waiter);
    tail_lane_seal(lane);
}

static void on_room(struct budget_waiter *waiter)
{
    struct tail_lane *lane = CONTAINER_OF(waiter, struct tail_lane, waiter);

    CHECK(lane->is_waiting);
    lane->is_waiting = false;
    if (!list_is_empty(&lane->ready))
        timer_start(lane->tail->timers.work, 0);
}

void tail_lane_init(struct tail_lane *lane, struct tail *t, struct budget *budget)
{
    lane->tail = t;
    lane->budget = budget;
    list_init(&lane->ready);
    budget_waiter_init(&lane->waiter, on_room);
}

void tail_lane_stop(struct tail_lane *lane)
{
    budget_waiter_stop(&lane->waiter);
    while (list_take_first(&lane->ready) != NULL)
        continue;
}

/* Touches it when it is time; else `*next` is no later than its time. */
static void file_look_due(struct tail_file *f, uint64_t now, uint64_t *next)
{
    if (f->turn.look_ms != 0 && f->turn.look_ms <= now) {
        f->turn.look_ms = 0;
        tail_file_touch(f);
    } else if (f->turn.look_ms != 0 && f->turn.look_ms < *next) {
        *next = f->turn.look_ms;
    }
}

/* Files that wait for a time: rotated ones for their close, unreadable ones for the next try. */
static void on_look(void *owner)
{
    struct tail *t = owner;
    uint64_t now = clock_ms(), next = UINT64_MAX;

    LIST_FOR_SAFE (it, after, &t->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        file_look_due(f, now, &next);
        LIST_FOR (at, &f->readers.laggards)
            file_look_due(&CONTAINER_OF(at, struct tail_laggard, link)->file, now, &next);
    }
    tail_again_look(t, now, &next);
    tail_guest_look(t);
    if (UNLIKELY(t->told.files.exit_on_eof))
        timer_start_sooner(t->timers.work, 0);
    if (next != UINT64_MAX)
        timer_start_sooner(t->timers.look, next - now);
}

void tail_work_start(struct tail *t)
{
    t->timers.work = timer_new(t->input->loop, on_work, t);
    t->timers.look = timer_new(t->input->loop, on_look, t);
}

void tail_work_stop(struct tail *t)
{
    timer_free(&t->timers.work);
    tail_listing_drop(t);
    timer_free(&t->timers.look);
    if (tail_has_guest(t))
        tail_guest_leave(t->guest.file);
    tail_lanes_stop(t);
}
