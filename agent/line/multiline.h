/*
 * What a [MULTILINE_PARSER] says: which lines begin a record, which go on with it, which end it.
 *
 *   regex            states and rules: a rule of the state `start_state` begins a record, rules of
 *                    the states that the last rule named go on with it; a rule that leads back to
 *                    `start_state` ends it
 *   endswith, equal  a line with this text ends a record, any other one leaves it open
 *
 * It knows texts and nothing else; whose texts they are, and where they are kept meanwhile, is the
 * caller's business. So one definition serves the lines of any number of streams: what a stream
 * needs to remember is one number, its state.
 *
 * Life     multiline_new -> multiline_next*, multiline_append* -> multiline_free.
 * Thread   the loop (see record/regex.h). Never changes.
 * Limits   MULTILINE_RULES_MAX rules, MULTILINE_STATES_MAX states.
 *
 * Differences from Fluent Bit: in `match_string`, `\n`, `\r` and `\t` mean what they mean in C. A
 * definition with a parser and without key_content joins the field `log`; there only the first
 * line's text comes through.
 */
#ifndef TAILRACE_LINE_MULTILINE_H
#define TAILRACE_LINE_MULTILINE_H

#include "base/buffer.h"
#include "record/parser_book.h"

#define MULTILINE_RULES_MAX 1000
#define MULTILINE_STATES_MAX 64
#define MULTILINE_FLUSH_MS_DEFAULT 4000
#define MULTILINE_FLUSH_MS_MIN 500

/* How a line is taken apart before its content is looked at. */
enum multiline_frame {
    MULTILINE_TEXT,   /* not at all: the line is the content */
    MULTILINE_PARSER, /* by a parser; the content is one of the fields */
    MULTILINE_CRI,    /* record/cri.h */
    MULTILINE_DOCKER, /* a line of Docker's json-file driver */
};

/* rule "state, other" "/regex/" "next, other" */
struct multiline_rule_settings {
    const char *states;
    const char *regex; /* with or without its slashes */
    const char *next_states;
    struct place place;
};

/* Texts lent for the call; NULL where not given. */
struct multiline_settings {
    const char *name;
    const char *type; /* regex, endswith, equal or eq, in any case */
    const char *match_string;
    bool negate;
    const char *key_content;
    const char *key_pattern;
    const char *key_group;
    const char *parser; /* the name of a parser that takes lines apart first */
    uint64_t flush_ms;  /* 0: the default */
    const struct multiline_rule_settings *rules;
    size_t rule_count;
    enum multiline_frame frame; /* of built-in definitions */
    struct multiline_places {
        struct place type, parser, flush;
    } at; /* where each stands, for the report; none: at the section */
};

struct multiline;

/* NULL when something is wrong; every mistake is in the report. The parsers are lent and outlive
 * it; NULL: there are none. */
struct multiline *multiline_new(const struct multiline_settings *settings,
                                const struct parser_book *parsers, struct place place,
                                struct report *report);

/* Accepts NULL; leaves NULL. */
void multiline_free(struct multiline **multiline);

const char *multiline_name(const struct multiline *multiline);
uint64_t multiline_flush_ms(const struct multiline *multiline);

/* Fields of a record that matter here; empty where not given. Without a pattern key the rules look
 * at the content. */
struct multiline_keys {
    struct slice content;
    struct slice pattern;
    struct slice group;
};
const struct multiline_keys *multiline_keys(const struct multiline *multiline);

/* Where to find the rest: the frame, and its parser when that is MULTILINE_PARSER. */
enum multiline_frame multiline_frame(const struct multiline *multiline);
const struct parser *multiline_parser(const struct multiline *multiline);

/* What a stream remembers: 0 while it has no open record. */
typedef uint64_t multiline_state;

/* What a text is to the open record, if there is one. */
enum multiline_move {
    MULTILINE_NOT_MINE, /* it does not belong to any record of this definition */
    MULTILINE_BEGINS,   /* the open record is over; the text begins another */
    MULTILINE_WHOLE,    /* the open record is over; the text is a record by itself */
    MULTILINE_GOES_ON,  /* it belongs to the open record */
    MULTILINE_ENDS,     /* and is its last */
};

/* Moves the state. After NOT_MINE, WHOLE and ENDS it is 0. `text` is the pattern key's. */
enum multiline_move multiline_next(const struct multiline *multiline, struct slice text,
                                   multiline_state *state);

/* The text of an open record. All zero is an empty one; whoever has it frees the bytes. */
struct multiline_text {
    struct buffer bytes;
    bool lacks_feed; /* the last line that was added came without its line feed */
};

/* Adds a line's content. Unless contents are pieces of one line, each is a line of its own. */
void multiline_append(const struct multiline *multiline, struct multiline_text *text,
                      struct slice content);

/* Nothing more comes: a record of raw lines ends with a line feed, as they did. */
void multiline_close(const struct multiline *multiline, struct multiline_text *text);

/* Whether contents are put together with nothing between them, being pieces of one line. */
bool multiline_joins_pieces(const struct multiline *multiline);

/* Whether it is of raw lines, without a field to put them in: records end with a line feed. */
bool multiline_closes_with_feed(const struct multiline *multiline);

#endif
