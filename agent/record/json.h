/*
 * JSON text, checked once and then left as it is.
 *
 * json_check_object goes over an object's bytes a single time. It validates them (RFC 8259, UTF-8
 * included), notes where the top-level members stand, and says whether the text may be copied
 * into a document as it is. No tree is built and nothing is decoded.
 *
 * What a scanner does with odd input, for every caller alike:
 *
 *   not an object, broken, or bytes after it    not JSON: the line stays text
 *   nested deeper than JSON_DEPTH_MAX           not JSON: the line stays text
 *   more than JSON_MEMBERS_MAX members on top   not JSON: the line stays text
 *   the same key twice in one object            the last one stays, at its own place
 *   a key with escapes                          written with as few escapes as possible, then compared
 *   bytes that are not UTF-8                    each becomes U+FFFD
 *   \ud800 without its partner, \u0000          stay as they were written
 *   an integer past 64 bits, a number past      becomes a string with the digits as written
 *     the range of a double
 *   line breaks between tokens                  left out: a document is one line
 *
 * What is JSON and does not stay as it was written needs a rewritten copy: json_repair makes it.
 *
 * Life     json_scanner_init -> check* -> json_scanner_fini. What a check lends is good until the
 *          next check with the same scanner.
 * Thread   its owner's.
 * Limits   JSON_DEPTH_MAX levels, JSON_MEMBERS_MAX members, JSON_BYTES_MAX bytes. Time is linear in
 *          the bytes. Bytes after the text may be read, on the page of its last byte; they are never
 *          used.
 */
#ifndef TAILRACE_RECORD_JSON_H
#define TAILRACE_RECORD_JSON_H

#include "base/arena.h"
#include "base/buffer.h"
#include "record/json_key.h"

#define JSON_DEPTH_MAX 64
#define JSON_BYTES_MAX ((size_t)1 << 30)

/* Of the outermost object, whose members become fields. */
#define JSON_MEMBERS_MAX (1u << 17)

/* One top-level member; offsets count from the start of the checked text. The key is as written,
 * without its quotes. */
struct json_member {
    uint32_t key_at;
    uint32_t key_len;
    uint32_t value_at;
    uint32_t value_len;
};

struct json_object {
    struct slice text;           /* from { to } */
    struct json_member *members; /* lent by the scanner */
    uint32_t member_count;
    bool needs_repair;     /* not to be copied into a document as it is */
    bool has_escaped_keys; /* some key is not written as it reads */
    bool has_escapes;      /* some string is not, at any depth; false is certain */
    uint64_t initials;     /* json_initial() of every key, or-ed: a key whose bit is not
                                    set is not there */
    uint64_t key_bits;     /* the same of another kind: see json_key_bit() */
    uint64_t key_bits_1;   /* and of a third, for who goes on to ask: json_key_bit_1() */
};

struct json_scanner {
    struct json_member *members; /* of the objects that are open, outermost first */
    struct json_marks *marks;
    struct buffer copy; /* of a text at the end of a page */
    uint32_t member_capacity;
    uint32_t member_count;
    unsigned depth_more; /* levels above JSON_DEPTH_MAX, for what wraps such texts; 0 at first */
    bool is_repaired;    /* escapes in keys are canonical already */
};

void json_scanner_init(struct json_scanner *s);
void json_scanner_fini(struct json_scanner *s);

/* Whether `text`, blanks at both ends apart, is exactly one object. The members are lent until
 * the next check. Negative when it is not JSON; then `out` holds nothing. */
MUST_USE int json_check_object(struct json_scanner *s, struct slice text, struct json_object *out);

/* The same for one value of any kind: checks only. `*needs_repair` may be NULL. */
MUST_USE int json_check_value(struct json_scanner *s, struct slice text, bool *needs_repair);

/* The length of the first JSON value in a text that may go on (concatenated values), or negative:
 * UV_EAGAIN when it only lacks its end, UV_EINVAL when it cannot become one. Skips no blanks. */
MUST_USE int64_t json_value_extent(struct slice text);

/* A rewritten copy of a text that json_check_* accepted, in the arena: compact, and good to copy
 * into a document. */
struct slice json_repair(struct json_scanner *s, struct slice text, struct arena *arena);

/* Appends a checked value with one byte of its keys, at every depth, replaced by another; neither
 * may need an escape. Keys may double by it: check the result again. */
void json_replace_in_keys(struct buffer *out, struct slice text, char from, char to);

/* json_check_object, and where the text needs it json_repair into the arena and a check of that:
 * what it gives may be copied into a document. Negative when it is not JSON. */
MUST_USE int json_take_object(struct json_scanner *s, struct slice text, struct arena *arena,
                              struct json_object *out);

/* The bit of a key in json_object.initials: its first byte's, and of an empty one the quote's, which
 * is what stands there. */
static inline uint64_t json_initial(struct slice key)
{
    return UINT64_C(1) << ((key.len ? key.data[0] : '"') & 63);
}

/* Whether a checked object without escapes in its keys has this one. Two bits say no for nearly every
 * key that is not there: json_object_has looks at them first. */
bool json_members_have(const struct json_object *object, struct slice key);

static inline bool json_object_has(const struct json_object *object, struct slice key)
{
    return (object->initials & json_initial(key)) != 0 &&
           UNLIKELY((object->key_bits & json_key_bit(key)) != 0) && json_members_have(object, key);
}

/* Finds the last member with this (unescaped) key in a checked object; the value's text, or false.
 * Walks the text. */
bool json_find(struct slice object, struct slice key, struct slice *value_out);

/* Walks a checked object or array: start with *rest = the whole text. For an array the key is
 * empty. Keys and values are as written, keys without quotes. False at the end. */
bool json_next(struct slice *rest, struct slice *key, struct slice *value);

/* The text of a checked string value (given with its quotes), decoded: lent from `value` itself
 * when it has no escapes, else from the arena. Lone surrogates become U+FFFD. */
struct slice json_unescape(struct slice value, struct arena *arena);

/* Appends `text` as the inside of a JSON string. Bytes that are not UTF-8 become U+FFFD. */
void json_escape(struct buffer *out, struct slice text);

/* Most bytes json_escape can make of one. */
#define JSON_ESCAPE_GROWTH 6

#endif
