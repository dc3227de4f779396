#include "kit/chunk.h"
#include "plugins/out_cloudwatch_logs/entity.h"

#include <check.h>
#include <stdio.h>

/* What a record says of the service that it is about. */

static struct chunk *chunk;
static struct chunk_record record;
static struct arena arena;
static struct buffer out;

static void set_up(void)
{
    arena_init(&arena);
    out = (struct buffer){0};
    chunk = NULL;
}

static void tear_down(void)
{
    chunk_unref(&chunk);
    arena_fini(&arena);
    buffer_fini(&out);
}

static void take(const char *object)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct batch batch;

    chunk_maker_json(maker, "a", object);
    chunk_unref(&chunk);
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert(batch_next(&batch, &record));
    batch_fini(&batch);
}

static const char *entity(const char *object)
{
    struct accessor_scope scope;
    bool has_one;

    take(object);
    scope = chunk_record_scope(&record, &arena);
    buffer_clear(&out);
    has_one = cw_entity_write(&scope, &out);
    ck_assert(has_one || out.len == 0);
    return has_one ? buffer_text(&out) : NULL;
}

static const char *stripped(const char *object)
{
    take(object);
    buffer_clear(&out);
    cw_entity_strip(&record, &arena, &out);
    return buffer_text(&out);
}

START_TEST(all_that_is_known_is_said)
{
    ck_assert_str_eq(
        entity("{\"log\":\"x\",\"kubernetes\":{\"namespace_name\":\"shop\",\"host\":\"ip-1\","
               "\"aws_entity_service_name\":\"cart\",\"aws_entity_environment\":\"prod\","
               "\"aws_entity_cluster\":\"c\",\"aws_entity_platform\":\"eks\","
               "\"aws_entity_workload\":\"cart-w\",\"aws_entity_name_source\":\"Instr\\\"n\"},"
               "\"aws_entity_ec2_instance_id\":\"i-1\",\"aws_entity_account_id\":\"123\"}"),
        "{\"keyAttributes\":{\"Type\":\"Service\",\"Name\":\"cart\",\"Environment\":\"prod\","
        "\"AwsAccountId\":\"123\"},\"attributes\":{\"PlatformType\":\"AWS::EKS\",\"EKS.Cluster\":"
        "\"c\",\"K8s.Namespace\":\"shop\",\"K8s.Node\":\"ip-1\",\"K8s.Workload\":\"cart-w\","
        "\"EC2.InstanceId\":\"i-1\",\"AWS.ServiceNameSource\":\"Instr\\\"n\"}}");
}
END_TEST

START_TEST(a_workload_stands_for_the_service_and_the_cluster_for_the_environment)
{
    ck_assert_str_eq(
        entity("{\"aws_entity_account_id\":\"123\",\"kubernetes\":{\"namespace_name\":\"shop\","
               "\"aws_entity_cluster\":\"c\",\"aws_entity_platform\":\"k8s\","
               "\"aws_entity_workload\":\"w\"}}"),
        "{\"keyAttributes\":{\"Type\":\"Service\",\"Name\":\"w\",\"Environment\":\"k8s:c/shop\","
        "\"AwsAccountId\":\"123\"},\"attributes\":{\"PlatformType\":\"K8s\",\"K8s.Cluster\":\"c\","
        "\"K8s.Namespace\":\"shop\",\"K8s.Workload\":\"w\",\"AWS.ServiceNameSource\":"
        "\"K8sWorkload\"}}");
}
END_TEST

static const struct {
    const char *owners, *workload;
} owned[] = {
    {"[{\"kind\":\"ReplicaSet\",\"name\":\"cart-v2-5468c5d4d7\"}]", "cart-v2"},
    {"[{\"kind\":\"DaemonSet\",\"name\":\"agent-x\"},{\"kind\":\"X\",\"name\":\"y\"}]", "agent-x"},
    {"[{\"kind\":\"ReplicaSet\",\"name\":\"alone\"}]", "alone"},
    {"[{\"kind\":\"ReplicaSet\"}]", NULL},
    {"[\"x\"]", NULL},
    {"[]", NULL},
    {"{}", NULL},
};

START_TEST(a_pod_whose_owner_is_known_belongs_to_its_workload)
{
    struct slice object = arena_format(
        &arena, "{\"aws_entity_account_id\":\"1\",\"kubernetes\":{\"ownerReferences\":%s}}",
        owned[_i].owners);
    const char *text = entity(object.data);
    char wanted[64];

    ck_assert_msg((text == NULL) == (owned[_i].workload == NULL), "%s", owned[_i].owners);
    if (text == NULL)
        return;
    snprintf(wanted, sizeof wanted, "\"K8s.Workload\":\"%s\"", owned[_i].workload);
    ck_assert_msg(strstr(text, wanted) != NULL, "%s", text);
}
END_TEST

static const char *const without[] = {
    "{\"log\":\"x\"}",
    "{\"aws_entity_account_id\":\"1\"}",
    "{\"aws_entity_account_id\":\"1\",\"kubernetes\":\"x\"}",
    "{\"aws_entity_account_id\":\"1\",\"kubernetes\":{\"pod_name\":\"p\"}}",
    "{\"kubernetes\":{\"aws_entity_service_name\":\"x\"}}",
    "{\"aws_entity_account_id\":1,\"kubernetes\":{\"aws_entity_service_name\":\"x\"}}",
    "{\"aws_entity_account_id\":\"1\",\"kubernetes\":{\"aws_entity_service_name\":\"\"}}",
    "{\"aws_entity_account_id\":\"1\",\"kubernetes\":{\"aws_entity_workload\":\"w\","
    "\"aws_entity_name_source\":\"s\"}}",
};

START_TEST(without_a_name_or_an_account_there_is_none)
{
    ck_assert_msg(entity(without[_i]) == NULL, "%s", without[_i]);
}
END_TEST

START_TEST(a_value_is_no_longer_than_the_service_takes)
{
    struct buffer object = {0};
    const char *text;

    buffer_append_text(&object, "{\"aws_entity_account_id\":\"1\",\"kubernetes\":{"
                                "\"aws_entity_service_name\":\"");
    for (int i = 0; i < 600; i++)
        buffer_append_byte(&object, 'n');
    buffer_append_text(&object, "\"}}");
    text = strstr(entity(buffer_text(&object)), "nnn");
    ck_assert_uint_eq(strspn(text, "n"), CW_ENTITY_VALUE_BYTES_MAX);
    buffer_fini(&object);
}
END_TEST

START_TEST(messages_do_not_say_it_again)
{
    ck_assert_str_eq(
        stripped("{\"a\":1,\"aws_entity_account_id\":\"1\",\"kubernetes\":{"
                 "\"aws_entity_x\":\"y\",\"pod_name\":\"p\\n\",\"l\":{\"k\":[1,2]},"
                 "\"aws_entity_z\":1},\"aws_entity_ec2_instance_id\":\"i\",\"b\":\"c\"}"),
        "{\"a\":1,\"kubernetes\":{\"pod_name\":\"p\\n\",\"l\":{\"k\":[1,2]}},\"b\":\"c\"}");
    ck_assert_str_eq(stripped("{\"kubernetes\":{\"aws_entity_x\":\"y\"}}"), "{\"kubernetes\":{}}");
    ck_assert_str_eq(stripped("{\"kubernetes\":\"none\",\"n\":null}"),
                     "{\"kubernetes\":\"none\",\"n\":null}");
}
END_TEST

/* As filters that are no JSON's put it together. */
START_TEST(a_pod_that_was_put_together_is_one_too)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct field pod[] = {{SLICE("aws_entity_workload"), value_text(SLICE("w"))},
                          {SLICE("host"), value_text(SLICE("h"))}};
    struct field_list list = {.fields = pod, .count = 2};
    struct accessor_scope scope;
    struct record *built;
    struct batch batch;

    built = chunk_maker_record(maker);
    record_add(built, SLICE("kubernetes"), value_map(&list));
    record_add(built, SLICE("aws_entity_account_id"), value_text(SLICE("1")));
    chunk_maker_push(maker, "a");
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert(batch_next(&batch, &record));
    batch_fini(&batch);
    scope = chunk_record_scope(&record, &arena);
    ck_assert(cw_entity_write(&scope, &out));
    ck_assert_ptr_nonnull(strstr(buffer_text(&out), "\"Name\":\"w\""));
    buffer_clear(&out);
    cw_entity_strip(&record, &arena, &out);
    ck_assert_str_eq(buffer_text(&out), "{\"kubernetes\":{\"host\":\"h\"}}");
}
END_TEST

Suite *suite_plugins_out_cloudwatch_entity(void);

Suite *suite_plugins_out_cloudwatch_entity(void)
{
    Suite *suite = suite_create("plugins/out_cloudwatch_entity");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, all_that_is_known_is_said);
    tcase_add_test(tests, a_workload_stands_for_the_service_and_the_cluster_for_the_environment);
    tcase_add_loop_test(tests, a_pod_whose_owner_is_known_belongs_to_its_workload, 0,
                        (int)ARRAY_LEN(owned));
    tcase_add_loop_test(tests, without_a_name_or_an_account_there_is_none, 0,
                        (int)ARRAY_LEN(without));
    tcase_add_test(tests, a_value_is_no_longer_than_the_service_takes);
    tcase_add_test(tests, messages_do_not_say_it_again);
    tcase_add_test(tests, a_pod_that_was_put_together_is_one_too);
    suite_add_tcase(suite, tests);
    return suite;
}
