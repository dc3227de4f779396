/*
 * Rotates a file that is being appended to: app.log becomes app.log.20231114_221320_075bcd15, then
 * .gz, and of such files the oldest go.
 *
 * The name is the instant of the rotation in UTC, its last part the nanoseconds in hex, so that
 * names sort by age. Thread: one that may wait.
 */
#ifndef TAILRACE_OUT_FILE_ROTATE_H
#define TAILRACE_OUT_FILE_ROTATE_H

#include "plugin/plugin.h"

struct rotation {
    bool is_on;
    uint64_t bytes_max; /* a file that would grow past this is rotated first */
    int64_t files_max;  /* of one name, besides the one being written; 0 or less: all are kept */
    bool has_gzip;
    const char *component; /* lent, for the log */
};

/* Whether a file of this size must be rotated before so much is appended. */
bool rotate_is_due(const struct rotation *r, uint64_t size, size_t more);

/* Renames the file, then compresses and prunes: of these, failures are logged and the file stays.
 * -errno when it cannot be renamed. */
MUST_USE int rotate_file(const struct rotation *r, const char *path);

#endif
