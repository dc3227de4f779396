#include "plugins/in_tail/exit.h"

#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/lines.h"
#include "plugins/in_tail/reach.h"
#include "plugins/in_tail/tail.h"

#include <inttypes.h>

/*
 * When everything was read, Exit_On_Eof ends the agent.
 *
 * An output that fell behind is waited for as long as it takes something: its readers' bookmarks
 * move, by what is delivered and by what Retry_Limit gives up. Where none of them moves for as long
 * as the lanes' patience, it is dead, and what was not read for it is left to the next start.
 *
 * What cannot be read is not waited for.
 */

/* Whether a file is at a pause that Rate_Limit makes. */
static bool any_pauses(const struct tail *t)
{
    if (t->told.lines.rate_bytes == 0 && !t->lines.wishes.has_rates)
        return false;
    LIST_FOR (it, (struct list *)&t->followed.files)
        if (pace_pause_ms(&CONTAINER_OF(it, struct tail_file, link)->turn.pace, clock_ms()) > 0)
            return true;
    return false;
}

/* It has more to read, and is not at it yet: nothing is ready meanwhile. */
static bool is_on_the_way(const struct tail_file *f)
{
    return (f->source.way != NULL || f->ending.copies != NULL) &&
           !file_trouble_lasts(&f->source.trouble);
}

static bool any_on_the_way(const struct tail *t)
{
    LIST_FOR (it, (struct list *)&t->followed.files) {
        const struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (is_on_the_way(f))
            return true;
        LIST_FOR (at, (struct list *)(uintptr_t)&f->readers.laggards)
            if (is_on_the_way(&CONTAINER_OF(at, struct tail_laggard, link)->file))
                return true;
    }
    return false;
}

/* Another number whenever a bookmark has moved. */
static uint64_t settled_bytes(const struct tail *t)
{
    uint64_t sum = 0;

    LIST_FOR (it, (struct list *)&t->followed.files) {
        const struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        sum += f->origin.window.settled;
        LIST_FOR (at, (struct list *)(uintptr_t)&f->readers.laggards)
            sum += CONTAINER_OF(at, struct tail_laggard, link)->file.origin.window.settled;
    }
    return sum;
}

static uint64_t unrepeated_bytes(const struct tail *t)
{
    uint64_t sum = 0;

    LIST_FOR (it, (struct list *)&t->followed.files)
        sum += tail_file_unrepeated_bytes(CONTAINER_OF(it, struct tail_file, link));
    return sum;
}

/* How long those that are behind may go on taking nothing. */
static uint64_t patience_left_ms(struct tail *t)
{
    uint64_t settled = settled_bytes(t), now = clock_ms(), until;
    struct tail_exit *e = &t->exit;

    if (e->since_ms == 0 || settled != e->settled_bytes) {
        e->settled_bytes = settled;
        e->since_ms = now;
    }
    until = e->since_ms + t->input->lanes->patience_ms;
    return until > now ? until - now : 0;
}

/* Whether outputs that are behind are done, or are not waited for any more. */
static bool is_done_alone(struct tail *t, bool is_read)
{
    uint64_t wait_ms;

    if (t->lanes.laggard_count == 0 && is_read)
        return true;
    CHECK(t->lanes.shares != NULL);
    wait_ms = patience_left_ms(t);
    if (wait_ms > 0) {
        timer_start_sooner(t->timers.look, wait_ms);
        return false;
    }
    log_warn(t->told.component,
             "exit_on_eof: no output that fell behind takes anything; %" PRIu64 " bytes are %s",
             unrepeated_bytes(t),
             t->told.db.path != NULL ? "left to the next start" : "given up, as there is no db");
    return true;
}

void tail_exit_look(struct tail *t, bool is_read)
{
    if (t->exit.was_wanted || !t->names.is_first_scan_over || t->followed.first_wait_count > 0 ||
        any_pauses(t) || any_on_the_way(t))
        return;
    if (!is_done_alone(t, is_read))
        return;
    LIST_FOR (it, &t->followed.files)
        tail_lines_flush(CONTAINER_OF(it, struct tail_file, link), true);
    t->exit.was_wanted = true;
    t->input->exit_wanted(t->input);
}
