/*
 * The command line: what it asks for, and the part of a configuration that it holds.
 *
 *     rc = arguments_parse(&a, argv, &report);
 *     rc = arguments_config(&a, &report, &config);
 *
 * The options are Fluent Bit's, in short and long form, parsed by hand from one visible table
 * (<getopt.h> has a struct option of its own). They are read from left to right: -p, -t and -m
 * belong to the -i, -F or -o before them. What is a key of the service becomes one, and wins over
 * the file's.
 *
 * Life     arguments_parse fills a zeroed struct -> arguments_config -> arguments_fini. The argv is
 *          lent and outlives it.
 * Thread   start-up only.
 * Limits   ARGUMENT_FILES_MAX files of parsers.
 */
#ifndef TAILRACE_CONFIG_ARGUMENTS_H
#define TAILRACE_CONFIG_ARGUMENTS_H

#include "config/tree.h"

#define ARGUMENT_FILES_MAX 64

enum arguments_task {
    TASK_RUN,
    TASK_DRY_RUN,     /* look for mistakes, say them all, end */
    TASK_HELP,        /* general, or of the plugin in `last` */
    TASK_VERSION,     /* print what this is */
    TASK_SCHEMA,      /* print all plugins with their options as JSON */
    TASK_SUPPORT_INFO /* print what helps to help: version, machine, configuration */
};

struct arguments {
    enum arguments_task task;
    const char *config_path; /* NULL: not given */
    const char *workdir;
    const char *parsers_files[ARGUMENT_FILES_MAX];
    size_t parsers_file_count;
    unsigned verbosity;
    bool is_quiet;
    struct config *config; /* the sections that arguments made */
    struct section *last;  /* the one that -p, -t and -m speak of */
};

/* `argv` begins with the program's name and ends with NULL. -EINVAL when the report got an error.
 * Stops at what prints and ends: -h, -V and -J. */
MUST_USE int arguments_parse(struct arguments *a, char *const *argv, struct report *report);
void arguments_fini(struct arguments *a);

/* The configuration: the file's, if one was given, and what the arguments say. Always gives a
 * tree, for config_free. -EINVAL when the report got an error. */
MUST_USE int arguments_config(const struct arguments *a, struct report *report,
                              struct config **config_out);

/* The first of `paths`, which ends with NULL, that can be read; NULL where none can. */
const char *arguments_default_path(const char *const *paths);

/* The general help: fits a screen. */
void arguments_help(const char *program, struct buffer *out);

#endif
