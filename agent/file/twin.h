/*
 * A twin is another file with all bytes of a file, what gzip made of it for one. Whether it is one is
 * told byte by byte, from the beginning on and in slices; then its reader is brought to where the file
 * was read, so that reading goes on there.
 *
 *   0                    next        read                 same
 *   |---- the same ------|-- a line --|---- the same ------|
 *                        what was read last, and is given again
 *
 * Life     file_twin_init -> file_twin_look until it says 0 or less -> file_twin_take, or
 *          file_twin_fini, which closes both.
 * Thread   any, one at a time: it touches nothing but itself.
 * Limits   FILE_TWIN_BUFFER_BYTES of memory twice while it looks, and the line that is given again; a
 *          slice stops a worker that long.
 */
#ifndef TAILRACE_FILE_TWIN_H
#define TAILRACE_FILE_TWIN_H

#include "file/reader.h"

#define FILE_TWIN_BUFFER_BYTES ((size_t)64 * 1024)

struct file_twin {
    int fd;                    /* of the file, plain */
    struct file_reader reader; /* of what may be its twin */
    uint64_t next, read;       /* how far whole lines of the file were read, and bytes */
    uint64_t same;             /* so many first bytes are the same */
    bool is_same;              /* that is all that both have */
};

/* Both descriptors are the twin's from now on. */
void file_twin_init(struct file_twin *twin, int fd, int other_fd, bool is_gzip);
void file_twin_fini(struct file_twin *twin);

/* Looks at about `bytes_max` more: 1, or 0 when it is a twin and its reader stands at `read`, which is
 * set by the caller before. UV_ERANGE: it has other bytes, or fewer, or more; or negative, where one of
 * the two cannot be read. */
MUST_USE int file_twin_look(struct file_twin *twin, uint64_t bytes_max);

/* The reader and its descriptor are the caller's; what is left is to be finished. */
struct file_reader file_twin_take(struct file_twin *twin);

#endif
