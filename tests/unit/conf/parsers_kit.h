/*
 * The shipped parser files in tests: a line for every parser of a file, and what it makes of it.
 */
#ifndef TAILRACE_TESTS_UNIT_CONF_PARSERS_KIT_H
#define TAILRACE_TESTS_UNIT_CONF_PARSERS_KIT_H

#include "base/check.h"

struct sample {
    const char *parser;
    const char *line;
    const char *fields;
    int64_t time_s; /* 0: no time; -1: one of the current year */
};

/* 2026-11-21 08:18:54 UTC */
#define THEN 1795249134

/* The file loads without an error or a warning, every parser has a sample, and every sample is
 * read. The parsers stay until parsers_kit_fini. */
void expect_file(const char *path, const struct sample *samples, size_t count);

/* A parser of the file that was loaded refuses the line. */
void expect_refusal(const char *parser, const char *line);

/* How many multiline parsers the file has. */
size_t multiline_count(void);

void parsers_kit_fini(void);

#endif
