/*
 * The tables of all counters: each with the names it is printed under and its meaning. Whoever
 * prints metrics walks these; no counter is named anywhere else.
 *
 * Names that begin with fluentbit_ are Fluent Bit's, for dashboards and alerts that exist; the
 * others are tailrace's own. Thread: any; the tables are constant.
 */
#ifndef TAILRACE_METRICS_TABLE_H
#define TAILRACE_METRICS_TABLE_H

#include "metrics/metrics.h"

enum metric_type {
    METRIC_COUNTER, /* only grows */
    METRIC_GAUGE,
    METRIC_HISTOGRAM,
};

struct metric {
    const char *name;       /* "fluentbit_input_records_total", perhaps with {labels} as printed;
                               rows of one family stand together */
    const char *short_name; /* in /api/v1/metrics: "records"; NULL: not there */
    const char *help;
    enum metric_type type;
    size_t offset;      /* of a uint64_t in the struct of its kind, or of a struct histogram */
    const char *plugin; /* only of instances of these, with "|" between them; NULL: of all */
};

/* Of input_metrics, filter_metrics and output_metrics; each ends with a NULL name. */
extern const struct metric input_metric_table[];
extern const struct metric filter_metric_table[];
extern const struct metric output_metric_table[];

/* Of route_metrics: labels are the names of the input and of the output. Ends with a NULL name. */
extern const struct metric route_metric_table[];

/* Of type METRIC_HISTOGRAM, and what it counts by. */
struct histogram_metric {
    struct metric metric;
    const struct histogram_bounds *bounds;
};

/* With the labels of a route, and with that of an output. */
extern const struct histogram_metric route_latency_metric;
extern const struct histogram_metric output_wait_metric;

/* What the three structs begin with, whichever kind they are of. */
struct metrics_head {
    struct list link;
    const char *name;
    const char *plugin;
};

/* One kind of instance: its word in names, its table, and where the book has it. */
struct metrics_kind {
    const char *word; /* "input" */
    const struct metric *table;
    size_t list_offset; /* in metrics_book */
};

#define METRICS_KINDS 3
extern const struct metrics_kind metrics_kinds[METRICS_KINDS];

const struct list *metrics_list(const struct metrics_book *book, const struct metrics_kind *kind);
const struct metrics_head *metrics_head_of(const struct list *link);

/* Whether instances like this one have the counter. */
bool metric_applies(const struct metric *metric, const struct metrics_head *head);
uint64_t metric_value(const struct metric *metric, const struct metrics_head *head);
uint64_t route_metric_value(const struct metric *metric, const struct route_metrics *route);

/* The sum of a counter over all instances of a list, which the counter is of. */
uint64_t metric_sum(const struct list *instances, size_t offset);

#endif
