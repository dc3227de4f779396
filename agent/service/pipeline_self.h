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

/* What records may take, in memory and on the disk. */
struct pipeline_room {
    struct budget memory;
    struct pressure pressure;
    struct held_book held;
};

/* The sections of the configuration, made. */
struct pipeline_made {
    struct input_instance *inputs;
    struct filter_instance *filters; /* those of inputs first */
    struct output_instance *outputs;
    size_t input_count, filter_count, output_count;
    size_t started_output_count; /* the first of them */
    bool is_started;
};

/* What a record goes through between input and output. */
struct pipeline_path {
    struct parser_book *parsers;
    struct multiline_book *multilines;
    struct filter_chain *chain;
    struct route_table *routes;
    struct intake *intake;
};

/* Where refused records go. */
struct pipeline_refused {
    struct letter_store *letters; /* NULL: they are counted only */
    struct letter_sink *sink;     /* that of the letters, or whoever replays some */
};

/* Who is told that the agent may exit. */
struct pipeline_exit {
    pipeline_fn *wanted;
    void *owner;
    size_t awaited_count; /* inputs that come to an end, and have not yet */
};

struct pipeline {
    struct loop *loop;
    struct service_keys service;
    struct metrics_book book;
    struct pipeline_room room;
    struct pipeline_made made;
    struct pipeline_path path;
    struct pipeline_refused refused;
    struct pipeline_exit exit;
    struct lane_driver *lanes;
    struct settle settle;
    struct standstill standstill;
    struct stopping stopping;
};

#endif
