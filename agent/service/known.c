#include "service/known.h"

#include "base/check.h"

#include <strings.h>

static const char *const inputs[] = {
    "blob",
    "collectd",
    "cpu",
    "disk",
    "docker",
    "docker_events",
    "dummy",
    "ebpf",
    "elasticsearch",
    "event_type",
    "exec",
    "exec_wasi",
    "fluentbit_logs",
    "fluentbit_metrics",
    "forward",
    "gpu_metrics",
    "head",
    "health",
    "http",
    "kafka",
    "kmsg",
    "kubernetes_events",
    "mem",
    "mqtt",
    "netif",
    "nginx_metrics",
    "node_exporter_metrics",
    "opentelemetry",
    "podman_metrics",
    "proc",
    "process_exporter_metrics",
    "prometheus_remote_write",
    "prometheus_scrape",
    "prometheus_textfile",
    "random",
    "serial",
    "splunk",
    "statsd",
    "stdin",
    "syslog",
    "systemd",
    "tail",
    "tcp",
    "thermal",
    "udp",
    "unix_socket",
    "windows_exporter_metrics",
    "winevtlog",
    "winlog",
    "winstat",
    NULL,
};

static const char *const filters[] = {
    "alter_size",
    "aws",
    "checklist",
    "ecs",
    "expect",
    "geoip2",
    "grep",
    "kubernetes",
    "log_to_metrics",
    "lookup",
    "lua",
    "modify",
    "multiline",
    "nest",
    "nightfall",
    "parser",
    "record_modifier",
    "rewrite_tag",
    "stdout",
    "sysinfo",
    "tensorflow",
    "throttle",
    "throttle_size",
    "type_converter",
    "wasm",
    NULL,
};

/* cloudwatch, firehose and kinesis are written in Go and come with AWS's image. */
static const char *const outputs[] = {
    "azure",
    "azure_blob",
    "azure_kusto",
    "azure_logs_ingestion",
    "bigquery",
    "chronicle",
    "cloudwatch",
    "cloudwatch_logs",
    "counter",
    "datadog",
    "elasticsearch",
    "es",
    "exit",
    "file",
    "firehose",
    "flowcounter",
    "forward",
    "gelf",
    "http",
    "influxdb",
    "kafka",
    "kafka-rest",
    "kinesis",
    "kinesis_firehose",
    "kinesis_streams",
    "logdna",
    "loki",
    "nats",
    "nrlogs",
    "null",
    "opensearch",
    "opentelemetry",
    "oracle_log_analytics",
    "parseable",
    "pgsql",
    "plot",
    "prometheus_exporter",
    "prometheus_remote_write",
    "retry",
    "s3",
    "skywalking",
    "slack",
    "splunk",
    "stackdriver",
    "stdout",
    "syslog",
    "tcp",
    "td",
    "udp",
    "vivo_exporter",
    "websocket",
    NULL,
};

static const char *const *names_of(enum config_kind kind)
{
    CHECK(kind == CONFIG_INPUT || kind == CONFIG_FILTER || kind == CONFIG_OUTPUT);
    return kind == CONFIG_INPUT ? inputs : kind == CONFIG_FILTER ? filters : outputs;
}

bool known_plugin(enum config_kind kind, const char *name)
{
    const char *const *names = names_of(kind);

    while (*names != NULL && strcasecmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

/* Of which other kind there is a plugin of this name; CONFIG_OTHER: of none. */
static enum config_kind kind_of(const char *name)
{
    static const enum config_kind kinds[] = {CONFIG_INPUT, CONFIG_FILTER, CONFIG_OUTPUT};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (known_plugin(kinds[i], name))
            return kinds[i];
    return CONFIG_OTHER;
}

void known_explain(enum config_kind kind, const char *name, struct buffer *out)
{
    const char *what = config_kind_name(kind), *nearest;
    enum config_kind other = kind_of(name);

    if (known_plugin(kind, name)) {
        buffer_append_format(out, "the %s plugin \"%s\" is known, but not part of this version",
                             what, name);
        return;
    }
    buffer_append_format(out, "there is no %s plugin \"%s\"", what, name);
    if (other != CONFIG_OTHER) {
        buffer_append_format(out, "; it is %s %s plugin", other == CONFIG_FILTER ? "a" : "an",
                             config_kind_name(other));
        return;
    }
    nearest = report_nearest(name, names_of(kind));
    if (nearest != NULL)
        buffer_append_format(out, "; did you mean \"%s\"?", nearest);
}
