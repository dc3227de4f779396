/*
 * A parser makes fields of a text: what a [PARSER] section describes, compiled once.
 *
 * A JSON text becomes one field, its members spliced in as they are written; nothing is copied or
 * taken apart. The other formats make a field for each name they find.
 *
 * Life     parser_new -> parser_apply* -> parser_free.
 * Thread   the loop (see record/regex.h). A parser never changes; what a user of parsers needs to
 *          remember from text to text is in its parser_run.
 * Limits   PARSER_TYPES_MAX, DECODER_RULES_MAX; a regular expression has its own (regex.h).
 *
 * Differences from Fluent Bit: an LTSV text with a part that is no label and value is refused
 * whole, not cut there; a text that leaves no fields ("{}") is parsed, and the caller keeps the
 * text rather than send an empty document.
 */
#ifndef TAILRACE_RECORD_PARSER_H
#define TAILRACE_RECORD_PARSER_H

#include "record/decoder.h"
#include "record/record.h"
#include "record/regex.h"
#include "record/time.h"

#define PARSER_TYPES_MAX 256

struct parser;

/* What a [PARSER] says, texts lent for the call; NULL where not given. */
struct parser_settings {
    const char *name;
    const char *format; /* regex, json, ltsv, logfmt */
    const char *regex;
    const char *types;        /* "code:integer size:integer" */
    const char *time_key;     /* NULL: "time" */
    struct time_options time; /* nothing is read without a format */
    bool time_keep;
    bool time_strict;
    bool skip_empty_values;
    bool logfmt_no_bare_keys;
    const struct decoder_setting *decoders;
    size_t decoder_count;
    struct parser_places {
        struct place format, regex, types;
    } at; /* where each stands, for the report; none: at the section */
};

/* All defaults: no name, no format, Time_Strict and Skip_Empty_Values on. */
struct parser_settings parser_settings_default(void);

/* NULL when something is wrong; every mistake is in the report. */
struct parser *parser_new(const struct parser_settings *settings, struct place place,
                          struct report *report);

/* Accepts NULL; leaves NULL. */
void parser_free(struct parser **parser);

const char *parser_name(const struct parser *parser);

/* Whether it makes the members of an object the record's fields and nothing else, unless the object
 * has the key `stop` (empty: whatever keys it has). */
bool parser_unfolds(const struct parser *parser, struct slice *stop);

/* One per user of parsers, all zero at first; `json` is lent for each call. */
struct parser_run {
    struct json_scanner *json;
    struct time_minute minute;
    uint64_t limit_hits;  /* texts that an expression gave up on (REGEX_LIMIT) */
    uint64_t time_misses; /* texts with a time that Time_Format does not read */
};

/* What parser_apply returns when the text parses. */
#define PARSER_NO_TIME 0
#define PARSER_TIME 1

/*
 * Appends the fields that it finds in `text` to the record. PARSER_TIME: there was a time, and
 * record->time_ns is it; PARSER_NO_TIME leaves record->time_ns as it was. Negative: the text does
 * not parse (REGEX_LIMIT: the expression gave up, and it was counted), and the record's fields are
 * as they were.
 *
 * The text is lent as long as the record. When no field was added (an empty object, groups that
 * took nothing) the text held nothing: keep it as it is instead of sending an empty document.
 */
MUST_USE int parser_apply(const struct parser *parser, struct slice text, struct parser_run *run,
                          struct record *record);

#endif
