/*
 * The system calls of the agent, led here by the linker. Between any two of them the world may act:
 * a file that was just found is gone when it is opened.
 */
#ifndef TAILRACE_SIM_FAKE_CALLS_H
#define TAILRACE_SIM_FAKE_CALLS_H

#include "sim/fs.h"

/* The world's turn comes at the `calls`-th call from now on, once. 0: not at all. */
void fake_calls_meanwhile(unsigned calls, void (*act)(void));

/* The file that the agent has open there; and how large that was when it last looked before the file
 * was truncated, through this descriptor. */
struct fs_node *fake_calls_node(int fd);
uint64_t fake_calls_seen_bytes(int fd);
/* The same of a second truncation that came before it knew of the first, or after the first while the
 * file could not be read; or 0. */
uint64_t fake_calls_seen_between_bytes(int fd);
/* What was truncated so far does not count. */
void fake_calls_begin_seen(int fd);
/* It is another file's from now on: nothing was seen of it. */
void fake_calls_renew(int fd);
void fake_calls_truncated(const struct fs_node *node);

/* Whether a duplicate of a descriptor is one of a file that was seen before. */
void fake_calls_keep_seen(bool is_kept);

/* Opening fails for want of descriptors. */
void fake_calls_lack_descriptors(bool is_lacking);

#endif
