/*
 * What a section line of the classic grammar means: [INPUT] and [INPUTS], or any beginning of a name,
 * as Fluent Bit takes it.
 *
 * Pure; the table is constant.
 */
#ifndef TAILRACE_CONFIG_KINDS_H
#define TAILRACE_CONFIG_KINDS_H

#include "config/tree.h"

struct kind_name {
    const char *name;
    enum config_kind kind;
    bool may_be_short; /* any beginning of it means it too */
};

/* The kind that a name, or the beginning of one, in any case, means; NULL: none. */
const struct kind_name *kind_find(struct slice name);

/* The name that is spelt most like this one; NULL: none is. */
const char *kind_nearest(const char *name);

#endif
