/*
 * A parcel is a chunk of one destination, as long as one call to it: for outputs whose calls carry one
 * destination each, as a stream of a service is one.
 *
 * An output says which destination a record goes to and how much a call takes, in the service's
 * own bytes. How many of those a chunk's bytes come to is learnt from the calls that were made of
 * an origin's records before; for an origin of which nothing was sent yet, from the last call of
 * any. So a chunk makes one call, filled to PARCEL_FILL_PERCENT of what that takes, and what waits
 * for its destination shares the next one however it came. It goes when it is full or as old as
 * Flush says; but while its output has others waiting it stays open for what comes, as it could
 * not be sent anyway.
 *
 * Where records go to outputs besides that want no parcels, those are full chunks to them, and what
 * was not filled in time goes together: up to PARCELS_TOGETHER_MAX parcels, each in one piece, in one
 * chunk as long as theirs are. So in one flush both make as few calls as they would alone; and of a back-log,
 * where an output that falls behind is read for alone, as far as there is memory for a call
 * (ack/lane.h).
 *
 * Nothing depends on it but the number of calls: whoever makes them looks where each record goes.
 *
 * Life     all zero -> parcels_want* -> parcels_open -> parcels_remove, before it is sealed ->
 *          parcels_fini, when none is open.
 * Thread   the loop.
 * Limits   PARCEL_BYTES_MAX of one chunk, whose room the budget holds (room.c); PARCELS_TOGETHER_MAX; of
 *          all that are open together, parcels_next_to_go.
 */
#ifndef TAILRACE_CHUNK_PARCEL_H
#define TAILRACE_CHUNK_PARCEL_H

#include "base/map.h"
#include "chunk/chunk.h"
#include "record/accessor_eval.h"

/* A call that is a little too full is two calls. */
#define PARCEL_FILL_PERCENT 99

#define PARCEL_BYTES_MAX ((size_t)2 << 20)

/* Of one chunk: for each of them its records are gone through once. */
#define PARCELS_TOGETHER_MAX 64

/* How often one that was kept, as its output is behind, is looked at again. */
#define PARCEL_LOOK_MS 100

/* What a thousand bytes come to is held to be no less and no more than so many bytes. */
#define PARCEL_PERMILLE_MIN 100
#define PARCEL_PERMILLE_MAX 20000

/* What an output wants. */
struct parcel_kind {
    /* The same number for the same destination of a record; what is rendered on the way is left in
     * the scope's arena. */
    uint64_t (*destination)(const void *self, const struct accessor_scope *scope);
    uint32_t call_bytes;
    uint32_t call_records;
};

/* The same for one instance of it. */
struct parcel_rule {
    const struct parcel_kind *kind; /* NULL: it wants none */
    const void *self;
    uint32_t permille;                    /* learnt last; 0: nothing was */
    const struct chunk *roomy;            /* that is open and has all its room; NULL: none */
    bool (*is_behind)(const void *owner); /* others wait already: one more need not; NULL: never */
    const void *owner;
};

struct parcels {
    struct parcel_rule *rules[WINDOW_OUTPUTS_MAX]; /* lent; NULL: that output wants none */
    output_set wanting;
    struct chunk **items; /* that are open, in no order */
    uint32_t count, capacity;
    struct map by_key;
};

/* How full a chunk may get that begins with records of this origin. */
struct chunk_aims parcel_aims(const struct parcel_rule *rule, const struct origin *origin);

/* How many bytes are held for a chunk that makes a full call, as far as one can tell, and for what others
 * of its destinations have begun; of an output that wants none for a chunk. */
uint64_t parcel_call_holds(const struct parcel_rule *rule);

/* All records of the chunk come to so many of the service's bytes. */
void parcel_learn(struct chunk *chunk, uint64_t call_bytes);

/* How many bytes of the origin's source may still go into the parcel that its newest record is in, as
 * far as one can tell; SIZE_MAX where it is in none that is open. */
size_t parcel_room(const struct origin *origin);

/* This output wants them. */
void parcels_want(struct parcels *p, unsigned output, struct parcel_rule *rule);

/* Whether what goes to these outputs goes in parcels: one of them wants it. */
static inline bool parcels_are_for(const struct parcels *p, output_set outputs)
{
    return (outputs & p->wanting) != 0;
}

/* Whether one that is not full, as this one, goes with others in a chunk: not all of its outputs want
 * parcels, and it is not most of a chunk already. */
bool parcel_may_join(const struct parcels *p, const struct chunk *chunk);

/* Whether it goes with those that the other chunk has. */
bool parcel_fits(const struct chunk *together, const struct chunk *chunk);

/* The one that the origin's newest record is in, where it goes on with that. Records of one origin and
 * tag nearly always have one destination: it is not asked for again while the parcel is open. */
struct chunk *parcels_again(const struct origin *origin, struct slice tag, output_set outputs);

/* The one that is open for the record, or is opened now. */
struct chunk *parcels_open(struct parcels *p, struct origin *origin, output_set outputs,
                           const struct accessor_scope *scope);

/* The same for a plain record under its origin's tag. */
struct chunk *parcels_open_plain(struct parcels *p, struct origin *origin, output_set outputs,
                                 const struct plain_record *plain);

void parcels_remove(struct parcels *p, struct chunk *chunk);
void parcels_fini(struct parcels *p);

/* What is to be done about the open ones when Flush is over for the oldest. */
struct parcel_flush {
    uint64_t now_ms, flush_ms;
    output_set behind; /* as it was before any of them went */
};

/* The outputs that have others waiting. */
output_set parcels_behind(const struct parcels *p);

/* Whether it goes: it has waited for half of Flush at least, so that what is young waits for more, and
 * not all of its outputs have others waiting. */
bool parcel_is_due(const struct chunk *chunk, struct parcel_flush flush);

/* In how many ms to look again; 0: none is open. */
uint64_t parcels_look_ms(const struct parcels *p, struct parcel_flush flush);

/* How much those that go to none but these outputs may have, and hold with what they have room for. */
struct parcels_most {
    output_set lane;
    uint64_t bytes, held_bytes;
};

/* The one of them that is to be sealed before it is full; NULL: they have no more. The largest stays, as
 * long as it alone has less: it will be full soonest. */
struct chunk *parcels_next_to_go(const struct parcels *p, struct parcels_most most);

#endif
