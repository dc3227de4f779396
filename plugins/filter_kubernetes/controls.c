#include "plugins/filter_kubernetes/controls.h"

#define PREFIX SLICE("fluentbit.io/")

const char *const control_prefixes[] = {"fluentbit.io/", NULL};

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

struct controls controls_read(struct slice annotations, struct slice container, struct arena *arena)
{
    struct choice parser = {0}, exclude = {0};
    struct slice rest = annotations, key, value;
    struct controls controls;

    while (annotations.len > 0 && json_next(&rest, &key, &value)) {
        if (!slice_begins(key, PREFIX))
            continue;
        key = slice_skip(key, PREFIX.len);
        if (slice_begins(key, SLICE("parser")))
            choice_take(&parser, slice_skip(key, SLICE("parser").len), container,
                        text_of(value, arena));
        else if (slice_begins(key, SLICE("exclude")))
            choice_take(&exclude, slice_skip(key, SLICE("exclude").len), container,
                        text_of(value, arena));
    }
    for (int i = 0; i < CONTROL_STREAMS; i++) {
        controls.parser[i] = parser.values[i];
        controls.is_excluded[i] = is_true(exclude.values[i], arena);
    }
    return controls;
}
