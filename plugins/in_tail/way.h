/*
 * The way to where a compressed file was left: what lies before it is decompressed again, a slice at a
 * time, by a worker where there is much of it. The file is not read meanwhile.
 *
 * Life     tail_way_begin -> turns -> the file is touched, or closed; tail_way_leave at any time.
 * Thread   the loop; workers pass the bytes.
 * Limits   one file of an input at a time is on its way, the others wait for theirs.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_WAY_H
#define TAILRACE_PLUGINS_IN_TAIL_WAY_H

#include "plugins/in_tail/file.h"

struct tail;

/* What a compressed file must have, or it is not what was read. */
struct tail_proof {
    uint64_t offset;         /* so many bytes, */
    struct file_print print; /* and these before it; len 0: nobody asks */
    bool may_be_cut;         /* fewer are a copy, as in tail_start */
};

/* A compressed file is brought to where it is read on, and touched then; or it is closed, and goes on as
 * what it is. NULL: nothing is to be proved. */
void tail_way_begin(struct tail_file *file, const struct tail_proof *proof);

/* The reader is away from where reading goes on, and is brought there; it is not read now. */
bool tail_way_is_due(struct tail_file *file);

/* Its turn, while it is on the way: when there was trouble it tries again. */
void tail_way_turn(struct tail_file *file);

/* What is not known yet to be the file that was read; or NULL. */
const struct tail_proof *tail_way_unproved(const struct tail_file *file);

/* It is not to go there any more. */
void tail_way_leave(struct tail_file *file);

/* Every file is closed; what a worker still passes is forgotten when it comes back. */
void tail_ways_leave(struct tail *tail);

#endif
