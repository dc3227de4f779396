/*
 * Inside of the filter log_to_metrics.
 *
 *   log_to_metrics.c  the options; start and stop; what becomes of a record
 *   bounds.c          the bounds of a histogram
 *   pick.c            which records count: Regex and Exclude
 *   labels.c          from a record to the key of its series, and to its value
 *   names.c           what a metric and its labels are called, in Prometheus and in CloudWatch
 *   flush.c           when news go out, and how many at a time
 *   document.c        the news of a series as a document in CloudWatch's Embedded Metric Format
 *
 * What is counted lies in a family (metrics/family.h), which the end-points of Prometheus show as it
 * is. Its news go out as documents, if an output takes their tag.
 *
 * A record is counted when it is read the first time. One that is read again, for an output that fell
 * behind or after a reload, is not counted again (origin.again_until).
 */
#ifndef TAILRACE_PLUGINS_FILTER_LOG_TO_METRICS_H
#define TAILRACE_PLUGINS_FILTER_LOG_TO_METRICS_H

#include "plugin/plugin.h"

/* Instead of no interval. */
#define INTERVAL_LEAST_MS 1000

/* So many documents are made at once; then others have their turn. */
#define DOCUMENTS_PER_TURN 500

/* What CloudWatch takes: 2^360 at most, also where many such values are added up. */
#define VALUE_MAX 0x1p300

/* Of sets of dimensions: each is a metric of its own, which costs. */
#define DIMENSION_SETS_MAX 30

/* Those of CloudWatch; `auto` is Count for a counter, and None. */
#define UNIT_NAMES                                                                         \
    "auto|None|Count|Percent|Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|" \
    "Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Bytes/Second|"           \
    "Kilobytes/Second|Megabytes/Second|Gigabytes/Second|Terabytes/Second|Bits/Second|"     \
    "Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second"

/* Of a name in CloudWatch. */
#define NAME_BYTES_MAX 255

struct pick; /* one Regex or Exclude */

struct picks {
    struct pick *items;
    size_t count;
    struct log_brake brake;
};

struct label_keys {
    char **names;
    struct accessor **keys;
    size_t count;
};

/* What the metric is called, as configured. */
struct log_names {
    char *name;
    char *name_space;
    char *subsystem;
    char *description;
};

/* What is counted, as configured. */
struct log_keys {
    struct pair_list picks;  /* Regex and Exclude, in the order of the file */
    struct pair_list labels; /* label_field and add_label, likewise */
    struct text_list buckets;
    char *value_field;
    char *tag;
    int mode;
    int64_t series_max;
    bool is_kubernetes;
    bool discards;
};

/* A histogram's. */
struct log_bounds {
    double items[FAMILY_BOUNDS_MAX];
    size_t count;
};

/* What goes out. */
struct log_emit {
    char *name;
    uint64_t limit_bytes;
    int64_t interval_s, interval_ns;
    int unit_choice;
    const char *unit;
    char *dimensions;
    char *name_space;                  /* as CloudWatch takes it */
    uint32_t sets[DIMENSION_SETS_MAX]; /* a bit for each label */
    size_t set_count;
    struct emitter *emitter;
    struct timer *timer;
};

/* Of the record under way. */
struct log_scratch {
    struct buffer key;  /* of its series */
    struct arena arena; /* for plain records, which need none */
};

/*
 *   value  NULL  <->  a counter
 *   emit.sets    <=   DIMENSION_SETS_MAX, a bit for each of labels.count
 */
struct filter_log_to_metrics {
    struct log_names names;
    struct log_keys keys;
    struct log_emit emit;
    struct log_bounds bounds;
    struct picks picks;
    struct label_keys labels;
    struct accessor *value;
    struct family_spec spec;
    struct metric_family family;
    struct log_scratch scratch;
    const struct filter_host *host; /* NULL before the start */
    const char *component;
    struct log_brake brakes[2];
};

/* ---- bounds.c ---- */

/* Fills the bounds, and the spec's where it is a histogram. The report says what is no number. */
void bounds_init(struct filter_log_to_metrics *l, struct report *report);

/* ---- flush.c ---- */

void flush_start(struct filter_log_to_metrics *l);

/* All news go out that are there. */
void flush_stop(struct filter_log_to_metrics *l);

/* ---- pick.c ---- */

int picks_init(struct picks *picks, const struct pair_list *pairs, struct report *report);
void picks_fini(struct picks *picks);

/* As grep has it: the first Regex decides, or an Exclude that matches. */
bool picks_take(struct picks *picks, const struct accessor_scope *scope, const char *component);

/* ---- names.c ---- */

/* Fills name_space of the documents, the spec's name and its labels; -EINVAL: the report says why. */
int naming_init(struct filter_log_to_metrics *l, struct plugin_setup *setup);
void naming_fini(struct filter_log_to_metrics *l);

/* ---- labels.c ---- */

/* Appends the value of each label to the key. */
void labels_key(const struct label_keys *labels, const struct accessor_scope *scope,
                struct buffer *key);

/* False: there is none that is a number. */
bool label_number(const struct accessor *key, const struct accessor_scope *scope,
                  double *number_out);

/* ---- document.c ---- */

/* Fills the record with the news of a series. */
void document_fill(const struct filter_log_to_metrics *l, const struct family_series *s,
                   struct record *record);

#endif
