/*
 * Writes bytes to a file descriptor until all are written: for outputs that write by themselves.
 * Any thread that may wait; a pipe that nobody empties holds it.
 */
#ifndef TAILRACE_OUTPUT_DESCRIPTOR_H
#define TAILRACE_OUTPUT_DESCRIPTOR_H

#include "base/slice.h"

/* 0, or -errno with what was written before the failure in *written_out. A descriptor that does not
 * block is waited for. The caller has SIGPIPE ignored. */
MUST_USE int descriptor_write(int fd, struct slice bytes, size_t *written_out);

#endif
