#include "base/memory.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A chunk or a body stays in the heap when it is freed, so that the next one finds its pages in
 * place: mapping and faulting them anew costs a tenth of all time under load. mem_settle gives them
 * back when the load is over. */
#define MMAP_BYTES_MIN (16 << 20)
#define TRIM_BYTES_MIN (16 << 20)

static void *mem_or_stop(void *pointer, size_t bytes)
{
    if (LIKELY(pointer != NULL))
        return pointer;
    fprintf(stderr, "tailrace: out of memory for %zu bytes; raise the memory limit\n", bytes);
    abort();
}

void *mem_alloc(size_t bytes)
{
    return mem_or_stop(malloc(bytes ? bytes : 1), bytes);
}

void *mem_zalloc(size_t count, size_t bytes)
{
    return mem_or_stop(calloc(count ? count : 1, bytes ? bytes : 1), bytes);
}

void *mem_resize(void *old, size_t count, size_t bytes)
{
    size_t total;

    CHECK(!__builtin_mul_overflow(count, bytes, &total));
    return mem_or_stop(realloc(old, total ? total : 1), total);
}

char *mem_text_n(const char *text, size_t len)
{
    char *copy = mem_alloc(len + 1);

    if (len > 0)
        memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *mem_text(const char *text)
{
    return mem_text_n(text, strlen(text));
}

char *mem_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    return mem_or_stop(len < 0 ? NULL : text, 0);
}

void mem_free(void *pointer)
{
    free(pointer);
}

void mem_tune(void)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, MMAP_BYTES_MIN);
    mallopt(M_TRIM_THRESHOLD, TRIM_BYTES_MIN);
}

/* Only mappings that nobody can have written to: read-only, private, backed by a file. */
static bool mapping_is_clean(const char *permissions, uint64_t inode)
{
    return inode != 0 && permissions[0] == 'r' && permissions[1] == '-' && permissions[2] == 'x';
}

void mem_settle(void)
{
    char line[512];
    FILE *maps;

    malloc_trim(0);
    maps = fopen("/proc/self/maps", "re");
    if (maps == NULL)
        return;
    while (fgets(line, sizeof line, maps) != NULL) {
        uintptr_t begin, end;
        uint64_t inode;
        char permissions[5];

        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %" SCNu64, &begin, &end,
                   permissions, &inode) == 4 &&
            mapping_is_clean(permissions, inode))
            madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    fclose(maps);
}
