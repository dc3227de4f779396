#include "unit/plugins/pods_kit.h"

#include "kit/stops.h"

#include <check.h>
#include <stdio.h>

/* Which pod a file belongs to, and how long it is known. */

/* ---- which pod ---- */

START_TEST(a_pod_is_found_by_its_uid_and_by_its_name)
{
    ck_assert(kit_put("u1", "c1", "{\"app\":\"web\"}"));
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
    ck_assert(slice_is(pk.found->labels, "{\"app\":\"web\"}"));
    ck_assert(slice_is(pk.found->name, "web-0"));
    ck_assert(slice_is(pk.found->containers[0].id, "c1"));
    ck_assert_int_eq(kit_by_name(""), POD_KNOWN);
    ck_assert_int_eq(kit_by_name("c1"), POD_KNOWN);
    ck_assert_uint_eq(pk.wished, 0);
}
END_TEST

START_TEST(a_pod_recreated_under_its_name_is_another_one)
{
    const struct pod *old;

    kit_put("u1", "c1", "{\"role\":\"primary\"}");
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
    old = pk.found;
    kit_remove("u1");
    ck_assert_int_eq(kit_by_uid("u2"), POD_NOT_YET);
    ck_assert_int_eq(kit_by_name("c2"), POD_NOT_YET);
    kit_put("u2", "c2", "{\"role\":\"replica\"}");
    ck_assert_int_eq(kit_by_uid("u2"), POD_KNOWN);
    ck_assert_ptr_ne(pk.found, old);
    ck_assert_int_eq(kit_by_name("c2"), POD_KNOWN);
    ck_assert(slice_is(pk.found->labels, "{\"role\":\"replica\"}"));
    ck_assert_int_eq(kit_by_name(""), POD_KNOWN);
    ck_assert(slice_is(pk.found->labels, "{\"role\":\"replica\"}"));
    ck_assert_int_eq(kit_by_uid("u1"), POD_GONE);
    ck_assert_ptr_eq(pk.found, old);
    ck_assert_int_eq(kit_by_name("c1"), POD_GONE);
    ck_assert_ptr_eq(pk.found, old);
}
END_TEST

/* The new one may come before the old one is said to be deleted. */
START_TEST(two_of_one_name_are_told_apart_by_their_containers)
{
    kit_put("u1", "c1", "{}");
    kit_put("u2", "c2", "{}");
    ck_assert_int_eq(kit_by_name("c1"), POD_KNOWN);
    ck_assert(slice_is(pk.found->uid, "u1"));
    ck_assert_int_eq(kit_by_name("c2"), POD_KNOWN);
    ck_assert(slice_is(pk.found->uid, "u2"));
    ck_assert_int_eq(kit_by_name("c3"), POD_NOT_YET);
}
END_TEST

START_TEST(a_container_that_restarted_is_known_by_its_earlier_ids)
{
    char id[16];

    for (unsigned i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "id-%u", i);
        kit_put("u1", id, "{}");
    }
    for (unsigned i = 0; i < 6; i++) {
        snprintf(id, sizeof id, "id-%u", i);
        ck_assert_int_eq(kit_by_name(id), POD_KNOWN);
    }
    ck_assert_int_eq(kit_by_name("id-6"), POD_NOT_YET);
}
END_TEST

START_TEST(an_id_that_was_cut_short_is_enough_when_it_is_long)
{
    kit_put("u1", "0123456789abcdef", "{}");
    ck_assert_int_eq(kit_by_name("0123456789ab"), POD_KNOWN);
    ck_assert_int_eq(kit_by_name("0123456789a"), POD_NOT_YET);
    ck_assert_int_eq(kit_by_name("123456789abcdef"), POD_NOT_YET);
}
END_TEST

START_TEST(a_static_pod_is_found_by_its_hash)
{
    struct pod_facts facts = kit_facts("u1", "c1", "{}");

    facts.config_hash = SLICE("hash");
    pods_put(pk.pods, &facts);
    ck_assert_int_eq(kit_by_uid("hash"), POD_KNOWN);
    kit_remove("u1");
    ck_assert_int_eq(kit_by_uid("hash"), POD_GONE);
    facts.pod.uid = SLICE("u2"); /* the mirror is made again */
    pods_put(pk.pods, &facts);
    ck_assert_int_eq(kit_by_uid("hash"), POD_KNOWN);
    ck_assert(slice_is(pk.found->uid, "u2"));
}
END_TEST

START_TEST(a_pod_without_a_uid_stands_for_its_name)
{
    struct pod_query query = {
        .namespace_name = SLICE("shop"), .name = SLICE("web-0"), .uid = SLICE("any")};

    kit_put("", "c1", "{}");
    ck_assert_int_eq(pods_find(pk.pods, &query, &pk.found), POD_KNOWN);
}
END_TEST

START_TEST(containers_are_found_by_id_and_then_by_name)
{
    const struct pod_query both = {.container = SLICE("main"), .container_id = SLICE("c9")};
    const struct pod_query other = {.container = SLICE("side")};

    kit_put("u1", "c1", "{}");
    kit_by_uid("u1");
    ck_assert_ptr_eq(pod_container_find(pk.found, &both), &pk.found->containers[0]);
    ck_assert_ptr_null(pod_container_find(pk.found, &other));
}
END_TEST

/* ---- changes ---- */

START_TEST(a_version_is_new_whenever_something_changed)
{
    uint64_t version;

    kit_put("u1", "", "{\"a\":\"1\"}");
    kit_by_uid("u1");
    version = pk.found->version;
    ck_assert_uint_ne(version, 0);
    ck_assert(!kit_put("u1", "", "{\"a\":\"1\"}"));
    kit_by_uid("u1");
    ck_assert_uint_eq(pk.found->version, version);
    ck_assert_uint_eq(pk.told, 1);
    ck_assert(kit_put("u1", "c1", "{\"a\":\"1\"}"));
    ck_assert_uint_ne(pk.told_version, version);
    ck_assert(kit_put("u1", "c1", "{\"a\":\"2\"}"));
    ck_assert_uint_eq(pk.told, 3);
    kit_by_uid("u1");
    ck_assert_uint_eq(pk.found->version, pk.told_version);
    ck_assert(slice_is(pk.found->labels, "{\"a\":\"2\"}"));
}
END_TEST

START_TEST(versions_of_two_pods_never_meet)
{
    uint64_t version;

    kit_put("u1", "", "{}");
    kit_by_uid("u1");
    version = pk.found->version;
    kit_put("u2", "", "{}");
    kit_by_uid("u2");
    ck_assert_uint_ne(pk.found->version, version);
}
END_TEST

/* ---- deleted pods ---- */

START_TEST(a_deleted_pod_is_kept_for_its_time)
{
    kit_put("u1", "c1", "{}");
    kit_remove("u1");
    kit_remove("u1");
    ck_assert_uint_eq(pk.told, 2);
    ck_assert_int_eq(kit_by_uid("u1"), POD_GONE);
    clock_advance_ms(PODS_GONE_MS - 1);
    ck_assert_uint_eq(pods_tick(pk.pods), clock_ms() + 1);
    ck_assert_int_eq(kit_by_uid("u1"), POD_GONE);
    clock_advance_ms(1);
    pods_tick(pk.pods);
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET);
    ck_assert_uint_eq(pods_counts(pk.pods).bytes, 0);
}
END_TEST

START_TEST(a_deleted_pod_is_kept_as_long_as_its_files_drain)
{
    const struct pod *held;

    kit_put("u1", "c1", "{}");
    kit_by_uid("u1");
    held = pod_ref(pk.found);
    kit_remove("u1");
    clock_advance_ms(10 * PODS_GONE_MS);
    pods_tick(pk.pods);
    ck_assert_int_eq(kit_by_uid("u1"), POD_GONE);
    pod_unref(&held);
    ck_assert_ptr_null(held);
    pods_tick(pk.pods);
    ck_assert_int_eq(kit_by_uid("u1"), POD_GONE);
    clock_advance_ms(PODS_GONE_MS);
    pods_tick(pk.pods);
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET);
}
END_TEST

START_TEST(of_many_deleted_the_first_is_forgotten_but_stays_whole_for_who_has_it)
{
    const struct pod *held;
    char name[32];

    kit_put_named("first");
    kit_by_uid("first");
    held = pod_ref(pk.found);
    for (unsigned i = 0; i <= PODS_GONE_MAX; i++) {
        struct pod pod = {.uid = slice_of(name)};

        snprintf(name, sizeof name, "pod-%u", i);
        kit_put_named(name);
        pod.uid = slice_of(name);
        if (i == 0)
            pods_remove(pk.pods, held);
        pods_remove(pk.pods, &pod);
    }
    ck_assert_uint_eq(pods_counts(pk.pods).gone, PODS_GONE_MAX);
    ck_assert_int_eq(kit_by_uid("first"), POD_NOT_YET);
    ck_assert(slice_is(held->name, "first"));
    pod_unref(&held);
}
END_TEST

START_TEST(a_pod_that_is_there_after_all_is_known_again)
{
    kit_put("u1", "c1", "{}");
    kit_remove("u1");
    pk.told = 0;
    ck_assert(kit_put("u1", "c1", "{}"));
    ck_assert_uint_eq(pk.told, 1);
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
}
END_TEST

START_TEST(a_list_tells_which_pods_were_deleted)
{
    kit_put_named("a");
    kit_put_named("b");
    kit_put_named("c");
    pods_round_begin(pk.pods);
    kit_put_named("new");
    pods_round_begin(pk.pods); /* the list broke off */
    kit_put("u1", "c1", "{}");
    {
        struct pod_facts facts = {
            .pod = {.namespace_name = SLICE("shop"), .name = SLICE("b"), .uid = SLICE("b")}};
        ck_assert(!pods_put(pk.pods, &facts));
    }
    pods_round_end(pk.pods);
    ck_assert_int_eq(kit_by_uid("a"), POD_GONE);
    ck_assert_int_eq(kit_by_uid("b"), POD_KNOWN);
    ck_assert_int_eq(kit_by_uid("c"), POD_GONE);
    ck_assert_int_eq(kit_by_uid("new"), POD_GONE);
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
}
END_TEST

START_TEST(pods_that_nobody_uses_are_let_go_of)
{
    const struct pod *held;

    kit_put_named("a");
    kit_put_named("b");
    kit_by_uid("a");
    held = pod_ref(pk.found);
    clock_advance_ms(1000);
    ck_assert_ptr_nonnull(pods_stale(pk.pods, clock_ms()));
    ck_assert_ptr_null(pods_stale(pk.pods, clock_ms() - 1000));
    pods_remove_idle(pk.pods, clock_ms());
    ck_assert_int_eq(kit_by_uid("a"), POD_KNOWN);
    ck_assert_int_eq(kit_by_uid("b"), POD_NOT_YET);
    pod_unref(&held);
}
END_TEST

START_TEST(pods_are_not_freed_while_they_are_held)
{
    kit_put("u1", "c1", "{}");
    kit_by_uid("u1");
    (void)pod_ref(pk.found);
    pods_unlisten(&pk.listener);
    pods_free(&pk.pods);
}
END_TEST

START_TEST(a_question_has_a_name_or_a_uid)
{
    struct pod_query query = {.name = SLICE("web-0")};

    pods_find(pk.pods, &query, &pk.found);
}
END_TEST

/* So that nothing is written to the disk for a list that says what the last one said. */
START_TEST(of_lists_that_change_nothing_the_first_alone_is_told)
{
    for (unsigned i = 0; i < 3; i++) {
        pods_round_begin(pk.pods);
        kit_put("u1", "c1", "{}");
        pods_round_end(pk.pods);
        ck_assert(pods_have_begun(pk.pods));
        ck_assert_uint_eq(pk.told, 1);
        ck_assert_uint_eq(pk.told_anything, 1);
        ck_assert_uint_eq(pods_counts(pk.pods).change_count, 2);
    }
    pods_round_begin(pk.pods);
    ck_assert(pods_have_begun(pk.pods));
}
END_TEST

/* ---- what a pod tells of a container ---- */

#define NOW "0000000000000000000000000000000000000000000000000000000000000002"
#define LAST "0000000000000000000000000000000000000000000000000000000000000001"
#define PAST "0000000000000000000000000000000000000000000000000000000000000000"
#define NEW "0000000000000000000000000000000000000000000000000000000000000003"

/* One that ran three times, one that is still being started. */
static void put_two(const char *id, const char *last_id)
{
    struct pod_container items[] = {
        {.name = SLICE("main"), .id = slice_of(id), .last_id = slice_of(last_id)},
        {.name = SLICE("late"), .image = SLICE("late:1")}};
    struct pod_facts facts = kit_facts("u1", "", "{}");

    facts.pod.containers = items;
    facts.pod.container_count = 2;
    pods_put(pk.pods, &facts);
}

static bool tells(const char *container, const char *id)
{
    struct pod_query query = {
        .uid = SLICE("u1"), .container = slice_of(container), .container_id = slice_of(id)};
    const struct pod *pod;

    ck_assert_int_ne(pods_find(pk.pods, &query, &pod), POD_NOT_YET);
    return pod_tells(pod, &query);
}

/* By name and id of a container: what is there, was there, is to come, or never will be. */
START_TEST(a_pod_tells_of_a_container_when_its_status_has_it)
{
    static const char *const ids[] = {"", NOW, LAST, PAST, NEW};
    static const bool of_main[] = {true, true, true, true, false};
    static const bool of_late[] = {false, true, true, true, false};

    put_two(PAST, "");
    put_two(LAST, PAST);
    put_two(NOW, LAST);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_int_eq(tells("main", ids[i]), of_main[i]);
        ck_assert_int_eq(tells("late", ids[i]), of_late[i]);
        ck_assert(tells("stranger", ids[i]));
        ck_assert(tells("", ids[i]));
    }
    kit_remove("u1");
    for (unsigned i = 0; i < 5; i++) {
        ck_assert(tells("main", ids[i]));
        ck_assert(tells("late", ids[i]));
    }
}
END_TEST

static TCase *which_pod(void)
{
    TCase *tcase = tcase_create("which_pod");

    tcase_add_checked_fixture(tcase, kit_pods_begin, kit_pods_end);
    tcase_add_test(tcase, a_pod_is_found_by_its_uid_and_by_its_name);
    tcase_add_test(tcase, a_pod_recreated_under_its_name_is_another_one);
    tcase_add_test(tcase, two_of_one_name_are_told_apart_by_their_containers);
    tcase_add_test(tcase, a_container_that_restarted_is_known_by_its_earlier_ids);
    tcase_add_test(tcase, an_id_that_was_cut_short_is_enough_when_it_is_long);
    tcase_add_test(tcase, a_static_pod_is_found_by_its_hash);
    tcase_add_test(tcase, a_pod_without_a_uid_stands_for_its_name);
    tcase_add_test(tcase, containers_are_found_by_id_and_then_by_name);
    tcase_add_test(tcase, of_lists_that_change_nothing_the_first_alone_is_told);
    tcase_add_test(tcase, a_pod_tells_of_a_container_when_its_status_has_it);
    tcase_add_test(tcase, a_version_is_new_whenever_something_changed);
    tcase_add_test(tcase, versions_of_two_pods_never_meet);
    return tcase;
}

static TCase *deleted(void)
{
    TCase *tcase = tcase_create("deleted");

    tcase_add_checked_fixture(tcase, kit_pods_begin, kit_pods_end);
    tcase_add_test(tcase, a_deleted_pod_is_kept_for_its_time);
    tcase_add_test(tcase, a_deleted_pod_is_kept_as_long_as_its_files_drain);
    tcase_add_test(tcase, of_many_deleted_the_first_is_forgotten_but_stays_whole_for_who_has_it);
    tcase_add_test(tcase, a_pod_that_is_there_after_all_is_known_again);
    tcase_add_test(tcase, a_list_tells_which_pods_were_deleted);
    tcase_add_test(tcase, pods_that_nobody_uses_are_let_go_of);
    return tcase;
}

Suite *suite_plugins_kubernetes_pods(void);

Suite *suite_plugins_kubernetes_pods(void)
{
    Suite *suite = suite_create("plugins_kubernetes_pods");
    TCase *stops = stops_create();

    suite_add_tcase(suite, which_pod());
    suite_add_tcase(suite, deleted());
    tcase_add_checked_fixture(stops, kit_pods_begin, kit_pods_end);
    stops_add(stops, pods_are_not_freed_while_they_are_held);
    stops_add(stops, a_question_has_a_name_or_a_uid);
    suite_add_tcase(suite, stops);
    return suite;
}
