#include "file/follow_plan.h"

static struct follow_step step(enum follow_move move)
{
    return (struct follow_step){.move = move};
}

static struct follow_step step_lost(enum follow_move move, uint64_t lost_bytes)
{
    return (struct follow_step){.move = move, .lost_bytes = lost_bytes};
}

/* Of the bytes before `end`: those that are in no record. The unfinished line is none. */
static uint64_t lost_before(const struct follow_state *s, uint64_t end)
{
    return s->unfinished_bytes + (end > s->read ? end - s->read : 0);
}

static struct follow_step step_wait(uint64_t wait_ms)
{
    return (struct follow_step){.move = FOLLOW_WAIT, .wait_ms = wait_ms};
}

static uint64_t at_most(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void follow_state_check(const struct follow_state *s)
{
    CHECK(s->settled <= s->read);
    CHECK(s->unfinished_bytes <= s->read);
}

/* Nothing of it is in an output's hands; the unfinished line never was. */
static bool is_settled(const struct follow_state *s)
{
    return s->settled + s->unfinished_bytes >= s->read;
}

/* All bytes there are were read. Others may come as long as somebody has the file open, and nobody
 * tells us of them under its new name. */
static struct follow_step rotated_plan(const struct follow_state *s, const struct follow_seen *seen,
                                       const struct follow_limits *limits)
{
    uint64_t last_ms = s->rotated_ms > s->grown_ms ? s->rotated_ms : s->grown_ms;
    uint64_t still_ms = seen->now_ms > last_ms ? seen->now_ms - last_ms : 0;

    CHECK(s->is_rotated);
    CHECK(seen->size == s->read);
    if (still_ms < limits->rotate_wait_ms)
        return step_wait(at_most(limits->rotate_wait_ms - still_ms, FOLLOW_LOOK_MS));
    if (s->unfinished_bytes > 0)
        return step(FOLLOW_FINISH_LINE);
    if (s->settled < s->read)
        return step_wait(FOLLOW_LOOK_MS);
    return step(FOLLOW_CLOSE);
}

static struct follow_step named_plan(const struct follow_state *s, const struct follow_seen *seen,
                                     const struct follow_limits *limits)
{
    CHECK(!s->is_rotated);
    CHECK(seen->size == s->read);
    if (limits->ignore_older_ms == 0)
        return step_wait(0);
    if (follow_may_open(limits, seen->age_ms))
        return step_wait((uint64_t)((int64_t)limits->ignore_older_ms - seen->age_ms) + 1);
    return is_settled(s) ? step(FOLLOW_CLOSE_OLD) : step_wait(FOLLOW_LOOK_MS);
}

struct follow_step follow_plan(const struct follow_state *s, const struct follow_seen *seen,
                               const struct follow_limits *limits)
{
    follow_state_check(s);
    if (seen->size < s->read || seen->is_rewritten)
        return step_lost(FOLLOW_RESTART, lost_before(s, s->size_before));
    if (!seen->is_named && !s->is_rotated)
        return step(FOLLOW_MARK_ROTATED);
    if (seen->is_named && s->is_rotated)
        return step(FOLLOW_MARK_NAMED);
    if (s->is_rotated && seen->must_let_go)
        return step_lost(FOLLOW_LET_GO, lost_before(s, seen->size));
    if (seen->size > s->read && seen->pause_ms > 0)
        return step_wait(seen->pause_ms);
    if (seen->size > s->read)
        return seen->has_room ? step(FOLLOW_READ) : step_wait(0);
    return s->is_rotated ? rotated_plan(s, seen, limits) : named_plan(s, seen, limits);
}

bool follow_may_open(const struct follow_limits *limits, int64_t age_ms)
{
    return limits->ignore_older_ms == 0 || age_ms <= (int64_t)limits->ignore_older_ms;
}
