#include "plugin/multiline_section.h"

#include "base/memory.h"

#include <errno.h>

struct multiline_keys_bound {
    char *name;
    char *type;
    char *match_string;
    bool negate;
    char *key_content;
    char *key_pattern;
    char *key_group;
    char *parser;
    char *flush_timeout;
};

struct rule_bound {
    char *state;
    char *regex;
    char *next_state;
};

#define S struct multiline_keys_bound
#define R struct rule_bound

const struct option multiline_options[] = {
    OPTION_TEXT(S, name, "name", NULL, OPTION_REQUIRED,
                "What inputs and filters call it; case does not count."),
    OPTION_TEXT(S, type, "type", NULL, OPTION_REQUIRED, "regex, endswith or equal."),
    OPTION_TEXT(S, match_string, "match_string", NULL, 0,
                "The end of a last line, or the whole of it, for endswith and equal."),
    OPTION_BOOL(S, negate, "negate", "false", 0,
                "A line that does not match is a last line, for endswith and equal."),
    OPTION_TEXT(S, key_content, "key_content", NULL, 0, "The field whose text is joined."),
    OPTION_TEXT(S, key_pattern, "key_pattern", NULL, 0,
                "The field that is looked at; without it, the one that is joined."),
    OPTION_TEXT(S, key_group, "key_group", NULL, 0,
                "The field whose values are joined apart from one another, as stream."),
    OPTION_TEXT(S, parser, "parser", NULL, 0, "The parser that takes each line apart first."),
    OPTION_TEXT(S, flush_timeout, "flush_timeout", "4000", 0,
                "Milliseconds to wait for another line, 500 at least."),
    OPTION_END,
};

const struct option multiline_rule_options[] = {
    OPTION_TEXT(R, state, "state", NULL, OPTION_REQUIRED, "The state, or several, that it is for."),
    OPTION_TEXT(R, regex, "regex", NULL, OPTION_REQUIRED, "The expression that a line matches."),
    OPTION_TEXT(R, next_state, "next_state", NULL, OPTION_REQUIRED,
                "The state, or several, that follow."),
    OPTION_END,
};

/* 0 when it is no number. What is too short is seen to by multiline_new. */
static uint64_t flush_ms_of(const char *text, struct place place, struct report *report)
{
    const char *note;
    int64_t ms;

    if (setting_int(text, &ms, &note) < 0) {
        report_error(report, place, "flush_timeout '%s' is no number of milliseconds", text);
        return 0;
    }
    if (note != NULL)
        report_warn(report, place, "flush_timeout '%s': %s", text, note);
    return ms > 0 ? (uint64_t)ms : 1;
}

/* Texts are lent by what was bound. */
static struct multiline_settings settings_of(const S *keys, const struct property_list *section)
{
    return (struct multiline_settings){
        .name = keys->name,
        .type = keys->type,
        .match_string = keys->match_string,
        .negate = keys->negate,
        .key_content = keys->key_content,
        .key_pattern = keys->key_pattern,
        .key_group = keys->key_group,
        .parser = keys->parser,
        .at = {.type = property_list_place(section, "type"),
               .parser = property_list_place(section, "parser"),
               .flush = property_list_place(section, "flush_timeout")},
    };
}

/* Binds every rule, the wrong ones too, so that all mistakes are told. */
static int bind_rules(const struct multiline_section *section, R *bound,
                      struct multiline_rule_settings *rules, struct report *report)
{
    int rc = 0;

    for (size_t i = 0; i < section->rule_count; i++) {
        const struct option_target target = {multiline_rule_options, &bound[i]};

        if (options_bind(&target, 1, &section->rules[i], report) < 0)
            rc = -EINVAL;
        rules[i] = (struct multiline_rule_settings){
            .states = bound[i].state,
            .regex = bound[i].regex,
            .next_states = bound[i].next_state,
            .place = section->rules[i].place,
        };
    }
    return rc;
}

static int add_bound(struct multiline_book *book, const struct multiline_section *section,
                     const S *keys, struct report *report)
{
    struct place place = section->properties->place;
    struct multiline_rule_settings *rules = mem_zalloc(section->rule_count + 1, sizeof *rules);
    struct multiline_settings settings = settings_of(keys, section->properties);
    R *bound = mem_zalloc(section->rule_count + 1, sizeof *bound);
    int rc = bind_rules(section, bound, rules, report);

    settings.rules = rules;
    settings.rule_count = section->rule_count;
    settings.flush_ms = flush_ms_of(keys->flush_timeout, settings.at.flush, report);
    if (rc == 0)
        rc = multiline_book_add(book, &settings, place, report);
    for (size_t i = 0; i < section->rule_count; i++)
        options_fini(multiline_rule_options, &bound[i]);
    mem_free(bound);
    mem_free(rules);
    return settings.flush_ms == 0 ? -EINVAL : rc;
}

int multiline_section_add(struct multiline_book *book, const struct multiline_section *section,
                          struct report *report)
{
    S keys = {0};
    const struct option_target target = {multiline_options, &keys};
    struct property_list lenient = *section->properties;
    int rc;

    lenient.is_lenient = true;
    rc = options_bind(&target, 1, &lenient, report);
    if (rc == 0)
        rc = add_bound(book, section, &keys, report);
    options_fini(multiline_options, &keys);
    return rc;
}
