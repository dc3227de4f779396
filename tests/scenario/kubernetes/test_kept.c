#include "scenario/kubernetes/cluster.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* What was kept from the last run, files of the preload folder, and the kubelet. */

static struct cluster c;
static char path[4096];

static void set_up(void)
{
    tree_plant();
    cluster_open(&c);
    snprintf(path, sizeof path, "%s", tree_path("pods.keep"));
    c.settings.keeping.keep_file = path;
}

static void tear_down(void)
{
    cluster_close(&c);
    tree_fell();
}

static void put(const char *uid, const char *labels)
{
    kube_put(c.kube, &(struct kube_pod){.uid = uid, .labels = labels});
}

static void first_run(void)
{
    put("u1", "\"a\":\"1\"");
    cluster_begin(&c);
    cluster_await_watch(&c);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
}

/* Workers write. */
static void wait_for_jobs(void)
{
    while (job_count(c.loop) > 0)
        loop_turn(c.loop, true);
}

START_TEST(a_restart_without_a_server_has_its_labels)
{
    first_run();
    cluster_end(&c);
    kube_down(c.kube, true);
    cluster_begin(&c);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert(slice_is(c.found->labels, "{\"a\":\"1\"}"));
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_NOT_YET);
    cluster_pass_ms(&c, 30000);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_NOT_YET);
}
END_TEST

START_TEST(a_restart_needs_no_list)
{
    first_run();
    cluster_end(&c);
    cluster_settle(&c);
    kube_delete(c.kube, "u1");
    put("u2", "");
    cluster_begin(&c);
    cluster_await(&c, KUBE_WATCH, 2, 15000);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 1);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_GONE);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
}
END_TEST

START_TEST(a_restart_after_a_long_time_lists_and_knows_meanwhile)
{
    first_run();
    cluster_end(&c);
    clock_fake(clock_ms(), clock_wall_ns() + 3600 * NS_PER_S);
    kube_delete(c.kube, "u1");
    put("u2", "");
    cluster_begin(&c);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    cluster_await(&c, KUBE_WATCH, 2, 15000);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 2);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_GONE);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
}
END_TEST

START_TEST(what_was_kept_is_written_while_it_runs)
{
    first_run();
    ck_assert(!tree_has("pods.keep"));
    cluster_pass_ms(&c, 5000);
    wait_for_jobs();
    ck_assert(tree_has("pods.keep"));
    ck_assert(!tree_has("pods.keep.new"));
}
END_TEST

START_TEST(a_version_alone_is_written_once_in_a_while)
{
    first_run();
    cluster_pass_ms(&c, 5000);
    wait_for_jobs();
    tree_remove("pods.keep");
    kube_bookmark(c.kube);
    cluster_pass_ms(&c, 30000);
    ck_assert(!tree_has("pods.keep"));
    cluster_pass_ms(&c, 31000);
    wait_for_jobs();
    ck_assert(tree_has("pods.keep"));
    tree_remove("pods.keep");
    cluster_pass_ms(&c, 200000);
    wait_for_jobs();
    ck_assert(!tree_has("pods.keep"));
}
END_TEST

START_TEST(a_file_of_other_settings_is_not_used)
{
    first_run();
    cluster_end(&c);
    c.settings.wants.labels = false;
    kube_down(c.kube, true);
    cluster_begin(&c);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_NOT_YET);
}
END_TEST

START_TEST(a_damaged_file_is_not_used)
{
    first_run();
    cluster_end(&c);
    tree_append("pods.keep", "x");
    kube_down(c.kube, true);
    cluster_begin(&c);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_NOT_YET);
}
END_TEST

START_TEST(where_nothing_can_be_kept_all_else_goes_on)
{
    snprintf(path, sizeof path, "%s", tree_path("nowhere/pods.keep"));
    first_run();
    cluster_pass_ms(&c, 5000);
    wait_for_jobs();
    cluster_pass_ms(&c, 5000);
    wait_for_jobs();
    put("u2", "");
    cluster_settle(&c);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
}
END_TEST

START_TEST(a_learned_name_of_the_node_is_kept_too)
{
    c.settings.node_name = NULL;
    unsetenv("NODE_NAME");
    unsetenv("HOST_NAME");
    put("u1", "");
    cluster_begin(&c);
    cluster_find(&c, "u1");
    cluster_await(&c, KUBE_WATCH, 1, 15000);
    cluster_end(&c);
    cluster_begin(&c);
    cluster_await(&c, KUBE_WATCH, 2, 15000);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_GET), 1);
}
END_TEST

/* ---- the preload folder ---- */

static void preload(void)
{
    static char folder[4096];

    tree_write("meta/shop_web-0.meta",
               "{\"metadata\":{\"name\":\"web-0\",\"namespace\":\"shop\",\"uid\":\"u1\","
               "\"labels\":{\"from\":\"file\"}}}\n");
    tree_write("meta/shop.namespace_meta",
               "{\"metadata\":{\"name\":\"shop\",\"labels\":{\"team\":\"file\"}}}");
    tree_write("meta/shop_bad.meta", "{\"metadata\":{\"name\":");
    snprintf(folder, sizeof folder, "%s", tree_path("meta"));
    c.settings.keeping.preload_dir = folder;
    c.settings.keeping.keep_file = NULL;
}

START_TEST(files_take_the_place_of_the_server)
{
    preload();
    c.settings.wants.namespace_labels = true;
    kube_down(c.kube, true);
    cluster_begin(&c);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_NOT_YET);
    cluster_settle(&c);
    ck_assert_uint_gt(c.told, 0);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert(slice_is(c.found->labels, "{\"from\":\"file\"}"));
    ck_assert(slice_is(c.found->space->labels, "{\"team\":\"file\"}"));
}
END_TEST

START_TEST(files_that_are_not_there_or_no_json_change_nothing)
{
    preload();
    kube_down(c.kube, true);
    cluster_begin(&c);
    ck_assert_int_eq(cluster_find_named(&c, "bad", ""), POD_NOT_YET);
    ck_assert_int_eq(cluster_find_named(&c, "none", ""), POD_NOT_YET);
    ck_assert_int_eq(cluster_find_named(&c, "../x", ""), POD_NOT_YET);
    cluster_settle(&c);
    ck_assert_int_eq(cluster_find_named(&c, "bad", ""), POD_NOT_YET);
}
END_TEST

static bool was_said(const char *words)
{
    const char *line;

    for (size_t i = 0; (line = log_recent(i)) != NULL; i++)
        if (strstr(line, words) != NULL)
            return true;
    return false;
}

static void expect_not_used(const char *text, const char *why)
{
    char *words = mem_format("shop_bad.meta is not used: %s", why);

    tree_write("meta/shop_bad.meta", text);
    cluster_begin(&c);
    ck_assert_int_eq(cluster_find_named(&c, "bad", ""), POD_NOT_YET);
    cluster_settle(&c);
    ck_assert_int_eq(cluster_find_named(&c, "bad", ""), POD_NOT_YET);
    ck_assert_msg(was_said(words), "nobody said \"%s\"", words);
    cluster_end(&c);
    mem_free(words);
}

START_TEST(a_file_that_cannot_be_used_is_said_with_its_name)
{
    preload();
    kube_down(c.kube, true);
    expect_not_used("", "it is empty or cut short");
    expect_not_used("{\"metadata\":{\"name\":", "it is empty or cut short");
    expect_not_used("<html>", "it is no JSON object");
    expect_not_used("{\"kind\":\"Status\",\"code\":403}",
                    "it has no metadata.name and metadata.namespace");
    expect_not_used("{\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"}}",
                    "it is of another pod");
    tree_remove("meta/shop_bad.meta");
    tree_folder("meta/shop_bad.meta");
    cluster_begin(&c);
    ck_assert_int_eq(cluster_find_named(&c, "bad", ""), POD_NOT_YET);
    cluster_settle(&c);
    ck_assert(was_said("shop_bad.meta is not used: Is a directory"));
}
END_TEST

/* Its name says whose it is, as long as no UID says otherwise. */
START_TEST(a_container_that_the_file_does_not_know_is_its_pods)
{
    struct pod_query query = {.namespace_name = SLICE("shop"),
                              .name = SLICE("web-0"),
                              .uid = SLICE("another"),
                              .container = SLICE("main"),
                              .container_id = SLICE("c9")};
    const struct pod_container *container;

    preload();
    tree_write("meta/shop_web-0.meta",
               "{\"metadata\":{\"name\":\"web-0\",\"namespace\":\"shop\",\"uid\":\"u1\",\"labels\":"
               "{\"from\":\"file\"}},"
               "\"status\":{\"containerStatuses\":[{\"name\":\"main\",\"image\":\"web:1\","
               "\"containerID\":\"containerd://c1\"}]}}");
    kube_down(c.kube, true);
    cluster_begin(&c);
    ck_assert_int_eq(pods_find(c.pods, &query, &c.found), POD_NOT_YET);
    cluster_settle(&c);
    ck_assert_int_eq(pods_find(c.pods, &query, &c.found), POD_NOT_YET);
    query.uid = SLICE("");
    ck_assert_int_eq(pods_find(c.pods, &query, &c.found), POD_NOT_YET);
    cluster_settle(&c);
    ck_assert_int_eq(pods_find(c.pods, &query, &c.found), POD_KNOWN);
    ck_assert(slice_is(c.found->labels, "{\"from\":\"file\"}"));
    container = pod_container_find(c.found, &query);
    ck_assert(container != NULL && slice_is(container->image, "web:1"));
}
END_TEST

/* ---- the kubelet ---- */

static void kubelet_begin(void)
{
    c.settings.server.use_kubelet = true;
    c.settings.server.kubelet_host = (char *)(uintptr_t) "http://127.0.0.1";
    c.settings.server.kubelet_port = kube_port(c.kube);
    put("u1", "\"a\":\"1\"");
    cluster_begin(&c);
    cluster_await(&c, KUBE_KUBELET, 1, 1000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
}

START_TEST(a_kubelet_is_polled_and_nobody_else_is_asked)
{
    kubelet_begin();
    put("u1", "\"a\":\"2\"");
    cluster_await(&c, KUBE_KUBELET, 2, 12000);
    cluster_find(&c, "u1");
    ck_assert(slice_is(c.found->labels, "{\"a\":\"2\"}"));
    kube_delete(c.kube, "u1");
    cluster_await(&c, KUBE_KUBELET, 3, 12000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_GONE);
    ck_assert_uint_eq(kube_count_all(c.kube), 3);
}
END_TEST

START_TEST(a_kubelet_is_polled_sooner_for_a_pod_that_is_waited_for)
{
    kubelet_begin();
    cluster_pass_ms(&c, 2000);
    put("u2", "");
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_NOT_YET);
    cluster_await(&c, KUBE_KUBELET, 2, 200);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
}
END_TEST

/* A pod that is nowhere does not make it ask for ever. */
START_TEST(a_kubelet_is_not_polled_for_ever_for_what_is_not_there)
{
    kubelet_begin();
    for (unsigned i = 0; i < 60; i++) {
        cluster_find(&c, "u9");
        cluster_pass_ms(&c, 1000);
    }
    ck_assert_int_eq(cluster_find(&c, "u9"), POD_NEVER);
    ck_assert_uint_le(kube_count_all(c.kube), 14);
}
END_TEST

START_TEST(a_kubelet_that_refuses_is_asked_seldom)
{
    kube_forbid(c.kube, KUBE_KUBELET, true);
    c.settings.server.use_kubelet = true;
    c.settings.server.kubelet_host = (char *)(uintptr_t) "http://127.0.0.1";
    c.settings.server.kubelet_port = kube_port(c.kube);
    cluster_begin(&c);
    for (unsigned i = 0; i < 300; i++) {
        cluster_find(&c, "u1");
        cluster_pass_ms(&c, 1000);
    }
    ck_assert_uint_le(kube_count_all(c.kube), 6);
}
END_TEST

/* ---- settings ---- */

START_TEST(settings_that_cannot_be_used_are_refused_in_words)
{
    char why[256];

    ck_assert_int_eq(source_check(&c.settings, why), 0);
    c.settings.node_name = (char *)(uintptr_t) "n1&watch=1";
    ck_assert_int_lt(source_check(&c.settings, why), 0);
    ck_assert_ptr_nonnull(strstr(why, "no name of a node"));
    c.settings.node_name = NULL;
    c.settings.server.url = (char *)(uintptr_t) "kubernetes";
    ck_assert_int_lt(source_check(&c.settings, why), 0);
    ck_assert_ptr_null(source_take(c.loop, &c.settings, why));
    c.settings.server.use_kubelet = true;
    c.settings.server.kubelet_host = (char *)(uintptr_t) "127.0.0.1";
    c.settings.server.kubelet_port = 70000;
    ck_assert_int_lt(source_check(&c.settings, why), 0);
}
END_TEST

START_TEST(files_of_tls_that_are_not_there_are_waited_for)
{
    c.settings.server.url = (char *)(uintptr_t) "https://127.0.0.1:1";
    c.settings.server.ca_file = path;
    snprintf(path, sizeof path, "%s", tree_path("ca.crt"));
    c.settings.keeping.keep_file = NULL;
    cluster_begin(&c);
    cluster_pass_ms(&c, 20000);
    ck_assert_uint_eq(source_counts(c.source).lists, 0);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_NOT_YET);
}
END_TEST

START_TEST(the_environment_may_name_the_node)
{
    setenv("NODE_NAME", "n7", 1);
    ck_assert_str_eq(source_node_name(), "n7");
    setenv("NODE_NAME", "a b", 1);
    setenv("K8S_NODE_NAME", "n8", 1);
    ck_assert_str_eq(source_node_name(), "n8");
    unsetenv("NODE_NAME");
    unsetenv("K8S_NODE_NAME");
}
END_TEST

Suite *suite_kubernetes_kept(void);

Suite *suite_kubernetes_kept(void)
{
    Suite *suite = suite_create("kubernetes_kept");
    TCase *tcase = tcase_create("kubernetes_kept");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_restart_without_a_server_has_its_labels);
    tcase_add_test(tcase, a_restart_needs_no_list);
    tcase_add_test(tcase, a_restart_after_a_long_time_lists_and_knows_meanwhile);
    tcase_add_test(tcase, what_was_kept_is_written_while_it_runs);
    tcase_add_test(tcase, a_version_alone_is_written_once_in_a_while);
    tcase_add_test(tcase, a_file_of_other_settings_is_not_used);
    tcase_add_test(tcase, a_damaged_file_is_not_used);
    tcase_add_test(tcase, where_nothing_can_be_kept_all_else_goes_on);
    tcase_add_test(tcase, a_learned_name_of_the_node_is_kept_too);
    tcase_add_test(tcase, files_take_the_place_of_the_server);
    tcase_add_test(tcase, files_that_are_not_there_or_no_json_change_nothing);
    tcase_add_test(tcase, a_file_that_cannot_be_used_is_said_with_its_name);
    tcase_add_test(tcase, a_container_that_the_file_does_not_know_is_its_pods);
    tcase_add_test(tcase, a_kubelet_is_polled_and_nobody_else_is_asked);
    tcase_add_test(tcase, a_kubelet_is_polled_sooner_for_a_pod_that_is_waited_for);
    tcase_add_test(tcase, a_kubelet_is_not_polled_for_ever_for_what_is_not_there);
    tcase_add_test(tcase, a_kubelet_that_refuses_is_asked_seldom);
    tcase_add_test(tcase, settings_that_cannot_be_used_are_refused_in_words);
    tcase_add_test(tcase, files_of_tls_that_are_not_there_are_waited_for);
    tcase_add_test(tcase, the_environment_may_name_the_node);
    suite_add_tcase(suite, tcase);
    return suite;
}
