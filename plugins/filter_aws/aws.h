/*
 * The filter aws: what a record gets from the instance that the agent runs on. The members are encoded
 * once, when they are known, and every record refers to them (record/shared.h).
 *
 * Life     the options are bound -> aws_init -> aws_start -> records -> aws_fini.
 * Thread   the loop.
 */
#ifndef TAILRACE_FILTER_AWS_AWS_H
#define TAILRACE_FILTER_AWS_AWS_H

#include "plugins/filter_aws/instance.h"

/* How it is told to ask; bound by the table of options. */
struct aws_asking {
    int version; /* 0: 1, 1: 2 */
    int64_t retry_s;
    uint64_t wait_ms;
    struct text_list include, exclude; /* tags */
};

struct filter_aws {
    const char *component;
    struct aws_asking asking;
    struct facts_form form;
    struct instance *instance; /* NULL: it does not run, or wants nothing */
    struct instance_listener listener;
    struct list waiters;
    struct shared_object *block; /* NULL: records get nothing, so far */
    bool is_partial;             /* not everything has been answered */
    struct filter_metrics *metrics;
};

#endif
