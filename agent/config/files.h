/*
 * The files of one configuration: found, each read once.
 *
 * Life     all zero -> files_read* -> files_fini. One set for each file that is loaded by name
 *          (the main file, each parsers file) with all that it includes.
 * Limits   FILES_MAX files of FILE_BYTES_MAX bytes.
 */
#ifndef TAILRACE_CONFIG_FILES_H
#define TAILRACE_CONFIG_FILES_H

#include "base/arena.h"
#include "base/buffer.h"

#include <glob.h>
#include <sys/types.h>

#define FILES_MAX 1000
#define FILE_BYTES_MAX ((size_t)32 * 1024 * 1024)

struct file_id {
    dev_t device;
    ino_t inode;
};

struct files {
    struct file_id *seen;
    size_t count;
};

void files_fini(struct files *files);

/* Appends the whole file. -EEXIST: it was read before, -EMFILE: FILES_MAX, -EFBIG: too long,
 * -EILSEQ: it holds a NUL and so is no text; else as open and read say. A byte order mark is left
 * out. */
MUST_USE int files_read(struct files *files, const char *path, struct buffer *text);

/* The whole of any file up to a limit, in the same way. */
MUST_USE int file_read_text(const char *path, size_t bytes_max, struct buffer *text);

/* Why files_read failed, for people. */
const char *files_error(int code);

/* The directory of a path, in the arena; "." where it has none. */
const char *path_directory(struct arena *arena, const char *path);

/* `path` under `directory`, in the arena; the path itself where it is absolute. */
const char *path_under(struct arena *arena, const char *directory, const char *path);

/* A relative path as it is if there is such a file, else under `directory`. */
const char *path_find(struct arena *arena, const char *directory, const char *path);

/* All paths that match, sorted by name: globfree() releases them. -ENOENT where there is none. */
MUST_USE int path_glob(const char *pattern, glob_t *paths);

bool path_is_yaml(const char *path);

/* The output that a shared object brings to Fluent Bit, if it is one of AWS's Go plugins:
 * /fluent-bit/cloudwatch.so is "cloudwatch". NULL otherwise. */
const char *path_go_plugin(const char *path);

#endif
