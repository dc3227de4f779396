#include "base/memory.h"
#include "scenario/pipeline/kit.h"

/* What the back-end may answer, and what becomes of the documents and the bookmark. */

static struct kit *k;

static void set_up(void)
{
    k = kit_start(TAIL_TO_ES);
}

static void tear_down(void)
{
    kit_end(&k);
}

/* Lines "0" to "count - 1", and what they take in the file. */
static uint64_t append_numbers(unsigned count)
{
    struct buffer lines = {0};
    uint64_t bytes;

    for (unsigned i = 0; i < count; i++)
        buffer_append_format(&lines, "%u\n", i);
    kit_append(k, "app.log", buffer_text(&lines));
    bytes = lines.len;
    buffer_fini(&lines);
    return bytes;
}

/* ---- the whole is refused ---- */

START_TEST(what_was_taken_moves_the_bookmark)
{
    kit_append(k, "app.log", "one\ntwo\n");
    backend_expect_silence(k->es);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    kit_expect_bookmark(k, "app.log", 8);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 2, .proc_records = 2});
}
END_TEST

START_TEST(a_refused_send_keeps_the_bookmark_and_the_second_try_moves_it)
{
    backend_answers(k->es, 503, 200);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    kit_expect_bookmark(k, "app.log", 0);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 2, .in_flight_records = 2});
    kit_pass_ms(k, 999);
    backend_expect_silence(k->es);
    kit_pass_ms(k, 1);
    backend_expect(k->es, "one", "two");
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_uint_eq(kit_counts(k, 0)->retries, 1);
    ck_assert_uint_eq(kit_counts(k, 0)->retried_records, 2);
}
END_TEST

/* Whoever probes /api/v1/health would start the agent anew, again and again. */
START_TEST(a_back_end_that_is_down_is_no_error_of_the_agents)
{
    backend_answers(k->es, 503, 503, 503, 503, 200);
    kit_append(k, "app.log", "one\n");
    while (kit_counts(k, 0)->retries < 4)
        kit_pass_ms(k, 100);
    ck_assert_uint_eq(kit_counts(k, 0)->errors, 0);
    ck_assert_uint_eq(kit_counts(k, 0)->retries_failed, 0);
    ck_assert_str_eq(backend_taken(k->es), "one ");
}
END_TEST

/* Each of these is waited out, and then the same is sent again, under the same ids. */
START_TEST(trouble_of_any_kind_loses_nothing)
{
    static const struct kit_answer answers[] = {
        {.status = 429},
        {.status = 401, .body = "{\"error\":\"who are you\"}"},
        {.status = 403},
        {.status = 404},
        {.status = 500},
        {.status = 302, .headers = "Location: /elsewhere\r\n"},
        {.body = ""},
        {.body = "<html><body>Please log in</body></html>"},
        {.body = "{}"},
        {.body = "{\"errors\":true,\"items\":[{\"create\":{\"status\":201}}]}"},
        {.move = KIT_HALF, .body = "{\"errors\":false,\"items\":[{\"create\":{\"status\":201}}]}"},
        {.move = KIT_CLOSE},
        {.move = KIT_RESET},
        {.move = KIT_NOISE, .body = "what is this?\n"},
        {.move = KIT_NOISE, .body = ""},
    };

    backend_says(k->es, answers[_i]);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    kit_expect_bookmark(k, "app.log", 0);
    ck_assert_uint_eq(kit_counts(k, 0)->set_aside_records, 0);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_str_eq(backend_taken(k->es), "one two ");
}
END_TEST

/* What may be there twice when a data stream rolls over in between. */
START_TEST(what_no_answer_came_to_is_counted)
{
    backend_says(k->es, (struct kit_answer){.move = KIT_CLOSE});
    backend_answers(k->es, 503);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 4000);
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_uint_eq(kit_counts(k, 0)->unanswered_records, 2);
    backend_down(k->es);
    kit_append(k, "app.log", "three\n");
    kit_pass_ms(k, 4000);
    ck_assert_uint_eq(kit_counts(k, 0)->unanswered_records, 2);
}
END_TEST

/* Each may stand for a request that was done, or not. */
static const struct {
    struct kit_answer answer;
    unsigned counted;
} gateways[] = {
    {{.status = 502}, 1},
    {{.status = 504}, 1},
    {{.body = "<html>sign in</html>"}, 1},
    {{.body = "{\"errors\":true,\"items\":[]}"}, 1},
    {{.status = 500}, 0},
    {{.status = 503}, 0},
    {{.status = 429}, 0},
    {{.status = 401}, 0},
    {{.status = 413}, 0},
};

START_TEST(what_a_gateway_says_instead_of_the_back_end_is_counted)
{
    backend_says(k->es, gateways[_i].answer);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 4000);
    ck_assert_uint_eq(kit_counts(k, 0)->unanswered_records, gateways[_i].counted);
}
END_TEST

START_TEST(what_the_back_end_asks_for_is_waited)
{
    backend_says(k->es, (struct kit_answer){.status = 429, .headers = "Retry-After: 7\r\n"});
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    kit_pass_ms(k, 6999);
    backend_expect_silence(k->es);
    kit_pass_ms(k, 1);
    backend_expect(k->es, "one");
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

START_TEST(a_long_outage_is_waited_out)
{
    for (unsigned i = 0; i < 100; i++)
        backend_answers(k->es, 503);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 101000);
    kit_expect_bookmark(k, "app.log", 4);
    ck_assert_str_eq(backend_taken(k->es), "one ");
    ck_assert_uint_eq(kit_counts(k, 0)->requests, 101);
    ck_assert_uint_eq(kit_counts(k, 0)->dropped_records, 0);
}
END_TEST

/* ---- items ---- */

START_TEST(items_that_must_wait_are_sent_again_alone)
{
    backend_items(k->es, 201, 429, 201, 503);
    backend_items(k->es, 429, 201);
    kit_append(k, "app.log", "one\ntwo\nthree\nfour\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two", "three", "four");
    kit_expect_bookmark(k, "app.log", 0);
    kit_expect_counts(
        k, 0,
        (struct output_metrics){.read_records = 4, .proc_records = 2, .in_flight_records = 2});
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "two", "four");
    kit_expect_bookmark(k, "app.log", 0);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "two");
    kit_expect_bookmark(k, "app.log", 19);
    ck_assert_str_eq(backend_taken(k->es), "one three four two ");
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 4, .proc_records = 4});
}
END_TEST

/* Back-off is for a back-end that takes nothing. */
START_TEST(who_takes_a_part_gets_the_rest_soon)
{
    kit_end(&k);
    k = kit_start(SERVICE " scheduler.cap 1000\n" TAIL ES("PORT"));
    backend_answers(k->es, 503, 503, 503, 503, 503, 503, 503, 503);
    backend_items(k->es, 201, 429);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    for (unsigned i = 0; i < 9; i++) {
        backend_expect(k->es, "one", "two");
        kit_pass_ms(k, i < 8 ? UINT64_C(1000) << (i + 1) : 2000);
    }
    backend_expect(k->es, "two");
    kit_expect_bookmark(k, "app.log", 8);
}
END_TEST

START_TEST(what_is_there_already_is_delivered)
{
    backend_items(k->es, 409, 201);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    kit_expect_bookmark(k, "app.log", 8);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 2, .proc_records = 2});
    ck_assert_uint_eq(kit_counts(k, 0)->already_there_records, 1);
}
END_TEST

START_TEST(one_of_a_thousand_is_set_aside_and_the_others_are_delivered)
{
    int statuses[1000];
    uint64_t bytes;

    for (unsigned i = 0; i < 1000; i++)
        statuses[i] = i == 123 ? 400 : 201;
    backend_items_n(k->es, statuses, 1000);
    backend_items(k->es, 400);
    bytes = append_numbers(1000);
    kit_pass_ms(k, 1000);
    ck_assert_uint_eq(backend_next(k->es), 1000);
    ck_assert_uint_eq(backend_next(k->es), 1);
    kit_expect_bookmark(k, "app.log", bytes);
    kit_expect_counts(
        k, 0,
        (struct output_metrics){.read_records = 1000, .proc_records = 999, .set_aside_records = 1});
    kit_pass_ms(k, 5000);
    backend_expect_silence(k->es);
}
END_TEST

START_TEST(a_blocked_index_is_waited_for)
{
    backend_items(k->es, 403, 403);
    backend_items(k->es, 404, 404);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 2000);
    kit_expect_bookmark(k, "app.log", 0);
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_uint_eq(kit_counts(k, 0)->requests, 3);
}
END_TEST

/* ---- halves ---- */

START_TEST(what_is_too_large_is_sent_in_halves)
{
    backend_answers(k->es, 413, 413);
    kit_append(k, "app.log", "1\n2\n3\n4\n5\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "1", "2", "3", "4", "5");
    backend_expect(k->es, "1", "2");
    backend_expect(k->es, "1");
    backend_expect(k->es, "2", "3", "4", "5");
    kit_expect_bookmark(k, "app.log", 10);
    ck_assert_str_eq(backend_taken(k->es), "1 2 3 4 5 ");
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 5, .proc_records = 5});
}
END_TEST

START_TEST(one_document_that_is_too_large_alone_is_set_aside)
{
    backend_answers(k->es, 413, 413, 413);
    kit_append(k, "app.log", "1\n2\n3\n4\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "1", "2", "3", "4");
    backend_expect(k->es, "1", "2");
    backend_expect(k->es, "1");
    backend_expect(k->es, "2", "3", "4");
    kit_expect_bookmark(k, "app.log", 8);
    kit_expect_counts(
        k, 0,
        (struct output_metrics){.read_records = 4, .proc_records = 3, .set_aside_records = 1});
}
END_TEST

START_TEST(halving_ends_at_every_document_alone)
{
    for (unsigned i = 0; i < 200; i++)
        backend_answers(k->es, 413);
    append_numbers(32);
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 86);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 32, .set_aside_records = 32});
}
END_TEST

/* ---- answers that are too large ---- */

/* Whatever it is, it has a share of memory for each document. */
START_TEST(an_answer_that_is_too_large_is_asked_for_again_in_halves)
{
    backend_says(k->es, (struct kit_answer){.body = "1", .body_bytes = 200000});
    backend_says(k->es, (struct kit_answer){
                            .move = KIT_GZIP, .body = "{", .body_bytes = HTTP_REPLY_BYTES_MAX + 1});
    kit_append(k, "app.log", "1\n2\n3\n4\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "1", "2", "3", "4");
    backend_expect(k->es, "1", "2");
    backend_expect(k->es, "1");
    backend_expect(k->es, "2", "3", "4");
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_uint_eq(kit_counts(k, 0)->unanswered_records, 6);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 4, .proc_records = 4});
}
END_TEST

START_TEST(one_document_with_an_answer_that_is_too_large_waits)
{
    backend_says(k->es, (struct kit_answer){.body = "1", .body_bytes = 200000});
    kit_append(k, "app.log", "1\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "1");
    backend_expect_silence(k->es);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "1");
    kit_expect_bookmark(k, "app.log", 2);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 1, .proc_records = 1});
}
END_TEST

START_TEST(an_answer_that_says_little_in_many_bytes_is_read)
{
    char *answer = mem_format("{\"errors\":true,%300000s\"items\":[{\"create\":{\"status\":201}},"
                              "{\"create\":{\"_id\":\"%0100000d\",\"status\":429,"
                              "\"error\":{\"type\":\"x\",\"reason\":\"%0100000d\"}}}]}",
                              " ", 0, 0);

    backend_says(k->es, (struct kit_answer){.body = answer});
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "two");
    kit_expect_bookmark(k, "app.log", 8);
    mem_free(answer);
}
END_TEST

/* ---- what spoils a request ---- */

/* An answer 400 for the whole means that one document made it unreadable. */
START_TEST(the_document_that_spoils_a_request_is_found)
{
    backend_answers(k->es, 400, 200, 400, 200, 400, 400);
    kit_append(k, "app.log", "1\n2\n3\n4\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "1", "2", "3", "4");
    backend_expect(k->es, "1", "2");
    backend_expect(k->es, "3", "4");
    backend_expect(k->es, "3");
    backend_expect(k->es, "4");
    backend_expect(k->es, "{\\\"log\\\":\\\"4\\\"}");
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_str_eq(backend_taken(k->es), "1 2 3 ");
    kit_expect_counts(
        k, 0,
        (struct output_metrics){.read_records = 4, .proc_records = 3, .set_aside_records = 1});
}
END_TEST

START_TEST(a_half_that_must_wait_is_sent_again_as_it_was)
{
    backend_answers(k->es, 413, 503);
    kit_append(k, "app.log", "1\n2\n3\n4\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "1", "2", "3", "4");
    backend_expect(k->es, "1", "2");
    kit_expect_bookmark(k, "app.log", 0);
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "1", "2");
    backend_expect(k->es, "3", "4");
    kit_expect_bookmark(k, "app.log", 8);
}
END_TEST

START_TEST(what_is_left_of_a_half_is_sent_again_before_the_next)
{
    backend_answers(k->es, 413);
    backend_items(k->es, 201, 429);
    kit_append(k, "app.log", "1\n2\n3\n4\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "1", "2", "3", "4");
    backend_expect(k->es, "1", "2");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "2");
    backend_expect(k->es, "3", "4");
    kit_expect_bookmark(k, "app.log", 8);
    ck_assert_str_eq(backend_taken(k->es), "1 2 3 4 ");
}
END_TEST

/* Refused as a whole for what the request is: nobody knows which document it was. */
START_TEST(a_refused_request_is_set_aside)
{
    backend_answers(k->es, 422);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two");
    kit_expect_bookmark(k, "app.log", 8);
    kit_expect_counts(k, 0, (struct output_metrics){.read_records = 2, .set_aside_records = 2});
}
END_TEST

/* ---- Retry_Limit ---- */

static void limited(const char *limit)
{
    char *config = mem_format("%s Retry_Limit %s\n", TAIL_TO_ES, limit);

    kit_end(&k);
    k = kit_start(config);
    mem_free(config);
}

START_TEST(what_reached_its_limit_is_given_up_and_counted)
{
    limited("2");
    backend_answers(k->es, 503, 503, 503, 200);
    kit_append(k, "app.log", "one\ntwo\n");
    kit_pass_ms(k, 2999);
    kit_expect_bookmark(k, "app.log", 0);
    kit_pass_ms(k, 1);
    kit_expect_bookmark(k, "app.log", 8);
    kit_append(k, "app.log", "three\n");
    kit_pass_ms(k, 1000);
    kit_expect_bookmark(k, "app.log", 14);
    ck_assert_str_eq(backend_taken(k->es), "three ");
    kit_expect_counts(
        k, 0, (struct output_metrics){.read_records = 3, .proc_records = 1, .given_up_records = 2});
    ck_assert_uint_eq(kit_counts(k, 0)->retries_failed, 1);
    ck_assert_uint_eq(kit_counts(k, 0)->errors, 0);
}
END_TEST

START_TEST(without_retries_the_first_trouble_is_the_last)
{
    limited("no_retries");
    backend_items(k->es, 201, 429, 201);
    kit_append(k, "app.log", "one\ntwo\nthree\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one", "two", "three");
    kit_expect_bookmark(k, "app.log", 14);
    kit_expect_counts(
        k, 0, (struct output_metrics){.read_records = 3, .proc_records = 2, .given_up_records = 1});
    kit_pass_ms(k, 5000);
    backend_expect_silence(k->es);
}
END_TEST

Suite *suite_pipeline_answers(void);

Suite *suite_pipeline_answers(void)
{
    Suite *suite = suite_create("pipeline/answers");
    TCase *answers = tcase_create("answers");

    tcase_add_checked_fixture(answers, set_up, tear_down);
    tcase_add_test(answers, what_was_taken_moves_the_bookmark);
    tcase_add_test(answers, a_refused_send_keeps_the_bookmark_and_the_second_try_moves_it);
    tcase_add_test(answers, a_back_end_that_is_down_is_no_error_of_the_agents);
    tcase_add_loop_test(answers, trouble_of_any_kind_loses_nothing, 0, 15);
    tcase_add_test(answers, what_no_answer_came_to_is_counted);
    tcase_add_loop_test(answers, what_a_gateway_says_instead_of_the_back_end_is_counted, 0,
                        (int)ARRAY_LEN(gateways));
    tcase_add_test(answers, what_the_back_end_asks_for_is_waited);
    tcase_add_test(answers, a_long_outage_is_waited_out);
    tcase_add_test(answers, items_that_must_wait_are_sent_again_alone);
    tcase_add_test(answers, who_takes_a_part_gets_the_rest_soon);
    tcase_add_test(answers, what_is_there_already_is_delivered);
    tcase_add_test(answers, one_of_a_thousand_is_set_aside_and_the_others_are_delivered);
    tcase_add_test(answers, a_blocked_index_is_waited_for);
    tcase_add_test(answers, what_is_too_large_is_sent_in_halves);
    tcase_add_test(answers, one_document_that_is_too_large_alone_is_set_aside);
    tcase_add_test(answers, halving_ends_at_every_document_alone);
    tcase_add_test(answers, an_answer_that_is_too_large_is_asked_for_again_in_halves);
    tcase_add_test(answers, one_document_with_an_answer_that_is_too_large_waits);
    tcase_add_test(answers, an_answer_that_says_little_in_many_bytes_is_read);
    tcase_add_test(answers, the_document_that_spoils_a_request_is_found);
    tcase_add_test(answers, a_half_that_must_wait_is_sent_again_as_it_was);
    tcase_add_test(answers, what_is_left_of_a_half_is_sent_again_before_the_next);
    tcase_add_test(answers, a_refused_request_is_set_aside);
    tcase_add_test(answers, what_reached_its_limit_is_given_up_and_counted);
    tcase_add_test(answers, without_retries_the_first_trouble_is_the_last);
    suite_add_tcase(suite, answers);

    return suite;
}
