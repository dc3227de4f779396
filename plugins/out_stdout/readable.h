/*
 * The form of records that people read in a terminal, a line each:
 *
 *     22:13:20.123  web-7c9  GET /cart took long  level=warn took_ms=1203 kubernetes.pod_name=web-7c9
 *
 * that is the time in UTC, the tag without what all tags have, the message, and the other fields,
 * maps taken apart. Control characters are shown, never sent to the terminal.
 */
#ifndef TAILRACE_OUT_STDOUT_READABLE_H
#define TAILRACE_OUT_STDOUT_READABLE_H

#include "plugin/plugin.h"

struct readable {
    bool has_colour;
    struct time_text time;
    struct arena scratch; /* empty between records */
    struct buffer name;   /* of the field being written */
};

/* All zero but for has_colour is ready for use. */
void readable_fini(struct readable *r);

void readable_record(struct readable *r, const struct chunk_record *record, struct buffer *out);

#endif
