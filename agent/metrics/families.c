#include "metrics/family.h"
#include "metrics/sample.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES_MAX 32

/* One series, and how it is labelled. */
struct labelled {
    const struct metric_family *family;
    const struct family_series *series;
    const char *filter; /* a label more; NULL: none */
};

/* As few digits as read back as the same number. */
static void append_number(struct buffer *out, double number)
{
    char text[NUMBER_BYTES_MAX];
    int digits = 15;

    do
        snprintf(text, sizeof text, "%.*g", digits, number);
    while (strtod(text, NULL) != number && digits++ < 17);
    buffer_append_text(out, text);
}

/* "0.5", "30.0": at least one digit behind the point, as Fluent Bit has it. */
static void append_bound(struct buffer *out, const struct family_spec *spec, size_t index)
{
    char text[NUMBER_BYTES_MAX];

    CHECK(index <= spec->bound_count);
    if (index == spec->bound_count) {
        buffer_append_text(out, "+Inf");
        return;
    }
    snprintf(text, sizeof text, "%g", spec->bounds[index]);
    buffer_append_text(out, text);
    if (strpbrk(text, ".e") == NULL)
        buffer_append_text(out, ".0");
}

static char label_lead(bool *is_first)
{
    bool was_first = *is_first;

    *is_first = false;
    return was_first ? '{' : ',';
}

/* A label without a value is none. `bound` is that of a bucket; beyond the last but one: no bucket. */
static void append_labels(struct buffer *out, const struct labelled *l, size_t bound)
{
    const struct family_spec *spec = l->family->spec;
    bool is_first = true;

    if (bound <= spec->bound_count) {
        buffer_append_format(out, "%cle=\"", label_lead(&is_first));
        append_bound(out, spec, bound);
        buffer_append_byte(out, '"');
    }
    for (size_t i = 0; i < spec->label_count; i++) {
        struct slice value = family_label(l->series, i);

        if (value.len == 0)
            continue;
        buffer_append_byte(out, label_lead(&is_first));
        sample_label(out, spec->labels[i], value);
    }
    if (l->filter != NULL) {
        buffer_append_byte(out, label_lead(&is_first));
        sample_label(out, "tailrace_filter", slice_of(l->filter));
    }
    if (!is_first)
        buffer_append_byte(out, '}');
}

static void write_name(const struct sample_writer *w, const struct labelled *l, const char *ending,
                       size_t bound)
{
    buffer_append_format(w->out, "%s%s", l->family->spec->name, ending);
    append_labels(w->out, l, bound);
}

static uint64_t count_below(const struct labelled *l, size_t bound)
{
    uint64_t sum = 0;

    CHECK(l->family->spec->type == METRIC_HISTOGRAM && bound <= l->family->spec->bound_count);
    for (size_t i = 0; i <= bound; i++)
        sum += l->series->buckets[i].count;
    return sum;
}

static void write_buckets(const struct sample_writer *w, const struct labelled *l)
{
    const struct family_spec *spec = l->family->spec;

    for (size_t i = 0; i <= spec->bound_count; i++) {
        write_name(w, l, "_bucket", i);
        buffer_append_format(w->out, " %" PRIu64 "\n", count_below(l, i));
    }
    write_name(w, l, "_sum", SIZE_MAX);
    buffer_append_byte(w->out, ' ');
    append_number(w->out, l->series->sum);
    buffer_append_byte(w->out, '\n');
    write_name(w, l, "_count", SIZE_MAX);
    CHECK(count_below(l, spec->bound_count) == l->series->count);
    buffer_append_format(w->out, " %" PRIu64 "\n", l->series->count);
}

static void append_buckets_in_line(struct buffer *out, const struct labelled *l)
{
    const struct family_spec *spec = l->family->spec;

    buffer_append_text(out, "{ buckets = { ");
    for (size_t i = 0; i <= spec->bound_count; i++) {
        buffer_append_text(out, i == 0 ? "" : ", ");
        append_bound(out, spec, i);
        buffer_append_format(out, "=%" PRIu64, count_below(l, i));
    }
    buffer_append_text(out, " }, sum=");
    append_number(out, l->series->sum);
    buffer_append_format(out, ", count=%" PRIu64 " }", l->series->count);
}

static void append_value(struct buffer *out, const struct labelled *l)
{
    switch (l->family->spec->type) {
    case METRIC_COUNTER:
        buffer_append_format(out, "%" PRIu64, l->series->count);
        break;
    case METRIC_GAUGE:
        append_number(out, l->series->sum);
        break;
    case METRIC_HISTOGRAM:
        append_buckets_in_line(out, l);
    }
}

static void write_series(const struct sample_writer *w, const struct labelled *l)
{
    if (w->form == EXPOSITION_LINES) {
        sample_time(w->out, w->facts->now_ns);
        write_name(w, l, "", SIZE_MAX);
        buffer_append_text(w->out, " = ");
    } else if (l->family->spec->type == METRIC_HISTOGRAM) {
        write_buckets(w, l);
        return;
    } else {
        write_name(w, l, "", SIZE_MAX);
        buffer_append_byte(w->out, ' ');
    }
    append_value(w->out, l);
    buffer_append_byte(w->out, '\n');
}

/* ---- families ---- */

static const struct filter_metrics *filter_of(const struct list *it)
{
    return CONTAINER_OF(it, const struct filter_metrics, link);
}

static bool is_same(const struct metric_family *a, const struct metric_family *b)
{
    return b != NULL && strcmp(a->spec->name, b->spec->name) == 0;
}

/* The first filter of this name shows them all. */
static bool was_shown(const struct sample_writer *w, const struct filter_metrics *m)
{
    LIST_FOR (it, (struct list *)(uintptr_t)&w->book->filters) {
        if (filter_of(it) == m)
            return false;
        if (is_same(m->family, filter_of(it)->family))
            return true;
    }
    return false;
}

/* Nothing was counted so far: then there is no family either. */
static bool is_empty(const struct sample_writer *w, const struct metric_family *family)
{
    LIST_FOR (it, (struct list *)(uintptr_t)&w->book->filters)
        if (is_same(family, filter_of(it)->family) &&
            !list_is_empty(&filter_of(it)->family->series))
            return false;
    return true;
}

static void write_all(const struct sample_writer *w, const struct metric_family *family,
                      const char *filter)
{
    LIST_FOR (it, (struct list *)(uintptr_t)&family->series)
        write_series(w, &(struct labelled){
                            .family = family,
                            .series = CONTAINER_OF(it, const struct family_series, link),
                            .filter = filter,
                        });
}

/* One of the same name and of another type cannot be shown under the same head. */
static void write_family(const struct sample_writer *w, const struct filter_metrics *first)
{
    const struct family_spec *spec = first->family->spec;

    family_check(first->family);
    sample_family(w, spec->name, spec->help, spec->type);
    LIST_FOR (it, (struct list *)(uintptr_t)&w->book->filters) {
        const struct filter_metrics *m = filter_of(it);

        if (is_same(first->family, m->family) && m->family->spec->type == spec->type)
            write_all(w, m->family, m == first ? NULL : m->name);
    }
}

void sample_families(const struct sample_writer *w)
{
    LIST_FOR (it, (struct list *)(uintptr_t)&w->book->filters) {
        const struct filter_metrics *m = filter_of(it);

        if (m->family != NULL && !was_shown(w, m) && !is_empty(w, m->family))
            write_family(w, m);
    }
}
