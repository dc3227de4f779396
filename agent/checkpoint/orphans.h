/*
 * Orphans: open files on their way from an input that stops to the one that takes over. A position
 * alone would not do: what was deleted can only be read by who has it open, and between closing and
 * opening anything may be.
 *
 * Life     orphans_leave when the one stops -> orphans_take when the other starts -> positions_keep
 *          (false), which closes what nobody took and says so.
 * Thread   the loop. Limits: those of who held them before.
 */
#ifndef TAILRACE_CHECKPOINT_ORPHANS_H
#define TAILRACE_CHECKPOINT_ORPHANS_H

#include "file/identity.h"

struct orphan {
    char *path; /* by which it was followed, and by which it was opened; with mem_free */
    char *real;
    char *note; /* of its row */
    int fd;
    int64_t row;
    uint64_t positions; /* the number of those that have it */
    uint64_t offset;
    bool is_rotated;
    bool is_apart;    /* its place among the generations of its log is not known */
    bool is_saved;    /* its row tells it from others, and is written */
    bool is_unproved; /* it may be another file than the row's, which `tail` tells, and that it has
                       * `offset` bytes */
    bool may_be_cut;  /* fewer are a copy of that, if so */
    struct file_identity
        identity;           /* as it was when it was read: it may have been truncated since */
    struct file_print tail; /* of the bytes before `read` */
    uint64_t read, size;    /* so far, of so much that was seen */
    uint64_t seen;          /* filters saw the records before this offset */
    int64_t known_ns;       /* since when it is known */
};

/* Takes the texts and the descriptor. `positions` names the positions that have its row. */
void orphans_leave(const char *positions, const struct orphan *orphan);

/* One that was left with these positions; its texts and its descriptor are yours. False: no more. */
bool orphans_take(const char *positions, struct orphan *orphan_out);

void orphans_close(void);

#endif
