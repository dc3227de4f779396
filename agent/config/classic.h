/*
 * The classic grammar: [SECTION], then indented "Key value" lines.
 *
 * It takes what Fluent Bit takes, and warns where Fluent Bit would refuse: indentation that
 * changes, a tab behind a key, sections without a value that anybody reads. Files of an @INCLUDE
 * with `*` are read sorted by name (Fluent Bit: in the order of the directory).
 *
 * @SET counts for the whole configuration wherever it stands, so values keep their ${NAME} here;
 * config/load.h puts them in when all files are read.
 *
 * Thread   the loop; start-up and reload only. Limits: those of config/files.h.
 */
#ifndef TAILRACE_CONFIG_CLASSIC_H
#define TAILRACE_CONFIG_CLASSIC_H

#include "config/reading.h"

/* A grammar_fn. */
void classic_parse(struct reading *r, struct slice text, const char *file);

#endif
