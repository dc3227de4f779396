#include "scenario/kubernetes/cluster.h"

#include <check.h>
#include <stdio.h>

/* One list and one watch: what they bring, and how they go on. */

static struct cluster c;

static void set_up(void)
{
    cluster_open(&c);
}

static void tear_down(void)
{
    cluster_close(&c);
}

static void begin(void)
{
    cluster_begin(&c);
    cluster_await_watch(&c);
}

static void put(const char *uid, const char *labels)
{
    kube_put(c.kube, &(struct kube_pod){.uid = uid, .labels = labels, .container_id = "c1"});
}

START_TEST(pods_of_this_node_are_listed_and_then_watched)
{
    put("u1", "\"app\":\"web\"");
    kube_put(c.kube, &(struct kube_pod){.uid = "far", .node = "n2"});
    begin();
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert(slice_is(c.found->labels, "{\"app\":\"web\"}"));
    ck_assert(slice_is(c.found->node, "n1"));
    ck_assert(
        slice_is(c.found->containers[0].hash, "registry.example/shop/web@sha256:0123456789abcdef"));
    ck_assert_int_eq(cluster_find(&c, "far"), POD_NOT_YET);
    put("u2", "\"app\":\"new\"");
    cluster_settle(&c);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
    ck_assert_uint_eq(kube_count_all(c.kube), 2);
}
END_TEST

START_TEST(a_label_that_flips_shows_at_once)
{
    uint64_t version;

    put("u1", "\"role\":\"primary\"");
    begin();
    cluster_find(&c, "u1");
    version = c.found->version;
    put("u1", "\"role\":\"replica\"");
    cluster_settle(&c);
    cluster_find(&c, "u1");
    ck_assert_uint_ne(c.found->version, version);
    ck_assert(slice_is(c.found->labels, "{\"role\":\"replica\"}"));
}
END_TEST

START_TEST(a_pod_made_again_under_its_name_has_its_own_labels)
{
    kube_put(c.kube,
             &(struct kube_pod){.uid = "u1", .labels = "\"v\":\"1\"", .container_id = "c1"});
    begin();
    kube_delete(c.kube, "u1");
    kube_put(c.kube,
             &(struct kube_pod){.uid = "u2", .labels = "\"v\":\"2\"", .container_id = "c2"});
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_NOT_YET);
    ck_assert_int_eq(cluster_find_named(&c, "web-0", "c2"), POD_NOT_YET);
    cluster_settle(&c);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_GONE);
    ck_assert(slice_is(c.found->labels, "{\"v\":\"1\"}"));
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
    ck_assert(slice_is(c.found->labels, "{\"v\":\"2\"}"));
    ck_assert_int_eq(cluster_find_named(&c, "web-0", "c2"), POD_KNOWN);
    ck_assert(slice_is(c.found->uid, "u2"));
}
END_TEST

START_TEST(a_large_list_comes_in_pages)
{
    char uid[32];

    for (unsigned i = 0; i < 250; i++) {
        snprintf(uid, sizeof uid, "u%u", i);
        put(uid, "");
    }
    cluster_begin(&c);
    cluster_await(&c, KUBE_WATCH, 1, 15000);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 3);
    ck_assert_int_eq(cluster_find(&c, "u0"), POD_KNOWN);
    ck_assert_int_eq(cluster_find(&c, "u249"), POD_KNOWN);
}
END_TEST

START_TEST(an_answer_may_come_byte_by_byte)
{
    put("u1", "\"app\":\"web\"");
    kube_slow(c.kube, 7);
    cluster_begin(&c);
    for (unsigned i = 0; i < 200 && kube_watching(c.kube) == 0; i++)
        cluster_pass_ms(&c, 100);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    put("u2", "\"app\":\"new\"");
    for (unsigned i = 0; i < 200 && cluster_find(&c, "u2") != POD_KNOWN; i++)
        cluster_settle(&c);
    ck_assert(slice_is(c.found->labels, "{\"app\":\"new\"}"));
}
END_TEST

START_TEST(a_watch_goes_on_where_it_ended)
{
    begin();
    put("u1", "");
    cluster_pass_ms(&c, 60000);
    kube_end_watches(c.kube);
    cluster_settle(&c);
    put("u2", "");
    cluster_await(&c, KUBE_WATCH, 2, 3000);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 1);
}
END_TEST

/* The history is forgotten behind a bookmark: the watch goes on from there. */
START_TEST(a_bookmark_saves_a_list)
{
    begin();
    cluster_pass_ms(&c, 60000);
    kube_compact(c.kube);
    kube_bookmark(c.kube);
    cluster_settle(&c);
    kube_end_watches(c.kube);
    cluster_await(&c, KUBE_WATCH, 2, 3000);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 1);
}
END_TEST

static void expect_one_relist(void)
{
    put("u1", "");
    begin();
    cluster_pass_ms(&c, 60000);
    kube_end_watches(c.kube);
    kube_compact(c.kube);
    cluster_settle(&c);
    kube_delete(c.kube, "u1");
    put("u2", "");
    cluster_await(&c, KUBE_WATCH, 3, 6000);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 2);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_GONE);
    cluster_pass_ms(&c, 60000);
    ck_assert_uint_eq(kube_count_all(c.kube), 5);
}

START_TEST(a_watch_that_is_too_old_costs_one_list)
{
    expect_one_relist();
}
END_TEST

START_TEST(too_old_may_be_said_in_an_event)
{
    kube_gone_as_event(c.kube);
    expect_one_relist();
}
END_TEST

START_TEST(an_event_that_is_cut_comes_again)
{
    begin();
    put("u1", "");
    cluster_settle(&c);
    kube_cut_watches(c.kube);
    cluster_settle(&c);
    put("u2", "");
    cluster_await(&c, KUBE_WATCH, 2, 3000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 1);
}
END_TEST

START_TEST(a_megabyte_in_an_annotation_is_left_out_alone)
{
    kube_put(c.kube, &(struct kube_pod){.uid = "u1",
                                        .labels = "\"a\":\"b\"",
                                        .annotations = "\"x\":\"y\"",
                                        .annotation_bytes = 1 << 20});
    begin();
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert(slice_is(c.found->annotations, "{\"x\":\"y\"}"));
    ck_assert_uint_gt(source_counts(c.source).left_out, 0);
    ck_assert_ptr_nonnull(
        strstr(log_recent(0), "pod shop/web-0 has an annotation that is too long"));
}
END_TEST

/* A watch lasts for minutes; what it leaves out is not counted when it ends. */
START_TEST(what_a_watch_leaves_out_is_counted_and_said_as_it_comes)
{
    begin();
    kube_put(c.kube, &(struct kube_pod){.name = "late", .uid = "u2", .annotation_bytes = 1 << 20});
    cluster_settle(&c);
    ck_assert_int_eq(cluster_find(&c, "u2"), POD_KNOWN);
    ck_assert_uint_eq(source_counts(c.source).left_out, 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "pod shop/late has an annotation"));
    ck_assert_uint_eq(kube_watching(c.kube), 1);
}
END_TEST

START_TEST(who_is_not_on_this_node_is_never)
{
    begin();
    ck_assert_int_eq(cluster_find(&c, "other"), POD_NOT_YET);
    cluster_pass_ms(&c, 4000);
    ck_assert_int_eq(cluster_find(&c, "other"), POD_NOT_YET);
    c.told_anything = 0;
    cluster_pass_ms(&c, 1500);
    ck_assert_uint_eq(c.told_anything, 1);
    ck_assert_int_eq(cluster_find(&c, "other"), POD_NEVER);
    ck_assert_uint_eq(kube_count_all(c.kube), 2);
}
END_TEST

static void await(const char *uid, enum pod_answer answer)
{
    for (unsigned i = 0; i < 100 && cluster_find(&c, uid) != answer; i++)
        loop_turn(c.loop, false);
    ck_assert_int_eq(cluster_find(&c, uid), answer);
}

/* R10: fifty pods are born and fifty die a second for a minute, none older than a second. Every one is
 * known while its file drains, by its own labels, and the server has been asked twice. */
START_TEST(fifty_pods_a_second_cost_one_list_and_one_watch)
{
    char uid[32], labels[64], expected[80];

    begin();
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(uid, sizeof uid, "uid-%u", i);
        snprintf(labels, sizeof labels, "\"n\":\"%u\"", i);
        snprintf(expected, sizeof expected, "{%s}", labels);
        put(uid, labels);
        await(uid, POD_KNOWN);
        ck_assert(slice_is(c.found->labels, expected));
        if (i >= 40) {
            snprintf(uid, sizeof uid, "uid-%u", i - 40);
            snprintf(expected, sizeof expected, "{\"n\":\"%u\"}", i - 40);
            kube_delete(c.kube, uid);
            await(uid, POD_GONE);
            ck_assert(slice_is(c.found->labels, expected));
        }
        clock_advance_ms(20);
    }
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 1);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_WATCH), 1);
    ck_assert_uint_eq(kube_count_all(c.kube), 2);
}
END_TEST

START_TEST(equal_settings_share_one_list_and_one_watch)
{
    struct source *second;
    char why[256];

    begin();
    second = source_take(c.loop, &c.settings, why);
    ck_assert_ptr_eq(second, c.source);
    cluster_pass_ms(&c, 10000);
    source_release(&second);
    cluster_pass_ms(&c, 10000);
    ck_assert_uint_eq(kube_count_all(c.kube), 2);
    ck_assert_uint_eq(kube_watching(c.kube), 1);
    c.settings.wants.owners = false;
    second = source_take(c.loop, &c.settings, why);
    ck_assert_ptr_ne(second, c.source);
    source_release(&second);
}
END_TEST

/* ---- namespaces ---- */

START_TEST(namespaces_are_listed_and_watched_where_they_are_wanted)
{
    c.settings.wants.namespace_labels = true;
    kube_put_space(c.kube, "shop", "\"team\":\"x\"");
    put("u1", "");
    begin();
    cluster_await(&c, KUBE_WATCH_SPACES, 1, 15000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert(slice_is(c.found->space->labels, "{\"team\":\"x\"}"));
    kube_put_space(c.kube, "shop", "\"team\":\"y\"");
    cluster_settle(&c);
    cluster_find(&c, "u1");
    ck_assert(slice_is(c.found->space->labels, "{\"team\":\"y\"}"));
    ck_assert_uint_eq(kube_count_all(c.kube), 4);
}
END_TEST

START_TEST(namespaces_are_not_asked_for_where_nobody_wants_them)
{
    put("u1", "");
    begin();
    cluster_pass_ms(&c, 30000);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST_SPACES), 0);
}
END_TEST

Suite *suite_kubernetes_watch(void);

Suite *suite_kubernetes_watch(void)
{
    Suite *suite = suite_create("kubernetes_watch");
    TCase *tcase = tcase_create("kubernetes_watch");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, pods_of_this_node_are_listed_and_then_watched);
    tcase_add_test(tcase, a_label_that_flips_shows_at_once);
    tcase_add_test(tcase, a_pod_made_again_under_its_name_has_its_own_labels);
    tcase_add_test(tcase, a_large_list_comes_in_pages);
    tcase_add_test(tcase, an_answer_may_come_byte_by_byte);
    tcase_add_test(tcase, a_watch_goes_on_where_it_ended);
    tcase_add_test(tcase, a_bookmark_saves_a_list);
    tcase_add_test(tcase, a_watch_that_is_too_old_costs_one_list);
    tcase_add_test(tcase, too_old_may_be_said_in_an_event);
    tcase_add_test(tcase, an_event_that_is_cut_comes_again);
    tcase_add_test(tcase, a_megabyte_in_an_annotation_is_left_out_alone);
    tcase_add_test(tcase, what_a_watch_leaves_out_is_counted_and_said_as_it_comes);
    tcase_add_test(tcase, who_is_not_on_this_node_is_never);
    tcase_add_test(tcase, fifty_pods_a_second_cost_one_list_and_one_watch);
    tcase_add_test(tcase, equal_settings_share_one_list_and_one_watch);
    tcase_add_test(tcase, namespaces_are_listed_and_watched_where_they_are_wanted);
    tcase_add_test(tcase, namespaces_are_not_asked_for_where_nobody_wants_them);
    suite_add_tcase(suite, tcase);
    return suite;
}
