#include "plugins/filter_log_to_metrics/log_to_metrics.h"

#include <errno.h>
#include <inttypes.h>

#define UNUSABLE_SAID_MS 60000
#define OVERFLOW_SAID_MS (60 * 60 * 1000)
#define SERIES_MAX 100000

enum brake {
    BRAKE_OVERFLOW,
    BRAKE_UNUSABLE,
};

#define S struct filter_log_to_metrics
static const struct option options[] = {
    OPTION_PAIR(S, keys.picks, "regex", NULL, OPTION_REPEAT,
                "KEY PATTERN: count records where the key's text matches."),
    OPTION_PAIR(S, keys.picks, "exclude", NULL, OPTION_REPEAT,
                "KEY PATTERN: do not count records where the key's text matches."),
    OPTION_CHOICE(S, keys.mode, "metric_mode", "counter", 0, "counter|gauge|histogram",
                  "What is made of records."),
    OPTION_TEXT(S, keys.value_field, "value_field", NULL, 0,
                "Key of the number that a gauge shows, or a histogram counts."),
    OPTION_TEXT(S, names.name, "metric_name", "a", 0, "Name of the metric."),
    OPTION_TEXT(S, names.name_space, "metric_namespace", "log_metric", 0,
                "What the metric's whole name begins with, and its namespace in CloudWatch."),
    OPTION_TEXT(S, names.subsystem, "metric_subsystem", NULL, 0,
                "The middle of the metric's whole name; the mode where there is none."),
    OPTION_TEXT(S, names.description, "metric_description", NULL, OPTION_REQUIRED,
                "What the metric means, for whoever sees it."),
    OPTION_BOOL(S, keys.is_kubernetes, "kubernetes_mode", "false", 0,
                "Add the labels namespace_name, pod_name, container_name, docker_id and pod_id, "
                "from what the filter kubernetes adds."),
    OPTION_PAIR(S, keys.labels, "add_label", NULL, OPTION_REPEAT,
                "NAME KEY: a label with the value of a key."),
    OPTION_PAIR(S, keys.labels, "label_field", NULL, OPTION_REPEAT,
                "KEY: a label with the value, and the name, of a key."),
    OPTION_WORDS(S, keys.buckets, "bucket", NULL, OPTION_REPEAT,
                 "Upper bound of one of the histogram's buckets; without any they are 0.005, 0.01, "
                 "0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5 and 10."),
    OPTION_TEXT(S, keys.tag, "tag", NULL, OPTION_REQUIRED,
                "Tag of the documents that are made of what was counted."),
    OPTION_TEXT(S, emit.name, "emitter_name", NULL, 0,
                "What the documents come from, where inputs are shown; emitter_for_ and the "
                "filter's name where there is none."),
    OPTION_SIZE(S, emit.limit_bytes, "emitter_mem_buf_limit", "10M", 0,
                "What documents may hold that are not delivered; beyond it no more are made, and "
                "counting goes on."),
    OPTION_INT(S, emit.interval_s, "flush_interval_sec", "0", 0,
               "Seconds between two documents of one series; without any interval it is one."),
    OPTION_INT(S, emit.interval_ns, "flush_interval_nsec", "0", 0,
               "Nanoseconds more between them, in whole milliseconds."),
    OPTION_BOOL(S, keys.discards, "discard_logs", "false", 0,
                "Take all records out that come by, also those that do not count."),
    OPTION_INT(S, keys.series_max, "series_limit", "2000", 0,
               "So many different sets of label values are counted apart; the others together."),
    OPTION_CHOICE(S, emit.unit_choice, "metric_unit", "auto", 0, UNIT_NAMES,
                  "Unit in CloudWatch; auto is Count for a counter, and None."),
    OPTION_TEXT(
        S, emit.dimensions, "metric_dimensions", NULL, 0,
        "Sets of labels that are a metric's dimensions in CloudWatch, such as app,pod_name; "
        "app; []; without it one set of all labels."),
    OPTION_END,
};
#undef S

/* ---- the beginning ---- */

static void value_init(struct filter_log_to_metrics *l, struct plugin_setup *setup)
{
    if (l->keys.mode == METRIC_COUNTER)
        return;
    if (l->keys.value_field == NULL || l->keys.value_field[0] == '\0')
        report_error(setup->report, setup_place(setup, "metric_mode"),
                     "filter log_to_metrics: a gauge or a histogram needs value_field, the key of "
                     "its number");
    else
        l->value =
            accessor_new_key(l->keys.value_field, setup->report, setup_place(setup, "value_field"));
}

/* What cannot be empty, and what has bounds. */
static void keys_check(const struct filter_log_to_metrics *l, struct plugin_setup *setup)
{
    if (l->keys.tag[0] == '\0')
        report_error(setup->report, setup_place(setup, "tag"),
                     "filter log_to_metrics: tag is empty; give the documents a tag");
    if (l->names.description[0] == '\0')
        report_error(setup->report, setup_place(setup, "metric_description"),
                     "filter log_to_metrics: metric_description is empty; say what the metric is");
    if (l->keys.series_max < 1 || l->keys.series_max > SERIES_MAX)
        report_error(setup->report, setup_place(setup, "series_limit"),
                     "filter log_to_metrics: series_limit is %" PRId64 "; it is between 1 and %d",
                     l->keys.series_max, SERIES_MAX);
}

static const char *unit_name(const struct filter_log_to_metrics *l)
{
    static const char *const names[] = {
        "None",
        "None",
        "Count",
        "Percent",
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
    };

    CHECK((size_t)l->emit.unit_choice < ARRAY_LEN(names));
    CHECK(l->emit.unit_choice == 0 || strstr(UNIT_NAMES, names[l->emit.unit_choice]) != NULL);
    if (l->emit.unit_choice == 0 && l->keys.mode == METRIC_COUNTER)
        return "Count";
    return names[l->emit.unit_choice];
}

static int log_to_metrics_init(void *self, struct plugin_setup *setup)
{
    unsigned errors_before = setup->report->error_count;
    struct filter_log_to_metrics *l = self;
    int rc;

    l->component = setup->component;
    if (l->emit.name == NULL)
        l->emit.name = mem_format("emitter_for_%s", setup->name);
    keys_check(l, setup);
    rc = picks_init(&l->picks, &l->keys.picks, setup->report);
    bounds_init(l, setup->report);
    value_init(l, setup);
    rc |= naming_init(l, setup);
    if (rc < 0 || setup->report->error_count > errors_before)
        return -EINVAL;
    l->emit.unit = unit_name(l);
    l->spec.help = l->names.description;
    l->spec.type = (enum metric_type)l->keys.mode;
    l->spec.series_max = (uint32_t)l->keys.series_max;
    CHECK((l->value == NULL) == (l->spec.type == METRIC_COUNTER));
    family_init(&l->family, &l->spec);
    return 0;
}

static void log_to_metrics_fini(void *self)
{
    struct filter_log_to_metrics *l = self;

    timer_free(&l->emit.timer);
    emitter_free(&l->emit.emitter);
    if (l->host != NULL)
        l->host->metrics->family = NULL;
    family_fini(&l->family);
    picks_fini(&l->picks);
    accessor_free(&l->value);
    naming_fini(l);
    buffer_fini(&l->scratch.key);
    arena_fini(&l->scratch.arena);
}

static int log_to_metrics_start(void *self, const struct filter_host *host, struct report *report)
{
    struct filter_log_to_metrics *l = self;

    (void)report;
    CHECK(l->host == NULL);
    l->host = host;
    host->metrics->family = &l->family;
    flush_start(l);
    return 0;
}

static void log_to_metrics_stop(void *self)
{
    flush_stop(self);
}

/* ---- records ---- */

static void say_overflow(struct filter_log_to_metrics *l)
{
    uint64_t held;

    if (log_brake_open(&l->brakes[BRAKE_OVERFLOW], OVERFLOW_SAID_MS, &held))
        log_warn(l->component,
                 "the labels of %s have taken more than %" PRIu32
                 " different sets of values (or 16 MiB): records with further ones are counted "
                 "together, under the value \"" FAMILY_OTHER
                 "\"; use labels with fewer values, or a larger series_limit",
                 l->spec.name, l->family.series_count);
}

static void say_unusable(struct filter_log_to_metrics *l)
{
    uint64_t held;

    if (l->host != NULL)
        l->host->metrics->log.unusable_records++;
    if (log_brake_open(&l->brakes[BRAKE_UNUSABLE], UNUSABLE_SAID_MS, &held))
        log_warn(l->component,
                 "%s of a record is missing or no number, so the record does not count for %s "
                 "(%" PRIu64 " more such records)",
                 l->keys.value_field, l->spec.name, held);
}

static struct family_series *series_of(struct filter_log_to_metrics *l,
                                       const struct accessor_scope *scope)
{
    struct family_series *s;

    buffer_clear(&l->scratch.key);
    labels_key(&l->labels, scope, &l->scratch.key);
    s = family_series(&l->family, buffer_view(&l->scratch.key));
    if (UNLIKELY(s == l->family.other))
        say_overflow(l);
    return s;
}

static void count(struct filter_log_to_metrics *l, const struct accessor_scope *scope)
{
    double number;

    if (l->value == NULL)
        family_add(&l->family, series_of(l, scope));
    else if (!label_number(l->value, scope, &number))
        say_unusable(l);
    else if (l->spec.type == METRIC_GAUGE)
        family_set(&l->family, series_of(l, scope), number);
    else
        family_observe(&l->family, series_of(l, scope), number);
}

/* It was read before, and counted then. */
static bool is_again(uint64_t place, const struct filter_run *run)
{
    return run->origin != NULL && place != RECORD_NO_OFFSET &&
           record_place_offset(place) < run->origin->again_until;
}

static enum filter_verdict log_to_metrics_apply(void *self, struct record *record,
                                                struct filter_run *run)
{
    struct accessor_scope scope = accessor_scope_of(record, run->tag);
    struct filter_log_to_metrics *l = self;

    if (!is_again(record->offset, run) && picks_take(&l->picks, &scope, l->component))
        count(l, &scope);
    return l->keys.discards ? FILTER_DROP : FILTER_KEEP;
}

static bool plain_lookup(void *owner, struct slice key, struct value *out)
{
    struct slice text;

    if (!plain_find(owner, key, &text))
        return false;
    *out = value_text(text);
    return true;
}

/* Of texts alone: then what is looked for is looked at, and nothing is changed. */
static enum plain_verdict log_to_metrics_apply_plain(void *self, struct plain_record *plain,
                                                     struct filter_run *run)
{
    struct filter_log_to_metrics *l = self;
    const struct accessor_scope scope = {
        .find = plain_lookup, .owner = plain, .arena = &l->scratch.arena, .tag = run->tag};

    if (plain->unfolded != PLAIN_NOT_UNFOLDED || plain->shared != NULL)
        return PLAIN_FILL;
    if (!is_again(plain->offset, run) && picks_take(&l->picks, &scope, l->component))
        count(l, &scope);
    return l->keys.discards ? PLAIN_DROP : PLAIN_KEEP;
}

/* ---- looking in ---- */

static void log_to_metrics_refresh(void *self)
{
    struct filter_log_to_metrics *l = self;

    if (l->host == NULL)
        return;
    l->host->metrics->log.series = l->family.series_count;
    l->host->metrics->log.overflow_records = l->family.overflow_count;
}

const struct filter_plugin filter_log_to_metrics = {
    .name = "log_to_metrics",
    .summary = "Counts records, for Prometheus and CloudWatch.",
    .self_bytes = sizeof(struct filter_log_to_metrics),
    .options = options,
    .sees_all = true,
    .init = log_to_metrics_init,
    .fini = log_to_metrics_fini,
    .start = log_to_metrics_start,
    .stop = log_to_metrics_stop,
    .apply = log_to_metrics_apply,
    .apply_plain = log_to_metrics_apply_plain,
    .refresh = log_to_metrics_refresh,
};
