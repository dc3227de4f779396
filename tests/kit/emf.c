#include "kit/emf.h"

#include "record/json.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#define VALUE_MAX 0x1p360
#define TIMESTAMP_MIN 1e12 /* milliseconds: in seconds it would be too early */

static const char *const units[] = {
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
};

/* ---- JSON ---- */

/* The text of a string without escapes. */
static bool string_of(struct slice value, struct slice *text)
{
    if (value.len < 2 || value.data[0] != '"')
        return false;
    *text = slice_make(value.data + 1, value.len - 2);
    return true;
}

static bool number_of(struct slice value, double *number)
{
    char copy[64], *end;

    if (value.len == 0 || value.len >= sizeof copy || strchr("-0123456789", value.data[0]) == NULL)
        return false;
    memcpy(copy, value.data, value.len);
    copy[value.len] = '\0';
    *number = strtod(copy, &end);
    return *end == '\0' && fabs(*number) <= VALUE_MAX;
}

static bool is_kind(struct slice value, char begin)
{
    return value.len > 0 && value.data[0] == begin;
}

static size_t count_members(struct slice value)
{
    struct slice rest = value, key, item;
    size_t count = 0;

    while (json_next(&rest, &key, &item))
        count++;
    return count;
}

static size_t count_key(struct slice object, struct slice wanted)
{
    struct slice rest = object, key, item;
    size_t count = 0;

    while (json_next(&rest, &key, &item))
        count += slice_equal(key, wanted);
    return count;
}

static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < ' ' || text.data[i] > '~')
            return false;
    return true;
}

static bool is_name(struct slice text)
{
    return slice_trim(text).len > 0 && text.len <= EMF_NAME_BYTES_MAX && is_plain(text) &&
           text.data[0] != ':' && memchr(text.data, '\\', text.len) == NULL;
}

/* ---- dimensions ---- */

static const char *dimension_trouble(struct slice root, struct slice set, struct slice item)
{
    struct slice name, value, text;
    struct slice rest = set, key, other;
    unsigned same = 0;

    if (!string_of(item, &name) || !is_name(name))
        return "a dimension's name is no string of 1 to 255 characters";
    while (json_next(&rest, &key, &other))
        same += slice_equal(other, item);
    if (same != 1)
        return "a set has a dimension twice";
    if (!json_find(root, name, &value) || !string_of(value, &text))
        return "a dimension is no string of the root";
    if (slice_trim(text).len == 0 || text.len > EMF_DIMENSION_BYTES_MAX || !is_plain(text))
        return "a dimension's value is blank, longer than 1,024 bytes, or not ASCII";
    return NULL;
}

static const char *set_trouble(struct slice root, struct slice set)
{
    struct slice rest = set, key, item;
    const char *trouble = NULL;

    if (!is_kind(set, '['))
        return "a dimension set is no array";
    if (count_members(set) > EMF_DIMENSIONS_MAX)
        return "a set has more than 30 dimensions";
    while (trouble == NULL && json_next(&rest, &key, &item))
        trouble = dimension_trouble(root, set, item);
    return trouble;
}

static const char *sets_trouble(struct slice root, struct slice sets)
{
    struct slice rest = sets, key, item;
    const char *trouble = NULL;

    if (!is_kind(sets, '[') || count_members(sets) == 0)
        return "Dimensions is no array with a set in it";
    while (trouble == NULL && json_next(&rest, &key, &item))
        trouble = set_trouble(root, item);
    return trouble;
}

/* ---- targets ---- */

static const char *numbers_trouble(struct slice array)
{
    struct slice rest = array, key, item;
    double number;

    if (!is_kind(array, '[') || count_members(array) == 0)
        return "an array of numbers is none, or empty";
    if (count_members(array) > EMF_VALUES_MAX)
        return "an array has more than 100 numbers";
    while (json_next(&rest, &key, &item))
        if (!number_of(item, &number))
            return "an array has something that is no number, or out of range";
    return NULL;
}

/* What Values and Counts come to. */
struct totals {
    double min, max, sum, count;
    bool has_no_count; /* there is a value that never came */
};

static struct totals add_up(struct slice values, struct slice counts)
{
    struct totals t = {.min = INFINITY, .max = -INFINITY};
    struct slice key, value, count;

    while (json_next(&values, &key, &value) && json_next(&counts, &key, &count)) {
        double v = 0, c = 0;

        ck_assert(number_of(value, &v) && number_of(count, &c));
        t.min = fmin(t.min, v);
        t.max = fmax(t.max, v);
        t.sum += v * c;
        t.count += c;
        t.has_no_count |= c < 1 || c != floor(c);
    }
    return t;
}

static double member(struct slice object, const char *name)
{
    struct slice value;
    double number = NAN;

    return json_find(object, slice_of(name), &value) && number_of(value, &number) ? number : NAN;
}

static const char *totals_trouble(struct slice target, struct totals t)
{
    double sum = member(target, "Sum");

    if (t.has_no_count || !(member(target, "Count") == t.count))
        return "Count is not the sum of Counts, or one of them is no count";
    if (!(member(target, "Min") <= t.min) || !(member(target, "Max") >= t.max))
        return "a value lies outside of Min and Max";
    if (!(fabs(sum - t.sum) <= 1e-9 * (fabs(sum) + t.count * fmax(fabs(t.min), fabs(t.max)))))
        return "Sum is not what Values and Counts come to";
    return NULL;
}

static const char *statistics_trouble(struct slice target)
{
    struct slice values, counts;
    const char *trouble;

    if (count_members(target) != 6 || !json_find(target, SLICE("Values"), &values) ||
        !json_find(target, SLICE("Counts"), &counts))
        return "a target has not Values, Counts, Max, Min, Sum and Count alone";
    trouble = numbers_trouble(values);
    if (trouble == NULL)
        trouble = numbers_trouble(counts);
    if (trouble != NULL)
        return trouble;
    if (count_members(values) != count_members(counts))
        return "there are not as many Counts as Values";
    return totals_trouble(target, add_up(values, counts));
}

static const char *target_trouble(struct slice root, struct slice name)
{
    struct slice target;
    double number;

    if (!json_find(root, name, &target))
        return "a metric is no member of the root";
    if (is_kind(target, '{'))
        return statistics_trouble(target);
    if (is_kind(target, '['))
        return numbers_trouble(target);
    return number_of(target, &number) ? NULL : "a metric is no number, or out of range";
}

/* ---- metrics ---- */

static bool is_unit(struct slice unit)
{
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (slice_is(unit, units[i]))
            return true;
    return false;
}

static const char *metric_trouble(struct slice root, struct slice metric)
{
    struct slice name, unit, value;
    size_t known = 1;

    if (!is_kind(metric, '{') || !json_find(metric, SLICE("Name"), &value) ||
        !string_of(value, &name) || !is_name(name))
        return "a metric has no Name of 1 to 255 characters";
    if (json_find(metric, SLICE("Unit"), &value)) {
        known++;
        if (!string_of(value, &unit) || !is_unit(unit))
            return "a Unit is none";
    }
    if (json_find(metric, SLICE("StorageResolution"), &value)) {
        known++;
        if (!slice_is(value, "1") && !slice_is(value, "60"))
            return "a StorageResolution is neither 1 nor 60";
    }
    if (count_members(metric) != known)
        return "a metric's definition has more than it may";
    return target_trouble(root, name);
}

static const char *metrics_trouble(struct slice root, struct slice metrics)
{
    struct slice rest = metrics, key, item;
    const char *trouble = NULL;

    if (!is_kind(metrics, '[') || count_members(metrics) == 0)
        return "Metrics is no array with a metric in it";
    if (count_members(metrics) > EMF_METRICS_MAX)
        return "there are more than 100 metrics";
    while (trouble == NULL && json_next(&rest, &key, &item))
        trouble = metric_trouble(root, item);
    return trouble;
}

static bool is_name_space(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (memchr("._-/#: ", text.data[i], 7) == NULL &&
            !(text.data[i] >= '0' && text.data[i] <= '9') &&
            !((text.data[i] | 32) >= 'a' && (text.data[i] | 32) <= 'z'))
            return false;
    return is_name(text) && !slice_begins(text, SLICE("AWS/"));
}

static const char *directive_trouble(struct slice root, struct slice directive)
{
    struct slice name_space, dimensions, metrics, text;
    const char *trouble;

    if (count_members(directive) != 3 || !json_find(directive, SLICE("Namespace"), &name_space) ||
        !json_find(directive, SLICE("Dimensions"), &dimensions) ||
        !json_find(directive, SLICE("Metrics"), &metrics))
        return "a directive has not Namespace, Dimensions and Metrics alone";
    if (!string_of(name_space, &text) || !is_name_space(text))
        return "a Namespace is not one";
    trouble = sets_trouble(root, dimensions);
    return trouble != NULL ? trouble : metrics_trouble(root, metrics);
}

static const char *aws_trouble(struct slice root, struct slice aws)
{
    struct slice timestamp, directives, rest, key, item;
    const char *trouble = NULL;
    double number;

    if (!is_kind(aws, '{') || count_members(aws) != 2 ||
        !json_find(aws, SLICE("Timestamp"), &timestamp) ||
        !json_find(aws, SLICE("CloudWatchMetrics"), &directives))
        return "_aws has not Timestamp and CloudWatchMetrics alone";
    if (!number_of(timestamp, &number) || number < TIMESTAMP_MIN || number != floor(number))
        return "Timestamp is no whole number of milliseconds";
    if (!is_kind(directives, '[') || count_members(directives) == 0)
        return "CloudWatchMetrics is no array with a directive in it";
    rest = directives;
    while (trouble == NULL && json_next(&rest, &key, &item))
        trouble = directive_trouble(root, item);
    return trouble;
}

static const char *root_trouble(struct slice root)
{
    struct slice rest = root, key, value;

    while (json_next(&rest, &key, &value))
        if (count_key(root, key) != 1)
            return "a member is there twice";
    if (!json_find(root, SLICE("_aws"), &value))
        return "there is no _aws";
    return aws_trouble(root, value);
}

const char *emf_trouble(struct slice document)
{
    struct json_scanner json;
    struct json_object object;
    int rc;

    if (document.len > EMF_BYTES_MAX)
        return "it is longer than 1 MiB";
    json_scanner_init(&json);
    rc = json_check_object(&json, document, &object);
    json_scanner_fini(&json);
    if (rc < 0 || object.text.len != document.len)
        return "it is not one JSON object and nothing else";
    return root_trouble(document);
}

void emf_expect(struct slice document)
{
    const char *trouble = emf_trouble(document);

    ck_assert_msg(trouble == NULL, "%s: %.*s", trouble, SLICE_ARG(document));
}
