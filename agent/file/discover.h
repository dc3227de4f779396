/*
 * Finds files by name, and says what becomes of the names.
 *
 * The names are globs (`~` too), minus those that an exclusion matches as a whole with fnmatch and
 * no flags, so that its `*` crosses directories. Only regular files count; symbolic links are
 * followed, and both the directory of the link and that of its target are watched. A directory that
 * a wildcard names is watched from the moment it appears; one that does not exist yet is waited for
 * in the nearest directory that does.
 *
 * What is found: by a scan at start, by events, by a scan every `refresh_ms`, and where directories
 * cannot be watched by a scan every `poll_ms`. Scans also notice growth, so nothing depends on
 * events alone. A name costs one entry of about 200 bytes; an event costs O(1), a scan O(files).
 *
 * Life     discover_new -> add, exclude* -> start -> discover_free.
 * Thread   the loop. Start calls back: the first scan runs in it.
 * Limits   DISCOVER_FILES_MAX names, DISCOVER_DIRS_MAX directories; what is past them is said once.
 * Reports  directories that cannot be read, to the log, once each.
 *
 * Files are never opened here. Who has a file under two names sees two entries; the identity of
 * what he opens tells him.
 */
#ifndef TAILRACE_FILE_DISCOVER_H
#define TAILRACE_FILE_DISCOVER_H

#include "file/identity.h"

#define DISCOVER_FILES_MAX 200000
#define DISCOVER_DIRS_MAX 50000
#define DISCOVER_REFRESH_MS 60000
#define DISCOVER_POLL_MS 2000

struct loop;
struct discover;

/* A name that refers to a regular file. Lives until `gone` has returned, or the discovery is freed. */
struct found_file {
    const char *path; /* as the glob found it; Fluent Bit's name for it */
    const char
        *real; /* the file itself, all links followed; the same pointer where it is no link */
    struct file_id id; /* when last looked; no generation, which would cost a descriptor */
    void *user;        /* the owner's, NULL at first */
    bool is_at_start;  /* found by the first scan */
};

struct discover_ops {
    void (*found)(void *owner, struct found_file *file);
    /* Its bytes, its size or its rights may have changed. Often; do little. */
    void (*touched)(void *owner, struct found_file *file);
    /* The name refers to another file than before: link swapped, renamed over, made anew. */
    void (*replaced)(void *owner, struct found_file *file);
    /* The name refers to no file; the last call with this entry. */
    void (*gone)(void *owner, struct found_file *file);
    /* A scan of everything has ended. */
    void (*scanned)(void *owner, bool is_first);
};

struct discover_config {
    const char *speaker; /* for the log; lent, as the rest */
    uint64_t refresh_ms; /* 0: DISCOVER_REFRESH_MS */
    uint64_t poll_ms;    /* 0: DISCOVER_POLL_MS */
    bool use_inotify;
};

/* `ops` is lent and lives longer. */
struct discover *discover_new(struct loop *loop, const struct discover_config *config,
                              const struct discover_ops *ops, void *owner);

/* Calls nobody back. Takes the address and leaves NULL. */
void discover_free(struct discover **discover);

/* One glob of the list; UV_EINVAL when it is empty, UV_ENAMETOOLONG past PATH_MAX, UV_ENOENT for a
 * `~user` that is unknown. Before start. */
MUST_USE int discover_add(struct discover *discover, struct slice glob);
void discover_exclude(struct discover *discover, struct slice pattern);

void discover_start(struct discover *discover);

/* Scans now; from a timer or a test, never inside a callback. */
void discover_scan(struct discover *discover);

/* Looks into the directories that are polled; what the poll timer does, for tests. */
void discover_poll(struct discover *discover);

/* A file of that name would be found, and there is none. */
bool discover_misses(const struct discover *discover, const char *path);

size_t discover_file_count(const struct discover *discover);
size_t discover_dir_count(const struct discover *discover);

/* Directories that are looked at because they cannot be watched. */
size_t discover_polled_count(const struct discover *discover);

#endif
