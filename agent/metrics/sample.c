#include "metrics/sample.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* A quote is escaped in a value, and stands as it is in a help text. */
static void append_escaped(struct buffer *out, struct slice text, bool is_quoted)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.data[i];

        if (byte == '\n')
            buffer_append_text(out, "\\n");
        else if (byte == '\\' || (byte == '"' && is_quoted))
            buffer_append_format(out, "\\%c", byte);
        else
            buffer_append_byte(out, byte);
    }
}

struct slice sample_name(const char *name)
{
    return slice_make(name, strcspn(name, "{"));
}

void sample_label(struct buffer *out, const char *name, struct slice value)
{
    buffer_append_format(out, "%s=\"", name);
    append_escaped(out, value, true);
    buffer_append_byte(out, '"');
}

/* `more` is labels in their braces, or empty. */
static void append_labels(struct buffer *out, const struct label *labels, size_t count,
                          struct slice more)
{
    if (count == 0 && more.len == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        buffer_append_byte(out, i == 0 ? '{' : ',');
        sample_label(out, labels[i].name, slice_of(labels[i].value));
    }
    if (more.len == 0) {
        buffer_append_byte(out, '}');
        return;
    }
    CHECK(more.data[0] == '{' && more.data[more.len - 1] == '}');
    buffer_append_byte(out, count == 0 ? '{' : ',');
    buffer_append(out, slice_skip(more, 1));
}

void sample_time(struct buffer *out, int64_t now_ns)
{
    time_t seconds = (time_t)(now_ns / NS_PER_S);
    char date[32];
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    buffer_append_format(out, "%s.%09" PRId64 "Z ", date, now_ns % NS_PER_S);
}

void sample_family(const struct sample_writer *w, const char *name, const char *help,
                   enum metric_type type)
{
    static const char *const words[] = {
        [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
    struct slice family = sample_name(name);

    CHECK((size_t)type < ARRAY_LEN(words));
    if (w->form == EXPOSITION_LINES)
        return;
    buffer_append_format(w->out, "# HELP %.*s ", (int)family.len, name);
    append_escaped(w->out, slice_of(help), false);
    buffer_append_format(w->out, "\n# TYPE %.*s %s\n", (int)family.len, name, words[type]);
}

void sample_write(const struct sample_writer *w, const char *name, const struct label *labels,
                  size_t count, uint64_t value)
{
    struct slice family = sample_name(name);

    if (w->form == EXPOSITION_LINES)
        sample_time(w->out, w->facts->now_ns);
    buffer_append(w->out, family);
    append_labels(w->out, labels, count, slice_of(name + family.len));
    buffer_append_format(w->out, "%s%" PRIu64, w->form == EXPOSITION_LINES ? " = " : " ", value);
}

/* ---- histograms ---- */

#define SECONDS_BYTES_MAX 24

/* "0.5", "30.0": at least one digit behind the point, as Fluent Bit has it. */
static const char *seconds_text(uint64_t ms, char text[SECONDS_BYTES_MAX])
{
    size_t len = (size_t)snprintf(text, SECONDS_BYTES_MAX, "%" PRIu64 ".%03u", ms / 1000,
                                  (unsigned)(ms % 1000));

    CHECK(len < SECONDS_BYTES_MAX);
    while (text[len - 1] == '0' && text[len - 2] != '.')
        text[--len] = '\0';
    return text;
}

/* What is printed of a bound; that of index bounds->count is the last. */
static const char *bound_text(const struct histogram_bounds *bounds, uint32_t index,
                              char text[SECONDS_BYTES_MAX])
{
    CHECK(index <= bounds->count);
    return index == bounds->count ? "+Inf" : seconds_text(bounds->upper_ms[index], text);
}

static void histogram_line(const struct sample_writer *w, const struct histogram_metric *metric,
                           const struct histogram *h, const struct label *labels, size_t count)
{
    const struct histogram_bounds *bounds = metric->bounds;
    char text[SECONDS_BYTES_MAX];

    sample_time(w->out, w->facts->now_ns);
    buffer_append_text(w->out, metric->metric.name);
    append_labels(w->out, labels, count, SLICE(""));
    buffer_append_text(w->out, " = { buckets = { ");
    for (uint32_t i = 0; i <= bounds->count; i++)
        buffer_append_format(w->out, "%s%s=%" PRIu64, i == 0 ? "" : ", ",
                             bound_text(bounds, i, text), histogram_below(h, bounds, i));
    buffer_append_format(w->out, " }, sum=%s, count=%" PRIu64 " }\n", seconds_text(h->sum_ms, text),
                         histogram_below(h, bounds, bounds->count));
}

void sample_histogram(const struct sample_writer *w, const struct histogram_metric *metric,
                      const struct histogram *h, const struct label *labels, size_t count)
{
    const struct histogram_bounds *bounds = metric->bounds;
    struct label with_bound[1 + SAMPLE_HISTOGRAM_LABELS_MAX];
    char text[SECONDS_BYTES_MAX];

    CHECK(count <= SAMPLE_HISTOGRAM_LABELS_MAX);
    histogram_bounds_check(bounds);
    if (w->form == EXPOSITION_LINES) {
        histogram_line(w, metric, h, labels, count);
        return;
    }
    memcpy(with_bound + 1, labels, count * sizeof *labels);
    for (uint32_t i = 0; i <= bounds->count; i++) {
        with_bound[0] = (struct label){"le", bound_text(bounds, i, text)};
        buffer_append_format(w->out, "%s_bucket", metric->metric.name);
        append_labels(w->out, with_bound, count + 1, SLICE(""));
        buffer_append_format(w->out, " %" PRIu64 "\n", histogram_below(h, bounds, i));
    }
    buffer_append_format(w->out, "%s_sum", metric->metric.name);
    append_labels(w->out, labels, count, SLICE(""));
    buffer_append_format(w->out, " %s\n%s_count", seconds_text(h->sum_ms, text),
                         metric->metric.name);
    append_labels(w->out, labels, count, SLICE(""));
    buffer_append_format(w->out, " %" PRIu64 "\n", histogram_below(h, bounds, bounds->count));
}
