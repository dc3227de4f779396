#include "loop/loop.h"

#include "base/clock.h"
#include "base/memory.h"
#include "sim/agenda.h"
#include "sim/dice.h"
#include "sim/fake.h"

#include <uv.h>

/*
 * loop/ without libuv: timers and jobs stand in the agenda, a poll is asked at each turn. A worker
 * begins a job when the dice say so, and its end is told later still; the two are never one step.
 */

struct loop {
    unsigned job_count;
    unsigned timer_count;
    bool is_hurried;
    struct list polls;
    struct list jobs;
};

struct timer {
    struct agenda_item item;
    struct loop *loop;
    timer_fn *fired;
    void *owner;
    uint64_t every_ms;
};

struct poll {
    struct list link;
    int fd;
    bool is_on;
    poll_fn *ready;
    void *owner;
};

struct job {
    struct agenda_item item;
    struct list link;
    struct loop *loop;
    job_fn *work;
    job_fn *done;
    void *owner;
};

struct loop *loop_new(void)
{
    struct loop *loop = mem_zalloc(1, sizeof *loop);

    list_init(&loop->polls);
    list_init(&loop->jobs);
    return loop;
}

void loop_free(struct loop **address)
{
    struct loop *loop = *address;

    *address = NULL;
    if (loop == NULL)
        return;
    CHECK(loop->job_count == 0 && loop->timer_count == 0 && list_is_empty(&loop->polls));
    mem_free(loop);
}

/* The world runs the loop, turn by turn. */
void loop_run(struct loop *loop)
{
    (void)loop;
    CHECK(!"nobody waits in the simulation");
}

void loop_stop(struct loop *loop)
{
    (void)loop;
}

bool fake_loop_polls(struct loop *loop)
{
    bool was_ready = false;

    LIST_FOR_SAFE (it, after, &loop->polls) {
        struct poll *poll = CONTAINER_OF(it, struct poll, link);

        if (!poll->is_on || !fake_fd_is_readable(poll->fd))
            continue;
        was_ready = true;
        poll->ready(poll->owner, 0, POLL_READABLE);
    }
    return was_ready;
}

/* ---- timers ---- */

static void timer_due(void *owner)
{
    struct timer *timer = owner;

    if (timer->every_ms > 0)
        agenda_put(&timer->item, timer->every_ms);
    timer->fired(timer->owner);
}

struct timer *timer_new(struct loop *loop, timer_fn *fired, void *owner)
{
    struct timer *timer = mem_zalloc(1, sizeof *timer);

    timer->loop = loop;
    timer->fired = fired;
    timer->owner = owner;
    agenda_item_init(&timer->item, timer_due, timer);
    loop->timer_count++;
    return timer;
}

void timer_free(struct timer **address)
{
    struct timer *timer = *address;

    *address = NULL;
    if (timer == NULL)
        return;
    timer_stop(timer);
    timer->loop->timer_count--;
    mem_free(timer);
}

void timer_start(struct timer *timer, uint64_t wait_ms)
{
    timer->every_ms = 0;
    agenda_put(&timer->item, wait_ms);
}

void timer_start_sooner(struct timer *timer, uint64_t wait_ms)
{
    if (!timer_is_on(timer) || timer->item.due_ms > clock_ms() + wait_ms)
        timer_start(timer, wait_ms);
}

void timer_repeat(struct timer *timer, uint64_t every_ms)
{
    timer->every_ms = every_ms;
    agenda_put(&timer->item, every_ms);
}

void timer_stop(struct timer *timer)
{
    timer->every_ms = 0;
    agenda_remove(&timer->item);
}

bool timer_is_on(const struct timer *timer)
{
    return list_is_linked(&timer->item.link);
}

void timer_unref(struct timer *timer)
{
    (void)timer;
}

/* ---- polls ---- */

struct poll *poll_new(struct loop *loop, int fd, poll_fn *ready, void *owner)
{
    struct poll *poll = mem_zalloc(1, sizeof *poll);

    poll->fd = fd;
    poll->ready = ready;
    poll->owner = owner;
    list_add_tail(&loop->polls, &poll->link);
    return poll;
}

void poll_free(struct poll **address)
{
    struct poll *poll = *address;

    *address = NULL;
    if (poll == NULL)
        return;
    list_remove(&poll->link);
    mem_free(poll);
}

void poll_start(struct poll *poll, int events)
{
    CHECK(events == POLL_READABLE);
    poll->is_on = true;
}

void poll_stop(struct poll *poll)
{
    poll->is_on = false;
}

/* ---- jobs ---- */

static void job_ends(void *owner)
{
    struct job *job = owner;

    job->loop->job_count--;
    list_remove(&job->link);
    job->done(job->owner);
    mem_free(job);
}

void fake_loop_hurry(struct loop *loop)
{
    loop->is_hurried = true;
    LIST_FOR (it, &loop->jobs)
        agenda_put(&CONTAINER_OF(it, struct job, link)->item, 0);
}

static uint64_t job_wait_ms(const struct loop *loop)
{
    if (loop->is_hurried)
        return 0;
    if (dice_one_in(50))
        return dice_between(50, 200);
    return dice_one_in(4) ? dice_below(50) : 0;
}

static void job_begins(void *owner)
{
    struct job *job = owner;

    job->work(job->owner);
    job->item.happens = job_ends;
    agenda_put(&job->item, job_wait_ms(job->loop));
}

void job_start(struct loop *loop, job_fn *work, job_fn *done, void *owner)
{
    struct job *job = mem_zalloc(1, sizeof *job);

    job->loop = loop;
    job->work = work;
    job->done = done;
    job->owner = owner;
    loop->job_count++;
    agenda_item_init(&job->item, job_begins, job);
    list_add_tail(&loop->jobs, &job->link);
    agenda_put(&job->item, job_wait_ms(loop));
}

void job_soon(struct loop *loop, job_fn *work, job_fn *done, void *owner)
{
    job_start(loop, work, done, owner);
}

unsigned job_count(const struct loop *loop)
{
    return loop->job_count;
}
