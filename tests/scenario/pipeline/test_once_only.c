#include "base/log.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>

/* Records that nobody can read again, when the agent stops and the back-end does not take them. */

#define ONCE                                                                         \
    SERVICE "[INPUT]\n Name dummy\n Dummy {\"log\":\"one\"}\n Samples 1\n Rate 10\n" \
            "[OUTPUT]\n Name es\n Match *\n Port ${PORT}\n"
#define NO_POSITIONS                                                                   \
    SERVICE "[INPUT]\n Name tail\n Tag app\n Path ${DIR}/*.log\n Refresh_Interval 1\n" \
            "[OUTPUT]\n Name es\n Match *\n Port ${PORT}\n"

static struct kit *k;

static void tear_down(void)
{
    kit_end(&k);
}

START_TEST(they_are_tried_again_until_they_are_taken)
{
    k = kit_start(ONCE);
    backend_answers(k->es, 503, 503, 503, 200);
    kit_pass_ms(k, 200);
    ck_assert_uint_ge(kit_stop(k), 2000);
    ck_assert_str_eq(backend_taken(k->es), "one ");
}
END_TEST

START_TEST(they_are_let_go_of_when_grace_is_over)
{
    uint64_t took_ms;

    k = kit_start(ONCE);
    backend_down(k->es);
    kit_pass_ms(k, 200);
    took_ms = kit_stop(k);
    ck_assert_uint_ge(took_ms, 5000);
    ck_assert_uint_lt(took_ms, 6000);
}
END_TEST

START_TEST(lines_of_a_file_whose_positions_nobody_keeps_are_such_records)
{
    k = kit_start(NO_POSITIONS);
    backend_answers(k->es, 503, 503, 200);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    ck_assert_uint_ge(kit_stop(k), 1000);
    ck_assert_str_eq(backend_taken(k->es), "one ");
}
END_TEST

START_TEST(lines_that_are_read_again_do_not_hold_up_the_end)
{
    k = kit_start(TAIL_TO_ES);
    backend_down(k->es);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    ck_assert_uint_lt(kit_stop(k), 1000);
    kit_expect_bookmark(k, "app.log", 0);
}
END_TEST

/* The back-end has it and the answer is lost: the id says so. */
START_TEST(they_are_sent_again_under_the_id_that_they_had)
{
    char first[200];

    k = kit_start(ONCE);
    backend_says(k->es, (struct kit_answer){.move = KIT_CLOSE});
    kit_pass_ms(k, 200);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    snprintf(first, sizeof first, "%s", buffer_text(&k->es->actions) + 1);
    ck_assert_ptr_nonnull(strstr(first, "\"_id\":\""));
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    ck_assert_str_eq(strchr(buffer_text(&k->es->actions), '\n') + 2, first);
}
END_TEST

Suite *suite_pipeline_once_only(void);
Suite *suite_pipeline_once_only(void)
{
    Suite *suite = suite_create("pipeline/once_only");
    TCase *stop = tcase_create("stop");

    tcase_add_checked_fixture(stop, NULL, tear_down);
    tcase_add_test(stop, they_are_tried_again_until_they_are_taken);
    tcase_add_test(stop, they_are_let_go_of_when_grace_is_over);
    tcase_add_test(stop, lines_of_a_file_whose_positions_nobody_keeps_are_such_records);
    tcase_add_test(stop, lines_that_are_read_again_do_not_hold_up_the_end);
    tcase_add_test(stop, they_are_sent_again_under_the_id_that_they_had);
    suite_add_tcase(suite, stop);
    return suite;
}
