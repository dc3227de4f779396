/*
 * A buffer is bytes that grow at the end: request bodies, chunk bytes, texts being built.
 *
 * Life     buffer_init (or all zero) -> append* -> buffer_fini. buffer_take gives the bytes away.
 * Thread   its owner's.
 * Stops    the process, past BUFFER_BYTES_MAX: callers have budgets far below it.
 */
#ifndef TAILRACE_BASE_BUFFER_H
#define TAILRACE_BASE_BUFFER_H

#include "base/slice.h"

#define BUFFER_BYTES_MAX ((size_t)1 << 31)

struct buffer {
    char *data;
    size_t len;
    size_t capacity;
};

/* Empty, with room for `capacity` bytes. An all-zero buffer is empty too. */
void buffer_init(struct buffer *b, size_t capacity);
void buffer_fini(struct buffer *b);

/* Forgets the bytes and keeps the room. */
void buffer_clear(struct buffer *b);

/* Makes room for `extra` more bytes and returns where they go; buffer_commit says how many came.
 * The pointer is good until the next call that grows the buffer. */
static inline char *buffer_reserve(struct buffer *b, size_t extra);
void buffer_commit(struct buffer *b, size_t count);

static inline void buffer_append(struct buffer *b, struct slice bytes);
void buffer_append_text(struct buffer *b, const char *text);
void buffer_append_byte(struct buffer *b, char byte);
void buffer_append_format(struct buffer *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* Closes with NUL, not counted in the length, and lends the text until the next change. */
const char *buffer_text(struct buffer *b);

/* What is in it, until the next change. */
struct slice buffer_view(const struct buffer *b);

/* Drops the first `count` bytes and moves the rest to the front. */
void buffer_drop_front(struct buffer *b, size_t count);

/* Gives back memory that is not needed for what is in it and `spare` bytes behind. */
void buffer_shrink(struct buffer *b, size_t spare);

/* Has room for so many bytes in all; where it had less, for no more. */
void buffer_make_room(struct buffer *b, size_t capacity);

/* The slow half of buffer_reserve. */
char *buffer_grow(struct buffer *b, size_t extra);

static inline char *buffer_reserve(struct buffer *b, size_t extra)
{
    return LIKELY(b->capacity - b->len >= extra) ? b->data + b->len : buffer_grow(b, extra);
}

static inline void buffer_append(struct buffer *b, struct slice bytes)
{
    if (bytes.len > 0)
        memcpy(buffer_reserve(b, bytes.len), bytes.data, bytes.len);
    b->len += bytes.len;
}

#endif
