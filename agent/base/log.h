/*
 * The agent's own log: what it has to say to its operator, a line each.
 *
 * A line is "[2026/11/21 08:18:54.123456789] [ info] [component] text", as scripts around Fluent
 * Bit expect it, to stderr or to the file of log_open, which is opened for appending. Repeated
 * trouble is the caller's to bound (see struct log_brake). Secrets never go in. Any thread; a
 * line is one write. Lines for a pipe that nobody reads are left out and counted: nothing waits for
 * the log.
 */
#ifndef TAILRACE_BASE_LOG_H
#define TAILRACE_BASE_LOG_H

#include "base/check.h"

enum log_level {
    LOG_OFF,
    LOG_ERROR,
    LOG_WARN,
    LOG_INFO,
    LOG_DEBUG,
    LOG_TRACE,
};

/* off, error, warn or warning, info, debug, trace; case is ignored. */
MUST_USE int log_level_parse(const char *text, enum log_level *level_out);
const char *log_level_name(enum log_level level);

void log_level_set(enum log_level level);
enum log_level log_level_get(void);
bool log_is_on(enum log_level level);

/* Appends to the file from now on; a negative libuv code when it cannot be opened. */
MUST_USE int log_open(const char *path);
void log_close(void);

/* `component` names the speaker, "input:tail:tail.0" for one; NULL for the agent itself. */
void log_line(enum log_level level, const char *component, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The same, and to stderr too when the log is a file: what whoever starts the agent must see. */
void log_line_aloud(enum log_level level, const char *component, const char *format, ...)
    PRINTF_LIKE(3, 4);

#define LOG_AT(level, component, ...) \
    (log_is_on(level) ? log_line(level, component, __VA_ARGS__) : (void)0)
#define log_error(component, ...) LOG_AT(LOG_ERROR, component, __VA_ARGS__)
#define log_warn(component, ...) LOG_AT(LOG_WARN, component, __VA_ARGS__)
#define log_info(component, ...) LOG_AT(LOG_INFO, component, __VA_ARGS__)
#define log_debug(component, ...) LOG_AT(LOG_DEBUG, component, __VA_ARGS__)
#define log_trace(component, ...) LOG_AT(LOG_TRACE, component, __VA_ARGS__)

/* How many lines of each level were written, for the metrics. */
uint64_t log_count(enum log_level level);

/* The last warnings and errors in words, newest first, for the status page. At most
 * LOG_RECENT_MAX; each is lent until the next line is logged. NULL past the end. Loop thread. */
#define LOG_RECENT_MAX 20
const char *log_recent(size_t index);

/* A brake on repeated trouble: true at most once per `interval_ms`, and `*held_out` then says how
 * many were held back since. Zero-initialise it. */
struct log_brake {
    uint64_t next_ms;
    uint64_t held;
};
bool log_brake_open(struct log_brake *brake, uint64_t interval_ms, uint64_t *held_out);

#endif
