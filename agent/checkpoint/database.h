/*
 * The SQLite file behind the positions: its schema, its statements. Only checkpoint/ includes it.
 *
 *   in_tail_files    Fluent Bit's: id, name, offset, inode, created, rotated, offset_marker,
 *                    offset_marker_size. The marker is a hash of Fluent Bit's over the bytes before
 *                    the offset; ours to clear when the offset moves.
 *   tailrace_files   ours, same id and inode: what else there is to know of the row
 *
 * Life     database_open -> write, find* -> database_close.
 * Thread   one at a time; the caller sees to it.
 * Limits   POSITIONS_CACHE_KIB of pages in memory, none after a commit; the journal stays near 1 MiB.
 */
#ifndef TAILRACE_CHECKPOINT_DATABASE_H
#define TAILRACE_CHECKPOINT_DATABASE_H

#include "checkpoint/positions.h"

/* Of tailrace_files, kept as the file's user_version; Fluent Bit leaves 0 there.
 *
 *   1   prints of content by FNV-1a
 *   2   by slice_hash as it is now: what came before has no prints that count */
#define DATABASE_VERSION 2

struct database;
struct pending;

MUST_USE int database_open(const struct positions_config *config, struct report *report,
                           struct place place, struct database **database_out);
void database_close(struct database **database);

/* The first id that no row has. */
int64_t database_next_row(struct database *db);

/* ---- writing: begin -> put_all, remove* -> commit, or rollback after a failure ---- */

MUST_USE int database_begin(struct database *db);
/* The positions among them; removals are the caller's. */
MUST_USE int database_put_all(struct database *db, const struct pending *pending);
MUST_USE int database_remove(struct database *db, int64_t row);
MUST_USE int database_commit(struct database *db);
void database_rollback(struct database *db);

/* What was committed survives a power cut from now on, unless the configuration says `off`: the journal
 * is written to the disk, and copied into the database. */
MUST_USE int database_sync(struct database *db);

/* The same for what is in the journal, which is all that is not in the database yet: for a few rows at
 * once. Beside whoever reads or writes. */
MUST_USE int database_secure(struct database *db);

/* ---- reading ---- */

/* Searches between these two see the rows as they were at the first of them, and take the file's locks
 * once. Whoever begins to write ends it. */
void database_read_begin(struct database *db);
void database_read_end(struct database *db);

MUST_USE int database_find_inode(struct database *db, uint64_t ino, position_fn *each, void *owner);
MUST_USE int database_find_path(struct database *db, const char *path, position_fn *each,
                                void *owner);
MUST_USE int database_each(struct database *db, position_fn *each, void *owner);

#endif
