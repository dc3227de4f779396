/*
 * What has arrived: which numbers, how often, and under which ids. A number names a line of a file:
 * file * 100000000 + line, lines from 0.
 *
 * Life     all zero -> mark* -> the end of the process. Limits: SEEN_FILES_MAX files.
 */
#ifndef TAILRACE_BENCH_SEEN_H
#define TAILRACE_BENCH_SEEN_H

#include "base/map.h"

#define SEEN_FILES_MAX 200000
#define SEEN_FILE_NUMBERS UINT64_C(100000000)

struct seen_file {
    uint8_t *bits;
    uint64_t bit_count;
    uint64_t line_count; /* the highest line that arrived, and one */
    uint64_t unique_count;
};

struct seen {
    struct seen_file files[SEEN_FILES_MAX];
    struct map ids;
    uint64_t unique_count;
    uint64_t duplicate_count;
    uint64_t unnumbered_count;
};

/* Finds each `"sequence_id":N` in a document, escaped or not, and marks it; a document without one
 * is counted as unnumbered. */
void seen_document(struct seen *s, struct slice document);

/* The first such number; false where there is none. Is_plain: it stands as a member of the document,
 * not in a text. */
bool seen_find(struct slice document, uint64_t *number_out, bool *is_plain_out);

/* False where the id has been stored before. */
bool seen_store_id(struct seen *s, struct slice id);

/* Numbers below the highest of their file that have not arrived. */
uint64_t seen_gap_count(const struct seen *s);

/* The first of those at or after *number; false where there is none. */
bool seen_next_gap(const struct seen *s, uint64_t *number);

#endif
