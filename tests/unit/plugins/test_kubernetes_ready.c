#include "plugins/filter_kubernetes/kubernetes.h"

#include "kit/filter.h"
#include "unit/plugins/pods_kit.h"

#include <check.h>

/* Logs that are not read before their pod is known. */

extern const struct filter_plugin filter_kubernetes;

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UID "00000000-1111-2222-3333-444444444444"
#define WAIT_MS 10000
#define STIR_MS 20

static struct kit_filter f;
static struct loop *loop;
static struct filter_waiter waiter;
static unsigned woken;
static bool with_spaces;

static struct filter_kubernetes *self(void)
{
    return f.self;
}

static uint64_t ask(void)
{
    struct filter_run run = {.tag = f.tag, .json = &f.json};

    return filter_kubernetes.ready(f.self, &run, &waiter);
}

static void on_woken(void *owner)
{
    ck_assert_ptr_eq(owner, &waiter);
    woken++;
    (void)ask();
}

static void open_with(const char *const *keys)
{
    if (with_spaces)
        kit_spaces_begin();
    else
        kit_pods_begin();
    loop = loop_new();
    woken = 0;
    waiter = (struct filter_waiter){.wake = on_woken, .owner = &waiter};
    list_init(&waiter.link);
    kit_filter_open(&f, &filter_kubernetes, keys);
    f.tag = SLICE("kube.var.log.containers.web-0_shop_main-" ID ".log");
    kubernetes_use(self(), pk.pods);
    kubernetes_waiting_start(&self()->waiting, loop);
}

static void tear_down(void)
{
    list_remove(&waiter.link);
    kit_filter_close(&f);
    loop_free(&loop);
    kit_pods_end();
    with_spaces = false;
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    loop_turn(loop, false);
}

START_TEST(a_log_waits_for_its_pod)
{
    open_with(KIT_KEYS("Labels", "On"));
    ck_assert_uint_eq(ask(), WAIT_MS);
    ck_assert(list_is_linked(&waiter.link));
    pass_ms(STIR_MS);
    ck_assert_uint_eq(woken, 0);
    kit_put("u1", ID, "{}");
    pass_ms(STIR_MS);
    ck_assert_uint_eq(woken, 1);
    ck_assert(!list_is_linked(&waiter.link));
    ck_assert_uint_eq(ask(), 0);
}
END_TEST

START_TEST(pods_that_come_in_crowds_wake_it_once_and_it_waits_on)
{
    open_with(KIT_KEYS("Metadata_Wait", "3s"));
    ck_assert_uint_eq(ask(), 3000);
    for (unsigned i = 0; i < 3; i++)
        kit_put_named(i == 0 ? "a" : i == 1 ? "b" : "c");
    pass_ms(STIR_MS);
    ck_assert_uint_eq(woken, 1);
    ck_assert(list_is_linked(&waiter.link));
}
END_TEST

START_TEST(a_log_whose_pod_is_known_does_not_wait)
{
    open_with(KIT_KEYS("Labels", "On"));
    kit_put("u1", ID, "{}");
    ck_assert_uint_eq(ask(), 0);
    kit_remove("u1");
    ck_assert_uint_eq(ask(), 0);
}
END_TEST

START_TEST(what_is_no_containers_does_not_wait)
{
    open_with(KIT_KEYS("Labels", "On"));
    f.tag = SLICE("node.var.log.syslog");
    ck_assert_uint_eq(ask(), 0);
    ck_assert(!list_is_linked(&waiter.link));
}
END_TEST

START_TEST(nobody_waits_when_told_so)
{
    open_with(KIT_KEYS("Metadata_Wait", "0"));
    ck_assert_uint_eq(ask(), 0);
}
END_TEST

/* ---- a status that lacks the container ---- */

START_TEST(a_log_waits_for_a_status_as_long_as_that_may_take)
{
    static const uint64_t waits[] = {0, 1, KUBE_STATUS_WAIT_MS, WAIT_MS};

    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        uint64_t at_most = waits[i] < KUBE_STATUS_WAIT_MS ? waits[i] : KUBE_STATUS_WAIT_MS;

        for (unsigned lacks = 0; lacks < 2; lacks++) {
            ck_assert_uint_eq(kubernetes_wait_ms(POD_NOT_YET, lacks, waits[i]), waits[i]);
            ck_assert_uint_eq(kubernetes_wait_ms(POD_NEVER, lacks, waits[i]), 0);
            ck_assert_uint_eq(kubernetes_wait_ms(POD_GONE, lacks, waits[i]), 0);
        }
        ck_assert_uint_eq(kubernetes_wait_ms(POD_KNOWN, false, waits[i]), 0);
        ck_assert_uint_eq(kubernetes_wait_ms(POD_KNOWN, true, waits[i]), at_most);
    }
}
END_TEST

START_TEST(a_log_waits_until_the_status_has_its_container)
{
    open_with(KIT_KEYS("Labels", "On"));
    pods_come_by(pk.pods, PODS_WATCHED);
    f.tag = SLICE("pods.shop_web-0_" UID ".main.0.log");
    kit_put(UID, "", "{}");
    ck_assert_uint_eq(ask(), KUBE_STATUS_WAIT_MS);
    ck_assert(list_is_linked(&waiter.link));
    kit_put(UID, ID, "{}");
    pass_ms(STIR_MS);
    ck_assert_uint_eq(woken, 1);
    ck_assert(!list_is_linked(&waiter.link));
    ck_assert_uint_eq(ask(), 0);
}
END_TEST

START_TEST(where_nobody_watches_no_status_is_waited_for)
{
    open_with(KIT_KEYS("Labels", "On"));
    f.tag = SLICE("pods.shop_web-0_" UID ".main.0.log");
    kit_put(UID, "", "{}");
    ck_assert_uint_eq(ask(), 0);
    pods_come_by(pk.pods, PODS_WATCHED);
    ck_assert_uint_eq(ask(), KUBE_STATUS_WAIT_MS);
    pods_come_by(pk.pods, PODS_LISTED);
    ck_assert_uint_eq(ask(), 0);
}
END_TEST

/* Namespaces alone: of a pod nothing is waited for, neither that it comes nor its status. */
START_TEST(where_only_namespaces_are_asked_for_a_log_waits_for_nothing_else)
{
    struct pod_namespace space = {.name = SLICE("shop")};
    struct pod_facts facts = {.pod = {.namespace_name = space.name, .name = SLICE("*")}};

    with_spaces = true;
    open_with(KIT_KEYS("Namespace_Labels", "On", "Namespace_Metadata_Only", "On"));
    pods_come_by(pk.pods, PODS_WATCHED);
    f.tag = SLICE("pods.shop_web-0_" UID ".main.0.log");
    ck_assert_uint_eq(ask(), WAIT_MS);
    pods_put(pk.pods, &facts);
    ck_assert_uint_eq(ask(), WAIT_MS);
    pods_space_put(pk.pods, &space);
    ck_assert_uint_eq(ask(), 0);
}
END_TEST

/* ---- the journal ---- */

START_TEST(a_journal_waits_for_the_pods_of_the_start)
{
    open_with(KIT_KEYS("Use_Journal", "On"));
    f.tag = SLICE("kube.journal");
    pods_come_by(pk.pods, PODS_WATCHED);
    ck_assert_uint_eq(ask(), WAIT_MS);
    pods_round_begin(pk.pods);
    kit_put("u1", ID, "{}");
    pass_ms(STIR_MS);
    ck_assert_uint_eq(woken, 1);
    ck_assert(list_is_linked(&waiter.link));
    pods_round_end(pk.pods);
    pass_ms(STIR_MS);
    ck_assert_uint_eq(woken, 2);
    ck_assert(!list_is_linked(&waiter.link));
    ck_assert_uint_eq(ask(), 0);
}
END_TEST

START_TEST(a_journal_waits_for_a_list_without_pods_too)
{
    open_with(KIT_KEYS("Use_Journal", "On"));
    pods_come_by(pk.pods, PODS_LISTED);
    ck_assert_uint_eq(ask(), WAIT_MS);
    pods_round_begin(pk.pods);
    pods_round_end(pk.pods);
    pass_ms(STIR_MS);
    ck_assert_uint_eq(woken, 1);
    ck_assert(!list_is_linked(&waiter.link));
}
END_TEST

START_TEST(a_journal_does_not_wait_for_pods_that_it_has_to_name)
{
    open_with(KIT_KEYS("Use_Journal", "On"));
    ck_assert_uint_eq(ask(), 0);
}
END_TEST

START_TEST(a_journal_does_not_wait_where_the_last_runs_pods_are_there)
{
    open_with(KIT_KEYS("Use_Journal", "On"));
    kit_put("u1", ID, "{}");
    pods_come_by(pk.pods, PODS_WATCHED);
    ck_assert_uint_eq(ask(), 0);
}
END_TEST

START_TEST(a_filter_that_ends_lets_go_of_who_waits)
{
    open_with(KIT_KEYS("Labels", "On"));
    ck_assert_uint_gt(ask(), 0);
    kubernetes_waiting_fini(&self()->waiting);
    ck_assert(!list_is_linked(&waiter.link));
}
END_TEST

Suite *suite_plugins_kubernetes_ready(void);

Suite *suite_plugins_kubernetes_ready(void)
{
    Suite *suite = suite_create("plugins/kubernetes_ready");
    TCase *tcase = tcase_create("all"), *decided = tcase_create("decided");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, a_log_waits_for_its_pod);
    tcase_add_test(tcase, pods_that_come_in_crowds_wake_it_once_and_it_waits_on);
    tcase_add_test(tcase, a_log_whose_pod_is_known_does_not_wait);
    tcase_add_test(tcase, what_is_no_containers_does_not_wait);
    tcase_add_test(tcase, nobody_waits_when_told_so);
    tcase_add_test(tcase, a_log_waits_until_the_status_has_its_container);
    tcase_add_test(tcase, where_nobody_watches_no_status_is_waited_for);
    tcase_add_test(tcase, where_only_namespaces_are_asked_for_a_log_waits_for_nothing_else);
    tcase_add_test(tcase, a_journal_waits_for_the_pods_of_the_start);
    tcase_add_test(tcase, a_journal_waits_for_a_list_without_pods_too);
    tcase_add_test(tcase, a_journal_does_not_wait_for_pods_that_it_has_to_name);
    tcase_add_test(tcase, a_journal_does_not_wait_where_the_last_runs_pods_are_there);
    tcase_add_test(tcase, a_filter_that_ends_lets_go_of_who_waits);
    tcase_add_test(decided, a_log_waits_for_a_status_as_long_as_that_may_take);
    suite_add_tcase(suite, decided);
    suite_add_tcase(suite, tcase);
    return suite;
}
