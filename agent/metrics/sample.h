/*
 * Families and samples as text, in the three forms of metrics/exposition.h: how they are spelt, and
 * nothing of which there are.
 *
 * For the files of this folder only. Pure; thread: any.
 */
#ifndef TAILRACE_METRICS_SAMPLE_H
#define TAILRACE_METRICS_SAMPLE_H

#include "metrics/exposition.h"

#define SAMPLE_HISTOGRAM_LABELS_MAX 2

/* Both are lent; the value is escaped. */
struct label {
    const char *name;
    const char *value;
};

/* Everything is lent for the call. */
struct sample_writer {
    struct buffer *out;
    const struct metrics_book *book;
    const struct metrics_facts *facts;
    enum exposition_form form;
};

/* What stands before the labels that a name may end with. */
struct slice sample_name(const char *name);

/* The head of a family, which stands once before all its samples. */
void sample_family(const struct sample_writer *w, const char *name, const char *help,
                   enum metric_type type);

/* "2026-11-21T08:18:54.123456789Z " */
void sample_time(struct buffer *out, int64_t now_ns);

/* name="value", escaped. */
void sample_label(struct buffer *out, const char *name, struct slice value);

/* One value, without the line's end: something may follow. */
void sample_write(const struct sample_writer *w, const char *name, const struct label *labels,
                  size_t count, uint64_t value);

/* All lines of one histogram, with SAMPLE_HISTOGRAM_LABELS_MAX labels at most. */
void sample_histogram(const struct sample_writer *w, const struct histogram_metric *metric,
                      const struct histogram *h, const struct label *labels, size_t count);

/* ---- families.c ---- */

/* What filters count out of records (metrics/family.h). Of several filters that count under one
 * name the second and those after it get a label more, `tailrace_filter`, so that no sample is
 * there twice. */
void sample_families(const struct sample_writer *w);

#endif
