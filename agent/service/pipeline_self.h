/*
 * Inside of a pipeline. For the files of this folder only.
 *
 *   pipeline.c       from the configuration to instances that are wired together, and back
 *   pipeline_run.c   starting, and stopping in order
 *   pipeline_look.c  what is shown of it
 */
#ifndef TAILRACE_SERVICE_PIPELINE_SELF_H
#define TAILRACE_SERVICE_PIPELINE_SELF_H

#include "file/held.h"
#include "filter/chain.h"
#include "filter/route.h"
#include "service/instance.h"
#include "service/lanes.h"
#include "service/letters.h"
#include "service/pipeline.h"
#include "service/pressure.h"
#include "service/progress.h"

struct pipeline {
    struct loop *loop;
    struct service_keys service;
    struct budget memory;
    struct held_book held;
    struct metrics_book book;
    struct parser_book *parsers;
    struct multiline_book *multilines;
    struct filter_chain *chain;
    struct route_table *routes;
    struct intake *intake;
    struct input_instance *inputs;
    struct filter_instance *filters; /* those of inputs first */
    struct output_instance *outputs;
    struct letter_store *letters; /* NULL: refused records are counted only */
    struct letter_sink *sink;     /* that of the letters, or whoever replays some */
    struct lane_driver *lanes;
    size_t input_count, filter_count, output_count;
    size_t started_output_count; /* the first of them */
    pipeline_fn *exit_wanted;
    void *exit_owner;
    pipeline_fn *stopped;
    void *stop_owner;
    struct timer *settle_timer;   /* on while memory was in use lately */
    bool was_stirred;             /* since it fired last */
    bool was_loaded;              /* much memory was, since it was given back */
    struct timer *progress_timer; /* NULL: nobody asks */
    struct progress progress;
    struct pressure pressure;
    struct timer *drain_timer;
    uint64_t drain_until_ms;
    uint64_t stuck_at_ms; /* UINT64_MAX: the outputs have not let go */
    bool is_started, is_stopping, is_stuck;
    bool is_handed_over; /* another one takes over */
};

#endif
