/*
 * Bookmarks on disk: how far each file was read and acknowledged, in SQLite, in the tables that
 * Fluent Bit's tail input makes, so that a node switches over with its positions, and back.
 *
 * `offset` is what all outputs acknowledged. What Fluent Bit does not know (device, generation,
 * prints of the content) stands in a table of our own beside it, tied to the row by id and inode;
 * a row without it was written by Fluent Bit. Its offset of a .gz file counts compressed bytes.
 *
 * Changes gather in memory. One second after the first, five where there are hundreds, at once what
 * is urgent, they go to disk in one transaction, on the job pool: 500 rows take 3 ms there, setting
 * one 0.3 us here. Every POSITIONS_SYNC_MS what was written is made to survive a power cut, the
 * first write at once; before that a cut leaves an older state, whole, as any kill leaves one. With
 * DB.sync off nobody promises that. The loop waits for all this only when it looks a row up
 * meanwhile. When the disk is full or broken it is said once and counted; nothing is forgotten, and
 * it is tried again. A crash costs those seconds, which are read and delivered again. Who has a
 * positions_waiter is told when what was set before is written and survives a power cut; that
 * begins at once, or POSITIONS_GAP_MS after the write before.
 *
 * Life     positions_open -> find, set, forget* -> positions_close. Inputs that name the same file
 *          share it; the last to close it writes what is left.
 * Thread   the loop.
 * Limits   POSITIONS_CACHE_KIB of pages are cached until they are written; names up to PATH_MAX.
 * Stops    the process, when a row that was never given out is set.
 */
#ifndef TAILRACE_CHECKPOINT_POSITIONS_H
#define TAILRACE_CHECKPOINT_POSITIONS_H

#include "base/list.h"
#include "base/report.h"
#include "file/identity.h"

#define POSITIONS_CACHE_KIB 4096
#define POSITIONS_PACE_MS 1000
#define POSITIONS_SYNC_MS 5000
#define POSITIONS_GAP_MS 10
#define POSITIONS_NOTE_BYTES_MAX 4096

struct loop;
struct positions;

struct positions_config {
    const char *path;         /* `DB`; all lent for the call */
    const char *sync;         /* extra, full, normal, off; NULL: normal */
    const char *journal_mode; /* NULL: WAL */
    const char *speaker;      /* for the log */
    bool is_locked;           /* `DB.locking`: nobody else may open it */
    uint64_t pace_ms;         /* 0: POSITIONS_PACE_MS */
    bool is_memory;           /* no file: `path` is but a name, and what it knows ends with it */
};

/* Whether the word may be a `journal_mode`; NULL may. */
bool positions_knows_journal_mode(const char *word);

struct position {
    int64_t row;      /* in_tail_files.id */
    const char *name; /* the path it was found under; after rotation where it lies now */
    const char *real; /* the file itself, links followed; NULL: as name */
    uint64_t offset;
    bool is_rotated;
    bool is_done;    /* rotated, read to its end and closed; kept so that it is not read again */
    bool is_urgent;  /* set only: it does not wait for others */
    bool is_foreign; /* read only: Fluent Bit wrote it; no identity but the inode */
    struct file_identity identity;
    struct file_print tail; /* of the bytes before `offset`; len 0: unknown */
    int64_t saved_ns;       /* when it was set; filled in by positions_set */
    int64_t created_ns;     /* when the row was set first, as it was found; 0: not on disk yet */
    const char *note;       /* the caller's own text, or NULL; POSITIONS_NOTE_BYTES_MAX */
};

struct positions_stats {
    uint64_t flushes;  /* that reached the disk */
    uint64_t failures; /* that did not */
    uint64_t rows_written;
    uint64_t dirty_count;     /* rows that wait */
    uint64_t flush_ns_last;   /* how long the last one took, on the pool */
    int64_t failing_since_ns; /* 0: not failing */
};

/* Opens or makes the database, shares one that is open already. What cannot be put right is told to
 * `report`, with what to do, and is negative: the path cannot be written (UV_EACCES, UV_ENOENT,
 * UV_EROFS), another process holds it (UV_EBUSY), a newer version or something else made it
 * (UV_EINVAL). A damaged file is set aside as PATH.corrupt-TIME, said in words, and begun anew. */
MUST_USE int positions_open(struct loop *loop, const struct positions_config *config,
                            struct report *report, struct place place,
                            struct positions **positions_out);

/* Writes what is left, before it returns or when the write under way has ended. Takes the address
 * and leaves NULL. */
void positions_close(struct positions **positions);

/* While they are kept, those that nobody uses stay open as they are, settings included: for the
 * moment in which one pipeline takes over from another. Afterwards they close. */
void positions_keep(bool are_kept);

/* Return false to stop. The position and its texts are lent for the call, in which nothing else may
 * be asked of the positions. */
typedef bool position_fn(void *owner, const struct position *position);

/* The rows of an inode, the newest first, after those that were set and are not yet written. */
MUST_USE int positions_find_inode(struct positions *p, uint64_t ino, position_fn *each,
                                  void *owner);

/* The rows of a log's generations: those whose file or name begins with `path`. */
MUST_USE int positions_find_path(struct positions *p, const char *path, position_fn *each,
                                 void *owner);

/* All rows. */
MUST_USE int positions_each(struct positions *p, position_fn *each, void *owner);

/* Around searches that come one after the other, in one turn of the loop: they are cheaper. */
void positions_read_begin(struct positions *p);
void positions_read_end(struct positions *p);

/* A number for a file that has no row yet. */
int64_t positions_new_row(struct positions *p);

/* Remembers the position, copied, for the next write. */
void positions_set(struct positions *p, const struct position *position);

/* Waits for what was set so far; tells once, from the loop, then waits no more. In the caller's
 * storage. */
struct positions_waiter {
    struct list link;
    void (*written)(struct positions_waiter *waiter); /* or could not be written now */
};

void positions_waiter_init(struct positions_waiter *w, void (*written)(struct positions_waiter *w));
void positions_waiter_stop(struct positions_waiter *w);

/* False: there is nothing to wait for. Writes fail and are tried again later, what was set is
 * written, or there is no file. */
MUST_USE bool positions_wait(struct positions *p, struct positions_waiter *w);

/* The row is removed with the next write. */
void positions_forget(struct positions *p, int64_t row);

/* A file is open under this row; it is not stale whatever its name says. */
void positions_claim(struct positions *p, int64_t row);
void positions_release(struct positions *p, int64_t row);

/* Removes rows that nobody claims and whose file is gone from its name and from beside its log, on
 * the pool with the next write; a rotated file that gzip has replaced stays. Called after each full
 * scan; the first one waits until every user of the file has called. */
void positions_prune(struct positions *p);

/* Writes now and returns when it is done, for shutting down: 0, or what failed. */
MUST_USE int positions_flush(struct positions *p);

/* Another one for another file, whatever that is called: rows of the one mean nothing in the other. */
uint64_t positions_number(const struct positions *p);

void positions_stats(const struct positions *p, struct positions_stats *stats_out);

#endif
