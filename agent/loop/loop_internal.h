/*
 * What the files of loop/ share; nobody else includes it.
 */
#ifndef TAILRACE_LOOP_LOOP_INTERNAL_H
#define TAILRACE_LOOP_LOOP_INTERNAL_H

#include "base/list.h"
#include "loop/loop.h"

#include <uv.h>

struct loop {
    uv_loop_t uv;
    uv_prepare_t fresh;  /* before each wait: the time that timers took has passed */
    uv_idle_t idle;      /* on while there is something in `soon` */
    struct list soon;    /* jobs that the loop does itself */
    bool is_timers_turn; /* a timer has fired, and its owner is at work */
    unsigned job_count;
    struct list faked; /* timers that go by the fake clock, the earliest first */
};

/* Fires what is due by the fake clock; whether anything was. */
bool timers_tell(struct loop *loop);

/* When the next timer is due by the fake clock; UINT64_MAX when none is on. */
uint64_t timers_next_ms(const struct loop *loop);

/* Frees what the handle is the first member of. */
void handle_closed(uv_handle_t *handle);

#endif
