#include "plugin/plugin.h"
#include "plugins/in_stdin/event.h"
#include "plugins/in_stdin/feed.h"

#include <errno.h>
#include <unistd.h>
#include <uv.h>

/*
 * Records from standard input: JSON values one after the other, or lines for a parser.
 *
 *   stdin_start    opens the feed
 *   on_bytes       takes what is whole, keeps what lacks its end
 *   on_room        reads on, after the budget had been spent
 *   stdin_end      nothing more comes: what is left is taken, and the agent is asked to stop
 *
 * Goes wrong: what is no JSON (left out up to the next line, and told); a value or a line that does
 * not end (likewise, past PENDING_BYTES_MIN or Buffer_Size); a line that does not parse (it goes on
 * as text).
 */

#define BUFFER_BYTES_MIN 16000
#define PENDING_BYTES_MIN ((size_t)1 << 20)
#define SAID_INTERVAL_MS 10000
#define TEXT_KEY "log"

struct in_stdin {
    char *parser_name;
    uint64_t buffer_bytes;
    const struct parser *parser; /* NULL: JSON */
    struct parser_run run;
    struct feed *feed;
    struct buffer pending; /* what has not ended yet */
    struct input *input;
    struct origin *origin; /* its window counts bytes */
    struct budget_waiter waiter;
    struct log_brake brake;
};

static const struct option options[] = {
    OPTION_TEXT(struct in_stdin, parser_name, "parser", NULL, 0,
                "Parser for each line; without it the input is JSON."),
    OPTION_SIZE(struct in_stdin, buffer_bytes, "buffer_size", "16000", 0,
                "Bytes to read at a time, at least 16000. A line may be as long, or 1 MiB if that "
                "is more."),
    OPTION_END,
};

static int stdin_init(void *self, struct plugin_setup *setup)
{
    struct in_stdin *s = self;

    if (s->buffer_bytes < BUFFER_BYTES_MIN) {
        report_warn(setup->report, setup_place(setup, "buffer_size"),
                    "buffer_size is raised to its least, %d", BUFFER_BYTES_MIN);
        s->buffer_bytes = BUFFER_BYTES_MIN;
    }
    if (s->parser_name == NULL)
        return 0;
    s->parser = parser_book_find(setup->parsers, s->parser_name);
    if (s->parser != NULL)
        return 0;
    report_error(setup->report, setup_place(setup, "parser"), "parser '%s' is not there",
                 s->parser_name);
    return -EINVAL;
}

static void stdin_fini(void *self)
{
    struct in_stdin *s = self;

    buffer_fini(&s->pending);
}

/* ---- records ---- */

static void say(struct in_stdin *s, const char *what)
{
    uint64_t held;

    s->input->metrics.parse_failures++;
    if (log_brake_open(&s->brake, SAID_INTERVAL_MS, &held))
        log_warn(s->input->component, "%s", what);
}

static void push(struct in_stdin *s, size_t bytes)
{
    intake_current(s->input->intake)->offset = s->origin->window.issued;
    s->input->metrics.bytes += bytes;
    intake_push(s->input->intake, s->origin, s->origin->window.issued + bytes);
}

/* Both texts are JSON, and may have too many members. */
static void push_event(struct in_stdin *s, const struct event *event)
{
    struct json_scanner *json = intake_json(s->input->intake);
    struct record *record = intake_record(s->input->intake);
    struct json_object object, metadata = {0};

    if ((event->metadata.len > 0 &&
         json_take_object(json, event->metadata, &record->arena, &metadata) < 0) ||
        json_take_object(json, event->body, &record->arena, &object) < 0) {
        say(s, "an object with too many members was left out");
        return;
    }
    if (metadata.member_count > 0)
        record->metadata = metadata.text;
    record_add_members(record, &object);
    record->time_ns = event->has_time ? event->time_ns : clock_wall_ns();
    push(s, event->body.len);
}

static void take_value(struct in_stdin *s, struct slice text)
{
    struct event_walk walk = {.rest = text};
    struct event event;
    bool is_odd;

    if (json_check_value(intake_json(s->input->intake), text, NULL) < 0) {
        say(s, "input that is no JSON was left out");
        return;
    }
    while (event_next(&walk, &event, &is_odd))
        push_event(s, &event);
    if (is_odd)
        say(s, "a JSON value that is no object was left out");
}

/* A line that does not parse goes on as text. */
static void take_line(struct in_stdin *s, struct slice line)
{
    struct record *record = intake_record(s->input->intake);
    int rc;

    if (slice_ends(line, SLICE("\r")))
        line.len--;
    if (line.len == 0)
        return;
    s->run.json = intake_json(s->input->intake);
    record->time_ns = clock_wall_ns();
    rc = parser_apply(s->parser, line, &s->run, record);
    if (rc < 0)
        s->input->metrics.parse_failures++;
    if (rc < 0 || record->root.count == 0)
        record_add(record, SLICE(TEXT_KEY), value_text(line));
    push(s, line.len);
}

/* ---- what is whole ---- */

static size_t pending_max(const struct in_stdin *s)
{
    return s->buffer_bytes > PENDING_BYTES_MIN ? s->buffer_bytes : PENDING_BYTES_MIN;
}

static struct slice skip_blanks(struct slice text)
{
    while (text.len > 0 && memchr(" \t\r\n", text.data[0], 4) != NULL)
        text = slice_skip(text, 1);
    return text;
}

/* Where it may be JSON again. */
static struct slice skip_line(struct slice text)
{
    return slice_skip(text, slice_find(text, '\n') + 1);
}

/* Takes every value that is whole; returns what is left. */
static struct slice take_values(struct in_stdin *s, struct slice text, bool is_end)
{
    for (text = skip_blanks(text); text.len > 0; text = skip_blanks(text)) {
        int64_t len = json_value_extent(text);

        if (len == UV_EAGAIN && !is_end && text.len < pending_max(s))
            return text;
        if (len == UV_EAGAIN) {
            say(s, "a JSON value without an end was left out");
            return (struct slice){0};
        }
        if (len < 0) {
            say(s, "input that is no JSON was left out");
            text = skip_line(text);
            continue;
        }
        take_value(s, slice_make(text.data, (size_t)len));
        text = slice_skip(text, (size_t)len);
    }
    return text;
}

static struct slice take_lines(struct in_stdin *s, struct slice text, bool is_end)
{
    while (text.len > 0) {
        size_t len = slice_find(text, '\n');

        if (len == text.len && !is_end && len < pending_max(s))
            return text;
        take_line(s, slice_make(text.data, len));
        text = slice_skip(text, len + 1);
    }
    return text;
}

static void take_whole(struct in_stdin *s, bool is_end)
{
    struct slice text = buffer_view(&s->pending), left;

    left = s->parser != NULL ? take_lines(s, text, is_end) : take_values(s, text, is_end);
    CHECK(left.len <= text.len);
    buffer_drop_front(&s->pending, text.len - left.len);
}

/* ---- the story ---- */

static void stdin_end(struct in_stdin *s, int status)
{
    if (status < 0)
        log_error(s->input->component, "standard input cannot be read: %s", strerror(-status));
    else
        log_info(s->input->component, "standard input is at its end");
    take_whole(s, true);
    s->input->exit_wanted(s->input);
}

static void on_bytes(void *owner, struct slice bytes, int status)
{
    struct in_stdin *s = owner;

    if (bytes.len == 0) {
        stdin_end(s, status);
        return;
    }
    s->input->metrics.read_bytes += bytes.len;
    buffer_append(&s->pending, bytes);
    take_whole(s, false);
    if (budget_has_room(s->input->budget))
        return;
    feed_stop(s->feed);
    s->input->metrics.is_paused = 1;
    budget_wait(s->input->budget, &s->waiter);
}

static void on_room(struct budget_waiter *waiter)
{
    struct in_stdin *s = CONTAINER_OF(waiter, struct in_stdin, waiter);

    s->input->metrics.is_paused = 0;
    feed_start(s->feed);
}

static void origin_gone(struct origin *origin)
{
    origin_fini(origin);
    mem_free(origin);
}

static const struct origin_ops origin_ops = {.free = origin_gone};

static int stdin_start(void *self, struct input *input, struct report *report)
{
    struct in_stdin *s = self;
    int rc;

    CHECK(s->origin == NULL && s->feed == NULL);
    s->input = input;
    budget_waiter_init(&s->waiter, on_room);
    rc = feed_open(input->loop, STDIN_FILENO, s->buffer_bytes, &s->feed);
    if (rc < 0) {
        report_error(report, (struct place){0}, "%s: standard input cannot be read: %s",
                     input->name, strerror(-rc));
        return rc;
    }
    s->origin = mem_alloc(sizeof *s->origin);
    origin_init_once(s->origin, &origin_ops, slice_of(input->tag));
    s->origin->metrics = &input->metrics;
    s->origin->budget = input->budget;
    feed_on_bytes(s->feed, on_bytes, s);
    feed_start(s->feed);
    return 0;
}

static void stdin_stop(void *self)
{
    struct in_stdin *s = self;

    budget_waiter_stop(&s->waiter);
    feed_free(&s->feed);
    origin_unref(&s->origin);
}

const struct input_plugin in_stdin = {
    .name = "stdin",
    .summary = "Reads records from standard input.",
    .self_bytes = sizeof(struct in_stdin),
    .options = options,
    .init = stdin_init,
    .start = stdin_start,
    .stop = stdin_stop,
    .fini = stdin_fini,
};
