#include "plugins/filter_kubernetes/kubernetes.h"

#include "kit/filter.h"
#include "unit/plugins/pods_kit.h"

#include <check.h>

/* Logs that are not read before their pod is known. */

extern const struct filter_plugin filter_kubernetes;

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define WAIT_MS 10000
#define STIR_MS 20

static struct kit_filter f;
static struct loop *loop;
static struct filter_waiter waiter;
static unsigned woken;

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
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, a_log_waits_for_its_pod);
    tcase_add_test(tcase, pods_that_come_in_crowds_wake_it_once_and_it_waits_on);
    tcase_add_test(tcase, a_log_whose_pod_is_known_does_not_wait);
    tcase_add_test(tcase, what_is_no_containers_does_not_wait);
    tcase_add_test(tcase, nobody_waits_when_told_so);
    tcase_add_test(tcase, a_filter_that_ends_lets_go_of_who_waits);
    suite_add_tcase(suite, tcase);
    return suite;
}
