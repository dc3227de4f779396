/*
 * A desk goes through a directory of dead letters, file by file, for whoever lists, drops or replays
 * them; an agent may write there meanwhile.
 *
 *     desk = letter_desk_open(path, DESK_CHANGES, why);
 *     while ((rc = letter_desk_file(desk)) > 0) {
 *         while (letter_desk_next(desk, &item))
 *             ... letter_desk_remove(desk, item.line);
 *         rc = letter_desk_done(desk);
 *     }
 *     letter_desk_close(&desk);
 *
 * One that changes has the file locked until done; the agent then begins another. A file is
 * rewritten beside itself and put in its place, so that a crash leaves the old one or the new one.
 * Lines that are no letters (cut, damaged, of a newer version) are shown as such, and stay unless they
 * are removed by name.
 *
 * Thread   one; it reads and writes files.
 * Limits   one file in memory at a time.
 */
#ifndef TAILRACE_DEADLETTER_DESK_H
#define TAILRACE_DEADLETTER_DESK_H

#include "deadletter/letter.h"

enum desk_use {
    DESK_READS,
    DESK_CHANGES,
};

struct desk_item {
    uint64_t file;     /* its number */
    uint32_t line;     /* from 1 */
    struct slice text; /* without the line feed */
    enum letter_fault fault;
    struct dead_letter letter; /* when sound; lent until the next file */
};

struct letter_desk;

/* NULL and `why`: there is no such directory, or it may not be read. */
struct letter_desk *letter_desk_open(const char *path, enum desk_use use, char why[256]);
void letter_desk_close(struct letter_desk **desk);

/* The next file: 1, or 0 at the end, or -errno with words in letter_desk_why. */
MUST_USE int letter_desk_file(struct letter_desk *desk);

/* The next line of it. False at its end. */
bool letter_desk_next(struct letter_desk *desk, struct desk_item *item);

/* The line goes when the file is done. */
void letter_desk_remove(struct letter_desk *desk, uint32_t line);

/* Rewrites the file where lines were removed, or removes it when none is left. 0, or -errno: then
 * all lines are there still. */
MUST_USE int letter_desk_done(struct letter_desk *desk);

const char *letter_desk_why(const struct letter_desk *desk);

#endif
