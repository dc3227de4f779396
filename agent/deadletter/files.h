/*
 * The files in a directory of dead letters, by the numbers in their names: letters-0000000001.jsonl.
 *
 * Life: nothing is kept. Thread: any that may wait for a disk.
 * Limits   LETTER_FILES_MAX files; of more the newest are told.
 */
#ifndef TAILRACE_DEADLETTER_FILES_H
#define TAILRACE_DEADLETTER_FILES_H

#include "base/slice.h"

#define LETTER_FILES_MAX 256
#define LETTER_NAME_BYTES 40

struct letter_file {
    uint64_t number;
    uint64_t bytes;
};

/* Those that are there, oldest first; at most LETTER_FILES_MAX, the newest. The count, or -errno. */
MUST_USE int letter_files_list(int dir_fd, struct letter_file files[LETTER_FILES_MAX]);

void letter_file_name(uint64_t number, char name[LETTER_NAME_BYTES]);

#endif
