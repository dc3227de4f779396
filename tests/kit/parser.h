/*
 * Parsers in tests: made of what a [PARSER] says, and shown what they make of a text.
 */
#ifndef TAILRACE_KIT_PARSER_H
#define TAILRACE_KIT_PARSER_H

#include "record/parser.h"

/* What a parser made of a text; good until the next call, one at a time. */
struct kit_parsed {
    int rc; /* of parser_apply */
    int64_t time_ns;
    const char *json; /* the fields, doubled keys included, in their order */
    struct parser_run run;
};

/* Fails the test when the parser does not compile, or with a message. */
struct parser *kit_parser(const struct parser_settings *settings);

struct kit_parsed kit_parser_apply(const struct parser *parser, const char *text);
struct kit_parsed kit_parser_apply_bytes(const struct parser *parser, struct slice text);

/* kit_parser_apply with a parser of its own: for a single text. */
struct kit_parsed kit_parser_once(const struct parser_settings *settings, const char *text);

/* What the report says when such a parser is made: "" or whole lines. Frees the parser. */
const char *kit_parser_report(const struct parser_settings *settings);

#endif
