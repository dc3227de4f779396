/*
 * A configuration from its files: the main file, what it includes, and the files that its service
 * names.
 *
 *     rc = config_load(path, &report, &config);
 *     ... bind what is in the tree, and let that add its mistakes to the report ...
 *     report_print(&report);
 *
 * The grammar goes by the name: .yaml and .yml are YAML, everything else is classic. When the main
 * file is read, variables are put in and then Parsers_File, Plugins_File and Streams_File are
 * read, each name first as it is and then beside the main file.
 *
 * Nothing stops at the first mistake: all go to the report, and the tree holds what is right, so
 * that it can be looked through for more.
 *
 * Thread   the loop; start-up and reload only.
 */
#ifndef TAILRACE_CONFIG_LOAD_H
#define TAILRACE_CONFIG_LOAD_H

#include "config/tree.h"

/* Always gives a tree, however incomplete, for config_free. -EINVAL when the report got an error. */
MUST_USE int config_load(const char *path, struct report *report, struct config **config_out);

/* What config_load does when the main file is read, for a tree that was built from arguments. */
MUST_USE int config_complete(struct config *c, struct report *report);

/* Reads the upstream that an output names which was added since, as `-o` does. */
void config_load_upstream(struct config *c, struct section *output, struct report *report);

/* Adds the parsers of one more file, as `-R` asks for. */
MUST_USE int config_load_parsers(struct config *c, const char *path, struct place from,
                                 struct report *report);

#endif
