/*
 * The YAML grammar: env, includes, service, pipeline, parsers and the rest, to the same tree as
 * the classic one.
 *
 * A key that begins in lower case and has no `_` may be written in camel case: memBufLimit is
 * mem_buf_limit. Nothing where a list should be is an empty list, with a warning (Fluent Bit
 * refuses it). Included files are YAML whatever their name, relative to the file that includes
 * them, and sorted by name where there is a `*`. An `env` value from a file is read once;
 * `refresh_interval` has no effect.
 *
 * Thread   the loop; start-up and reload only. Limits: those of config/files.h and yaml_node.h.
 */
#ifndef TAILRACE_CONFIG_YAML_H
#define TAILRACE_CONFIG_YAML_H

#include "config/reading.h"

/* A grammar_fn. */
void yaml_parse(struct reading *r, struct slice text, const char *file);

#endif
