#include "base/memory.h"
#include "scenario/pipeline/kit.h"

/*
 * Exit_On_Eof where an output has fallen behind: it is waited for as long as it takes something, and
 * for Grace when it does not.
 */

#define LINE_COUNT 1500
#define LINE_BYTES 4000
#define BEGINNING SERVICE " records_limit 1M\n" TAIL " Exit_On_Eof on\n"
#define GRACE_MS 5000
#define FLUSH_MS 1000

static struct kit *k;

static void tear_down(void)
{
    if (k != NULL)
        kit_end(&k);
}

static void pass_until_exit(unsigned seconds_max)
{
    for (unsigned i = 0; i < seconds_max && k->exit_count == 0; i++)
        kit_pass_ms(k, 1000);
    ck_assert_uint_eq(k->exit_count, 1);
}

/* The second output is dead; the first has all, half a dozen times the memory. */
static void start_behind(const char *config)
{
    struct buffer text = {0};

    k = kit_make();
    for (unsigned i = 0; i < LINE_COUNT; i++)
        buffer_append_format(&text, "%06u-%0*d\n", i, LINE_BYTES - 8, 0);
    kit_append(k, "app.log", buffer_text(&text));
    buffer_fini(&text);
    backend_down(k->other);
    kit_run(k, config);
    for (unsigned i = 0; i < 60 && backend_taken_count(k->es) < LINE_COUNT; i++)
        kit_pass_ms(k, 1000);
    ck_assert_uint_eq(backend_taken_count(k->es), LINE_COUNT);
    ck_assert_uint_eq(k->exit_count, 0);
}

START_TEST(an_output_that_takes_nothing_is_not_waited_for)
{
    start_behind(BEGINNING ES("PORT") ES("PORT2"));
    kit_pass_ms(k, GRACE_MS + 1000);
    ck_assert_uint_eq(k->exit_count, 1);
    ck_assert_uint_le(kit_stop(k), GRACE_MS);
}
END_TEST

START_TEST(what_was_left_of_it_is_read_at_the_next_start)
{
    start_behind(BEGINNING ES("PORT") ES("PORT2"));
    pass_until_exit(20);
    kit_stop(k);
    backend_up(k->other);
    k->exit_count = 0;
    kit_run_again(k);
    pass_until_exit(60);
    kit_stop(k);
    ck_assert_uint_eq(backend_taken_count(k->es), LINE_COUNT);
    ck_assert_uint_eq(backend_taken_count(k->other), LINE_COUNT);
    kit_expect_bookmark(k, "app.log", LINE_COUNT * LINE_BYTES);
}
END_TEST

/* At a pace that takes longer than Grace. */
START_TEST(an_output_that_takes_something_is_waited_for)
{
    start_behind(BEGINNING " rate_limit 400000\n" ES("PORT") ES("PORT2"));
    backend_up(k->other);
    kit_pass_ms(k, GRACE_MS + 2000);
    ck_assert_uint_eq(k->exit_count, 0);
    ck_assert_uint_lt(backend_taken_count(k->other), LINE_COUNT);
    pass_until_exit(60);
    kit_stop(k);
    ck_assert_uint_eq(backend_taken_count(k->other), LINE_COUNT);
}
END_TEST

START_TEST(an_output_that_gives_up_is_waited_for)
{
    start_behind(BEGINNING ES("PORT") ES("PORT2") " Retry_Limit 1\n");
    pass_until_exit(200);
    kit_pass_ms(k, FLUSH_MS); /* the last lines may be in a chunk that is open */
    ck_assert_uint_gt(kit_counts(k, 1)->dropped_records, 0);
    ck_assert_uint_eq(kit_counts(k, 1)->dropped_records + kit_counts(k, 1)->in_flight_records,
                      LINE_COUNT);
}
END_TEST

#define FILE_TO_ITS_END(name) \
    "[INPUT]\n Name tail\n Path ${DIR}/" name "\n Read_from_Head on\n Exit_On_Eof on\n"

START_TEST(an_input_that_has_more_to_read_is_waited_for)
{
    k = kit_make();
    kit_append(k, "short.log", "one\n");
    for (unsigned i = 0; i < 5; i++)
        kit_append(k, "long.log", "0123456789012345678901234567890123456789\n");
    kit_run(k, SERVICE FILE_TO_ITS_END("short.log")
                   FILE_TO_ITS_END("long.log") " rate_limit 41\n" ES("PORT"));
    kit_pass_ms(k, 2 * FLUSH_MS);
    ck_assert_uint_ge(backend_taken_count(k->es), 1);
    ck_assert_uint_eq(k->exit_count, 0);
    pass_until_exit(60);
    kit_stop(k);
    ck_assert_uint_eq(backend_taken_count(k->es), 6);
}
END_TEST

/* Who ships files once, and keeps no positions, has no next start that goes on. */
START_TEST(without_positions_a_back_end_that_is_away_for_a_moment_gets_all)
{
    k = kit_make();
    kit_append(k, "app.log", "one\n");
    backend_answers(k->es, 503, 503);
    kit_run(k, SERVICE FILE_TO_ITS_END("app.log") ES("PORT"));
    pass_until_exit(5);
    kit_stop(k);
    ck_assert_str_eq(backend_taken(k->es), "one ");
}
END_TEST

START_TEST(without_positions_what_is_not_taken_within_grace_is_counted_as_dropped)
{
    k = kit_make();
    kit_append(k, "app.log", "one\n");
    backend_down(k->es);
    kit_run(k, SERVICE FILE_TO_ITS_END("app.log") ES("PORT"));
    pass_until_exit(5);
    kit_stop_begin(k);
    kit_pass_ms(k, GRACE_MS - 100);
    ck_assert(!k->is_stopped);
    kit_pass_ms(k, 1000);
    ck_assert(k->is_stopped);
    ck_assert_uint_eq(kit_counts(k, 0)->read_records, 1);
    ck_assert_uint_eq(kit_counts(k, 0)->dropped_records, 1);
    kit_stop_end(k);
}
END_TEST

Suite *suite_pipeline_exit(void);

Suite *suite_pipeline_exit(void)
{
    Suite *suite = suite_create("pipeline/exit");
    TCase *exits = tcase_create("exits");

    tcase_add_checked_fixture(exits, NULL, tear_down);
    tcase_add_test(exits, an_output_that_takes_nothing_is_not_waited_for);
    tcase_add_test(exits, what_was_left_of_it_is_read_at_the_next_start);
    tcase_add_test(exits, an_output_that_takes_something_is_waited_for);
    tcase_add_test(exits, an_output_that_gives_up_is_waited_for);
    tcase_add_test(exits, an_input_that_has_more_to_read_is_waited_for);
    tcase_add_test(exits, without_positions_a_back_end_that_is_away_for_a_moment_gets_all);
    tcase_add_test(exits, without_positions_what_is_not_taken_within_grace_is_counted_as_dropped);
    suite_add_tcase(suite, exits);
    return suite;
}
