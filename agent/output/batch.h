/*
 * A batch is the part of a chunk that one request carries: the records that an output is not done
 * with yet, or half of them when the back-end found them too large together. Where a request has room
 * for some of them only, as it is for one stream of a service, encode holds the others, and they are
 * sent when these are done with.
 *
 * Life     deliver makes it, lends it to encode or write, and reads their marks after.
 * Thread   whoever encodes. The chunk below is sealed.
 */
#ifndef TAILRACE_OUTPUT_BATCH_H
#define TAILRACE_OUTPUT_BATCH_H

#include "chunk/reader.h"

/* A record's state in a delivery; one byte each, indexed as in the chunk. */
enum record_state {
    RECORD_WAITING,
    RECORD_DONE,    /* delivered, set aside or dropped */
    RECORD_SKIPPED, /* encode found no way to write it */
    RECORD_AS_TEXT, /* refused as it was; waits to be sent once more, as text */
    RECORD_REFUSED, /* not to be sent again; about to be set aside */
    RECORD_HELD,    /* not in this request; waits for one of the next */
};

/* The first text may meet another mistake than the record did: a field that it must not have. */
#define BATCH_TEXT_TRIES_MAX 3

/* What the back-end said of a record that it refused. */
struct refusal {
    char *reason; /* NULL: nothing, it was not refused */
    unsigned status;
    unsigned text_tries; /* how often it was to be sent as text since */
};

struct batch {
    const struct chunk *chunk;
    uint8_t *states; /* enum record_state, of the chunk's records; NULL: those from `first` on are
                      * waiting */
    uint32_t first;  /* in the chunk */
    uint32_t count;  /* from there on, those done already included */
    struct chunk_reader reader;
    uint32_t at; /* the next record's index in the chunk */
    uint64_t
        call_bytes; /* encode: what all records of the chunk come to, as the service counts them, for
                          * parcel_learn; 0: not said */
    bool
        has_none; /* encode: none of the records is in the request, which asks for what they need */
    struct refusal *refusals; /* of the chunk's records; NULL: none was refused */
    void *
        note; /* encode's, for judge (verdicts.note) and for the next encode: one piece of base/memory's,
                 * freed with the batch; NULL: none */
};

/* The states, made now if nobody needed them before. They are the batch's. */
uint8_t *batch_states(struct batch *batch);
/* Before the chunk goes. */
void batch_fini(struct batch *batch);

/* From the first record again; what was held waits as the others do. */
void batch_rewind(struct batch *batch);

/* The next waiting record; false after the last. */
bool batch_next(struct batch *batch, struct chunk_record *record);

/* Why the record that batch_next gave last was refused: it is to be sent as text. NULL: it was not. */
static inline const char *batch_refusal(const struct batch *batch)
{
    return LIKELY(batch->refusals == NULL) ? NULL : batch->refusals[batch->at - 1].reason;
}

/* The record of this index in the chunk was refused. Where it may go as text, and this is not what
 * was said before, it waits as text, and true is returned; encode then sees all that was said. Else
 * it is refused for good. The reason is taken. */
bool batch_refuse(struct batch *batch, uint32_t index, struct refusal refusal, bool may_be_text);

/* The record that batch_next gave last has no place in the body. */
void batch_skip(struct batch *batch);

/* Likewise the record of this index in the chunk, for this reason. */
void batch_skip_at(struct batch *batch, uint32_t index, const char *why);

/* The waiting record of this index in the chunk is not in this request. Not what waits as text. */
void batch_hold(struct batch *batch, uint32_t index);

/* What was held waits again. Whether anything was. */
bool batch_release(struct batch *batch);

/* How many records are waiting in it, as they are or as text, and are not held. */
uint32_t batch_waiting(const struct batch *batch);

/* Cuts it off behind so many waiting records. */
void batch_narrow(struct batch *batch, uint32_t waiting_count);

#endif
