#include "service/common.h"

#include "config/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* A year: what is meant to be longer is a slip, and would not fit into milliseconds for ever. */
#define SECONDS_MAX 31536000

#define FILES_ARE_THE_BUFFER "The log files are the buffer; nothing is stored a second time."
#define NO_LISTENER "This input does not listen."
#define ONE_THREAD "Reading is the loop's; encoding and compressing run beside it."
#define NO_OAUTH2 "OAuth2 is not there yet; set a header or a token, where the plugin takes one."
#define NO_RATE_GATE "Reading goes as fast as the outputs; there is no other gate."
#define NO_HTTP_DEBUG "Set Trace_Output and Trace_Error where the plugin has them."
#define FIXED_FLUSH "The interval is always Flush; full chunks go at once."
#define LIBC_RESOLVES "Names are resolved by the system, away from the loop."

#define S struct service_keys
const struct option service_options[] = {
    OPTION_DOUBLE(S, flush_s, "flush", "1", 0, "Seconds that records wait to be sent together."),
    OPTION_IGNORED("flush.adaptive", FIXED_FLUSH),
    OPTION_IGNORED("flush.adaptive.*", FIXED_FLUSH),
    OPTION_INT(S, grace_s, "grace", "5", 0, "Seconds to deliver what was read, when stopping."),
    OPTION_BOOL(S, is_daemon, "daemon", "off", 0, "Go to the background."),
    OPTION_TEXT(S, log_file, "log_file", NULL, 0, "Write the log there instead of stderr."),
    OPTION_TEXT(S, log_level, "log_level", "info", 0, "off, error, warn, info, debug or trace."),
    OPTION_BOOL(S, has_http, "http_server", "off", 0, "Serve metrics, health and the status page."),
    OPTION_TEXT(S, http_listen, "http_listen", "0.0.0.0", 0, "Address of that server."),
    OPTION_INT(S, http_port, "http_port", "2020", 0, "Its port."),
    OPTION_BOOL(S, has_health_check, "health_check", "off", 0, "Answer /api/v1/health."),
    OPTION_INT(S, hc_errors_count, "hc_errors_count", "5", 0, "More errors are not healthy."),
    OPTION_INT(S, hc_retry_failure_count, "hc_retry_failure_count", "5", 0,
               "More chunks given up are not healthy."),
    OPTION_INT(S, hc_period_s, "hc_period", "60", 0, "Seconds that both are counted over."),
    OPTION_INT(S, hc_standstill_s, "hc_standstill", "300", 0,
               "Seconds in which nothing leaves that are not healthy, while bytes are unread and "
               "every back-end answers; 0 for never."),
    OPTION_DOUBLE(S, retry_base_s, "scheduler.base", "0.5", 0, "Shortest wait before a retry."),
    OPTION_DOUBLE(S, retry_cap_s, "scheduler.cap", "10", 0, "Longest wait before a retry."),
    OPTION_SIZE(S, memory_bytes, "memory_limit", "21M", 0,
                "Memory of the process, as VmRSS shows it, within a tenth."),
    OPTION_SIZE(S, records_bytes, "records_limit", "0", 0,
                "Bytes of records, waiting lines and requests held at once, over all inputs; 0 for "
                "what memory_limit leaves."),
    OPTION_SIZE(S, held_bytes, "held_limit", "2G", 0,
                "Unacknowledged bytes of deleted files that are kept open; above it the oldest is "
                "let go of, and counted. 0: no limit."),
    OPTION_IGNORED("dns.mode", LIBC_RESOLVES),
    OPTION_IGNORED("dns.resolver", LIBC_RESOLVES),
    OPTION_IGNORED("dns.prefer_ipv4", "Set net.dns.prefer_ipv4 on the output."),
    OPTION_IGNORED("dns.prefer_ipv6", "Set net.dns.prefer_ipv6 on the output."),
    OPTION_WORDS(S, parsers_files, "parsers_file", NULL, OPTION_REPEAT, "Files of parsers."),
    OPTION_WORDS(S, plugins_files, "plugins_file", NULL, OPTION_REPEAT,
                 "Read; every plugin is built in."),
    OPTION_IGNORED("streams_file", "Stream processing is not part of tailrace."),
    OPTION_TEXT(S, storage_path, "storage.path", NULL, 0,
                "Dead letters lie below it. The log files are the buffer; no chunks are stored."),
    OPTION_IGNORED("storage.sync", FILES_ARE_THE_BUFFER),
    OPTION_IGNORED("storage.checksum", FILES_ARE_THE_BUFFER),
    OPTION_IGNORED("storage.metrics", "/api/v1/storage is always there."),
    OPTION_IGNORED("storage.backlog.mem_limit", FILES_ARE_THE_BUFFER),
    OPTION_IGNORED("storage.backlog.flush_on_shutdown", FILES_ARE_THE_BUFFER),
    OPTION_IGNORED("storage.max_chunks_up", FILES_ARE_THE_BUFFER),
    OPTION_IGNORED("storage.delete_irrecoverable_chunks", FILES_ARE_THE_BUFFER),
    OPTION_IGNORED("storage.trim_files", FILES_ARE_THE_BUFFER),
    OPTION_IGNORED("storage.type", FILES_ARE_THE_BUFFER),
    OPTION_IGNORED("storage.inherit", FILES_ARE_THE_BUFFER),
    OPTION_BOOL(S, keeps_rejected, "storage.keep.rejected", "true", 0,
                "Keep what a back-end refuses as dead letters; see `tailrace dlq -h`."),
    OPTION_TEXT(S, rejected_path, "storage.rejected.path", NULL, 0,
                "Their directory; below storage.path, beside the DB, or "
                "/var/lib/tailrace/dead-letters."),
    OPTION_SIZE(S, rejected_bytes_max, "storage.rejected.limit", "64M", 0,
                "Bytes of all dead letters; the oldest file goes first."),
    OPTION_IGNORED("coro_stack_size", "There are no coroutines."),
    OPTION_SIZE(S, multiline_bytes_max, "multiline_buffer_limit", "2M", OPTION_BINARY_SIZE,
                "Bytes of lines joined to one record; what is more begins the next."),
    OPTION_BOOL(S, escape_unicode, "json.escape_unicode", "true", 0,
                "stdout and file write characters beyond ASCII as \\uXXXX."),
    OPTION_IGNORED("json.convert_nan_to_null", "NaN is always null; JSON has no other way."),
    OPTION_IGNORED("sp.convert_from_str_to_num", "Stream processing is not part of tailrace."),
    OPTION_IGNORED("enable_chunk_trace", "There is no chunk trace."),
    OPTION_BOOL(S, has_reload, "hot_reload", "off", 0,
                "Read the configuration again at SIGHUP, or when /api/v2/reload is told to."),
    OPTION_IGNORED("hot_reload.ensure_thread_safety", ONE_THREAD),
    OPTION_INT(S, reload_timeout_s, "hot_reload.timeout", "0", 0,
               "Seconds after which a reload that hangs ends the process; 0 for never."),
    OPTION_IGNORED("security.fips_mode", "Set it for OpenSSL, system-wide."),
    OPTION_END,
};
#undef S

#define S struct input_keys
const struct option input_options[] = {
    OPTION_TEXT(S, tag, "tag", NULL, 0, "Tag of the records; the instance's name by default."),
    OPTION_TEXT(S, alias, "alias", NULL, 0, "Name of the instance in metrics and log."),
    OPTION_TEXT(S, log_level, "log_level", NULL, 0, "Accepted; the service's level counts."),
    OPTION_SIZE(S, mem_buf_limit, "mem_buf_limit", NULL, 0,
                "Bytes of records held at once; reading waits above it."),
    OPTION_TEXT(S, plugin, "name", NULL, 0, "Names the plugin."),
    OPTION_IGNORED("log_suppress_interval", "Repeated messages are held back always."),
    OPTION_IGNORED("routable", "Records are routed by match."),
    OPTION_IGNORED("listen", NO_LISTENER),
    OPTION_IGNORED("host", NO_LISTENER),
    OPTION_IGNORED("port", NO_LISTENER),
    OPTION_IGNORED("ipv6", NO_LISTENER),
    OPTION_IGNORED("threaded", ONE_THREAD),
    OPTION_IGNORED("thread.ring_buffer.capacity", ONE_THREAD),
    OPTION_IGNORED("thread.ring_buffer.window", ONE_THREAD),
    OPTION_IGNORED("storage.type", FILES_ARE_THE_BUFFER),
    OPTION_IGNORED("storage.pause_on_chunks_overlimit", FILES_ARE_THE_BUFFER),
    OPTION_IGNORED("tls", NO_LISTENER),
    OPTION_IGNORED("tls.*", NO_LISTENER),
    OPTION_IGNORED("net.*", NO_LISTENER),
    OPTION_IGNORED("oauth2.*", NO_LISTENER),
    OPTION_IGNORED("rate_window", NO_RATE_GATE),
    OPTION_IGNORED("rate_gate", NO_RATE_GATE),
    OPTION_IGNORED("rate_gate.*", NO_RATE_GATE),
    OPTION_IGNORED("_debug.http.*", NO_LISTENER),
    OPTION_IGNORED("condition", "Conditions of inputs are not known yet."),
    OPTION_IGNORED("active", "Inputs are always active."),
    OPTION_END,
};
#undef S

#define S struct filter_keys
const struct option filter_options[] = {
    OPTION_TEXT(S, match, "match", NULL, 0, "Tags it works on; * stands for anything."),
    OPTION_TEXT(S, match_regex, "match_regex", NULL, 0, "The same, as an expression."),
    OPTION_TEXT(S, alias, "alias", NULL, 0, "Name of the instance in metrics and log."),
    OPTION_TEXT(S, log_level, "log_level", NULL, 0, "Accepted; the service's level counts."),
    OPTION_TEXT(S, active, "active", NULL, 0, "Off leaves the filter out."),
    OPTION_TEXT(S, plugin, "name", NULL, 0, "Names the plugin."),
    OPTION_IGNORED("log_suppress_interval", "Repeated messages are held back always."),
    OPTION_IGNORED("_debug.http.*", NO_HTTP_DEBUG),
    OPTION_IGNORED("condition", "Conditions of filters are not known yet."),
    OPTION_END,
};
#undef S

#define S struct output_keys
const struct option output_options[] = {
    OPTION_TEXT(S, match, "match", NULL, 0, "Tags it takes; * stands for anything."),
    OPTION_TEXT(S, match_regex, "match_regex", NULL, 0, "The same, as an expression."),
    OPTION_TEXT(S, alias, "alias", NULL, 0, "Name of the instance in metrics and log."),
    OPTION_TEXT(S, log_level, "log_level", NULL, 0, "Accepted; the service's level counts."),
    OPTION_TEXT(S, host, "host", "127.0.0.1", 0, "Name or address of the back-end."),
    OPTION_INT(S, port, "port", NULL, 0, "Its port."),
    OPTION_TEXT(S, retry_limit, "retry_limit", "no_limits", 0,
                "Retries of a chunk: a number, no_limits or no_retries."),
    OPTION_INT(S, workers, "workers", NULL, 0, "Requests in flight at once."),
    OPTION_BOOL(S, has_tls, "tls", "off", 0, "Speak TLS."),
    OPTION_BOOL(S, tls.verify, "tls.verify", "on", 0, "Verify the back-end's certificate."),
    OPTION_BOOL(S, tls.verify_hostname, "tls.verify_hostname", "on", 0,
                "Verify that it is the host's."),
    OPTION_TEXT(S, tls_ca_file, "tls.ca_file", NULL, 0, "Certificates to trust."),
    OPTION_TEXT(S, tls_ca_path, "tls.ca_path", NULL, 0, "Folder of certificates to trust."),
    OPTION_TEXT(S, tls_crt_file, "tls.crt_file", NULL, 0, "Our own certificate."),
    OPTION_TEXT(S, tls_key_file, "tls.key_file", NULL, 0, "Its key."),
    OPTION_TEXT(S, tls_key_passwd, "tls.key_passwd", NULL, OPTION_SECRET, "The key's password."),
    OPTION_TEXT(S, tls_vhost, "tls.vhost", NULL, 0, "Name to ask for and to verify instead."),
    OPTION_TEXT(S, tls_min_version, "tls.min_version", NULL, 0, "TLSv1.2 for one."),
    OPTION_TEXT(S, tls_max_version, "tls.max_version", NULL, 0, "TLSv1.3 for one."),
    OPTION_TEXT(S, tls_ciphers, "tls.ciphers", NULL, 0, "As OpenSSL lists them."),
    OPTION_BOOL(S, keepalive, "net.keepalive", "on", 0, "Use a connection for many requests."),
    OPTION_TIME(S, keepalive_idle_ms, "net.keepalive_idle_timeout", "30s", 0,
                "Idle connections are closed after it."),
    OPTION_INT(S, keepalive_max_recycle, "net.keepalive_max_recycle", "2000", 0,
               "Requests after which a connection is closed."),
    OPTION_TIME(S, connect_timeout_ms, "net.connect_timeout", "10s", 0,
                "Time to connect, TLS included."),
    OPTION_TIME(S, io_timeout_ms, "net.io_timeout", "0s", 0,
                "Time without a byte either way; 60 s when 0."),
    OPTION_INT(S, connections_max, "net.max_worker_connections", "0", 0,
               "Connections at once; 0 for as many as workers."),
    OPTION_TEXT(S, source_address, "net.source_address", NULL, 0, "Address to connect from."),
    OPTION_BOOL(S, proxy_env_ignore, "net.proxy_env_ignore", "false", 0,
                "Do not look at HTTP_PROXY and NO_PROXY."),
    OPTION_BOOL(S, prefer_ipv4, "net.dns.prefer_ipv4", "false", 0, "Try IPv4 first."),
    OPTION_BOOL(S, prefer_ipv6, "net.dns.prefer_ipv6", "false", 0, "Try IPv6 first."),
    OPTION_TEXT(S, plugin, "name", NULL, 0, "Names the plugin."),
    OPTION_IGNORED("net.dns.mode", LIBC_RESOLVES),
    OPTION_IGNORED("net.dns.resolver", LIBC_RESOLVES),
    OPTION_IGNORED("net.tcp_keepalive", "Every wait has a deadline of its own."),
    OPTION_IGNORED("net.tcp_keepalive_time", "Every wait has a deadline of its own."),
    OPTION_IGNORED("net.tcp_keepalive_interval", "Every wait has a deadline of its own."),
    OPTION_IGNORED("net.tcp_keepalive_probes", "Every wait has a deadline of its own."),
    OPTION_IGNORED("net.connect_timeout_log_error", "Trouble is always said, not too often."),
    OPTION_IGNORED("tls.debug", "Set Log_Level to debug."),
    OPTION_IGNORED("tls.verify_client_cert", "This is a server's matter."),
    OPTION_IGNORED("tls.proxy.*", "A proxy's certificate is verified by the system's authorities."),
    OPTION_IGNORED("oauth2.*", NO_OAUTH2),
    OPTION_IGNORED("_debug.http.*", NO_HTTP_DEBUG),
    OPTION_IGNORED("ipv6", "IPv6 is always on."),
    OPTION_IGNORED("log_suppress_interval", "Repeated messages are held back always."),
    OPTION_IGNORED("storage.total_limit_size", FILES_ARE_THE_BUFFER),
    OPTION_IGNORED("condition", "Conditions of outputs are not known yet."),
    OPTION_IGNORED("active", "Outputs are always active."),
    OPTION_END,
};
#undef S

int retry_limit_parse(const char *text, uint32_t *attempts_out)
{
    static const char *const unlimited[] = {"no_limits", "false", "off"};
    char *end;
    long number;

    for (size_t i = 0; i < ARRAY_LEN(unlimited); i++) {
        if (slice_is_nocase(slice_of(text), unlimited[i])) {
            *attempts_out = RETRY_UNLIMITED;
            return 0;
        }
    }
    if (slice_is_nocase(slice_of(text), "no_retries")) {
        *attempts_out = 0;
        return 0;
    }
    errno = 0;
    number = strtol(text, &end, 10);
    if (end == text || errno != 0 || (*end != '\0' && *end != ' '))
        return -EINVAL;
    *attempts_out = number <= 0 ? 1 : number >= UINT32_MAX ? RETRY_UNLIMITED : (uint32_t)number;
    return 0;
}

/* A variable that is not set leaves an empty text: then the key counts as not given. */
static const char *text_given(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static void tls_lend(struct output_keys *keys)
{
    keys->tls.ca_file = text_given(keys->tls_ca_file);
    keys->tls.ca_path = text_given(keys->tls_ca_path);
    keys->tls.crt_file = text_given(keys->tls_crt_file);
    keys->tls.key_file = text_given(keys->tls_key_file);
    keys->tls.key_passwd = text_given(keys->tls_key_passwd);
    keys->tls.vhost = text_given(keys->tls_vhost);
    keys->tls.min_version = text_given(keys->tls_min_version);
    keys->tls.max_version = text_given(keys->tls_max_version);
    keys->tls.ciphers = text_given(keys->tls_ciphers);
}

/* Part of a second counts as a whole one: 0 would mean no limit. */
static uint32_t seconds(uint64_t ms)
{
    return (uint32_t)((ms + 999) / 1000);
}

struct http_settings output_http(struct output_keys *keys, const char *component,
                                 unsigned default_port)
{
    tls_lend(keys);
    return (struct http_settings){
        .component = component,
        .host = keys->host,
        .port = (uint16_t)(keys->port > 0 ? keys->port : (int64_t)default_port),
        .tls = keys->has_tls ? &keys->tls : NULL,
        .proxy_env_ignore = keys->proxy_env_ignore,
        .keepalive = keys->keepalive,
        .keepalive_idle_s = seconds(keys->keepalive_idle_ms),
        .keepalive_max_recycle = (uint32_t)keys->keepalive_max_recycle,
        .connect_timeout_s = seconds(keys->connect_timeout_ms),
        .io_timeout_s = seconds(keys->io_timeout_ms),
        .source_address = keys->source_address,
        .connections_max = (uint32_t)keys->connections_max,
        .prefer_ipv4 = keys->prefer_ipv4,
        .prefer_ipv6 = keys->prefer_ipv6,
    };
}

/* ---- the service ---- */

static bool is_duration(double seconds)
{
    return seconds > 0 && seconds <= SECONDS_MAX;
}

static struct place place_of(const struct property_list *properties, const char *key)
{
    return property_place(properties->items, properties->count, key, properties->place);
}

/* The first key that makes the times impossible, or NULL. */
static const char *wrong_time(const struct service_keys *s)
{
    if (!is_duration(s->flush_s))
        return "flush";
    if (!is_duration(s->retry_base_s))
        return "scheduler.base";
    return !is_duration(s->retry_cap_s) || s->retry_cap_s < s->retry_base_s ? "scheduler.cap"
                                                                            : NULL;
}

/* All that is wrong is said. */
static bool service_check(const struct service_keys *s, const struct property_list *properties,
                          struct report *report)
{
    const char *time_key = wrong_time(s);
    unsigned errors_before = report->error_count;

    if (time_key != NULL)
        report_error(report, place_of(properties, time_key),
                     "flush, scheduler.base and scheduler.cap must be above 0, the cap not below "
                     "the base, and none above %d seconds",
                     SECONDS_MAX);
    if (s->grace_s > SECONDS_MAX)
        report_error(report, place_of(properties, "grace"), "grace must not be above %d seconds",
                     SECONDS_MAX);
    if (s->http_port < 0 || s->http_port > UINT16_MAX)
        report_error(report, place_of(properties, "http_port"),
                     "http_port is %" PRId64 "; ports go from 1 to 65535", s->http_port);
    if (s->records_bytes == 0 && s->memory_bytes < SERVICE_OWN_BYTES + SERVICE_RECORDS_BYTES_MIN)
        report_warn(report, place_of(properties, "memory_limit"),
                    "memory_limit is %" PRIu64 " bytes; the agent itself may need %" PRIu64
                    ", and records get %" PRIu64,
                    s->memory_bytes, SERVICE_OWN_BYTES, SERVICE_RECORDS_BYTES_MIN);
    return report->error_count == errors_before;
}

uint64_t service_records_bytes(const struct service_keys *keys)
{
    if (keys->records_bytes > 0)
        return keys->records_bytes;
    if (keys->memory_bytes < SERVICE_OWN_BYTES + SERVICE_RECORDS_BYTES_MIN)
        return SERVICE_RECORDS_BYTES_MIN;
    return keys->memory_bytes - SERVICE_OWN_BYTES;
}

bool service_keys_bind(struct service_keys *keys, const struct config *config,
                       struct report *report)
{
    const struct section *s = config_first(config, CONFIG_SERVICE);
    struct option_target target = {service_options, keys};
    struct property_list properties = {.owner = "service"};

    if (s != NULL)
        properties = section_properties(s, "service");
    properties.is_lenient = true;
    if (options_bind(&target, 1, &properties, report) < 0)
        return false;
    return service_check(keys, &properties, report);
}
