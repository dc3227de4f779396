/*
 * What a log group is made with: its class, its tags, its key, how long it keeps events. Checked at
 * start, constant after; any thread.
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_MAKING_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_MAKING_H

#include "plugin/plugin.h"

/* The service's limits. */
#define CW_TAGS_MAX 50
#define CW_TAG_KEY_BYTES_MAX 128
#define CW_TAG_VALUE_BYTES_MAX 256

struct cw_making {
    bool may_make_group;
    bool may_make_stream;
    int64_t retention_days;  /* 0: for ever */
    bool has_all_retentions; /* groups that are there already get it too, once */
    char *group_class;       /* NULL or empty: the service's default */
    char *kms_key;           /* an ARN; NULL: none */
    char *tags;              /* "key=value,key=value"; NULL: none */
    struct buffer tags_json; /* an object; empty: none */
};

/* Reports what the service would not take. */
MUST_USE int cw_making_init(struct cw_making *making, struct plugin_setup *setup);
void cw_making_fini(struct cw_making *making);

/* Appends to the body of CreateLogGroup what stands behind the name. */
void cw_making_write(const struct cw_making *making, struct buffer *out);

#endif
