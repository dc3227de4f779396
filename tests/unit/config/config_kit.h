/*
 * What the tests of the configuration share: one config, one report, one directory of files.
 *
 * kit_set_up and kit_tear_down are a checked fixture. The directory is made when it is first
 * needed and goes with its files in the end.
 */
#ifndef TAILRACE_TESTS_CONFIG_KIT_H
#define TAILRACE_TESTS_CONFIG_KIT_H

#include "config/reading.h"

#include <check.h>

struct kit {
    struct config *config;
    struct report report;
    char directory[64];
};

extern struct kit kit;

void kit_set_up(void);
void kit_tear_down(void);

/* Writes a file into the directory and returns its path, good until the next but three. */
const char *kit_write(const char *name, const char *text);
const char *kit_path(const char *name);

/* Reads a text as if it stood in a file "main" in the directory. */
void kit_parse(grammar_fn *grammar, const char *text);

/* The same, and nothing may be wrong with it. */
void kit_parse_well(grammar_fn *grammar, const char *text);

bool kit_report_says(const char *text);
void kit_expect_error(const char *text);
void kit_expect_warning(const char *text);

/* The section of a kind at an index, which must be there. */
struct section *kit_section(enum config_kind kind, size_t index);
void kit_expect(const struct section *s, const char *key, const char *value);

#endif
