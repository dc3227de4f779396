/*
 * Trouble with one file: said once in words, counted, and tried again ever more rarely.
 *
 * Life     all zero -> trouble_note* -> trouble_over.
 * Thread   its owner's; the time is the caller's.
 * Limits   tries are FILE_TROUBLE_WAIT_MIN_MS apart at first, FILE_TROUBLE_WAIT_MAX_MS at last.
 */
#ifndef TAILRACE_FILE_TROUBLE_H
#define TAILRACE_FILE_TROUBLE_H

#include "base/check.h"

#define FILE_TROUBLE_WAIT_MIN_MS 1000
#define FILE_TROUBLE_WAIT_MAX_MS 60000

/* So many tries that failed in silence are half a minute. */
#define FILE_TROUBLE_SILENT_MAX 6

struct file_trouble {
    int code; /* what was said last, negative; 0: none */
    uint32_t count;
    uint64_t wait_ms;
    uint64_t retry_ms; /* not before then */
};

/* Opening or reading failed with `code`. Logs when the code is another than before. */
void file_trouble_note(struct file_trouble *t, const char *speaker, const char *path, int code);

/* The same for what many files have in common, and was said of all of them. */
void file_trouble_note_silently(struct file_trouble *t);

/* It went well. Logs that it is over, if there was trouble, and forgets it. */
void file_trouble_over(struct file_trouble *t, const char *speaker, const char *path);

/* Whether nobody is to wait for the file: it was said of it, or has lasted for half a minute. */
bool file_trouble_lasts(const struct file_trouble *t);

/* Whether it is time for the next try. */
bool file_trouble_may_try(const struct file_trouble *t);

#endif
