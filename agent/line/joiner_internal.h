/*
 * Inside of the joiner.
 *
 *   joiner.c         a file's joiner: lines in, records out, time, inheritance
 *   group.c          one group: made, grown, cut, let go, its record's place
 *   joiner_rules.c   what a configuration says, compiled
 *   join_records.c   multiline.parser
 *   join_runtime.c   the same for a container's lines, which belong together as its pod says
 *   join_docker.c    Docker_Mode
 *   join_firstline.c Multiline On
 */
#ifndef TAILRACE_LINE_JOINER_INTERNAL_H
#define TAILRACE_LINE_JOINER_INTERNAL_H

#include "base/list.h"
#include "line/frame.h"
#include "line/joiner.h"

#define OFFSET_NONE UINT64_MAX

/* Of join_runtime: whether the end of a group's last line is missing. */
enum group_rest {
    GROUP_REST_NONE,
    GROUP_REST,
    GROUP_REST_AND_END, /* and with it the group is over */
};

/* Where the lines of a group stand. */
struct group_place {
    bool is_inherited;    /* its record's offset is where the next file begins */
    uint64_t lent_offset; /* in the file before */
    uint64_t own_offset;  /* of its first line in this file; OFFSET_NONE */
    uint64_t first_bytes; /* of the line that the record begins at */
    uint64_t joined;      /* lines after the first one, in whichever file */
    uint64_t end;         /* of its last line */
    uint64_t
        again_from; /* reading begins here again as long as it waits: where it begins, or before
                           * that, where a record of another stream does that reaches over its first line */
};

/* It goes on flush_ms after it grew last, and JOINER_GROWTH_FLUSHES_MAX of them after it began. */
struct group_time {
    uint64_t begun_ms;
    uint64_t grown_ms;
    uint64_t flush_ms;
};

/* The lines of one stream of a file that wait for more. */
struct group {
    struct list link; /* in joiner.groups, in the order of their offsets */
    struct group_place place;
    unsigned kind; /* of join_records: whose lines these are, an index */
    struct buffer stream;
    multiline_state state;
    enum group_rest rest;
    struct record record; /* the fields of the first line, copied */
    uint32_t content_at;  /* of them, the one that `text` stands for */
    struct slice line;    /* the first line, in the record's arena */
    struct multiline_text text;
    size_t kept_bytes; /* besides the text: lines whose fields were added */
    struct group_time time;
};

static inline struct group *group_of(struct list *link)
{
    return CONTAINER_OF(link, struct group, link);
}

/*
 *   12 P out   13 P err   14 F out   15 F err
 *   |-----------------------|                   goes on with 14: read again from 13, 14 would be a record
 *              |-----------------------|        by itself; so as long as 13 waits, it is from 12
 *
 * again_from <= offset, and a group's is no further than that of those after it
 *
 * groups[0].offset < groups[1].offset < ...  < taken_end; inherited ones are first, all at the
 * same offset
 *
 * There is a joiner only while there are groups.
 */
struct joiner {
    struct list groups;
    unsigned group_count;
    uint64_t taken_end; /* of the last line that was taken */
};

/* One call of joiner_take or joiner_flush. */
struct joining {
    struct joiner **joiner;
    struct joiner_rules *rules;
    const struct joiner_line *line; /* NULL in joiner_flush */
    const struct joiner_sink *sink;
    uint64_t done_end; /* bytes before this are in a record or in a group */
    struct record *record;
};

/* How the lines of one kind of rules are joined. */
struct joiner_ops {
    void (*take)(struct joining *j);

    /* Gives a group that is in no list any more to the sink. */
    void (*emit)(struct joining *j, struct group *g);
};

extern const struct joiner_ops join_records, join_runtime, join_docker, join_firstline;

/* Whether a whole line of the stream is a record by itself for the pod's definition, too, while no
 * other line of it waits. */
bool join_runtime_leaves(const struct joiner_rules *rules, struct slice stream, struct slice text);

/* Parser_Firstline, and Parser_1 to Parser_N. */
struct joiner_parsers {
    const struct parser *first_line;
    const struct parser **others;
    size_t other_count;
};

struct joiner_rules {
    const struct joiner_ops *ops;
    struct slice key; /* owned */
    size_t limit_bytes;
    const struct multiline **multilines;
    size_t multiline_count;
    struct joiner_inner inner;     /* of join_runtime */
    struct joiner_parsers parsers; /* of join_firstline; of join_docker the first */
    uint64_t flush_ms;             /* of join_docker and join_firstline */
    struct parser_run run;
    struct json_scanner json;
    struct record scratch; /* for trying parsers on a line */
};

/* ---- groups ---- */

/* A group that begins with the line under way, its text empty, its record too. Not in a list. */
struct group *group_new(const struct joining *j, uint64_t flush_ms);

void group_free(struct group *g);

/* When it goes on although nothing came. */
uint64_t group_due_ms(const struct group *g);

/* Into the file's list; the oldest goes on where there are too many. */
void group_add(struct joining *j, struct group *g);

/* The line under way is the group's. */
void group_took(struct joining *j, struct group *g);

/* The place of its record. Tells the sink when that is in the file before. */
uint64_t group_place(const struct joining *j, const struct group *g);

/* Out of the list and to the sink; freed. */
void group_finish(struct joining *j, struct group *g);

/* The same for a group that is full: its record says so. The bytes of a character that is cut at its
 * end go to `rest`; NULL: nothing that comes could make it whole. */
void group_cut(struct joining *j, struct group *g, struct buffer *rest);

/* Whether so much more text fits. */
bool group_has_room(const struct joining *j, const struct group *g, size_t bytes);

/* The group of a stream of the file; NULL. */
struct group *group_of_stream(const struct joining *j, struct slice stream);

/* The group that waits, of rules that know only one; NULL. */
struct group *group_only(const struct joining *j);

/* Finishes all groups. */
void groups_finish(struct joining *j);

/* ---- records ---- */

/* A record to fill, with the time of the line under way. */
struct record *joining_begin(struct joining *j);

/* The record that joining_begin lent goes to the sink; its place is `place`. */
void joining_push(struct joining *j, uint64_t place);

/* A group's record, its text under its content field. */
void joining_push_group(struct joining *j, struct group *g);

/* Up to where nothing waits. */
uint64_t joining_end(const struct joining *j);

/* The line under way as a record by itself, under one key. */
void joining_push_text(struct joining *j, struct slice key);

#endif
