#include "kit/fake_journal.h"
#include "plugins/filter_kubernetes/pods_fill.h"
#include "scenario/kubernetes/cluster.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Namespaces alone: an account that may not ask for pods, and a filter that never does. A document is
 * shown by the label "app" of its namespace, or by its line where that is not known.
 */

#define ID "1111111111111111111111111111111111111111111111111111111111111111"
#define UID "00000000-1111-2222-3333-444444444444"
#define LOG_OF(pod, space) pod "_" space "_main-" ID ".log"

#define TAIL_KUBE                                                                           \
    "[INPUT]\n Name tail\n Tag kube.*\n Path ${DIR}/*.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n"
#define JOURNAL "[INPUT]\n Name systemd\n Tag kube.*\n Path ${DIR}/state\n DB ${DIR}/state/j.db\n"
#define SPACES_ALONE                                                                           \
    "[FILTER]\n Name kubernetes\n Match *\n Kube_Tag_Prefix kube.${DIR}\n Kube_Node_Name n1\n" \
    " Kube_URL http://127.0.0.1:${KUBE_PORT}\n Namespace_Labels on\n"                          \
    " Namespace_Metadata_Only on\n"
#define SHOW                                                                                  \
    "[FILTER]\n Name nest\n Match *\n Operation lift\n Nested_under kubernetes\n"             \
    "[FILTER]\n Name nest\n Match *\n Operation lift\n Nested_under kubernetes_namespace\n"   \
    "[FILTER]\n Name nest\n Match *\n Operation lift\n Nested_under labels\n"                 \
    "[FILTER]\n Name modify\n Match *\n Hard_rename app log\n Hard_rename metadata log\n" ES( \
        "PORT")
#define LINES SERVICE TAIL_KUBE SPACES_ALONE SHOW
#define LINES_OF_A_JOURNAL SERVICE JOURNAL SPACES_ALONE " Use_Journal on\n" SHOW

static void forbid_pods(struct kube *kube)
{
    kube_forbid(kube, KUBE_LIST, true);
    kube_forbid(kube, KUBE_WATCH, true);
    kube_forbid(kube, KUBE_GET, true);
}

static unsigned pods_asked(const struct kube *kube)
{
    return kube_count(kube, KUBE_LIST) + kube_count(kube, KUBE_WATCH) + kube_count(kube, KUBE_GET) +
           kube_count(kube, KUBE_KUBELET);
}

/* ---- the source ---- */

static struct cluster c;

static void open_cluster(void)
{
    cluster_open(&c);
    c.settings.wants = (struct source_wants){.namespace_labels = true, .no_pods = true};
    kube_put(c.kube, &(struct kube_pod){.uid = "u1"});
    kube_put_space(c.kube, "shop", "\"team\":\"x\"");
}

static void close_cluster(void)
{
    cluster_close(&c);
}

static enum pod_answer find(const char *space)
{
    struct pod_query query = pod_query_of_space(slice_of(space));

    return pods_find(c.pods, &query, &c.found);
}

static bool described(const char *words)
{
    struct buffer out = {0};
    bool has;

    source_describe(c.source, &out);
    has = strstr(buffer_text(&out), words) != NULL;
    buffer_fini(&out);
    return has;
}

START_TEST(namespaces_alone_are_one_list_and_one_watch)
{
    struct kubernetes_metrics told;

    cluster_begin(&c);
    ck_assert_int_eq(find("shop"), POD_NOT_YET);
    cluster_await(&c, KUBE_WATCH_SPACES, 1, 15000);
    ck_assert_int_eq(find("shop"), POD_KNOWN);
    ck_assert(slice_is(c.found->space->labels, "{\"team\":\"x\"}"));
    kube_put_space(c.kube, "shop", "\"team\":\"y\"");
    cluster_settle(&c);
    ck_assert_int_eq(find("shop"), POD_KNOWN);
    ck_assert(slice_is(c.found->space->labels, "{\"team\":\"y\"}"));
    cluster_pass_ms(&c, 60000);
    ck_assert_uint_eq(kube_count_all(c.kube), 2);
    ck_assert(described("\"from\":\"a watch of namespaces\",\"node\":\"n1\",\"trouble\":\"\","
                        "\"pods\":0,\"deleted_pods\":0,\"namespaces\":1,\"awaited\":0"));
    source_tell(c.source, &told);
    ck_assert_uint_eq(told.pods + told.deleted_pods + told.awaited, 0);
}
END_TEST

START_TEST(neither_a_node_that_is_not_known_nor_the_kubelet_makes_it_ask_for_pods)
{
    c.settings.node_name = NULL;
    c.settings.server.use_kubelet = _i > 0;
    c.settings.server.kubelet_host = (char *)(uintptr_t) "127.0.0.1";
    c.settings.server.kubelet_port = kube_port(c.kube);
    cluster_begin(&c);
    ck_assert_int_eq(find("shop"), POD_NOT_YET);
    cluster_await(&c, KUBE_WATCH_SPACES, 1, 15000);
    ck_assert_int_eq(find("shop"), POD_KNOWN);
    cluster_pass_ms(&c, 60000);
    ck_assert_uint_eq(kube_count_all(c.kube), 2);
}
END_TEST

START_TEST(a_namespace_is_asked_for_alone_where_they_cannot_be_listed)
{
    kube_forbid(c.kube, KUBE_LIST_SPACES, true);
    cluster_begin(&c);
    cluster_pass_ms(&c, 5000);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_GET_SPACE), 0);
    ck_assert_int_eq(find("shop"), POD_NOT_YET);
    cluster_await(&c, KUBE_GET_SPACE, 1, 20000);
    ck_assert_int_eq(find("shop"), POD_KNOWN);
    ck_assert(slice_is(c.found->space->labels, "{\"team\":\"x\"}"));
    cluster_pass_ms(&c, 60000);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_GET_SPACE), 1);
    ck_assert_uint_eq(pods_asked(c.kube), 0);
    ck_assert(described("single requests: listing namespaces is forbidden"));
}
END_TEST

START_TEST(a_namespace_that_is_not_there_is_waited_for_no_longer_than_a_watch_lags)
{
    cluster_begin(&c);
    cluster_await(&c, KUBE_WATCH_SPACES, 1, 15000);
    ck_assert_int_eq(find("cart"), POD_NOT_YET);
    cluster_pass_ms(&c, 5100);
    ck_assert_int_eq(find("cart"), POD_KNOWN);
    ck_assert_ptr_null(c.found->space);
    kube_put_space(c.kube, "cart", "\"team\":\"z\"");
    cluster_settle(&c);
    ck_assert_int_eq(find("cart"), POD_KNOWN);
    ck_assert(slice_is(c.found->space->labels, "{\"team\":\"z\"}"));
}
END_TEST

/* Those of namespaces that nobody has asked for in ten minutes make room. */
START_TEST(what_stands_for_a_namespace_goes_when_nobody_asks_for_it)
{
    struct pods_counts counts;

    cluster_begin(&c);
    cluster_await(&c, KUBE_WATCH_SPACES, 1, 15000);
    ck_assert_int_eq(find("shop"), POD_NOT_YET);
    cluster_settle(&c);
    ck_assert_int_eq(find("shop"), POD_KNOWN);
    clock_advance_ms(700000);
    (void)find("cart");
    ck_assert(source_look(c.source));
    counts = pods_counts(c.pods);
    ck_assert_uint_eq(counts.live, 1);
    ck_assert_int_eq(find("shop"), POD_NOT_YET);
    ck_assert(source_look(c.source));
    ck_assert_int_eq(find("shop"), POD_KNOWN);
}
END_TEST

START_TEST(after_a_restart_a_namespace_is_known_without_a_server)
{
    char path[4096];

    tree_plant();
    snprintf(path, sizeof path, "%s", tree_path("pods.keep"));
    c.settings.keeping.keep_file = path;
    cluster_begin(&c);
    ck_assert_int_eq(find("shop"), POD_NOT_YET);
    cluster_await(&c, KUBE_WATCH_SPACES, 1, 15000);
    cluster_end(&c);
    kube_down(c.kube, true);
    cluster_begin(&c);
    ck_assert_int_eq(find("shop"), POD_KNOWN);
    ck_assert(slice_is(c.found->space->labels, "{\"team\":\"x\"}"));
    cluster_end(&c);
    tree_fell();
}
END_TEST

START_TEST(who_asks_for_pods_does_not_share_with_who_does_not)
{
    struct source *second;
    char why[256];

    cluster_begin(&c);
    c.settings.wants.no_pods = false;
    second = source_take(c.loop, &c.settings, why);
    ck_assert_ptr_ne(second, c.source);
    source_release(&second);
}
END_TEST

/* ---- lines ---- */

static struct kit *k;
static struct kube *kube;

static void open_pipeline(void)
{
    char port[16];

    fake_journal_open();
    k = kit_make();
    kube = kube_start(k->loop);
    forbid_pods(kube);
    snprintf(port, sizeof port, "%u", kube_port(kube));
    setenv("KUBE_PORT", port, true);
}

static void close_pipeline(void)
{
    kit_stop(k);
    kube_stop(&kube);
    kit_end(&k);
    fake_journal_close();
}

START_TEST(lines_have_their_namespaces_labels_without_any_right_to_pods)
{
    kube_put_space(kube, "shop", "\"app\":\"first\"");
    kit_run(k, LINES);
    kit_append(k, LOG_OF("web-0", "shop"), "one\n");
    kit_append(k, LOG_OF("web-1", "shop"), "two\n");
    kit_pass_ms(k, 5000);
    backend_expect(k->es, "first", "first");
    kube_put_space(kube, "shop", "\"app\":\"second\"");
    kit_pass_ms(k, 100);
    kit_append(k, LOG_OF("web-0", "shop"), "three\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "second");
    ck_assert_uint_eq(pods_asked(kube), 0);
}
END_TEST

START_TEST(a_log_is_not_read_before_its_namespace_is_known)
{
    kube_put_space(kube, "shop", "\"app\":\"first\"");
    kube_down(kube, true);
    kit_run(k, LINES);
    kit_append(k, LOG_OF("web-0", "shop"), "one\n");
    kit_pass_ms(k, 8000);
    backend_expect_silence(k->es);
    kit_pass_ms(k, 3000);
    backend_expect(k->es, "one");
    kube_down(kube, false);
    kit_pass_ms(k, 62000);
    kit_append(k, LOG_OF("web-0", "shop"), "two\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "first");
    ck_assert_uint_eq(pods_asked(kube), 0);
}
END_TEST

START_TEST(a_line_of_no_namespace_goes_out_as_it_is)
{
    kit_run(k, LINES);
    kit_append(k, LOG_OF("web-0", "cart"), "one\n");
    kit_pass_ms(k, 11000);
    backend_expect(k->es, "one");
    ck_assert_uint_eq(pods_asked(kube), 0);
}
END_TEST

START_TEST(the_first_entry_of_a_journal_has_its_namespaces_labels)
{
    kube_put_space(kube, "shop", "\"app\":\"first\"");
    fake_journal_write((const char *const[]){"MESSAGE=one",
                                             "CONTAINER_NAME=k8s_main_web-0_shop_" UID "_0",
                                             "CONTAINER_ID_FULL=" ID, NULL});
    kit_run(k, LINES_OF_A_JOURNAL);
    kit_pass_ms(k, 5000);
    backend_expect(k->es, "first");
    ck_assert_uint_eq(kube_count_all(kube), 2);
}
END_TEST

Suite *suite_kubernetes_spaces(void);

Suite *suite_kubernetes_spaces(void)
{
    Suite *suite = suite_create("kubernetes_spaces");
    TCase *source = tcase_create("source"), *lines = tcase_create("lines");

    tcase_add_checked_fixture(source, open_cluster, close_cluster);
    tcase_add_test(source, namespaces_alone_are_one_list_and_one_watch);
    tcase_add_loop_test(
        source, neither_a_node_that_is_not_known_nor_the_kubelet_makes_it_ask_for_pods, 0, 2);
    tcase_add_test(source, a_namespace_is_asked_for_alone_where_they_cannot_be_listed);
    tcase_add_test(source, a_namespace_that_is_not_there_is_waited_for_no_longer_than_a_watch_lags);
    tcase_add_test(source, what_stands_for_a_namespace_goes_when_nobody_asks_for_it);
    tcase_add_test(source, after_a_restart_a_namespace_is_known_without_a_server);
    tcase_add_test(source, who_asks_for_pods_does_not_share_with_who_does_not);
    suite_add_tcase(suite, source);
    tcase_set_timeout(lines, 120);
    tcase_add_checked_fixture(lines, open_pipeline, close_pipeline);
    tcase_add_test(lines, lines_have_their_namespaces_labels_without_any_right_to_pods);
    tcase_add_test(lines, a_log_is_not_read_before_its_namespace_is_known);
    tcase_add_test(lines, a_line_of_no_namespace_goes_out_as_it_is);
    tcase_add_test(lines, the_first_entry_of_a_journal_has_its_namespaces_labels);
    suite_add_tcase(suite, lines);
    return suite;
}
