/*
 * The keys that every input, every filter and every output takes, besides its plugin's own, and
 * the SERVICE keys. Tables and plain structs; options_bind fills them.
 *
 * Source of names and defaults: Fluent Bit 5.1. Where a default differs, conf/README.md says why.
 */
#ifndef TAILRACE_SERVICE_COMMON_H
#define TAILRACE_SERVICE_COMMON_H

#include "output/retry.h"
#include "plugin/plugin.h"

struct config;

struct service_keys {
    double flush_s;
    int64_t grace_s;
    bool is_daemon;
    char *log_file;
    char *log_level;
    bool has_http;
    char *http_listen;
    int64_t http_port;
    bool has_health_check;
    int64_t hc_errors_count;
    int64_t hc_retry_failure_count;
    int64_t hc_period_s;
    int64_t hc_standstill_s;
    double retry_base_s;
    double retry_cap_s;
    uint64_t memory_bytes;  /* of the process: memory_limit */
    uint64_t records_bytes; /* records_limit; 0: what memory_limit leaves */
    uint64_t held_bytes;
    bool escape_unicode;
    uint64_t multiline_bytes_max;
    bool has_reload;
    int64_t reload_timeout_s;
    char *storage_path;
    bool keeps_rejected;
    char *rejected_path;
    uint64_t rejected_bytes_max;
    struct text_list parsers_files, plugins_files; /* the loader has read them */
};

struct input_keys {
    char *plugin;
    char *tag;
    char *alias;
    char *log_level;
    uint64_t mem_buf_limit;
};

struct filter_keys {
    char *plugin;
    char *match;
    char *match_regex;
    char *alias;
    char *log_level;
    char *active;
};

struct output_keys {
    char *plugin;
    char *match;
    char *match_regex;
    char *alias;
    char *log_level;
    char *host;
    int64_t port;
    char *retry_limit;
    int64_t workers;
    bool has_tls;
    struct http_tls tls;
    char *tls_ca_file, *tls_ca_path, *tls_crt_file, *tls_key_file, *tls_key_passwd, *tls_vhost;
    char *tls_min_version, *tls_max_version, *tls_ciphers;
    bool keepalive;
    uint64_t keepalive_idle_ms;
    int64_t keepalive_max_recycle;
    uint64_t connect_timeout_ms;
    uint64_t io_timeout_ms;
    int64_t connections_max;
    char *source_address;
    bool proxy_env_ignore;
    bool prefer_ipv4, prefer_ipv6;
};

extern const struct option service_options[];
extern const struct option input_options[];
extern const struct option filter_options[];
extern const struct option output_options[];

/* What the agent itself needs of memory_limit, with two thousand files: code and libraries, entries of
 * files, buffers that work needs, and what the heap loses between them. tests/torture/memory.py
 * measures it. */
#define SERVICE_OWN_BYTES ((uint64_t)17 << 20)

/* Records get so much in any case. */
#define SERVICE_RECORDS_BYTES_MIN ((uint64_t)1 << 20)

/* How much records, waiting lines and requests may hold together. */
uint64_t service_records_bytes(const struct service_keys *keys);

/* Fills the keys from the service's section. False: the report has every mistake. */
bool service_keys_bind(struct service_keys *keys, const struct config *config,
                       struct report *report);

/* Retry_Limit in words or as a number. -EINVAL. */
MUST_USE int retry_limit_parse(const char *text, uint32_t *attempts_out);

/* What the HTTP client needs of it; `tls` and texts stay those of `keys`. */
struct http_settings output_http(struct output_keys *keys, const char *component,
                                 unsigned default_port);

#endif
