#include "service/common.h"

#include "service/reasons.h"

#include <errno.h>
#include <stdlib.h>

#define NO_LISTENER "This input does not listen."
#define NO_OAUTH2 "OAuth2 is not there yet; set a header or a token, where the plugin takes one."
#define NO_RATE_GATE "Reading goes as fast as the outputs; there is no other gate."
#define NO_HTTP_DEBUG "Set Trace_Output and Trace_Error where the plugin has them."

#define S struct input_keys
const struct option input_options[] = {
    OPTION_TEXT(S, tag, "tag", NULL, OPTION_NOT_EMPTY,
                "Tag of the records; the instance's name by default."),
    OPTION_TEXT(S, alias, "alias", NULL, OPTION_NOT_EMPTY,
                "Name of the instance in metrics and log."),
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
    OPTION_TEXT(S, match, "match", NULL, OPTION_NOT_EMPTY,
                "Tags it works on; * stands for anything."),
    OPTION_TEXT(S, match_regex, "match_regex", NULL, OPTION_NOT_EMPTY,
                "The same, as an expression."),
    OPTION_TEXT(S, alias, "alias", NULL, OPTION_NOT_EMPTY,
                "Name of the instance in metrics and log."),
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
    OPTION_TEXT(S, match, "match", NULL, OPTION_NOT_EMPTY, "Tags it takes; * stands for anything."),
    OPTION_TEXT(S, match_regex, "match_regex", NULL, OPTION_NOT_EMPTY,
                "The same, as an expression."),
    OPTION_TEXT(S, alias, "alias", NULL, OPTION_NOT_EMPTY,
                "Name of the instance in metrics and log."),
    OPTION_TEXT(S, log_level, "log_level", NULL, 0, "Accepted; the service's level counts."),
    OPTION_TEXT(S, host, "host", "127.0.0.1", 0, "Name or address of the back-end."),
    OPTION_INT(S, port, "port", NULL, 0, "Its port."),
    OPTION_TEXT(S, retry_limit, "retry_limit", "no_limits", 0,
                "Retries of a chunk: a number, no_limits or no_retries."),
    OPTION_INT(S, workers, "workers", NULL, 0, "Requests in flight at once."),
    OPTION_INT(S, standstill_s, "hc_standstill", "-1", 0,
               "The service's hc_standstill for this output; 0 for never, -1 for the same."),
    OPTION_BOOL(S, tls.is_on, "tls", "off", 0, "Speak TLS."),
    OPTION_BOOL(S, tls.made.verify, "tls.verify", "on", 0, "Verify the back-end's certificate."),
    OPTION_BOOL(S, tls.made.verify_hostname, "tls.verify_hostname", "on", 0,
                "Verify that it is the host's."),
    OPTION_TEXT(S, tls.ca_file, "tls.ca_file", NULL, 0, "Certificates to trust."),
    OPTION_TEXT(S, tls.ca_path, "tls.ca_path", NULL, 0, "Folder of certificates to trust."),
    OPTION_TEXT(S, tls.crt_file, "tls.crt_file", NULL, 0, "Our own certificate."),
    OPTION_TEXT(S, tls.key_file, "tls.key_file", NULL, 0, "Its key."),
    OPTION_TEXT(S, tls.key_passwd, "tls.key_passwd", NULL, OPTION_SECRET, "The key's password."),
    OPTION_TEXT(S, tls.vhost, "tls.vhost", NULL, 0, "Name to ask for and to verify instead."),
    OPTION_TEXT(S, tls.min_version, "tls.min_version", NULL, 0, "TLSv1.2 for one."),
    OPTION_TEXT(S, tls.max_version, "tls.max_version", NULL, 0, "TLSv1.3 for one."),
    OPTION_TEXT(S, tls.ciphers, "tls.ciphers", NULL, 0, "As OpenSSL lists them."),
    OPTION_BOOL(S, net.keepalive, "net.keepalive", "on", 0, "Use a connection for many requests."),
    OPTION_TIME(S, net.keepalive_idle_ms, "net.keepalive_idle_timeout", "30s", 0,
                "Idle connections are closed after it."),
    OPTION_INT(S, net.keepalive_max_recycle, "net.keepalive_max_recycle", "2000", 0,
               "Requests after which a connection is closed."),
    OPTION_TIME(S, net.connect_timeout_ms, "net.connect_timeout", "10s", 0,
                "Time to connect, TLS included."),
    OPTION_TIME(S, net.io_timeout_ms, "net.io_timeout", "0s", 0,
                "Time without a byte either way; 60 s when 0."),
    OPTION_INT(S, net.connections_max, "net.max_worker_connections", "0", 0,
               "Connections at once; 0 for as many as workers."),
    OPTION_TEXT(S, net.source_address, "net.source_address", NULL, 0, "Address to connect from."),
    OPTION_BOOL(S, net.proxy_env_ignore, "net.proxy_env_ignore", "false", 0,
                "Do not look at HTTP_PROXY and NO_PROXY."),
    OPTION_BOOL(S, net.prefer_ipv4, "net.dns.prefer_ipv4", "false", 0, "Try IPv4 first."),
    OPTION_BOOL(S, net.prefer_ipv6, "net.dns.prefer_ipv6", "false", 0, "Try IPv6 first."),
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

static void tls_lend(struct output_tls *tls)
{
    tls->made.ca_file = text_given(tls->ca_file);
    tls->made.ca_path = text_given(tls->ca_path);
    tls->made.crt_file = text_given(tls->crt_file);
    tls->made.key_file = text_given(tls->key_file);
    tls->made.key_passwd = text_given(tls->key_passwd);
    tls->made.vhost = text_given(tls->vhost);
    tls->made.min_version = text_given(tls->min_version);
    tls->made.max_version = text_given(tls->max_version);
    tls->made.ciphers = text_given(tls->ciphers);
}

/* Part of a second counts as a whole one: 0 would mean no limit. */
static uint32_t seconds(uint64_t ms)
{
    return (uint32_t)((ms + 999) / 1000);
}

struct http_settings output_http(struct output_keys *keys, const char *component,
                                 unsigned default_port)
{
    tls_lend(&keys->tls);
    return (struct http_settings){
        .component = component,
        .host = keys->host,
        .port = (uint16_t)(keys->port > 0 ? keys->port : (int64_t)default_port),
        .tls = keys->tls.is_on ? &keys->tls.made : NULL,
        .proxy_env_ignore = keys->net.proxy_env_ignore,
        .keepalive = keys->net.keepalive,
        .keepalive_idle_s = seconds(keys->net.keepalive_idle_ms),
        .keepalive_max_recycle = (uint32_t)keys->net.keepalive_max_recycle,
        .connect_timeout_s = seconds(keys->net.connect_timeout_ms),
        .io_timeout_s = seconds(keys->net.io_timeout_ms),
        .source_address = keys->net.source_address,
        .connections_max = (uint32_t)keys->net.connections_max,
        .prefer_ipv4 = keys->net.prefer_ipv4,
        .prefer_ipv6 = keys->net.prefer_ipv6,
    };
}
