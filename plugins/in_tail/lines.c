#include "plugins/in_tail/tail.h"

#include "base/clock.h"
#include "base/utf8.h"

/*
 * From bytes to records: a line is found, taken apart by the parser if there is one, and pushed.
 * On the path of every byte.
 */

/* A line and where it stands in its file. */
struct line {
    struct slice text;
    uint64_t offset;
    uint64_t end;     /* with its line feed */
    size_t cut_bytes; /* left out, because it was too long */
};

static void add_file_keys(struct tail_file *f, struct record *record, const struct line *line)
{
    const struct tail_options *o = &f->tail->options;

    if (o->path_key != NULL)
        record_add(record, slice_of(o->path_key), value_text(slice_of(f->path)));
    if (o->offset_key != NULL)
        record_add(record, slice_of(o->offset_key), value_uint(line->offset));
}

static bool line_parse(struct tail_file *f, struct record *record, const struct line *line)
{
    struct tail *t = f->tail;
    int rc;

    if (t->parser == NULL)
        return false;
    rc = parser_apply(t->parser, line->text, &t->parser_run, record);
    if (rc >= 0 && record->root.count > 0) {
        if (rc == PARSER_NO_TIME)
            record->time_ns = clock_wall_ns();
        return true;
    }
    t->input->metrics.parse_failures++;
    return false;
}

static void line_push(struct tail_file *f, const struct line *line)
{
    struct tail *t = f->tail;
    struct record *record = intake_record(t->input->intake);

    record->offset = line->offset;
    if (line_parse(f, record, line)) {
        add_file_keys(f, record, line);
    } else {
        record->time_ns = clock_wall_ns();
        add_file_keys(f, record, line);
        record_add(record, slice_of(t->options.key), value_text(line->text));
    }
    if (line->cut_bytes > 0 && !t->options.truncate_long_lines)
        record_add(record, SLICE("truncated_bytes"), value_uint(line->cut_bytes));
    t->input->metrics.bytes += line->text.len;
    intake_push(t->input->intake, &f->origin, line->end);
}

static void line_take(struct tail_file *f, struct line *line)
{
    while (line->text.len > 0 && UNLIKELY(line->text.data[0] == '\0'))
        line->text = slice_skip(line->text, 1);
    if (line->text.len >= 1 && line->text.data[line->text.len - 1] == '\r')
        line->text.len--;
    if (UNLIKELY(line->text.len == 0) && f->tail->options.skip_empty_lines)
        return;
    line_push(f, line);
}

/* A line longer than Buffer_Max_Size, or the beginning of one. */
static void line_take_long(struct tail_file *f, struct line *line)
{
    const struct tail_options *o = &f->tail->options;
    size_t kept = utf8_cut(line->text, (size_t)o->line_bytes_max - 1);

    if (o->skip_long_lines) {
        f->tail->input->metrics.long_line_skipped++;
        return;
    }
    f->tail->input->metrics.long_line_truncated++;
    line->cut_bytes = line->text.len - kept;
    line->text.len = kept;
    line_take(f, line);
}

/* The end of the line that is_skipping is in; 0 when it is not in these bytes. */
static size_t skip_rest_of_line(struct tail_file *f, struct slice bytes)
{
    size_t at = slice_find(bytes, '\n');

    if (at == bytes.len)
        return 0;
    f->is_skipping = false;
    return at + 1;
}

size_t tail_lines_take(struct tail_file *f, struct slice bytes, uint64_t offset, bool is_last)
{
    size_t line_max = (size_t)f->tail->options.line_bytes_max, at = 0;

    if (UNLIKELY(f->is_skipping)) {
        at = skip_rest_of_line(f, bytes);
        if (at == 0)
            return bytes.len;
    }
    while (at < bytes.len) {
        const char *begin = bytes.data + at;
        const char *feed = memchr(begin, '\n', bytes.len - at);
        struct line line = {.offset = offset + at};

        if (feed == NULL)
            break;
        line.text = slice_make(begin, (size_t)(feed - begin));
        at += line.text.len + 1;
        line.end = offset + at;
        if (UNLIKELY(line.text.len >= line_max))
            line_take_long(f, &line);
        else
            line_take(f, &line);
    }
    if (UNLIKELY(bytes.len - at >= line_max || (is_last && at < bytes.len))) {
        struct line line = {
            .text = slice_make(bytes.data + at, bytes.len - at),
            .offset = offset + at,
            .end = is_last ? offset + bytes.len : offset + at,
        };

        f->is_skipping = !is_last;
        if (line.text.len >= line_max)
            line_take_long(f, &line);
        else
            line_take(f, &line);
        return bytes.len;
    }
    return at;
}
