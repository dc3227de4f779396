#include "plugins/in_tail/first.h"

#include "plugins/in_tail/ahead.h"
#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/stream.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/wish.h"

/*
 * What the first read of a file waits for. A reason is set when the file is opened, or before it is
 * read, and whoever knows that it is over wakes the file; one that may never be over has a time.
 * Nothing else waits: the file is held open, so that what is written meanwhile is read then, though it
 * was renamed or deleted.
 *
 * Every file waits for its row, by which its documents keep their ids when it is read again after a
 * crash: gzip may have made another file of it by then, which is known by the row alone. Rows of files
 * that come together are written together (POSITIONS_GAP_MS), and it is waited for once, or twice where
 * the first bytes were too few to tell the file from others. Not where there is no DB.
 *
 * The filters of its tag are asked, too, whether its records may come yet (filter/filter.h). A laggard,
 * which after a restart may be the first to read it, waits for them with its file.
 *
 * Goes wrong: the row cannot be written (the file is read all the same); held_limit has no room for the
 * file (it is let go of and counted, as any other); it is truncated (what was seen of it is counted).
 */

void tail_file_wait(struct tail_file *f, enum tail_wait reason, uint64_t wait_ms)
{
    struct tail_first *first = &f->turn.first;
    uint64_t until_ms = clock_ms() + wait_ms;

    CHECK(f->tail != NULL && f->readers.laggard == NULL);
    f->tail->followed.first_wait_count += first->waits == 0;
    first->waits |= reason;
    if (wait_ms == 0)
        return;
    first->timed |= reason;
    if (until_ms > first->until_ms)
        first->until_ms = until_ms;
    tail_file_look_again(f, wait_ms);
}

void tail_file_wake(struct tail_file *f, unsigned reasons)
{
    struct tail_first *first = &f->turn.first;

    if ((first->waits & reasons) == 0)
        return;
    if (reasons & TAIL_WAIT_POD)
        list_remove(&first->waiter.link);
    first->waits &= ~reasons;
    first->timed &= first->waits;
    if (first->waits != 0)
        return;
    CHECK(f->tail->followed.first_wait_count > 0);
    f->tail->followed.first_wait_count--;
    tail_file_touch(f);
    tail_laggards_touch(f);
}

/* ---- its pod ---- */

static uint64_t pod_ask(struct tail_file *f, bool is_over)
{
    struct filter_waiter *waiter = &f->turn.first.waiter;
    struct filter_wishes wishes = {0};
    uint64_t wait_ms;

    CHECK(f->readers.laggard == NULL);
    if (is_over)
        list_remove(&waiter->link);
    waiter->is_over = is_over;
    waiter->wishes = &wishes;
    wait_ms = intake_ready(f->tail->input->intake, &f->origin, waiter);
    waiter->wishes = NULL;
    if (wait_ms == 0)
        tail_wish_take(f, &wishes);
    return wait_ms;
}

/* What is lacking now may be waited for less long than what was lacking before; never longer. */
static void pod_wait_shorten(struct tail_file *f, uint64_t wait_ms)
{
    struct tail_first *first = &f->turn.first;
    uint64_t until_ms = clock_ms() + wait_ms;

    CHECK(first->timed == TAIL_WAIT_POD);
    if (until_ms >= first->until_ms)
        return;
    first->until_ms = until_ms;
    tail_file_look_again(f, wait_ms);
}

static void on_pods(void *owner)
{
    struct tail_file *f = owner;
    uint64_t wait_ms;

    CHECK(f->turn.first.waits & TAIL_WAIT_POD);
    wait_ms = pod_ask(f, false);
    if (wait_ms == 0)
        tail_file_wake(f, TAIL_WAIT_POD);
    else
        pod_wait_shorten(f, wait_ms);
}

/* Once, before anything is read of it. */
static void pod_ask_first(struct tail_file *f)
{
    struct tail_first *first = &f->turn.first;
    uint64_t wait_ms;

    first->is_asked = true;
    wait_ms = pod_ask(f, false);
    if (wait_ms > 0)
        tail_file_wait(f, TAIL_WAIT_POD, wait_ms);
}

bool tail_file_waits(struct tail_file *f)
{
    struct tail_first *first = &f->turn.first;
    uint64_t now_ms;

    if (UNLIKELY(!first->is_asked) && f->readers.laggard == NULL)
        pod_ask_first(f);
    if (LIKELY(first->waits == 0))
        return false;
    now_ms = clock_ms();
    if (first->timed != 0 && first->until_ms <= now_ms) {
        if (first->timed & TAIL_WAIT_POD)
            (void)pod_ask(f, true);
        tail_file_wake(f, first->timed);
    } else if (first->timed != 0) {
        tail_file_look_again(f, first->until_ms - now_ms);
    }
    return first->waits != 0;
}

bool tail_laggard_waits(struct tail_laggard *l)
{
    struct tail_file *of = l->of;
    const struct tail_first *first = &of->turn.first;

    CHECK(of != NULL && of->readers.laggard == NULL);
    (void)tail_file_waits(of);
    if (LIKELY((first->waits & TAIL_WAIT_POD) == 0))
        return false;
    CHECK(first->timed & TAIL_WAIT_POD);
    tail_file_look_again(&l->file, first->until_ms - clock_ms());
    return true;
}

bool tail_first_is_told(struct tail_file *f)
{
    return !f->turn.first.is_asked && f->turn.first.waits & TAIL_WAIT_ROW && tail_file_waits(f);
}

void tail_first_end(struct tail_file *f)
{
    positions_waiter_stop(&f->turn.first.written);
    list_remove(&f->turn.first.waiter.link);
    if (f->turn.first.waits == 0)
        return;
    CHECK(f->tail->followed.first_wait_count > 0);
    f->tail->followed.first_wait_count--;
    f->turn.first.waits = 0;
}

/* ---- the row ---- */

static void on_written(struct positions_waiter *waiter)
{
    tail_file_wake(CONTAINER_OF(waiter, struct tail_file, turn.first.written), TAIL_WAIT_ROW);
}

void tail_first_init(struct tail_file *f)
{
    positions_waiter_init(&f->turn.first.written, on_written);
    f->turn.first.waiter = (struct filter_waiter){.wake = on_pods, .owner = f};
    list_init(&f->turn.first.waiter.link);
}

/* Whether a row says more of it than the last one that was waited for. Without an id there are no
 * records. */
static bool is_news(const struct tail_file *f)
{
    const struct tail_first *first = &f->turn.first;

    return f->origin.id != 0 &&
           (f->origin.id != first->id || f->known.identity.head.len != first->head_len ||
            f->kin.is_first != first->is_first);
}

void tail_first_saved(struct tail_file *f)
{
    struct tail_first *first = &f->turn.first;

    if (!is_news(f) || f->tail->is_stopping)
        return;
    first->id = f->origin.id;
    first->head_len = f->known.identity.head.len;
    first->is_first = f->kin.is_first;
    CHECK(f->tail->book.positions != NULL && f->readers.laggard == NULL);
    positions_waiter_stop(&first->written);
    if (positions_wait(f->tail->book.positions, &first->written))
        tail_file_wait(f, TAIL_WAIT_ROW, 0);
}

/* Until the first scan is over it is not known which outputs are behind, and no row is set. */
bool tail_first_introduce(struct tail_file *f, uint64_t size, bool is_last)
{
    const struct tail *t = f->tail;

    CHECK(f->readers.laggard == NULL);
    if (f->known.is_saved || t->told.db.path == NULL)
        return tail_file_waits(f);
    if (!t->names.is_first_scan_over)
        return true;
    tail_ahead_forget(f->tail); /* what is read must be what it is known by */
    if (!tail_head_look(f))
        return tail_file_waits(f);
    if (f->origin.id == 0)
        tail_stream_begin(f, (struct slice){0}, is_last || size >= t->told.lines.line_bytes_max);
    if (is_news(f))
        tail_bookmark_save(f);
    return tail_file_waits(f);
}
