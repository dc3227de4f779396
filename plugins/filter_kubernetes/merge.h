/*
 * Merge_Log: the fields that a line's text under "log" holds become fields of the record, behind its
 * own, or stand under Merge_Log_Key.
 *
 * What takes the text apart is the pod's parser, else Merge_Parser, else the text has to be one JSON
 * object, whose bytes are spliced in as they are. Where nothing does, the record stays as it is.
 *
 * Life     merge_init fills what the options left -> plans -> record, plain* -> merge_fini.
 * Thread   the loop. Pure.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_MERGE_H
#define TAILRACE_FILTER_KUBERNETES_MERGE_H

#include "plugin/plugin.h"

/* How the lines of some containers are merged. */
struct merge_plan {
    const struct parser *parser; /* NULL: JSON */
    struct plain_fold fold;      /* the short way, where can_fold */
    bool can_fold;
};

struct merge {
    bool is_on; /* these seven are options */
    char *parser_name;
    char *under_key;
    bool trims;
    bool keeps_log;
    int64_t members_max;    /* of an object that is merged; 0: any number */
    struct merge_plan plan; /* of pods that ask for no other */
    struct buffer under_json;
    struct parser_run run;
    uint64_t too_many; /* objects that had more */
};

/* Reports a Merge_Parser that is not there, and goes on without. */
void merge_init(struct merge *m, struct plugin_setup *setup);
void merge_fini(struct merge *m);

/* Of a pod that asks for this parser; NULL: for JSON. Lends `m`. */
void merge_plan_init(const struct merge *m, struct merge_plan *plan, const struct parser *parser);

void merge_record(struct merge *m, const struct merge_plan *plan, struct record *record,
                  struct json_scanner *json);

/* The same for a plain record. False: it has to be a record; nothing was done. */
MUST_USE bool merge_plain(struct merge *m, const struct merge_plan *plan,
                          struct plain_record *plain, struct json_scanner *json);

#endif
