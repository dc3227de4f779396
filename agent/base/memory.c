#include "base/memory.h"

#include <link.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* What nobody could write to is as it is in the file; relocations are in the parts with PF_W. Pages
 * that another part may share stay. */
static int object_let_go(struct dl_phdr_info *object, size_t bytes, void *unused)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

    (void)bytes;
    (void)unused;
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uintptr_t begin = object->dlpi_addr + part->p_vaddr, end = begin + part->p_filesz;

        begin = (begin + page - 1) & ~(page - 1);
        end &= ~(page - 1);
        if (part->p_type == PT_LOAD && !(part->p_flags & PF_W) && begin < end)
            madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    return 0;
}

void mem_settle(void)
{
    malloc_trim(0);
    dl_iterate_phdr(object_let_go, NULL);
}
