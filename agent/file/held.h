/*
 * Files that were deleted while outputs still owe bytes of them stay open until those are
 * acknowledged, and take room on the disk that nobody sees. A book of them bounds that: over its
 * limit the oldest is let go of, the one that lost its name first.
 *
 * A file that was renamed and not deleted lies on the disk whether it is held or not: it is in the
 * book with 0 bytes until somebody deletes it. Nothing but its bytes makes a file leave.
 *
 * Life     held_init -> held_add, held_remove, bytes set by their owners, held_settle*.
 * Thread   the loop. Pure but for `go`.
 * Limits   what is deleted between two looks of the owners comes on top of the limit.
 */
#ifndef TAILRACE_FILE_HELD_H
#define TAILRACE_FILE_HELD_H

#include "base/list.h"

struct held_file;

/* Its owner lets go of the file, which is in no book any more. */
typedef void held_go_fn(struct held_file *file);

struct held_file {
    struct list link;
    uint64_t rotated_ms; /* when it lost its name */
    uint64_t bytes;      /* unacknowledged, of a file that is deleted; else 0 */
    held_go_fn *go;
};

struct held_book {
    struct list files;    /* the oldest first */
    uint64_t limit_bytes; /* 0: none */
};

void held_init(struct held_book *book, uint64_t limit_bytes);

/* In the order of their age; of two of the same, the one that came first is the older. */
void held_add(struct held_book *book, struct held_file *file);

/* A file that is in no book may be removed too, once its link was initialised. */
void held_remove(struct held_file *file);

uint64_t held_bytes(const struct held_book *book);

/* Who must go first, or NULL while the limit is kept: the oldest that has bytes. */
struct held_file *held_choose(const struct held_book *book);

/* Lets go of one after the other until the limit is kept. */
void held_settle(struct held_book *book);

#endif
