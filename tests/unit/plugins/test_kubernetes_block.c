#include "plugins/filter_kubernetes/block.h"

#include <check.h>

/* The fields that the lines of a container get. */

static struct json_scanner json;
static struct identity id;
static struct block_form form;
static struct pod pod;
static struct pod_container containers[2];
static struct pod_namespace space;
static struct shared_object *block;
static uint32_t left_out;

static void set_up(void)
{
    json_scanner_init(&json);
    id = (struct identity){.query = {.namespace_name = SLICE("shop"),
                                     .name = SLICE("web-0"),
                                     .container = SLICE("main"),
                                     .container_id = SLICE("c1")}};
    form = (struct block_form){
        .labels = true, .annotations = true, .owners = true, .value_bytes_max = 1000};
    containers[0] =
        (struct pod_container){.name = SLICE("init"), .id = SLICE("c0"), .image = SLICE("other:1")};
    containers[1] = (struct pod_container){.name = SLICE("main"),
                                           .id = SLICE("c1"),
                                           .image = SLICE("web:2"),
                                           .hash = SLICE("web@sha")};
    space = (struct pod_namespace){.name = SLICE("shop"),
                                   .labels = SLICE("{\"team\":\"a\"}"),
                                   .annotations = SLICE("{\"cost\":\"low\"}")};
    pod = (struct pod){
        .version = 1,
        .namespace_name = SLICE("shop"),
        .name = SLICE("web-0"),
        .uid = SLICE("u1"),
        .labels = SLICE("{\"app\":\"web\",\"app.kubernetes.io/name\":\"w\"}"),
        .annotations = SLICE("{\"a.b/c\":\"d\"}"),
        .owners = SLICE("[{\"kind\":\"StatefulSet\"}]"),
        .node = SLICE("n1"),
        .pod_ip = SLICE("10.0.0.1"),
        .containers = containers,
        .container_count = 2,
        .space = &space,
    };
}

static void tear_down(void)
{
    shared_unref(&block);
    json_scanner_fini(&json);
}

static const char *make(const struct pod *of, bool is_partial)
{
    struct block_source source = {
        .form = &form, .identity = &id, .pod = of, .is_partial = is_partial};

    shared_unref(&block);
    block = block_make(&source, &json, &left_out);
    return block != NULL ? shared_text(block).data : NULL;
}

#define HEAD "{\"kubernetes\":{\"pod_name\":\"web-0\",\"namespace_name\":\"shop\",\"pod_id\":\"u1\""
#define LABELS ",\"labels\":{\"app\":\"web\",\"app.kubernetes.io/name\":\"w\"}"
#define PLACE ",\"host\":\"n1\",\"pod_ip\":\"10.0.0.1\""
#define CONTAINER                                                                       \
    ",\"container_name\":\"main\",\"docker_id\":\"c1\",\"container_hash\":\"web@sha\"," \
    "\"container_image\":\"web:2\"}"

START_TEST(a_block_has_fluent_bits_fields_in_its_order)
{
    ck_assert_str_eq(make(&pod, false), HEAD LABELS
                     ",\"annotations\":{\"a.b/c\":\"d\"},\"ownerReferences\":[{\"kind\":"
                     "\"StatefulSet\"}]" PLACE CONTAINER "}");
    ck_assert_uint_eq(left_out, 0);
}
END_TEST

START_TEST(an_entity_stands_behind_the_names)
{
    struct block_entity entity = {.name = SLICE("shop"),
                                  .environment = SLICE("prod"),
                                  .name_source = SLICE("K8sWorkload"),
                                  .platform = SLICE("eks"),
                                  .cluster = SLICE("c1"),
                                  .workload = SLICE("web")};
    struct block_source source = {.form = &form, .identity = &id, .pod = &pod, .entity = &entity};

    block = block_make(&source, &json, &left_out);
    ck_assert_ptr_nonnull(
        strstr(shared_text(block).data,
               "\"namespace_name\":\"shop\",\"aws_entity_service_name\":\"shop\","
               "\"aws_entity_environment\":\"prod\",\"aws_entity_name_source\":\"K8sWorkload\","
               "\"aws_entity_platform\":\"eks\",\"aws_entity_cluster\":\"c1\","
               "\"aws_entity_workload\":\"web\",\"pod_id\":\"u1\""));
    shared_unref(&block);
    entity = (struct block_entity){.workload = SLICE("web")};
    block = block_make(&source, &json, &left_out);
    ck_assert_ptr_nonnull(
        strstr(shared_text(block).data, "\"shop\",\"aws_entity_workload\":\"web\",\"pod_id\""));
}
END_TEST

START_TEST(what_is_off_or_not_there_is_left_out)
{
    form.labels = form.annotations = form.owners = false;
    ck_assert_str_eq(make(&pod, false), HEAD PLACE CONTAINER "}");
    form.labels = form.annotations = form.owners = true;
    pod.labels = pod.owners = pod.pod_ip = pod.node = (struct slice){0};
    pod.annotations = SLICE("{}");
    pod.container_count = 0;
    ck_assert_str_eq(make(&pod, false), HEAD ",\"container_name\":\"main\",\"docker_id\":\"c1\"}}");
}
END_TEST

START_TEST(namespaces_come_after)
{
    form.labels = form.annotations = form.owners = false;
    form.namespace_labels = true;
    ck_assert_str_eq(make(&pod, false),
                     HEAD PLACE CONTAINER ",\"kubernetes_namespace\":{\"name\":\"shop\",\"labels\":"
                                          "{\"team\":\"a\"}}}");
    form.namespace_annotations = form.is_namespace_only = true;
    ck_assert_str_eq(make(&pod, false), "{\"kubernetes_namespace\":{\"name\":\"shop\",\"labels\":"
                                        "{\"team\":\"a\"},\"annotations\":{\"cost\":\"low\"}}}");
    pod.space = NULL;
    ck_assert_ptr_null(make(&pod, false));
}
END_TEST

START_TEST(without_a_pod_there_is_what_the_names_tell)
{
    ck_assert_str_eq(make(NULL, false),
                     "{\"kubernetes\":{\"pod_name\":\"web-0\",\"namespace_name\":\"shop\","
                     "\"container_name\":\"main\",\"docker_id\":\"c1\"}}");
    id.query.uid = SLICE("u1");
    ck_assert_str_eq(make(NULL, true), HEAD ",\"container_name\":\"main\",\"docker_id\":\"c1\","
                                            "\"metadata\":\"partial\"}}");
}
END_TEST

START_TEST(dots_in_names_become_underscores)
{
    form.keys = BLOCK_KEYS_DOTLESS;
    form.owners = false;
    ck_assert_str_eq(make(&pod, false),
                     HEAD ",\"labels\":{\"app\":\"web\",\"app_kubernetes_io/name\":\"w\"},"
                          "\"annotations\":{\"a_b/c\":\"d\"}" PLACE CONTAINER "}");
}
END_TEST

START_TEST(names_that_become_one_without_dots_are_one)
{
    form.keys = BLOCK_KEYS_DOTLESS;
    form.owners = form.annotations = false;
    pod.labels = SLICE("{\"a.b\":\"1\",\"a_b\":\"2\"}");
    ck_assert_str_eq(make(&pod, false), HEAD ",\"labels\":{\"a_b\":\"2\"}" PLACE CONTAINER "}");
}
END_TEST

START_TEST(flat_labels_are_one_field)
{
    form.keys = BLOCK_KEYS_FLAT;
    form.owners = false;
    pod.annotations = SLICE("{\"q\":\"\\\"x\\\"\"}");
    ck_assert_str_eq(make(&pod, false),
                     HEAD ",\"labels\":[\"app=web\",\"app.kubernetes.io/name=w\"],"
                          "\"annotations\":[\"q=\\\"x\\\"\"]" PLACE CONTAINER "}");
}
END_TEST

START_TEST(labels_past_the_limit_are_left_out_and_counted)
{
    form.owners = false;
    form.fields_max = 1;
    ck_assert_str_eq(make(&pod, false), HEAD ",\"labels\":{\"app\":\"web\"}" PLACE CONTAINER "}");
    ck_assert_uint_eq(left_out, 2);
}
END_TEST

START_TEST(a_megabyte_of_annotation_is_left_out_and_counted)
{
    size_t bytes = (size_t)1 << 20;
    char *text = mem_alloc(bytes);

    memset(text, 'x', bytes);
    memcpy(text, "{\"big\":\"", 8);
    memcpy(text + bytes - 17, "\",\"small\":\"here\"}", 17);
    pod.annotations = slice_make(text, bytes);
    form.owners = form.labels = false;
    ck_assert_str_eq(make(&pod, false),
                     HEAD ",\"annotations\":{\"small\":\"here\"}" PLACE CONTAINER "}");
    ck_assert_uint_eq(left_out, 1);
    mem_free(text);
}
END_TEST

START_TEST(texts_are_escaped_and_made_utf_8)
{
    form.labels = form.annotations = form.owners = false;
    pod.name = SLICE("a\"b");
    pod.node = SLICE("n\xff");
    ck_assert_ptr_nonnull(strstr(make(&pod, false), "\"pod_name\":\"a\\\"b\""));
    ck_assert_ptr_nonnull(strstr(make(&pod, false), "\"host\":\"n\xef\xbf\xbd\""));
}
END_TEST

START_TEST(a_dummy_is_the_time_in_words)
{
    block = block_make_dummy(INT64_C(1700000000) * NS_PER_S, &json);
    ck_assert_str_eq(shared_text(block).data,
                     "{\"kubernetes\":{\"dummy\":\"Tue Nov 14 22:13:20 2023\"}}");
}
END_TEST

Suite *suite_plugins_kubernetes_block(void);

Suite *suite_plugins_kubernetes_block(void)
{
    Suite *suite = suite_create("plugins/kubernetes_block");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_block_has_fluent_bits_fields_in_its_order);
    tcase_add_test(tcase, an_entity_stands_behind_the_names);
    tcase_add_test(tcase, what_is_off_or_not_there_is_left_out);
    tcase_add_test(tcase, namespaces_come_after);
    tcase_add_test(tcase, without_a_pod_there_is_what_the_names_tell);
    tcase_add_test(tcase, dots_in_names_become_underscores);
    tcase_add_test(tcase, names_that_become_one_without_dots_are_one);
    tcase_add_test(tcase, flat_labels_are_one_field);
    tcase_add_test(tcase, labels_past_the_limit_are_left_out_and_counted);
    tcase_add_test(tcase, a_megabyte_of_annotation_is_left_out_and_counted);
    tcase_add_test(tcase, texts_are_escaped_and_made_utf_8);
    tcase_add_test(tcase, a_dummy_is_the_time_in_words);
    suite_add_tcase(suite, tcase);
    return suite;
}
