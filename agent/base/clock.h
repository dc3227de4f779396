/*
 * The two clocks. Monotonic time is for waiting, wall time for what people read. A test sets
 * both with clock_fake and moves them by hand; nothing else in the project asks the system.
 */
#ifndef TAILRACE_BASE_CLOCK_H
#define TAILRACE_BASE_CLOCK_H

#include "base/check.h"

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

/* Milliseconds since some start; never goes back. */
uint64_t clock_ms(void);

/* Nanoseconds since 1970-01-01 UTC; may jump. */
int64_t clock_wall_ns(void);

/* From now on both clocks stand still at these times, until moved or let go (clock_real). */
void clock_fake(uint64_t monotonic_ms, int64_t wall_ns);
void clock_advance_ms(uint64_t by_ms);
void clock_real(void);
bool clock_is_fake(void);

#endif
