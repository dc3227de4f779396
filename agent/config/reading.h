/*
 * What both grammars need while they read: where sections go, which files were read already, and
 * where mistakes are told. A plain value on the caller's stack.
 */
#ifndef TAILRACE_CONFIG_READING_H
#define TAILRACE_CONFIG_READING_H

#include "config/files.h"
#include "config/tree.h"

struct reading {
    struct config *config;
    struct files files;
    struct report *report;
};

/* A grammar: turns a text into sections. `file` is for places and relative names, and is copied;
 * the text may go when this returns. Every mistake goes to the report. */
typedef void grammar_fn(struct reading *r, struct slice text, const char *file);

/* Reads one file and gives it to a grammar; `from` is where it was asked for. */
void reading_file(struct reading *r, grammar_fn *grammar, const char *path, struct place from);

/* The same for all files that match, sorted by name. */
void reading_glob(struct reading *r, grammar_fn *grammar, const char *pattern, struct place from);

#endif
