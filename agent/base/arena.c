#include "base/arena.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>

#define BLOCK_BYTES ((size_t)16 * 1024)
#define KEPT_BYTES_MAX ((size_t)256 * 1024)
#define ALIGNMENT 16

struct arena_block {
    struct arena_block *older;
    size_t capacity;
    _Alignas(ALIGNMENT) char bytes[];
};

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

static void blocks_free(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *older = block->older;

        mem_free(block);
        block = older;
    }
}

void arena_fini(struct arena *a)
{
    blocks_free(a->newest);
    *a = (struct arena){0};
}

void arena_reset(struct arena *a)
{
    a->used_bytes = 0;
    if (a->newest == NULL)
        return;
    blocks_free(a->newest->older);
    a->newest->older = NULL;
    if (a->newest->capacity > KEPT_BYTES_MAX)
        arena_fini(a);
}

size_t arena_bytes(const struct arena *a)
{
    size_t bytes = 0;

    for (const struct arena_block *block = a->newest; block != NULL; block = block->older)
        bytes += sizeof *block + block->capacity;
    return bytes;
}

static void arena_grow(struct arena *a, size_t bytes)
{
    size_t capacity = a->newest ? a->newest->capacity * 2 : BLOCK_BYTES;
    struct arena_block *block;

    if (capacity > KEPT_BYTES_MAX)
        capacity = KEPT_BYTES_MAX;
    if (capacity < bytes)
        capacity = bytes;
    block = mem_alloc(sizeof *block + capacity);
    block->older = a->newest;
    block->capacity = capacity;
    a->newest = block;
    a->used_bytes = 0;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
    void *piece;

    CHECK(bytes < SIZE_MAX / 2);
    bytes = (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (UNLIKELY(a->newest == NULL || a->newest->capacity - a->used_bytes < bytes))
        arena_grow(a, bytes);
    piece = a->newest->bytes + a->used_bytes;
    a->used_bytes += bytes;
    return piece;
}

struct slice arena_copy(struct arena *a, struct slice bytes)
{
    char *copy = arena_alloc(a, bytes.len + 1);

    if (bytes.len > 0)
        memcpy(copy, bytes.data, bytes.len);
    copy[bytes.len] = '\0';
    return slice_make(copy, bytes.len);
}

char *arena_text(struct arena *a, const char *text)
{
    size_t len = strlen(text) + 1;

    return memcpy(arena_alloc(a, len), text, len);
}

struct slice arena_format(struct arena *a, const char *format, ...)
{
    va_list args;
    char *text;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);

    text = arena_alloc(a, (size_t)len + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return slice_make(text, (size_t)len);
}
