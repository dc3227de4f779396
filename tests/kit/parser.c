#include "kit/parser.h"

#include "kit/record.h"

#include <check.h>

static struct record record;
static struct json_scanner scanner;
static struct report report;

static const char *report_lines(void)
{
    for (size_t i = 0; i < report.text.len; i++)
        if (report.text.data[i] == '\0')
            report.text.data[i] = '\n';
    return buffer_text(&report.text);
}

struct parser *kit_parser(const struct parser_settings *settings)
{
    struct parser *parser;

    report_fini(&report);
    report_init(&report);
    parser = parser_new(settings, (struct place){0}, &report);
    ck_assert_str_eq(report_lines(), "");
    ck_assert_ptr_nonnull(parser);
    return parser;
}

const char *kit_parser_report(const struct parser_settings *settings)
{
    struct parser *parser;

    report_fini(&report);
    report_init(&report);
    parser = parser_new(settings, (struct place){0}, &report);
    ck_assert(parser != NULL || report.error_count > 0);
    parser_free(&parser);
    return report_lines();
}

/* A field of the record's own stands first, so that a parser that touches it is seen. */
struct kit_parsed kit_parser_apply_bytes(const struct parser *parser, struct slice text)
{
    struct kit_parsed out = {.run = {.json = &scanner}};

    record_reset(&record);
    record_add(&record, SLICE("mine"), value_bool(true));
    record.time_ns = 1;
    out.rc = parser_apply(parser, arena_copy(&record.arena, text), &out.run, &record);
    ck_assert(record.root.count >= 1 && slice_is(record.root.fields[0].key, "mine"));
    ck_assert(out.rc >= 0 || record.root.count == 1);
    ck_assert(out.rc == PARSER_TIME || record.time_ns == 1);
    record_remove_at(&record, 0);
    out.time_ns = record.time_ns;
    out.json = kit_record_text(&record);
    return out;
}

struct kit_parsed kit_parser_apply(const struct parser *parser, const char *text)
{
    return kit_parser_apply_bytes(parser, slice_of(text));
}

struct kit_parsed kit_parser_once(const struct parser_settings *settings, const char *text)
{
    struct parser *parser = kit_parser(settings);
    struct kit_parsed out = kit_parser_apply(parser, text);

    parser_free(&parser);
    return out;
}
