#include "scenario/pipeline/kit.h"

/* Documents that the back-end refuses for their content: once more as text, then set aside. */

#define AS_TEXT(line) "{\\\"log\\\":\\\"" line "\\\"}"

static struct kit *k;

static void set_up(void)
{
    k = kit_start(TAIL_TO_ES);
}

static void tear_down(void)
{
    kit_end(&k);
}

START_TEST(what_is_refused_goes_once_more_as_text_at_once)
{
    backend_items(k->es, 201, 400, 201);
    kit_append(k, "app.log", "one\ntwo\nthree\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two", "three");
    backend_expect(k->es, AS_TEXT("two"));
    kit_expect_bookmark(k, "app.log", 14);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 3, .proc_records = 3});
    ck_assert_uint_eq(kit_counts(k, 0)->resent_as_text_records, 1);
    ck_assert_uint_eq(kit_counts(k, 0)->as_text_records, 1);
    ck_assert_uint_eq(kit_counts(k, 0)->retries, 0);
}
END_TEST

START_TEST(it_goes_with_the_others_that_are_tried_again)
{
    backend_items(k->es, 400, 429, 201);
    kit_append(k, "app.log", "one\ntwo\nthree\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two", "three");
    backend_expect_silence(k->es);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, AS_TEXT("one"), "two");
    kit_expect_bookmark(k, "app.log", 14);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 3, .proc_records = 3});
}
END_TEST

START_TEST(a_text_is_waited_for_like_anything_else)
{
    backend_items(k->es, 400);
    backend_items(k->es, 429);
    backend_answers(k->es, 503, 200);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    backend_expect(k->es, AS_TEXT("one"));
    kit_pass_ms(k, 1000);
    backend_expect(k->es, AS_TEXT("one"));
    kit_pass_ms(k, 1000);
    backend_expect(k->es, AS_TEXT("one"));
    kit_expect_bookmark(k, "app.log", 4);
    ck_assert_uint_eq(kit_counts(k, 0)->as_text_records, 1);
}
END_TEST

START_TEST(what_is_refused_as_text_too_is_set_aside)
{
    backend_items(k->es, 400, 400);
    backend_items(k->es, 400, 201);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    backend_expect(k->es, AS_TEXT("one"), AS_TEXT("two"));
    kit_expect_bookmark(k, "app.log", 8);
    backend_expect_silence(k->es);
    kit_expect_counts(
        k, 0,
        (struct output_metrics){.read_records = 2, .proc_records = 1, .set_aside_records = 1});
    ck_assert_uint_eq(kit_counts(k, 0)->resent_as_text_records, 2);
    ck_assert_uint_eq(kit_counts(k, 0)->as_text_records, 1);
}
END_TEST

START_TEST(the_first_try_as_text_is_not_taken_away_by_retry_limit)
{
    kit_end(&k);
    k = kit_start(TAIL_TO_ES " Retry_Limit no_retries\n");
    backend_items(k->es, 400, 429);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    backend_expect(k->es, AS_TEXT("one"));
    kit_expect_bookmark(k, "app.log", 8);
    kit_expect_counts(
        k, 0, (struct output_metrics){.read_records = 2, .proc_records = 1, .given_up_records = 1});
}
END_TEST

START_TEST(texts_are_sent_in_halves_when_they_are_too_large)
{
    backend_items(k->es, 400, 400);
    backend_answers(k->es, 413, 200, 413);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    backend_expect(k->es, AS_TEXT("one"), AS_TEXT("two"));
    backend_expect(k->es, AS_TEXT("one"));
    backend_expect(k->es, AS_TEXT("two"));
    kit_expect_bookmark(k, "app.log", 8);
    kit_expect_counts(
        k, 0,
        (struct output_metrics){.read_records = 2, .proc_records = 1, .set_aside_records = 1});
}
END_TEST

START_TEST(it_can_be_switched_off)
{
    kit_end(&k);
    k = kit_start(TAIL_TO_ES " Refused_As_Text off\n");
    backend_items(k->es, 201, 400);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    backend_expect_silence(k->es);
    kit_expect_counts(
        k, 0,
        (struct output_metrics){.read_records = 2, .proc_records = 1, .set_aside_records = 1});
    ck_assert_uint_eq(kit_counts(k, 0)->resent_as_text_records, 0);
}
END_TEST

START_TEST(what_was_not_sent_as_text_at_the_end_is_read_again)
{
    backend_items(k->es, 400);
    backend_answers(k->es, 503, 503, 503, 503);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    kit_stop(k);
    kit_run_again(k);
    kit_pass_ms(k, 5000);
    kit_expect_bookmark(k, "app.log", 4);
    ck_assert_str_eq(backend_taken(k->es), "one ");
}
END_TEST

Suite *suite_pipeline_refused(void);

Suite *suite_pipeline_refused(void)
{
    Suite *suite = suite_create("pipeline/refused");
    TCase *text = tcase_create("text");

    tcase_add_checked_fixture(text, set_up, tear_down);
    tcase_add_test(text, what_is_refused_goes_once_more_as_text_at_once);
    tcase_add_test(text, it_goes_with_the_others_that_are_tried_again);
    tcase_add_test(text, a_text_is_waited_for_like_anything_else);
    tcase_add_test(text, what_is_refused_as_text_too_is_set_aside);
    tcase_add_test(text, the_first_try_as_text_is_not_taken_away_by_retry_limit);
    tcase_add_test(text, texts_are_sent_in_halves_when_they_are_too_large);
    tcase_add_test(text, it_can_be_switched_off);
    tcase_add_test(text, what_was_not_sent_as_text_at_the_end_is_read_again);
    suite_add_tcase(suite, text);
    return suite;
}
