#include "line_kit.h"

#include "base/memory.h"
#include "record/json_write.h"

static struct record *on_begin(void *owner)
{
    struct line_kit *k = owner;

    record_reset(&k->record);
    return &k->record;
}

static void expect_end(struct line_kit *k, uint64_t end)
{
    ck_assert_uint_ge(end, k->end);
    ck_assert_uint_le(end, k->at);
    ck_assert_uint_le(end, joiner_oldest(k->joiner));
    k->end = end;
}

static void keep_content(struct line_kit *k)
{
    struct value value;
    struct slice text;

    buffer_clear(&k->content);
    if (record_find(&k->record, SLICE("log"), &value) &&
        value_as_text(&value, &k->record.arena, &text))
        buffer_append(&k->content, text);
}

static void on_push(void *owner, uint64_t end)
{
    struct line_kit *k = owner;

    expect_end(k, end);
    k->place = k->record.offset;
    k->offset = record_place_offset(k->place);
    ck_assert_uint_lt(k->offset, k->at);
    k->time_ns = k->record.time_ns;
    k->record_count++;
    keep_content(k);
    json_write_fields(&k->out, &k->record.root);
    if (k->record.metadata.len > 0) {
        buffer_append_byte(&k->out, ' ');
        buffer_append(&k->out, k->record.metadata);
    }
    buffer_append_byte(&k->out, '\n');
}

static void on_line(void *owner, const struct joiner_line *line)
{
    struct line_kit *k = owner;

    expect_end(k, line->end);
    k->time_ns = line->wall_ns;
    k->place = line->offset;
    k->offset = record_place_offset(k->place);
    k->record_count++;
    buffer_append_text(&k->out, "line: ");
    buffer_append(&k->out, line->text);
    buffer_append_byte(&k->out, '\n');
}

void lines_open(struct line_kit *k)
{
    *k = (struct line_kit){0};
    k->parsers = parser_book_new();
    k->multilines = multiline_book_new(k->parsers);
    k->sink = (struct joiner_sink){
        .owner = k,
        .begin = on_begin,
        .push = on_push,
        .line = on_line,
        .truncated = &k->truncated,
    };
    record_init(&k->record);
    report_init(&k->report);
}

void lines_close(struct line_kit *k)
{
    joiner_free(&k->joiner);
    joiner_rules_free(&k->rules);
    multiline_book_free(&k->multilines);
    parser_book_free(&k->parsers);
    record_fini(&k->record);
    report_fini(&k->report);
    buffer_fini(&k->out);
    buffer_fini(&k->content);
}

struct joiner_context lines_context(struct line_kit *k)
{
    return (struct joiner_context){
        .parsers = k->parsers,
        .multilines = k->multilines,
        .limit_bytes = k->limit_bytes,
        .report = &k->report,
    };
}

void lines_join(struct line_kit *k, const char *names)
{
    struct joiner_context context = lines_context(k);
    struct slice rest = slice_of(names), name;
    char *items[8];
    size_t count = 0;

    while (slice_next(&rest, ',', &name)) {
        ck_assert_uint_lt(count, ARRAY_LEN(items));
        name = slice_trim(name);
        items[count++] = mem_text_n(name.data, name.len);
    }
    k->rules = joiner_rules_new_multiline((const char *const *)items, count, &context);
    ck_assert_msg(k->rules != NULL, "%s", buffer_text(&k->report.text));
    while (count > 0)
        mem_free(items[--count]);
}

void lines_parser_add(struct line_kit *k, const char *name, const char *regex)
{
    struct parser_settings settings = parser_settings_default();

    settings.name = name;
    settings.format = "regex";
    settings.regex = regex;
    ck_assert_int_eq(parser_book_add(k->parsers, &settings, (struct place){0}, &k->report), 0);
}

/* A line that makes a plain record makes the same record the longer way. */
static void expect_plain_alike(struct line_kit *k, const struct joiner_line *line)
{
    struct plain_record plain;
    struct record *r = &k->record;

    if (!joiner_fill_plain(k->rules, line->text, &plain))
        return;
    ck_assert(joiner_fill_whole(k->rules, line, on_begin(k)));
    ck_assert_int_eq(plain.time_ns, r->time_ns);
    ck_assert_uint_eq(plain.count, r->root.count);
    for (uint32_t i = 0; i < plain.count; i++) {
        ck_assert(slice_equal(plain.fields[i].key, r->root.fields[i].key));
        ck_assert_int_eq(r->root.fields[i].value.kind, VALUE_TEXT);
        ck_assert(slice_equal(plain.fields[i].text, r->root.fields[i].value.text));
    }
}

void lines_take_line(struct line_kit *k, struct slice text)
{
    struct joiner_line line = {
        .text = text,
        .offset = k->at,
        .end = k->at + text.len + 1,
        .now_ms = k->now_ms,
        .wall_ns = LINE_KIT_WALL_NS,
    };

    k->at = line.end;
    expect_plain_alike(k, &line);
    if (k->joiner == NULL && !k->is_short_way_off &&
        joiner_fill_whole(k->rules, &line, on_begin(k))) {
        k->record.offset = line.offset;
        on_push(k, line.end);
        return;
    }
    joiner_take(&k->joiner, k->rules, &line, &k->sink);
    ck_assert_int_eq(k->joiner == NULL, joiner_oldest(k->joiner) == UINT64_MAX);
}

void lines_take(struct line_kit *k, const char *text)
{
    struct slice rest = slice_of(text), line;

    while (slice_next(&rest, '\n', &line))
        lines_take_line(k, line);
}

void lines_pass_ms(struct line_kit *k, uint64_t ms)
{
    k->now_ms += ms;
    joiner_flush(&k->joiner, k->rules, k->now_ms, &k->sink);
}

void lines_finish(struct line_kit *k)
{
    joiner_flush(&k->joiner, k->rules, UINT64_MAX, &k->sink);
    ck_assert_ptr_null(k->joiner);
    ck_assert_uint_eq(joiner_due_ms(k->joiner), UINT64_MAX);
}

void lines_expect(struct line_kit *k, const char *text)
{
    ck_assert_str_eq(buffer_text(&k->out), text);
    buffer_clear(&k->out);
}

void lines_expect_report(struct line_kit *k, const char *part)
{
    struct slice all = buffer_view(&k->report.text);

    ck_assert_msg(memmem(all.data, all.len, part, strlen(part)) != NULL, "not told: %s", part);
}
