#include "service/service_keys.h"

#include "config/tree.h"
#include "service/reasons.h"

#include <errno.h>
#include <inttypes.h>

#define FIXED_FLUSH "The interval is always Flush; full chunks go at once."

#define S struct service_keys
const struct option service_options[] = {
    OPTION_DOUBLE(S, flush_s, "flush", "1", 0, "Seconds that records wait to be sent together."),
    OPTION_IGNORED("flush.adaptive", FIXED_FLUSH),
    OPTION_IGNORED("flush.adaptive.*", FIXED_FLUSH),
    OPTION_INT(S, grace_s, "grace", "5", 0, "Seconds to deliver what was read, when stopping."),
    OPTION_BOOL(S, process.is_daemon, "daemon", "off", 0, "Go to the background."),
    OPTION_TEXT(S, process.log_file, "log_file", NULL, 0, "Write the log there instead of stderr."),
    OPTION_TEXT(S, process.log_level, "log_level", "info", 0,
                "off, error, warn, info, debug or trace."),
    OPTION_BOOL(S, http.is_on, "http_server", "off", 0,
                "Serve metrics, health and the status page."),
    OPTION_TEXT(S, http.listen, "http_listen", "0.0.0.0", 0, "Address of that server."),
    OPTION_INT(S, http.port, "http_port", "2020", 0, "Its port."),
    OPTION_BOOL(S, health.is_on, "health_check", "off", 0, "Answer /api/v1/health."),
    OPTION_INT(S, health.errors_max, "hc_errors_count", "5", 0, "More errors are not healthy."),
    OPTION_INT(S, health.given_up_max, "hc_retry_failure_count", "5", 0,
               "More chunks given up are not healthy."),
    OPTION_INT(S, health.period_s, "hc_period", "60", 0, "Seconds that both are counted over."),
    OPTION_INT(S, health.standstill_s, "hc_standstill", "300", 0,
               "Seconds in which nothing leaves by an output that are not healthy, while it has "
               "something to deliver and its back-end is there, if only with 429; 0 for never."),
    OPTION_BOOL(S, health.counts_away, "hc_unreachable", "off", 0,
                "The same where its back-end is not there: no answer, 5xx, 401, 403, 404."),
    OPTION_DOUBLE(S, retry.base_s, "scheduler.base", "0.5", 0, "Shortest wait before a retry."),
    OPTION_DOUBLE(S, retry.cap_s, "scheduler.cap", "10", 0, "Longest wait before a retry."),
    OPTION_SIZE(S, memory.process_bytes, "memory_limit", "21M", 0,
                "Memory of the process, as VmRSS shows it, within a tenth."),
    OPTION_SIZE(S, memory.records_bytes, "records_limit", "0", 0,
                "Bytes of records, waiting lines and requests held at once, over all inputs; 0 for "
                "what memory_limit leaves."),
    OPTION_SIZE(S, memory.held_bytes, "held_limit", "2G", 0,
                "Unacknowledged bytes of deleted files that are kept open; above it the oldest is "
                "let go of, and counted. 0: no limit."),
    OPTION_IGNORED("dns.mode", LIBC_RESOLVES),
    OPTION_IGNORED("dns.resolver", LIBC_RESOLVES),
    OPTION_IGNORED("dns.prefer_ipv4", "Set net.dns.prefer_ipv4 on the output."),
    OPTION_IGNORED("dns.prefer_ipv6", "Set net.dns.prefer_ipv6 on the output."),
    OPTION_WORDS(S, files.parsers, "parsers_file", NULL, OPTION_REPEAT, "Files of parsers."),
    OPTION_WORDS(S, files.plugins, "plugins_file", NULL, OPTION_REPEAT,
                 "Read; every plugin is built in."),
    OPTION_IGNORED("streams_file", "Stream processing is not part of tailrace."),
    OPTION_TEXT(S, rejected.storage_path, "storage.path", NULL, 0,
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
    OPTION_BOOL(S, rejected.are_kept, "storage.keep.rejected", "true", 0,
                "Keep what a back-end refuses as dead letters; see `tailrace dlq -h`."),
    OPTION_TEXT(S, rejected.path, "storage.rejected.path", NULL, 0,
                "Their directory; below storage.path, beside the DB, or "
                "/var/lib/tailrace/dead-letters."),
    OPTION_SIZE(S, rejected.bytes_max, "storage.rejected.limit", "64M", 0,
                "Bytes of all dead letters; the oldest file goes first."),
    OPTION_IGNORED("coro_stack_size", "There are no coroutines."),
    OPTION_SIZE(S, multiline_bytes_max, "multiline_buffer_limit", "2M", OPTION_BINARY_SIZE,
                "Bytes of lines joined to one record; what is more begins the next."),
    OPTION_BOOL(S, escape_unicode, "json.escape_unicode", "true", 0,
                "stdout and file write characters beyond ASCII as \\uXXXX."),
    OPTION_IGNORED("json.convert_nan_to_null", "NaN is always null; JSON has no other way."),
    OPTION_IGNORED("sp.convert_from_str_to_num", "Stream processing is not part of tailrace."),
    OPTION_IGNORED("enable_chunk_trace", "There is no chunk trace."),
    OPTION_BOOL(S, reload.is_on, "hot_reload", "off", 0,
                "Read the configuration again at SIGHUP, or when /api/v2/reload is told to."),
    OPTION_IGNORED("hot_reload.ensure_thread_safety", ONE_THREAD),
    OPTION_INT(S, reload.timeout_s, "hot_reload.timeout", "0", 0,
               "Seconds after which a reload that hangs ends the process; 0 for never."),
    OPTION_IGNORED("security.fips_mode", "Set it for OpenSSL, system-wide."),
    OPTION_END,
};
#undef S

static bool is_duration(double seconds)
{
    return seconds > 0 && seconds <= SERVICE_SECONDS_MAX;
}

/* The first key that makes the times impossible, or NULL. */
static const char *wrong_time(const struct service_keys *s)
{
    if (!is_duration(s->flush_s))
        return "flush";
    if (!is_duration(s->retry.base_s))
        return "scheduler.base";
    return !is_duration(s->retry.cap_s) || s->retry.cap_s < s->retry.base_s ? "scheduler.cap"
                                                                            : NULL;
}

/* All that is wrong is said. */
static bool service_check(const struct service_keys *s, const struct property_list *properties,
                          struct report *report)
{
    const char *time_key = wrong_time(s);
    unsigned errors_before = report->error_count;

    if (time_key != NULL)
        report_error(report, property_list_place(properties, time_key),
                     "flush, scheduler.base and scheduler.cap must be above 0, the cap not below "
                     "the base, and none above %d seconds",
                     SERVICE_SECONDS_MAX);
    if (s->grace_s > SERVICE_SECONDS_MAX)
        report_error(report, property_list_place(properties, "grace"),
                     "grace must not be above %d seconds", SERVICE_SECONDS_MAX);
    if (s->http.port < 0 || s->http.port > UINT16_MAX)
        report_error(report, property_list_place(properties, "http_port"),
                     "http_port is %" PRId64 "; ports go from 1 to 65535", s->http.port);
    if (s->memory.records_bytes == 0 &&
        s->memory.process_bytes < SERVICE_OWN_BYTES + SERVICE_RECORDS_BYTES_MIN)
        report_warn(report, property_list_place(properties, "memory_limit"),
                    "memory_limit is %" PRIu64 " bytes; the agent itself may need %" PRIu64
                    ", and records get %" PRIu64,
                    s->memory.process_bytes, SERVICE_OWN_BYTES, SERVICE_RECORDS_BYTES_MIN);
    return report->error_count == errors_before;
}

uint64_t service_records_bytes(const struct service_keys *keys)
{
    if (keys->memory.records_bytes > 0)
        return keys->memory.records_bytes;
    if (keys->memory.process_bytes < SERVICE_OWN_BYTES + SERVICE_RECORDS_BYTES_MIN)
        return SERVICE_RECORDS_BYTES_MIN;
    return keys->memory.process_bytes - SERVICE_OWN_BYTES;
}

static void keys_check(const struct service_keys *keys)
{
    CHECK(wrong_time(keys) == NULL);
    CHECK(keys->http.port >= 0 && keys->http.port <= UINT16_MAX);
    CHECK(service_records_bytes(keys) > 0);
}

bool service_keys_bind(struct service_keys *keys, const struct config *config,
                       struct report *report)
{
    const struct section *s = config_first(config, CONFIG_SERVICE);
    struct option_target target = {service_options, keys};
    struct property_list properties = {.owner = "service"};
    int rc;

    if (s != NULL)
        properties = section_properties(s, "service");
    properties.is_lenient = true;
    rc = options_bind(&target, 1, &properties, report);
    keys->http.place = property_place(properties.items, properties.count, "http_port",
                                      property_list_place(&properties, "http_server"));
    if (!service_check(keys, &properties, report) || rc < 0)
        return false;
    keys_check(keys);
    return true;
}
