/*
 * An emitter takes records that a filter makes of its own accord, apart from the records that come by:
 * what it counted, for one. They go to the outputs that take their tag, and through no filter.
 *
 * To whoever looks at metrics it is an input, with a name, a limit and books.
 *
 * Life     emitter_new, once outputs are there -> (emitter_record, fill, emitter_push)* -> emitter_free,
 *          when no chunk has records of it any more.
 * Thread   the loop; not from within apply, whose record is the one that is lent here.
 * Limits   emitter_has_room says whether a record should be made; one that is made is taken. Nobody can
 *          read again what was made: what is not delivered when the agent ends is gone, and counted.
 */
#ifndef TAILRACE_CHUNK_EMITTER_H
#define TAILRACE_CHUNK_EMITTER_H

#include "base/budget.h"
#include "chunk/intake.h"
#include "metrics/metrics.h"

struct emitter;

/* Lent, and outlive the emitter; name and plugin are those of its metrics. */
struct emitter_place {
    struct intake *intake;
    struct metrics_book *book;
    struct budget *budget; /* the one above its own */
    const char *name;
    const char *plugin;
    uint64_t limit_bytes; /* what its records may hold; 0: what the budget above allows */
};

struct emitter *emitter_new(const struct emitter_place *place, struct slice tag);

/* Accepts NULL; leaves NULL. */
void emitter_free(struct emitter **emitter);

/* No more records come. */
void emitter_stop(struct emitter *emitter);

/* Whether any output takes its tag. */
bool emitter_is_wanted(const struct emitter *emitter);
bool emitter_has_room(struct emitter *emitter);

/* The record to fill, empty, of this instant. */
struct record *emitter_record(struct emitter *emitter, int64_t time_ns);

/* Takes that record. */
void emitter_push(struct emitter *emitter);

#endif
