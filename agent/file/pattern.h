/*
 * A pattern is a glob over paths, taken apart at its slashes, so that each part can be held against
 * the names in one directory.
 *
 * The wildcards are glob(7)'s: `*`, `?`, `[...]` and the backslash that takes their meaning away;
 * none of them matches a slash, nor a dot that begins a name. A leading `~` or `~user` is a home.
 *
 * Life     pattern_init -> pattern_fini. Plain, immutable in between.
 * Limits   PATH_MAX bytes.
 */
#ifndef TAILRACE_FILE_PATTERN_H
#define TAILRACE_FILE_PATTERN_H

#include "base/slice.h"

struct pattern_part {
    char *text;
    bool has_wildcard;
};

struct pattern {
    struct pattern_part *parts; /* at least one */
    uint16_t part_count;
    bool is_absolute;
};

/* UV_EINVAL: empty, or nothing but slashes. UV_ENAMETOOLONG. UV_ENOENT: nobody's home. */
MUST_USE int pattern_init(struct pattern *p, struct slice text);
void pattern_fini(struct pattern *p);

bool pattern_is_last(const struct pattern *p, unsigned part);

/* Whether a name, closed with NUL, is what the part means; and whether a path is what all of it does. */
bool pattern_matches(const struct pattern *p, unsigned part, const char *name);
bool pattern_matches_path(const struct pattern *p, const char *path);

#endif
