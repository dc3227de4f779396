#include "kit/chunk.h"
#include "kit/plugin.h"
#include "plugins/out_cloudwatch_logs/cloudwatch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

extern const struct output_plugin out_cloudwatch_logs, out_cloudwatch;

/* What is said of a configuration at start, and which names it makes. */

static struct http_settings http;
static struct plugin_kit kit;
static const struct output_plugin *plugin;
static struct out_cloudwatch *cw;
static struct chunk *chunk;
static struct arena arena;

static void set_up(void)
{
    http = (struct http_settings){.host = "127.0.0.1", .port = 443};
    plugin = NULL;
    chunk = NULL;
    arena_init(&arena);
}

static void former_gone(void)
{
    if (plugin == NULL)
        return;
    plugin->fini(cw);
    plugin_gone(&kit, cw);
    plugin = NULL;
}

static void tear_down(void)
{
    former_gone();
    chunk_unref(&chunk);
    arena_fini(&arena);
}

static int made_n(const struct output_plugin *which, const char *const *keys_and_values)
{
    former_gone();
    plugin = which;
    cw = plugin_make(&kit, which->self_bytes, which->options, keys_and_values);
    kit.setup.http = &http;
    return which->init(cw, &kit.setup);
}
#define LOGS(...)                \
    made_n(&out_cloudwatch_logs, \
           (const char *const[]){"region", "eu-west-1", "log_group_name", "g", __VA_ARGS__, NULL})
#define GO(...) \
    made_n(&out_cloudwatch, (const char *const[]){"region", "eu-west-1", __VA_ARGS__, NULL})

/* "group | stream", of one record. */
static const char *target(const char *tag, const char *object)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct chunk_record record;
    struct cw_target made;
    struct batch batch;

    chunk_maker_json(maker, tag, object);
    chunk_unref(&chunk);
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert(batch_next(&batch, &record));
    cw_target_of(&cw->names, &record, &arena, &made);
    batch_fini(&batch);
    return arena_format(&arena, "%.*s | %.*s", SLICE_ARG(cw_target_group(&made)),
                        SLICE_ARG(cw_target_stream(&made)))
        .data;
}

/* ---- mistakes ---- */

static const struct {
    const char *key, *value, *says;
} mistakes[] = {
    {"log_retention_days", "8", "CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60"},
    {"log_retention_days", "-1", "log_retention_days is -1"},
    {"log_retention_existing", "on", "log_retention_days does not say how many"},
    {"calls_per_second", "1001", "give a number from 1 to 1000, or 0 for no limit"},
    {"calls_per_second", "-1", "calls_per_second is -1"},
    {"log_group_class", "STANDRAD", "did you mean STANDARD?"},
    {"log_group_class", "CHEAP", "INFREQUENT_ACCESS"},
    {"log_group_kms_key", "alias/x", "ARN of a key"},
    {"new_log_group_tags", "aws:x=1", "AWS's own"},
    {"new_log_group_tags", "a$=1", "letters, digits"},
    {"new_log_group_tags", "a=\"1\"", "letters, digits"},
    {"log_stream_prefix", "p", "leave one of them out"},
    {"log_stream_max", "3", "set log_stream_prefix instead"},
    {"log_stream_max", "-1", "log_stream_max is -1; it is how many streams"},
    {"log_stream_max", "10001", "1 to 10000"},
    {"endpoint", "http://", "is no address"},
    {"endpoint", "http://user:secret@here", "endpoint \"...@...\" is no address"},
    {"sts_endpoint", "http://", "is no address"},
    {"log_group_template", "$a['", "quoted key"},
    {"log_stream_template", "$a[", "expected ['key']"},
    {"region", "eu west 1", "is no region"},
    {"log_group_name", "aws/x", "the service's own"},
    {"log_group_name", "", "log_group_name is empty"},
    {"log_stream_name", "", "log_stream_name is empty"},
    {"metric_namespace", ":x", "1 to 255"},
    {"metric_namespace", "a$b", "letters, digits"},
    {"metric_namespace", "", "1 to 255"},
    {"metric_dimensions", "", "no key is named"},
    {"metric_dimensions", " ;,", "no key is named"},
};

START_TEST(a_mistake_is_told_at_start_with_its_place)
{
    ck_assert_int_lt(LOGS("log_stream_name", "s", mistakes[_i].key, mistakes[_i].value), 0);
    ck_assert_msg(plugin_report_says(&kit, mistakes[_i].says), "%s", buffer_text(&kit.report.text));
    ck_assert(plugin_report_says(&kit, "kit.conf:"));
}
END_TEST

static const struct {
    const char *key, *value, *says;
} warnings[] = {
    {"region", "eu-west1", "did you mean \"eu-west-1\"?"},
    {"region", "moon-base-1", "no region \"moon-base-1\""},
    {"log_group_name", "a b", "it becomes \"a_b\""},
    {"log_stream_name", "a:b", "it becomes \"a_b\""},
    {"log_stream_name", "$(tag)", "to the output cloudwatch alone"},
    {"log_retention_days", "7", "auto_create_group is off"},
    {"new_log_group_tags", "a=b", "auto_create_group is off"},
};

START_TEST(what_goes_on_in_another_way_is_told_too)
{
    ck_assert_int_eq(LOGS("log_stream_name", "s", warnings[_i].key, warnings[_i].value), 0);
    ck_assert_msg(plugin_report_says(&kit, warnings[_i].says), "%s", buffer_text(&kit.report.text));
    ck_assert_uint_eq(kit.report.error_count, 0);
}
END_TEST

START_TEST(what_is_right_is_not_talked_about)
{
    ck_assert_int_eq(LOGS("log_stream_prefix", "node-", "auto_create_group", "on",
                          "log_retention_days", "3653", "log_group_class", "STANDARD",
                          "log_group_kms_key", "arn:aws:kms:eu-west-1:1:key/2",
                          "new_log_group_tags", "a=b"),
                     0);
    ck_assert_uint_eq(kit.report.warning_count + kit.report.error_count, 0);
}
END_TEST

START_TEST(without_a_stream_nothing_starts)
{
    ck_assert_int_lt(LOGS("log_key", "log"), 0);
    ck_assert(plugin_report_says(&kit, "nothing names the stream; set log_stream_name"));
}
END_TEST

static void expect_dimensions_refused(int sets, int keys, const char *says)
{
    struct buffer text = {0};

    for (int i = 0; i < sets; i++)
        for (int at = 0; at < keys; at++)
            buffer_append_format(&text, "%ck%d", at == 0 ? ';' : ',', at);
    ck_assert_int_lt(LOGS("log_stream_name", "s", "metric_dimensions", buffer_text(&text)), 0);
    ck_assert(plugin_report_says(&kit, says));
    buffer_fini(&text);
}

START_TEST(more_dimensions_than_cloudwatch_takes_are_refused)
{
    expect_dimensions_refused(1, 31, "30 keys");
}
END_TEST

START_TEST(and_so_are_more_sets_of_them)
{
    expect_dimensions_refused(31, 1, "30 sets");
}
END_TEST

/* ---- tags ---- */

static const char *tags_of(const char *text)
{
    ck_assert_int_eq(
        LOGS("log_stream_name", "s", "auto_create_group", "on", "new_log_group_tags", text), 0);
    return buffer_text(&cw->making.tags_json);
}

START_TEST(tags_have_blanks_around_them_and_the_last_of_one_key_counts)
{
    ck_assert_str_eq(tags_of(" a = 1 ,b,, =x ,a=2,c==d"), "{\"a\":\"2\",\"b\":\"\",\"c\":\"=d\"}");
}
END_TEST

START_TEST(more_tags_than_the_service_takes_are_refused)
{
    struct buffer tags = {0};

    for (int i = 0; i < 51; i++)
        buffer_append_format(&tags, "k%d=v,", i);
    ck_assert_int_lt(LOGS("log_stream_name", "s", "new_log_group_tags", buffer_text(&tags)), 0);
    ck_assert(plugin_report_says(&kit, "50 tags"));
    buffer_fini(&tags);
}
END_TEST

static void expect_long_tag_refused(size_t key_len, size_t value_len, const char *says)
{
    struct buffer tag = {0};

    for (size_t i = 0; i < key_len + 1 + value_len; i++)
        buffer_append_byte(&tag, i == key_len ? '=' : 'x');
    ck_assert_int_lt(LOGS("log_stream_name", "s", "new_log_group_tags", buffer_text(&tag)), 0);
    ck_assert(plugin_report_says(&kit, says));
    buffer_fini(&tag);
}

START_TEST(a_tag_that_is_too_long_is_refused)
{
    expect_long_tag_refused(129, 1, "longer than 128");
}
END_TEST

START_TEST(and_so_is_a_value)
{
    expect_long_tag_refused(128, 257, "longer than 256");
}
END_TEST

/* ---- names ---- */

START_TEST(a_template_goes_before_the_name_where_the_record_has_what_it_asks_for)
{
    ck_assert_int_eq(LOGS("log_stream_prefix", "n-", "log_group_template", "/x/$p['q']",
                          "log_stream_template", "$TAG[1].$r"),
                     0);
    ck_assert_str_eq(target("a.b", "{\"p\":{\"q\":\"y z\"},\"r\":\"s:t\"}"), "/x/y_z | b.s_t");
    ck_assert_str_eq(target("a.b", "{\"p\":{\"q\":\"y\"}}"), "/x/y | n-a.b");
    ck_assert_str_eq(target("a.b", "{\"r\":1}"), "g | b.1");
    ck_assert(!cw_names_are_by_tag(&cw->names));
}
END_TEST

START_TEST(names_of_the_tag_alone_are_the_same_for_all_records_of_a_tag)
{
    ck_assert_int_eq(LOGS("log_stream_name", "s", "log_stream_template", "x-$TAG"), 0);
    ck_assert(cw_names_are_by_tag(&cw->names));
    ck_assert_str_eq(target("a.b", "{\"n\":1}"), "g | x-a.b");
}
END_TEST

START_TEST(no_name_is_ever_empty)
{
    ck_assert_int_eq(LOGS("log_stream_prefix", "", "log_group_template", "$g"), 0);
    ck_assert_str_eq(target("", "{\"g\":\"\"}"), "g | _");
}
END_TEST

/* A record says so: no chunk waits for a group that may never be. */
START_TEST(no_record_names_a_group_of_the_services_own)
{
    ck_assert_int_eq(LOGS("log_stream_name", "s", "log_group_template", "$g"), 0);
    ck_assert_str_eq(target("a", "{\"g\":\"aws/x/y\"}"), "aws_x/y | s");
    ck_assert_str_eq(target("a", "{\"g\":\"/aws/x\"}"), "/aws/x | s");
    ck_assert_str_eq(target("a", "{\"g\":\"aws\"}"), "aws | s");
}
END_TEST

/* A place to cut it is not found within what a name may have. */
START_TEST(a_name_that_is_no_text_becomes_one)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct chunk_record record;
    struct cw_target made;
    struct batch batch;
    char bytes[600];

    memset(bytes, 0x80, sizeof bytes);
    ck_assert_int_eq(LOGS("log_stream_name", "s", "log_group_template", "$g"), 0);
    record_add(chunk_maker_record(maker), SLICE("g"), value_text(slice_make(bytes, sizeof bytes)));
    chunk_maker_push(maker, "a");
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert(batch_next(&batch, &record));
    cw_target_of(&cw->names, &record, &arena, &made);
    batch_fini(&batch);
    ck_assert_uint_ge(made.group_len, 1);
    ck_assert_uint_le(made.group_len, CW_NAME_BYTES_MAX);
    for (uint16_t i = 0; i < made.group_len; i++)
        ck_assert_int_eq(made.text[i], '_');
}
END_TEST

START_TEST(the_go_plugins_names_are_templates_and_have_defaults)
{
    ck_assert_int_eq(GO("log_group_name",
                        "/eks/$(kubernetes['namespace_name'])/$(kubernetes['pod_name'])",
                        "log_stream_name", "$(tag[1])/$(kubernetes['labels']['app'])"),
                     0);
    ck_assert_str_eq(target("k.x",
                            "{\"kubernetes\":{\"namespace_name\":\"shop\",\"pod_name\":\"p\","
                            "\"labels\":{\"app\":\"w:b\"}}}"),
                     "/eks/shop/p | x/w.b");
    ck_assert_str_eq(target("k.x", "{\"n\":1}"), "fluentbit-default | /fluentbit-default");
}
END_TEST

START_TEST(the_go_plugins_prefix_stands_before_the_tag)
{
    ck_assert_int_eq(GO("log_group_name", "g h", "log_stream_prefix", "from-$(n)-",
                        "default_log_group_name", "dg", "default_log_stream_name", "ds"),
                     0);
    ck_assert(plugin_report_says(&kit, "it becomes \"g.h\""));
    ck_assert_str_eq(target("a.b", "{\"n\":1}"), "g.h | from-1-a.b");
    ck_assert_str_eq(target("a.b", "{\"m\":1}"), "g.h | ds");
    ck_assert(cw->making.may_make_stream && !cw->making.may_make_group);
}
END_TEST

START_TEST(a_template_that_does_not_end_is_a_mistake)
{
    ck_assert_int_lt(GO("log_group_name", "g-$(tag", "log_stream_name", "s"), 0);
    ck_assert(plugin_report_says(&kit, "kit.conf:"));
    ck_assert(plugin_report_says(&kit, "without \")\""));
}
END_TEST

START_TEST(the_go_plugin_wants_one_name_of_the_stream)
{
    ck_assert_int_lt(GO("log_group_name", "g"), 0);
    ck_assert(plugin_report_says(&kit, "nothing names the stream"));
}
END_TEST

START_TEST(a_task_is_in_names_once_it_is_known)
{
    struct aws_task task = {.id = SLICE("158d"), .cluster = SLICE("shop")};
    const struct aws_signer_settings *settings;

    unsetenv("ECS_CONTAINER_METADATA_URI");
    unsetenv("ECS_CONTAINER_METADATA_URI_V4");
    ck_assert_int_eq(
        GO("log_group_name", "/ecs/$(ecs_cluster)", "log_stream_name", "$(ecs_task_id)"), 0);
    ck_assert(plugin_report_says(&kit, "ECS_CONTAINER_METADATA_URI_V4 is not set"));
    ck_assert_str_eq(target("a", "{\"n\":1}"), "fluentbit-default | /fluentbit-default");
    settings = plugin->aws(cw);
    settings->task_heard(settings->task_owner, &task, NULL);
    ck_assert_str_eq(target("a", "{\"n\":1}"), "/ecs/shop | 158d");
}
END_TEST

START_TEST(every_node_of_an_upstream_may_say_the_task)
{
    struct aws_task task = {.arn = SLICE("arn:x"), .id = SLICE("158d"), .cluster = SLICE("shop")};
    const struct aws_signer_settings *settings;

    ck_assert_int_eq(
        GO("log_group_name", "/ecs/$(ecs_cluster)", "log_stream_name", "$(ecs_task_id)"), 0);
    settings = plugin->aws(cw);
    for (int node = 0; node < 2; node++)
        settings->task_heard(settings->task_owner, &task, NULL);
    ck_assert_str_eq(target("a", "{\"n\":1}"), "/ecs/shop | 158d");
}
END_TEST

START_TEST(who_names_no_task_asks_for_none)
{
    ck_assert_int_eq(GO("log_group_name", "g", "log_stream_name", "$(tag)"), 0);
    ck_assert_ptr_null(plugin->aws(cw)->task_heard);
}
END_TEST

START_TEST(the_go_plugins_login_is_told_in_its_own_keys)
{
    const struct aws_signer_settings *settings;

    ck_assert_int_eq(GO("log_group_name", "g", "log_stream_name", "s", "role_arn", "arn:r",
                        "external_id", "x", "sts_endpoint", "https://sts.test",
                        "credentials_endpoint", "http://169.254.170.2/v2", "auto_create_stream",
                        "false"),
                     0);
    settings = plugin->aws(cw);
    ck_assert_str_eq(settings->wish.role_arn, "arn:r");
    ck_assert_str_eq(settings->wish.external_id, "x");
    ck_assert_str_eq(settings->wish.sts_endpoint, "https://sts.test");
    ck_assert_str_eq(settings->wish.credentials_url, "http://169.254.170.2/v2");
    ck_assert(!cw->making.may_make_stream);
}
END_TEST

START_TEST(who_is_trusted_the_environment_says_where_no_key_does)
{
    setenv("AWS_CA_BUNDLE", "/etc/ca.pem", 1);
    ck_assert_int_eq(LOGS("log_stream_name", "s"), 0);
    ck_assert_str_eq(cw->reach.http.tls->ca_file, "/etc/ca.pem");
    ck_assert(cw->reach.http.tls->verify && cw->reach.http.tls->verify_hostname);
    setenv("AWS_CA_BUNDLE", "", 1);
    ck_assert_int_eq(LOGS("log_stream_name", "s"), 0);
    ck_assert_ptr_null(cw->reach.http.tls->ca_file);
    unsetenv("AWS_CA_BUNDLE");
}
END_TEST

START_TEST(tags_share_as_many_streams_as_are_wanted)
{
    bool is_seen[4] = {false};
    char tag[16];

    ck_assert_int_eq(LOGS("log_stream_prefix", "node-", "log_stream_max", "3"), 0);
    for (int i = 0; i < 100; i++) {
        const char *made;

        snprintf(tag, sizeof tag, "pod-%d", i);
        made = target(tag, "{}");
        ck_assert(strncmp(made, "g | node-shared-", 16) == 0);
        ck_assert(made[16] >= '1' && made[16] <= '3' && made[17] == '\0');
        is_seen[made[16] - '0'] = true;
        ck_assert_str_eq(target(tag, "{}"), made);
    }
    ck_assert(is_seen[1] && is_seen[2] && is_seen[3]);
}
END_TEST

Suite *suite_plugins_out_cloudwatch_start(void);

Suite *suite_plugins_out_cloudwatch_start(void)
{
    Suite *suite = suite_create("plugins/out_cloudwatch_start");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_mistake_is_told_at_start_with_its_place, 0,
                        (int)ARRAY_LEN(mistakes));
    tcase_add_loop_test(tests, what_goes_on_in_another_way_is_told_too, 0,
                        (int)ARRAY_LEN(warnings));
    tcase_add_test(tests, what_is_right_is_not_talked_about);
    tcase_add_test(tests, without_a_stream_nothing_starts);
    tcase_add_test(tests, more_dimensions_than_cloudwatch_takes_are_refused);
    tcase_add_test(tests, and_so_are_more_sets_of_them);
    tcase_add_test(tests, tags_have_blanks_around_them_and_the_last_of_one_key_counts);
    tcase_add_test(tests, more_tags_than_the_service_takes_are_refused);
    tcase_add_test(tests, a_tag_that_is_too_long_is_refused);
    tcase_add_test(tests, and_so_is_a_value);
    tcase_add_test(tests, a_template_goes_before_the_name_where_the_record_has_what_it_asks_for);
    tcase_add_test(tests, names_of_the_tag_alone_are_the_same_for_all_records_of_a_tag);
    tcase_add_test(tests, no_name_is_ever_empty);
    tcase_add_test(tests, no_record_names_a_group_of_the_services_own);
    tcase_add_test(tests, a_name_that_is_no_text_becomes_one);
    tcase_add_test(tests, the_go_plugins_names_are_templates_and_have_defaults);
    tcase_add_test(tests, the_go_plugins_prefix_stands_before_the_tag);
    tcase_add_test(tests, a_template_that_does_not_end_is_a_mistake);
    tcase_add_test(tests, the_go_plugin_wants_one_name_of_the_stream);
    tcase_add_test(tests, a_task_is_in_names_once_it_is_known);
    tcase_add_test(tests, every_node_of_an_upstream_may_say_the_task);
    tcase_add_test(tests, who_names_no_task_asks_for_none);
    tcase_add_test(tests, the_go_plugins_login_is_told_in_its_own_keys);
    tcase_add_test(tests, who_is_trusted_the_environment_says_where_no_key_does);
    tcase_add_test(tests, tags_share_as_many_streams_as_are_wanted);
    suite_add_tcase(suite, tests);
    return suite;
}
