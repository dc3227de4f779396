/*
 * The SERVICE section's keys, by what they are for. A table and a plain struct; options_bind fills it.
 *
 * Source of names and defaults: Fluent Bit 5.1. Where a default differs, conf/README.md says why.
 */
#ifndef TAILRACE_SERVICE_SERVICE_KEYS_H
#define TAILRACE_SERVICE_SERVICE_KEYS_H

#include "plugin/plugin.h"

struct config;

/* A year: what is meant to be longer is a slip, and would not fit into milliseconds for ever. */
#define SERVICE_SECONDS_MAX 31536000

struct service_process {
    bool is_daemon;
    char *log_file;
    char *log_level;
};

struct service_http {
    bool is_on;
    char *listen;
    int64_t port;
    struct place place; /* where http_port stands, else http_server */
};

/* When the agent says of itself that it is not well. */
struct service_health {
    bool is_on;
    int64_t errors_max;
    int64_t given_up_max;
    int64_t period_s; /* that both are counted over */
    int64_t standstill_s;
    bool counts_away; /* what stands still for want of a back-end */
};

struct service_retry {
    double base_s, cap_s;
};

struct service_memory {
    uint64_t process_bytes; /* memory_limit */
    uint64_t records_bytes; /* records_limit; 0: what memory_limit leaves */
    uint64_t held_bytes;    /* of deleted files, on the disk */
};

struct service_reload {
    bool is_on;
    int64_t timeout_s;
};

/* Dead letters. */
struct service_rejected {
    bool are_kept;
    char *storage_path;
    char *path;
    uint64_t bytes_max;
};

/* The loader has read them. */
struct service_files {
    struct text_list parsers, plugins;
};

/*
 * Once service_keys_bind has said that they are well:
 *
 *   0 < flush, 0 < retry.base <= retry.cap, and none of them is longer than a year
 *   0 <= http.port <= 65535
 */
struct service_keys {
    double flush_s;
    int64_t grace_s;
    bool escape_unicode;
    uint64_t multiline_bytes_max;
    struct service_process process;
    struct service_http http;
    struct service_health health;
    struct service_retry retry;
    struct service_memory memory;
    struct service_reload reload;
    struct service_rejected rejected;
    struct service_files files;
};

extern const struct option service_options[];

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

#endif
