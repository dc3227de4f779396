/*
 * A line taken apart by the frame of a multiline definition: its fields into a record, and which
 * of them the rules look at. For line/ alone.
 *
 * Thread   the loop. What is given is lent from the line and from the record's arena.
 */
#ifndef TAILRACE_LINE_FRAME_H
#define TAILRACE_LINE_FRAME_H

#include "line/multiline.h"
#include "record/plain.h"

struct framed {
    struct slice content; /* as it is joined; see frame_content */
    struct slice pattern; /* what the rules look at */
    struct slice group;   /* which stream of the file */
    bool is_json;         /* `content` is a JSON string still, with its quotes */
    bool is_strange;      /* the line has a time, and it is none: to be joined with nothing */
};

/* A line, the key of text that nothing takes apart, and what the parsers remember. */
struct frame_source {
    struct slice line;
    struct slice key;
    struct parser_run *run;
};

/* Fills `record` (empty before) with the line's fields, and its time where the line has one. False:
 * it is no such line, and the record has no fields. MULTILINE_TEXT is the whole line under the
 * content key, or under the source's. */
bool frame_fill(const struct multiline *m, const struct frame_source *source, struct record *record,
                struct framed *out);

/* The same for a line that is a whole record by itself and nothing but texts: one of CRI with the tag
 * F. False: whatever else it is. */
bool frame_fill_plain(const struct multiline *m, struct parser_run *run, struct slice line,
                      struct plain_record *plain);

/* The content, decoded where it has to be, in the arena. */
struct slice frame_content(const struct framed *framed, struct arena *arena);

/* The key under which the content stands. */
struct slice frame_content_key(const struct multiline *m, struct slice key);

/* ---- Docker's lines, for both ways to join them ---- */

struct docker_line {
    struct json_object object;
    struct slice log;    /* with its quotes */
    struct slice stream; /* without quotes; empty where there is none */
    struct slice time;   /* the same */
    bool is_whole;       /* the log ends with a line feed */
};

/* False: it is not a JSON object with a text under `log`. The object may be a rewritten copy in
 * the arena. */
bool docker_split(struct json_scanner *json, struct slice line, struct arena *arena,
                  struct docker_line *out);

#endif
