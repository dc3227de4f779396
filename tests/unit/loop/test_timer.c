#include "loop/loop.h"

#include "base/buffer.h"
#include "base/clock.h"

#include <check.h>
#include <unistd.h>

static struct loop *loop;
static struct buffer fired;

struct bell {
    struct timer *timer;
    char name;
    struct bell *frees; /* when it rings */
    bool starts_again;
};

static void on_ring(void *owner)
{
    struct bell *bell = owner;

    buffer_append_byte(&fired, bell->name);
    if (bell->frees != NULL)
        timer_free(&bell->frees->timer);
    if (bell->starts_again)
        timer_start(bell->timer, 0);
}

static struct bell a = {.name = 'a'}, b = {.name = 'b'}, c = {.name = 'c'};

static void set_up(void)
{
    struct bell *bells[] = {&a, &b, &c};

    clock_fake(1000, 0);
    loop = loop_new();
    for (size_t i = 0; i < ARRAY_LEN(bells); i++) {
        bells[i]->timer = timer_new(loop, on_ring, bells[i]);
        bells[i]->frees = NULL;
        bells[i]->starts_again = false;
    }
}

static void tear_down(void)
{
    timer_free(&a.timer);
    timer_free(&b.timer);
    timer_free(&c.timer);
    loop_free(&loop);
    buffer_fini(&fired);
    clock_real();
}

/* What rings in one turn of the loop, so much later. */
static const char *rings_after(uint64_t ms)
{
    buffer_clear(&fired);
    clock_advance_ms(ms);
    loop_turn(loop, true);
    return buffer_text(&fired);
}

START_TEST(a_timer_fires_once_when_it_is_due)
{
    timer_start(a.timer, 10);
    ck_assert(timer_is_on(a.timer));
    ck_assert_str_eq(rings_after(9), "");
    ck_assert_str_eq(rings_after(1), "a");
    ck_assert(!timer_is_on(a.timer));
    ck_assert_str_eq(rings_after(100), "");
}
END_TEST

START_TEST(timers_fire_in_the_order_of_their_times)
{
    timer_start(a.timer, 30);
    timer_start(b.timer, 10);
    timer_start(c.timer, 20);
    ck_assert_str_eq(rings_after(30), "bca");
}
END_TEST

START_TEST(timers_of_one_time_fire_in_the_order_they_were_started)
{
    timer_start(c.timer, 10);
    timer_start(a.timer, 10);
    timer_start(b.timer, 10);
    ck_assert_str_eq(rings_after(10), "cab");
}
END_TEST

START_TEST(starting_again_moves_a_timer)
{
    timer_start(a.timer, 10);
    timer_start(a.timer, 20);
    ck_assert_str_eq(rings_after(10), "");
    ck_assert_str_eq(rings_after(10), "a");
}
END_TEST

START_TEST(a_timer_that_is_wanted_sooner_never_moves_back)
{
    timer_start_sooner(a.timer, 20);
    timer_start_sooner(a.timer, 30);
    timer_start_sooner(a.timer, 10);
    ck_assert_str_eq(rings_after(10), "a");
    ck_assert_str_eq(rings_after(20), "");
}
END_TEST

START_TEST(a_repeated_timer_fires_again_and_again)
{
    timer_repeat(a.timer, 10);
    ck_assert_str_eq(rings_after(10), "a");
    ck_assert_str_eq(rings_after(5), "");
    ck_assert_str_eq(rings_after(5), "a");
    ck_assert_str_eq(rings_after(1000), "a");
    timer_stop(a.timer);
    ck_assert_str_eq(rings_after(10), "");
}
END_TEST

START_TEST(a_stopped_timer_does_not_fire)
{
    timer_start(a.timer, 10);
    timer_stop(a.timer);
    ck_assert(!timer_is_on(a.timer));
    ck_assert_str_eq(rings_after(10), "");
}
END_TEST

START_TEST(a_timer_may_free_one_that_is_due_with_it)
{
    a.frees = &b;
    timer_start(a.timer, 10);
    timer_start(b.timer, 10);
    ck_assert_str_eq(rings_after(10), "a");
}
END_TEST

START_TEST(a_timer_may_free_itself)
{
    a.frees = &a;
    timer_repeat(a.timer, 10);
    ck_assert_str_eq(rings_after(10), "a");
    ck_assert_str_eq(rings_after(10), "");
}
END_TEST

START_TEST(a_timer_that_starts_itself_waits_for_the_next_turn)
{
    a.starts_again = true;
    timer_start(a.timer, 0);
    ck_assert_str_eq(rings_after(0), "a");
    ck_assert_str_eq(rings_after(0), "a");
}
END_TEST

static void on_real(void *owner)
{
    loop_stop(owner);
}

START_TEST(without_the_fake_clock_time_passes_by_itself)
{
    struct timer *timer;

    clock_real();
    timer = timer_new(loop, on_real, loop);
    timer_start(timer, 1);
    ck_assert(timer_is_on(timer));
    loop_run(loop);
    ck_assert(!timer_is_on(timer));
    timer_free(&timer);
}
END_TEST

/* ---- and something else that the loop is to look after ---- */

#define SPINS_MAX 100000

static unsigned spins;

/* Takes some time, as reading a file does, so that the other is due by then. */
static void on_spin(void *owner)
{
    uint64_t until = clock_ms() + 2;

    ck_assert_uint_lt(++spins, SPINS_MAX);
    while (clock_ms() < until)
        continue;
    timer_start(*(struct timer **)owner, 0);
}

static void on_readable(void *owner, int status, int events)
{
    (void)status;
    (void)events;
    loop_stop(owner);
}

/* Fails by the runner's time limit. */
START_TEST(timers_that_start_themselves_let_others_have_their_turn)
{
    struct timer *one, *two;
    struct poll *poll;
    int ends[2];

    clock_real();
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    one = timer_new(loop, on_spin, &one);
    two = timer_new(loop, on_spin, &two);
    poll = poll_new(loop, ends[0], on_readable, loop);
    poll_start(poll, POLL_READABLE);
    timer_start(one, 0);
    timer_start(two, 0);
    spins = 0;
    loop_run(loop);
    ck_assert_uint_le(spins, 4);
    poll_free(&poll);
    timer_free(&one);
    timer_free(&two);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

Suite *suite_loop_timer(void);

Suite *suite_loop_timer(void)
{
    Suite *suite = suite_create("loop/timer");
    TCase *timers = tcase_create("timers");

    tcase_add_checked_fixture(timers, set_up, tear_down);
    tcase_add_test(timers, a_timer_fires_once_when_it_is_due);
    tcase_add_test(timers, timers_fire_in_the_order_of_their_times);
    tcase_add_test(timers, timers_of_one_time_fire_in_the_order_they_were_started);
    tcase_add_test(timers, starting_again_moves_a_timer);
    tcase_add_test(timers, a_timer_that_is_wanted_sooner_never_moves_back);
    tcase_add_test(timers, a_repeated_timer_fires_again_and_again);
    tcase_add_test(timers, a_stopped_timer_does_not_fire);
    tcase_add_test(timers, a_timer_may_free_one_that_is_due_with_it);
    tcase_add_test(timers, a_timer_may_free_itself);
    tcase_add_test(timers, a_timer_that_starts_itself_waits_for_the_next_turn);
    tcase_add_test(timers, without_the_fake_clock_time_passes_by_itself);
    tcase_add_test(timers, timers_that_start_themselves_let_others_have_their_turn);
    suite_add_tcase(suite, timers);
    return suite;
}
