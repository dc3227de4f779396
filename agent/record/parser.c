#include "record/parser.h"

#include "base/memory.h"
#include "record/parser_part.h"

#include <errno.h>

static const char *const formats[] = {"regex", "json", "ltsv", "logfmt", NULL};

struct parser_settings parser_settings_default(void)
{
    return (struct parser_settings){.time_strict = true, .skip_empty_values = true};
}

static int format_compile(struct parser *p, const struct parser_settings *s, struct place place,
                          struct report *report)
{
    const char *nearest;

    place = place_or(s->at.format, place);
    if (s->format == NULL || s->format[0] == '\0') {
        report_error(report, place, "parser \"%s\" has no Format: regex, json, ltsv or logfmt",
                     p->name);
        return -EINVAL;
    }
    for (int i = 0; formats[i] != NULL; i++) {
        if (slice_is_nocase(slice_of(s->format), formats[i])) {
            p->format = (enum parser_format)i;
            return 0;
        }
    }
    nearest = report_nearest(s->format, formats);
    report_error(report, place, "parser \"%s\": there is no Format \"%s\"%s%s%s", p->name,
                 s->format, nearest ? "; did you mean \"" : ": regex, json, ltsv or logfmt",
                 nearest ? nearest : "", nearest ? "\"?" : "");
    return -EINVAL;
}

static int regex_settle(struct parser *p, const struct parser_settings *s, struct place place,
                        struct report *report)
{
    if (p->format != PARSER_REGEX)
        return 0;
    place = place_or(s->at.regex, place);
    if (s->regex == NULL || s->regex[0] == '\0') {
        report_error(report, place, "parser \"%s\" has no Regex", p->name);
        return -EINVAL;
    }
    p->regex = regex_compile(s->regex, report, place);
    if (p->regex == NULL)
        return -EINVAL;
    if (regex_name_count(p->regex) == 0)
        report_warn(report, place, "parser \"%s\" never succeeds: its Regex has no (?<name>...)",
                    p->name);
    /* Groups of one name are one. */
    p->cri = cri_twin_of(s->regex);
    if (regex_name_count(p->regex) != (p->cri.has_tag ? 4 : 3))
        p->cri.is_one = false;
    return 0;
}

static int types_settle(struct parser *p, const struct parser_settings *s, struct place place,
                        struct report *report)
{
    if (s->types == NULL)
        return 0;
    place = place_or(s->at.types, place);
    if (p->format == PARSER_JSON) {
        report_warn(report, place, "parser \"%s\": Types changes nothing, because JSON has its own",
                    p->name);
        return 0;
    }
    return parser_types_compile(&p->types, s->types, place, report);
}

struct parser *parser_new(const struct parser_settings *settings, struct place place,
                          struct report *report)
{
    struct parser *p = mem_zalloc(1, sizeof *p);
    int rc = 0;

    p->name = mem_text(settings->name ? settings->name : "");
    p->skip_empty_values = settings->skip_empty_values;
    p->no_bare_keys = settings->logfmt_no_bare_keys;
    if (p->name[0] == '\0') {
        report_error(report, place, "a parser has no Name");
        rc = -EINVAL;
    }
    /* All of them, so that one run shows every mistake. */
    if (format_compile(p, settings, place, report) < 0 ||
        regex_settle(p, settings, place, report) < 0 ||
        types_settle(p, settings, place, report) < 0)
        rc = -EINVAL;
    if (parser_time_compile(&p->time, settings, place, report) < 0)
        rc = -EINVAL;
    if (decoders_compile(&p->decoders, settings->decoders, settings->decoder_count, report) < 0)
        rc = -EINVAL;
    if (rc == 0)
        parser_groups_settle(p);
    else
        parser_free(&p);
    CHECK((rc == 0) == (p != NULL));
    return p;
}

void parser_free(struct parser **parser)
{
    struct parser *p = *parser;

    if (p == NULL)
        return;
    MEM_FREE(&p->groups);
    regex_free(&p->regex);
    parser_time_fini(&p->time);
    parser_types_fini(&p->types);
    decoders_fini(&p->decoders);
    MEM_FREE(&p->name);
    MEM_FREE(parser);
}

const char *parser_name(const struct parser *parser)
{
    return parser->name;
}

bool parser_unfolds(const struct parser *p, struct slice *stop)
{
    *stop = p->time.key_view;
    return p->format == PARSER_JSON && p->decoders.count == 0;
}

int parse_pair(struct parse *p, struct slice key, struct slice text)
{
    const struct parser *parser = p->parser;

    if (parser_time_is(parser, key)) {
        bool is_read = parser_time_read(p, text);

        if (!is_read && parser->time.is_strict)
            return -EINVAL;
        if (is_read && !parser->time.is_kept)
            return 0;
    }
    record_add(p->record, key, parser_type_cast(parser_types_find(&parser->types, key), text));
    return 0;
}

static int parse_format(struct parse *p, struct slice text)
{
    switch (p->parser->format) {
    case PARSER_REGEX:
        return parse_regex(p, text);
    case PARSER_JSON:
        return parse_json(p, text);
    case PARSER_LTSV:
        return parse_ltsv(p, text);
    case PARSER_LOGFMT:
        return parse_logfmt(p, text);
    }
    return -EINVAL;
}

int parser_apply(const struct parser *parser, struct slice text, struct parser_run *run,
                 struct record *record)
{
    struct parse p = {.parser = parser, .run = run, .record = record};
    uint32_t first = record->root.count;
    int64_t time_ns = record->time_ns;
    int rc;

    rc = parse_format(&p, text);
    if (UNLIKELY(rc < 0)) {
        record->root.count = first;
        record->time_ns = time_ns;
        return rc;
    }
    if (UNLIKELY(parser->decoders.count > 0)) {
        decoders_apply(&parser->decoders, record, first, run->json);
        if (parser->format == PARSER_JSON)
            parse_json_decoded(&p, first);
    }
    return p.has_time ? PARSER_TIME : PARSER_NO_TIME;
}
