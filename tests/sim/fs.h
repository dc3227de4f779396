/*
 * A file system in memory: what the world does to files, and inotify's events about it. The agent
 * reaches it through the system calls of fake_calls.c.
 *
 * A node is a file, a directory or a link; a name leads to it. A file that has lost its last name
 * lives on while somebody has it open. The number of a dead one goes to the next file at once, as
 * on ext4. Files know which of their bytes belong to which line of the truth.
 *
 * Thread   one. Limits FS_NAMES_MAX names.
 */
#ifndef TAILRACE_SIM_FS_H
#define TAILRACE_SIM_FS_H

#include "base/buffer.h"
#include "base/list.h"
#include "sim/truth.h"

#define FS_NAMES_MAX 256
#define FS_PATH_BYTES 64

enum fs_kind { FS_FILE, FS_DIR, FS_LINK };

/* Which bytes of a file are a line's. */
struct fs_piece {
    struct line *line;
    uint64_t begin, end;
};

struct fs_node {
    struct list link; /* in all nodes */
    enum fs_kind kind;
    uint64_t ino, generation;
    int64_t born_ns, modified_ns;
    struct buffer bytes;           /* of a link: where it leads */
    char last_path[FS_PATH_BYTES]; /* when it has no name any more */
    unsigned names, opens, writers;
    bool is_denied; /* may not be opened */
    bool is_broken; /* cannot be read */
    bool is_before; /* it was rotated before the agent knew of its log */
    struct fs_piece *pieces;
    size_t piece_count;
};

/* What file systems differ in. */
struct fs_traits {
    bool has_generations;
    bool has_births;
    bool has_inotify;
};

void fs_begin(const struct fs_traits *traits);
void fs_end(void);
const struct fs_traits *fs_traits(void);
/* Its files are told apart by more than a number. */
bool fs_has_identities(void);

/* Names are absolute. NULL where there is nothing; links are not followed, or are. */
struct fs_node *fs_find(const char *path);
struct fs_node *fs_follow(const char *path);
/* The path of a node, NULL when it has none. */
const char *fs_path_of(const struct fs_node *node);
/* The names in a directory, one after the other; NULL past the end. */
const char *fs_name_in(const char *dir, size_t index);

struct fs_node *fs_make(const char *path, enum fs_kind kind);
void fs_remove(const char *path);
/* Replaces what stands there. */
void fs_rename(const char *from, const char *to);

void fs_append(struct fs_node *node, struct slice bytes);
/* The last bytes that were appended are the line's. */
void fs_claim(struct fs_node *node, struct line *line, uint32_t count);
void fs_truncate(struct fs_node *node);
/* Makes `to` a file with the bytes and the lines of the other one. */
struct fs_node *fs_copy(const struct fs_node *from, const char *to);
/* The same, compressed. */
struct fs_node *fs_pack(const struct fs_node *from, const char *to);

/* All files, those without a name too. */
void fs_each(void (*each)(struct fs_node *node));

/* The agent opens it and closes it; a writer does. */
void fs_hold(struct fs_node *node);
void fs_drop(struct fs_node *node);
/* When the agent closes it now, nobody can read it any more. */
bool fs_is_last_hold(const struct fs_node *node);
void fs_write_begin(struct fs_node *node);
void fs_write_end(struct fs_node *node);

/* Tells inotify of rights that changed. */
void fs_touch(struct fs_node *node);

/* As many as there are when it is not compressed. */
uint64_t fs_line_bytes(const struct fs_node *node);

/* What stands behind an offset: bytes, and lines that begin there. */
struct fs_rest {
    uint64_t bytes, lines;
};
/* Nobody reads that any more: it may be missing where the agent does not have it. */
struct fs_rest fs_let_go(struct fs_node *node, uint64_t offset);

/* The agent is done with it: it must have every line of it, or have no need of it. */
void fs_check_read(const struct fs_node *node);

/* What can no longer be read by anybody, the truth is told. */
void fs_sweep(bool is_agent_alive);

/* How many descriptors the agent has open. */
unsigned fs_open_count(void);

/* Tells the story which files have the line. */
void fs_say_where(const struct line *line);

/* ---- inotify ---- */

int fs_watch(const char *dir, unsigned mask);
void fs_unwatch(int wd);
void fs_watch_end(void);
bool fs_has_events(void);
/* Writes events as the kernel does; how many bytes. */
size_t fs_events_read(char *to, size_t room);
/* Events are lost, as when there were too many. */
void fs_overflow(void);

#endif
