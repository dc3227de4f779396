/*
 * One JSON value that was read, as records: an object is one, [time, object] and
 * [[time, metadata], object] are one with a time of its own, an array of objects is one for each.
 *
 * Pure. Everything is lent by the text.
 */
#ifndef TAILRACE_IN_STDIN_EVENT_H
#define TAILRACE_IN_STDIN_EVENT_H

#include "plugin/plugin.h"

struct event {
    int64_t time_ns;
    bool has_time;
    struct slice metadata; /* an object's text, or empty */
    struct slice body;     /* an object's text */
};

/* The events of one value; start with it all zero but for `rest`, the value's checked text. */
struct event_walk {
    struct slice rest;
    bool is_inside; /* of an array */
};

/* True with the next event. False at the end; *is_odd says whether something was no event. */
bool event_next(struct event_walk *walk, struct event *event, bool *is_odd);

/* Seconds since 1970, a JSON number with up to nine digits of fraction that count. -EINVAL. */
MUST_USE int event_time(struct slice number, int64_t *time_ns_out);

#endif
