#include "kit/chunk.h"
#include "kit/plugin.h"
#include "plugins/out_cloudwatch_logs/cloudwatch.h"

#include <check.h>

extern const struct output_plugin out_cloudwatch_logs;

/* Records of metrics, and what is none. */

static struct http_settings http;
static struct plugin_kit kit;
static struct out_cloudwatch *cw;
static struct chunk *chunk;
static struct arena arena;
static struct buffer out;

static void set_up(void)
{
    http = (struct http_settings){.host = "127.0.0.1", .port = 443};
    arena_init(&arena);
    out = (struct buffer){0};
    chunk = NULL;
}

static void tear_down(void)
{
    out_cloudwatch_logs.fini(cw);
    plugin_gone(&kit, cw);
    chunk_unref(&chunk);
    arena_fini(&arena);
    buffer_fini(&out);
}

static void made_n(const char *const *keys_and_values)
{
    cw = plugin_make(&kit, sizeof *cw, out_cloudwatch_logs.options, keys_and_values);
    kit.setup.http = &http;
    ck_assert_int_eq(out_cloudwatch_logs.init(cw, &kit.setup), 0);
}
#define MADE(...)                                                                                 \
    made_n((const char *const[]){"region", "eu-west-1", "log_group_name", "g", "log_stream_name", \
                                 "s", __VA_ARGS__, NULL})

/* The message, or NULL where the record is none of metrics. */
static const char *written_of(struct chunk_maker *maker)
{
    struct chunk_record record;
    struct batch batch;
    bool is_one;

    chunk_unref(&chunk);
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert(batch_next(&batch, &record));
    buffer_clear(&out);
    is_one = cw_emf_write(&cw->message.emf, &record, &arena, &out);
    batch_fini(&batch);
    ck_assert(is_one || out.len == 0);
    return is_one ? buffer_text(&out) : NULL;
}

static const char *written(const char *object)
{
    struct chunk_maker *maker = chunk_maker_new();

    chunk_maker_json(maker, "a", object);
    return written_of(maker);
}

START_TEST(numbers_are_metrics_with_the_sets_of_dimensions_that_are_whole)
{
    MADE("metric_namespace", "my/space", "metric_dimensions", "host;; host , zone ,;none");
    ck_assert_str_eq(written("{\"cpu_p\":1.5,\"n\":-2,\"host\":\"h\\\"1\",\"zone\":\"z\"}"),
                     "{\"_aws\":{\"Timestamp\":1700000000123,\"CloudWatchMetrics\":[{\"Namespace\":"
                     "\"my/space\",\"Dimensions\":[[\"host\"],[\"host\",\"zone\"]],\"Metrics\":["
                     "{\"Name\":\"cpu_p\",\"Unit\":\"Percent\"},{\"Name\":\"n\"}]}]},"
                     "\"cpu_p\":1.5,\"n\":-2,\"host\":\"h\\\"1\",\"zone\":\"z\"}");
    ck_assert_ptr_nonnull(strstr(written("{\"n\":1}"), "\"Dimensions\":[[]]"));
}
END_TEST

START_TEST(values_that_no_json_was_are_numbers_too)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct record *record = chunk_maker_record(maker);

    MADE("metric_dimensions", "d");
    record_add(record, SLICE("int"), value_int(-1000));
    record_add(record, SLICE("uint"), value_uint(70000));
    record_add(record, SLICE("double"), value_double(0.5));
    record_add(record, SLICE("small"), value_int(-1));
    record_add(record, SLICE("d"), value_text(SLICE("x")));
    chunk_maker_push(maker, "a");
    ck_assert_ptr_nonnull(strstr(written_of(maker),
                                 "\"Namespace\":\"fluent-bit-metrics\",\"Dimensions\":[[\"d\"]],"
                                 "\"Metrics\":[{\"Name\":\"int\"},{\"Name\":\"uint\"},{\"Name\":"
                                 "\"double\"},{\"Name\":\"small\"}]"));
}
END_TEST

static const char *const no_metrics[] = {
    "{\"log\":\"a line\",\"n\":1}",
    "{\"n\":1,\"b\":true}",
    "{\"n\":1,\"x\":null}",
    "{\"n\":1,\"m\":{\"a\":1}}",
    "{\"host\":\"h\"}",
    "{\"host\":5}",
    "{\"n\":[1]}",
    "{\"_aws\":1,\"n\":1}",
};

START_TEST(a_line_of_a_log_is_never_taken_for_metrics)
{
    MADE("metric_namespace", "x", "metric_dimensions", "host");
    ck_assert_msg(written(no_metrics[_i]) == NULL, "%s", no_metrics[_i]);
}
END_TEST

START_TEST(without_the_options_no_record_is_looked_at)
{
    MADE("log_format", "json/emf");
    ck_assert(!cw_emf_is_on(&cw->message.emf));
    ck_assert_ptr_null(written("{\"n\":1}"));
}
END_TEST

static unsigned count_of(const char *text, const char *piece)
{
    unsigned count = 0;

    for (; (text = strstr(text, piece)) != NULL; text += strlen(piece))
        count++;
    return count;
}

START_TEST(a_hundred_metrics_are_in_one_directive_and_more_in_the_next)
{
    struct buffer object = {0};
    const char *text;

    MADE("metric_namespace", "x");
    for (int i = 0; i < 250; i++)
        buffer_append_format(&object, "%c\"m%d\":%d", i == 0 ? '{' : ',', i, i);
    buffer_append_byte(&object, '}');
    text = written(buffer_text(&object));
    ck_assert_uint_eq(count_of(text, "\"Namespace\":\"x\""), 3);
    ck_assert_uint_eq(count_of(text, "{\"Name\":"), 250);
    ck_assert_ptr_nonnull(strstr(text, "{\"Name\":\"m99\"}]},{\"Namespace\":"));
    buffer_fini(&object);
}
END_TEST

START_TEST(what_cannot_have_metrics_is_told_at_start)
{
    MADE("metric_namespace", "x", "log_key", "log", "log_group_class", "INFREQUENT_ACCESS");
    ck_assert(plugin_report_says(&kit, "no record turns into metrics"));
    ck_assert(plugin_report_says(&kit, "no metrics from groups of the class INFREQUENT_ACCESS"));
}
END_TEST

START_TEST(a_message_is_in_the_format_by_what_it_has)
{
    MADE("log_format", "json/emf");
    ck_assert(cw_emf_is(SLICE("{\"_aws\":{\"CloudWatchMetrics\":[]}}")));
    ck_assert(!cw_emf_is(SLICE("{\"log\":\"{\\\"_aws\\\":{\\\"CloudWatchMetrics\\\":[]}}\"}")));
    ck_assert(!cw_emf_is(SLICE("a \"CloudWatchMetrics\"")));
    ck_assert(!cw_emf_is(SLICE("")));
}
END_TEST

Suite *suite_plugins_out_cloudwatch_emf(void);

Suite *suite_plugins_out_cloudwatch_emf(void)
{
    Suite *suite = suite_create("plugins/out_cloudwatch_emf");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, numbers_are_metrics_with_the_sets_of_dimensions_that_are_whole);
    tcase_add_test(tests, values_that_no_json_was_are_numbers_too);
    tcase_add_loop_test(tests, a_line_of_a_log_is_never_taken_for_metrics, 0,
                        (int)ARRAY_LEN(no_metrics));
    tcase_add_test(tests, without_the_options_no_record_is_looked_at);
    tcase_add_test(tests, a_hundred_metrics_are_in_one_directive_and_more_in_the_next);
    tcase_add_test(tests, what_cannot_have_metrics_is_told_at_start);
    tcase_add_test(tests, a_message_is_in_the_format_by_what_it_has);
    suite_add_tcase(suite, tests);
    return suite;
}
