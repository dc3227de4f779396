/*
 * The keys that every input, every filter and every output takes, besides its plugin's own. Tables
 * and plain structs; options_bind fills them.
 *
 * Source of names and defaults: Fluent Bit 5.1. Where a default differs, conf/README.md says why.
 */
#ifndef TAILRACE_SERVICE_COMMON_H
#define TAILRACE_SERVICE_COMMON_H

#include "output/retry.h"
#include "plugin/plugin.h"

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

/* `made` is what the client takes; its texts are those of the others. */
struct output_tls {
    bool is_on;
    struct http_tls made;
    char *ca_file, *ca_path, *crt_file, *key_file, *key_passwd, *vhost;
    char *min_version, *max_version, *ciphers;
};

struct output_net {
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
    int64_t standstill_s; /* negative: the service's */
    struct output_tls tls;
    struct output_net net;
};

extern const struct option input_options[];
extern const struct option filter_options[];
extern const struct option output_options[];

/* Retry_Limit in words or as a number. -EINVAL. */
MUST_USE int retry_limit_parse(const char *text, uint32_t *attempts_out);

/* What the HTTP client needs of it; `tls` and texts stay those of `keys`. */
struct http_settings output_http(struct output_keys *keys, const char *component,
                                 unsigned default_port);

#endif
