#include "base/memory.h"
#include "service/catalog.h"

#include <check.h>

/* Every option of Fluent Bit 5.1 for the plugins that we have, with its default. `name=default`, a
 * line each; without `=` it has none. A default of ours that differs is one that conf/README.md
 * gives a reason for, and marked here.
 *
 * Where Fluent Bit's table has no default and its code has one, the code's stands here: the format
 * of stdout and file, the buffer of stdin. */

struct table {
    enum config_kind kind;
    const char *plugin;
    size_t option_count;
    const char *options;
};

/* suppress_type_name of es and opensearch is false in Fluent Bit. */
static const struct table tables[] = {
    {CONFIG_INPUT, "tail", 42,
     "path\nexclude_path\nkey=log\nread_from_head=false\n"
     "read_newly_discovered_files_from_head=true\nrefresh_interval=60\n"
     "watcher_interval=2s\nprogress_check_interval=2s\n"
     "progress_check_interval_nsec=0\nrotate_wait=5\ndocker_mode=false\n"
     "docker_mode_flush=4\ndocker_mode_parser\npath_key\noffset_key\n"
     "ignore_older=0\nignore_active_older_files=false\nbuffer_chunk_size=32768\n"
     "buffer_max_size=32768\nstatic_batch_size=50M\nevent_batch_size=50M\n"
     "skip_long_lines=false\nexit_on_eof=false\nskip_empty_lines=false\n"
     "truncate_long_lines=false\nfile_cache_advise=true\ninotify_watcher=true\n"
     "windows.path_encoding=ansi\nparser\ntag_regex\ndb\ndb.sync=normal\n"
     "db.locking=false\ndb.journal_mode=WAL\ndb.compare_filename=false\n"
     "multiline=false\nmultiline_flush=4\nparser_firstline\nparser_\n"
     "multiline.parser\nunicode.encoding\ngeneric.encoding"},
    {CONFIG_INPUT, "stdin", 2, "parser\nbuffer_size=16000"},
    {CONFIG_INPUT, "dummy", 12,
     "samples=0\ndummy={\"message\":\"dummy\"}\nmetadata={}\nrate=1\n"
     "interval_sec=0\ninterval_nsec=0\ncopies=1\nstart_time_sec=-1\n"
     "start_time_nsec=-1\nfixed_timestamp=false\nflush_on_startup=false\n"
     "test_hang_on_exit=false"},
    {CONFIG_FILTER, "parser", 5,
     "Key_Name\nParser\nPreserve_Key=false\nReserve_Data=false\nUnescape_key"},
    {CONFIG_FILTER, "grep", 3, "regex\nexclude\nlogical_op=legacy"},
    {CONFIG_FILTER, "modify", 12,
     "Set\nAdd\nRemove\nRemove_wildcard\nRemove_regex\nMove_To_Start\nMove_To_End\n"
     "Rename\nHard_Rename\nCopy\nHard_copy\nCondition"},
    {CONFIG_FILTER, "record_modifier", 5,
     "record\nremove_key\nallowlist_key\nwhitelist_key\nuuid_key"},
    {CONFIG_FILTER, "aws", 14,
     "imds_version=v2\naz=true\nec2_instance_id=true\nec2_instance_type=false\n"
     "private_ip=false\nvpc_id=false\nami_id=false\naccount_id=false\nhostname=false\n"
     "tags_enabled=false\ntags_include\ntags_exclude\nretry_interval_s=300\n"
     "enable_entity=false"},
    {CONFIG_FILTER, "ecs", 7,
     "add\necs_tag_prefix\ncluster_metadata_only=false\necs_meta_cache_ttl=3600\n"
     "ecs_meta_host=127.0.0.1\necs_meta_port=51678\nagent_endpoint_retries=2"},
    {CONFIG_FILTER, "nest", 6,
     "Operation\nWildcard\nNest_under\nNested_under\nAdd_prefix\nRemove_prefix"},
    {CONFIG_FILTER, "kubernetes", 53,
     "buffer_size=32K\ntls.debug=0\ntls.verify=true\ntls.vhost\n"
     "tls.verify_hostname=off\nmerge_log=false\nmerge_parser\nmerge_log_key\n"
     "merge_log_trim=true\nkeep_log=true\nkube_url=https://kubernetes.default.svc\n"
     "kube_meta_preload_cache_dir\n"
     "kube_ca_file=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt\n"
     "kube_ca_path\nkube_tag_prefix=kube.var.log.containers.\n"
     "kube_namespace_file=/var/run/secrets/kubernetes.io/serviceaccount/namespace\n"
     "kube_token_file=/var/run/secrets/kubernetes.io/serviceaccount/token\n"
     "kube_token_command\nlabels=true\nannotations=true\nowner_references=false\n"
     "namespace_labels=false\nnamespace_annotations=false\n"
     "namespace_metadata_only=false\nk8s-logging.parser=false\n"
     "k8s-logging.exclude=false\nuse_journal=false\nregex_parser\ndummy_meta=false\n"
     "dns_retries=6\ndns_wait_time=30\ncache_use_docker_id=false\n"
     "use_tag_for_meta=false\nuse_kubelet=false\nkubelet_host=127.0.0.1\n"
     "kubelet_port=10250\nkube_token_ttl=10m\nkube_meta_cache_ttl=0\n"
     "kube_meta_namespace_cache_ttl=15m\naws_use_pod_association=false\n"
     "use_pod_association=false\n"
     "aws_pod_association_host=cloudwatch-agent.amazon-cloudwatch\n"
     "aws_pod_association_endpoint=/kubernetes/pod-to-service-env-map\n"
     "aws_pod_association_port=4311\naws_pod_service_map_ttl=0\n"
     "aws_pod_service_map_refresh_interval=60\naws_pod_service_preload_cache_dir\n"
     "aws_pod_association_host_server_ca_file=/etc/"
     "amazon-cloudwatch-observability-agent-server-cert/tls-ca.crt\n"
     "aws_pod_association_host_client_cert_file=/etc/"
     "amazon-cloudwatch-observability-agent-client-cert/client.crt\n"
     "aws_pod_association_host_client_key_file=/etc/"
     "amazon-cloudwatch-observability-agent-client-cert/client.key\n"
     "aws_pod_association_host_tls_debug=0\n"
     "aws_pod_association_host_tls_verify=true\nset_platform"},
    {CONFIG_FILTER, "log_to_metrics", 18,
     "regex\nexclude\nmetric_mode=counter\nvalue_field\nmetric_name=a\n"
     "metric_namespace=log_metric\nmetric_subsystem\nmetric_description\n"
     "kubernetes_mode=false\nadd_label\nlabel_field\nbucket\ntag\nemitter_name\n"
     "emitter_mem_buf_limit=10M\nflush_interval_sec=0\nflush_interval_nsec=0\n"
     "discard_logs=false"},
    {CONFIG_OUTPUT, "es", 37,
     "index=fluent-bit\ntype=_doc\nsuppress_type_name=true\nhttp_user\nhttp_passwd\n"
     "http_api_key\ncompress\ncloud_id\ncloud_auth\nupstream\naws_auth=false\n"
     "aws_region\naws_sts_endpoint\naws_role_arn\naws_external_id\n"
     "aws_service_name=es\naws_profile\nlogstash_format=false\n"
     "logstash_prefix=logstash\nlogstash_prefix_separator=-\nlogstash_prefix_key\n"
     "logstash_dateformat=%Y.%m.%d\ntime_key=@timestamp\n"
     "time_key_format=%Y-%m-%dT%H:%M:%S\ntime_key_nanos=false\n"
     "include_tag_key=false\ntag_key=flb-key\nbuffer_size=512k\npath\npipeline\n"
     "generate_id=false\nwrite_operation=create\nid_key\nreplace_dots=false\n"
     "current_time_index=false\ntrace_output=false\ntrace_error=false"},
    {CONFIG_OUTPUT, "opensearch", 33,
     "index=fluent-bit\ntype=_doc\nsuppress_type_name=true\nhttp_user\nhttp_passwd\n"
     "aws_auth=false\naws_region\naws_profile=default\naws_sts_endpoint\n"
     "aws_role_arn\naws_external_id\naws_service_name=es\nlogstash_format=false\n"
     "logstash_prefix=logstash\nlogstash_prefix_separator=-\nlogstash_prefix_key\n"
     "logstash_dateformat=%Y.%m.%d\ntime_key=@timestamp\n"
     "time_key_format=%Y-%m-%dT%H:%M:%S\ntime_key_nanos=false\n"
     "include_tag_key=false\ntag_key=flb-key\nbuffer_size=512k\npath\npipeline\n"
     "generate_id=false\nwrite_operation=create\nid_key\nreplace_dots=false\n"
     "current_time_index=false\ntrace_output=false\ntrace_error=false\ncompress"},
    {CONFIG_OUTPUT, "cloudwatch_logs", 21,
     "region\nlog_group_name\nlog_stream_name\nlog_stream_prefix\nlog_group_template\n"
     "log_stream_template\nlog_key\nextra_user_agent\nlog_format\nrole_arn\n"
     "auto_create_group=false\nauto_retry_requests=true\nlog_retention_days=0\nendpoint\n"
     "sts_endpoint\nexternal_id\nmetric_namespace\nmetric_dimensions\nprofile\n"
     "log_group_class\nadd_entity=false"},
    /* No part of Fluent Bit: the Go plugin of AWS's image. */
    {CONFIG_OUTPUT, "cloudwatch", 18,
     "region\nlog_group_name\nlog_stream_name\ndefault_log_group_name=fluentbit-default\n"
     "default_log_stream_name=/fluentbit-default\nlog_stream_prefix\nlog_key\nlog_format\n"
     "role_arn\nauto_create_group=false\nauto_create_stream=true\nnew_log_group_tags\n"
     "log_retention_days=0\nendpoint\nsts_endpoint\ncredentials_endpoint\nexternal_id\n"
     "extra_user_agent"},
    {CONFIG_OUTPUT, "stdout", 3, "format=msgpack\njson_date_format=double\njson_date_key=date"},
    {CONFIG_OUTPUT, "file", 18,
     "path\nfile\nenable_strftime=false\nmax_dynamic_files=1024\n"
     "on_missing_field=error\non_limit_reached=error\nfallback_path\nfallback_file\n"
     "format=out_file\ndelimiter\nlabel_delimiter\ntemplate={time} {message}\n"
     "csv_column_names=false\nmkdir=false\nrotate=false\nrotate_max_size=100M\n"
     "rotate_max_files=7\nrotate_gzip=true"},
    {CONFIG_OUTPUT, "null", 3, "format\njson_date_format\njson_date_key=date"},
};

static void expect_option(const struct table *t, const struct catalog_entry *plugin,
                          struct slice name, struct slice fallback)
{
    char *text = mem_text_n(name.data, name.len);
    const struct option *o = option_find(plugin->options, text);

    ck_assert_msg(o != NULL, "%s has no option %s", t->plugin, text);
    if (o->type != OPTION_TYPE_IGNORED)
        ck_assert_msg(slice_equal(slice_of(o->fallback != NULL ? o->fallback : ""), fallback),
                      "%s: %s is %s by default", t->plugin, text,
                      o->fallback != NULL ? o->fallback : "nothing");
    mem_free(text);
}

START_TEST(every_option_of_fluent_bit_is_there_with_its_default)
{
    const struct table *t = &tables[_i];
    struct slice rest = slice_of(t->options), line;
    struct catalog_entry plugin;
    size_t count = 0;

    ck_assert(catalog_find(t->kind, t->plugin, &plugin));
    for (; slice_next(&rest, '\n', &line); count++) {
        size_t name_len = slice_find(line, '=');

        expect_option(t, &plugin, slice_make(line.data, name_len),
                      name_len < line.len ? slice_skip(line, name_len + 1) : SLICE(""));
    }
    ck_assert_uint_eq(count, t->option_count);
}
END_TEST

Suite *suite_plugins_option_tables(void);
Suite *suite_plugins_option_tables(void)
{
    Suite *suite = suite_create("plugins/option_tables");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, every_option_of_fluent_bit_is_there_with_its_default, 0,
                        ARRAY_LEN(tables));
    suite_add_tcase(suite, all);
    return suite;
}
