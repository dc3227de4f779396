#include "plugins/filter_kubernetes/kubernetes.h"

#include "plugins/filter_kubernetes/trust.h"

#define S struct filter_kubernetes
#define SECRETS "/var/run/secrets/kubernetes.io/serviceaccount"
#define AGENT "/etc/amazon-cloudwatch-observability-agent-"

const struct option kubernetes_options[] = {
    /* ---- which container ---- */
    OPTION_TEXT(S, naming.tag_prefix, "kube_tag_prefix", "kube.var.log.containers.", 0,
                "As many bytes as this has are left off the tag before names are looked for."),
    OPTION_TEXT(S, naming.regex_parser, "regex_parser", NULL, 0,
                "A parser that finds pod_name, namespace_name, container_name and docker_id in "
                "the tag, instead of the names' usual form."),
    OPTION_BOOL(S, naming.use_journal, "use_journal", "false", 0,
                "Take the names from CONTAINER_NAME, as Docker's journal has it."),
    OPTION_BOOL(S, naming.use_tag, "use_tag_for_meta", "false", 0,
                "Ask nobody: add what the tag tells and nothing else."),
    OPTION_BOOL(S, naming.use_dummy, "dummy_meta", "false", 0,
                "Ask nobody: add a time, to try a configuration."),

    /* ---- the text under "log" ---- */
    OPTION_BOOL(
        S, merge.is_on, "merge_log", "false", 0,
        "Make fields of the text under log, where it is a JSON object or a parser takes it."),
    OPTION_TEXT(S, merge.parser_name, "merge_parser", NULL, 0,
                "The parser for that, instead of JSON."),
    OPTION_TEXT(S, merge.under_key, "merge_log_key", NULL, 0,
                "Put these fields under this key, instead of beside the others."),
    OPTION_BOOL(S, merge.trims, "merge_log_trim", "true", 0,
                "Cut line feeds off the ends of their texts."),
    OPTION_BOOL(S, merge.keeps_log, "keep_log", "true", 0,
                "Keep log, too, when fields were made of it."),
    OPTION_INT(S, merge.members_max, "merge_fields_max", "0", 0,
               "Ours: an object with more members stays text, so that no line can fill an index "
               "with fields; 0: any number."),

    /* ---- what is added ---- */
    OPTION_BOOL(S, form.labels, "labels", "true", 0, "Add the pod's labels."),
    OPTION_BOOL(S, form.annotations, "annotations", "true", 0, "Add the pod's annotations."),
    OPTION_BOOL(S, form.owners, "owner_references", "false", 0, "Add the pod's owners."),
    OPTION_BOOL(S, form.namespace_labels, "namespace_labels", "false", 0,
                "Add kubernetes_namespace with the namespace's labels."),
    OPTION_BOOL(S, form.namespace_annotations, "namespace_annotations", "false", 0,
                "Add kubernetes_namespace with the namespace's annotations."),
    OPTION_BOOL(S, form.is_namespace_only, "namespace_metadata_only", "false", 0,
                "Add kubernetes_namespace and no kubernetes, and ask for no pods."),
    OPTION_CHOICE(S, form.keys, "label_keys", "as_is", 0, BLOCK_KEYS_NAMES,
                  "Ours: how labels and annotations are named. replace_dots makes underscores of "
                  "dots, so that app and app.kubernetes.io/name can be in one index; flat makes "
                  "one array of name=value of each map."),
    OPTION_INT(S, form.fields_max, "label_fields_max", "0", 0,
               "Ours: at most so many labels and annotations in a document, labels first; 0: any "
               "number."),
    OPTION_SIZE(S, form.value_bytes_max, "annotation_bytes_max", "32K", 0,
                "Ours: a longer annotation, or label, is left out."),

    /* ---- what a pod asks for ---- */
    OPTION_BOOL(S, heeds.parser, "k8s-logging.parser", "false", 0,
                "A pod may name its parser: fluentbit.io/parser."),
    OPTION_BOOL(S, heeds.exclude, "k8s-logging.exclude", "false", 0,
                "A pod may have its lines left out: fluentbit.io/exclude."),

    /* ---- before pods are known ---- */
    OPTION_BOOL(S, heeds.wishes.honours_multiline, "pod_multiline", "false", 0,
                "Ours: a pod may name the multiline parser of its lines: tailrace.io/multiline."),
    OPTION_BOOL(S, heeds.wishes.honours_rate, "pod_rate_limit", "false", 0,
                "Ours: a pod may bound how fast its logs are read: tailrace.io/rate-limit."),
    OPTION_TIME(S, wait.wait_ms, "metadata_wait", "10s", 0,
                "Ours: a log is not read until its pod is known, and its container, or so long; 0: "
                "at once."),
    OPTION_CHOICE(S, wait.missing, "metadata_missing", "tag", 0, KUBE_MISSING_NAMES,
                  "Ours: lines of a pod that is not known even then get what their tag tells and "
                  "metadata partial, or none of it."),

    /* ---- where metadata comes from ---- */
    OPTION_TEXT(S, settings.node_name, "kube_node_name", NULL, 0,
                "Ours: the node whose pods are asked for; else NODE_NAME and the like of the "
                "environment."),
    OPTION_TEXT(S, settings.server.url, "kube_url", "https://kubernetes.default.svc", 0,
                "The API server."),
    OPTION_TEXT(S, settings.server.ca_file, "kube_ca_file", TRUST_OWN_CA_FILE, 0,
                "The certificates that its own has to be signed by."),
    OPTION_TEXT(S, settings.server.ca_path, "kube_ca_path", NULL, 0,
                "A folder of such certificates."),
    OPTION_TEXT(S, settings.server.vhost, "tls.vhost", NULL, 0,
                "The name that its certificate has to have, instead of the URL's."),
    OPTION_BOOL(S, settings.server.verify, "tls.verify", "true", 0, "Check its certificate."),
    OPTION_BOOL(S, settings.server.verify_hostname, "tls.verify_hostname", "off", 0,
                "Check the name in it, too."),
    OPTION_INT(S, settings.server.dns_retries, "dns_retries", "6", 0,
               "How often its name is looked up before anybody is told."),
    OPTION_TIME(S, settings.server.dns_wait_ms, "dns_wait_time", "30", 0,
                "How long to wait between."),
    OPTION_BOOL(S, settings.server.use_kubelet, "use_kubelet", "false", 0,
                "Ask the node's kubelet for its pods."),
    OPTION_TEXT(S, settings.server.kubelet_host, "kubelet_host", "127.0.0.1", 0, "Its host."),
    OPTION_INT(S, settings.server.kubelet_port, "kubelet_port", "10250", 0, "Its port."),
    OPTION_TEXT(S, settings.login.token_file, "kube_token_file", SECRETS "/token", 0,
                "The token to ask with; read again when it rotates."),
    OPTION_TEXT(S, settings.login.token_command, "kube_token_command", NULL, 0,
                "A command that prints it."),
    OPTION_TIME(S, settings.login.token_ttl_ms, "kube_token_ttl", "10m", 0,
                "How old it may become."),
    OPTION_TIME(S, settings.keeping.pod_ttl_ms, "kube_meta_cache_ttl", "0", 0,
                "How long a pod that was asked for alone is good; 0: as long as it is used. One "
                "that is watched is always as it is."),
    OPTION_TIME(S, settings.keeping.namespace_ttl_ms, "kube_meta_namespace_cache_ttl", "15m", 0,
                "The same of namespaces."),
    OPTION_TEXT(S, settings.keeping.preload_dir, "kube_meta_preload_cache_dir", NULL, 0,
                "A folder with NAMESPACE_POD.meta and NAMESPACE.namespace_meta, which are used "
                "instead of asking."),
    OPTION_TEXT(S, settings.keeping.keep_file, "kube_meta_keep_file", NULL, 0,
                "Ours: where what is known of pods is kept for the next start."),

    /* ---- the services of AWS that pods belong to ---- */
    OPTION_BOOL(S, settings.association.is_on, "use_pod_association", "false", 0,
                "Ask the CloudWatch agent which services pods belong to, and add aws_entity_*, for "
                "add_entity of cloudwatch_logs."),
    OPTION_BOOL(S, settings.association.is_on_too, "aws_use_pod_association", "false", 0,
                "The same."),
    OPTION_TEXT(S, settings.association.host, "aws_pod_association_host",
                "cloudwatch-agent.amazon-cloudwatch", 0, "The agent's host."),
    OPTION_INT(S, settings.association.port, "aws_pod_association_port", "4311", 0, "Its port."),
    OPTION_TEXT(S, settings.association.path, "aws_pod_association_endpoint",
                "/kubernetes/pod-to-service-env-map", 0, "What it is asked for."),
    OPTION_INT(S, settings.association.every_s, "aws_pod_service_map_refresh_interval", "60", 0,
               "How often, in seconds."),
    OPTION_INT(S, settings.association.ttl_s, "aws_pod_service_map_ttl", "0", 0,
               "How many seconds a service is good that it does not tell any more; 0: as long as "
               "there is room."),
    OPTION_TEXT(
        S, settings.association.preload, "aws_pod_service_preload_cache_dir", NULL, 0,
        "A path; where it, with .map behind it, is a file, that is read instead of asking."),
    OPTION_TEXT(S, settings.association.ca_file, "aws_pod_association_host_server_ca_file",
                AGENT "server-cert/tls-ca.crt", 0,
                "The certificates that the agent's has to be signed by."),
    OPTION_TEXT(S, settings.association.crt_file, "aws_pod_association_host_client_cert_file",
                AGENT "client-cert/client.crt", 0, "The certificate that is shown to it."),
    OPTION_TEXT(S, settings.association.key_file, "aws_pod_association_host_client_key_file",
                AGENT "client-cert/client.key", 0, "Its key."),
    OPTION_BOOL(S, settings.association.verify, "aws_pod_association_host_tls_verify", "true", 0,
                "Check the agent's certificate."),
    OPTION_TEXT(S, settings.association.platform, "set_platform", NULL, 0,
                "eks or k8s, for aws_entity_platform; else the API server is asked whether there "
                "is kube-system/aws-auth."),

    /* ---- without meaning ---- */
    OPTION_IGNORED("buffer_size", "An answer is read as it comes, however long it is."),
    OPTION_IGNORED("tls.debug", "Trouble with TLS is said in words."),
    OPTION_IGNORED("aws_pod_association_host_tls_debug", "Trouble with TLS is said in words."),
    OPTION_IGNORED("kube_namespace_file", "The agent's own namespace is not needed."),
    OPTION_IGNORED("cache_use_docker_id",
                   "Pods are kept by their UID, and containers by their id, always."),
    OPTION_END,
};
