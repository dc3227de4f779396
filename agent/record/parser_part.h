/*
 * What the files of the parser share: parser.c puts it together, parser_time.c and parser_types.c
 * read single texts, parser_json.c, parser_regex.c, parser_logfmt.c and parser_ltsv.c each read
 * one format. Nobody else includes this; see record/parser.h.
 */
#ifndef TAILRACE_RECORD_PARSER_PART_H
#define TAILRACE_RECORD_PARSER_PART_H

#include "record/cri.h"
#include "record/decoder.h"
#include "record/parser.h"

enum parser_format {
    PARSER_REGEX,
    PARSER_JSON,
    PARSER_LTSV,
    PARSER_LOGFMT,
};

/* Which texts of a Time_Format time_parse_rfc3339 reads alike, only faster. */
enum time_shortcut {
    SHORTCUT_NONE,
    SHORTCUT_UTC,   /* those that end in Z: the format has no zone and UTC is taken */
    SHORTCUT_ZONED, /* all */
};

struct parser_time {
    struct time_format *format; /* NULL: no time is read */
    char *key;
    struct slice key_view; /* of `key` */
    enum time_shortcut shortcut;
    bool is_kept;
    bool is_strict;
};

enum field_type {
    FIELD_STRING,
    FIELD_INTEGER,
    FIELD_FLOAT,
    FIELD_BOOL,
    FIELD_HEX,
};

struct parser_type {
    struct slice key; /* in parser_types.text */
    enum field_type type;
};

struct parser_types {
    char *text;
    struct parser_type *items;
    uint32_t count;
};

/* A named group of the expression: the field that it makes. */
struct parser_group {
    struct slice key; /* lent by the regex */
    enum field_type type;
    bool is_time;
};

struct parser {
    char *name;
    enum parser_format format;
    struct regex *regex;
    struct parser_group *groups; /* in the order of the expression */
    unsigned group_count;
    struct cri_twin cri; /* cri_split reads most lines instead of the expression */
    bool skip_empty_values;
    bool no_bare_keys;
    struct parser_time time;
    struct parser_types types;
    struct decoder_list decoders;
};

/* One text on its way through a parser. */
struct parse {
    const struct parser *parser;
    struct parser_run *run;
    struct record *record;
    bool has_time; /* record->time_ns is from the text */
};

/* ---- time ---- */

/* -EINVAL and a message in the report; fini either way. */
MUST_USE int parser_time_compile(struct parser_time *t, const struct parser_settings *settings,
                                 struct place place, struct report *report);
void parser_time_fini(struct parser_time *t);

/* Sets the record's time. False when the text is no time of this format. */
bool parser_time_read(struct parse *p, struct slice text);

/* Whether a field of this name holds the time. */
static inline bool parser_time_is(const struct parser *parser, struct slice key)
{
    return parser->time.format != NULL && slice_equal(key, parser->time.key_view);
}

/* ---- types ---- */

/* Unknown types are warnings, and their fields stay strings. */
MUST_USE int parser_types_compile(struct parser_types *types, const char *text, struct place place,
                                  struct report *report);
void parser_types_fini(struct parser_types *types);

enum field_type parser_types_find(const struct parser_types *types, struct slice key);

/* The text as a value of the type, a string where it is none of the type. */
struct value parser_type_cast(enum field_type type, struct slice text);

/* ---- formats: each appends to the record, negative when the text is not of the format ---- */

/* Looks the groups up once; after the types and the time are settled. */
void parser_groups_settle(struct parser *p);

MUST_USE int parse_regex(struct parse *p, struct slice text);
MUST_USE int parse_json(struct parse *p, struct slice text);
MUST_USE int parse_ltsv(struct parse *p, struct slice text);
MUST_USE int parse_logfmt(struct parse *p, struct slice text);

/* The time among fields that the decoders have seen, for json. */
void parse_json_decoded(struct parse *p, uint32_t first);

/* A pair of ltsv or logfmt: the time, or a field of its type. -EINVAL: no time where one has to
 * be. */
MUST_USE int parse_pair(struct parse *p, struct slice key, struct slice text);

#endif
