#include "plugins/in_tail/lines_self.h"

#include "plugins/in_tail/guest.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/told.h"

#include <inttypes.h>
#include <stdio.h>

#define LONG_LINES_SAID_MS 60000

/*
 * From bytes to records, on the path of every byte.
 *
 *   lines_take        finds each line
 *   line_take         decodes it, and leaves off what does not count at its ends
 *   line_push_plain   most become texts only, the short way
 *   line_push         the parser takes it apart; line_join where lines may belong together (lines_joined.c)
 *   rest_take         what stands behind the last line feed, where it is too long to wait for, or the last
 */

static void add_file_keys(struct tail_file *f, struct record *record, const struct line *line)
{
    const struct tail_line_options *o = &f->tail->told.lines;

    if (o->path_key != NULL)
        record_add(record, slice_of(o->path_key), value_text(slice_of(f->log.path)));
    if (o->offset_key != NULL)
        record_add(record, slice_of(o->offset_key), value_uint(line->offset));
}

static void add_cut(struct tail_file *f, struct record *record, const struct line *line)
{
    if (UNLIKELY(line->cut_bytes > 0) && !f->tail->told.lines.truncate_long_lines)
        record_add(record, SLICE("truncated_bytes"), value_uint(line->cut_bytes));
}

void line_add_keys(struct tail_file *f, struct record *record, const struct line *line)
{
    add_file_keys(f, record, line);
    add_cut(f, record, line);
}

static bool line_parse(struct tail_file *f, struct record *record, const struct line *line)
{
    struct tail *t = f->tail;
    int rc;

    if (t->lines.parser == NULL)
        return false;
    rc = parser_apply(t->lines.parser, line->text, &t->lines.parser_run, record);
    if (rc >= 0 && record->root.count > 0) {
        if (rc == PARSER_NO_TIME)
            record->time_ns = clock_wall_ns();
        return true;
    }
    t->input->metrics.parse_failures++;
    return false;
}

void line_fill(struct tail_file *f, struct record *record, const struct line *line)
{
    struct tail *t = f->tail;

    record->offset = line->offset;
    record->time_ns = t->reading.wall_ns;
    if (line_parse(f, record, line)) {
        add_file_keys(f, record, line);
    } else {
        add_file_keys(f, record, line);
        record_add(record, slice_of(t->told.lines.key), value_text(line->text));
    }
    add_cut(f, record, line);
}

static void line_push(struct tail_file *f, struct record *record, const struct line *line)
{
    line_fill(f, record, line);
    f->tail->input->metrics.bytes += line->text.len;
    intake_push(f->tail->input->intake, &f->origin, line_bookmark(f, line->end));
}

/* ---- one line ---- */

static void plain_add_path(const struct tail_file *f, struct plain_record *plain)
{
    if (f->tail->told.lines.path_key != NULL)
        plain_add(plain, slice_of(f->tail->told.lines.path_key), slice_of(f->log.path));
}

/* The fields in the order that line_push and line_join give them. */
static bool line_fill_plain(const struct tail_file *f, const struct line *line,
                            struct plain_record *plain)
{
    const struct tail *t = f->tail;

    if (f->lines.rules != NULL) {
        if (!joiner_fill_plain(f->lines.rules, line->text, plain))
            return false;
        plain_add_path(f, plain);
        return true;
    }
    if (t->lines.parser != NULL)
        return false;
    plain_init(plain, t->reading.wall_ns);
    plain_add_path(f, plain);
    plain_add(plain, slice_of(t->told.lines.key), line->text);
    return true;
}

/* Most lines are whole, and texts only. False: this one is not. */
static inline bool line_push_plain(struct tail_file *f, const struct line *line)
{
    struct tail *t = f->tail;
    struct plain_record plain;

    if (UNLIKELY(f->lines.joiner != NULL || t->told.lines.offset_key != NULL ||
                 line->cut_bytes > 0) ||
        !line_fill_plain(f, line, &plain))
        return false;
    plain.offset = line->offset;
    t->input->metrics.bytes += line->text.len;
    intake_push_plain(t->input->intake, &f->origin, &plain, line->end);
    return true;
}

static inline void line_take(struct tail_file *f, struct line *line)
{
    struct tail *t = f->tail;

    if (UNLIKELY(t->lines.encoding != NULL))
        line->text = encoding_decode(t->lines.encoding, f->lines.form, line->text);
    while (line->text.len > 0 && UNLIKELY(line->text.data[0] == '\0'))
        line->text = slice_skip(line->text, 1);
    if (line->text.len >= 1 && line->text.data[line->text.len - 1] == '\r')
        line->text.len--;
    if (UNLIKELY(line->text.len == 0) && t->told.lines.skip_empty_lines)
        return;
    if (line_push_plain(f, line))
        return;
    if (f->lines.rules != NULL)
        line_join(f, line);
    else
        line_push(f, intake_record(t->input->intake), line);
}

static void long_line_say(struct tail_file *f, uint64_t offset)
{
    const struct tail_line_options *o = &f->tail->told.lines;
    char since[64] = "";
    uint64_t held;

    if (!log_brake_open(&f->tail->lines.long_lines, LONG_LINES_SAID_MS, &held))
        return;
    if (held > 0)
        snprintf(since, sizeof since, " (and %" PRIu64 " others since it was said last)", held);
    log_warn(f->tail->told.component,
             "%s: the line at byte %" PRIu64 " is longer than buffer_max_size, %" PRIu64
             " bytes, and is %s%s; a larger buffer_max_size takes all of it",
             f->log.path, offset, o->line_bytes_max, o->skip_long_lines ? "left out" : "cut",
             since);
}

/* A line longer than Buffer_Max_Size, or the beginning of one. */
NOINLINE static void line_take_long(struct tail_file *f, struct line *line)
{
    const struct tail_line_options *o = &f->tail->told.lines;
    size_t kept = utf8_cut(line->text, (size_t)o->line_bytes_max - 1);

    long_line_say(f, line->offset);
    if (o->skip_long_lines) {
        f->tail->input->metrics.long_line_skipped++;
        return;
    }
    f->tail->input->metrics.long_line_truncated++;
    line->cut_bytes = line->text.len - kept;
    line->text.len = kept;
    line_take(f, line);
}

static size_t line_feed(const struct tail_file *f, struct slice bytes)
{
    if (UNLIKELY(f->lines.form != ENCODING_BYTES))
        return encoding_feed(f->lines.form, bytes);
    return slice_find(bytes, '\n');
}

/* The end of the line that is_skipping is in; 0 when it is not in these bytes. */
static size_t skip_rest_of_line(struct tail_file *f, struct slice bytes)
{
    size_t at = line_feed(f, bytes);

    CHECK(f->lines.is_skipping);
    if (at == bytes.len)
        return 0;
    f->lines.is_skipping = false;
    return at + encoding_feed_bytes(f->lines.form);
}

static void line_take_sized(struct tail_file *f, struct line *line)
{
    if (UNLIKELY(line->text.len >= f->tail->told.lines.line_bytes_max))
        line_take_long(f, line);
    else
        line_take(f, line);
}

/* What stands after the last line feed: too long to wait for its end, or the end of the file. */
NOINLINE static size_t rest_take(struct tail_file *f, struct slice rest, uint64_t offset,
                                 bool is_last)
{
    struct line line = {
        .text = rest,
        .offset = offset,
        .end = is_last ? offset + rest.len : offset,
    };

    if (rest.len == 0 || (!is_last && rest.len < f->tail->told.lines.line_bytes_max))
        return 0;
    CHECK(!f->lines.is_skipping);
    f->lines.is_skipping = !is_last;
    line_take_sized(f, &line);
    return rest.len;
}

/* Where the line that begins at `at` ends; the length of all where its end is not there. */
static inline size_t line_end(const struct tail_file *f, struct line_feeds *feeds, size_t at)
{
    if (LIKELY(f->lines.form == ENCODING_BYTES))
        return line_feeds_next(feeds);
    return at + encoding_feed(f->lines.form, slice_skip(feeds->text, at));
}

static size_t lines_take(struct tail_file *f, struct slice bytes, uint64_t offset, bool is_last)
{
    size_t feed_bytes = encoding_feed_bytes(f->lines.form), at = 0;
    struct line_feeds feeds;

    f->tail->reading.now_ms = clock_ms();
    f->tail->reading.wall_ns = clock_wall_ns();
    if (UNLIKELY(f->lines.is_skipping)) {
        at = skip_rest_of_line(f, bytes);
        if (at == 0)
            return bytes.len;
    }
    line_feeds_init(&feeds, bytes, at);
    for (;;) {
        size_t end = line_end(f, &feeds, at);
        struct line line = {.offset = offset + at, .end = offset + end + feed_bytes};

        if (end == bytes.len)
            return at + rest_take(f, slice_skip(bytes, at), offset + at, is_last);
        line.text = slice_make(bytes.data + at, end - at);
        at = end + feed_bytes;
        line_take_sized(f, &line);
    }
}

size_t tail_lines_take(struct tail_file *f, struct slice bytes, uint64_t offset, bool is_last)
{
    size_t taken = lines_take(f, bytes, offset, is_last);

    if (f->lines.rules != NULL)
        tail_waiting_settle(f);
    return taken;
}
