/*
 * How much of a file is read at once, and at one turn.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_WANT_H
#define TAILRACE_PLUGINS_IN_TAIL_WANT_H

#include "plugins/in_tail/file.h"

/* How many bytes to ask for: no more than were seen, or the kernel would be asked again for those that
 * are not there. */
size_t tail_bytes_wanted(const struct tail_file *file, uint64_t from, uint64_t size);

/* Whether a turn that had so many reads has one more: a few; where its lines go into a parcel, as many
 * as fill that, and no more. `parcel`, NULL at first, is the one that was open at the read before. */
bool tail_turn_goes_on(const struct tail_file *file, unsigned reads, const void **parcel);

#endif
