/*
 * Makes an open SQLite file ready: pragmas, tables, columns that older versions lack. Only
 * checkpoint/ includes it. Results are SQLite's codes.
 */
#ifndef TAILRACE_CHECKPOINT_SCHEMA_H
#define TAILRACE_CHECKPOINT_SCHEMA_H

#include "base/check.h"

struct sqlite3;
struct positions_config;

enum schema_verdict {
    SCHEMA_READY,
    SCHEMA_FAILED, /* `code` says how */
    SCHEMA_DAMAGED,
    SCHEMA_NEWER,   /* a later version of ours made it */
    SCHEMA_FOREIGN, /* in_tail_files is there, and not as Fluent Bit makes it */
};

struct schema_result {
    enum schema_verdict verdict;
    int code;
};

struct schema_result schema_prepare(struct sqlite3 *db, const struct positions_config *config);

/* Whether these are words that the pragmas know; NULL is. */
bool schema_knows_sync(const char *word);
bool schema_knows_journal_mode(const char *word);

#endif
