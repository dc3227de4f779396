#include "kit/kube.h"
#include "scenario/pipeline/lanes_kit.h"
#include "scenario/pipeline/parted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * An output that fell behind reads a container's log again after a restart: not before the log's pod
 * is known, as any other. Documents are shown by their line's number; those without the label of their
 * pod do not go out at all.
 */

#define ID_1 "1111111111111111111111111111111111111111111111111111111111111111"
#define ID_2 "2222222222222222222222222222222222222222222222222222222222222222"
#define ID_3 "3333333333333333333333333333333333333333333333333333333333333333"

/* Between two tries at a server that was down (SYNC_CAP_MS), and a little more. */
#define LONGEST_WAIT_MS 62000
#define LOG "web-0_shop_main-" ID_1 ".log"
#define NEIGHBOUR "web-1_shop_main-" ID_2 ".log"
#define NEWCOMER "web-2_shop_main-" ID_3 ".log"
#define ROTATED LOG ".20260101-000000"
#define LOGS "[INPUT]\n Name tail\n Tag kube.*\n Path ${DIR}/*.log\n Read_from_Head on\n"
#define KEPT " DB ${DIR}/state/positions.db\n"
#define OF_PODS                                                                          \
    "[FILTER]\n Name kubernetes\n Match *\n Kube_Tag_Prefix kube.${DIR}\n"               \
    " Kube_Node_Name n1\n Kube_URL http://127.0.0.1:${KUBE_PORT}\n Metadata_Wait 120s\n" \
    "[FILTER]\n Name grep\n Match *\n Regex $kubernetes['labels']['app'] ^web$\n"
#define BOTH SERVICE LANES_SMALL LOGS KEPT OF_PODS ES("PORT") ES("PORT2")

/* Logs but for the neighbour go to the output that falls behind, and to no other. */
#define TO_EACH "[OUTPUT]\n Name es\n Match *.web-1_*\n Port ${PORT}\n Workers 1\n" ES("PORT2")
#define APART SERVICE LANES_SMALL LOGS KEPT OF_PODS TO_EACH
#define APART_CRI SERVICE LANES_SMALL LOGS KEPT " multiline.parser cri\n" OF_PODS TO_EACH
#define APART_WITHOUT_DB SERVICE LANES_SMALL LOGS OF_PODS TO_EACH

static struct kube *kube;

static void pod_put(const char *name, const char *uid, const char *container_id)
{
    kube_put(kube, &(struct kube_pod){.name = name,
                                      .uid = uid,
                                      .container_id = container_id,
                                      .labels = "\"app\":\"web\""});
}

static void set_up(void)
{
    char port[16];

    lanes_set_up();
    stage.k = kit_make();
    kube = kube_start(stage.k->loop);
    snprintf(port, sizeof port, "%u", kube_port(kube));
    setenv("KUBE_PORT", port, true);
    pod_put("web-0", "u1", ID_1);
    pod_put("web-1", "u2", ID_2);
}

static void tear_down(void)
{
    kit_stop(stage.k);
    kube_stop(&kube);
    lanes_tear_down();
}

/* The second output is behind, and nothing is kept of the pods. */
static void fall_behind_and_restart(void)
{
    kit_run(stage.k, BOTH);
    lanes_write(LOG, 1);
    kit_pass_ms(stage.k, 5000);
    ck_assert_uint_eq(backend_taken_count(stage.k->other), 1);
    backend_down(stage.k->other);
    lanes_write_much(LOG);
    kit_pass_ms(stage.k, 5000);
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    kit_stop(stage.k);
    kube_down(kube, true);
    kit_run_again(stage.k);
    backend_up(stage.k->other);
}

START_TEST(it_waits_for_its_pod_after_a_restart)
{
    fall_behind_and_restart();
    kit_pass_ms(stage.k, 20000);
    ck_assert_uint_eq(backend_taken_count(stage.k->other), 1);
    kube_down(kube, false);
    kit_pass_ms(stage.k, LONGEST_WAIT_MS);
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
    lanes_expect_all(stage.k->es);
}
END_TEST

/* What it then reads has no labels. */
START_TEST(it_waits_no_longer_than_the_others)
{
    fall_behind_and_restart();
    kit_pass_ms(stage.k, 115000);
    ck_assert_uint_gt(kit_input(stage.k)->unread_bytes + lanes_counts(1)->behind_bytes, 0);
    kit_pass_ms(stage.k, 10000);
    lanes_expect_together();
    ck_assert_uint_eq(backend_taken_count(stage.k->other), 1);
}
END_TEST

/* ---- a log that goes to this output alone ---- */

/* The log has some lines more than the output took; its neighbour, which others get too, fills the
 * memory. */
static void fall_behind_apart(const char *config)
{
    unsigned before;

    kit_run(stage.k, config);
    lanes_write(LOG, 1);
    kit_pass_ms(stage.k, 5000);
    backend_down(stage.k->other);
    lanes_write(LOG, 9);
    before = stage.lines;
    for (unsigned i = 0; i < 10; i++) {
        lanes_write(NEIGHBOUR, LANES_STEP_LINES);
        kit_pass_ms(stage.k, LANES_LATENCY_MS);
        ck_assert_uint_eq(backend_taken_count(stage.k->es), stage.lines - before);
    }
    ck_assert_uint_eq(lanes_counts(1)->is_behind, 1);
    ck_assert_uint_eq(backend_taken_count(stage.k->other), 1);
}

static void stop_apart(void)
{
    fall_behind_apart(APART);
    kit_stop(stage.k);
    kube_down(kube, true);
}

static void run_again_without_pods(void)
{
    kit_run_again(stage.k);
    backend_up(stage.k->other);
}

static void expect_it_waits(void)
{
    kit_pass_ms(stage.k, 20000);
    ck_assert_uint_eq(backend_taken_count(stage.k->other), 1);
    ck_assert_uint_gt(lanes_counts(1)->behind_bytes, 0);
    kube_down(kube, false);
    kit_pass_ms(stage.k, LONGEST_WAIT_MS);
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
}

START_TEST(one_that_nobody_else_gets_waits_for_its_pod_too)
{
    stop_apart();
    run_again_without_pods();
    expect_it_waits();
}
END_TEST

START_TEST(so_it_does_when_it_was_rotated_meanwhile)
{
    stop_apart();
    tree_rename(LOG, ROTATED);
    lanes_write(LOG, 3);
    run_again_without_pods();
    expect_it_waits();
}
END_TEST

START_TEST(so_it_does_when_it_was_compressed_meanwhile)
{
    size_t len;

    stop_apart();
    tree_write_gzip(ROTATED ".gz", tree_read(LOG, &len));
    tree_remove(LOG);
    lanes_write(LOG, 3);
    run_again_without_pods();
    expect_it_waits();
}
END_TEST

START_TEST(so_it_does_when_a_line_of_it_was_parted)
{
    fall_behind_apart(APART_CRI);
    tree_append(LOG, P("first"));
    kit_stop(stage.k);
    kube_down(kube, true);
    tree_rename(LOG, ROTATED);
    tree_append(LOG, F("second"));
    run_again_without_pods();
    kit_pass_ms(stage.k, 20000);
    ck_assert_uint_eq(backend_taken_count(stage.k->other), 1);
    kube_down(kube, false);
    kit_pass_ms(stage.k, LONGEST_WAIT_MS);
    lanes_expect_together();
    ck_assert_uint_eq(backend_taken_count(stage.k->other), stage.lines + 1);
    ck_assert_ptr_nonnull(strstr(backend_taken(stage.k->other), "firstsecond "));
}
END_TEST

START_TEST(so_it_does_when_the_configuration_is_read_again)
{
    fall_behind_apart(APART);
    kube_down(kube, true);
    kit_replace(stage.k);
    backend_up(stage.k->other);
    expect_it_waits();
}
END_TEST

START_TEST(so_does_one_that_comes_while_that_output_is_behind)
{
    fall_behind_apart(APART_WITHOUT_DB);
    lanes_write(NEWCOMER, 3);
    backend_up(stage.k->other);
    kit_pass_ms(stage.k, 3000);
    pod_put("web-2", "u3", ID_3);
    lanes_expect_together();
    lanes_expect_all(stage.k->other);
}
END_TEST

/* What it then reads has no labels. */
START_TEST(it_waits_no_longer_than_for_its_pod)
{
    stop_apart();
    run_again_without_pods();
    kit_pass_ms(stage.k, 119000);
    ck_assert_uint_gt(lanes_counts(1)->behind_bytes, 0);
    kit_pass_ms(stage.k, 6000);
    lanes_expect_together();
    ck_assert_uint_eq(backend_taken_count(stage.k->other), 1);
}
END_TEST

Suite *suite_kubernetes_laggard(void);

Suite *suite_kubernetes_laggard(void)
{
    Suite *suite = suite_create("kubernetes_laggard");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, it_waits_for_its_pod_after_a_restart);
    tcase_add_test(tcase, it_waits_no_longer_than_the_others);
    tcase_add_test(tcase, one_that_nobody_else_gets_waits_for_its_pod_too);
    tcase_add_test(tcase, so_it_does_when_it_was_rotated_meanwhile);
    tcase_add_test(tcase, so_it_does_when_it_was_compressed_meanwhile);
    tcase_add_test(tcase, so_it_does_when_a_line_of_it_was_parted);
    tcase_add_test(tcase, so_it_does_when_the_configuration_is_read_again);
    tcase_add_test(tcase, so_does_one_that_comes_while_that_output_is_behind);
    tcase_add_test(tcase, it_waits_no_longer_than_for_its_pod);
    suite_add_tcase(suite, tcase);
    return suite;
}
