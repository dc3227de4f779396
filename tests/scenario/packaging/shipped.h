/*
 * What is shipped in YAML, as tests look at it: the documents of a file, and the configurations in
 * them, started dry as the agent in the image would. Tests run in conf/, which has the parsers, as
 * /etc/tailrace and /fluent-bit/etc have.
 *
 * Nodes and their texts are lent until shipped_fini. What fails here fails the test.
 */
#ifndef TAILRACE_SCENARIO_SHIPPED_H
#define TAILRACE_SCENARIO_SHIPPED_H

#include "config/yaml_node.h"

void shipped_init(void);
void shipped_fini(void);

const struct yaml_node *shipped_documents(const char *path);

/* NULL, or "": there is no such member. */
const struct yaml_node *shipped_member(const struct yaml_node *map, const char *key);
const char *shipped_text(const struct yaml_node *map, const char *key);

/* What --dry-run does with the file of that path; `whose` is told when it fails. */
enum shipped_words { SHIPPED_NO_WORDS, SHIPPED_WARNINGS };
void shipped_understood(const char *path, enum shipped_words may, const char *whose);

#endif
