/*
 * The directory of dead letters, as the one agent that writes there has it.
 *
 *   PATH/letters-0000000001.jsonl   one letter a line; the highest number is written to
 *   PATH/lock                       held while an agent has the directory; its pid is in it
 *
 * A file is opened, locked and closed again for each writing, so that somebody else may lock,
 * rewrite or remove a file at any time (deadletter/desk.h): what is locked just then is passed over,
 * and the next number begun. What is written is on the disk when the call returns, or is not there
 * at all: half a line is cut off again.
 *
 * Life     letter_folder_open -> letter_folder_append* -> letter_folder_close.
 * Thread   one at a time, and one that may wait for a disk.
 * Limits   struct letter_limits: the oldest files go first.
 */
#ifndef TAILRACE_DEADLETTER_FOLDER_H
#define TAILRACE_DEADLETTER_FOLDER_H

#include "deadletter/files.h"

#define LETTER_PATH_BYTES_MAX 4096

struct letter_limits {
    uint64_t bytes_max; /* of all files */
    uint64_t file_bytes_max;
    unsigned files_max; /* LETTER_FILES_MAX at most */
};

/* What fits a total: an eighth of it in each file, 64 MiB at most. */
struct letter_limits letter_limits_of(uint64_t bytes_max);

struct letter_folder;

/* Makes the directory where there is none (0700), and takes it. -EBUSY: another agent that runs has
 * it. `why` in words. */
MUST_USE int letter_folder_open(const char *path, const struct letter_limits *limits,
                                struct letter_folder **folder_out, char why[256]);
void letter_folder_close(struct letter_folder **folder);

/* Whole lines, all of them or, with -errno, none. `*deleted_out`: letters that went to make room. */
MUST_USE int letter_folder_append(struct letter_folder *folder, struct slice lines,
                                  uint64_t *deleted_out);

#endif
