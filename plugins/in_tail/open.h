/*
 * A file's beginning and its end: it is opened and found to be what was read before, or goes on from its
 * beginning, and is let go of (open.c; open_generation.c where its name is gone, restart.c where it was
 * truncated).
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_OPEN_H
#define TAILRACE_PLUGINS_IN_TAIL_OPEN_H

#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/way.h"

/* Opens the file of that name and follows it from where it was left; one of which nothing is known
 * from its beginning when `is_next`, which says that something is known of its log. NULL when it is
 * not to be followed. */
struct tail_file *tail_file_open(struct tail *tail, struct found_file *name, bool is_next);

/* How to go on with a generation that the log's name does not refer to any more. */
struct tail_start {
    const char *path;
    const struct orphan *orphan; /* as the tail before left it; NULL: it did not */
    const int *fd;               /* is taken; NULL: it is to be opened */
    bool is_rotated;
    bool is_apart;            /* the next generation is not read: no line goes on there */
    bool may_be_cut;          /* it may end before the offset: then nothing of it is unread */
    const struct file_id *id; /* who it was when that was planned; NULL: nobody asks */
    uint64_t offset;
    int64_t row;            /* 0: a new one */
    struct file_print tail; /* of what was read of it, before `offset`; len 0: nobody asks */
    int64_t known_ns;       /* since when there is this row, or 0 */
    struct tail_note note;
};

/* 1, 0 when the path leads to another file by now, or negative: it cannot be opened now. UV_ERANGE: it
 * ends before the offset, or has other bytes there, so that the row is of another file. */
int tail_file_open_generation(struct tail *tail, const char *log_path, struct tail_start *start);

/* Tries once more to open an entry that could not be opened, when it is time. False: it is not open,
 * and may be gone. */
bool tail_file_reopen(struct tail_file *file);

/* What copytruncate made of a file that was truncated. */
struct tail_copy {
    char *path;
    uint64_t bytes; /* decompressed; those behind what was seen of the file do not count */
};

/* It was truncated: it goes on from its beginning, as another tail_file, and this one in its copy, whose
 * descriptor and path it takes; or it is gone. `fd` is UV_ENOENT: there is no copy; UV_EAGAIN: it may be
 * one that cannot be read now. */
void tail_file_restart(struct tail_file *file, uint64_t lost_bytes, int fd,
                       const struct tail_copy *copy);

/* Its name refers to something else now. */
void tail_file_unname(struct tail_file *file);

/* Lets go of it; it is freed when its last ack came. */
void tail_file_close(struct tail_file *file);

/* Its first bytes, of what gzip holds; how many, or negative. */
int64_t tail_source_head(const struct tail_source *source, char *buf, size_t buf_bytes);

/* The same, lent from `buf`; empty where they cannot be read. */
struct slice tail_source_first(const struct tail_source *source, char *buf, size_t buf_bytes);

/* Where it goes on: behind whole lines, before those whose end is not there yet. */
uint64_t tail_source_next(const struct tail_source *source);

/* ---- the steps, for open.c, restart.c and who opens by itself ---- */

/* A file that is followed under this path from now on, and not open yet. */
struct tail_file *tail_file_new(struct tail *tail, const char *path, struct found_file *name);

/* Who the open file is. Negative: that cannot be told, or it is no regular file. */
MUST_USE int tail_file_identify(struct tail_file *file);

/* In which form its lines are. */
void tail_file_form_find(struct tail_file *file);

/* It is read from this offset on. */
void tail_file_begin_at(struct tail_file *file, uint64_t offset);

/* The same; what gzip made is on the way there (way.h), and proved to be what was read. */
void tail_file_begin_proving(struct tail_file *file, uint64_t offset, struct tail_proof proof);

/* The row of one that has none yet, but during the first scan, at whose end all are saved. */
void tail_file_save_new(struct tail_file *file);

/* Nothing of it stays but the entry. */
void tail_file_unopen(struct tail_file *file);
void tail_source_close(struct tail_source *source);

/* Its name is not its own any more. */
void tail_name_leave(struct tail_file *file);

#endif
