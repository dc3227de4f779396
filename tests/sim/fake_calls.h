/*
 * The system calls of the agent, led here by the linker. Between any two of them the world may act:
 * a file that was just found is gone when it is opened.
 */
#ifndef TAILRACE_SIM_FAKE_CALLS_H
#define TAILRACE_SIM_FAKE_CALLS_H

#include "base/check.h"

/* The world's turn comes at the `calls`-th call from now on, once. 0: not at all. */
void fake_calls_meanwhile(unsigned calls, void (*act)(void));

/* Opening fails for want of descriptors. */
void fake_calls_lack_descriptors(bool is_lacking);

#endif
