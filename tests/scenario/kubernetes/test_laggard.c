#include "kit/kube.h"
#include "scenario/pipeline/lanes_kit.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * An output that fell behind reads a container's log again after a restart: not before the log's pod
 * is known, as any other. Documents are shown by their line's number; those without the label of their
 * pod do not go out at all.
 */

#define ID_1 "1111111111111111111111111111111111111111111111111111111111111111"

/* Between two tries at a server that was down (SYNC_CAP_MS), and a little more. */
#define LONGEST_WAIT_MS 62000
#define LOG "web-0_shop_main-" ID_1 ".log"
#define BOTH                                                                                     \
    SERVICE LANES_SMALL                                                                          \
        "[INPUT]\n Name tail\n Tag kube.*\n Path ${DIR}/*.log\n DB ${DIR}/state/positions.db\n"  \
        " Read_from_Head on\n"                                                                   \
        "[FILTER]\n Name kubernetes\n Match *\n Kube_Tag_Prefix kube.${DIR}\n"                   \
        " Kube_Node_Name n1\n Kube_URL http://127.0.0.1:${KUBE_PORT}\n Metadata_Wait 120s\n"     \
        "[FILTER]\n Name grep\n Match *\n Regex $kubernetes['labels']['app'] ^web$\n" ES("PORT") \
            ES("PORT2")

static struct kube *kube;

static void set_up(void)
{
    char port[16];

    lanes_set_up();
    stage.k = kit_make();
    kube = kube_start(stage.k->loop);
    snprintf(port, sizeof port, "%u", kube_port(kube));
    setenv("KUBE_PORT", port, true);
    kube_put(kube,
             &(struct kube_pod){.uid = "u1", .container_id = ID_1, .labels = "\"app\":\"web\""});
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

Suite *suite_kubernetes_laggard(void);

Suite *suite_kubernetes_laggard(void)
{
    Suite *suite = suite_create("kubernetes_laggard");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, it_waits_for_its_pod_after_a_restart);
    tcase_add_test(tcase, it_waits_no_longer_than_the_others);
    suite_add_tcase(suite, tcase);
    return suite;
}
