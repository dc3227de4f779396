#include "plugins/filter_kubernetes/facts.h"

#include <check.h>
#include <uv.h>

/* What is read of pods, namespaces, events and Status. */

static struct source_wants wants;
static struct facts_reader reader;
static struct facts facts;
static struct pod_facts pod;

static void set_up(void)
{
    wants = (struct source_wants){.labels = true,
                                  .annotations = true,
                                  .owners = true,
                                  .namespace_labels = true,
                                  .namespace_annotations = true};
    facts_reader_init(&reader, &wants);
}

static void tear_down(void)
{
    facts_reader_fini(&reader);
}

static void read_text(const char *text)
{
    ck_assert_int_eq(facts_read(&reader, slice_of(text), &facts), 0);
}

static void read_pod(const char *text)
{
    read_text(text);
    ck_assert_int_eq(facts_read_pod(&reader, facts.object, &pod), 0);
}

static void expect_text(struct slice text, const char *expected)
{
    ck_assert_msg(slice_is(text, expected), "%.*s instead of %s", SLICE_ARG(text), expected);
}

static const char whole_pod[] =
    "{\"metadata\":{\"name\":\"web-0\",\"namespace\":\"shop\",\"uid\":\"u-1\","
    "\"resourceVersion\":\"17\",\"labels\":{\"app\":\"web\"},\"annotations\":{\"a/b\":\"c\"},"
    "\"ownerReferences\":[{\"kind\":\"StatefulSet\",\"name\":\"web\"}]},"
    "\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"name\":\"main\",\"image\":\"web:1\"},"
    "{\"name\":\"side\",\"image\":\"side:2\"}],\"initContainers\":[{\"name\":\"init\"}]},"
    "\"status\":{\"podIP\":\"10.0.0.7\",\"containerStatuses\":[{\"name\":\"main\","
    "\"image\":\"reg/web:1\",\"imageID\":\"docker-pullable://reg/web@sha256:ab\","
    "\"containerID\":\"containerd://c1\","
    "\"lastState\":{\"terminated\":{\"containerID\":\"containerd://c0\"}}}]}}";

START_TEST(a_pod_is_read_with_all_that_is_wanted)
{
    read_pod(whole_pod);
    expect_text(facts.version, "17");
    expect_text(pod.pod.name, "web-0");
    expect_text(pod.pod.namespace_name, "shop");
    expect_text(pod.pod.uid, "u-1");
    expect_text(pod.pod.labels, "{\"app\":\"web\"}");
    expect_text(pod.pod.annotations, "{\"a/b\":\"c\"}");
    expect_text(pod.pod.owners, "[{\"kind\":\"StatefulSet\",\"name\":\"web\"}]");
    expect_text(pod.pod.node, "n1");
    expect_text(pod.pod.pod_ip, "10.0.0.7");
    expect_text(pod.config_hash, "");
}
END_TEST

START_TEST(a_status_says_more_of_a_container_than_the_specification)
{
    read_pod(whole_pod);
    ck_assert_uint_eq(pod.pod.container_count, 3);
    expect_text(pod.pod.containers[0].name, "main");
    expect_text(pod.pod.containers[0].image, "reg/web:1");
    expect_text(pod.pod.containers[0].hash, "reg/web@sha256:ab");
    expect_text(pod.pod.containers[0].id, "c1");
    expect_text(pod.pod.containers[0].last_id, "c0");
    expect_text(pod.pod.containers[1].image, "side:2");
    expect_text(pod.pod.containers[1].id, "");
    expect_text(pod.pod.containers[2].name, "init");
}
END_TEST

START_TEST(what_is_not_wanted_is_not_kept)
{
    wants = (struct source_wants){0};
    read_pod(whole_pod);
    expect_text(pod.pod.labels, "");
    expect_text(pod.pod.annotations, "");
    expect_text(pod.pod.owners, "");
    expect_text(pod.pod.name, "web-0");
}
END_TEST

START_TEST(some_annotations_can_be_wanted_without_the_others)
{
    static const char *const prefixes[] = {"fluentbit.io/", "tailrace.io/", NULL};
    const char *text = "{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\",\"annotations\":{"
                       "\"x\":\"1\",\"fluentbit.io/parser\":\"json\",\"y\":\"2\","
                       "\"tailrace.io/rate\":\"5\",\"z\":\"\"}}}";

    wants = (struct source_wants){.annotation_prefixes = prefixes};
    read_pod(text);
    expect_text(pod.pod.annotations,
                "{\"fluentbit.io/parser\":\"json\",\"tailrace.io/rate\":\"5\"}");
    read_pod("{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\",\"annotations\":{\"x\":\"1\"}}}");
    expect_text(pod.pod.annotations, "");
    wants.annotations = true;
    read_pod(text);
    ck_assert(slice_begins(pod.pod.annotations, SLICE("{\"x\":\"1\"")));
}
END_TEST

START_TEST(empty_maps_are_none)
{
    read_pod("{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\",\"labels\":{},\"annotations\":null,"
             "\"ownerReferences\":[]},\"spec\":{},\"status\":\"x\"}");
    expect_text(pod.pod.labels, "");
    expect_text(pod.pod.annotations, "");
    expect_text(pod.pod.owners, "");
    ck_assert_uint_eq(pod.pod.container_count, 0);
}
END_TEST

START_TEST(a_static_pod_has_the_hash_that_its_folder_is_named_after)
{
    read_pod("{\"metadata\":{\"name\":\"kube-proxy-n1\",\"namespace\":\"kube-system\","
             "\"annotations\":{\"kubernetes.io/config.hash\":\"abc\","
             "\"kubernetes.io/config.mirror\":\"def\"}}}");
    expect_text(pod.config_hash, "abc");
    wants.annotations = false;
    read_pod("{\"metadata\":{\"name\":\"kube-proxy-n1\",\"namespace\":\"kube-system\","
             "\"annotations\":{\"kubernetes.io/config.mirror\":\"def\"}}}");
    expect_text(pod.config_hash, "def");
    expect_text(pod.pod.annotations, "");
}
END_TEST

START_TEST(a_pod_without_a_name_is_none)
{
    static const char *const texts[] = {"{}", "{\"metadata\":{\"name\":\"a\"}}",
                                        "{\"metadata\":{\"namespace\":\"a\",\"name\":7}}",
                                        "{\"metadata\":[]}"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        read_text(texts[i]);
        ck_assert_int_eq(facts_read_pod(&reader, facts.object, &pod), UV_EINVAL);
    }
}
END_TEST

START_TEST(bytes_that_are_no_utf8_are_repaired)
{
    read_pod("{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\",\"labels\":{\"x\":\"\xff\"}}}");
    expect_text(pod.pod.labels, "{\"x\":\"\xef\xbf\xbd\"}");
}
END_TEST

START_TEST(an_event_has_its_object)
{
    read_text("{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\","
              "\"resourceVersion\":\"9\"}}}");
    expect_text(facts.event, "MODIFIED");
    expect_text(facts.version, "9");
    ck_assert_int_eq(facts_read_pod(&reader, facts.object, &pod), 0);
    expect_text(pod.pod.name, "a");
}
END_TEST

START_TEST(a_status_is_read_alone_and_in_an_event)
{
    read_text("{\"metadata\":{},\"status\":\"Failure\",\"message\":\"too old\","
              "\"reason\":\"Expired\",\"code\":410}");
    ck_assert_int_eq(facts.code, 410);
    expect_text(facts.reason, "Expired");
    expect_text(facts.message, "too old");
    read_text("{\"type\":\"ERROR\",\"object\":{\"status\":\"Failure\",\"code\":410}}");
    expect_text(facts.event, "ERROR");
    ck_assert_int_eq(facts.code, 410);
}
END_TEST

START_TEST(a_list_says_where_it_goes_on)
{
    read_text("{\"items\":[],\"metadata\":{\"resourceVersion\":\"12\",\"continue\":\"abc=\"}}");
    expect_text(facts.version, "12");
    expect_text(facts.more, "abc=");
}
END_TEST

START_TEST(a_namespace_is_read)
{
    struct pod_namespace space;

    read_text("{\"metadata\":{\"name\":\"shop\",\"labels\":{\"team\":\"x\"},"
              "\"annotations\":{\"a\":\"b\"}}}");
    ck_assert_int_eq(facts_read_space(&reader, facts.object, &space), 0);
    expect_text(space.name, "shop");
    expect_text(space.labels, "{\"team\":\"x\"}");
    expect_text(space.annotations, "{\"a\":\"b\"}");
    wants.namespace_annotations = false;
    ck_assert_int_eq(facts_read_space(&reader, facts.object, &space), 0);
    expect_text(space.annotations, "");
    read_text("{}");
    ck_assert_int_eq(facts_read_space(&reader, facts.object, &space), UV_EINVAL);
}
END_TEST

START_TEST(what_is_no_json_is_refused)
{
    ck_assert_int_eq(facts_read(&reader, SLICE("{\"a\":}"), &facts), UV_EINVAL);
    ck_assert_int_eq(facts_read(&reader, SLICE("[]"), &facts), UV_EINVAL);
    ck_assert_uint_eq(facts.object.len, 0);
}
END_TEST

START_TEST(containers_past_the_limit_are_left_out)
{
    struct buffer text = {0};

    buffer_append_text(&text, "{\"metadata\":{\"name\":\"a\",\"namespace\":\"b\"},\"spec\":{"
                              "\"containers\":[{\"name\":\"c\"}");
    for (unsigned i = 0; i < 2 * POD_CONTAINERS_MAX; i++)
        buffer_append_format(&text, ",{\"name\":\"c%u\"}", i);
    buffer_append_text(&text, "]}}");
    read_pod(buffer_text(&text));
    ck_assert_uint_eq(pod.pod.container_count, POD_CONTAINERS_MAX);
    buffer_fini(&text);
}
END_TEST

Suite *suite_plugins_kubernetes_facts(void);

Suite *suite_plugins_kubernetes_facts(void)
{
    Suite *suite = suite_create("plugins_kubernetes_facts");
    TCase *tcase = tcase_create("plugins_kubernetes_facts");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_pod_is_read_with_all_that_is_wanted);
    tcase_add_test(tcase, a_status_says_more_of_a_container_than_the_specification);
    tcase_add_test(tcase, what_is_not_wanted_is_not_kept);
    tcase_add_test(tcase, some_annotations_can_be_wanted_without_the_others);
    tcase_add_test(tcase, empty_maps_are_none);
    tcase_add_test(tcase, a_static_pod_has_the_hash_that_its_folder_is_named_after);
    tcase_add_test(tcase, a_pod_without_a_name_is_none);
    tcase_add_test(tcase, bytes_that_are_no_utf8_are_repaired);
    tcase_add_test(tcase, an_event_has_its_object);
    tcase_add_test(tcase, a_status_is_read_alone_and_in_an_event);
    tcase_add_test(tcase, a_list_says_where_it_goes_on);
    tcase_add_test(tcase, a_namespace_is_read);
    tcase_add_test(tcase, what_is_no_json_is_refused);
    tcase_add_test(tcase, containers_past_the_limit_are_left_out);
    suite_add_tcase(suite, tcase);
    return suite;
}
