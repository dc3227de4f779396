/*
 * The marks of a JSON text: the places of its quotes, apart from those that an escape hides, of its
 * escapes, and of its control characters, in order.
 *
 *   text     {"path":"C:\\tmp","n":12}
 *   marks     "    " "  \    " " "          one more for each control character, anywhere
 *
 * So a string ends at the mark after its opening quote, or has something to be looked at there, and
 * no string needs a search. The marks of sixty-four bytes are found at once, without a branch that
 * depends on where they stand; that is what makes this faster than going from string to string,
 * where each length is one more that the processor guesses wrong. Marking does not know what is
 * inside a string: who walks the marks counts the quotes. On the way the UTF-8 is checked.
 *
 * Life     json_marks_new -> (json_marks_start -> json_marks_more*)* -> json_marks_free.
 * Thread   its owner's.
 * Limits   a window of marks at a time, so memory does not grow with the text. JSON_MARKS_PAD bytes
 *          after the text are read too, never used.
 */
#ifndef TAILRACE_RECORD_JSON_MARKS_H
#define TAILRACE_RECORD_JSON_MARKS_H

#include "base/slice.h"

/* A window has at least so many marks from the one that is looked at, or all there are and then as
 * many zeros: at 0 no quote stands, unless the text is a string. */
#define JSON_MARKS_AHEAD 8

#define JSON_MARKS_PAD 64

/* A window is begun while it has fewer than so many; the block that fills it may add some. */
#define JSON_MARKS_MAX 448
#define JSON_MARKS_ROOM (JSON_MARKS_MAX + 2 * 64 + JSON_MARKS_AHEAD)

enum json_marks_way {
    JSON_MARKS_SWAR, /* any processor */
    JSON_MARKS_SSE2,
    JSON_MARKS_AVX2,
    JSON_MARKS_AVX512,
};

/* What the next block needs to know of the last one. */
struct json_marks_carry {
    uint64_t is_escaped; /* 1: its first byte is */
    uint64_t utf8_tails; /* bits of its bytes that must go on a character */
    uint64_t utf8_heads[4];
};

struct json_marks {
    struct slice text;
    size_t marked_bytes; /* of the text, so far */
    const uint32_t *end; /* after the window's last mark */
    const uint32_t *low; /* from here on json_marks_more has to be called */
    bool is_utf8;        /* so far */
    enum json_marks_way way;
    struct json_marks_carry carry;
    uint32_t at[JSON_MARKS_ROOM];
};

/* With the best way that the processor has. */
struct json_marks *json_marks_new(void);
void json_marks_free(struct json_marks **m);

/* Whether the processor has it, and the best one that it has. */
bool json_marks_has(enum json_marks_way way);
enum json_marks_way json_marks_best(void);

/* The first window of a text of at least one byte, lent until json_marks_more. */
const uint32_t *json_marks_start(struct json_marks *m, struct slice text);

/* The window that begins with the mark at `next`. */
const uint32_t *json_marks_more(struct json_marks *m, const uint32_t *next);

#endif
