/*
 * A record is an instant and an ordered list of fields: one log line on its way from the input
 * through the filter chain into a chunk.
 *
 * A field's value is what the input found, unpacked no further than somebody asked for: text as
 * read, JSON text not yet taken apart, msgpack. A body that was checked to be a JSON object lies
 * in the record as ONE field without a key, VALUE_MEMBERS: its members stand at that place of the
 * record as if each were a field. record_unfold makes fields of them; whoever only adds fields or
 * looks one up does not need to.
 *
 * Life     record_init -> (record_reset -> add, find, edit* -> chunk)* -> record_fini.
 *          Everything a field points to is lent: from the read buffer, or from record.arena, and
 *          good until record_reset.
 * Thread   the loop.
 * Limits   RECORD_FIELDS_MAX fields; more are a bug of the caller.
 */
#ifndef TAILRACE_RECORD_RECORD_H
#define TAILRACE_RECORD_RECORD_H

#include "base/arena.h"
#include "record/json.h"

/* A text of JSON_BYTES_MAX has no room for so many members at any depth. */
#define RECORD_FIELDS_MAX (1u << 28)

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_UINT,
    VALUE_DOUBLE,
    VALUE_TEXT,    /* bytes as read; whether they are UTF-8 is seen to when they are written */
    VALUE_JSON,    /* one JSON value as text, checked, needing no repair */
    VALUE_MSGPACK, /* one msgpack value that keeps the promise of record/msgpack.h */
    VALUE_MAP,     /* fields that a filter put together */
    VALUE_MEMBERS, /* the members of a checked JSON object, spliced in; the field has no key */
};

struct field_list;
struct member_list;
struct shared_object;

struct value {
    enum value_kind kind;
    union {
        bool boolean;
        int64_t integer;
        uint64_t natural;
        double real;
        struct slice text; /* TEXT, JSON, MSGPACK */
        struct field_list *map;
        struct member_list *members;
    };
};

struct field {
    struct slice key; /* as it should read, not escaped */
    struct value value;
};

struct field_list {
    struct field *fields;
    uint32_t count;
    uint32_t capacity; /* 0: the array is not in the record's own storage */
};

/* A checked object whose members are fields. `members` are those of json_check_object. */
struct member_list {
    struct slice text;
    const struct json_member *members;
    uint32_t count;
    bool has_escaped_keys;
    uint64_t initials;
    struct shared_object *shared; /* whose text this is (record/shared.h); NULL: it is lent */
};

/* The first object of a record keeps the array that the scanner noted its members in. */
struct taken_members {
    struct member_list list;
    struct json_member *array;
    uint32_t capacity;
    bool is_in_use; /* until record_reset; then the array is the next one to give away */
};

/*
 *   storage          root.fields                        root.capacity
 *      |-- front_room --|-- field, field, ... --|-- free --|
 *
 * Fields are brought forward into the room in front.
 */
struct record {
    int64_t time_ns;       /* since 1970-01-01 UTC */
    uint64_t offset;       /* its place in its origin; RECORD_NO_OFFSET where it has none */
    struct slice metadata; /* a JSON object's text, or empty */
    struct field_list root;
    uint32_t front_room;
    struct taken_members taken;
    struct arena arena;
};

#define RECORD_NO_OFFSET UINT64_MAX

/* A place is the offset where a record begins, and above it how many lines were joined to the
 * first: what begins there with fewer of them is another record, and must not have the same id. */
#define RECORD_PLACE_BITS 48
#define RECORD_JOINED_MAX 0xfffe

static inline uint64_t record_place(uint64_t offset, uint64_t joined)
{
    CHECK(offset >> RECORD_PLACE_BITS == 0 && joined <= RECORD_JOINED_MAX);
    return joined << RECORD_PLACE_BITS | offset;
}

/* What an id is made of, and nobody else's: an offset within the record's first line. */
static inline uint64_t record_place_number(uint64_t place)
{
    if (place == RECORD_NO_OFFSET)
        return place;
    return (place + (place >> RECORD_PLACE_BITS)) & ((UINT64_C(1) << RECORD_PLACE_BITS) - 1);
}

static inline uint64_t record_place_offset(uint64_t place)
{
    return place == RECORD_NO_OFFSET ? place : place & ((UINT64_C(1) << RECORD_PLACE_BITS) - 1);
}

void record_init(struct record *r);
void record_fini(struct record *r);

/* Empty again; the storage stays. */
void record_reset(struct record *r);

/* ---- values ---- */

static inline struct value value_text(struct slice text)
{
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

static inline struct value value_json(struct slice text)
{
    return (struct value){.kind = VALUE_JSON, .text = text};
}

static inline struct value value_msgpack(struct slice bytes)
{
    return (struct value){.kind = VALUE_MSGPACK, .text = bytes};
}

static inline struct value value_map(struct field_list *map)
{
    return (struct value){.kind = VALUE_MAP, .map = map};
}

static inline struct value value_int(int64_t integer)
{
    return (struct value){.kind = VALUE_INT, .integer = integer};
}

static inline struct value value_uint(uint64_t natural)
{
    return (struct value){.kind = VALUE_UINT, .natural = natural};
}

static inline struct value value_double(double real)
{
    return (struct value){.kind = VALUE_DOUBLE, .real = real};
}

static inline struct value value_bool(bool boolean)
{
    return (struct value){.kind = VALUE_BOOL, .boolean = boolean};
}

/* A value's text when it is a string of any kind (text, a JSON string, a msgpack string or
 * binary): decoded into the arena where it has escapes. False for other kinds. */
bool value_as_text(const struct value *v, struct arena *arena, struct slice *out);

/* What stands under `key` in a map of any kind (VALUE_MAP, a JSON object, a msgpack map), the last
 * one where there are several; `index` alike in an array. */
bool value_at_key(const struct value *v, struct slice key, struct value *out);
bool value_at_index(const struct value *v, size_t index, struct value *out);

/* Whether it is a map, an array, a string of any kind. */
bool value_is_map(const struct value *v);
bool value_is_array(const struct value *v);
bool value_is_text(const struct value *v);

/* The fields of a map of any kind, one level, each with a key: a new list in the arena, which may be
 * edited in place but has no room to grow. Of doubled keys all are there. NULL for other kinds. */
struct field_list *value_unfold(const struct value *v, struct arena *arena);

/* Of fields that share a name only the last stays, at its own place. Every field has a key. Time is
 * n log n. */
void fields_drop_doubles(struct field_list *list, struct arena *arena);

/* Another record with the same fields. Texts are lent by `from`, or by whoever lends them to it; lists
 * of fields are its own. */
void record_copy(struct record *to, const struct record *from);

/* ---- the record's fields ---- */

/* Appends; does not look whether the key is there already (the chunk keeps the last of a name). */
void record_add(struct record *r, struct slice key, struct value value);
/* Appends `count` fields, which the caller fills at once; lent until the next change. */
struct field *record_add_blank(struct record *r, uint32_t count);

void record_add_at(struct record *r, uint32_t index, struct slice key, struct value value);

/* Appends a checked object's members as ONE field. The members are copied into the arena, the text
 * is lent as long as the record. An empty object adds nothing. */
void record_add_members(struct record *r, const struct json_object *object);

/* The same, with the scanner's array instead of a copy; the scanner, whose last check made the
 * object, gets another. */
void record_take_members(struct record *r, struct json_scanner *json,
                         const struct json_object *object);

/* The same, but a field for each member: for whoever looks at every one. */
void record_add_unfolded(struct record *r, const struct json_object *object);

/* Moves the fields from `first` on before those that stand before them. */
void record_bring_forward(struct record *r, uint32_t first);

/* Of the fields from `from` on those go whose name one before them has; spliced members stay. */
void record_drop_shadowed(struct record *r, uint32_t from);

/* The last field of this name, members included: its value. */
bool record_find(struct record *r, struct slice key, struct value *out);

/* Makes a field of each member, so that every field has a key and can be edited. Cheap when there
 * is nothing to unfold. */
void record_unfold(struct record *r);

/* Only after record_unfold: the index of the last field of this name, or -1; removal keeps order. */
int64_t record_index(const struct record *r, struct slice key);
void record_remove_at(struct record *r, uint32_t index);

/* Removes every field of this name; unfolds only where needed. How many there were. */
uint32_t record_remove(struct record *r, struct slice key);

/* Of fields that share a name only the last stays, at its own place, as documents want it. Cheap
 * when there are none. */
void record_drop_doubles(struct record *r);

#endif
