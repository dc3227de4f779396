/*
 * YAML text as a tree of nodes, before anybody asks what it means.
 *
 * Life     the nodes and their texts live in the caller's arena.
 * Limits   YAML_DEPTH_MAX levels. Anchors, aliases and merge keys are refused: a configuration is
 *          read by people, and by Fluent Bit, which refuses them too.
 */
#ifndef TAILRACE_CONFIG_YAML_NODE_H
#define TAILRACE_CONFIG_YAML_NODE_H

#include "base/arena.h"
#include "base/report.h"
#include "plugin/option.h"

#define YAML_DEPTH_MAX 32

enum yaml_shape {
    YAML_SCALAR,
    YAML_LIST,
    YAML_MAP,
};

struct yaml_node {
    enum yaml_shape shape;
    struct place place;      /* of the value; of the key where it is in a map */
    const char *key;         /* in a map */
    const char *text;        /* of a scalar */
    enum property_type type; /* of a scalar; what is quoted is text */
    struct yaml_node *first; /* of a list or a map */
    struct yaml_node *next;  /* in the list or map around, or the next document */
};

/* The documents of a text, in order; NULL where there are none. What stands before a mistake is
 * kept, and the mistake goes to the report. `file` is lent to the places. */
struct yaml_node *yaml_nodes(struct arena *arena, struct slice text, const char *file,
                             struct report *report);

#endif
