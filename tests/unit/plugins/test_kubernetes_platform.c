#include "plugins/filter_kubernetes/platform.h"

#include <check.h>

/* What made a pod, by its owners. */

static const char *made(const char *owners)
{
    static char shown[256];
    struct pod pod = {.name = SLICE("web-5d9fb7c846-x2x4k"), .owners = slice_of(owners)};
    struct slice workload = platform_workload(&pod);

    ck_assert_uint_lt(workload.len, sizeof shown);
    memcpy(shown, workload.data, workload.len);
    shown[workload.len] = '\0';
    return shown;
}

#define OWNER(kind, name) "[{\"apiVersion\":\"v1\",\"kind\":\"" kind "\",\"name\":\"" name "\"}]"

START_TEST(a_replica_set_is_of_a_deployment)
{
    ck_assert_str_eq(made(OWNER("ReplicaSet", "web-5d9fb7c846")), "web");
    ck_assert_str_eq(made(OWNER("ReplicaSet", "web-shop-5d9fb7")), "web-shop");
}
END_TEST

START_TEST(a_replica_set_that_somebody_named_is_itself)
{
    ck_assert_str_eq(made(OWNER("ReplicaSet", "web")), "web");
    ck_assert_str_eq(made(OWNER("ReplicaSet", "web-frontend")), "web-frontend");
    ck_assert_str_eq(made(OWNER("ReplicaSet", "web-5d9fb")), "web-5d9fb");
    ck_assert_str_eq(made(OWNER("ReplicaSet", "web-5d9fb7c8465")), "web-5d9fb7c8465");
    ck_assert_str_eq(made(OWNER("ReplicaSet", "-5d9fb7c846")), "-5d9fb7c846");
}
END_TEST

START_TEST(other_owners_are_it_themselves)
{
    ck_assert_str_eq(made(OWNER("DaemonSet", "logs-5d9fb7c846")), "logs-5d9fb7c846");
    ck_assert_str_eq(made(OWNER("StatefulSet", "db")), "db");
}
END_TEST

START_TEST(the_first_of_several_counts)
{
    ck_assert_str_eq(
        made("[{\"kind\":\"Job\",\"name\":\"one\"},{\"kind\":\"Job\",\"name\":\"two\"}]"), "one");
}
END_TEST

START_TEST(a_pod_without_an_owner_is_its_own)
{
    static const char *const owners[] = {"",
                                         "[]",
                                         "[5]",
                                         "[{}]",
                                         "[{\"kind\":\"ReplicaSet\"}]",
                                         "[{\"name\":5}]",
                                         "[{\"name\":\"\"}]"};

    for (size_t i = 0; i < ARRAY_LEN(owners); i++)
        ck_assert_str_eq(made(owners[i]), "web-5d9fb7c846-x2x4k");
}
END_TEST

Suite *suite_plugins_kubernetes_platform(void);

Suite *suite_plugins_kubernetes_platform(void)
{
    Suite *suite = suite_create("plugins_kubernetes_platform");
    TCase *tcase = tcase_create("all");

    tcase_add_test(tcase, a_replica_set_is_of_a_deployment);
    tcase_add_test(tcase, a_replica_set_that_somebody_named_is_itself);
    tcase_add_test(tcase, other_owners_are_it_themselves);
    tcase_add_test(tcase, the_first_of_several_counts);
    tcase_add_test(tcase, a_pod_without_an_owner_is_its_own);
    suite_add_tcase(suite, tcase);
    return suite;
}
