#include "service/settle.h"

#include "base/budget.h"
#include "base/clock.h"
#include "base/memory.h"
#include "loop/loop.h"

#include <check.h>
#include <stdio.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)4000)
#define BLOCK_COUNT 4096
#define MOST_BYTES (BLOCK_BYTES * BLOCK_COUNT / 2)

/* Their heaps keep what is freed, whatever we say. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GIVES_BACK false
#else
#define GIVES_BACK true
#endif

static struct loop *loop;
static struct budget memory;
static struct settle settle;
static void *blocks[BLOCK_COUNT];
static void *pin; /* above them all in the heap, which does not shrink by itself below it */

static void set_up(void)
{
    clock_fake(1000, 0);
    loop = loop_new();
    budget_init(&memory, NULL, 0);
    settle = (struct settle){0};
    settle_start(&settle, loop, &memory);
}

static void tear_down(void)
{
    settle_stop(&settle);
    budget_fini(&memory);
    loop_free(&loop);
    MEM_FREE(&pin);
    clock_real();
}

static size_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long total = 0, pages = 0;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%lu %lu", &total, &pages), 2);
    (void)fclose(file);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    loop_turn(loop, false);
}

/* Takes much from the heap. */
static void blocks_take(void)
{
    for (size_t i = 0; i < BLOCK_COUNT; i++) {
        blocks[i] = mem_alloc(BLOCK_BYTES);
        memset(blocks[i], 1, BLOCK_BYTES);
    }
    pin = mem_alloc(BLOCK_BYTES);
}

/* The heap has it again, and the system has not. */
static void blocks_free(void)
{
    for (size_t i = 0; i < BLOCK_COUNT; i++)
        MEM_FREE(&blocks[i]);
}

static void expect_given_back(size_t before)
{
    if (GIVES_BACK)
        ck_assert_uint_ge(before, resident_bytes() + MOST_BYTES);
}

static void expect_kept(size_t before)
{
    if (GIVES_BACK)
        ck_assert_uint_lt(before, resident_bytes() + MOST_BYTES);
}

START_TEST(what_a_load_needed_is_given_back_after_it)
{
    size_t full;

    settle_stir(&settle);
    blocks_take();
    full = resident_bytes();
    blocks_free();
    pass_ms(SETTLE_AFTER_MS);
    expect_kept(full);
    pass_ms(SETTLE_AFTER_MS);
    expect_given_back(full);
    ck_assert(!timer_is_on(settle.timer));
}
END_TEST

START_TEST(it_is_given_back_as_soon_as_little_is_held_after_much)
{
    size_t full;

    budget_take(&memory, SETTLE_PEAK_BYTES);
    settle_stir(&settle);
    blocks_take();
    full = resident_bytes();
    blocks_free();
    budget_give(&memory, SETTLE_PEAK_BYTES);
    pass_ms(SETTLE_AFTER_MS);
    expect_given_back(full);
}
END_TEST

START_TEST(what_goes_later_is_given_back_too)
{
    size_t full;

    settle_stir(&settle);
    blocks_take();
    pass_ms(SETTLE_AFTER_MS);
    pass_ms(SETTLE_AFTER_MS);
    ck_assert(!timer_is_on(settle.timer));
    full = resident_bytes();
    blocks_free();
    settle_stir(&settle);
    pass_ms(SETTLE_AFTER_MS);
    pass_ms(SETTLE_AFTER_MS);
    expect_given_back(full);
}
END_TEST

START_TEST(nothing_is_given_back_while_much_is_held)
{
    size_t full;

    budget_take(&memory, SETTLE_USED_BYTES_MAX + 1);
    settle_stir(&settle);
    blocks_take();
    full = resident_bytes();
    blocks_free();
    for (int i = 0; i < 3; i++)
        pass_ms(SETTLE_AFTER_MS);
    expect_kept(full);
    budget_give(&memory, SETTLE_USED_BYTES_MAX + 1);
    pass_ms(SETTLE_AFTER_MS);
    expect_given_back(full);
}
END_TEST

Suite *suite_service_settle(void);

Suite *suite_service_settle(void)
{
    Suite *suite = suite_create("service/settle");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, what_a_load_needed_is_given_back_after_it);
    tcase_add_test(tests, it_is_given_back_as_soon_as_little_is_held_after_much);
    tcase_add_test(tests, what_goes_later_is_given_back_too);
    tcase_add_test(tests, nothing_is_given_back_while_much_is_held);
    suite_add_tcase(suite, tests);
    return suite;
}
