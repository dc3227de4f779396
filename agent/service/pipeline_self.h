/*
 * Inside of a pipeline. For the files of this folder only.
 *
 *   pipeline.c       from the configuration to instances that are wired together, and back
 *   pipeline_run.c   starting
 *   pipeline_stop.c  stopping, in order
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
#include "service/settle.h"
#include "service/standstill.h"

/* How the end is reached. */
struct stopping {
    pipeline_fn *over;
    void *owner;
    struct timer *timer;
    uint64_t until_ms;    /* Grace is over then */
    uint64_t stuck_at_ms; /* UINT64_MAX: the outputs have not let go */
    bool is_on, is_stuck;
    bool is_handed_over; /* another one takes over */
};

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
    struct settle settle;
    struct standstill standstill;
    struct pressure pressure;
    struct stopping stopping;
    bool is_started;
};

#endif
