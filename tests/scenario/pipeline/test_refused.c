#include "scenario/pipeline/kit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

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

/* ---- dead letters ---- */

#define LETTERS "state/positions.db.dead-letters/letters-0000000001.jsonl"

static const char *letters(void)
{
    size_t len;

    ck_assert(tree_has(LETTERS));
    return tree_read(LETTERS, &len);
}

static const struct letter_metrics *counted(void)
{
    return &pipeline_metrics(k->pipeline)->letters;
}

START_TEST(what_is_refused_twice_is_kept_beside_the_positions)
{
    backend_items(k->es, 201, 400);
    backend_items(k->es, 400);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_ptr_nonnull(strstr(letters(), "\"record\":{\"log\":\"two\"}"));
    ck_assert_ptr_nonnull(strstr(letters(), "\"output\":\"es.0\",\"status\":400,"
                                            "\"reason\":\"status 400: document_parsing"));
    ck_assert_ptr_nonnull(strstr(letters(), "\"tag\":\"app\",\"file\":\"/"));
    ck_assert_ptr_nonnull(strstr(letters(), "/app.log\""));
    ck_assert_ptr_nonnull(strstr(letters(), "\"offset\":4,\"time\":\"2023-11-14T22:13:20.000"));
    ck_assert_ptr_null(strstr(letters(), "one"));
    ck_assert_uint_eq(counted()->kept, 1);
    ck_assert_uint_eq(counted()->lost, 0);
}
END_TEST

START_TEST(the_last_letters_are_described_with_their_reasons)
{
    struct buffer text = {0};

    pipeline_describe_letters(k->pipeline, &text);
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "\"kept\":0,\"lost\":0,\"deleted\":0,"
                                                     "\"last\":[]}"));
    backend_answers(k->es, 413);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    buffer_clear(&text);
    pipeline_describe_letters(k->pipeline, &text);
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "\"kept\":1,"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&text), "\"status\":413,\"reason\":\"status 413"));
    ck_assert_ptr_null(strstr(buffer_text(&text), "\"record\""));
    buffer_fini(&text);
}
END_TEST

START_TEST(what_is_too_large_alone_is_kept)
{
    backend_answers(k->es, 413, 413, 200);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_ptr_nonnull(strstr(letters(), "\"status\":413,"));
    ck_assert_ptr_nonnull(strstr(letters(), "{\"log\":\"one\"}"));
    ck_assert_ptr_null(strstr(letters(), "two"));
}
END_TEST

START_TEST(bytes_that_are_no_text_are_kept_as_they_were)
{
    backend_answers(k->es, 413);
    kit_append(k, "app.log", "a\xff\xfe\n");
    kit_pass_ms(k, 1000);
    ck_assert_ptr_nonnull(
        strstr(letters(), "\"record\":{\"log\":\"a\\udcff\\udcfe\"},\"escaped\":[\"log\"]}"));
}
END_TEST

START_TEST(a_request_that_is_refused_as_a_whole_is_kept)
{
    backend_answers(k->es, 422);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_uint_eq(counted()->kept, 2);
    ck_assert_ptr_nonnull(strstr(letters(), "\"status\":422,\"reason\":\"status 422: "));
}
END_TEST

START_TEST(what_reached_retry_limit_is_dropped_and_not_kept)
{
    kit_end(&k);
    k = kit_start(TAIL_TO_ES " Retry_Limit no_retries\n");
    backend_answers(k->es, 503);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 4);
    ck_assert(!tree_has(LETTERS));
    ck_assert_uint_eq(counted()->kept, 0);
}
END_TEST

START_TEST(a_full_disk_under_the_letters_does_not_stop_the_flow)
{
    struct rlimit limit, old;

    (void)signal(SIGXFSZ, SIG_IGN);
    tree_write("state/positions.db.dead-letters", "in the way");
    backend_answers(k->es, 413);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    ck_assert_uint_eq(counted()->lost, 1);
    kit_expect_bookmark(k, "app.log", 4);

    tree_remove("state/positions.db.dead-letters");
    kit_pass_ms(k, 60000);
    getrlimit(RLIMIT_FSIZE, &old);
    backend_answers(k->es, 413);
    kit_append(k, "app.log", "two\n");
    tree_folder("state/positions.db.dead-letters");
    limit = (struct rlimit){1, old.rlim_max};
    /* The positions' file is there already, and longer than the limit: it is not to be written. */
    setrlimit(RLIMIT_FSIZE, &limit);
    kit_pass_ms(k, 1000);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_uint_eq(counted()->lost, 2);
    kit_pass_ms(k, 10000);
    kit_expect_bookmark(k, "app.log", 8);
}
END_TEST

START_TEST(letters_can_be_switched_off)
{
    kit_end(&k);
    k = kit_start(SERVICE " storage.keep.rejected off\n" TAIL ES("PORT"));
    backend_answers(k->es, 413);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 4);
    ck_assert(!tree_has("state/positions.db.dead-letters"));
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 1, .set_aside_records = 1});
}
END_TEST

START_TEST(letters_lie_where_fluent_bit_would_have_them)
{
    kit_end(&k);
    k = kit_start(
        SERVICE
        " storage.path ${DIR}/state/chunks\n storage.rejected.path refused\n" TAIL ES("PORT"));
    backend_answers(k->es, 413);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    ck_assert(tree_has("state/chunks/refused/letters-0000000001.jsonl"));
}
END_TEST

START_TEST(a_directory_of_another_agent_keeps_it_from_starting)
{
    int fd;

    kit_end(&k);
    k = kit_make();
    tree_folder("state/mine");
    fd = open(tree_path("state/mine/lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_eq(flock(fd, LOCK_EX), 0);
    ck_assert_int_eq(
        kit_try_run(k, SERVICE " storage.rejected.path ${DIR}/state/mine\n" TAIL ES("PORT")),
        -EBUSY);
    ck_assert_ptr_nonnull(
        strstr(buffer_text(&k->report.text), "is owned by another running agent"));
    close(fd);
}
END_TEST

Suite *suite_pipeline_refused(void);

Suite *suite_pipeline_refused(void)
{
    Suite *suite = suite_create("pipeline/refused");
    TCase *text = tcase_create("text");
    TCase *dead = tcase_create("dead letters");

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

    tcase_add_checked_fixture(dead, set_up, tear_down);
    tcase_add_test(dead, what_is_refused_twice_is_kept_beside_the_positions);
    tcase_add_test(dead, the_last_letters_are_described_with_their_reasons);
    tcase_add_test(dead, what_is_too_large_alone_is_kept);
    tcase_add_test(dead, bytes_that_are_no_text_are_kept_as_they_were);
    tcase_add_test(dead, a_request_that_is_refused_as_a_whole_is_kept);
    tcase_add_test(dead, what_reached_retry_limit_is_dropped_and_not_kept);
    tcase_add_test(dead, a_full_disk_under_the_letters_does_not_stop_the_flow);
    tcase_add_test(dead, letters_can_be_switched_off);
    tcase_add_test(dead, letters_lie_where_fluent_bit_would_have_them);
    tcase_add_test(dead, a_directory_of_another_agent_keeps_it_from_starting);
    suite_add_tcase(suite, dead);
    return suite;
}
