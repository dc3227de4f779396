/*
 * A pace bounds how fast one file is read, in bytes a second: what was read is paid for by a pause
 * before more is. Nothing is lost by it, the rest stays in the file.
 *
 * A plain value; all zero has read nothing. Pure.
 */
#ifndef TAILRACE_FILE_PACE_H
#define TAILRACE_FILE_PACE_H

#include "base/check.h"

struct pace {
    uint64_t due_us; /* on the monotonic clock: when all that was read is paid for */
};

/* So many bytes were read. */
void pace_took(struct pace *pace, uint64_t bytes, uint64_t bytes_per_s, uint64_t now_ms);

/* How long the file must not be read, or 0. */
uint64_t pace_pause_ms(const struct pace *pace, uint64_t now_ms);

#define PACE_READS_A_SECOND 4
#define PACE_READ_BYTES_MIN 4096

/* How much to read at once, of `want`, so that pauses stay short: what one of PACE_READS_A_SECOND may
 * have, but PACE_READ_BYTES_MIN. */
size_t pace_read_bytes(uint64_t bytes_per_s, size_t want);

#endif
