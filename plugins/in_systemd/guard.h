/*
 * Journals are read through mapped files. Where a file was cut short under it, or the disk cannot
 * be read, the kernel sends SIGBUS, which would end the agent, with all inputs; and again after
 * each restart.
 *
 * Between guard_begin and guard_end such a page reads as zeros instead, which the library refuses or
 * takes for less than there was; guard_end tells. Whoever is told closes the journal: the page of zeros
 * goes with the mapping.
 *
 * Life     guard_install once, then begin -> end any number of times; they do not nest.
 * Thread   any; each has a guard of its own. Outside of one, SIGBUS does what it did before.
 */
#ifndef TAILRACE_IN_SYSTEMD_GUARD_H
#define TAILRACE_IN_SYSTEMD_GUARD_H

#include "plugin/plugin.h"

void guard_install(void);

void guard_begin(void);

/* Whether a page could not be read since guard_begin. */
bool guard_is_hit(void);

/* The same, and it is over. */
MUST_USE bool guard_end(void);

#endif
