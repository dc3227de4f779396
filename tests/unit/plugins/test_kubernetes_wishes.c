#include "unit/plugins/pods_kit.h"

#include <check.h>
#include <stdio.h>

/* What is said of pods that are not there, of namespaces, and past the limits. */

/* ---- wishes ---- */

START_TEST(what_is_not_there_is_wished_for_once)
{
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET);
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET);
    ck_assert_int_eq(kit_by_name("c1"), POD_NOT_YET);
    ck_assert_uint_eq(pods_counts(pk.pods).wishes, 2);
    ck_assert_uint_eq(pk.wished, 3);
    kit_put("u1", "c1", "{}");
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
    ck_assert_int_eq(kit_by_name("c1"), POD_KNOWN);
    ck_assert_uint_eq(pods_counts(pk.pods).wishes, 0);
}
END_TEST

START_TEST(who_sees_all_pods_knows_that_there_is_none)
{
    kit_by_uid("u1");
    clock_advance_ms(PODS_LAG_MS);
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET);
    pods_trust(pk.pods, clock_ms());
    ck_assert_uint_eq(pods_tick(pk.pods), clock_ms() + PODS_LAG_MS);
    clock_advance_ms(PODS_LAG_MS - 1);
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET);
    clock_advance_ms(1);
    ck_assert_uint_eq(pk.told_anything, 0);
    pods_tick(pk.pods);
    ck_assert_uint_eq(pk.told_anything, 1);
    ck_assert_int_eq(kit_by_uid("u1"), POD_NEVER);
    pods_tick(pk.pods);
    ck_assert_uint_eq(pk.told_anything, 1);
    ck_assert_int_eq(kit_by_uid("u2"), POD_NOT_YET);
    pods_trust(pk.pods, 0);
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET);
}
END_TEST

START_TEST(what_never_was_may_still_come)
{
    kit_by_uid("u1");
    pods_trust(pk.pods, clock_ms());
    clock_advance_ms(PODS_LAG_MS);
    ck_assert_int_eq(kit_by_uid("u1"), POD_NEVER);
    kit_put("u1", "c1", "{}");
    ck_assert_uint_eq(pk.told, 1);
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
}
END_TEST

START_TEST(a_denied_wish_is_never_until_its_time)
{
    struct wish *wish;

    kit_by_uid("u1");
    wish = CONTAINER_OF(pods_wishes(pk.pods)->next, struct wish, link);
    ck_assert(slice_is(wish->query.uid, "u1"));
    pods_deny(pk.pods, wish, clock_ms() + 1000);
    ck_assert_uint_eq(pk.told_anything, 1);
    ck_assert_int_eq(kit_by_uid("u1"), POD_NEVER);
    clock_advance_ms(1000);
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET);
}
END_TEST

START_TEST(wishes_are_forgotten_when_nobody_repeats_them)
{
    kit_by_uid("u1");
    clock_advance_ms(WISH_MS / 2);
    kit_by_uid("u2");
    ck_assert_uint_eq(pods_tick(pk.pods), clock_ms() + WISH_MS / 2);
    clock_advance_ms(WISH_MS / 2);
    pods_tick(pk.pods);
    ck_assert_uint_eq(pods_counts(pk.pods).wishes, 1);
}
END_TEST

START_TEST(the_oldest_wish_goes_for_a_new_one)
{
    char uid[32];

    for (unsigned i = 0; i <= WISHES_MAX; i++) {
        snprintf(uid, sizeof uid, "u%u", i);
        ck_assert_int_eq(kit_by_uid(uid), POD_NOT_YET);
    }
    ck_assert_uint_eq(pods_counts(pk.pods).wishes, WISHES_MAX);
    ck_assert(
        slice_is(CONTAINER_OF(pods_wishes(pk.pods)->next, struct wish, link)->query.uid, "u1"));
}
END_TEST

/* ---- limits ---- */

static char *long_text(size_t bytes)
{
    char *text = mem_zalloc(bytes + 1, 1);

    memset(text, 'x', bytes);
    return text;
}

START_TEST(annotations_that_are_too_long_are_left_out)
{
    struct pod_facts facts = kit_facts("u1", "c1", "{\"a\":\"b\"}");
    char *text = long_text(POD_BYTES_MAX);

    facts.pod.annotations = slice_of(text);
    ck_assert(pods_put(pk.pods, &facts));
    kit_by_uid("u1");
    ck_assert_uint_eq(pk.found->annotations.len, 0);
    ck_assert(slice_is(pk.found->labels, "{\"a\":\"b\"}"));
    ck_assert_uint_eq(pods_counts(pk.pods).left_out, 1);
    mem_free(text);
}
END_TEST

START_TEST(a_pod_that_is_too_long_even_so_is_left_out)
{
    struct pod_facts facts = kit_facts("u1", "c1", "");
    char *text = long_text(POD_BYTES_MAX);

    facts.pod.labels = slice_of(text);
    ck_assert(!pods_put(pk.pods, &facts));
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET);
    kit_put("u1", "c1", "{}");
    ck_assert(!pods_put(pk.pods, &facts)); /* it stays as it was */
    kit_by_uid("u1");
    ck_assert(slice_is(pk.found->labels, "{}"));
    mem_free(text);
}
END_TEST

START_TEST(all_pods_together_have_a_limit_which_the_gone_make_room_for)
{
    char *text = long_text(POD_BYTES_MAX / 2);
    char uid[32];

    for (unsigned i = 0; i < 200; i++) {
        struct pod_facts facts;

        snprintf(uid, sizeof uid, "u%u", i);
        facts = kit_facts(uid, "c1", "{}");
        facts.pod.annotations = slice_of(text);
        ck_assert(pods_put(pk.pods, &facts));
        ck_assert_uint_le(pods_counts(pk.pods).bytes, PODS_BYTES_MAX);
        if (i < 10)
            kit_remove(uid);
    }
    ck_assert_int_eq(kit_by_uid("u0"), POD_NOT_YET);
    ck_assert_int_eq(kit_by_uid("u20"), POD_KNOWN);
    ck_assert_uint_gt(pk.found->annotations.len, 0);
    ck_assert_int_eq(kit_by_uid("u199"), POD_KNOWN);
    ck_assert_uint_eq(pk.found->annotations.len, 0);
    mem_free(text);
}
END_TEST

/* As a tenant may make them who wants to have the node to himself. */
START_TEST(annotations_of_some_leave_room_for_the_pods_of_others)
{
    char *text = long_text(POD_BYTES_MAX / 2);
    char uid[32];

    for (unsigned i = 0; i < 2 * PODS_BYTES_MAX / POD_BYTES_MAX; i++) {
        struct pod_facts facts;

        snprintf(uid, sizeof uid, "u%u", i);
        facts = kit_facts(uid, "c1", "{}");
        facts.pod.annotations = slice_of(text);
        ck_assert(pods_put(pk.pods, &facts));
    }
    ck_assert_uint_le(pods_counts(pk.pods).bytes, PODS_ANNOTATED_BYTES_MAX + 100000);
    ck_assert(kit_put("other", "c2", "{\"a\":\"b\"}"));
    ck_assert(kit_put("u1", "c2", "{\"a\":\"c\"}"));
    mem_free(text);
}
END_TEST

START_TEST(namespaces_have_a_limit_of_their_own)
{
    char *text = long_text(POD_BYTES_MAX / 2);
    char name[32];

    for (unsigned i = 0; i < 200; i++) {
        struct pod_namespace space = {.labels = slice_of(text)};

        snprintf(name, sizeof name, "n%u", i);
        space.name = slice_of(name);
        pods_space_put(pk.pods, &space);
        ck_assert_uint_le(pods_counts(pk.pods).space_bytes, SPACES_BYTES_MAX + POD_BYTES_MAX);
    }
    ck_assert_uint_gt(pods_counts(pk.pods).spaces, 10);
    ck_assert_uint_lt(pods_counts(pk.pods).spaces, 100);
    ck_assert(kit_put("u1", "c1", "{}"));
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "n%u", i);
        pods_space_remove(pk.pods, slice_of(name));
    }
    ck_assert_uint_eq(pods_counts(pk.pods).space_bytes, 0);
    mem_free(text);
}
END_TEST

START_TEST(past_the_number_of_pods_there_are_no_more)
{
    char name[32];

    for (unsigned i = 0; i < PODS_MAX; i++) {
        snprintf(name, sizeof name, "pod-%u", i);
        kit_put_named(name);
    }
    ck_assert(!kit_put("u1", "c1", "{}"));
    ck_assert_uint_eq(pods_counts(pk.pods).live, PODS_MAX);
}
END_TEST

/* ---- namespaces ---- */

static void put_space(const char *labels)
{
    struct pod_namespace space = {.name = SLICE("shop"), .labels = slice_of(labels)};

    pods_space_put(pk.pods, &space);
}

START_TEST(a_pod_waits_for_its_namespace)
{
    kit_put("u1", "c1", "{}");
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET);
    ck_assert_ptr_null(pk.found);
    ck_assert(slice_is(pods_space_wanted(pk.pods), "shop"));
    put_space("{\"team\":\"x\"}");
    ck_assert_uint_eq(pk.told_anything, 1);
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
    ck_assert(slice_is(pk.found->space->labels, "{\"team\":\"x\"}"));
    ck_assert_uint_eq(pods_space_wanted(pk.pods).len, 0);
}
END_TEST

START_TEST(a_namespace_that_changes_changes_its_pods)
{
    uint64_t version;

    put_space("{\"team\":\"x\"}");
    kit_put("u1", "c1", "{}");
    kit_by_uid("u1");
    version = pk.found->version;
    put_space("{\"team\":\"x\"}");
    kit_by_uid("u1");
    ck_assert_uint_eq(pk.found->version, version);
    put_space("{\"team\":\"y\"}");
    kit_by_uid("u1");
    ck_assert_uint_ne(pk.found->version, version);
    ck_assert(slice_is(pk.found->space->labels, "{\"team\":\"y\"}"));
}
END_TEST

START_TEST(a_deleted_namespace_stays_for_its_pods)
{
    struct slice name = SLICE("shop");

    put_space("{\"team\":\"x\"}");
    kit_put("u1", "c1", "{}");
    pods_space_remove(pk.pods, name);
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
    ck_assert(slice_is(pk.found->space->labels, "{\"team\":\"x\"}"));
    kit_remove("u1");
    clock_advance_ms(PODS_GONE_MS);
    pods_tick(pk.pods);
    ck_assert_uint_eq(pods_counts(pk.pods).spaces, 0);
    pods_space_remove(pk.pods, name);
}
END_TEST

START_TEST(a_namespace_that_does_not_come_is_not_waited_for_for_ever)
{
    kit_put("u1", "c1", "{}");
    pods_trust_spaces(pk.pods, clock_ms());
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET);
    clock_advance_ms(PODS_LAG_MS);
    pods_tick(pk.pods);
    ck_assert_uint_eq(pk.told_anything, 1);
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
    ck_assert_ptr_null(pk.found->space);
    pods_tick(pk.pods);
    ck_assert_uint_eq(pk.told_anything, 1);
}
END_TEST

START_TEST(a_namespace_without_labels_is_known_too)
{
    kit_put("u1", "c1", "{}");
    put_space("");
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
    ck_assert_uint_eq(pk.found->space->labels.len, 0);
}
END_TEST

/* ---- walking ---- */

START_TEST(what_is_there_can_be_walked)
{
    const struct pod *pod;
    const struct pod_namespace *space;
    struct slice hash;
    size_t at = 0, count = 0;

    kit_put_named("a");
    kit_put_named("b");
    kit_put("u1", "c1", "{}");
    kit_remove("u1");
    while (pods_next(pk.pods, &at, &pod, &hash))
        count++;
    ck_assert_uint_eq(count, 2);
    put_space("{}");
    at = 0;
    ck_assert(pods_next_space(pk.pods, &at, &space));
    ck_assert(!pods_next_space(pk.pods, &at, &space));
}
END_TEST

static TCase *wishes(void)
{
    TCase *tcase = tcase_create("wishes");

    tcase_add_checked_fixture(tcase, kit_pods_begin, kit_pods_end);
    tcase_add_test(tcase, what_is_not_there_is_wished_for_once);
    tcase_add_test(tcase, who_sees_all_pods_knows_that_there_is_none);
    tcase_add_test(tcase, what_never_was_may_still_come);
    tcase_add_test(tcase, a_denied_wish_is_never_until_its_time);
    tcase_add_test(tcase, wishes_are_forgotten_when_nobody_repeats_them);
    tcase_add_test(tcase, the_oldest_wish_goes_for_a_new_one);
    tcase_add_test(tcase, annotations_that_are_too_long_are_left_out);
    tcase_add_test(tcase, a_pod_that_is_too_long_even_so_is_left_out);
    tcase_add_test(tcase, all_pods_together_have_a_limit_which_the_gone_make_room_for);
    tcase_add_test(tcase, annotations_of_some_leave_room_for_the_pods_of_others);
    tcase_add_test(tcase, past_the_number_of_pods_there_are_no_more);
    return tcase;
}

/* No server does so, but nobody promises that. */
START_TEST(a_uid_that_is_in_another_namespace_has_that_ones_labels)
{
    struct pod_namespace shop = {.name = SLICE("shop"), .labels = SLICE("{\"team\":\"a\"}")};
    struct pod_namespace bank = {.name = SLICE("bank"), .labels = SLICE("{\"team\":\"b\"}")};
    struct pod_facts facts = kit_facts("u1", "c1", "{}");

    pods_space_put(pk.pods, &shop);
    pods_space_put(pk.pods, &bank);
    ck_assert(pods_put(pk.pods, &facts));
    facts.pod.namespace_name = SLICE("bank");
    ck_assert(pods_put(pk.pods, &facts));
    ck_assert_int_eq(kit_by_uid("u1"), POD_KNOWN);
    ck_assert_ptr_nonnull(pk.found->space);
    ck_assert(slice_is(pk.found->space->labels, "{\"team\":\"b\"}"));
    facts.pod.namespace_name = SLICE("nowhere");
    ck_assert(pods_put(pk.pods, &facts));
    ck_assert_int_eq(kit_by_uid("u1"), POD_NOT_YET); /* its namespace is waited for */
}
END_TEST

static TCase *namespaces(void)
{
    TCase *tcase = tcase_create("namespaces");

    tcase_add_checked_fixture(tcase, kit_spaces_begin, kit_pods_end);
    tcase_add_test(tcase, a_pod_waits_for_its_namespace);
    tcase_add_test(tcase, a_namespace_that_changes_changes_its_pods);
    tcase_add_test(tcase, a_deleted_namespace_stays_for_its_pods);
    tcase_add_test(tcase, a_namespace_that_does_not_come_is_not_waited_for_for_ever);
    tcase_add_test(tcase, a_namespace_without_labels_is_known_too);
    tcase_add_test(tcase, namespaces_have_a_limit_of_their_own);
    tcase_add_test(tcase, what_is_there_can_be_walked);
    tcase_add_test(tcase, a_uid_that_is_in_another_namespace_has_that_ones_labels);
    return tcase;
}

Suite *suite_plugins_kubernetes_wishes(void);

Suite *suite_plugins_kubernetes_wishes(void)
{
    Suite *suite = suite_create("plugins_kubernetes_wishes");

    suite_add_tcase(suite, wishes());
    suite_add_tcase(suite, namespaces());
    return suite;
}
