/*
 * The variables of a configuration: what @SET and `env:` say, over the environment of the process.
 *
 * A process variable that is empty counts as unset. HOSTNAME is always known. The set values live
 * in the arena of the configuration.
 *
 * Thread   the loop; start-up and reload only.
 * Limits   ENV_FILE_BYTES_MAX bytes in a value that is read from a file.
 */
#ifndef TAILRACE_CONFIG_ENV_H
#define TAILRACE_CONFIG_ENV_H

#include "base/arena.h"
#include "base/map.h"
#include "base/report.h"

#define ENV_FILE_BYTES_MAX ((size_t)1024 * 1024)

struct env {
    struct map values; /* names to arena texts */
};

void env_fini(struct env *env);

/* A later value replaces an earlier one. "file://path" stands for what is in the file, without one
 * newline at its end. A negative code: the file cannot be read, and nothing is set. */
MUST_USE int env_set(struct env *env, struct arena *arena, struct slice name, struct slice value);

/* Lent until the name is set again; NULL where it is unset. */
const char *env_get(const struct env *env, const char *name);

/* The text with ${NAME} and ${NAME:-default} replaced, once, not again in what was put in. In the
 * arena; the text itself where it has none. An unset name is empty, with a warning. */
const char *env_expand(const struct env *env, struct arena *arena, const char *text,
                       struct place place, struct report *report);

#endif
