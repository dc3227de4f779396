#include "kit/chunk.h"
#include "kit/plugin.h"
#include "plugins/out_cloudwatch_logs/cloudwatch.h"
#include "plugins/out_cloudwatch_logs/note.h"

#include <check.h>
#include <stdlib.h>

extern const struct output_plugin out_cloudwatch_logs;

/* Records in, the next call out; and what is said of a configuration at start. */

static struct http_settings http;
static struct plugin_kit kit;
static struct out_cloudwatch *cw;
static struct chunk *chunk;
static struct batch batch;
static struct http_request request;

static void set_up(void)
{
    http = (struct http_settings){.host = "127.0.0.1", .port = 443};
}

static void tear_down(void)
{
    out_cloudwatch_logs.fini(cw);
    plugin_gone(&kit, cw);
    batch_fini(&batch);
    chunk_unref(&chunk);
    http_request_fini(&request);
}

static int made_n(const char *const *keys_and_values)
{
    int rc;

    cw = plugin_make(&kit, sizeof(struct out_cloudwatch), out_cloudwatch_logs.options,
                     keys_and_values);
    kit.setup.http = &http;
    rc = out_cloudwatch_logs.init(cw, &kit.setup);
    atomic_store(&cw->is_plain, true);
    return rc;
}
#define MADE(...) \
    made_n((const char *const[]){"region", "eu-west-1", "log_group_name", "g", __VA_ARGS__, NULL})

static void take(const char *tag, const char *lines)
{
    chunk = chunk_of_lines(tag, lines);
    batch = chunk_batch(chunk);
}

static const char *encoded(void)
{
    http_request_fini(&request);
    batch_rewind(&batch);
    ck_assert_int_eq(cw_encode(cw, &batch, &request), 0);
    return buffer_text(&request.body);
}

static const char *header(const char *name)
{
    const char *at = request.head.data, *end = at + request.head.len;

    for (size_t len = strlen(name); at < end; at += strlen(at) + 1)
        if (strncmp(at, name, len) == 0)
            return at + len + 2;
    return NULL;
}

/* ---- bodies ---- */

START_TEST(a_message_is_the_whole_record)
{
    ck_assert_int_eq(MADE("log_stream_prefix", "p-", "extra_user_agent", "x"), 0);
    take("a.b", "{\"n\":1,\"s\":\"a\\\"b\"}\n");
    ck_assert_str_eq(encoded(),
                     "{\"logGroupName\":\"g\",\"logStreamName\":\"p-a.b\",\"logEvents\":["
                     "{\"timestamp\":1700000000123,\"message\":"
                     "\"{\\\"n\\\":1,\\\"s\\\":\\\"a\\\\\\\"b\\\"}\"}]}");
    ck_assert_str_eq(header("X-Amz-Target"), "Logs_20140328.PutLogEvents");
    ck_assert_str_eq(header("Content-Type"), "application/x-amz-json-1.1");
    ck_assert_str_eq(header("User-Agent"), "aws-fluent-bit-plugin x");
}
END_TEST

START_TEST(bodies_are_compressed_where_that_makes_them_smaller)
{
    ck_assert_int_eq(MADE("log_stream_name", "s"), 0);
    atomic_store(&cw->is_plain, false);
    take("a", "{\"n\":1111111111111111111,\"m\":1111111111111111111}\n{\"n\":1}\n");
    encoded();
    ck_assert_str_eq(header("Content-Encoding"), "gzip");
    ck_assert_uint_lt(request.body.len, request.plain_bytes);
    ck_assert(((const struct cw_note *)batch.note)->is_gzip);
}
END_TEST

START_TEST(or_the_value_of_a_key_and_a_record_without_it_is_skipped)
{
    ck_assert_int_eq(MADE("log_stream_name", "s", "log_key", "log", "log_format", "json/emf"), 0);
    take("a", "{\"log\":\"a\\\"b\"}\n{\"n\":1}\n{\"log\":{\"m\":2}}\n{\"log\":12}\n");
    ck_assert_str_eq(encoded(), "{\"logGroupName\":\"g\",\"logStreamName\":\"s\",\"logEvents\":["
                                "{\"timestamp\":1700000000123,\"message\":\"a\\\"b\"},"
                                "{\"timestamp\":1700000002123,\"message\":\"{\\\"m\\\":2}\"},"
                                "{\"timestamp\":1700000003123,\"message\":\"12\"}]}");
    ck_assert_uint_eq(batch_waiting(&batch), 3);
    ck_assert_ptr_nonnull(strstr(batch.refusals[1].reason, "log_key"));
    ck_assert_str_eq(header("x-amzn-logs-format"), "json/emf");
}
END_TEST

START_TEST(records_of_another_stream_are_held)
{
    ck_assert_int_eq(MADE("log_stream_name", "s", "log_stream_template", "$p", "log_key", "p"), 0);
    take("a", "{\"p\":\"x\"}\n{\"p\":\"y\"}\n{\"p\":\"x\"}\n{\"q\":1}\n");
    ck_assert_ptr_nonnull(strstr(encoded(), "\"logStreamName\":\"x\""));
    ck_assert_uint_eq(batch_waiting(&batch), 2);
    ck_assert_uint_eq(batch.states[1], RECORD_HELD);
    ck_assert_uint_eq(batch.states[3], RECORD_HELD);
}
END_TEST

START_TEST(names_have_only_what_the_service_takes)
{
    ck_assert_int_eq(
        MADE("log_stream_name", "s", "log_stream_template", "$s", "log_group_template", "/x/$g"),
        0);
    take("a", "{\"g\":\"a b\\u00e9\",\"s\":\"c:d*e f\"}\n");
    ck_assert_ptr_nonnull(strstr(encoded(), "{\"logGroupName\":\"/x/a_b__\","
                                            "\"logStreamName\":\"c_d_e f\""));
}
END_TEST

START_TEST(the_note_says_what_is_made_first)
{
    struct cw_note *note;

    ck_assert_int_eq(MADE("log_stream_name", "s", "log_group_class", "INFREQUENT_ACCESS",
                          "log_retention_days", "3653", "log_group_kms_key", "arn:aws:kms:k",
                          "new_log_group_tags", "team=l\xc3\xa9s, cost = 7"),
                     0);
    take("a", "{\"n\":1}\n");
    encoded();
    note = batch.note;
    note->step = CW_GROUP;
    ck_assert_str_eq(encoded(), "{\"logGroupName\":\"g\",\"kmsKeyId\":\"arn:aws:kms:k\","
                                "\"tags\":{\"team\":\"l\xc3\xa9s\",\"cost\":\"7\"},"
                                "\"logGroupClass\":\"INFREQUENT_ACCESS\"}");
    note = batch.note;
    note->step = CW_RETENTION;
    ck_assert_str_eq(encoded(), "{\"logGroupName\":\"g\",\"retentionInDays\":3653}");
    note = batch.note;
    note->step = CW_STREAM;
    ck_assert_str_eq(encoded(), "{\"logGroupName\":\"g\",\"logStreamName\":\"s\"}");
    ck_assert_str_eq(header("X-Amz-Target"), "Logs_20140328.CreateLogStream");
}
END_TEST

#define POD(name) "\"kubernetes\":{\"aws_entity_service_name\":\"" name "\",\"pod_name\":\"p\"}"
#define ACCOUNT "\"aws_entity_account_id\":\"1\","

START_TEST(records_of_another_entity_are_held_and_messages_are_without_it)
{
    ck_assert_int_eq(MADE("log_stream_name", "s", "add_entity", "on"), 0);
    take("a", "{" ACCOUNT POD("x") "}\n{" ACCOUNT POD("y") "}\n{" ACCOUNT POD("x") "}\n"
                                                                                   "{\"n\":1}\n");
    ck_assert_str_eq(
        encoded(),
        "{\"logGroupName\":\"g\",\"logStreamName\":\"s\",\"entity\":{\"keyAttributes\":{\"Type\":"
        "\"Service\",\"Name\":\"x\",\"AwsAccountId\":\"1\"},\"attributes\":{\"PlatformType\":"
        "\"Generic\"}},\"logEvents\":["
        "{\"timestamp\":1700000000123,\"message\":\"{\\\"kubernetes\\\":{\\\"pod_name\\\":"
        "\\\"p\\\"}}\"},"
        "{\"timestamp\":1700000002123,\"message\":\"{\\\"kubernetes\\\":{\\\"pod_name\\\":"
        "\\\"p\\\"}}\"}]}");
    ck_assert_uint_eq(batch.states[1], RECORD_HELD);
    ck_assert_uint_eq(batch.states[3], RECORD_HELD);
}
END_TEST

START_TEST(a_stream_is_made_without_an_entity)
{
    struct cw_note *note;

    ck_assert_int_eq(MADE("log_stream_name", "s", "add_entity", "on"), 0);
    take("a", "{" ACCOUNT POD("x") "}\n");
    encoded();
    note = batch.note;
    note->step = CW_STREAM;
    ck_assert_str_eq(encoded(), "{\"logGroupName\":\"g\",\"logStreamName\":\"s\"}");
}
END_TEST

static char why[256];

static enum verdict answered(int status, const char *body)
{
    struct http_reply reply = {.status = status, .request_id = "1"};
    struct verdicts verdicts = {.count = batch.count, .note = batch.note};
    enum verdict verdict;

    buffer_append_text(&reply.body, body);
    verdict = out_cloudwatch_logs.judge(cw, &reply, &verdicts, why);
    verdicts_fini(&verdicts);
    buffer_fini(&reply.body);
    return verdict;
}

static enum verdict judged(const char *body)
{
    return answered(200, body);
}

/* Neither without end nor without a word. */
START_TEST(a_group_that_is_there_and_not_for_its_stream_is_a_retry_in_the_end)
{
    enum verdict verdict = VERDICT_AGAIN;
    const struct cw_note *note;
    unsigned groups = 0;

    ck_assert_int_eq(MADE("log_stream_name", "s", "auto_create_group", "on"), 0);
    take("a", "{\"n\":1}\n");
    encoded();
    note = batch.note;
    while (verdict == VERDICT_AGAIN) {
        ck_assert_uint_le(groups, CW_ROUNDS_MAX);
        if (note->step == CW_GROUP)
            groups++;
        verdict =
            answered(400, note->step == CW_GROUP ? "{\"__type\":\"ResourceAlreadyExistsException\"}"
                                                 : "{\"__type\":\"ResourceNotFoundException\"}");
    }
    ck_assert_int_eq(verdict, VERDICT_RETRY);
    ck_assert_uint_eq(groups, CW_ROUNDS_MAX);
    ck_assert_ptr_nonnull(strstr(why, "CreateLogStream does not find it"));
    ck_assert_int_eq(note->step, CW_STREAM);
    ck_assert_int_eq(judged("{}"), VERDICT_AGAIN);
    ck_assert_int_eq(note->step, CW_PUT);
}
END_TEST

/* A stream that is always made and is never there. */
START_TEST(what_is_taken_and_does_not_help_has_words)
{
    struct http_reply reply = {.status = 200, .request_id = "1"};
    struct verdicts verdicts = {0};
    struct cw_note *note;

    ck_assert_int_eq(MADE("log_stream_name", "s"), 0);
    take("a", "{\"n\":1}\n");
    encoded();
    note = batch.note;
    note->step = CW_STREAM;
    verdicts = (struct verdicts){.count = batch.count, .note = note};
    ck_assert_int_eq(out_cloudwatch_logs.judge(cw, &reply, &verdicts, why), VERDICT_AGAIN);
    ck_assert_str_eq(why, "CreateLogStream: it was taken, and the events still are not");
    verdicts_fini(&verdicts);
}
END_TEST

START_TEST(an_entity_that_is_refused_is_told_once_and_its_events_are_delivered)
{
    uint64_t before;

    ck_assert_int_eq(MADE("log_stream_name", "s", "add_entity", "on"), 0);
    take("a", "{" ACCOUNT POD("x") "}\n");
    encoded();
    log_level_set(LOG_WARN);
    before = log_count(LOG_WARN);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(judged("{\"rejectedEntityInfo\":{\"errorType\":\"InvalidEntity\"}}"),
                         VERDICT_DELIVERED);
    log_level_set(LOG_OFF);
    ck_assert_uint_eq(log_count(LOG_WARN) - before, 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "InvalidEntity"));
}
END_TEST

START_TEST(events_go_in_the_order_of_their_times)
{
    struct chunk_maker *maker = chunk_maker_new();
    const struct cw_note *note;

    ck_assert_int_eq(MADE("log_stream_name", "s", "log_key", "n"), 0);
    for (int i = 0; i < 2; i++) {
        struct record *record = chunk_maker_record(maker);

        record->time_ns = (2 - i) * NS_PER_S;
        record_add(record, SLICE("n"), value_text(i == 0 ? SLICE("late") : SLICE("soon")));
        chunk_maker_push(maker, "a");
    }
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert_ptr_nonnull(strstr(encoded(), "[{\"timestamp\":1000,\"message\":\"soon\"},"
                                            "{\"timestamp\":2000,\"message\":\"late\"}]"));
    note = batch.note;
    ck_assert_uint_eq(note->event_count, 2);
    ck_assert_uint_eq(note->items[0], 1);
    ck_assert_uint_eq(note->items[1], 0);
}
END_TEST

/* ---- at start ---- */

START_TEST(the_host_is_the_regions)
{
    ck_assert_int_eq(MADE("log_stream_name", "s"), 0);
    ck_assert_str_eq(out_cloudwatch_logs.settings(cw)->host, "logs.eu-west-1.amazonaws.com");
    ck_assert_ptr_nonnull(out_cloudwatch_logs.settings(cw)->tls);
    ck_assert(out_cloudwatch_logs.settings(cw)->tls->verify);
    ck_assert_str_eq(out_cloudwatch_logs.aws(cw)->service, "logs");
}
END_TEST

START_TEST(or_an_endpoints_with_tls_unless_it_says_http)
{
    ck_assert_int_eq(MADE("log_stream_name", "s", "endpoint", "http://[::1]:4566"), 0);
    ck_assert_str_eq(out_cloudwatch_logs.settings(cw)->host, "::1");
    ck_assert_uint_eq(out_cloudwatch_logs.settings(cw)->port, 4566);
    ck_assert_ptr_null(out_cloudwatch_logs.settings(cw)->tls);
}
END_TEST

START_TEST(or_an_endpoint_of_the_environment_unless_the_configuration_has_one)
{
    setenv("AWS_ENDPOINT_URL_LOGS", "http://127.0.0.1:4566", 1);
    ck_assert_int_eq(MADE("log_stream_name", "s"), 0);
    ck_assert_str_eq(out_cloudwatch_logs.settings(cw)->host, "127.0.0.1");
    ck_assert_uint_eq(out_cloudwatch_logs.settings(cw)->port, 4566);
    ck_assert_ptr_null(out_cloudwatch_logs.settings(cw)->tls);
    tear_down();
    set_up();
    ck_assert_int_eq(MADE("log_stream_name", "s", "endpoint", "https://a.example"), 0);
    ck_assert_str_eq(out_cloudwatch_logs.settings(cw)->host, "a.example");
    unsetenv("AWS_ENDPOINT_URL_LOGS");
}
END_TEST

Suite *suite_plugins_out_cloudwatch_request(void);

Suite *suite_plugins_out_cloudwatch_request(void)
{
    Suite *suite = suite_create("plugins/out_cloudwatch_request");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_message_is_the_whole_record);
    tcase_add_test(tests, bodies_are_compressed_where_that_makes_them_smaller);
    tcase_add_test(tests, or_the_value_of_a_key_and_a_record_without_it_is_skipped);
    tcase_add_test(tests, records_of_another_stream_are_held);
    tcase_add_test(tests, names_have_only_what_the_service_takes);
    tcase_add_test(tests, the_note_says_what_is_made_first);
    tcase_add_test(tests, records_of_another_entity_are_held_and_messages_are_without_it);
    tcase_add_test(tests, a_stream_is_made_without_an_entity);
    tcase_add_test(tests, a_group_that_is_there_and_not_for_its_stream_is_a_retry_in_the_end);
    tcase_add_test(tests, what_is_taken_and_does_not_help_has_words);
    tcase_add_test(tests, an_entity_that_is_refused_is_told_once_and_its_events_are_delivered);
    tcase_add_test(tests, events_go_in_the_order_of_their_times);
    tcase_add_test(tests, the_host_is_the_regions);
    tcase_add_test(tests, or_an_endpoints_with_tls_unless_it_says_http);
    tcase_add_test(tests, or_an_endpoint_of_the_environment_unless_the_configuration_has_one);
    suite_add_tcase(suite, tests);
    return suite;
}
