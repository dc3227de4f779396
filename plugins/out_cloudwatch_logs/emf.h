/*
 * The Embedded Metric Format: a message that is a JSON object from which CloudWatch takes metrics, as
 * `_aws` in it says.
 *
 * A record of metrics is one all of whose values are numbers, but for those that metric_dimensions
 * names, and that has a number that is none of these: what inputs of CPU, memory and the like make, and
 * what counts lines. With metric_namespace or metric_dimensions its message is
 *
 *   {"_aws":{"Timestamp":…,"CloudWatchMetrics":[{"Namespace":"…","Dimensions":[["a"],["b","c"]],
 *    "Metrics":[{"Name":"cpu_p","Unit":"Percent"},{"Name":"n"}]}]},"cpu_p":1.5,"n":2,"a":"x",…}
 *
 * Of the sets of dimensions, those stand in it whose keys the record has, or one that is empty. Records
 * of any other kind are what they were: a line of a log is never taken for metrics.
 *
 * Constant once init has run; any thread.
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_EMF_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_EMF_H

#include "plugin/plugin.h"

/* CloudWatch's limits. */
#define CW_DIMENSION_SETS_MAX 30
#define CW_DIMENSIONS_MAX 30 /* of a set */
#define CW_METRICS_MAX 100   /* of a directive; more of them are made */
#define CW_NAMESPACE_BYTES_MAX 255

/* Keys that go together. */
struct cw_dimensions {
    struct slice keys[CW_DIMENSIONS_MAX];
    unsigned count;
};

struct cw_emf {
    char *namespace_text;       /* NULL: "fluent-bit-metrics" */
    char *dimensions_text;      /* "a;b,c": [["a"],["b","c"]]; NULL: none */
    struct cw_dimensions *sets; /* their texts are dimensions_text's */
    unsigned set_count;
};

MUST_USE int cw_emf_init(struct cw_emf *emf, struct plugin_setup *setup);
void cw_emf_fini(struct cw_emf *emf);

/* Whether records are looked at at all. */
bool cw_emf_is_on(const struct cw_emf *emf);

/* Appends the message of a record of metrics; false, with nothing appended, where it is none. */
bool cw_emf_write(const struct cw_emf *emf, const struct chunk_record *record,
                  struct arena *scratch, struct buffer *out);

/* Whether a message is in the format, so that it may not be cut. */
bool cw_emf_is(struct slice message);

#endif
