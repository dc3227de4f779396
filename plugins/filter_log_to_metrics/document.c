#include "plugins/filter_log_to_metrics/log_to_metrics.h"

#include <inttypes.h>

/*
 * A document in CloudWatch's Embedded Metric Format has one metric of one series:
 *
 *   {"_aws":{"Timestamp":…,"CloudWatchMetrics":[{"Namespace":…,"Dimensions":[[…]],
 *     "Metrics":[{"Name":…,"Unit":…}]}]}, LABEL:…, …, NAME: value}
 *
 * What its limits are, is seen to where names and labels are: 30 dimensions of 255 bytes and values of
 * 252, and 100 buckets; so a document is far smaller than an event of CloudWatch Logs may be.
 */

/* A label without a value is no dimension: CloudWatch wants something in it besides blanks. */
static uint32_t present_labels(const struct filter_log_to_metrics *l, const struct family_series *s)
{
    uint32_t set = 0;

    _Static_assert(FAMILY_LABELS_MAX <= 32, "a bit for each label");
    for (size_t i = 0; i < l->labels.count; i++)
        if (slice_trim(family_label(s, i)).len > 0)
            set |= UINT32_C(1) << i;
    return set;
}

static void append_set(const struct filter_log_to_metrics *l, uint32_t set, struct buffer *out)
{
    bool is_first = true;

    buffer_append_byte(out, '[');
    for (size_t i = 0; i < l->labels.count; i++) {
        if ((set >> i & 1) == 0)
            continue;
        buffer_append_format(out, "%s\"%s\"", is_first ? "" : ",", l->labels.names[i]);
        is_first = false;
    }
    buffer_append_byte(out, ']');
}

static bool set_is_there(const struct filter_log_to_metrics *l, size_t index, uint32_t present)
{
    CHECK(index < l->emit.set_count);
    for (size_t i = 0; i < index; i++)
        if ((l->emit.sets[i] & present) == (l->emit.sets[index] & present))
            return true;
    return false;
}

/* Sets that differ in labels without a value alone are one. */
static void append_sets(const struct filter_log_to_metrics *l, uint32_t present, struct buffer *out)
{
    bool is_first = true;

    for (size_t i = 0; i < l->emit.set_count; i++) {
        if (set_is_there(l, i, present))
            continue;
        if (!is_first)
            buffer_append_byte(out, ',');
        is_first = false;
        append_set(l, l->emit.sets[i] & present, out);
    }
}

static void append_aws(const struct filter_log_to_metrics *l, uint32_t present, int64_t time_ns,
                       struct buffer *out)
{
    buffer_append_format(out,
                         "{\"Timestamp\":%" PRId64
                         ",\"CloudWatchMetrics\":[{\"Namespace\":\"%s\",\"Dimensions\":[",
                         time_ns / NS_PER_MS, l->emit.name_space);
    append_sets(l, present, out);
    buffer_append_format(out, "],\"Metrics\":[{\"Name\":\"%s\",\"Unit\":\"%s\"}]}]}", l->spec.name,
                         l->emit.unit);
}

/* CloudWatch has ASCII in dimensions, and no control characters. */
static struct slice tame(struct slice value, struct arena *arena)
{
    struct buffer out = {0};
    const char *end = value.data + value.len;

    for (const char *p = value.data; p < end;) {
        unsigned len = utf8_len(p, end);

        buffer_append_byte(&out, *p >= ' ' && *p <= '~' ? *p : '?');
        p += len > 0 ? len : 1;
    }
    value = arena_copy(arena, buffer_view(&out));
    buffer_fini(&out);
    return value;
}

static bool is_tame(struct slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.data[i] < ' ' || value.data[i] > '~')
            return false;
    return true;
}

static void add_labels(const struct filter_log_to_metrics *l, const struct family_series *s,
                       uint32_t present, struct record *record)
{
    for (size_t i = 0; i < l->labels.count; i++) {
        struct slice value = family_label(s, i);

        if ((present >> i & 1) == 0)
            continue;
        value = is_tame(value) ? arena_copy(&record->arena, value) : tame(value, &record->arena);
        record_add(record, slice_of(l->labels.names[i]), value_text(value));
    }
}

/* ---- what came ---- */

/* The mean of what came into the bucket; rounding does not lead out of what came. */
static double mean_of(const struct family_bucket *b, const struct family_news *news)
{
    double mean = b->news_sum / (double)b->news_count;

    return mean < news->min ? news->min : mean > news->max ? news->max : mean;
}

/* For each bucket that got something its mean: so count and sum are what they were. */
static void append_buckets(const struct family_series *s, size_t bucket_count, bool has_counts,
                           struct buffer *out)
{
    bool is_first = true;

    for (size_t i = 0; i < bucket_count; i++) {
        const struct family_bucket *b = &s->buckets[i];

        if (b->news_count == 0)
            continue;
        if (!is_first)
            buffer_append_byte(out, ',');
        is_first = false;
        if (has_counts)
            buffer_append_format(out, "%" PRIu64, b->news_count);
        else
            json_write_double(out, mean_of(b, &s->news));
    }
}

static void append_member(struct buffer *out, const char *name, double value)
{
    buffer_append_format(out, "\"%s\":", name);
    json_write_double(out, value);
    buffer_append_byte(out, ',');
}

static void append_histogram(const struct filter_log_to_metrics *l, const struct family_series *s,
                             struct buffer *out)
{
    size_t bucket_count = l->spec.bound_count + 1;

    CHECK(l->spec.type == METRIC_HISTOGRAM);
    buffer_append_text(out, "{\"Values\":[");
    append_buckets(s, bucket_count, false, out);
    buffer_append_text(out, "],\"Counts\":[");
    append_buckets(s, bucket_count, true, out);
    buffer_append_text(out, "],");
    append_member(out, "Max", s->news.max);
    append_member(out, "Min", s->news.min);
    append_member(out, "Sum", s->news.sum);
    buffer_append_format(out, "\"Count\":%" PRIu64 "}", s->news.count);
}

static struct value news_value(const struct filter_log_to_metrics *l, const struct family_series *s,
                               struct buffer *text, struct arena *arena)
{
    switch (l->spec.type) {
    case METRIC_COUNTER:
        return value_uint(s->news.count);
    case METRIC_GAUGE:
        return value_double(s->news.sum);
    case METRIC_HISTOGRAM:
        break;
    }
    append_histogram(l, s, text);
    return value_json(arena_copy(arena, buffer_view(text)));
}

void document_fill(const struct filter_log_to_metrics *l, const struct family_series *s,
                   struct record *record)
{
    uint32_t present = present_labels(l, s);
    struct buffer text = {0};

    CHECK(s->news.count > 0 && l->emit.set_count > 0);
    append_aws(l, present, record->time_ns, &text);
    record_add(record, SLICE("_aws"), value_json(arena_copy(&record->arena, buffer_view(&text))));
    add_labels(l, s, present, record);
    buffer_clear(&text);
    record_add(record, slice_of(l->spec.name), news_value(l, s, &text, &record->arena));
    buffer_fini(&text);
}
