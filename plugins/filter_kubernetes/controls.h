/*
 * What a pod's annotations ask for: which parser takes its lines, which of them are left out; and, of
 * our own, which of them belong together and how fast they may come (wishes.h).
 *
 *   fluentbit.io/parser[_stdout|_stderr][-CONTAINER]    the name of a parser
 *   fluentbit.io/exclude[_stdout|_stderr][-CONTAINER]   a boolean
 *   tailrace.io/multiline[_stdout|_stderr][-CONTAINER]  the name of a multiline parser
 *   tailrace.io/rate-limit[-CONTAINER]                  lines or bytes a second
 *
 * One for a container wins over one for all, and then one for a stream over one for both.
 *
 * Pure. Values are lent by the pod.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_CONTROLS_H
#define TAILRACE_FILTER_KUBERNETES_CONTROLS_H

#include "plugins/filter_kubernetes/pods.h"

enum control_stream {
    CONTROL_STDOUT,
    CONTROL_STDERR,
    CONTROL_STREAMS,
};

struct controls {
    struct slice parser[CONTROL_STREAMS]; /* empty: none */
    bool is_excluded[CONTROL_STREAMS];
    struct slice multiline[CONTROL_STREAMS]; /* empty: none */
    struct slice rate;                       /* the same */
    bool has_rate_of_stream;                 /* which there cannot be */
};

/* How a source is told which annotations are wanted in any case; ends with NULL. */
extern const char *const control_prefixes[];

/* Of a container of that name. `arena` is for values with escapes. */
struct controls controls_read(struct slice annotations, struct slice container,
                              struct arena *arena);

#endif
