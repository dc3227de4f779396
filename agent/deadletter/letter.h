/*
 * A dead letter: one record that a back-end did not take, with what one must know to understand why
 * and to send it again. As a line of JSON, for jq, grep and this program alike:
 *
 *   {"version":1,"set_aside":"2026-11-21T12:00:00.000Z","output":"es.0","status":400,
 *    "reason":"document_parsing_exception: ...","tag":"kube.app","file":"/var/log/app.log",
 *    "stream":"00f1a2b3c4d5e6f7","offset":1234,"time":"2026-11-21T11:59:58.123456789Z",
 *    "record":{"log":"..."},"escaped":["log"]}
 *
 * "file", "metadata" and "escaped" are left out where there are none. A byte that is not UTF-8 is
 * written as \udc80 to \udcff, which no text can have, and the field is named in "escaped": reading
 * it gives the byte back. JSON inside the record stands as it came.
 *
 * Pure; any thread.
 */
#ifndef TAILRACE_DEADLETTER_LETTER_H
#define TAILRACE_DEADLETTER_LETTER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "record/json.h"

#define LETTER_VERSION 1

/* Longer reasons are cut, between characters. */
#define LETTER_REASON_BYTES_MAX 1024

struct dead_letter {
    int64_t set_aside_ns; /* wall clock */
    struct slice output;
    unsigned status; /* of HTTP; 0: none */
    struct slice reason;
    struct slice tag;
    struct slice file; /* empty: it came from none */
    uint64_t stream;   /* with the offset, what the document's id is made of */
    uint64_t offset;
    int64_t time_ns;       /* the record's own */
    struct slice record;   /* JSON, an object, with fields escaped as above */
    struct slice metadata; /* JSON, an object, or empty */
    struct slice escaped;  /* JSON, an array of keys, or empty */
};

/* Why a line is no letter. */
enum letter_fault {
    LETTER_SOUND,
    LETTER_TORN,  /* no JSON object: cut by a crash, or damaged */
    LETTER_ODD,   /* JSON, but not what a letter has */
    LETTER_NEWER, /* of a later version of this program */
};

/* Appends the line and its line feed. */
void letter_write(const struct dead_letter *letter, struct buffer *out);

/* Reads a line; what it lends is in the line, or in the arena. */
enum letter_fault letter_read(struct slice line, struct arena *arena, struct dead_letter *out);

/* In words: "was cut or damaged". */
const char *letter_fault_name(enum letter_fault fault);

/* Appends text as a JSON string, lossless as above. Whether it had bytes that are not UTF-8. */
bool letter_escape(struct slice text, struct buffer *out);

/* The bytes again, of a string as written, with its quotes. */
struct slice letter_unescape(struct slice written, struct arena *arena);

/* Whether a key of the record, as written but without its quotes, is among the escaped ones. */
bool letter_is_escaped(const struct dead_letter *letter, struct slice written_key);

#endif
