/*
 * What a configuration asks for and this version does not do. Errors where other records would come
 * out without it, warnings elsewhere; each with its place.
 *
 * Pure. Thread: any; start-up only.
 */
#ifndef TAILRACE_SERVICE_REFUSE_H
#define TAILRACE_SERVICE_REFUSE_H

#include "config/tree.h"

/* Whether a processor of an input is one of the filters, and so is made. */
bool processor_is_filter(const struct section *processor);

/* The other processors, the routes and unknown groups of an input, filter or output. True when
 * there was an error. */
bool refuse_groups(const struct section *s, struct report *report);

/* Sections that nothing here is made of, and a configuration without inputs or outputs. True when
 * there was an error. */
bool refuse_sections(const struct config *config, struct report *report);

#endif
