#include "kit/plugin.h"
#include "plugins/filter_kubernetes/kubernetes.h"

#include <check.h>

/* Each option by its name, as a configuration has it, is what the code is told; what it does then is
 * tested where it is done. */

static struct plugin_kit plugin;
static struct filter_kubernetes *k;

static void bind(const char *const *keys)
{
    k = plugin_make(&plugin, sizeof *k, kubernetes_options, keys);
    ck_assert_int_eq(plugin.status, 0);
}

static void tear_down(void)
{
    plugin_gone(&plugin, k);
}

START_TEST(lines_are_told_how_they_are_recognised_and_merged)
{
    bind((const char *[]){"Kube_Tag_Prefix",
                          "app.",
                          "Regex_Parser",
                          "p",
                          "Use_Journal",
                          "on",
                          "Use_Tag_For_Meta",
                          "on",
                          "Dummy_Meta",
                          "on",
                          "Merge_Log",
                          "on",
                          "Merge_Parser",
                          "q",
                          "Merge_Log_Key",
                          "m",
                          "Merge_Log_Trim",
                          "off",
                          "Keep_Log",
                          "off",
                          "K8S-Logging.Parser",
                          "on",
                          "K8S-Logging.Exclude",
                          "on",
                          NULL});
    ck_assert_str_eq(k->naming.tag_prefix, "app.");
    ck_assert_str_eq(k->naming.regex_parser, "p");
    ck_assert(k->naming.use_journal && k->naming.use_tag && k->naming.use_dummy);
    ck_assert(k->merge.is_on && !k->merge.trims && !k->merge.keeps_log);
    ck_assert_str_eq(k->merge.parser_name, "q");
    ck_assert_str_eq(k->merge.under_key, "m");
    ck_assert(k->heeds.parser && k->heeds.exclude);
}
END_TEST

START_TEST(blocks_are_told_what_is_wanted)
{
    bind((const char *[]){"Labels", "off", "Annotations", "off", "Owner_References", "on",
                          "Namespace_Labels", "on", "Namespace_Annotations", "on",
                          "Namespace_Metadata_Only", "on", NULL});
    ck_assert(!k->form.labels && !k->form.annotations && k->form.owners);
    ck_assert(k->form.namespace_labels && k->form.namespace_annotations);
    ck_assert(k->form.is_namespace_only);
}
END_TEST

START_TEST(sources_are_told_whom_to_ask_and_how)
{
    const struct source_server *server;

    bind((const char *[]){"Kube_URL",
                          "https://api:6443",
                          "Kube_CA_File",
                          "ca",
                          "Kube_CA_Path",
                          "cas",
                          "tls.vhost",
                          "v",
                          "tls.verify",
                          "off",
                          "tls.verify_hostname",
                          "on",
                          "DNS_Retries",
                          "9",
                          "DNS_Wait_Time",
                          "7",
                          "Use_Kubelet",
                          "on",
                          "Kubelet_Host",
                          "h",
                          "Kubelet_Port",
                          "10255",
                          NULL});
    server = &k->settings.server;
    ck_assert_str_eq(server->url, "https://api:6443");
    ck_assert_str_eq(server->ca_file, "ca");
    ck_assert_str_eq(server->ca_path, "cas");
    ck_assert_str_eq(server->vhost, "v");
    ck_assert(!server->verify && server->verify_hostname && server->use_kubelet);
    ck_assert_int_eq(server->dns_retries, 9);
    ck_assert_uint_eq(server->dns_wait_ms, 7000);
    ck_assert_str_eq(server->kubelet_host, "h");
    ck_assert_int_eq(server->kubelet_port, 10255);
}
END_TEST

START_TEST(logins_and_what_is_kept_are_told_how_long)
{
    const struct source_keeping *keeping;

    bind((const char *[]){"Kube_Token_File", "t", "Kube_Token_Command", "c", "Kube_Token_TTL", "5m",
                          "Kube_Meta_Cache_TTL", "60", "Kube_Meta_Namespace_Cache_TTL", "2m",
                          "Kube_Meta_Preload_Cache_Dir", "d", NULL});
    keeping = &k->settings.keeping;
    ck_assert_str_eq(k->settings.login.token_file, "t");
    ck_assert_str_eq(k->settings.login.token_command, "c");
    ck_assert_uint_eq(k->settings.login.token_ttl_ms, 300000);
    ck_assert_uint_eq(keeping->pod_ttl_ms, 60000);
    ck_assert_uint_eq(keeping->namespace_ttl_ms, 120000);
    ck_assert_str_eq(keeping->preload_dir, "d");
}
END_TEST

START_TEST(an_association_is_told_whom_to_ask)
{
    const struct association_settings *told;

    bind((const char *[]){"AWS_Pod_Association_Host",
                          "h",
                          "AWS_Pod_Association_Endpoint",
                          "/e",
                          "AWS_Pod_Association_Port",
                          "1",
                          "AWS_Pod_Service_Map_TTL",
                          "2",
                          "AWS_Pod_Service_Map_Refresh_Interval",
                          "3",
                          "AWS_Pod_Service_Preload_Cache_Dir",
                          "d",
                          "AWS_Pod_Association_Host_Server_CA_File",
                          "ca",
                          "AWS_Pod_Association_Host_Client_Cert_File",
                          "crt",
                          "AWS_Pod_Association_Host_Client_Key_File",
                          "key",
                          "AWS_Pod_Association_Host_TLS_Verify",
                          "off",
                          "Set_Platform",
                          "eks",
                          NULL});
    told = &k->settings.association;
    ck_assert(!association_is_on(told) && !told->verify);
    ck_assert_str_eq(told->host, "h");
    ck_assert_str_eq(told->path, "/e");
    ck_assert_int_eq(told->port, 1);
    ck_assert_int_eq(told->ttl_s, 2);
    ck_assert_int_eq(told->every_s, 3);
    ck_assert_str_eq(told->preload, "d");
    ck_assert_str_eq(told->ca_file, "ca");
    ck_assert_str_eq(told->crt_file, "crt");
    ck_assert_str_eq(told->key_file, "key");
    ck_assert_str_eq(told->platform, "eks");
}
END_TEST

/* Both names count, whichever comes last in the table. */
START_TEST(an_association_is_wanted_by_either_name)
{
    static const char *const names[] = {"use_pod_association", "aws_use_pod_association"};

    bind((const char *[]){names[_i], "on", NULL});
    ck_assert(association_is_on(&k->settings.association));
    ck_assert_int_eq(association_check(&k->settings.association, (char[256]){""}), 0);
}
END_TEST

/* They are taken, and it is said why they do nothing. */
START_TEST(options_without_a_meaning_are_said_to_have_none)
{
    static const char *const names[] = {"buffer_size", "tls.debug", "kube_namespace_file",
                                        "cache_use_docker_id",
                                        "aws_pod_association_host_tls_debug"};

    uint64_t said = log_count(LOG_INFO);

    ck_assert_int_eq(log_open("/dev/null"), 0);
    bind((const char *[]){names[_i], "1", NULL});
    ck_assert_uint_eq(log_count(LOG_INFO), said + 1);
    ck_assert_uint_eq(plugin.report.error_count + plugin.report.warning_count, 0);
    log_close();
}
END_TEST

Suite *suite_plugins_kubernetes_options(void);

Suite *suite_plugins_kubernetes_options(void)
{
    Suite *suite = suite_create("plugins/kubernetes_options");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_test(tcase, lines_are_told_how_they_are_recognised_and_merged);
    tcase_add_test(tcase, blocks_are_told_what_is_wanted);
    tcase_add_test(tcase, sources_are_told_whom_to_ask_and_how);
    tcase_add_test(tcase, logins_and_what_is_kept_are_told_how_long);
    tcase_add_test(tcase, an_association_is_told_whom_to_ask);
    tcase_add_loop_test(tcase, an_association_is_wanted_by_either_name, 0, 2);
    tcase_add_loop_test(tcase, options_without_a_meaning_are_said_to_have_none, 0, 5);
    suite_add_tcase(suite, tcase);
    return suite;
}
