/*
 * Appends text to a file, whole or not at all, and takes it back when something else went wrong.
 *
 * Thread   one that may wait. Limits   the file system's.
 */
#ifndef TAILRACE_OUT_FILE_APPEND_H
#define TAILRACE_OUT_FILE_APPEND_H

#include "plugin/plugin.h"

#include <sys/types.h>

/* What was appended where, so that it can be taken back. */
struct appended {
    bool is_plain_file; /* not a pipe or a device: from these nothing can be taken back */
    off_t start;
    off_t end;
};

/* Opens for appending and creates; with `makes_folders` those above it too. The descriptor in
 * *fd_out is the caller's. A pipe without a reader is -ENXIO. */
MUST_USE int append_open(const char *path, bool makes_folders, int *fd_out);

/* How long the file is; 0 for pipes and devices. -errno. */
MUST_USE int append_size(int fd, off_t *size_out);

/* Appends to the open file; -errno when not all went, and then nothing is there. */
MUST_USE int append_text(int fd, struct slice text, struct appended *done);

/* Cuts off what was appended, unless somebody else has appended since. -errno; -EBUSY. */
MUST_USE int append_take_back(const char *path, const struct appended *done);

#endif
