#include "loop/loop_internal.h"

#include "base/clock.h"
#include "base/memory.h"

/*
 * Timers are libuv's. Under the fake clock of a test they go by that clock instead: loop_turn fires
 * those that are due, in the order of their times, and libuv does not know of them.
 */

struct timer {
    uv_timer_t uv; /* first: the close callback frees the whole */
    struct loop *loop;
    timer_fn *fired;
    void *owner;
    struct list link; /* in loop.faked */
    uint64_t due_ms;  /* by the fake clock, as is the next */
    uint64_t every_ms;
};

static void timer_due(uv_timer_t *uv)
{
    struct timer *timer = CONTAINER_OF(uv, struct timer, uv);
    struct loop *loop = timer->loop;

    CHECK(!loop->is_timers_turn);
    loop->is_timers_turn = true;
    timer->fired(timer->owner);
    loop->is_timers_turn = false;
}

struct timer *timer_new(struct loop *loop, timer_fn *fired, void *owner)
{
    struct timer *timer = mem_zalloc(1, sizeof *timer);

    CHECK(fired != NULL);
    CHECK(uv_timer_init(&loop->uv, &timer->uv) == 0);
    timer->loop = loop;
    timer->fired = fired;
    timer->owner = owner;
    list_init(&timer->link);
    return timer;
}

void timer_free(struct timer **address)
{
    struct timer *timer = *address;

    *address = NULL;
    if (timer == NULL)
        return;
    timer_stop(timer);
    uv_close((uv_handle_t *)&timer->uv, handle_closed);
}

/* ---- under the fake clock ---- */

static struct timer *timer_at(struct list *link)
{
    return CONTAINER_OF(link, struct timer, link);
}

static void timer_fake(struct timer *timer, uint64_t wait_ms, uint64_t every_ms)
{
    struct list *faked = &timer->loop->faked, *after = faked;

    CHECK(!list_is_linked(&timer->link));
    timer->due_ms = clock_ms() + wait_ms;
    timer->every_ms = every_ms;
    while (after->prev != faked && timer_at(after->prev)->due_ms > timer->due_ms)
        after = after->prev;
    list_add_tail(after, &timer->link);
}

/* A timer that is started meanwhile waits for the next turn, as it would in libuv. */
bool timers_tell(struct loop *loop)
{
    struct list due;
    bool has_fired;

    list_init(&due);
    while (!list_is_empty(&loop->faked) && timer_at(loop->faked.next)->due_ms <= clock_ms())
        list_add_tail(&due, list_take_first(&loop->faked));
    has_fired = !list_is_empty(&due);
    while (!list_is_empty(&due)) {
        struct timer *timer = timer_at(list_take_first(&due));

        if (timer->every_ms > 0)
            timer_fake(timer, timer->every_ms, timer->every_ms);
        timer->fired(timer->owner);
    }
    return has_fired;
}

uint64_t timers_next_ms(const struct loop *loop)
{
    return list_is_empty(&loop->faked) ? UINT64_MAX : timer_at(loop->faked.next)->due_ms;
}

/* ---- starting and stopping ---- */

/* What a timer starts is due after all that is due now. libuv (1.44 at least) would fire what comes due
 * while timers fire in the same turn: two that start each other would have the loop for themselves,
 * and nothing else would be read, answered or stopped. */
static uint64_t wait_from_turn_ms(const struct loop *loop, uint64_t wait_ms)
{
    uint64_t now = uv_hrtime() / NS_PER_MS, turn = uv_now(&loop->uv);
    uint64_t passed = now > turn ? now - turn : 0;

    return wait_ms + passed > 0 ? wait_ms + passed : 1;
}

static void timer_arm(struct timer *timer, uint64_t wait_ms, uint64_t every_ms)
{
    timer_stop(timer);
    if (UNLIKELY(clock_is_fake())) {
        timer_fake(timer, wait_ms, every_ms);
        return;
    }
    if (timer->loop->is_timers_turn)
        wait_ms = wait_from_turn_ms(timer->loop, wait_ms);
    else
        uv_update_time(
            &timer->loop->uv); /* the loop's idea of now may be as old as its last turn */
    CHECK(uv_timer_start(&timer->uv, timer_due, wait_ms, every_ms) == 0);
}

void timer_start(struct timer *timer, uint64_t wait_ms)
{
    timer_arm(timer, wait_ms, 0);
}

static uint64_t timer_wait_ms(const struct timer *timer)
{
    if (list_is_linked(&timer->link))
        return timer->due_ms > clock_ms() ? timer->due_ms - clock_ms() : 0;
    return uv_timer_get_due_in(&timer->uv);
}

void timer_start_sooner(struct timer *timer, uint64_t wait_ms)
{
    if (!timer_is_on(timer) || timer_wait_ms(timer) > wait_ms)
        timer_start(timer, wait_ms);
}

void timer_repeat(struct timer *timer, uint64_t every_ms)
{
    CHECK(every_ms > 0);
    timer_arm(timer, every_ms, every_ms);
}

void timer_stop(struct timer *timer)
{
    uv_timer_stop(&timer->uv);
    list_remove(&timer->link);
}

bool timer_is_on(const struct timer *timer)
{
    return uv_is_active((const uv_handle_t *)&timer->uv) || list_is_linked(&timer->link);
}

void timer_unref(struct timer *timer)
{
    uv_unref((uv_handle_t *)&timer->uv);
}
