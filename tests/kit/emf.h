/*
 * Whether a text is a document in CloudWatch's Embedded Metric Format, by the words of its
 * specification: what must be there, what may be, how much of it, and that what it names is there.
 * Beside that what the metrics' own interface demands of names, dimensions and values, because what
 * breaks it is extracted by nobody and told to nobody.
 *
 * A target may be {"Values":…,"Counts":…,"Max":…,"Min":…,"Sum":…,"Count":…}, too, as AWS's own
 * exporters send it; its numbers must agree with each other.
 */
#ifndef TAILRACE_KIT_EMF_H
#define TAILRACE_KIT_EMF_H

#include "base/slice.h"

#define EMF_BYTES_MAX ((size_t)1 << 20)
#define EMF_DIMENSIONS_MAX 30
#define EMF_METRICS_MAX 100
#define EMF_VALUES_MAX 100
#define EMF_NAME_BYTES_MAX 255
#define EMF_DIMENSION_BYTES_MAX 1024

/* NULL: it is one; else what is wrong, in words. */
const char *emf_trouble(struct slice document);

/* Fails the test unless it is one. */
void emf_expect(struct slice document);

#endif
