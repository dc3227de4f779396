#include "plugin/plugin.h"
#include "plugins/in_dummy/pace.h"

#include <errno.h>

/*
 * Makes records out of nothing, at a steady pace: for trying a configuration.
 *
 *   dummy_init     takes `dummy` apart: one record for each object in it
 *   dummy_start    begins the pace
 *   on_tick        makes the samples that are due
 *   on_room        goes on, after the budget had been spent
 *
 * Goes wrong: `dummy` or `metadata` is no JSON (the default, and a warning).
 */

#define DUMMY_DEFAULT "{\"message\":\"dummy\"}"

/* As configured. */
struct dummy_keys {
    char *dummy;
    char *metadata;
    int64_t rate;
    int64_t interval_sec, interval_nsec;
    int64_t samples;
    int64_t copies;
    int64_t start_sec, start_nsec;
    bool is_time_fixed;
    bool has_first_at_once;
};

struct in_dummy {
    struct dummy_keys keys;
    struct arena arena; /* of the bodies */
    struct slice *bodies;
    size_t body_count;
    struct slice metadata; /* empty: none */
    struct pace pace;
    uint64_t sample_count; /* made so far */
    int64_t began_wall_ns;
    struct input *input;
    struct origin *origin; /* its window counts records */
    struct timer *timer;
    struct budget_waiter waiter;
};

static const struct option options[] = {
    OPTION_TEXT(struct in_dummy, keys.dummy, "dummy", DUMMY_DEFAULT, 0,
                "The record; several objects one after the other make several records."),
    OPTION_TEXT(struct in_dummy, keys.metadata, "metadata", "{}", 0, "Its metadata."),
    OPTION_INT(struct in_dummy, keys.rate, "rate", "1", 0, "Samples a second."),
    OPTION_INT(struct in_dummy, keys.interval_sec, "interval_sec", "0", 0,
               "Seconds between two samples, instead of a rate."),
    OPTION_INT(struct in_dummy, keys.interval_nsec, "interval_nsec", "0", 0,
               "Nanoseconds more between two samples."),
    OPTION_INT(struct in_dummy, keys.samples, "samples", "0", 0,
               "Fall silent after so many samples; 0 goes on for ever."),
    OPTION_INT(struct in_dummy, keys.copies, "copies", "1", 0, "Records in a sample."),
    OPTION_INT(struct in_dummy, keys.start_sec, "start_time_sec", "-1", 0,
               "Time of the first record, in seconds since 1970; -1 is now."),
    OPTION_INT(struct in_dummy, keys.start_nsec, "start_time_nsec", "-1", 0,
               "Nanoseconds to add to it."),
    OPTION_BOOL(struct in_dummy, keys.is_time_fixed, "fixed_timestamp", "false", 0,
                "Every record has the time of the first."),
    OPTION_BOOL(struct in_dummy, keys.has_first_at_once, "flush_on_startup", "false", 0,
                "Make the first sample at once."),
    OPTION_IGNORED("test_hang_on_exit", "It is for tests of Fluent Bit itself."),
    OPTION_END,
};

/* ---- what to make ---- */

static void body_add(struct in_dummy *d, struct slice text)
{
    d->bodies = mem_resize(d->bodies, d->body_count + 1, sizeof *d->bodies);
    d->bodies[d->body_count++] = arena_copy(&d->arena, text);
}

/* Adds every object of the text; -EINVAL and none when it holds anything else, or nothing. */
static int bodies_take(struct in_dummy *d, struct slice text, struct json_scanner *json)
{
    struct json_object object;

    text = slice_trim(text);
    while (text.len > 0) {
        int64_t len = json_value_extent(text);
        int rc = len < 0 ? (int)len
                         : json_check_object(json, slice_make(text.data, (size_t)len), &object);

        if (rc < 0) {
            d->body_count = 0;
            return rc;
        }
        body_add(d, object.text);
        text = slice_trim(slice_skip(text, (size_t)len));
    }
    return d->body_count > 0 ? 0 : -EINVAL;
}

static void metadata_take(struct in_dummy *d, struct json_scanner *json, struct plugin_setup *setup)
{
    struct json_object object;

    if (json_take_object(json, slice_of(d->keys.metadata), &d->arena, &object) < 0)
        report_warn(setup->report, setup_place(setup, "metadata"),
                    "metadata is not a JSON object; {} is used");
    else if (object.member_count > 0)
        d->metadata = arena_copy(&d->arena, object.text);
}

/* Times are 64 bits of nanoseconds. */
#define SECONDS_MAX (INT64_MAX / NS_PER_S / 2)

/* The first key that is beyond what time can be, or NULL. */
static const char *wrong_time(const struct in_dummy *d)
{
    if (d->keys.start_sec > SECONDS_MAX)
        return "start_time_sec";
    if (d->keys.start_nsec > SECONDS_MAX * NS_PER_S)
        return "start_time_nsec";
    return d->keys.interval_sec > SECONDS_MAX ? "interval_sec" : NULL;
}

static int dummy_init(void *self, struct plugin_setup *setup)
{
    struct in_dummy *d = self;
    const char *wrong = wrong_time(d);
    struct json_scanner json;

    if (wrong != NULL) {
        report_error(setup->report, setup_place(setup, wrong), "%s is beyond what time can be",
                     wrong);
        return -EINVAL;
    }
    json_scanner_init(&json);
    if (bodies_take(d, slice_of(d->keys.dummy), &json) < 0) {
        report_warn(setup->report, setup_place(setup, "dummy"),
                    "dummy is not JSON objects; %s is used", DUMMY_DEFAULT);
        body_add(d, SLICE(DUMMY_DEFAULT));
    }
    metadata_take(d, &json, setup);
    json_scanner_fini(&json);
    d->pace.interval_ns =
        pace_interval_ns(d->keys.interval_sec, d->keys.interval_nsec, d->keys.rate);
    return 0;
}

static void dummy_fini(void *self)
{
    struct in_dummy *d = self;

    MEM_FREE(&d->bodies);
    arena_fini(&d->arena);
}

/* ---- making it ---- */

static bool has_start_time(const struct in_dummy *d)
{
    return d->keys.start_sec >= 0 || d->keys.start_nsec >= 0;
}

/* A start time shifts the clock. */
static int64_t dummy_time(const struct in_dummy *d)
{
    int64_t start_ns = d->began_wall_ns;
    int64_t passed_ns = clock_wall_ns() - d->began_wall_ns;

    if (has_start_time(d))
        start_ns = (d->keys.start_sec > 0 ? d->keys.start_sec * NS_PER_S : 0) +
                   (d->keys.start_nsec > 0 ? d->keys.start_nsec : 0);
    return d->keys.is_time_fixed ? start_ns : start_ns + passed_ns;
}

static void make_record(struct in_dummy *d, struct slice body)
{
    struct intake *intake = d->input->intake;
    struct record *record = intake_record(intake);
    struct json_object object;

    CHECK(json_take_object(intake_json(intake), body, &record->arena, &object) == 0);
    record_add_members(record, &object);
    record->time_ns = dummy_time(d);
    record->metadata = d->metadata;
    d->input->metrics.bytes += body.len;
    record->offset = d->origin->window.issued;
    intake_push(intake, d->origin, d->origin->window.issued + 1);
}

static void make_sample(struct in_dummy *d)
{
    int64_t copies = d->keys.copies > 1 ? d->keys.copies : 1;

    d->sample_count++;
    while (copies-- > 0)
        for (size_t i = 0; i < d->body_count; i++)
            make_record(d, d->bodies[i]);
}

static bool is_silent(const struct in_dummy *d)
{
    return d->keys.samples > 0 && d->sample_count >= (uint64_t)d->keys.samples;
}

static void on_tick(void *owner)
{
    struct in_dummy *d = owner;
    uint64_t due = pace_due(&d->pace, clock_ms());

    while (due-- > 0 && !is_silent(d)) {
        if (!budget_has_room(d->input->budget)) {
            timer_stop(d->timer);
            d->input->metrics.is_paused = 1;
            budget_wait(d->input->budget, &d->waiter);
            return;
        }
        make_sample(d);
    }
    if (is_silent(d))
        timer_stop(d->timer);
}

static void pace_begin(struct in_dummy *d)
{
    pace_start(&d->pace, clock_ms());
    timer_repeat(d->timer, pace_every_ms(&d->pace));
}

static void on_room(struct budget_waiter *waiter)
{
    struct in_dummy *d = CONTAINER_OF(waiter, struct in_dummy, waiter);

    d->input->metrics.is_paused = 0;
    pace_begin(d);
}

/* ---- the plugin ---- */

static void origin_gone(struct origin *origin)
{
    origin_fini(origin);
    mem_free(origin);
}

static const struct origin_ops origin_ops = {.free = origin_gone};

static int dummy_start(void *self, struct input *input, struct report *report)
{
    struct in_dummy *d = self;

    CHECK(d->body_count > 0 && d->origin == NULL);
    (void)report;
    d->input = input;
    d->origin = mem_alloc(sizeof *d->origin);
    origin_init_once(d->origin, &origin_ops, slice_of(input->tag));
    d->origin->metrics = &input->metrics;
    d->origin->budget = input->budget;
    budget_waiter_init(&d->waiter, on_room);
    d->timer = timer_new(input->loop, on_tick, d);
    d->began_wall_ns = clock_wall_ns();
    if (d->keys.has_first_at_once)
        make_sample(d);
    if (!is_silent(d))
        pace_begin(d);
    return 0;
}

static void dummy_stop(void *self)
{
    struct in_dummy *d = self;

    budget_waiter_stop(&d->waiter);
    timer_free(&d->timer);
    origin_unref(&d->origin);
}

const struct input_plugin in_dummy = {
    .name = "dummy",
    .summary = "Makes records, for trying things out.",
    .self_bytes = sizeof(struct in_dummy),
    .options = options,
    .init = dummy_init,
    .start = dummy_start,
    .stop = dummy_stop,
    .fini = dummy_fini,
};
