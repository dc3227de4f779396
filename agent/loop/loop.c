#include "loop/loop.h"

#include "base/memory.h"

#include <uv.h>

struct loop {
    uv_loop_t uv;
    unsigned job_count;
};

struct timer {
    uv_timer_t uv; /* first: the close callback frees the whole */
    timer_fn *fired;
    void *owner;
};

struct poll {
    uv_poll_t uv;
    poll_fn *ready;
    void *owner;
};

struct signal_watch {
    uv_signal_t uv;
    signal_fn *came;
    void *owner;
};

struct job {
    uv_work_t uv;
    struct loop *loop;
    job_fn *work;
    job_fn *done;
    void *owner;
};

struct loop *loop_new(void)
{
    struct loop *loop = mem_zalloc(1, sizeof *loop);

    CHECK(uv_loop_init(&loop->uv) == 0);
    return loop;
}

void loop_free(struct loop **address)
{
    struct loop *loop = *address;

    *address = NULL;
    if (loop == NULL)
        return;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop->uv) == 0);
    mem_free(loop);
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

void loop_turn(struct loop *loop, bool may_wait)
{
    uv_run(&loop->uv, may_wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

static void handle_closed(uv_handle_t *handle)
{
    mem_free(handle);
}

/* ---- timers ---- */

static void timer_due(uv_timer_t *uv)
{
    struct timer *timer = CONTAINER_OF(uv, struct timer, uv);

    timer->fired(timer->owner);
}

struct timer *timer_new(struct loop *loop, timer_fn *fired, void *owner)
{
    struct timer *timer = mem_zalloc(1, sizeof *timer);

    CHECK(uv_timer_init(&loop->uv, &timer->uv) == 0);
    timer->fired = fired;
    timer->owner = owner;
    return timer;
}

void timer_free(struct timer **address)
{
    struct timer *timer = *address;

    *address = NULL;
    if (timer == NULL)
        return;
    uv_timer_stop(&timer->uv);
    uv_close((uv_handle_t *)&timer->uv, handle_closed);
}

/* The loop's idea of now may be as old as its last turn. */
static void timer_arm(struct timer *timer, uint64_t wait_ms, uint64_t every_ms)
{
    uv_update_time(timer->uv.loop);
    CHECK(uv_timer_start(&timer->uv, timer_due, wait_ms, every_ms) == 0);
}

void timer_start(struct timer *timer, uint64_t wait_ms)
{
    timer_arm(timer, wait_ms, 0);
}

void timer_start_sooner(struct timer *timer, uint64_t wait_ms)
{
    if (!timer_is_on(timer) || uv_timer_get_due_in(&timer->uv) > wait_ms)
        timer_arm(timer, wait_ms, 0);
}

void timer_repeat(struct timer *timer, uint64_t every_ms)
{
    timer_arm(timer, every_ms, every_ms);
}

void timer_stop(struct timer *timer)
{
    uv_timer_stop(&timer->uv);
}

bool timer_is_on(const struct timer *timer)
{
    return uv_is_active((const uv_handle_t *)&timer->uv);
}

void timer_unref(struct timer *timer)
{
    uv_unref((uv_handle_t *)&timer->uv);
}

/* ---- polls ---- */

static void poll_ready(uv_poll_t *uv, int status, int events)
{
    struct poll *poll = CONTAINER_OF(uv, struct poll, uv);

    poll->ready(poll->owner, status, events);
}

struct poll *poll_new(struct loop *loop, int fd, poll_fn *ready, void *owner)
{
    struct poll *poll = mem_zalloc(1, sizeof *poll);

    if (uv_poll_init(&loop->uv, &poll->uv, fd) < 0) {
        mem_free(poll);
        return NULL;
    }
    poll->ready = ready;
    poll->owner = owner;
    return poll;
}

void poll_free(struct poll **address)
{
    struct poll *poll = *address;

    *address = NULL;
    if (poll == NULL)
        return;
    uv_poll_stop(&poll->uv);
    uv_close((uv_handle_t *)&poll->uv, handle_closed);
}

void poll_start(struct poll *poll, int events)
{
    _Static_assert(POLL_READABLE == UV_READABLE && POLL_WRITABLE == UV_WRITABLE, "passed on as is");
    uv_poll_start(&poll->uv, events, poll_ready);
}

void poll_stop(struct poll *poll)
{
    uv_poll_stop(&poll->uv);
}

/* ---- jobs ---- */

static void job_work(uv_work_t *uv)
{
    struct job *job = CONTAINER_OF(uv, struct job, uv);

    job->work(job->owner);
}

static void job_done(uv_work_t *uv, int status)
{
    struct job *job = CONTAINER_OF(uv, struct job, uv);

    CHECK(status == 0);
    job->loop->job_count--;
    job->done(job->owner);
    mem_free(job);
}

void job_start(struct loop *loop, job_fn *work, job_fn *done, void *owner)
{
    struct job *job = mem_zalloc(1, sizeof *job);

    job->loop = loop;
    job->work = work;
    job->done = done;
    job->owner = owner;
    loop->job_count++;
    CHECK(uv_queue_work(&loop->uv, &job->uv, job_work, job_done) == 0);
}

unsigned job_count(const struct loop *loop)
{
    return loop->job_count;
}

/* ---- signals ---- */

static void signal_came(uv_signal_t *uv, int signal_number)
{
    struct signal_watch *watch = CONTAINER_OF(uv, struct signal_watch, uv);

    watch->came(watch->owner, signal_number);
}

struct signal_watch *signal_watch_new(struct loop *loop, int signal_number, signal_fn *came,
                                      void *owner)
{
    struct signal_watch *watch = mem_zalloc(1, sizeof *watch);

    CHECK(uv_signal_init(&loop->uv, &watch->uv) == 0);
    watch->came = came;
    watch->owner = owner;
    CHECK(uv_signal_start(&watch->uv, signal_came, signal_number) == 0);
    return watch;
}

void signal_watch_free(struct signal_watch **address)
{
    struct signal_watch *watch = *address;

    *address = NULL;
    if (watch == NULL)
        return;
    uv_signal_stop(&watch->uv);
    uv_close((uv_handle_t *)&watch->uv, handle_closed);
}
