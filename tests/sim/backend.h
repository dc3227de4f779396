/*
 * The back-ends: indices that take bulk requests, and the moods they are in. What is in an index is
 * known by id, and a second document of the same id is refused with 409, as `create` means it.
 *
 * Thread   one.
 */
#ifndef TAILRACE_SIM_BACKEND_H
#define TAILRACE_SIM_BACKEND_H

#include "base/buffer.h"
#include "sim/truth.h"

/* So long a request without an answer lasts. */
#define BACKEND_HANG_MS 90000

#define BACKEND_PORT 9200

enum mood {
    MOOD_WELL,
    MOOD_DOWN,    /* the connection is refused */
    MOOD_ERROR,   /* 503 */
    MOOD_BUSY,    /* 429, with Retry-After now and then */
    MOOD_SHUT,    /* 403 */
    MOOD_PICKY,   /* 429 or 503 for some of the items */
    MOOD_LOSES,   /* takes all or a part, and the answer never comes */
    MOOD_HANGS,   /* takes nothing, answers nothing, until the caller has had enough */
    MOOD_SMALL,   /* 413 for more than a few documents */
    MOOD_GARBLES, /* takes all, and the answer is cut */
    MOOD_REPEATS, /* the connection died: the client has sent the request twice */
    MOOD_COUNT,
};

struct backend_item {
    struct truth_record record;
    uint16_t status;
    bool is_text; /* the document is the record as text */
};

/* What a request came to. */
struct backend_answer {
    int error; /* negative: none comes */
    const char *why;
    int status;
    uint64_t retry_after_ms;
    uint64_t wait_ms; /* until it is there */
    bool is_cut;
    struct backend_item *items;
    uint32_t count;
};

void backend_begin(unsigned count);
void backend_end(void);
void backend_set_mood(unsigned backend, enum mood mood);
const char *mood_name(enum mood mood);

/* The request has arrived. */
void backend_take(unsigned backend, struct slice body, struct backend_answer *answer_out);
void backend_answer_fini(struct backend_answer *answer);

/* The body of a 200. */
void backend_write(const struct backend_answer *answer, struct buffer *out);

#endif
