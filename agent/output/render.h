/*
 * How a sealed record is written at the edges: as a JSON object, as the line that Fluent Bit's
 * stdout prints, as msgpack for those who read that.
 *
 * JSON text that lies in the record is copied as it is, unless `is_compact` is set, so writing a
 * record costs little more than copying its bytes. Nothing is allocated but room in the buffer.
 *
 * Life     a struct render is a plain value: fill it at init, copy it for every batch.
 * Thread   any; a copy belongs to one thread.
 */
#ifndef TAILRACE_OUTPUT_RENDER_H
#define TAILRACE_OUTPUT_RENDER_H

#include "chunk/reader.h"
#include "record/time_text.h"

/* The names of enum time_json, in its order, as an option's choices. */
#define TIME_JSON_NAMES "double|epoch|epoch_ms|iso8601|java_sql_timestamp"

struct render {
    struct slice date_key; /* written first; data NULL: no date. Lent */
    enum time_json date_form;
    bool is_compact;   /* JSON that came in has no blanks, and no escapes that need not be */
    bool is_ascii;     /* every character beyond ASCII as \uXXXX: json.escape_unicode */
    bool has_metadata; /* a record's metadata, where it has some, as "__internal__" */
    struct time_text time;
};

/* Sets the date. A `key` of false, off or no, or NULL, means none; else it is lent. */
void render_date(struct render *r, const char *key, enum time_json form);

/* Appends the record as one JSON object. A field of the date's name keeps the date out: of doubled
 * keys the last one stays. */
void render_json(struct render *r, const struct chunk_record *record, struct buffer *out);

/* Appends the record's members, to stand between braces that the caller writes. A comma comes
 * first, unless `out` ends in "{". */
void render_members(const struct chunk_record *record, struct buffer *out);

/* Whether the record has a field of this name. */
bool render_has_key(const struct chunk_record *record, struct slice key);

/* The JSON text in `out` from `from` on: each character beyond ASCII becomes \uXXXX. */
void render_ascii(struct buffer *out, size_t from);

/* Walks a record's fields in order, the members of objects among them: no field is of the kind
 * CHUNK_VALUE_MEMBERS, and each has a key. All zero but for `rest`, the record's fields. */
struct field_walk {
    struct slice rest;
    struct slice members; /* what is left of an object */
};

void field_walk_begin(struct field_walk *walk, const struct chunk_record *record);

/* False after the last. A key with escapes is decoded into `scratch`. */
bool field_walk_next(struct field_walk *walk, struct arena *scratch, struct chunk_field *field);

/* Appends "[number] tag: [[seconds.nanoseconds, {metadata}], {"key"=>value, ...}]" and a line feed:
 * strings decoded and not escaped, doubles as %f. What is in `scratch` is gone afterwards. */
void render_text(const struct chunk_record *record, uint32_t number, struct arena *scratch,
                 struct buffer *out);

/* Appends one value in that form. */
void render_text_value(const struct chunk_field *field, struct arena *scratch, struct buffer *out);

/* Appends seconds, a point and nine digits. */
void render_seconds(int64_t time_ns, struct buffer *out);

/* Appends [time, {fields}] as msgpack, or [[time, {metadata}], {fields}]; the time is an event time,
 * extension 0, and JSON text becomes values. */
void render_msgpack(const struct chunk_record *record, bool with_metadata, struct buffer *out);

#endif
