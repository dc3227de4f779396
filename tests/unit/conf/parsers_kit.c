#include "unit/conf/parsers_kit.h"

#include "config/load.h"
#include "kit/parser.h"
#include "plugin/parser_section.h"

#include <check.h>

static struct config *config;
static struct parser_book *book;
static struct report report;

/* The parsers of one shipped file, without an error or a warning. */
static void load(const char *path)
{
    config = config_new();
    book = parser_book_new();
    report_init(&report);
    ck_assert_int_eq(config_load_parsers(config, path, (struct place){0}, &report), 0);
    for (const struct section *s = config_first(config, CONFIG_PARSER); s != NULL;
         s = config_next(config, s)) {
        struct property_list properties = section_properties(s, "parser");

        ck_assert_int_eq(parser_section_add(book, &properties, &report), 0);
    }
    ck_assert_msg(report.text.len == 0, "%s", report.text.len ? report.text.data : "");
}

void parsers_kit_fini(void)
{
    parser_book_free(&book);
    config_free(&config);
    report_fini(&report);
}

static void expect(const struct sample *s)
{
    const struct parser *parser = parser_book_find(book, s->parser);
    struct kit_parsed got;

    ck_assert_msg(parser != NULL, "there is no parser %s", s->parser);
    got = kit_parser_apply(parser, s->line);
    ck_assert_msg(got.rc >= 0, "%s does not parse: %s", s->parser, s->line);
    ck_assert_str_eq(got.json, s->fields);
    ck_assert_uint_eq(got.run.time_misses, 0);
    ck_assert_int_eq(got.rc, s->time_s != 0 ? PARSER_TIME : PARSER_NO_TIME);
    if (s->time_s > 0)
        ck_assert_int_eq(got.time_ns / 1000000000, s->time_s);
}

static void expect_all(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect(&samples[i]);
}

void expect_refusal(const char *parser, const char *line)
{
    ck_assert_msg(kit_parser_apply(parser_book_find(book, parser), line).rc < 0, "%s parses: %s",
                  parser, line);
}

/* Every parser of the file has a sample. */
static void expect_complete(const struct sample *samples, size_t count)
{
    for (const struct section *s = config_first(config, CONFIG_PARSER); s != NULL;
         s = config_next(config, s)) {
        const char *name = section_get(s, "name");
        bool is_there = false;

        for (size_t i = 0; i < count; i++)
            is_there |= strcmp(samples[i].parser, name) == 0;
        ck_assert_msg(is_there, "%s has no sample", name);
    }
}

void expect_file(const char *path, const struct sample *samples, size_t count)
{
    load(path);
    expect_all(samples, count);
    expect_complete(samples, count);
}

size_t multiline_count(void)
{
    size_t count = 0;

    for (const struct section *s = config_first(config, CONFIG_MULTILINE_PARSER); s != NULL;
         s = config_next(config, s))
        count++;
    return count;
}
