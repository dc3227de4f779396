/*
 * The names in one directory, in order: read once for many that are looked for there.
 *
 * A directory's own times tell whether a name in it came, went or leads to another file since it was read,
 * as long as they are older than the step of the clock that gives them, and this kernel is the only one that
 * writes there; else it is read again each time.
 *
 * Life     zeroed -> listing_read* -> listing_fini, after which it may be read again.
 * Thread   its owner's. Limits one directory, about 50 bytes for each name.
 */
#ifndef TAILRACE_FILE_LISTING_H
#define TAILRACE_FILE_LISTING_H

#include "base/slice.h"

#include <sys/stat.h>

/* File systems give files the time of the kernel's last tick. */
#define FILE_TIME_STEP_MS 10

struct listing_name {
    char *text;
    uint64_t ino; /* of what it leads to; of the link, where it is one */
};

struct listing {
    char *path; /* NULL: of none */
    struct listing_name *names;
    size_t count, room;
    struct stat dir;     /* before it was read */
    bool is_telling;     /* a change shows there */
    uint64_t read_count; /* how often a directory was read */
};

/* Reads the directory, unless it was the last to be read and is still the same. Negative, and empty, when it
 * cannot be read. */
MUST_USE int listing_read(struct listing *listing, const char *path);

/* Surely no name came, went or leads to another file since it was read. */
bool listing_is_still(const struct listing *listing);

/* The first name that begins so; the count, or one that does not begin so, where none does. */
size_t listing_find(const struct listing *listing, struct slice beginning);

void listing_fini(struct listing *listing);

#endif
