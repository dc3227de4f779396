#include "plugins/filter_log_to_metrics/log_to_metrics.h"

#include <math.h>
#include <stdlib.h>

/*
 * The upper bounds of a histogram's buckets: what the configuration says, or the usual ones. In the
 * end they ascend, each is there once, and there are FAMILY_BOUNDS_MAX at most.
 */

static int double_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void bounds_default(struct log_bounds *bounds)
{
    static const double usual[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

    _Static_assert(ARRAY_LEN(usual) <= FAMILY_BOUNDS_MAX, "the usual ones fit");
    memcpy(bounds->items, usual, sizeof usual);
    bounds->count = ARRAY_LEN(usual);
}

static void bound_add(struct log_bounds *bounds, const char *text, struct place place,
                      struct report *report)
{
    const char *note = NULL;
    double bound;

    if (setting_double(text, &bound, &note) < 0 || note != NULL || !isfinite(bound))
        report_error(report, place,
                     "filter log_to_metrics: bucket '%s' is no number; write one bound, such as "
                     "0.75",
                     text);
    else if (bounds->count == FAMILY_BOUNDS_MAX)
        report_error(report, place,
                     "filter log_to_metrics: more than %d buckets; CloudWatch takes no more",
                     FAMILY_BOUNDS_MAX);
    else
        bounds->items[bounds->count++] = bound;
}

/* Ascending, each once. */
static void bounds_sort(struct log_bounds *bounds)
{
    size_t count = 0;

    CHECK(bounds->count <= FAMILY_BOUNDS_MAX);
    qsort(bounds->items, bounds->count, sizeof *bounds->items, double_compare);
    for (size_t i = 0; i < bounds->count; i++)
        if (i == 0 || bounds->items[i] > bounds->items[count - 1])
            bounds->items[count++] = bounds->items[i];
    bounds->count = count;
}

void bounds_init(struct filter_log_to_metrics *l, struct report *report)
{
    const struct text_list *texts = &l->keys.buckets;
    unsigned errors_before = report->error_count;

    for (size_t i = 0; i < texts->count && report->error_count == errors_before; i++)
        bound_add(&l->bounds, texts->items[i], texts->places[i], report);
    if (texts->count == 0)
        bounds_default(&l->bounds);
    bounds_sort(&l->bounds);
    if (l->keys.mode != METRIC_HISTOGRAM)
        return;
    l->spec.bounds = l->bounds.items;
    l->spec.bound_count = l->bounds.count;
}
