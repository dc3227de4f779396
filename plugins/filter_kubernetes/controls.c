#include "plugins/filter_kubernetes/controls.h"

const char *const control_prefixes[] = {"fluentbit.io/", "tailrace.io/", NULL};

/* All that can be asked for, by the names behind the prefixes. */
enum control {
    CONTROL_PARSER,
    CONTROL_EXCLUDE,
    CONTROL_MULTILINE,
    CONTROL_RATE,
    CONTROLS,
};

static const struct slice control_names[CONTROLS] = {
    SLICE("fluentbit.io/parser"),
    SLICE("fluentbit.io/exclude"),
    SLICE("tailrace.io/multiline"),
    SLICE("tailrace.io/rate-limit"),
};

/* The value that counts so far, for each stream, and how special it was. */
struct choice {
    struct slice values[CONTROL_STREAMS];
    unsigned ranks[CONTROL_STREAMS];
};

#define RANK_ANY 1u
#define RANK_STREAM 2u
#define RANK_CONTAINER 4u

static void choice_offer(struct choice *c, enum control_stream stream, struct slice value,
                         unsigned rank)
{
    if (rank < c->ranks[stream])
        return;
    c->values[stream] = value;
    c->ranks[stream] = rank;
}

/* `rest` is what stands behind "parser" or "exclude". */
static void choice_take(struct choice *c, struct slice rest, struct slice container,
                        struct slice value)
{
    bool is_stdout = slice_begins(rest, SLICE("_stdout"));
    bool is_stderr = slice_begins(rest, SLICE("_stderr"));
    unsigned rank = RANK_ANY;

    if (is_stdout || is_stderr) {
        rank += RANK_STREAM;
        rest = slice_skip(rest, SLICE("_stdout").len);
    }
    if (rest.len > 0) {
        if (rest.data[0] != '-' || !slice_equal(slice_skip(rest, 1), container))
            return;
        rank += RANK_CONTAINER;
    }
    if (!is_stderr)
        choice_offer(c, CONTROL_STDOUT, value, rank);
    if (!is_stdout)
        choice_offer(c, CONTROL_STDERR, value, rank);
}

static bool is_true(struct slice text, struct arena *arena)
{
    const char *note;
    bool is_set = false;

    return text.len > 0 && setting_bool(arena_copy(arena, text).data, &is_set, &note) == 0 &&
           is_set;
}

static struct slice text_of(struct slice json, struct arena *arena)
{
    if (json.len < 2 || json.data[0] != '"')
        return (struct slice){0};
    return slice_trim(json_unescape(json, arena));
}

/* Both streams have it of one annotation, or one of them has none: those are for one alone. */
static void rate_take(struct controls *c, const struct choice *rate)
{
    struct slice of_stdout = rate->values[CONTROL_STDOUT], of_stderr = rate->values[CONTROL_STDERR];

    c->has_rate_of_stream = of_stdout.data != of_stderr.data;
    if (!c->has_rate_of_stream)
        c->rate = of_stdout;
}

struct controls controls_read(struct slice annotations, struct slice container, struct arena *arena)
{
    struct choice choices[CONTROLS] = {0};
    struct slice rest = annotations, key, value;
    struct controls controls = {0};

    while (annotations.len > 0 && json_next(&rest, &key, &value))
        for (int i = 0; i < CONTROLS; i++)
            if (slice_begins(key, control_names[i]))
                choice_take(&choices[i], slice_skip(key, control_names[i].len), container,
                            text_of(value, arena));
    for (int i = 0; i < CONTROL_STREAMS; i++) {
        controls.parser[i] = choices[CONTROL_PARSER].values[i];
        controls.is_excluded[i] = is_true(choices[CONTROL_EXCLUDE].values[i], arena);
        controls.multiline[i] = choices[CONTROL_MULTILINE].values[i];
    }
    rate_take(&controls, &choices[CONTROL_RATE]);
    return controls;
}
