#include "plugin/parser_section.h"

#include "base/memory.h"

#include <errno.h>

struct parser_keys {
    char *name;
    char *format;
    char *regex;
    char *types;
    char *time_key;
    char *time_format;
    char *time_offset;
    char *time_zone;
    bool time_keep;
    bool time_strict;
    bool time_system_timezone;
    bool skip_empty_values;
    bool logfmt_no_bare_keys;
    struct pair_list decoders;
};

#define KEY_DECODE_AS "decode_field_as"

const struct option parser_options[] = {
    OPTION_TEXT(struct parser_keys, name, "name", NULL, OPTION_REQUIRED,
                "What filters and inputs call it; case counts."),
    OPTION_TEXT(struct parser_keys, format, "format", NULL, OPTION_REQUIRED,
                "regex, json, ltsv or logfmt."),
    OPTION_TEXT(struct parser_keys, regex, "regex", NULL, 0,
                "The expression, with a (?<name>...) for each field."),
    OPTION_BOOL(struct parser_keys, skip_empty_values, "skip_empty_values", "true", 0,
                "Leave out groups of the expression that took nothing."),
    OPTION_TEXT(struct parser_keys, time_key, "time_key", "time", 0, "The field with the time."),
    OPTION_TEXT(struct parser_keys, time_format, "time_format", NULL, 0,
                "How the time is written; without it none is read."),
    OPTION_BOOL(struct parser_keys, time_keep, "time_keep", "false", 0,
                "Keep the field with the time."),
    OPTION_BOOL(struct parser_keys, time_strict, "time_strict", "true", 0,
                "Refuse an LTSV or logfmt text whose time cannot be read."),
    OPTION_TEXT(struct parser_keys, time_offset, "time_offset", NULL, 0,
                "The zone of times without one, as +hhmm."),
    OPTION_BOOL(struct parser_keys, time_system_timezone, "time_system_timezone", "false", 0,
                "Times without a zone are the system's."),
    OPTION_TEXT(struct parser_keys, time_zone, "time_zone", NULL, 0,
                "The zone of times without one, as Europe/Berlin."),
    OPTION_TEXT(struct parser_keys, types, "types", NULL, 0,
                "Types of fields, as \"code:integer took:float\"."),
    OPTION_BOOL(struct parser_keys, logfmt_no_bare_keys, "logfmt_no_bare_keys", "false", 0,
                "Refuse a logfmt text with a key that has no value."),
    OPTION_PAIR(struct parser_keys, decoders, "decode_field", NULL, 0,
                "Decode a field and add what is in it, as \"json log\"."),
    OPTION_PAIR(struct parser_keys, decoders, KEY_DECODE_AS, NULL, 0,
                "Decode a field and put the result in its place."),
    OPTION_END,
};

/* "" is not given; the table's NULL is. */
static const char *given(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static struct parser_settings settings_of(const struct parser_keys *keys,
                                          const struct property_list *section)
{
    return (struct parser_settings){
        .name = keys->name,
        .format = keys->format,
        .regex = keys->regex,
        .types = given(keys->types),
        .time_key = given(keys->time_key),
        .time = {.format = given(keys->time_format),
                 .offset = given(keys->time_offset),
                 .zone = given(keys->time_zone),
                 .is_system = keys->time_system_timezone,
                 .at = {.format = property_list_place(section, "time_format"),
                        .offset = property_list_place(section, "time_offset"),
                        .zone = property_list_place(section, "time_zone")}},
        .time_keep = keys->time_keep,
        .time_strict = keys->time_strict,
        .skip_empty_values = keys->skip_empty_values,
        .logfmt_no_bare_keys = keys->logfmt_no_bare_keys,
        .at = {.format = property_list_place(section, "format"),
               .regex = property_list_place(section, "regex"),
               .types = property_list_place(section, "types")},
    };
}

/* The list holds both keys in the order of the file. */
static struct decoder_setting *decoders_of(const struct parser_keys *keys)
{
    struct decoder_setting *decoders = mem_zalloc(keys->decoders.count + 1, sizeof *decoders);

    for (size_t i = 0; i < keys->decoders.count; i++) {
        const struct text_pair *pair = &keys->decoders.items[i];

        decoders[i] = (struct decoder_setting){
            .text = pair->value,
            .place = pair->place,
            .is_as = strcmp(pair->key, KEY_DECODE_AS) == 0,
        };
    }
    return decoders;
}

/* Nothing comes of it, as something is wrong already; all else that is wrong is told. */
static int look_for_more(const struct parser_settings *settings, struct place place,
                         struct report *report)
{
    struct parser *parser = parser_new(settings, place, report);

    parser_free(&parser);
    return -EINVAL;
}

int parser_section_add(struct parser_book *book, const struct property_list *section,
                       struct report *report)
{
    struct parser_keys keys = {0};
    const struct option_target target = {parser_options, &keys};
    struct property_list lenient = *section;
    struct parser_settings settings;
    struct decoder_setting *decoders;
    int rc;

    lenient.is_lenient = true;
    rc = options_bind(&target, 1, &lenient, report);
    if (rc != -ENODATA) {
        settings = settings_of(&keys, section);
        decoders = decoders_of(&keys);
        settings.decoders = decoders;
        settings.decoder_count = keys.decoders.count;
        rc = rc == 0 ? parser_book_add(book, &settings, section->place, report)
                     : look_for_more(&settings, section->place, report);
        MEM_FREE(&decoders);
    }
    options_fini(parser_options, &keys);
    return rc;
}
