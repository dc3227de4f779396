#include "base/clock.h"
#include "scenario/pipeline/kit.h"

/* A back-end that is dead, one that is busy, and how both are found well again. */

#define BUSY_SERVICE "[SERVICE]\n Flush 1\n Grace 5\n scheduler.base 0.5\n scheduler.cap 10\n"
#define TO_ES(workers) \
    BUSY_SERVICE TAIL "[OUTPUT]\n Name es\n Match *\n Port ${PORT}\n Workers " workers "\n"

#define HEALED_WITHIN_MS 10000
#define FAULTS 6

static struct kit *k;

static void set_up(void)
{
    k = kit_make();
}

static void tear_down(void)
{
    kit_end(&k);
}

/* One chunk for each line. */
static void append_chunks(const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kit_append(k, "app.log", lines[i]);
        kit_pass_ms(k, 1000);
    }
}
#define APPEND(...)                                   \
    append_chunks((const char *const[]){__VA_ARGS__}, \
                  ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

/* How long it takes until so many documents were taken. */
static uint64_t time_to_take(unsigned count)
{
    uint64_t began_ms = clock_ms();

    while (backend_taken_count(k->es) < count) {
        ck_assert_uint_lt(clock_ms() - began_ms, 1000000);
        kit_pass_ms(k, 50);
    }
    return clock_ms() - began_ms;
}

/* ---- dead ---- */

START_TEST(a_dead_back_end_is_probed_by_one_request_at_a_time)
{
    unsigned before;

    kit_run(k, TO_ES("4"));
    backend_down(k->es);
    APPEND("one\n", "two\n", "three\n", "four\n", "five\n");
    kit_pass_ms(k, 20000);
    ck_assert_uint_eq(kit_counts(k, 0)->circuit_open, 1);
    before = (unsigned)kit_counts(k, 0)->requests;
    kit_pass_ms(k, 60000);
    ck_assert_uint_ge(kit_counts(k, 0)->requests - before, 60000 / 4000);
    ck_assert_uint_le(kit_counts(k, 0)->requests - before, 60000 / 500);
}
END_TEST

START_TEST(when_it_is_back_all_go_at_once)
{
    uint64_t took_ms;

    kit_run(k, TO_ES("4"));
    backend_down(k->es);
    APPEND("one\n", "two\n", "three\n", "four\n", "five\n");
    kit_pass_ms(k, 60000);
    backend_up(k->es);
    took_ms = time_to_take(1);
    ck_assert_uint_le(took_ms, HEALED_WITHIN_MS);
    ck_assert_uint_le(time_to_take(5), 100);
    ck_assert_uint_eq(kit_counts(k, 0)->circuit_open, 0);
    kit_expect_bookmark(k, "app.log", 24);
}
END_TEST

/* What a back-end can do to a request, each until it ends. */
static const struct kit_answer faults[] = {
    {.move = KIT_RESET},
    {.move = KIT_SLAM},
    {.move = KIT_CLOSE},
    {.move = KIT_HALF, .body = "{\"errors\":false}"},
    {.move = KIT_NOISE, .body = "SSH-2.0-OpenSSH\r\n"},
    {.status = 500},
    {.status = 503},
    {.status = 401},
    {.move = KIT_ANSWER, .body = "<html>sign in</html>"},
    {.move = KIT_SILENT},
    {.move = KIT_DEAF},
};

static uint64_t passed_until_come(unsigned count)
{
    uint64_t began_ms = clock_ms();

    while (k->es->come < count) {
        ck_assert_uint_lt(clock_ms() - began_ms, 10 * 90000);
        kit_pass_ms(k, 50);
        backend_taken_count(k->es);
    }
    return clock_ms() - began_ms;
}

START_TEST(each_fault_heals_by_itself)
{
    bool hangs = faults[_i].move == KIT_SILENT || faults[_i].move == KIT_DEAF;

    k->may_hang = hangs;
    for (unsigned i = 0; i < (hangs ? 2 : FAULTS); i++)
        backend_says(k->es, faults[_i]);
    kit_run(k, TO_ES("2"));
    kit_append(k, "app.log", "one\n");
    kit_append(k, "app.log", "two\n");
    if (hangs) {
        (void)passed_until_come(2);
        kit_pass_ms(k, 60000);
        k->may_hang = false;
    } else {
        (void)passed_until_come(FAULTS);
    }
    ck_assert_uint_le(time_to_take(2), HEALED_WITHIN_MS);
    kit_expect_bookmark(k, "app.log", 8);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 2, .proc_records = 2});
}
END_TEST

START_TEST(a_limit_of_retries_is_of_tries_that_were_made)
{
    kit_run(k, TO_ES("1") " Retry_Limit 3\n");
    backend_down(k->es);
    APPEND("one\n", "two\n", "three\n");
    kit_pass_ms(k, 200000);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 3, .given_up_records = 3});
    ck_assert_uint_eq(kit_counts(k, 0)->requests, 3 * 4);
}
END_TEST

START_TEST(stopping_does_not_try_everything_on_a_dead_back_end)
{
    kit_run(k, TO_ES("1"));
    backend_down(k->es);
    APPEND("1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n", "8\n");
    kit_pass_ms(k, 20000);
    kit_counts(k, 0);
    ck_assert_uint_le(kit_stop(k), 100);
    kit_expect_bookmark(k, "app.log", 0);
}
END_TEST

/* ---- busy ---- */

START_TEST(a_busy_one_is_left_alone_until_retry_after_is_over)
{
    kit_run(k, TO_ES("4"));
    backend_says(k->es, (struct kit_answer){.status = 429, .headers = "Retry-After: 7\r\n"});
    APPEND("one\n");
    backend_expect(k->es, "one");
    APPEND("two\n", "three\n");
    kit_pass_ms(k, 4900);
    backend_expect_silence(k->es);
    ck_assert_uint_le(time_to_take(3), 1000);
    ck_assert_uint_eq(kit_counts(k, 0)->circuit_open, 0);
}
END_TEST

START_TEST(being_busy_is_held_against_no_record)
{
    kit_run(k, TO_ES("1") " Retry_Limit 1\n");
    for (unsigned i = 0; i < 20; i++)
        backend_answers(k->es, 429);
    kit_append(k, "app.log", "one\n");
    time_to_take(1);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 1, .proc_records = 1});
}
END_TEST

START_TEST(what_was_busy_and_then_fails_has_its_tries)
{
    kit_run(k, TO_ES("1") " Retry_Limit 1\n");
    backend_answers(k->es, 429, 429, 503, 429, 503, 200);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 60000);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 1, .given_up_records = 1});
    ck_assert_uint_eq(kit_counts(k, 0)->requests, 5);
}
END_TEST

Suite *suite_pipeline_circuit(void);
Suite *suite_pipeline_circuit(void)
{
    Suite *suite = suite_create("pipeline/circuit");
    TCase *dead = tcase_create("dead");
    TCase *busy = tcase_create("busy");

    tcase_add_checked_fixture(dead, set_up, tear_down);
    tcase_add_test(dead, a_dead_back_end_is_probed_by_one_request_at_a_time);
    tcase_add_test(dead, when_it_is_back_all_go_at_once);
    tcase_add_loop_test(dead, each_fault_heals_by_itself, 0, (int)ARRAY_LEN(faults));
    tcase_add_test(dead, a_limit_of_retries_is_of_tries_that_were_made);
    tcase_add_test(dead, stopping_does_not_try_everything_on_a_dead_back_end);
    suite_add_tcase(suite, dead);
    tcase_add_checked_fixture(busy, set_up, tear_down);
    tcase_add_test(busy, a_busy_one_is_left_alone_until_retry_after_is_over);
    tcase_add_test(busy, being_busy_is_held_against_no_record);
    tcase_add_test(busy, what_was_busy_and_then_fails_has_its_tries);
    suite_add_tcase(suite, busy);
    return suite;
}
