#include "plugins/in_tail/tail.h"

/*
 * What the first read of a file waits for. A reason is set when the file is opened, or before it is
 * read, and whoever knows that it is over wakes the file; one that may never be over has a time.
 * Nothing else waits: the file is held open, so that what is written meanwhile is read then, though it
 * was renamed or deleted.
 *
 * Goes wrong: held_limit has no room for the file (it is let go of and counted, as any other); it is
 * truncated (what was seen of it is counted).
 */

void tail_file_wait(struct tail_file *f, enum tail_wait reason, uint64_t wait_ms)
{
    struct tail_first *first = &f->first;
    uint64_t until_ms = clock_ms() + wait_ms;

    CHECK(f->tail != NULL && f->laggard == NULL);
    f->tail->first_wait_count += first->waits == 0;
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
    struct tail_first *first = &f->first;

    if ((first->waits & reasons) == 0)
        return;
    first->waits &= ~reasons;
    first->timed &= first->waits;
    if (first->waits != 0)
        return;
    CHECK(f->tail->first_wait_count > 0);
    f->tail->first_wait_count--;
    tail_file_touch(f);
}

bool tail_file_waits(struct tail_file *f)
{
    struct tail_first *first = &f->first;
    uint64_t now_ms;

    if (LIKELY(first->waits == 0))
        return false;
    now_ms = clock_ms();
    if (first->timed != 0 && first->until_ms <= now_ms)
        tail_file_wake(f, first->timed);
    else if (first->timed != 0)
        tail_file_look_again(f, first->until_ms - now_ms);
    return first->waits != 0;
}

void tail_first_end(struct tail_file *f)
{
    if (f->first.waits == 0)
        return;
    CHECK(f->tail->first_wait_count > 0);
    f->tail->first_wait_count--;
    f->first.waits = 0;
}
