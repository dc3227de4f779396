/*
 * A history in words, one line a step. It is kept while the history runs and printed when it ends
 * badly, with the seed that makes it again.
 *
 * Life     story_begin -> story* -> story_end, or story_fail, which does not return.
 * Thread   one. Limits   STORY_BYTES_MAX; what is past that is left out, the end of it never.
 */
#ifndef TAILRACE_SIM_STORY_H
#define TAILRACE_SIM_STORY_H

#include "base/check.h"

#define STORY_BYTES_MAX ((size_t)16 << 20)

/* Prints at once, too. */
void story_aloud(void);

void story_begin(uint64_t seed);
void story(const char *format, ...) PRINTF_LIKE(1, 2);
void story_end(void);

/* Prints the history and why it is wrong, and ends the process with 1. */
_Noreturn void story_fail(const char *format, ...) PRINTF_LIKE(1, 2);

/* Says what happened also when the code under test stops at a CHECK of its own. */
void story_guard(void);

#define EXPECT(x, ...) (LIKELY(x) ? (void)0 : story_fail(__VA_ARGS__))

#endif
