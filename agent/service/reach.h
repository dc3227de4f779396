/*
 * Whether an output could go to where it is told, found before anything starts: a file of TLS that
 * cannot be used, a host that is none. Nothing is asked and nothing is sent.
 *
 * Thread   the loop; start-up and reload only.
 */
#ifndef TAILRACE_SERVICE_REACH_H
#define TAILRACE_SERVICE_REACH_H

#include "service/instance.h"

/* False: the report has every fault, at the key that it is of. Keys of TLS without TLS are warned of. */
bool output_can_reach(struct loop *loop, const struct output_instance *o, const struct section *s,
                      struct report *report);

/* Of one that has a mistake already: faults of TLS all the same, so that one dry run tells all. */
void output_look_for_more(const struct output_instance *o, const struct section *s,
                          struct report *report);

#endif
