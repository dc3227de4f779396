/*
 * What to do next about a file that is followed: a pure function from what is known and what was
 * just seen to one step. Ask, obey, and ask again until it says to wait.
 *
 *   0             settled            read            size
 *   |--- acked ------|--- in flight ---|--- unread ---|
 *
 * Every generation is read to its end: a file whose name went elsewhere is closed when all of it
 * was read and acknowledged and it has stood still for Rotate_Wait. A file that shrank, or whose
 * bytes before `read` changed, is read again from 0. Only the budget for held files makes us let go
 * of unread bytes, and the step says how many.
 */
#ifndef TAILRACE_FILE_FOLLOW_PLAN_H
#define TAILRACE_FILE_FOLLOW_PLAN_H

#include "base/check.h"

/* A rotated file is looked at this often: its new name tells nothing to anybody. */
#define FOLLOW_LOOK_MS 1000

enum follow_move {
    FOLLOW_WAIT,         /* nothing to do; look again after wait_ms, or when touched if that is 0 */
    FOLLOW_READ,         /* there are unread bytes and room for them */
    FOLLOW_RESTART,      /* truncated or rewritten: go on at 0; lost_bytes are in no record */
    FOLLOW_MARK_ROTATED, /* its name refers to another file, or to none */
    FOLLOW_MARK_NAMED,   /* its name came back: a rotation was undone */
    FOLLOW_FINISH_LINE,  /* no more bytes will come: the unfinished line is a line */
    FOLLOW_CLOSE,        /* read, acknowledged and rotated long enough */
    FOLLOW_CLOSE_OLD,    /* older than Ignore_Older, and nothing of it is under way */
    FOLLOW_LET_GO,       /* the budget for held files is spent; lost_bytes are in no record */
};

struct follow_state {
    uint64_t read;             /* the bytes before this were read */
    uint64_t settled;          /* those before this are acknowledged by all outputs */
    uint64_t unfinished_bytes; /* of the bytes read: the end that is no line yet */
    uint64_t size_before;      /* the largest size seen since the last restart */
    bool is_rotated;           /* FOLLOW_MARK_ROTATED was obeyed */
    uint64_t rotated_ms;       /* and when */
    uint64_t grown_ms;         /* when bytes last came, or it was opened */
};

struct follow_seen {
    uint64_t now_ms;
    uint64_t size;     /* in the reader's bytes: file_reader_size */
    bool is_named;     /* its name refers to it, and it is not deleted */
    bool is_rewritten; /* the bytes before `read` are not what they were */
    bool has_room;     /* there is memory for what would be read */
    uint64_t pause_ms; /* it was read faster than it may be: not before that is over */
    bool must_let_go;  /* chosen to be given up, to keep the budget for held files */
    int64_t age_ms;    /* since it was last written to; negative when its time lies ahead */
};

struct follow_limits {
    uint64_t rotate_wait_ms;
    uint64_t ignore_older_ms; /* 0: files never grow too old */
};

struct follow_step {
    enum follow_move move;
    uint64_t lost_bytes;
    uint64_t wait_ms;
};

struct follow_step follow_plan(const struct follow_state *state, const struct follow_seen *seen,
                               const struct follow_limits *limits);

/* Whether a file that nobody follows yet is worth opening (Ignore_Older). */
bool follow_may_open(const struct follow_limits *limits, int64_t age_ms);

/* settled <= read, and the unfinished line was read but not settled. */
void follow_state_check(const struct follow_state *state);

#endif
