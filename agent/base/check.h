/*
 * Words that every file uses: a check that stays on in production, and the marks of the house.
 *
 * CHECK(x) states what the code before it guarantees. When it is false the process has a bug
 * whose consequences nobody knows, so it says where and stops: the log files are the buffer and
 * a restart loses nothing, while going on might.
 */
#ifndef TAILRACE_BASE_CHECK_H
#define TAILRACE_BASE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define NOINLINE __attribute__((noinline))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* The struct that `pointer` is the member `member` of. */
#define CONTAINER_OF(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Prints the place and the expression to stderr and aborts. */
_Noreturn void check_failed(const char *file, int line, const char *expression);

#define CHECK(x) (LIKELY(x) ? (void)0 : check_failed(__FILE__, __LINE__, #x))

#endif
