/*
 * The truth: every line that was ever written, and what became of it. The agent knows nothing of
 * it; whatever it does is held against it.
 *
 * A line begins with its number, so that it is known wherever it turns up, and the rest of it follows
 * from that. It is the agent's, for an output, as soon as it went into a chunk for that in this life,
 * until the output falls behind and lets go of it; it is an output's when the agent was told so by the
 * back-end. It may be lost when, at some moment, the agent did not have it and the world had destroyed
 * the last file that did.
 *
 * Thread   one. Limits TRUTH_LINES_MAX lines a history, TRUTH_OUTPUTS_MAX outputs.
 */
#ifndef TAILRACE_SIM_TRUTH_H
#define TAILRACE_SIM_TRUTH_H

#include "base/slice.h"

#define TRUTH_LINES_MAX 20000
#define TRUTH_OUTPUTS_MAX 2
#define TRUTH_PIECES_MAX 6

/* "L000123:" */
#define TRUTH_NUMBER_BYTES 8

enum line_kind {
    LINE_GOOD,
    LINE_ODD, /* the back-ends refuse it as it is, and take it as text */
    LINE_BAD, /* they refuse it whenever they see it */
};

struct line_fate {
    uint32_t documents; /* in the index */
    uint32_t record;    /* the first line of the one that is there */
    uint64_t stream; /* where it was read for it last: the origin's id, and where it ends there */
    uint64_t end;
    bool is_acked;    /* the agent got an answer that says what became of it */
    bool is_refused;  /* so that answer said */
    bool is_given_up; /* Retry_Limit was reached */
    bool is_taken;    /* the agent has it for this output, in this life */
    bool is_excused;  /* the world destroyed it unread */
};

struct line {
    uint32_t number;
    uint32_t bytes;   /* without the line feed */
    uint32_t written; /* so many of them, and with the line feed one more */
    enum line_kind kind;
    bool is_of_stderr; /* where a log has two streams */
    bool is_copied;    /* its log is copied and truncated, as can be known */
    bool is_torn;      /* it was unfinished when its file was rotated */
    bool is_let_go;    /* by held_limit: what is in memory may still be delivered */
    bool is_forgotten; /* a crash came before anything of its stream was saved */
    uint64_t stream;   /* where any output had it from last; 0: nobody has read it */
    uint32_t seen;     /* by truth_sweep */
    /* Of one in pieces (pieces.h), each of which is a line here. */
    uint32_t group; /* the first one's number; its own: it is the first */
    uint32_t next;  /* the number of the next one; 0: there is none yet */
    uint32_t
        behind; /* the first one's: in some record it came behind the group that begins there, what lay
                       * between being destroyed; its own: in none */
    bool is_open;     /* it says that others follow */
    bool is_gone;     /* no file has it, as the last sweep saw */
    bool is_partable; /* the first one's: it may come as several records */
    struct line_fate fates[TRUTH_OUTPUTS_MAX];
};

/* The lines of one record: what is left of one group, and another, where what lay between is
 * destroyed. */
struct truth_record {
    struct line *lines[2 * TRUTH_PIECES_MAX];
    unsigned count;
};

void truth_begin(unsigned output_count);
void truth_end(void);
unsigned truth_output_count(void);

struct line *truth_new_line(uint32_t bytes, enum line_kind kind);
size_t truth_line_count(void);
struct line *truth_line(size_t number);

/* Its bytes from `from` on, as far as it will be written; line feed included. Lent until the next
 * call. */
struct slice truth_text(const struct line *line, uint32_t from, uint32_t count);

/* What a record has before each of its lines but the first (`rest` is before a first one, too, that was
 * none when it was written), and between two; NULL: nothing. */
void truth_join(const char *rest, const char *between);

/* The line is a piece; `before` is the one before it, NULL where it is the first. */
void truth_group(struct line *line, struct line *before);

/* The pieces of this one's line may come as several records; those of all lines that any file has in
 * pieces may: outputs read some files apart. */
void truth_may_part(const struct line *line);
void truth_may_part_all(void);
/* A row that was set was not saved: what it would have said nobody knows after a crash. */
void truth_miss_rows(void);
bool line_may_part(const struct line *line);

/* Fails the history unless the text is a line, or as much of it as may be, or pieces of one, in
 * order. */
void truth_read(struct slice text, const char *who, struct truth_record *record_out);

/* It was read for those outputs, a bit each: there, up to `end`. Without `is_kept` nobody has it. */
struct truth_place {
    uint64_t stream, end;
    bool is_kept;
};
void truth_take(struct line *line, uint64_t outputs, const struct truth_place *place);

/* A record has these pieces and no others of their line: those before and behind it have their place
 * elsewhere, though a life before this one had them in the same record. */
void truth_take_apart(const struct truth_record *record, uint64_t outputs,
                      const struct truth_place *place);

/* The output lets go of what it has of the stream from there on. */
void truth_leave(uint64_t stream, unsigned output, uint64_t begin);

/* Nothing is the agent's any more. */
void truth_forget_taken(void);

/* After a crash: which lines' streams are saved, tells `is_saved`. Of the others nobody knows that
 * they were delivered, and when their file was compressed or copied meanwhile, they come under another
 * id. */
void truth_forget_streams(bool (*is_saved)(uint64_t stream));

/* After something was destroyed: what no file has that can still be read, and the agent has not
 * taken, may be lost from now on. First call truth_sweep_begin, then truth_see for every line that
 * some file still has. */
void truth_sweep_begin(void);
void truth_see(struct line *line);
void truth_sweep_end(void);

/* The same of one line, whoever has it: it is let go of. */
void truth_destroy(struct line *line);

/* The output has done with it: it may be missing there. */
void truth_give_up(struct line *line, unsigned output);

/* Whether this line is settled for the output, and for all of them. */
bool line_is_settled(const struct line *line, unsigned output);
bool line_is_done(const struct line *line);

/* Settled or destroyed, for all of them; and whether the agent has it for one that it is not. */
bool line_is_over(const struct line *line);
bool line_is_waiting(const struct line *line);
/* For every output the agent has it, or it is settled or destroyed. */
bool line_is_at_hand(const struct line *line);
bool line_is_excused(const struct line *line);

/* A position says that everything of this stream before the offset is done with. */
void truth_check_position(uint64_t stream, uint64_t offset, const char *who);

/* Everything written must have its fate by now. */
void truth_check_whole(void);

#endif
