#include "unit/plugins/es_kit.h"

#include <check.h>

static void set_up(void)
{
    log_level_set(LOG_OFF);
    es_kit_open("index", "logs", NULL);
}

static void tear_down(void)
{
    es_kit_close();
    log_level_set(LOG_INFO);
}

static void reopen(const char *operation)
{
    es_kit_close();
    es_kit_open("write_operation", operation, "generate_id", "on", NULL);
}

/* ---- items ---- */

#define ITEM(status) "{\"create\":{\"status\":" #status "}}"
#define FAILED(status, type, reason)                                                            \
    "{\"create\":{\"status\":" #status ",\"error\":{\"type\":\"" type "\",\"reason\":\"" reason \
    "\"}}}"
#define ANSWER(items) "{\"errors\":true,\"items\":[" items "]}"

/* The verdict on one item of this status, as a letter. */
static char letter_of(unsigned status, const char *type)
{
    char *answer =
        mem_format(ANSWER("{\"x\":{\"status\":%u,\"error\":{\"type\":\"%s\"}}}"), status, type);
    char letter;

    ck_assert_int_eq(es_kit_judge(200, answer, 1), VERDICT_DELIVERED);
    letter = es_kit_items(1)[0];
    ck_assert_uint_eq(es_kit.items[0].status, status);
    ck_assert_int_eq(es_kit.items[0].reason == NULL, letter == 'd' || letter == 'e');
    mem_free(answer);
    return letter;
}

START_TEST(every_status_of_an_item_has_its_verdict)
{
    static const struct {
        unsigned from, to;
        char letter;
    } rows[] = {
        {100, 199, 's'}, {200, 299, 'd'}, {300, 400, 's'}, {401, 401, 'r'},
        {402, 402, 's'}, {403, 404, 'r'}, {405, 408, 's'}, {409, 409, 'e'},
        {410, 428, 's'}, {429, 429, 'r'}, {430, 499, 's'}, {500, 999, 'r'},
    };
    unsigned next = 100;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ck_assert_uint_eq(rows[i].from, next);
        for (; next <= rows[i].to; next++)
            ck_assert_msg(letter_of(next, "x") == rows[i].letter, "%u", next);
    }
    ck_assert_uint_eq(next, 1000);
}
END_TEST

START_TEST(what_is_there_already_is_delivered_only_by_create)
{
    ck_assert_int_eq(letter_of(409, "version_conflict_engine_exception"), 'e');
    reopen("index");
    ck_assert_int_eq(letter_of(409, "version_conflict_engine_exception"), 'r');
    reopen("update");
    ck_assert_int_eq(letter_of(409, "version_conflict_engine_exception"), 'r');
    reopen("upsert");
    ck_assert_int_eq(letter_of(409, "version_conflict_engine_exception"), 'r');
}
END_TEST

START_TEST(a_missing_document_is_not_waited_for)
{
    reopen("update");
    ck_assert_int_eq(letter_of(404, "document_missing_exception"), 's');
    ck_assert_int_eq(letter_of(404, "index_not_found_exception"), 'r');
}
END_TEST

START_TEST(errors_of_each_kind_fare_as_their_status_says)
{
    ck_assert_int_eq(letter_of(429, "es_rejected_execution_exception"), 'r');
    ck_assert_int_eq(letter_of(429, "circuit_breaking_exception"), 'r');
    ck_assert_int_eq(letter_of(429, "cluster_block_exception"), 'r');
    ck_assert_int_eq(letter_of(403, "cluster_block_exception"), 'r');
    ck_assert_int_eq(letter_of(503, "unavailable_shards_exception"), 'r');
    ck_assert_int_eq(letter_of(400, "mapper_parsing_exception"), 's');
    ck_assert_int_eq(letter_of(400, "document_parsing_exception"), 's');
    ck_assert_int_eq(letter_of(400, "strict_dynamic_mapping_exception"), 's');
    ck_assert_int_eq(letter_of(400, "illegal_argument_exception"), 's');
}
END_TEST

START_TEST(each_document_fares_as_its_item_says)
{
    static const char answer[] =
        ANSWER(ITEM(201) "," FAILED(429, "es_rejected", "queue is full") "," ITEM(409) "," FAILED(
            400, "mapper_parsing", "failed to parse \\\"a\\\"") "," ITEM(200));

    ck_assert_int_eq(es_kit_judge(200, answer, 5), VERDICT_DELIVERED);
    ck_assert_str_eq(es_kit_items(5), "dresd");
    ck_assert_str_eq(es_kit.items[1].reason, "status 429: es_rejected: queue is full");
    ck_assert_str_eq(es_kit.items[3].reason, "status 400: mapper_parsing: failed to parse \"a\"");
}
END_TEST

START_TEST(an_error_may_be_a_text_or_missing)
{
    ck_assert_int_eq(
        es_kit_judge(200,
                     ANSWER("{\"create\":{\"status\":400,\"error\":\"MapperParsing[x]\"}},"
                            "{\"create\":{\"status\":400}},"
                            "{\"create\":{\"status\":400,\"error\":null}},"
                            "{\"create\":{\"error\":{\"reason\":\"r\"},\"status\":400}}"),
                     4),
        VERDICT_DELIVERED);
    ck_assert_str_eq(es_kit_items(4), "ssss");
    ck_assert_str_eq(es_kit.items[0].reason, "status 400: \"MapperParsing[x]\"");
    ck_assert_str_eq(es_kit.items[3].reason, "status 400: : r");
}
END_TEST

/* ---- whole answers, as servers write them ---- */

#define SHARDS "\"_shards\":{\"total\":2,\"successful\":1,\"failed\":0}"
#define WHOLE(index, status)                                         \
    "{\"create\":{\"_index\":\"" index                               \
    "\",\"_id\":\"a\",\"_version\":1,\"result\":\"created\"," SHARDS \
    ",\"_seq_no\":0,\"_primary_term\":1,\"status\":" #status "}}"
#define WHOLE_FAILED                                                                              \
    "{\"create\":{\"_index\":\"logs\",\"_id\":\"b\",\"status\":400,\"error\":{\"type\":"          \
    "\"document_parsing_exception\",\"reason\":\"[1:7] failed to parse field [a]\",\"caused_by\"" \
    ":{\"type\":\"illegal_argument_exception\",\"reason\":\"For input string\"}}}}"

/* Elasticsearch 8 says errors first, OpenSearch took; some are asked by filter_path and do not care. */
START_TEST(well_is_understood_in_every_form)
{
    static const char *const answers[] = {
        "{\"errors\":false,\"items\":[" ITEM(201) "," ITEM(201) "]}",
        "{\"errors\":false,\"took\":12,\"items\":[" ITEM(201) "," ITEM(200) "]}",
        "{\"took\":12,\"errors\":false,\"items\":[" ITEM(201) "," ITEM(200) "]}",
        "{\"took\":30,\"ingest_took\":1,\"errors\":false,\"items\":[" ITEM(201) "," ITEM(201) "]}",
        "{\"took\":1234567890123,\"ingest_took\":1234567890123,\"errors\":false,\"items\":[" ITEM(
            201) "," ITEM(201) "]}",
        "{\"errors\":false,\"took\":7,\"items\":[" WHOLE("logs", 201) "," WHOLE("logs", 201) "]}",
        "{\"took\":7,\"errors\":false,\"items\":[" WHOLE("status", 201) "," WHOLE("{", 200) "]}",
        " {\n \"took\" : 7,\n \"errors\" : false,\n \"items\" : [ " ITEM(201) ", " ITEM(
            201) " ]\n}\n",
        "{\"items\":[" ITEM(201) "," ITEM(201) "],\"errors\":false}",
        "{\"errors\":true,\"items\":[" ITEM(201) "," ITEM(201) "]}",
        "{\"errors\":false}",
        "{\"took\":3,\"errors\":false}",
    };

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        ck_assert_msg(es_kit_judge(200, answers[i], 2) == VERDICT_DELIVERED, "%s: %s", answers[i],
                      es_kit.why);
        ck_assert_str_eq(es_kit_items(2), "dd");
    }
    ck_assert_int_eq(es_kit_judge(201, answers[0], 2), VERDICT_DELIVERED);
}
END_TEST

START_TEST(a_failed_document_is_found_in_every_form)
{
    static const char *const answers[] = {
        "{\"errors\":true,\"took\":7,\"items\":[" WHOLE("logs", 201) "," WHOLE_FAILED "]}",
        "{\"took\":7,\"errors\":true,\"items\":[" WHOLE("logs", 201) "," WHOLE_FAILED "]}",
        "{\"errors\":true,\"items\":[" ITEM(201) "," FAILED(400, "document_parsing_exception",
                                                            "[1:7] failed to parse field [a]") "]}",
        "{ \"items\" : [ " ITEM(201) " ,\n" WHOLE_FAILED " ] , \"errors\" : true }",
    };

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        ck_assert_msg(es_kit_judge(200, answers[i], 2) == VERDICT_DELIVERED, "%s", es_kit.why);
        ck_assert_str_eq(es_kit_items(2), "ds");
        ck_assert_str_eq(es_kit.items[1].reason,
                         "status 400: document_parsing_exception: [1:7] failed to parse field [a]");
    }
}
END_TEST

START_TEST(an_answer_to_many_documents_is_read)
{
    struct buffer answer = {0};

    buffer_append_text(&answer, "{\"errors\":true,\"items\":[");
    for (unsigned i = 0; i < 2000; i++)
        buffer_append_text(&answer, i == 1234 ? FAILED(400, "x", "y") "," : ITEM(201) ",");
    answer.len--;
    buffer_append_text(&answer, "]}");
    ck_assert_int_eq(es_kit_judge(200, buffer_text(&answer), 2000), VERDICT_DELIVERED);
    for (unsigned i = 0; i < 2000; i++)
        ck_assert_int_eq(es_kit.items[i].verdict, i == 1234 ? VERDICT_REFUSED : VERDICT_DELIVERED);
    buffer_fini(&answer);
}
END_TEST

/* Nothing of these says what became of two documents. */
START_TEST(what_is_no_bulk_answer_is_tried_again)
{
    static const char *const answers[] = {
        "",
        " ",
        "{",
        "{}",
        "[]",
        "null",
        "true",
        "OK",
        "<html><body>Welcome</body></html>",
        "{\"error\":{\"type\":\"x\"},\"status\":500}",
        "{\"errors\":true}",
        "{\"errors\":true,\"items\":{}}",
        "{\"errors\":true,\"items\":null}",
        "{\"items\":[" ITEM(201) "," ITEM(201) "]}",
        "{\"errors\":false,\"items\":[" ITEM(201) "]}",
        "{\"errors\":false,\"items\":[" ITEM(201) "," ITEM(201) "," ITEM(201) "]}",
        "{\"errors\":true,\"items\":[" ITEM(201) "]}",
        "{\"errors\":true,\"items\":[]}",
        "{\"errors\":true,\"items\":[" ITEM(201) "," ITEM(201) "," ITEM(201) "]}",
        "{\"errors\":true,\"items\":[" ITEM(201) "," ITEM(20),
        "{\"errors\":false,\"took\":7,\"items\":[" WHOLE("logs", 201) "]}",
        "{\"errors\":true,\"items\":[" ITEM(201) ",{}]}",
        "{\"errors\":true,\"items\":[" ITEM(201) ",7]}",
        "{\"errors\":true,\"items\":[" ITEM(201) ",{\"create\":{}}]}",
        "{\"errors\":true,\"items\":[" ITEM(201) ",{\"create\":201}]}",
        "{\"errors\":true,\"items\":[" ITEM(201) ",{\"create\":{\"status\":\"201\"}}]}",
        "{\"errors\":true,\"items\":[" ITEM(201) "," ITEM(65736) "]}",
        "{\"errors\":true,\"items\":[" ITEM(201) "," ITEM(-201) "]}",
        "{\"errors\":true,\"items\":[" ITEM(201) "," ITEM(20.1) "]}",
    };

    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        ck_assert_msg(es_kit_judge(200, answers[i], 2) == VERDICT_RETRY, "%s", answers[i]);
        ck_assert_str_ne(es_kit.why, "");
    }
}
END_TEST

START_TEST(it_is_said_what_came_instead)
{
    es_kit_judge(200, "<html>\n\x1b[31m", 2);
    ck_assert_ptr_nonnull(strstr(es_kit.why, "status 200, but the answer is not a bulk answer"));
    ck_assert_ptr_nonnull(strstr(es_kit.why, "<html>"));
    es_kit_judge(200, ANSWER(ITEM(201)), 2);
    ck_assert_str_eq(es_kit.why, "the answer has 1 items for 2 documents");
    es_kit_judge(200, ANSWER(ITEM(201) ",7"), 2);
    ck_assert_str_eq(es_kit.why, "the answer's item 1 is not understood: 7");
}
END_TEST

/* ---- requests that failed as a whole ---- */

START_TEST(the_whole_goes_by_the_common_table_but_for_400)
{
    for (int status = 100; status < 1000; status++) {
        enum verdict expected = judge_status(status), verdict;

        if (status >= 200 && status <= 299)
            continue;
        if (status == 400)
            expected = VERDICT_TOO_LARGE;
        verdict = es_kit_judge(status, "{\"errors\":false}", 2);
        ck_assert_msg(verdict == expected, "%d: verdict %d", status, verdict);
        ck_assert_str_ne(es_kit.why, "");
    }
}
END_TEST

START_TEST(what_is_refused_for_its_content_may_be_text)
{
    static const char answer[] = ANSWER(
        ITEM(201) "," FAILED(400, "a", "b") "," FAILED(429, "a", "b") "," FAILED(413, "a", "b"));

    es_kit_judge(200, answer, 4);
    ck_assert_str_eq(es_kit_items(4), "dsrs");
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(es_kit.items[i].may_be_text, i == 1);
    es_kit_close();
    es_kit_open("refused_as_text", "off", NULL);
    es_kit_judge(200, answer, 4);
    ck_assert(!es_kit.items[1].may_be_text);
    es_kit_close();
    es_kit_open("write_operation", "upsert", "generate_id", "on", NULL);
    es_kit_judge(200, answer, 4);
    ck_assert(!es_kit.items[1].may_be_text);
}
END_TEST

START_TEST(a_document_that_spoils_its_request_alone_may_be_text)
{
    ck_assert_int_eq(es_kit_judge(400, "what is this", 1), VERDICT_DELIVERED);
    ck_assert_str_eq(es_kit_items(1), "s");
    ck_assert(es_kit.items[0].may_be_text);
    ck_assert_str_eq(es_kit.items[0].reason, "status 400: what is this");
    ck_assert_int_eq(es_kit_judge(413, "", 1), VERDICT_TOO_LARGE);
}
END_TEST

START_TEST(the_words_of_the_back_end_are_kept)
{
    char *long_body = mem_format("%01000d", 0);

    es_kit_judge(503, "", 1);
    ck_assert_str_eq(es_kit.why, "status 503");
    es_kit_judge(401, "  {\"error\":\"who are you\"} ", 1);
    ck_assert_str_eq(es_kit.why, "status 401 (check http_user and http_passwd, or http_api_key): "
                                 "\"who are you\"");
    es_kit_judge(503, "{\"error\":{\"root_cause\":[],\"type\":\"t\",\"reason\":\"r\"}}", 1);
    ck_assert_str_eq(es_kit.why, "status 503: t: r");
    es_kit_judge(503, "{\"error\":{\"type\":\"t\"}}", 1);
    ck_assert_str_eq(es_kit.why, "status 503: {\"error\":{\"type\":\"t\"}}");
    es_kit_judge(503, long_body, 1);
    ck_assert_uint_eq(strlen(es_kit.why), sizeof es_kit.why - 1);
    mem_free(long_body);
}
END_TEST

START_TEST(it_is_said_what_an_operator_can_do)
{
    es_kit_judge(404, "404 page not found\n", 1);
    ck_assert_str_eq(es_kit.why, "status 404 (check host, port and path): 404 page not found");
    es_kit_judge(403, "", 1);
    ck_assert_str_eq(es_kit.why, "status 403 (check what this user may do)");
    es_kit_judge(301, "", 1);
    ck_assert_str_eq(es_kit.why, "status 301 (it is elsewhere: check host, port, path and tls)");
}
END_TEST

START_TEST(an_answer_may_be_logged)
{
    uint64_t before;

    es_kit_close();
    es_kit_open("trace_error", "on", NULL);
    log_level_set(LOG_WARN);
    before = log_count(LOG_WARN);
    es_kit_judge(200, "{\"errors\":false}", 1);
    ck_assert_uint_eq(log_count(LOG_WARN), before);
    es_kit_judge(503, "", 1);
    ck_assert_uint_eq(log_count(LOG_WARN), before + 1);
}
END_TEST

/* AWS quotes what it would have signed, the session's token in it. */
START_TEST(the_token_that_a_refusal_quotes_is_in_no_log)
{
    static const char answer[] =
        "{\"message\":\"The request signature we calculated does not match. The Canonical String "
        "for "
        "this request should have been 'POST x-amz-security-token:SECRET'\"}";

    es_kit_close();
    es_kit_open("trace_error", "on", NULL);
    log_level_set(LOG_WARN);
    es_kit_judge(403, answer, 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "we calculated does not match"));
    ck_assert_ptr_null(strstr(log_recent(0), "SECRET"));
    ck_assert_ptr_nonnull(strstr(es_kit.why, "we calculated does not match"));
    ck_assert_ptr_null(strstr(es_kit.why, "SECRET"));
}
END_TEST

Suite *suite_plugins_out_es_judge(void);

Suite *suite_plugins_out_es_judge(void)
{
    Suite *suite = suite_create("plugins/out_es/judge");
    TCase *judge = tcase_create("judge");

    tcase_add_checked_fixture(judge, set_up, tear_down);
    tcase_add_test(judge, every_status_of_an_item_has_its_verdict);
    tcase_add_test(judge, what_is_there_already_is_delivered_only_by_create);
    tcase_add_test(judge, a_missing_document_is_not_waited_for);
    tcase_add_test(judge, errors_of_each_kind_fare_as_their_status_says);
    tcase_add_test(judge, each_document_fares_as_its_item_says);
    tcase_add_test(judge, an_error_may_be_a_text_or_missing);
    tcase_add_test(judge, well_is_understood_in_every_form);
    tcase_add_test(judge, a_failed_document_is_found_in_every_form);
    tcase_add_test(judge, an_answer_to_many_documents_is_read);
    tcase_add_test(judge, what_is_no_bulk_answer_is_tried_again);
    tcase_add_test(judge, it_is_said_what_came_instead);
    tcase_add_test(judge, the_whole_goes_by_the_common_table_but_for_400);
    tcase_add_test(judge, what_is_refused_for_its_content_may_be_text);
    tcase_add_test(judge, a_document_that_spoils_its_request_alone_may_be_text);
    tcase_add_test(judge, the_words_of_the_back_end_are_kept);
    tcase_add_test(judge, it_is_said_what_an_operator_can_do);
    tcase_add_test(judge, an_answer_may_be_logged);
    tcase_add_test(judge, the_token_that_a_refusal_quotes_is_in_no_log);
    suite_add_tcase(suite, judge);
    return suite;
}
