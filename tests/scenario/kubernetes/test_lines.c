#include "kit/kube.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Whole: logs, an API server, a back-end. A document is shown by the label "app" of its pod, or says
 * "partial" where that is not known.
 */

#define ID_1 "1111111111111111111111111111111111111111111111111111111111111111"
#define ID_2 "2222222222222222222222222222222222222222222222222222222222222222"

/* Between two tries at a server that was down (SYNC_CAP_MS), and a little more. */
#define LONGEST_WAIT_MS 62000
#define LOG(id) "web-0_shop_main-" id ".log"

#define TAIL_KUBE                                                                           \
    "[INPUT]\n Name tail\n Tag kube.*\n Path ${DIR}/*.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n"
#define KUBERNETES                                                                             \
    "[FILTER]\n Name kubernetes\n Match *\n Kube_Tag_Prefix kube.${DIR}\n Kube_Node_Name n1\n" \
    " Kube_URL http://127.0.0.1:${KUBE_PORT}\n"
#define SHOW                                                                      \
    "[FILTER]\n Name nest\n Match *\n Operation lift\n Nested_under kubernetes\n" \
    "[FILTER]\n Name nest\n Match *\n Operation lift\n Nested_under labels\n"     \
    "[FILTER]\n Name modify\n Match *\n Hard_rename app log\n Hard_rename metadata log\n"
#define LINES SERVICE TAIL_KUBE KUBERNETES SHOW ES("PORT")

/* Documents are shown by their lines. */
#define LINES_OF_PODS                                                                       \
    SERVICE "[INPUT]\n Name tail\n Tag kube.*\n Path ${DIR}/*.log\n multiline.parser cri\n" \
            " DB ${DIR}/state/positions.db\n Read_from_Head on\n" KUBERNETES                \
            " pod_multiline on\n pod_rate_limit on\n" ES("PORT")
/* Records that come at once, of a pod that a file tells. */
#define RECORDS_OF_A_FILE                                                              \
    SERVICE "[INPUT]\n Name dummy\n Tag kube." LOG(                                    \
        ID_1) "\n Samples 2\n"                                                         \
              " Dummy {\"log\":\"one\"}\n"                                             \
              "[FILTER]\n Name kubernetes\n Match *\n Kube_Tag_Prefix kube.\n"         \
              " Kube_URL http://127.0.0.1:${KUBE_PORT}\n Kube_Meta_Preload_Cache_Dir " \
              "${DIR}/state\n" SHOW ES("PORT")
/* The same of a namespace that a file tells, and of no pod: shown by the namespace's label. */
#define RECORDS_OF_A_NAMESPACE                                                         \
    SERVICE "[INPUT]\n Name dummy\n Tag kube." LOG(                                    \
        ID_1) "\n Samples 2\n"                                                         \
              " Dummy {\"log\":\"one\"}\n"                                             \
              "[FILTER]\n Name kubernetes\n Match *\n Kube_Tag_Prefix kube.\n"         \
              " Kube_URL http://127.0.0.1:${KUBE_PORT}\n Kube_Meta_Preload_Cache_Dir " \
              "${DIR}/state\n Namespace_Labels on\n Namespace_Metadata_Only on\n"      \
              "[FILTER]\n Name nest\n Match *\n Operation lift\n"                      \
              " Nested_under kubernetes_namespace\n" SHOW ES("PORT")
/* Documents are shown by their pod's service, or their line. The agent is not there. */
#define LINES_OF_SERVICES                                                                    \
    SERVICE TAIL_KUBE KUBERNETES                                                             \
        " use_pod_association on\n aws_pod_association_host 127.0.0.1\n"                     \
        " aws_pod_association_port ${AGENT_PORT}\n aws_pod_service_map_refresh_interval 1\n" \
        " aws_pod_service_preload_cache_dir ${DIR}/state/services\n"                         \
        "[FILTER]\n Name nest\n Match *\n Operation lift\n Nested_under kubernetes\n"        \
        "[FILTER]\n Name modify\n Match *\n Hard_rename aws_entity_service_name log\n" ES("PORT")
#define CRI(text) "2026-11-21T05:46:26.9Z stdout F " text "\n"

/* Logs below folders as the kubelet names them; documents are shown by what the status says of their
 * image, else the specification. */
#define UID "00000000-1111-2222-3333-444444444444"
#define LOG_OF_UID "shop_web-0_" UID "/main/0.log"
#define LINES_OF_UIDS                                                                              \
    SERVICE                                                                                        \
    "[INPUT]\n Name tail\n Tag kube.*\n Path ${DIR}/*/main/*.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n" KUBERNETES                                                              \
    "[FILTER]\n Name nest\n Match *\n Operation lift\n Nested_under kubernetes\n"                  \
    "[FILTER]\n Name modify\n Match *\n Hard_rename container_image log\n" ES("PORT")
#define OF_STATUS "registry.example/shop/web:1.2.3"
#define OF_SPECIFICATION "shop/web:1.2.3"

static struct kit *k;
static struct kube *kube;

static void set_up(void)
{
    char port[16];

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
}

static void pod(const char *uid, const char *id, const char *labels)
{
    kube_put(kube, &(struct kube_pod){.uid = uid, .container_id = id, .labels = labels});
}

START_TEST(the_first_line_of_a_container_has_its_labels)
{
    kit_run(k, LINES);
    kit_append(k, LOG(ID_1), "one\n");
    kit_pass_ms(k, 4000);
    backend_expect_silence(k->es);
    pod("u1", ID_1, "\"app\":\"first\"");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "first");
    ck_assert_uint_eq(kube_count(kube, KUBE_LIST), 1);
    ck_assert_uint_eq(kube_count(kube, KUBE_WATCH), 1);
}
END_TEST

START_TEST(a_label_that_flips_is_in_the_next_line)
{
    pod("u1", ID_1, "\"app\":\"primary\"");
    kit_run(k, LINES);
    kit_append(k, LOG(ID_1), "one\n");
    kit_pass_ms(k, 5000);
    backend_expect(k->es, "primary");
    pod("u1", ID_1, "\"app\":\"replica\"");
    kit_pass_ms(k, 100);
    kit_append(k, LOG(ID_1), "two\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "replica");
}
END_TEST

START_TEST(a_pod_that_was_recreated_has_labels_of_its_own)
{
    pod("u1", ID_1, "\"app\":\"old\"");
    kit_run(k, LINES);
    kit_append(k, LOG(ID_1), "one\n");
    kit_pass_ms(k, 5000);
    backend_expect(k->es, "old");
    kube_delete(kube, "u1");
    kit_append(k, LOG(ID_2), "two\n");
    kit_append(k, LOG(ID_1), "three\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "old");
    pod("u2", ID_2, "\"app\":\"new\"");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "new");
}
END_TEST

/* The pod comes before its container is made, and the container's first line before the status. */
START_TEST(the_first_line_of_a_container_has_what_its_status_tells)
{
    pod(UID, NULL, "\"app\":\"web\"");
    tree_folder("shop_web-0_" UID);
    tree_folder("shop_web-0_" UID "/main");
    kit_run(k, LINES_OF_UIDS);
    kit_pass_ms(k, 5000);
    kit_append(k, LOG_OF_UID, "one\n");
    kit_pass_ms(k, 3000);
    backend_expect_silence(k->es);
    pod(UID, ID_1, "\"app\":\"web\"");
    kit_pass_ms(k, 1500);
    backend_expect(k->es, OF_STATUS);
    ck_assert_uint_eq(kube_count_all(kube), 2);
}
END_TEST

START_TEST(a_status_that_does_not_come_is_waited_for_five_seconds)
{
    pod(UID, NULL, "\"app\":\"web\"");
    tree_folder("shop_web-0_" UID);
    tree_folder("shop_web-0_" UID "/main");
    kit_run(k, LINES_OF_UIDS);
    kit_pass_ms(k, 5000);
    kit_append(k, LOG_OF_UID, "one\n");
    kit_pass_ms(k, 7000);
    backend_expect(k->es, OF_SPECIFICATION);
    pod(UID, ID_1, "\"app\":\"web\"");
    kit_pass_ms(k, 100);
    kit_append(k, LOG_OF_UID, "two\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, OF_STATUS);
    ck_assert_uint_eq(kube_count_all(kube), 2);
}
END_TEST

/* What cannot wait finds a file of the preload folder at the first record. */
START_TEST(a_file_of_the_preload_folder_is_there_for_the_first_record)
{
    tree_write("state/shop_web-0.meta",
               "{\"metadata\":{\"name\":\"web-0\",\"namespace\":\"shop\",\"uid\":\"u1\","
               "\"labels\":{\"app\":\"of a file\"}}}");
    kit_run(k, RECORDS_OF_A_FILE);
    kit_pass_ms(k, 4000);
    ck_assert_str_eq(backend_taken(k->es), "of a file of a file ");
    ck_assert_uint_eq(kube_count(kube, KUBE_GET), 0);
}
END_TEST

START_TEST(a_namespaces_file_is_enough_where_nothing_else_is_added)
{
    tree_write("state/shop.namespace_meta",
               "{\"metadata\":{\"name\":\"shop\",\"labels\":{\"app\":\"of a space\"}}}");
    kit_run(k, RECORDS_OF_A_NAMESPACE);
    kit_pass_ms(k, 4000);
    ck_assert_str_eq(backend_taken(k->es), "of a space of a space ");
    ck_assert_uint_eq(kube_count(kube, KUBE_GET), 0);
}
END_TEST

START_TEST(a_line_whose_pod_stays_unknown_goes_out_marked)
{
    kit_run(k, LINES);
    kit_append(k, LOG(ID_1), "one\n");
    kit_pass_ms(k, 12000);
    backend_expect(k->es, "partial");
}
END_TEST

START_TEST(lines_wait_no_longer_than_told_while_the_server_is_down)
{
    kube_down(kube, true);
    kit_run(k, LINES);
    kit_append(k, LOG(ID_1), "one\n");
    kit_pass_ms(k, 8000);
    backend_expect_silence(k->es);
    kit_pass_ms(k, 4000);
    backend_expect(k->es, "partial");
    kube_down(kube, false);
    pod("u1", ID_1, "\"app\":\"late\"");
    kit_pass_ms(k, LONGEST_WAIT_MS);
    kit_append(k, LOG(ID_1), "two\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "late");
}
END_TEST

START_TEST(a_pod_says_which_of_its_lines_belong_together)
{
    kit_run(k, LINES_OF_PODS);
    kit_append(k, LOG(ID_1), CRI("a.Exception: x") CRI("  at a.b(A.java)") CRI("fine"));
    kit_pass_ms(k, 4000);
    backend_expect_silence(k->es);
    kube_put(kube, &(struct kube_pod){.uid = "u1",
                                      .container_id = ID_1,
                                      .annotations = "\"tailrace.io/multiline\":\"java\""});
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "a.Exception: x\\n  at a.b(A.java)", "fine");
}
END_TEST

/* The old file has another name by then, which nobody looks for. */
START_TEST(lines_that_belong_together_are_one_record_over_a_rotation)
{
    kube_put(kube, &(struct kube_pod){.uid = "u1",
                                      .container_id = ID_1,
                                      .annotations = "\"tailrace.io/multiline\":\"java\""});
    kit_run(k, LINES_OF_PODS);
    kit_append(k, LOG(ID_1), CRI("fine") CRI("a.Exception: x"));
    kit_pass_ms(k, 5000);
    backend_expect(k->es, "fine");
    kit_append(k, LOG(ID_1), CRI("b.Exception: y"));
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "a.Exception: x");
    tree_rename(LOG(ID_1), LOG(ID_1) ".20261121-054626");
    kit_append(k, LOG(ID_1), CRI("  at a.b(A.java)") CRI("fine"));
    kit_pass_ms(k, 5000);
    backend_expect(k->es, "b.Exception: y\\n  at a.b(A.java)", "fine");
}
END_TEST

/* Of 60 lines that are there one is on its way each second, and the others are unread. */
START_TEST(a_pod_says_how_fast_its_lines_come)
{
    const char line[] = CRI("012345678901234567890123456789012345678901234567890123456789");
    struct buffer lines = {0};

    for (unsigned i = 0; i < 60; i++)
        buffer_append_text(&lines, line);
    kube_put(kube, &(struct kube_pod){.uid = "u1",
                                      .container_id = ID_1,
                                      .annotations = "\"tailrace.io/rate-limit\":\"1 line\""});
    kit_run(k, LINES_OF_PODS);
    kit_append(k, LOG(ID_1), buffer_text(&lines));
    buffer_fini(&lines);
    for (unsigned second = 10; second <= 50; second += 10) {
        kit_pass_ms(k, 10000);
        ck_assert_uint_ge(backend_taken_count(k->es), second - 3);
        ck_assert_uint_le(backend_taken_count(k->es), second + 1);
        ck_assert_uint_ge(kit_input(k)->unread_bytes, (59 - second) * strlen(line));
    }
    kit_pass_ms(k, 15000);
    ck_assert_uint_eq(backend_taken_count(k->es), 60);
    ck_assert_uint_eq(kit_input(k)->unread_bytes, 0);
    ck_assert_uint_eq(kit_input(k)->lost_bytes, 0);
}
END_TEST

/* No line waits for the agent, who may never come. */
START_TEST(a_pods_service_is_in_its_lines_as_soon_as_it_is_known)
{
    char port[16];

    snprintf(port, sizeof port, "%u", kit_closed_port());
    setenv("AGENT_PORT", port, true);
    pod("u1", ID_1, "\"app\":\"web\"");
    kit_run(k, LINES_OF_SERVICES);
    kit_append(k, LOG(ID_1), "one\n");
    kit_pass_ms(k, 5000);
    backend_expect(k->es, "one");
    tree_write("state/services.map", "{\"web-0\":{\"ServiceName\":\"shop\"}}");
    kit_pass_ms(k, 20000);
    kit_append(k, LOG(ID_1), "two\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "shop");
    tree_write("state/services.map", "{\"web-0\":{\"ServiceName\":\"cart\"}}");
    kit_pass_ms(k, 2000);
    kit_append(k, LOG(ID_1), "three\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->es, "cart");
}
END_TEST

Suite *suite_kubernetes_lines(void);

Suite *suite_kubernetes_lines(void)
{
    Suite *suite = suite_create("kubernetes_lines");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_first_line_of_a_container_has_its_labels);
    tcase_add_test(tcase, a_label_that_flips_is_in_the_next_line);
    tcase_add_test(tcase, a_pod_that_was_recreated_has_labels_of_its_own);
    tcase_add_test(tcase, the_first_line_of_a_container_has_what_its_status_tells);
    tcase_add_test(tcase, a_status_that_does_not_come_is_waited_for_five_seconds);
    tcase_add_test(tcase, a_file_of_the_preload_folder_is_there_for_the_first_record);
    tcase_add_test(tcase, a_namespaces_file_is_enough_where_nothing_else_is_added);
    tcase_add_test(tcase, a_line_whose_pod_stays_unknown_goes_out_marked);
    tcase_add_test(tcase, lines_wait_no_longer_than_told_while_the_server_is_down);
    tcase_add_test(tcase, a_pod_says_which_of_its_lines_belong_together);
    tcase_add_test(tcase, lines_that_belong_together_are_one_record_over_a_rotation);
    tcase_add_test(tcase, a_pod_says_how_fast_its_lines_come);
    tcase_add_test(tcase, a_pods_service_is_in_its_lines_as_soon_as_it_is_known);
    suite_add_tcase(suite, tcase);
    return suite;
}
