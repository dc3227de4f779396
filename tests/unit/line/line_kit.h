/*
 * Joiners in tests: lines go in, what comes out is kept as text.
 */
#ifndef TAILRACE_TESTS_LINE_KIT_H
#define TAILRACE_TESTS_LINE_KIT_H

#include "line/joiner.h"

#include <check.h>

#define LINE_KIT_WALL_NS INT64_C(1700000000000000000)

/* One joiner, and all that it needs. Offsets, times and the order of ends are checked as they come. */
struct line_kit {
    struct parser_book *parsers;
    struct multiline_book *multilines;
    struct joiner_rules *rules;
    struct joiner *joiner;
    struct joiner_sink sink;
    struct record record;
    struct buffer out;     /* a record each line, as JSON, or "line: ..." */
    struct buffer content; /* of the last record: its field `log` */
    struct report report;
    uint64_t at;  /* where the next line begins */
    uint64_t end; /* as last said to the sink */
    uint64_t now_ms;
    uint64_t truncated;
    int64_t time_ns; /* of the last record */
    uint64_t offset; /* the same */
    uint64_t place;  /* with how many lines it was joined of */
    size_t record_count;
    size_t limit_bytes; /* 0: the default */
    bool is_short_way_off;
};

/* Empty books but for what is built in; no rules yet. */
void lines_open(struct line_kit *k);
void lines_close(struct line_kit *k);

/* Rules of multiline.parser: "docker, cri". Fails the test when the report says something. */
void lines_join(struct line_kit *k, const char *names);

/* Context for other rules. */
struct joiner_context lines_context(struct line_kit *k);

/* A regex parser for the book. */
void lines_parser_add(struct line_kit *k, const char *name, const char *regex);

/* Takes lines as the tail input does: a whole text, cut at its line feeds; what follows the last
 * one is a line too. */
void lines_take(struct line_kit *k, const char *text);
void lines_take_line(struct line_kit *k, struct slice line);

/* Lets go on what is due after so many milliseconds; all of it. */
void lines_pass_ms(struct line_kit *k, uint64_t ms);
void lines_finish(struct line_kit *k);

/* What came out since the last call, expected to be this. */
void lines_expect(struct line_kit *k, const char *text);

/* Something that the report says. */
void lines_expect_report(struct line_kit *k, const char *part);

#endif
