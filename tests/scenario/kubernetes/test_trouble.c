#include "scenario/kubernetes/cluster.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* A server that refuses, fails, is slow or not there: how it is asked then. */

/* However long it has failed. */
#define LONGEST_WAIT_MS 65000

static struct cluster c;

static void set_up(void)
{
    tree_plant();
    cluster_open(&c);
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

static bool described(const char *words)
{
    struct buffer out = {0};
    bool has;

    source_describe(c.source, &out);
    has = strstr(buffer_text(&out), words) != NULL;
    buffer_fini(&out);
    return has;
}

/* How often the last lines of the log have these words. */
static unsigned said(const char *words)
{
    unsigned count = 0;

    for (size_t i = 0; log_recent(i) != NULL; i++)
        count += strstr(log_recent(i), words) != NULL;
    return count;
}

/* ---- failing ---- */

static void expect_slow_asking(int status)
{
    kube_fail(c.kube, KUBE_LIST, status, 1000);
    put("u1", "");
    cluster_begin(&c);
    for (unsigned second = 1; second <= 120; second++) {
        cluster_find(&c, "u1");
        cluster_pass_ms(&c, 1000);
        ck_assert_uint_le(kube_count_all(c.kube), second + 1);
    }
    ck_assert_uint_ge(kube_count_all(c.kube), 4);
    ck_assert_uint_le(kube_count_all(c.kube), 60);
    ck_assert(described("\"trouble\":\"the server refuses"));
    kube_fail(c.kube, KUBE_LIST, 0, 0);
    cluster_await(&c, KUBE_WATCH, 1, LONGEST_WAIT_MS);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert(described("\"trouble\":\"\""));
}

START_TEST(a_server_that_fails_is_asked_less_and_less)
{
    expect_slow_asking(500);
}
END_TEST

START_TEST(so_is_one_that_has_too_much_to_do)
{
    expect_slow_asking(429);
}
END_TEST

START_TEST(what_it_asks_for_is_waited_for)
{
    kube_retry_after(c.kube, 20);
    kube_fail(c.kube, KUBE_LIST, 429, 1);
    cluster_begin(&c);
    cluster_await(&c, KUBE_LIST, 1, 4000);
    cluster_pass_ms(&c, 19500);
    ck_assert_uint_eq(kube_count_all(c.kube), 1);
    cluster_await(&c, KUBE_LIST, 2, 12000);
}
END_TEST

START_TEST(a_server_that_is_away_is_found_again)
{
    kube_down(c.kube, true);
    cluster_begin(&c);
    cluster_pass_ms(&c, 60000);
    ck_assert(described("does not answer"));
    kube_down(c.kube, false);
    put("u1", "");
    cluster_await(&c, KUBE_WATCH, 1, LONGEST_WAIT_MS);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
}
END_TEST

START_TEST(while_nobody_watches_nobody_says_never)
{
    cluster_begin(&c);
    cluster_await_watch(&c);
    kube_down(c.kube, true);
    cluster_settle(&c);
    cluster_find(&c, "u9");
    cluster_pass_ms(&c, 30000);
    ck_assert_int_eq(cluster_find(&c, "u9"), POD_NOT_YET);
    kube_down(c.kube, false);
    put("u9", "");
    cluster_await(&c, KUBE_WATCH, 2, LONGEST_WAIT_MS);
    ck_assert_int_eq(cluster_find(&c, "u9"), POD_KNOWN);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 1);
}
END_TEST

/* ---- forbidden ---- */

START_TEST(where_a_watch_is_forbidden_there_are_lists)
{
    struct kubernetes_metrics metrics;

    kube_forbid(c.kube, KUBE_WATCH, true);
    put("u1", "\"a\":\"1\"");
    cluster_begin(&c);
    cluster_await(&c, KUBE_WATCH, 1, 15000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert(described("watching pods is forbidden"));
    source_tell(c.source, &metrics);
    ck_assert_uint_eq(metrics.lists, 1);
    ck_assert_uint_eq(metrics.watches, 1);
    ck_assert_uint_eq(metrics.forbidden, 1);
    ck_assert_uint_eq(metrics.pods, 1);
    put("u1", "\"a\":\"2\"");
    cluster_await(&c, KUBE_LIST, 2, 17000);
    cluster_find(&c, "u1");
    ck_assert(slice_is(c.found->labels, "{\"a\":\"2\"}"));
    put("u2", "");
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_NOT_YET);
    cluster_await(&c, KUBE_LIST, 3, 3000);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
    ck_assert_uint_eq(said("the verb watch on pods"), 1);
}
END_TEST

START_TEST(where_lists_are_forbidden_pods_are_asked_for_one_by_one)
{
    kube_forbid(c.kube, KUBE_LIST, true);
    put("u1", "\"a\":\"1\"");
    cluster_begin(&c);
    cluster_await(&c, KUBE_LIST, 1, 15000);
    cluster_pass_ms(&c, 5000);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_GET), 0);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_NOT_YET);
    cluster_await(&c, KUBE_GET, 1, 1000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert(described("listing pods is forbidden"));
    cluster_pass_ms(&c, 60000);
    ck_assert_uint_eq(kube_count_all(c.kube), 2);
    ck_assert_uint_eq(said("the verb list on pods"), 1);
}
END_TEST

START_TEST(what_is_not_there_is_asked_for_once_in_a_while)
{
    kube_forbid(c.kube, KUBE_LIST, true);
    cluster_begin(&c);
    cluster_await(&c, KUBE_LIST, 1, 15000);
    for (unsigned i = 0; i < 30; i++) {
        cluster_find_named(&c, "web-9", "");
        cluster_pass_ms(&c, 1000);
    }
    ck_assert_uint_eq(kube_count(c.kube, KUBE_GET), 1);
    ck_assert_int_eq(cluster_find_named(&c, "web-9", ""), POD_NEVER);
    cluster_pass_ms(&c, 35000);
    cluster_find_named(&c, "web-9", "");
    cluster_await(&c, KUBE_GET, 2, 1000);
}
END_TEST

START_TEST(a_name_is_not_enough_for_another_uid)
{
    kube_forbid(c.kube, KUBE_LIST, true);
    put("u2", "");
    cluster_begin(&c);
    cluster_await(&c, KUBE_LIST, 1, 15000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_NOT_YET);
    cluster_await(&c, KUBE_GET, 1, 1000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_NEVER);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
}
END_TEST

START_TEST(a_container_that_is_not_yet_in_the_status_is_asked_for_again)
{
    kube_forbid(c.kube, KUBE_LIST, true);
    put("u1", "");
    cluster_begin(&c);
    cluster_await(&c, KUBE_LIST, 1, 15000);
    ck_assert_int_eq(cluster_find_named(&c, "web-0", "c1"), POD_NOT_YET);
    cluster_await(&c, KUBE_GET, 1, 1000);
    ck_assert_int_eq(cluster_find_named(&c, "web-0", "c1"), POD_NOT_YET);
    kube_put(c.kube, &(struct kube_pod){.uid = "u1", .container_id = "c1"});
    cluster_await(&c, KUBE_GET, 2, 3000);
    ck_assert_int_eq(cluster_find_named(&c, "web-0", "c1"), POD_KNOWN);
}
END_TEST

START_TEST(old_pods_are_asked_for_again_after_their_time)
{
    c.settings.keeping.pod_ttl_ms = 30000;
    kube_forbid(c.kube, KUBE_LIST, true);
    put("u1", "\"a\":\"1\"");
    cluster_begin(&c);
    cluster_await(&c, KUBE_LIST, 1, 15000);
    cluster_find(&c, "u1");
    cluster_await(&c, KUBE_GET, 1, 1000);
    put("u1", "\"a\":\"2\"");
    cluster_pass_ms(&c, 45000);
    cluster_find(&c, "u1");
    ck_assert(slice_is(c.found->labels, "{\"a\":\"2\"}"));
    ck_assert_uint_eq(kube_count(c.kube, KUBE_GET), 2);
}
END_TEST

START_TEST(names_that_are_none_do_not_go_out)
{
    kube_forbid(c.kube, KUBE_LIST, true);
    cluster_begin(&c);
    cluster_await(&c, KUBE_LIST, 1, 15000);
    cluster_find_named(&c, "../../secrets", "");
    cluster_find_named(&c, "a b", "");
    cluster_find_named(&c, "A", "");
    cluster_pass_ms(&c, 5000);
    ck_assert_uint_eq(kube_count_all(c.kube), 1);
}
END_TEST

START_TEST(without_the_nodes_name_the_first_pod_tells_it)
{
    c.settings.node_name = NULL;
    unsetenv("NODE_NAME");
    unsetenv("HOST_NAME");
    put("u1", "");
    kube_put(c.kube, &(struct kube_pod){.name = "web-1", .uid = "u2"});
    cluster_begin(&c);
    cluster_pass_ms(&c, 5000);
    ck_assert_uint_eq(kube_count_all(c.kube), 0);
    cluster_find(&c, "u1");
    cluster_await(&c, KUBE_WATCH, 1, 15000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_GET), 1);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 1);
}
END_TEST

START_TEST(namespaces_come_one_by_one_where_they_cannot_be_listed)
{
    c.settings.wants.namespace_labels = true;
    kube_forbid(c.kube, KUBE_LIST_SPACES, true);
    kube_put_space(c.kube, "shop", "\"team\":\"x\"");
    put("u1", "");
    cluster_begin(&c);
    cluster_await(&c, KUBE_GET_SPACE, 1, 20000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert(slice_is(c.found->space->labels, "{\"team\":\"x\"}"));
}
END_TEST

START_TEST(old_namespaces_are_asked_for_again_after_their_time)
{
    c.settings.wants.namespace_labels = true;
    c.settings.keeping.namespace_ttl_ms = 60000;
    kube_forbid(c.kube, KUBE_LIST_SPACES, true);
    kube_put_space(c.kube, "shop", "\"team\":\"x\"");
    put("u1", "");
    cluster_begin(&c);
    cluster_await(&c, KUBE_GET_SPACE, 1, 20000);
    kube_put_space(c.kube, "shop", "\"team\":\"y\"");
    cluster_await(&c, KUBE_GET_SPACE, 2, 90000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert(slice_is(c.found->space->labels, "{\"team\":\"y\"}"));
    kube_forbid(c.kube, KUBE_GET_SPACE, true);
    cluster_await(&c, KUBE_GET_SPACE, 3, 90000);
    cluster_find(&c, "u1");
    ck_assert(slice_is(c.found->space->labels, "{\"team\":\"y\"}"));
    cluster_pass_ms(&c, 30000);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_GET_SPACE), 3);
}
END_TEST

START_TEST(without_any_right_to_namespaces_pods_are_known_all_the_same)
{
    c.settings.wants.namespace_labels = true;
    kube_forbid(c.kube, KUBE_LIST_SPACES, true);
    kube_forbid(c.kube, KUBE_GET_SPACE, true);
    put("u1", "");
    cluster_begin(&c);
    cluster_await(&c, KUBE_GET_SPACE, 1, 20000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    cluster_pass_ms(&c, 30000);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_GET_SPACE), 1);
}
END_TEST

/* ---- tokens ---- */

static TCase *failing(void)
{
    TCase *tcase = tcase_create("failing");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_server_that_fails_is_asked_less_and_less);
    tcase_add_test(tcase, so_is_one_that_has_too_much_to_do);
    tcase_add_test(tcase, what_it_asks_for_is_waited_for);
    tcase_add_test(tcase, a_server_that_is_away_is_found_again);
    tcase_add_test(tcase, while_nobody_watches_nobody_says_never);
    return tcase;
}

Suite *suite_kubernetes_trouble(void);

Suite *suite_kubernetes_trouble(void)
{
    Suite *suite = suite_create("kubernetes_trouble");
    TCase *tcase = tcase_create("forbidden");

    suite_add_tcase(suite, failing());
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, where_a_watch_is_forbidden_there_are_lists);
    tcase_add_test(tcase, where_lists_are_forbidden_pods_are_asked_for_one_by_one);
    tcase_add_test(tcase, what_is_not_there_is_asked_for_once_in_a_while);
    tcase_add_test(tcase, a_name_is_not_enough_for_another_uid);
    tcase_add_test(tcase, a_container_that_is_not_yet_in_the_status_is_asked_for_again);
    tcase_add_test(tcase, old_pods_are_asked_for_again_after_their_time);
    tcase_add_test(tcase, names_that_are_none_do_not_go_out);
    tcase_add_test(tcase, without_the_nodes_name_the_first_pod_tells_it);
    tcase_add_test(tcase, namespaces_come_one_by_one_where_they_cannot_be_listed);
    tcase_add_test(tcase, old_namespaces_are_asked_for_again_after_their_time);
    tcase_add_test(tcase, without_any_right_to_namespaces_pods_are_known_all_the_same);
    suite_add_tcase(suite, tcase);
    return suite;
}
