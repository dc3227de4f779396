/*
 * The heap. The only folder that calls malloc.
 *
 * Nothing here returns NULL: when the system has no memory left, the process says so and stops,
 * and the log files still hold what was not acknowledged. Budgets (see base/budget.h) make that
 * rare. Sizes are checked for overflow. Any thread.
 */
#ifndef TAILRACE_BASE_MEMORY_H
#define TAILRACE_BASE_MEMORY_H

#include "base/check.h"

/* Uninitialised memory; free with mem_free. */
void *mem_alloc(size_t bytes) __attribute__((malloc, returns_nonnull));

/* Zeroed memory for `count` things of `bytes` each. */
void *mem_zalloc(size_t count, size_t bytes) __attribute__((malloc, returns_nonnull));

/* Grows or shrinks an array to `count` things of `bytes` each; `old` may be NULL. */
void *mem_resize(void *old, size_t count, size_t bytes) __attribute__((returns_nonnull));

/* A copy with a closing NUL. */
char *mem_text(const char *text) __attribute__((malloc, returns_nonnull));
char *mem_text_n(const char *text, size_t len) __attribute__((malloc, returns_nonnull));

/* A new text, made as printf makes one. */
char *mem_format(const char *format, ...) PRINTF_LIKE(1, 2)
    __attribute__((malloc, returns_nonnull));

/* Takes the address, frees, and leaves NULL. */
#define MEM_FREE(address) (mem_free(*(address)), *(address) = NULL)
void mem_free(void *pointer);

/* Tells the allocator to use one arena and to keep what was freed until mem_settle. Called first in
 * main(), before any thread exists. */
void mem_tune(void);

/* Gives back what is free in the heap, and the pages of program files and libraries that only
 * start-up touched. They are clean and come back from the page cache when used again. */
void mem_settle(void);

#endif
