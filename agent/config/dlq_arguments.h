/*
 * The command line of `tailrace dlq`: what to do with which dead letters.
 *
 * Thread   start-up only. The argv is lent and outlives what was parsed.
 */
#ifndef TAILRACE_CONFIG_DLQ_ARGUMENTS_H
#define TAILRACE_CONFIG_DLQ_ARGUMENTS_H

#include "base/buffer.h"
#include "base/report.h"

#define DLQ_IDS_MAX 1024

enum dlq_task {
    DLQ_HELP,
    DLQ_LIST,
    DLQ_SHOW,
    DLQ_REPLAY,
    DLQ_DROP,
};

/* A line of a file: 3:17. */
struct dlq_id {
    uint64_t file;
    uint32_t line;
};

struct dlq_arguments {
    enum dlq_task task;
    const char *config_path; /* NULL: not given */
    const char *directory;   /* likewise */
    const char *output;      /* only letters of this instance */
    const char *to;          /* the instance that they are replayed to */
    bool is_all;
    struct dlq_id ids[DLQ_IDS_MAX];
    size_t id_count; /* 0: no letter is named, so all are meant */
};

/* `argv` begins behind "dlq" and ends with NULL. -EINVAL when the report got an error. */
MUST_USE int dlq_arguments_parse(struct dlq_arguments *a, char *const *argv, struct report *report);

void dlq_help(const char *program, struct buffer *out);

/* Whether a letter is meant. */
bool dlq_is_chosen(const struct dlq_arguments *a, struct dlq_id id, struct slice output);

#endif
