#include "kit/fake_journal.h"
#include "kit/kube.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Containers of Docker that log to the journal, whose names tell their pods. A document is shown by
 * the label "app" of its pod, or says "partial" where that is not known.
 */

#define ID "1111111111111111111111111111111111111111111111111111111111111111"
#define UID "00000000-1111-2222-3333-444444444444"

#define JOURNAL                                                                               \
    SERVICE                                                                                   \
    "[INPUT]\n Name systemd\n Tag kube.*\n Path ${DIR}/state\n DB ${DIR}/state/j.db\n"        \
    "[FILTER]\n Name kubernetes\n Match *\n Use_Journal on\n Kube_Node_Name n1\n"             \
    " Kube_URL http://127.0.0.1:${KUBE_PORT}\n"                                               \
    "[FILTER]\n Name nest\n Match *\n Operation lift\n Nested_under kubernetes\n"             \
    "[FILTER]\n Name nest\n Match *\n Operation lift\n Nested_under labels\n"                 \
    "[FILTER]\n Name modify\n Match *\n Hard_rename app log\n Hard_rename metadata log\n" ES( \
        "PORT")

static struct kit *k;
static struct kube *kube;

static void set_up(void)
{
    char port[16];

    fake_journal_open();
    k = kit_make();
    kube = kube_start(k->loop);
    snprintf(port, sizeof port, "%u", kube_port(kube));
    setenv("KUBE_PORT", port, true);
}

static void tear_down(void)
{
    kit_stop(k);
    kube_stop(&kube);
    kit_end(&k);
    fake_journal_close();
}

static void container_says(const char *uid, const char *line)
{
    char name[160], message[80];

    snprintf(name, sizeof name, "CONTAINER_NAME=k8s_main_web-0_shop_%s_0", uid);
    snprintf(message, sizeof message, "MESSAGE=%s", line);
    fake_journal_write((const char *const[]){message, name, "CONTAINER_ID_FULL=" ID, NULL});
}

static void pod_comes(void)
{
    kube_put(kube, &(struct kube_pod){.uid = UID, .container_id = ID, .labels = "\"app\":\"web\""});
}

/* The first list is up to three seconds away. */
START_TEST(the_first_entry_of_a_journal_has_its_pods_labels)
{
    pod_comes();
    container_says(UID, "one");
    kit_run(k, JOURNAL);
    kit_pass_ms(k, 5000);
    backend_expect(k->es, "web");
    ck_assert_uint_eq(kube_count_all(kube), 2);
}
END_TEST

START_TEST(a_journal_waits_no_longer_than_told_while_the_server_is_down)
{
    kube_down(kube, true);
    container_says(UID, "one");
    kit_run(k, JOURNAL);
    kit_pass_ms(k, 9000);
    backend_expect_silence(k->es);
    kit_pass_ms(k, 3000);
    backend_expect(k->es, "partial");
}
END_TEST

START_TEST(an_entry_of_a_pod_that_nobody_has_told_of_yet_is_marked)
{
    kit_run(k, JOURNAL);
    kit_pass_ms(k, 5000);
    container_says(UID, "one");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "partial");
    pod_comes();
    kit_pass_ms(k, 100);
    container_says(UID, "two");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "web");
}
END_TEST

Suite *suite_kubernetes_journal(void);

Suite *suite_kubernetes_journal(void)
{
    Suite *suite = suite_create("kubernetes_journal");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_first_entry_of_a_journal_has_its_pods_labels);
    tcase_add_test(tcase, a_journal_waits_no_longer_than_told_while_the_server_is_down);
    tcase_add_test(tcase, an_entry_of_a_pod_that_nobody_has_told_of_yet_is_marked);
    suite_add_tcase(suite, tcase);
    return suite;
}
