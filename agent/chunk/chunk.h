/*
 * A chunk is records of many origins that go to the same outputs, in msgpack, sealed by size or
 * age and never changed after. It also says which bytes of which origin each run of records came
 * from, so that an ack finds its way back.
 *
 * Life     chunk_open -> chunk_append* -> sealed -> delivered to each output of its route ->
 *          the last chunk_unref frees it.
 * Thread   the loop until it is sealed; then anybody may read, the loop alone refs and unrefs.
 * Limits   CHUNK_BYTES_AIM, which one record larger than that exceeds. That bounds the runs too.
 *          CHUNK_RENDERED_AIM, likewise, with what its records share counted once for each of them;
 *          CHUNK_PACKED_AIM where that is compressed as it is written.
 *          A parcel has other aims (parcel.h).
 *
 * A record in a chunk:
 *
 *   record   := array(3) head fields metadata
 *   head     := ext8 'H' 32 bytes, little endian: time_ns i64, offset u64, initials u64,
 *               field count u32, bytes of the fields u32
 *   fields   := map (key value)*
 *   key      := str | nil, where the value is spliced in
 *   value    := any msgpack | ext 'J' JSON text of one value
 *                           | ext 'M' JSON text of an object, its members spliced in
 *                           | ext 'S' the address of a shared object, its members spliced in; the
 *                             chunk refers to it. Never inside of a value
 *   metadata := nil | ext 'J' JSON object
 *
 * Every text in a sealed chunk is padded (record/copy.h).
 *
 * JSON text in a chunk was checked and needs no repair; str values are bytes as read.
 */
#ifndef TAILRACE_CHUNK_CHUNK_H
#define TAILRACE_CHUNK_CHUNK_H

#include "ack/origin.h"
#include "base/buffer.h"
#include "base/list.h"
#include "record/plain.h"
#include "record/shared.h"

/* Half a mebibyte: requests of about two thousand documents. Twice as much cost the same CPU and
 * four megabytes more memory, half as much cost more requests. */
#define CHUNK_BYTES_AIM ((size_t)1 << 19)

/* So that a body of documents stays as long as it is without. */
#define CHUNK_RENDERED_AIM (CHUNK_BYTES_AIM + CHUNK_BYTES_AIM / 4)

/* The same where all outputs compress it as it is written: 3,062 requests became 1,332, for 2,000,000
 * lines with labels, and 2.2 CPU seconds 1.9. Sent as it is it took more CPU, not less: what waits in
 * the socket is no longer in the processor's cache. */
#define CHUNK_PACKED_AIM (CHUNK_BYTES_AIM * 4)

/* What stands before the fields of a record, so that a reader finds its end without a walk. */
struct chunk_head {
    int64_t time_ns;
    uint64_t offset;   /* the record's place; RECORD_NO_OFFSET where it has none */
    uint64_t initials; /* json_initial() of all its keys, or-ed */
    uint32_t field_count;
    uint32_t fields_bytes; /* without the map's own head */
};
_Static_assert(sizeof(struct chunk_head) == 32, "heads are read back by copying");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "heads are little endian");

#define CHUNK_EXT_HEAD 'H'
#define CHUNK_EXT_JSON 'J'
#define CHUNK_EXT_MEMBERS 'M'
#define CHUNK_EXT_SHARED 'S'

/* What stands before a head: array(3), ext8 of 32 bytes, CHUNK_EXT_HEAD. */
#define CHUNK_RECORD_BEGIN "\x93\xc7\x20H"
#define CHUNK_HEAD_AT 4

/* A chunk that outgrows this will most likely be full. */
#define CHUNK_BYTES_SMALL ((size_t)64 << 10)

struct chunk_run {
    struct origin *origin; /* a reference */
    struct budget *budget; /* the origin's, when the run began */
    struct slice tag;      /* the origin's, or the chunk's own copy when a filter renamed it */
    uint64_t span;         /* in the origin's window */
    uint64_t source_bytes; /* of the input that the records came from */
    size_t memory_bytes;   /* taken from the budget */
    uint32_t record_count;
};

/* What the chunk's records refer to; one may be there several times. */
struct chunk_shared {
    struct shared_object **objects; /* a reference each */
    uint32_t count;
    uint32_t capacity;
    uint64_t rendered_bytes; /* of them, once for each record */
};

/* Where it is full. */
struct chunk_aims {
    size_t bytes;
    uint64_t rendered; /* with what its records share counted once for each of them */
    uint32_t records;
};

/* Of a chunk of one destination (chunk/parcel.h). */
struct chunk_parcel {
    struct parcel_rule *rule; /* NULL: it is none. Of one of its outputs */
    uint64_t destination, flags;
    uint32_t place;  /* among those that are open */
    uint32_t joined; /* so many have been put into this chunk (chunk_join) */
};

/* What it has room for while it is open. */
struct chunk_room {
    size_t look_at;     /* behind this length it is looked at again */
    bool is_full;       /* as much as it will need */
    size_t ahead_bytes; /* of a parcel: that no record has filled, when it was looked at; the first
                         * run's budget holds them */
};

struct chunk {
    struct list link; /* all that live */
    uint32_t refs;
    uint32_t record_count;
    output_set outputs; /* where it goes */
    uint64_t opened_ms;
    int64_t created_wall_ns;
    struct buffer bytes;
    struct chunk_run *runs;
    uint32_t run_count;
    uint32_t run_capacity;
    struct chunk_shared shared;
    struct chunk_aims aims;
    struct chunk_parcel parcel;
    struct arena arena; /* tags that are the chunk's own */
    struct chunk_room room;
    bool is_sealed;
    bool can_repeat; /* as all its origins were then; true while there are none */
    bool can_leave;
};

struct parcel_rule;

/* One reference. `outputs` is not empty. */
struct chunk *chunk_open(output_set outputs);

/* All its outputs compress: its records may share up to CHUNK_PACKED_AIM. Before the first record. */
void chunk_allow_packed(struct chunk *chunk);

/* Makes room for a full chunk at once, of about so many bytes. Growing to where a chunk does so by
 * itself copies 190 KiB. */
void chunk_make_full_room(struct chunk *chunk, size_t bytes);

/* It has outgrown room.look_at. */
void chunk_room_look(struct chunk *chunk);

/* Nothing more comes: no room is held for it ahead. */
void chunk_room_end(struct chunk *chunk);

/* What it takes from budgets. */
static inline size_t chunk_held_bytes(const struct chunk *chunk)
{
    return chunk->bytes.len + chunk->room.ahead_bytes;
}

struct chunk *chunk_ref(struct chunk *chunk);
void chunk_unref(struct chunk **chunk);

/* Lends every chunk that lives. */
void chunks_each(void (*see)(void *owner, const struct chunk *chunk), void *owner);

/* Whether they can be repeated is asked anew of the origins of all that live. */
void chunks_ask_again(void);

/* Copies the record. It came from `origin`, under `tag`; `end` is where its bytes end there.
 * Fields of one name must be gone already (record_drop_doubles). */
void chunk_append(struct chunk *chunk, struct origin *origin, struct slice tag,
                  const struct record *record, uint64_t end);

/* The same for a plain record, under the origin's tag. No two of its keys are one. */
void chunk_append_plain(struct chunk *chunk, struct origin *origin,
                        const struct plain_record *plain, uint64_t end);

/* For those who put records in otherwise (chunk.c, join.c): a run behind the others, whose tag is kept
 * where it is not its origin's own; and what its records share, a reference that the chunk takes over. */
struct chunk_run *chunk_run_put(struct chunk *chunk, const struct chunk_run *run);
void chunk_shared_put(struct chunk *chunk, struct shared_object *object);

/* Whether all that the other one has goes in here too, and leaves it no fuller than it may get. */
bool chunk_has_room_for(const struct chunk *chunk, const struct chunk *other);

/* Takes all records of the other one, in their order behind those that are here, and frees it. Both go
 * to the same outputs; neither is sealed. */
void chunk_join(struct chunk *chunk, struct chunk **other);

/* Whether the next record should go into another chunk. */
bool chunk_is_full(const struct chunk *chunk);

void chunk_seal(struct chunk *chunk);

/* Whether every record can be had again from where it came, as things are now. */
bool chunk_can_repeat(const struct chunk *chunk);

/* Whether one output may let go of it now: each of its origins is read again then. */
bool chunk_can_leave(const struct chunk *chunk);

/* One output lets go of it: each origin is told. Loop. */
void chunk_leave(struct chunk *chunk, unsigned output);

/* One output is done with all of it: settles each run's span. Loop. */
void chunk_settle(struct chunk *chunk, unsigned output);

#endif
