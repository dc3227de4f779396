/*
 * The options of the command line, in one visible table: for arguments.c alone.
 *
 * Thread   start-up only.
 */
#ifndef TAILRACE_CONFIG_FLAG_H
#define TAILRACE_CONFIG_FLAG_H

#include "config/arguments.h"

/* An option that was met: its value, where it takes one, and where it has its effect. */
struct flag_use {
    struct arguments *arguments;
    const char *value;
    struct report *report;
};

typedef void flag_fn(const struct flag_use *use);

struct flag {
    char letter; /* 0: it has only a name */
    const char *name;
    const char *value; /* what its value is called; NULL: it takes none */
    flag_fn *act;      /* or NULL, and then: */
    const char *key;   /* of the service */
    const char *set;   /* what is set; NULL: the value */
    const char *help;  /* NULL: not in the list */
};

/* Ends with an option without name. */
extern const struct flag flags[];

/* Does what the option says. */
void flag_obey(const struct flag *f, const struct flag_use *use);

/* Sets a key of the service. */
void arguments_service_set(struct arguments *a, const char *key, const char *value);

#endif
