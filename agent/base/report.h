/*
 * A report gathers what is wrong with a configuration, so that one dry run shows every mistake.
 *
 * Life     report_init -> report_error / report_warn* -> report_print -> report_fini.
 * Thread   the loop; start-up and reload only.
 * Limits   REPORT_MESSAGES_MAX messages are kept, the rest are counted.
 *
 * A message says where ("conf/a.conf:12"), what (the offending text), and what to do.
 */
#ifndef TAILRACE_BASE_REPORT_H
#define TAILRACE_BASE_REPORT_H

#include "base/buffer.h"

#define REPORT_MESSAGES_MAX 200

/* Where something was said: a line of a file, or the command line (file NULL, line 0). The file
 * name is lent by the configuration tree and lives as long as that. */
struct place {
    const char *file;
    unsigned line;
};

/* The first that is a place: where a key stands, else where its section begins. */
static inline struct place place_or(struct place place, struct place otherwise)
{
    return place.file != NULL ? place : otherwise;
}

struct report {
    struct buffer text; /* whole lines, errors and warnings as they came */
    unsigned error_count;
    unsigned warning_count;
};

void report_init(struct report *r);
void report_fini(struct report *r);

void report_error(struct report *r, struct place place, const char *format, ...) PRINTF_LIKE(3, 4);
void report_warn(struct report *r, struct place place, const char *format, ...) PRINTF_LIKE(3, 4);

/* Logs every message at its level, to stderr whatever the log is, and empties the report but for
 * its counts. */
void report_print(struct report *r);

/* The name in the NULL-terminated list that is spelt most like `wrong`, or NULL where none is
 * near: for "did you mean". Case is ignored. */
const char *report_nearest(const char *wrong, const char *const *names);

#endif
