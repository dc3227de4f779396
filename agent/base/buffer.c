#include "base/buffer.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

#define CAPACITY_MIN 64

void buffer_init(struct buffer *b, size_t capacity)
{
    *b = (struct buffer){0};
    if (capacity > 0)
        buffer_reserve(b, capacity);
}

void buffer_fini(struct buffer *b)
{
    MEM_FREE(&b->data);
    b->len = b->capacity = 0;
}

void buffer_clear(struct buffer *b)
{
    b->len = 0;
}

void buffer_make_room(struct buffer *b, size_t capacity)
{
    CHECK(capacity <= BUFFER_BYTES_MAX);
    if (capacity <= b->capacity)
        return;
    b->data = mem_resize(b->data, capacity, 1);
    b->capacity = capacity;
}

char *buffer_grow(struct buffer *b, size_t extra)
{
    size_t need = b->len + extra, capacity = b->capacity + b->capacity / 2;

    CHECK(extra <= BUFFER_BYTES_MAX && need <= BUFFER_BYTES_MAX);
    if (capacity < CAPACITY_MIN)
        capacity = CAPACITY_MIN;
    if (capacity < need)
        capacity = need;
    b->data = mem_resize(b->data, capacity, 1);
    b->capacity = capacity;
    return b->data + b->len;
}

void buffer_commit(struct buffer *b, size_t count)
{
    CHECK(count <= b->capacity - b->len);
    b->len += count;
}

void buffer_append_text(struct buffer *b, const char *text)
{
    buffer_append(b, slice_of(text));
}

void buffer_append_byte(struct buffer *b, char byte)
{
    *buffer_reserve(b, 1) = byte;
    b->len++;
}

void buffer_append_format(struct buffer *b, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);

    buffer_reserve(b, (size_t)len + 1);
    va_start(args, format);
    vsnprintf(b->data + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

const char *buffer_text(struct buffer *b)
{
    *buffer_reserve(b, 1) = '\0';
    return b->data;
}

struct slice buffer_view(const struct buffer *b)
{
    return slice_make(b->data, b->len);
}

void buffer_drop_front(struct buffer *b, size_t count)
{
    CHECK(count <= b->len);
    b->len -= count;
    if (b->len > 0)
        memmove(b->data, b->data + count, b->len);
}

void buffer_shrink(struct buffer *b, size_t spare)
{
    size_t need = b->len + spare;

    if (need == 0)
        buffer_fini(b);
    if (need >= b->capacity)
        return;
    b->data = mem_resize(b->data, need, 1);
    b->capacity = need;
}
