#include "plugins/filter_kubernetes/kubernetes.h"

#include "kit/filter.h"
#include "unit/plugins/pods_kit.h"

#include <check.h>
#include <stdio.h>

/* What becomes of records whose pods are known, and of others. */

extern const struct filter_plugin filter_kubernetes;

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER_ID "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define TAG "kube.var.log.containers.web-0_shop_main-" ID ".log"
#define NAMES "\"pod_name\":\"web-0\",\"namespace_name\":\"shop\""
#define CONTAINER "\"container_name\":\"main\",\"docker_id\":\"" ID "\"}"
#define POD_BY_TAG "\"kubernetes\":{" NAMES "," CONTAINER
#define POD_BY_UID(uid, labels) \
    "\"kubernetes\":{" NAMES ",\"pod_id\":\"" uid "\",\"labels\":{" labels "}," CONTAINER

static struct kit_filter f;
static struct filter_metrics metrics;

static struct filter_kubernetes *self(void)
{
    return f.self;
}

static void tear_down(void)
{
    kit_filter_close(&f);
    if (pk.pods != NULL)
        kit_pods_end();
    pk.pods = NULL;
    parser_book_free(&kit_filter_parsers);
    clock_real();
}

static void open_with(const char *const *keys)
{
    kit_filter_open(&f, &filter_kubernetes, keys);
    f.tag = SLICE(TAG);
}

/* With pods that the test puts. */
static void open_pods(const char *const *keys)
{
    kit_pods_begin();
    open_with(keys);
    metrics = (struct filter_metrics){0};
    self()->metrics = &metrics;
    kubernetes_use(self(), pk.pods);
}

#define BY_TAG(...) open_with(KIT_KEYS("Use_Tag_For_Meta", "On", __VA_ARGS__))
#define MERGE(...) BY_TAG("Merge_Log", "On", __VA_ARGS__)

/* ---- pods ---- */

START_TEST(a_record_gets_what_is_known_of_its_pod)
{
    open_pods(KIT_KEYS("Labels", "On"));
    kit_put("u1", ID, "{\"app\":\"web\"}");
    kit_filter_expect(&f, "{\"log\":\"x\"}",
                      "{\"log\":\"x\"," POD_BY_UID("u1", "\"app\":\"web\"") "}");
    ck_assert_uint_eq(metrics.unlabelled_records, 0);
}
END_TEST

START_TEST(a_label_that_changed_is_in_the_next_record)
{
    open_pods(KIT_KEYS("Labels", "On"));
    kit_put("u1", ID, "{\"role\":\"primary\"}");
    kit_filter_expect(&f, "{}", "{" POD_BY_UID("u1", "\"role\":\"primary\"") "}");
    kit_put("u1", ID, "{\"role\":\"replica\"}");
    kit_filter_expect(&f, "{}", "{" POD_BY_UID("u1", "\"role\":\"replica\"") "}");
}
END_TEST

START_TEST(a_block_is_made_once_for_each_version_of_a_pod)
{
    const struct shared_object *block;

    open_pods(KIT_KEYS("Labels", "On"));
    kit_put("u1", ID, "{}");
    kit_filter_apply(&f, "{}");
    block = self()->streams.last->made.block;
    kit_filter_apply(&f, "{}");
    ck_assert_ptr_eq(self()->streams.last->made.block, block);
    ck_assert_uint_eq(block->refs, 1);
}
END_TEST

START_TEST(lines_of_a_deleted_pod_keep_its_labels_when_another_has_its_name)
{
    open_pods(KIT_KEYS("Labels", "On"));
    kit_put("u1", ID, "{\"v\":\"old\"}");
    kit_filter_apply(&f, "{}");
    kit_remove("u1");
    kit_put("u2", OTHER_ID, "{\"v\":\"new\"}");
    kit_filter_expect(&f, "{}", "{" POD_BY_UID("u1", "\"v\":\"old\"") "}");
}
END_TEST

START_TEST(a_pod_under_an_old_name_never_gets_the_old_labels)
{
    open_pods(KIT_KEYS("Labels", "On"));
    kit_put("u1", OTHER_ID, "{\"v\":\"old\"}");
    kit_filter_expect(&f, "{}",
                      "{\"kubernetes\":{" NAMES ",\"container_name\":\"main\",\"docker_id\":\"" ID
                      "\",\"metadata\":\"partial\"}}");
    kit_put("u2", ID, "{\"v\":\"new\"}");
    kit_filter_expect(&f, "{}", "{" POD_BY_UID("u2", "\"v\":\"new\"") "}");
}
END_TEST

START_TEST(a_record_without_its_pod_is_marked_and_counted)
{
    open_pods(KIT_KEYS("Labels", "On"));
    ck_assert_ptr_nonnull(strstr(kit_filter_apply(&f, "{\"a\":1}"), "\"metadata\":\"partial\""));
    kit_filter_apply(&f, "{}");
    ck_assert_uint_eq(metrics.unlabelled_records, 2);
}
END_TEST

START_TEST(a_record_without_its_pod_may_stay_as_it_is)
{
    open_pods(KIT_KEYS("Metadata_Missing", "none", "Merge_Log", "On", "Keep_Log", "Off"));
    kit_filter_expect(&f, "{\"log\":\"{\\\"a\\\":1}\"}", "{\"a\":1}");
    ck_assert_uint_gt(metrics.unlabelled_records, 0);
}
END_TEST

START_TEST(a_record_of_no_container_passes_unchanged)
{
    open_pods(KIT_KEYS("Merge_Log", "On"));
    f.tag = SLICE("node.var.log.syslog");
    kit_filter_expect(&f, "{\"log\":\"{\\\"a\\\":1}\"}", "{\"log\":\"{\\\"a\\\":1}\"}");
    ck_assert_uint_eq(metrics.unlabelled_records, 0);
}
END_TEST

/* ---- namespaces alone ---- */

static void open_spaces(const char *const *keys)
{
    struct pod_query query = pod_query_of_space(SLICE("shop"));
    struct pod_facts facts = {.pod = {.namespace_name = query.namespace_name, .name = query.name}};
    struct pod_namespace space = {.name = query.namespace_name,
                                  .labels = SLICE("{\"team\":\"x\"}")};

    kit_spaces_begin();
    open_with(keys);
    metrics = (struct filter_metrics){0};
    self()->metrics = &metrics;
    kubernetes_use(self(), pk.pods);
    pods_put(pk.pods, &facts);
    pods_space_put(pk.pods, &space);
}

/* Nobody has put the pod. */
START_TEST(a_record_gets_its_namespace_alone_when_told_so)
{
    open_spaces(KIT_KEYS("Namespace_Labels", "On", "Namespace_Metadata_Only", "On"));
    kit_filter_expect(&f, "{\"a\":1}",
                      "{\"a\":1,\"kubernetes_namespace\":{\"name\":\"shop\","
                      "\"labels\":{\"team\":\"x\"}}}");
    ck_assert_uint_eq(metrics.unlabelled_records, 0);
    ck_assert_uint_eq(f.report.warning_count, 0);
    ck_assert(self()->settings.wants.no_pods);
}
END_TEST

/* What would have to be asked of pods is said to do nothing. */
START_TEST(with_namespaces_alone_pods_are_not_heard)
{
    static const char *const keys[] = {"K8S-Logging.Parser", "K8S-Logging.Exclude", "pod_multiline",
                                       "pod_rate_limit", "use_pod_association"};

    open_spaces(KIT_KEYS("Namespace_Labels", "On", "Namespace_Metadata_Only", "On", keys[_i], "On",
                         "Owner_References", "On"));
    ck_assert_uint_eq(f.report.warning_count, 1);
    ck_assert_ptr_nonnull(strstr(buffer_text(&f.report.text), "namespace_metadata_only"));
    ck_assert(self()->settings.wants.no_pods && !self()->settings.wants.owners);
    ck_assert_ptr_null(self()->settings.wants.annotation_prefixes);
    ck_assert(!association_is_on(&self()->settings.association));
    ck_assert_ptr_nonnull(strstr(kit_filter_apply(&f, "{\"a\":1}"), "\"team\":\"x\""));
}
END_TEST

START_TEST(with_namespaces_alone_and_none_wanted_nobody_is_asked)
{
    static struct filter_host host = {.metrics = &metrics};
    struct report report = {0};

    open_with(KIT_KEYS("Namespace_Metadata_Only", "On"));
    ck_assert_int_eq(filter_kubernetes.start(f.self, &host, &report), 0);
    ck_assert_ptr_null(self()->asking.source);
    kit_filter_expect(&f, "{\"a\":1}", "{\"a\":1}");
}
END_TEST

/* ---- without pods ---- */

START_TEST(the_tag_alone_is_enough_when_told_so)
{
    BY_TAG("Labels", "On");
    kit_filter_expect(&f, "{\"a\":1}", "{\"a\":1," POD_BY_TAG "}");
}
END_TEST

START_TEST(a_dummy_needs_no_container)
{
    clock_fake(1000, INT64_C(1700000000) * NS_PER_S);
    open_with(KIT_KEYS("Dummy_Meta", "On"));
    f.tag = SLICE("any");
    kit_filter_expect(&f, "{\"a\":1}",
                      "{\"a\":1,\"kubernetes\":{\"dummy\":\"Tue Nov 14 22:13:20 2023\"}}");
}
END_TEST

START_TEST(the_journal_names_its_container)
{
    BY_TAG("Use_Journal", "On");
    kit_filter_expect(&f,
                      "{\"CONTAINER_NAME\":\"k8s_main.1a_web-0_shop_u1_0\","
                      "\"CONTAINER_ID_FULL\":\"c1\"}",
                      "{\"CONTAINER_NAME\":\"k8s_main.1a_web-0_shop_u1_0\","
                      "\"CONTAINER_ID_FULL\":\"c1\",\"kubernetes\":{" NAMES
                      ",\"pod_id\":\"u1\",\"container_name\":\"main\",\"docker_id\":\"c1\","
                      "\"container_hash\":\"1a\"}}");
    kit_filter_expect(&f, "{\"MESSAGE\":\"x\"}", "{\"MESSAGE\":\"x\"}");
    kit_filter_expect(&f, "{\"CONTAINER_NAME\":\"nginx\"}", "{\"CONTAINER_NAME\":\"nginx\"}");
}
END_TEST

/* ---- Merge_Log ---- */

#define LOG "{\"t\":1,\"log\":\"{\\\"a\\\":1,\\\"b\\\":\\\"x\\\"}\",\"s\":2}"

START_TEST(members_come_behind_the_records_own_fields)
{
    MERGE("Keep_Log", "Off");
    kit_filter_expect(&f, LOG, "{\"t\":1,\"s\":2,\"a\":1,\"b\":\"x\"," POD_BY_TAG "}");
}
END_TEST

START_TEST(log_stays_unless_told_otherwise)
{
    MERGE("Keep_Log", "On");
    kit_filter_expect(&f, LOG,
                      "{\"t\":1,\"log\":\"{\\\"a\\\":1,\\\"b\\\":\\\"x\\\"}\",\"s\":2,\"a\":1,"
                      "\"b\":\"x\"," POD_BY_TAG "}");
}
END_TEST

START_TEST(members_may_go_under_a_key)
{
    MERGE("Keep_Log", "Off", "Merge_Log_Key", "app");
    kit_filter_expect(&f, LOG, "{\"t\":1,\"s\":2,\"app\":{\"a\":1,\"b\":\"x\"}," POD_BY_TAG "}");
    kit_filter_expect(&f, "{\"t\":1,\"log\":\"{}\"}", "{\"t\":1," POD_BY_TAG "}");
}
END_TEST

START_TEST(what_is_not_one_object_stays_text)
{
    static const char *const texts[] = {"[1]", "1", "\\\"x\\\"", "{} {}", "{\\\"a\\\":", "", "x"};
    char record[256], expected[512];

    MERGE("Keep_Log", "Off");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        snprintf(record, sizeof record, "{\"log\":\"%s\"}", texts[i]);
        snprintf(expected, sizeof expected, "{\"log\":\"%s\"," POD_BY_TAG "}", texts[i]);
        kit_filter_expect(&f, record, expected);
    }
    kit_filter_expect(&f, "{\"log\":7}", "{\"log\":7," POD_BY_TAG "}");
    kit_filter_expect(&f, "{\"Log\":\"{\\\"a\\\":1}\"}",
                      "{\"Log\":\"{\\\"a\\\":1}\"," POD_BY_TAG "}");
}
END_TEST

START_TEST(a_map_under_log_is_merged_as_it_is)
{
    MERGE("Keep_Log", "Off");
    kit_filter_expect(&f, "{\"log\":{\"a\":[1],\"b\":2},\"s\":3}",
                      "{\"s\":3,\"a\":[1],\"b\":2," POD_BY_TAG "}");
}
END_TEST

START_TEST(a_member_named_as_a_field_takes_its_place)
{
    MERGE("Keep_Log", "Off");
    kit_filter_expect(&f, "{\"s\":1,\"log\":\"{\\\"s\\\":2,\\\"log\\\":3}\"}",
                      "{\"s\":2,\"log\":3," POD_BY_TAG "}");
    kit_filter_expect(&f, "{\"log\":\"{\\\"kubernetes\\\":1}\"}", "{" POD_BY_TAG "}");
}
END_TEST

START_TEST(line_feeds_are_cut_off_merged_texts)
{
    MERGE("Keep_Log", "Off");
    kit_filter_expect(&f,
                      "{\"log\":\"{\\\"a\\\":\\\"x\\\\n\\\",\\\"b\\\":\\\"y\\\\\\\\n\\\","
                      "\\\"c\\\":\\\"z\\\\u000a\\\",\\\"d\\\":\\\"\\\\n\\\"}\"}",
                      "{\"a\":\"x\",\"b\":\"y\",\"c\":\"z\",\"d\":\"\\n\"," POD_BY_TAG "}");
}
END_TEST

START_TEST(line_feeds_stay_when_told_so)
{
    MERGE("Keep_Log", "Off", "Merge_Log_Trim", "Off");
    kit_filter_expect(&f, "{\"log\":\"{\\\"a\\\":\\\"x\\\\n\\\"}\"}",
                      "{\"a\":\"x\\n\"," POD_BY_TAG "}");
}
END_TEST

START_TEST(an_object_of_too_many_members_stays_text)
{
    MERGE("Merge_Fields_Max", "1", "Keep_Log", "Off");
    kit_filter_expect(&f, "{\"log\":\"{\\\"a\\\":1}\"}", "{\"a\":1," POD_BY_TAG "}");
    kit_filter_expect(&f, "{\"log\":\"{\\\"a\\\":1,\\\"b\\\":2}\"}",
                      "{\"log\":\"{\\\"a\\\":1,\\\"b\\\":2}\"," POD_BY_TAG "}");
    ck_assert_uint_gt(self()->merge.too_many, 0);
}
END_TEST

/* ---- parsers ---- */

static void parser_add(const char *name, const char *format, const char *regex)
{
    struct parser_settings settings = parser_settings_default();
    struct report report;

    report_init(&report);
    if (kit_filter_parsers == NULL)
        kit_filter_parsers = parser_book_new();
    settings.name = name;
    settings.format = format;
    settings.regex = regex;
    settings.types = "n:integer";
    ck_assert_int_eq(parser_book_add(kit_filter_parsers, &settings, (struct place){0}, &report), 0);
    report_fini(&report);
}

START_TEST(merge_parser_takes_the_text_apart)
{
    parser_add("pair", "regex", "^(?<k>\\w+)=(?<n>\\d+)$");
    MERGE("Merge_Parser", "pair", "Keep_Log", "Off");
    kit_filter_expect(&f, "{\"log\":\"a=7\"}", "{\"k\":\"a\",\"n\":7," POD_BY_TAG "}");
    kit_filter_expect(&f, "{\"log\":\"{\\\"a\\\":1}\"}",
                      "{\"log\":\"{\\\"a\\\":1}\"," POD_BY_TAG "}");
}
END_TEST

START_TEST(regex_parser_reads_the_tag)
{
    parser_add("tag", "regex", "^(?<namespace_name>[^.]+)\\.(?<pod_name>[^.]+)$");
    BY_TAG("Regex_Parser", "tag", "Kube_Tag_Prefix", "kube.");
    f.tag = SLICE("kube.shop.web-0");
    kit_filter_expect(&f, "{}", "{\"kubernetes\":{" NAMES "}}");
    f.tag = SLICE("kube.shop");
    kit_filter_expect(&f, "{}", "{}");
}
END_TEST

START_TEST(a_regex_parser_that_is_not_there_is_refused)
{
    kit_filter_refuses(&filter_kubernetes, KIT_KEYS("Regex_Parser", "x"), "there is no parser");
}
END_TEST

/* ---- what a pod asks for ---- */

static void put_annotated(const char *annotations)
{
    struct pod_facts facts = kit_facts("u1", ID, "{}");

    facts.pod.annotations = slice_of(annotations);
    pods_put(pk.pods, &facts);
}

START_TEST(a_pod_has_its_lines_left_out)
{
    open_pods(KIT_KEYS("K8S-Logging.Exclude", "On", "Annotations", "Off"));
    put_annotated("{\"fluentbit.io/exclude_stderr\":\"true\"}");
    ck_assert_ptr_null(kit_filter_apply(&f, "{\"stream\":\"stderr\"}"));
    ck_assert_ptr_nonnull(kit_filter_apply(&f, "{\"stream\":\"stdout\"}"));
    ck_assert_ptr_nonnull(kit_filter_apply(&f, "{}"));
    put_annotated("{\"fluentbit.io/exclude\":\"true\"}");
    ck_assert_ptr_null(kit_filter_apply(&f, "{\"stream\":\"stdout\"}"));
    ck_assert_ptr_null(kit_filter_apply(&f, "{}"));
}
END_TEST

START_TEST(what_a_pod_asks_for_is_not_heard_unless_told_so)
{
    open_pods(KIT_KEYS("Annotations", "Off"));
    put_annotated("{\"fluentbit.io/exclude\":\"true\"}");
    ck_assert_ptr_nonnull(kit_filter_apply(&f, "{}"));
}
END_TEST

START_TEST(a_pod_names_the_parser_of_its_lines)
{
    parser_add("pair", "regex", "^(?<k>\\w+)=(?<n>\\d+)$");
    open_pods(KIT_KEYS("K8S-Logging.Parser", "On", "Merge_Log", "On", "Annotations", "Off",
                       "Metadata_Missing", "none", "Labels", "Off"));
    put_annotated("{\"fluentbit.io/parser_stdout\":\"pair\"}");
    ck_assert_ptr_nonnull(
        strstr(kit_filter_apply(&f, "{\"stream\":\"stdout\",\"log\":\"a=7\"}"), "\"n\":7"));
    ck_assert_ptr_null(
        strstr(kit_filter_apply(&f, "{\"stream\":\"stderr\",\"log\":\"a=7\"}"), "\"n\":7"));
    put_annotated("{\"fluentbit.io/parser\":\"missing\"}");
    ck_assert_ptr_nonnull(strstr(kit_filter_apply(&f, "{\"log\":\"{\\\"n\\\":8}\"}"), "\"n\":8"));
}
END_TEST

/* ---- streams ---- */

START_TEST(streams_past_the_limit_are_found_out_again)
{
    char tag[256];

    clock_fake(1000, 0);
    BY_TAG("Labels", "On");
    for (unsigned i = 0; i < STREAMS_MAX + 100; i++) {
        snprintf(tag, sizeof tag, "kube.var.log.containers.web-%u_shop_main-" ID ".log", i);
        f.tag = slice_of(tag);
        kit_filter_apply(&f, "{}");
    }
    ck_assert_uint_eq(self()->streams.by_key.count, STREAMS_MAX);
    f.tag = SLICE(TAG);
    kit_filter_expect(&f, "{}", "{" POD_BY_TAG "}");
}
END_TEST

START_TEST(streams_that_nobody_asked_for_in_a_long_time_are_forgotten)
{
    clock_fake(1000, 0);
    BY_TAG("Labels", "On");
    kit_filter_apply(&f, "{}");
    clock_advance_ms(STREAM_IDLE_MS);
    f.tag = SLICE("kube.var.log.containers.web-1_shop_main-" ID ".log");
    kit_filter_apply(&f, "{}");
    ck_assert_uint_eq(self()->streams.by_key.count, 1);
}
END_TEST

Suite *suite_plugins_filter_kubernetes(void);

Suite *suite_plugins_filter_kubernetes(void)
{
    Suite *suite = suite_create("plugins/filter_kubernetes");
    TCase *pods = tcase_create("pods"), *merge = tcase_create("merge");
    TCase *spaces = tcase_create("spaces"), *refused = tcase_create("refused");

    tcase_add_checked_fixture(pods, NULL, tear_down);
    tcase_add_test(pods, a_record_gets_what_is_known_of_its_pod);
    tcase_add_test(pods, a_label_that_changed_is_in_the_next_record);
    tcase_add_test(pods, a_block_is_made_once_for_each_version_of_a_pod);
    tcase_add_test(pods, lines_of_a_deleted_pod_keep_its_labels_when_another_has_its_name);
    tcase_add_test(pods, a_pod_under_an_old_name_never_gets_the_old_labels);
    tcase_add_test(pods, a_record_without_its_pod_is_marked_and_counted);
    tcase_add_test(pods, a_record_without_its_pod_may_stay_as_it_is);
    tcase_add_test(pods, a_record_of_no_container_passes_unchanged);
    tcase_add_test(pods, the_tag_alone_is_enough_when_told_so);
    tcase_add_test(pods, a_dummy_needs_no_container);
    tcase_add_test(pods, the_journal_names_its_container);
    tcase_add_test(pods, a_pod_has_its_lines_left_out);
    tcase_add_test(pods, what_a_pod_asks_for_is_not_heard_unless_told_so);
    tcase_add_test(pods, a_pod_names_the_parser_of_its_lines);
    tcase_add_test(pods, streams_past_the_limit_are_found_out_again);
    tcase_add_test(pods, streams_that_nobody_asked_for_in_a_long_time_are_forgotten);
    suite_add_tcase(suite, pods);

    tcase_add_checked_fixture(spaces, NULL, tear_down);
    tcase_add_test(spaces, a_record_gets_its_namespace_alone_when_told_so);
    tcase_add_loop_test(spaces, with_namespaces_alone_pods_are_not_heard, 0, 5);
    tcase_add_test(spaces, with_namespaces_alone_and_none_wanted_nobody_is_asked);
    suite_add_tcase(suite, spaces);

    tcase_add_checked_fixture(merge, NULL, tear_down);
    tcase_add_test(merge, members_come_behind_the_records_own_fields);
    tcase_add_test(merge, log_stays_unless_told_otherwise);
    tcase_add_test(merge, members_may_go_under_a_key);
    tcase_add_test(merge, what_is_not_one_object_stays_text);
    tcase_add_test(merge, a_map_under_log_is_merged_as_it_is);
    tcase_add_test(merge, a_member_named_as_a_field_takes_its_place);
    tcase_add_test(merge, line_feeds_are_cut_off_merged_texts);
    tcase_add_test(merge, line_feeds_stay_when_told_so);
    tcase_add_test(merge, an_object_of_too_many_members_stays_text);
    tcase_add_test(merge, merge_parser_takes_the_text_apart);
    tcase_add_test(merge, regex_parser_reads_the_tag);
    suite_add_tcase(suite, merge);

    tcase_add_test(refused, a_regex_parser_that_is_not_there_is_refused);
    suite_add_tcase(suite, refused);
    return suite;
}
