/*
 * A map of YAML as a section of the tree: its keys, lists and groups, and what is wrong with them.
 * Life, thread and limits are those of the tree.
 */
#ifndef TAILRACE_CONFIG_YAML_SECTION_H
#define TAILRACE_CONFIG_YAML_SECTION_H

#include "config/reading.h"
#include "config/yaml_node.h"

/* Adds the section that a map describes. Mistakes go to the report, and what is right is kept. */
void yaml_section(struct reading *r, enum config_kind kind, const struct yaml_node *map);

/* The key as options have it, in the arena: memBufLimit is mem_buf_limit. What has a dot or begins
 * in upper case stays; what has a `_` is lower case. */
const char *yaml_key(struct arena *arena, const char *key);

#endif
