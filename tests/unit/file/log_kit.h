/*
 * A log and its generations in a tree of its own, for tests: remembered as rows would have them, and
 * held against what lies there, in words.
 *
 * Life     log_set_up -> log_save, log_compress, log_age, log_expect_plan* -> log_tear_down. Thread: the
 *          test's. There is one. Limits LOG_ROWS_MAX.
 */
#ifndef TAILRACE_UNIT_FILE_LOG_KIT_H
#define TAILRACE_UNIT_FILE_LOG_KIT_H

#include "base/buffer.h"
#include "file/generations.h"
#include "kit/tree.h"

#include <check.h>

#define LOG_ROWS_MAX 10

/* A line of 66 bytes. */
#define LINE(n) "2026-11-21T05:00:0" #n ".000000001Z stdout F a line of this generation\n"

extern struct log_kit {
    struct generations generations; /* as they were read last */
    struct generation_saved saved[LOG_ROWS_MAX];
    size_t saved_count;
    struct buffer words;
} log_kit;

void log_set_up(void);
void log_tear_down(void);

/* Remembers `offset` in the file as it is now; the row is the order of remembering, from 1. */
struct generation_saved *log_save(const char *name, uint64_t offset);

/* What kubelet does with a generation one rotation later. */
void log_compress(const char *name, const char *text);

/* When it was written to last. */
void log_age(const char *name, int64_t modified_s);

/* The names of the generations beside a log, oldest first, with blanks between. */
void log_expect_order(const char *path, const char *text);

/* "name@offset#row" of what is to be read, in order; "?" where nothing is known of the log, "~" where it waits
 * for another. */
void log_expect_plan(const char *path, const char *text);

#endif
