#include "config/reading.h"
#include "config/yaml.h"
#include "kit/certs.h"
#include "kit/tree.h"
#include "loop/loop.h"
#include "service/pipeline.h"

#include <check.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What a dry run says of the files that TLS needs: each at the line of its key. */

static struct loop *loop;
static struct config *config;
static struct pipeline *pipeline;
static struct report report;

static void set_up(void)
{
    report_init(&report);
    loop = loop_new();
    unsetenv("AWS_CA_BUNDLE");
}

static void former_gone(void)
{
    pipeline_free(&pipeline);
    if (config != NULL)
        config_free(&config);
    report_fini(&report);
    report_init(&report);
}

static void tear_down(void)
{
    former_gone();
    report_fini(&report);
    loop_free(&loop);
}

#define HEAD                     \
    "pipeline:\n" /* line 1 */   \
    "  inputs:\n"                \
    "    - name: dummy\n"        \
    "  outputs:\n"               \
    "    - name: 'null'\n"       \
    "      match: '*'\n" /* 6 */ \
    "    - match: '*'\n" /* 7 */

static int made_of(const char *text)
{
    struct reading reading = {.report = &report};
    int status;

    former_gone();
    reading.config = config = config_new();
    yaml_parse(&reading, slice_of(text), "a.yaml");
    pipeline = pipeline_new(loop, config, &report, &status);
    return status;
}

static bool is_told(const char *words)
{
    return report.text.len > 0 &&
           memmem(report.text.data, report.text.len, words, strlen(words)) != NULL;
}

static void expect_told(const char *words)
{
    ck_assert_msg(is_told(words), "lacks %s", words);
}

#define NONE "no such file or directory"

/* Of all that speak HTTP. cloudwatch speaks TLS without being told. */
static const char *const speakers[] = {
    "      name: es\n      tls: on\n",
    "      name: opensearch\n      tls: on\n",
    "      name: cloudwatch_logs\n      region: eu-west-1\n",
    "      name: cloudwatch\n      region: eu-west-1\n",
};

START_TEST(every_file_that_is_missing_is_told_at_its_key)
{
    struct buffer text = {0};

    buffer_append_text(&text, HEAD);
    buffer_append_text(&text, speakers[_i]);
    buffer_append_text(&text, "      tls.ca_file: /no/ca\n" /* 10 */
                              "      tls.ca_path: /no/folder\n"
                              "      tls.crt_file: /no/crt\n"
                              "      tls.key_file: /no/key\n"
                              "      tls.min_version: TLSv9\n" /* 14 */
                              "      tls.max_version: TLSv8\n");
    if (_i >= 2)
        buffer_append_text(&text, "      log_group_name: g\n      log_stream_name: s\n");
    ck_assert_int_lt(made_of(buffer_text(&text)), 0);
    ck_assert_uint_eq(report.error_count, 6);
    expect_told("a.yaml:10: output ");
    expect_told("[tls] error: ca_file '/no/ca': " NONE);
    expect_told("a.yaml:11: output ");
    expect_told("[tls] error: ca_path '/no/folder': " NONE);
    expect_told("a.yaml:12: output ");
    expect_told("[tls] error: crt_file '/no/crt': " NONE);
    expect_told("a.yaml:13: output ");
    expect_told("[tls] error: key_file '/no/key': " NONE);
    expect_told("a.yaml:14: output ");
    expect_told("a.yaml:15: output ");
    buffer_fini(&text);
}
END_TEST

START_TEST(a_key_of_another_certificate_is_told_at_its_line)
{
    struct kit_certs *certs = kit_certs_new("logs.example");
    struct buffer text = {0};

    buffer_append_format(&text,
                         HEAD "      name: es\n"
                              "      tls: on\n"
                              "      tls.ca_file: %s\n"
                              "      tls.crt_file: %s\n"
                              "      tls.key_file: %s\n",
                         certs->authority, certs->client, certs->server_key);
    ck_assert_int_lt(made_of(buffer_text(&text)), 0);
    ck_assert_uint_eq(report.error_count, 1);
    expect_told("a.yaml:12: output es.1 cannot start: [tls] error: key_file ");
    expect_told("it is not the key of crt_file");
    buffer_fini(&text);
    kit_certs_free(&certs);
}
END_TEST

START_TEST(a_host_that_is_none_is_told_beside_them)
{
    ck_assert_int_lt(made_of(HEAD "      name: es\n      host: a/b\n"
                                  "      tls: on\n      tls.ca_file: /dev/null\n"),
                     0);
    ck_assert_uint_eq(report.error_count, 2);
    expect_told(
        "a.yaml:11: output es.1 cannot start: [tls] error: ca_file '/dev/null': there is no "
        "certificate");
    expect_told("output es.1 cannot start: 'a/b' is no host");
}
END_TEST

START_TEST(another_mistake_hides_no_file)
{
    ck_assert_int_lt(made_of(HEAD "      name: es\n      tls: on\n"
                                  "      tls.ca_file: /no/ca\n      hots: a\n"),
                     0);
    ck_assert_uint_eq(report.error_count, 2);
    expect_told("a.yaml:10: output es.1 cannot start: [tls] error: ca_file '/no/ca'");
    expect_told("a.yaml:11: es: unknown configuration property 'hots'");
}
END_TEST

START_TEST(an_authority_is_not_looked_at_where_nobody_is_verified)
{
    ck_assert_int_eq(made_of(HEAD "      name: es\n      tls: on\n      tls.verify: off\n"
                                  "      tls.ca_file: /no/ca\n"),
                     0);
}
END_TEST

START_TEST(keys_of_tls_without_tls_are_warned_of)
{
    ck_assert_int_eq(made_of(HEAD "      name: es\n      tls.ca_file: /no/ca\n"), 0);
    ck_assert_uint_eq(report.warning_count, 1);
    expect_told("a.yaml:9: output es.1: tls.ca_file does nothing, as TLS is off");
    ck_assert_int_eq(made_of(HEAD "      name: es\n      tls: off\n      tls.verify: off\n"), 0);
    ck_assert_uint_eq(report.warning_count, 0);
    ck_assert_int_eq(made_of(HEAD "      name: es\n      tls.debug: 1\n"), 0);
    ck_assert(!is_told("TLS is off"));
}
END_TEST

/* Whoever opens that waits until somebody writes to it: for ever. */
START_TEST(what_is_no_file_is_told_and_not_waited_for)
{
    struct buffer text = {0};

    tree_plant();
    ck_assert_int_eq(mkfifo(tree_path("ca.pem"), 0600), 0);
    buffer_append_format(&text,
                         HEAD "      name: es\n"
                              "      tls: on\n"
                              "      tls.ca_file: %s\n",
                         tree_path("ca.pem"));
    ck_assert_int_lt(made_of(buffer_text(&text)), 0);
    expect_told("ca.pem': it is a FIFO, not a file");
    buffer_fini(&text);
    tree_fell();
}
END_TEST

/* ---- other places on the disk ---- */

START_TEST(a_database_that_could_not_be_made_is_warned_of_at_its_key)
{
    ck_assert_int_eq(made_of("pipeline:\n"
                             "  inputs:\n"
                             "    - name: tail\n"
                             "      path: /no/*.log\n"
                             "      db: /no/folder/positions.db\n" /* 5 */
                             "    - name: systemd\n"
                             "      db: /no/cursor.db\n"
                             "    - name: tail\n"
                             "      path: /no/*.log\n"
                             "      db: positions.db\n"
                             "  outputs:\n"
                             "    - name: 'null'\n"
                             "      match: '*'\n"),
                     0);
    ck_assert_uint_eq(report.warning_count, 2);
    expect_told("a.yaml:5: tail.0: nothing can be written to the folder of db "
                "/no/folder/positions.db: No such file or directory");
    expect_told("a.yaml:7: systemd.1: nothing can be written to the folder of db /no/cursor.db");
}
END_TEST

START_TEST(a_value_that_does_not_convert_hides_no_other_of_the_service)
{
    ck_assert_int_lt(made_of("service:\n"
                             "  grace: soon\n"
                             "  scheduler.base: 0\n"
                             "  http_port: 70000\n" /* 4 */
                             "pipeline:\n"
                             "  inputs:\n"
                             "    - name: dummy\n"
                             "  outputs:\n"
                             "    - name: 'null'\n"
                             "      match: '*'\n"),
                     0);
    expect_told("a.yaml:2: service: 'grace' cannot be 'soon'");
    expect_told("a.yaml:3: flush, scheduler.base and scheduler.cap must be above 0");
    expect_told("a.yaml:4: http_port is 70000");
}
END_TEST

/* ---- the filter asks, too ---- */

#define FILTER                 \
    "pipeline:\n"              \
    "  inputs:\n"              \
    "    - name: dummy\n"      \
    "  outputs:\n"             \
    "    - name: 'null'\n"     \
    "      match: '*'\n"       \
    "  filters:\n"             \
    "    - name: kubernetes\n" \
    "      match: '*'\n" /* 9 */

START_TEST(a_file_that_a_filter_waits_for_is_warned_of_at_its_key)
{
    ck_assert_int_eq(made_of(FILTER "      kube_ca_file: /no/ca\n"
                                    "      kube_ca_path: /no/folder\n"
                                    "      use_pod_association: on\n"
                                    "      aws_pod_association_host_server_ca_file: /dev/null\n"
                                    "      aws_pod_association_host_client_cert_file: /no/crt\n"
                                    "      aws_pod_association_host_client_key_file: /no/key\n"),
                     0);
    ck_assert_uint_eq(report.warning_count, 5);
    expect_told("a.yaml:10: kubernetes.0: kube_ca_file '/no/ca': " NONE);
    expect_told("a.yaml:11: kubernetes.0: kube_ca_path '/no/folder': " NONE);
    expect_told("a.yaml:13: kubernetes.0: aws_pod_association_host_server_ca_file '/dev/null': "
                "there is no certificate");
    expect_told("a.yaml:14: kubernetes.0: aws_pod_association_host_client_cert_file");
    expect_told("a.yaml:15: kubernetes.0: aws_pod_association_host_client_key_file");
}
END_TEST

static const char *const quiet[] = {
    FILTER,
    FILTER "      kube_ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt\n",
    FILTER "      kube_ca_file: /no/ca\n      tls.verify: off\n",
    FILTER "      kube_ca_file: /no/ca\n      kube_url: http://127.0.0.1:8001\n",
    FILTER "      kube_ca_file: /no/ca\n      dummy_meta: on\n",
    FILTER "      aws_pod_association_host_server_ca_file: /no/ca\n",
};

START_TEST(what_a_filter_cannot_ask_is_told_at_its_key)
{
    ck_assert_int_lt(made_of(FILTER "      kube_url: htps://x\n"), 0);
    expect_told("a.yaml:10: kubernetes.0: Kube_URL htps://x: it begins neither");
    ck_assert_int_lt(made_of(FILTER "      use_kubelet: on\n      kubelet_port: 0\n"), 0);
    expect_told("a.yaml:11: kubernetes.0: Kubelet_Port");
    ck_assert_int_lt(made_of(FILTER "      kube_node_name: a b\n"), 0);
    expect_told("a.yaml:10: kubernetes.0: Kube_Node_Name 'a b' is no name of a node");
}
END_TEST

START_TEST(a_file_that_is_not_needed_is_not_looked_for)
{
    ck_assert_int_eq(made_of(quiet[_i]), 0);
    ck_assert_uint_eq(report.warning_count, 0);
}
END_TEST

Suite *suite_service_reach(void);

Suite *suite_service_reach(void)
{
    Suite *suite = suite_create("service/reach");
    TCase *tcase = tcase_create("reach");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, every_file_that_is_missing_is_told_at_its_key, 0,
                        ARRAY_LEN(speakers));
    tcase_add_test(tcase, a_key_of_another_certificate_is_told_at_its_line);
    tcase_add_test(tcase, a_host_that_is_none_is_told_beside_them);
    tcase_add_test(tcase, another_mistake_hides_no_file);
    tcase_add_test(tcase, an_authority_is_not_looked_at_where_nobody_is_verified);
    tcase_add_test(tcase, keys_of_tls_without_tls_are_warned_of);
    tcase_add_test(tcase, what_is_no_file_is_told_and_not_waited_for);
    tcase_add_test(tcase, a_database_that_could_not_be_made_is_warned_of_at_its_key);
    tcase_add_test(tcase, a_value_that_does_not_convert_hides_no_other_of_the_service);
    tcase_add_test(tcase, what_a_filter_cannot_ask_is_told_at_its_key);
    tcase_add_test(tcase, a_file_that_a_filter_waits_for_is_warned_of_at_its_key);
    tcase_add_loop_test(tcase, a_file_that_is_not_needed_is_not_looked_for, 0, ARRAY_LEN(quiet));
    suite_add_tcase(suite, tcase);
    return suite;
}
