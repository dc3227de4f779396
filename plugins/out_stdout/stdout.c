#include "plugin/plugin.h"
#include "plugins/out_stdout/readable.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Writes each batch to standard output, whole, before it is called delivered.
 *
 * A reader that stands still holds the worker, and so, once the budget is spent, the inputs. One
 * that is gone is told to the operator and waited for.
 */

enum format {
    FORMAT_TEXT, /* "msgpack", as Fluent Bit calls it */
    FORMAT_JSON,
    FORMAT_JSON_LINES,
    FORMAT_JSON_STREAM,
    FORMAT_READABLE,
    FORMAT_OTLP_JSON,
    FORMAT_OTLP_JSON_PRETTY,
};
#define FORMATS "msgpack|json|json_lines|json_stream|readable|otlp_json|otlp_json_pretty"

struct out_stdout {
    int format;
    int date_form; /* enum time_json */
    char *date_key;
    struct render render;
};

static const struct option options[] = {
    OPTION_CHOICE(struct out_stdout, format, "format", "msgpack", 0, FORMATS,
                  "What a record looks like."),
    OPTION_TEXT(struct out_stdout, date_key, "json_date_key", "date", 0,
                "Key of the record's time in JSON; false leaves it out."),
    OPTION_CHOICE(struct out_stdout, date_form, "json_date_format", "double", 0, TIME_JSON_NAMES,
                  "How that time is written."),
    OPTION_END,
};

static int stdout_init(void *self, struct plugin_setup *setup)
{
    struct out_stdout *o = self;

    if (o->format == FORMAT_OTLP_JSON || o->format == FORMAT_OTLP_JSON_PRETTY) {
        report_error(setup->report, setup_place(setup, "format"),
                     "stdout does not write OpenTelemetry's JSON; set format to json_lines");
        return -EINVAL;
    }
    render_date(&o->render, o->date_key, (enum time_json)o->date_form);
    o->render.is_compact = true;
    o->render.is_ascii = setup->escape_unicode;
    o->render.has_metadata = true;
    return 0;
}

static void stdout_fini(void *self)
{
    (void)self;
}

/* Records are numbered from 0 for each run of one tag, as in a chunk of Fluent Bit's. */
static void put_text(struct batch *batch, struct buffer *out)
{
    struct chunk_record record;
    struct arena scratch = {0};
    struct slice tag = {0};
    uint32_t number = 0;

    while (batch_next(batch, &record)) {
        if (!slice_equal(record.run->tag, tag))
            number = 0;
        tag = record.run->tag;
        render_text(&record, number++, &scratch, out);
    }
    arena_fini(&scratch);
}

/* An array for each batch. */
static void put_json(struct render *render, struct batch *batch, struct buffer *out)
{
    struct chunk_record record;
    char before = '[';

    while (batch_next(batch, &record)) {
        buffer_append_byte(out, before);
        render_json(render, &record, out);
        before = ',';
    }
    buffer_append_text(out, before == '[' ? "[]\n" : "]\n");
}

static void put_json_lines(struct render *render, struct batch *batch, struct buffer *out)
{
    struct chunk_record record;

    while (batch_next(batch, &record)) {
        render_json(render, &record, out);
        buffer_append_byte(out, '\n');
    }
}

static void put_json_stream(struct render *render, struct batch *batch, struct buffer *out)
{
    struct chunk_record record;

    while (batch_next(batch, &record))
        render_json(render, &record, out);
    buffer_append_byte(out, '\n');
}

/* https://no-color.org: people who set it want none. */
static bool has_colour(void)
{
    const char *unwanted = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return isatty(STDOUT_FILENO) && (unwanted == NULL || unwanted[0] == '\0') && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

static void put_readable(struct batch *batch, struct buffer *out)
{
    struct readable readable = {.has_colour = has_colour()};
    struct chunk_record record;

    while (batch_next(batch, &record))
        readable_record(&readable, &record, out);
    readable_fini(&readable);
}

static void put_batch(const struct out_stdout *o, struct batch *batch, struct buffer *out)
{
    struct render render = o->render;

    switch ((enum format)o->format) {
    case FORMAT_JSON:
        put_json(&render, batch, out);
        return;
    case FORMAT_JSON_LINES:
        put_json_lines(&render, batch, out);
        return;
    case FORMAT_JSON_STREAM:
        put_json_stream(&render, batch, out);
        return;
    case FORMAT_READABLE:
        put_readable(batch, out);
        return;
    default:
        CHECK(o->format == FORMAT_TEXT);
        put_text(batch, out);
    }
}

static enum verdict stdout_write(void *self, struct batch *batch, char why[256])
{
    struct buffer text = {0};
    size_t written;
    int rc;

    put_batch(self, batch, &text);
    rc = descriptor_write(STDOUT_FILENO, buffer_view(&text), &written);
    buffer_fini(&text);
    if (rc == 0)
        return VERDICT_DELIVERED;
    if (rc == -EPIPE)
        snprintf(why, 256, "nobody reads standard output any more");
    else
        snprintf(why, 256, "standard output cannot be written: %s", strerror(-rc));
    return VERDICT_RETRY;
}

const struct output_plugin out_stdout = {
    .name = "stdout",
    .summary = "Prints records to standard output.",
    .self_bytes = sizeof(struct out_stdout),
    .options = options,
    .init = stdout_init,
    .fini = stdout_fini,
    .write = stdout_write,
    .default_workers = 1,
};
