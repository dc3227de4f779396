/*
 * The tag that a path makes.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_TAG_H
#define TAILRACE_PLUGINS_IN_TAIL_TAG_H

#include "plugin/plugin.h"

struct tail;
struct regex;

/* The tag for a path; free it with mem_free. */
char *tail_tag(const struct tail *tail, const char *path);

/* Warns of each <name> in `tag` that is no group of Tag_Regex. */
void tail_tag_check(const struct regex *regex, const char *tag, struct report *report,
                    struct place place);

#endif
