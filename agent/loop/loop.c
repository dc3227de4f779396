#include "loop/loop_internal.h"

#include "base/memory.h"

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
    struct list link; /* in loop.soon */
    struct loop *loop;
    job_fn *work;
    job_fn *done;
    void *owner;
};

/* Timers that were started by timers go by the time before them (loop/timer.c). */
static void on_wait(uv_prepare_t *fresh)
{
    uv_update_time(fresh->loop);
}

struct loop *loop_new(void)
{
    struct loop *loop = mem_zalloc(1, sizeof *loop);

    CHECK(uv_loop_init(&loop->uv) == 0);
    CHECK(uv_prepare_init(&loop->uv, &loop->fresh) == 0);
    CHECK(uv_prepare_start(&loop->fresh, on_wait) == 0);
    uv_unref((uv_handle_t *)&loop->fresh);
    CHECK(uv_idle_init(&loop->uv, &loop->idle) == 0);
    list_init(&loop->soon);
    list_init(&loop->faked);
    return loop;
}

void loop_free(struct loop **address)
{
    struct loop *loop = *address;

    *address = NULL;
    if (loop == NULL)
        return;
    CHECK(list_is_empty(&loop->soon));
    uv_close((uv_handle_t *)&loop->fresh, NULL);
    uv_close((uv_handle_t *)&loop->idle, NULL);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    CHECK(loop->job_count == 0 && list_is_empty(&loop->faked));
    CHECK(uv_loop_close(&loop->uv) == 0);
    mem_free(loop);
}

static void on_limit(void *owner)
{
    loop_stop(owner);
}

bool loop_finish(struct loop *loop, uint64_t wait_ms)
{
    struct timer *limit = timer_new(loop, on_limit, loop);
    bool is_finished;

    timer_unref(limit);
    timer_start(limit, wait_ms);
    is_finished = uv_run(&loop->uv, UV_RUN_DEFAULT) == 0;
    timer_free(&limit);
    return is_finished;
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
    bool has_fired = timers_tell(loop);

    uv_run(&loop->uv, may_wait && !has_fired ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

void handle_closed(uv_handle_t *handle)
{
    mem_free(handle);
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

    CHECK(fd >= 0 && ready != NULL);
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

static void job_end(struct job *job)
{
    CHECK(job->loop->job_count > 0);
    job->loop->job_count--;
    job->done(job->owner);
    mem_free(job);
}

static void job_done(uv_work_t *uv, int status)
{
    CHECK(status == 0);
    job_end(CONTAINER_OF(uv, struct job, uv));
}

static struct job *job_new(struct loop *loop, job_fn *work, job_fn *done, void *owner)
{
    struct job *job = mem_zalloc(1, sizeof *job);

    CHECK(work != NULL && done != NULL);
    job->loop = loop;
    job->work = work;
    job->done = done;
    job->owner = owner;
    loop->job_count++;
    return job;
}

void job_start(struct loop *loop, job_fn *work, job_fn *done, void *owner)
{
    struct job *job = job_new(loop, work, done, owner);

    CHECK(uv_queue_work(&loop->uv, &job->uv, job_work, job_done) == 0);
}

/* Those that these ask for wait for the next step. */
static void jobs_of_the_loop(uv_idle_t *idle)
{
    struct loop *loop = CONTAINER_OF(idle, struct loop, idle);
    struct list due;

    list_init(&due);
    while (!list_is_empty(&loop->soon))
        list_add_tail(&due, list_take_first(&loop->soon));
    while (!list_is_empty(&due)) {
        struct job *job = CONTAINER_OF(list_take_first(&due), struct job, link);

        job->work(job->owner);
        job_end(job);
    }
    if (list_is_empty(&loop->soon))
        uv_idle_stop(idle);
}

void job_soon(struct loop *loop, job_fn *work, job_fn *done, void *owner)
{
    list_add_tail(&loop->soon, &job_new(loop, work, done, owner)->link);
    CHECK(uv_idle_start(&loop->idle, jobs_of_the_loop) == 0);
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

    CHECK(came != NULL);
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
