/*
 * A joiner puts lines that belong together into one record: the pieces into which a container
 * runtime cut a long line, the lines of a stack trace.
 *
 * The rules are compiled once for an input. A file has a joiner only while lines of it wait for
 * what belongs to them; most lines are whole and go the short way, joiner_fill_whole, without one.
 *
 *   lines ──> joiner_fill_whole ── yes ──> record
 *                  │ no
 *                  └──> joiner_take ──> groups, one per stream of the file ──> sink
 *
 * A group is the lines that wait: its record has the time and the fields of the first of them, and
 * begins at its offset. It goes on when its end comes, when a line comes that does not belong to
 * it, when it is full, when nothing came for the flush time (joiner_due_ms), and at the end of the
 * file (joiner_flush). A group that keeps growing goes on after JOINER_GROWTH_FLUSHES_MAX flush
 * times.
 *
 * Life     joiner_rules_new_* -> (joiner NULL -> joiner_take* -> joiner_flush or joiner_free -> NULL)*
 *          -> joiner_rules_free, after all joiners.
 * Thread   the loop; the rules keep what the last line taught them.
 * Limits   JOINER_GROUPS_MAX groups per file, the oldest goes on when there is one more; a group's
 *          text is at most the rules' limit. What does not fit begins the next record, so nothing
 *          is lost: records that were cut say so in their metadata, and are counted. A line that is
 *          longer by itself stays whole; the caller's limit of a line sees to it.
 *
 * What odd lines become: one that no parser takes is a record by itself under `log`, after what
 * waited; so is a line of a container runtime whose time is none, with the fields that it has and
 * the present time. Bytes that are not UTF-8 are put together as they came, so a character that
 * was cut between two lines is whole again. A last piece whose end is never written goes on after
 * the flush time.
 */
#ifndef TAILRACE_LINE_JOINER_H
#define TAILRACE_LINE_JOINER_H

#include "line/multiline_book.h"
#include "record/plain.h"

#define JOINER_GROUPS_MAX 16
#define JOINER_GROWTH_FLUSHES_MAX 4
#define JOINER_LIMIT_BYTES_DEFAULT ((size_t)2 << 20)

struct joiner;
struct joiner_rules;

/* ---- the rules ---- */

/* What the rules are compiled with; lent for the call, but for the books, which outlive them. */
struct joiner_context {
    const struct parser_book *parsers;
    const struct multiline_book *multilines;
    const char *key;    /* of a line that no parser takes; NULL: "log" */
    size_t limit_bytes; /* multiline_buffer_limit; 0: JOINER_LIMIT_BYTES_DEFAULT */
    struct place place;
    struct report *report;
};

/* multiline.parser: each line is offered to the parsers in this order, but first to the one whose
 * lines wait. NULL when a name is unknown; the report has every mistake. */
struct joiner_rules *joiner_rules_new_multiline(const char *const *names, size_t name_count,
                                                const struct joiner_context *context);

/* What joins the lines of a container's streams, once its runtime's frame is off: definitions that
 * look at the text itself (MULTILINE_TEXT), or NULL. They outlive the rules. */
struct joiner_inner {
    const struct multiline *of_stdout, *of_stderr;
};

/* Rules for one container's files: lines are taken apart and put together as `base` does, and then
 * joined by `inner`. NULL where `base` is not of multiline.parser, or has other names than cri and
 * docker. */
struct joiner_rules *joiner_rules_new_inner(const struct joiner_rules *base,
                                            const struct joiner_inner *inner);

/* Docker_Mode: joins lines, not records. They are given to the sink's `line`, as the text that one
 * line would have been. `first_line` is the parser that knows the first line of several, as it
 * stands in the file, or NULL. */
struct joiner_rules *joiner_rules_new_docker(const char *first_line, uint64_t flush_ms,
                                             const struct joiner_context *context);

/* Multiline On: Parser_Firstline begins a record, Parser_1 to Parser_N (in this order) add fields,
 * any other line is added to the last text of the first. */
struct joiner_firstline {
    const char *first_line;
    const char *const *others;
    size_t other_count;
    uint64_t flush_ms;
};
struct joiner_rules *joiner_rules_new_firstline(const struct joiner_firstline *settings,
                                                const struct joiner_context *context);

/* Accepts NULL; leaves NULL. */
void joiner_rules_free(struct joiner_rules **rules);

/* ---- the lines ---- */

/* A line and where it stands in its file. */
struct joiner_line {
    struct slice text; /* without its line feed */
    uint64_t offset;   /* where it begins; of one that the joiner gives back, its place */
    uint64_t end;      /* where the next one begins */
    uint64_t now_ms;   /* the monotonic clock, for waiting */
    int64_t wall_ns;   /* the time of a record whose text has none */
};

/*
 * Where records go. All calls come from inside joiner_take and joiner_flush. `end` says that no
 * byte before it waits any more: the bookmark may stand there when this record is acknowledged,
 * and not behind it. It never goes back.
 */
struct joiner_sink {
    void *owner;

    /* An empty record to fill. There need not be a push before the next one. */
    struct record *(*begin)(void *owner);

    /* The record is filled: fields, time, offset, metadata. What it points to is lent for the call. */
    void (*push)(void *owner, uint64_t end);

    /* Docker_Mode: a whole line, to be made a record as if it had been read so. `line->end` is as
     * above. The other rules do not need it. */
    void (*line)(void *owner, const struct joiner_line *line);

    /* What goes to `push` or `line` next is of the file that the joiner was inherited from, at its
     * offset there; `end` means nothing then. NULL where joiners are not inherited. */
    void (*lent)(void *owner);

    uint64_t *truncated; /* counts records that were cut */
};

/*
 * The short way: when nothing of this file waits and the line is a whole record by itself, fills
 * `record` (which is empty): fields and time. False: the line must go through joiner_take, and the
 * record is still empty. Costs about as much as looking at the line; copies nothing.
 */
bool joiner_fill_whole(struct joiner_rules *rules, const struct joiner_line *line,
                       struct record *record);

/* The same for a line that makes a plain record, all but its place. False: whatever else it is, and
 * `plain` is not to be looked at. */
bool joiner_fill_plain(struct joiner_rules *rules, struct slice line, struct plain_record *plain);

/* Takes a line. `*joiner` is made when lines begin to wait, and is NULL when none do. */
void joiner_take(struct joiner **joiner, struct joiner_rules *rules, const struct joiner_line *line,
                 const struct joiner_sink *sink);

/*
 * Lets every group go on that is due at `now_ms`; all of them with UINT64_MAX.
 *
 * Call it only when all lines of the file that can be read were taken: a file that nobody reads
 * for want of memory has its missing lines ahead, and waiting for them is not over.
 */
void joiner_flush(struct joiner **joiner, struct joiner_rules *rules, uint64_t now_ms,
                  const struct joiner_sink *sink);

/* Lets all groups go on although more may belong to them: their records say so, and are counted, as
 * those are that are full. For want of memory. */
void joiner_cut(struct joiner **joiner, struct joiner_rules *rules, const struct joiner_sink *sink);

/*
 * What waits at the end of one file goes on in the next, which begins at `offset`; `*heir` is NULL
 * before, `*joiner` after. A group that gets a line of the next file becomes a record of that one,
 * at the offset of this line, with a place (record_place) that no record of that file alone has; one
 * that gets none stays a record of the first (sink.lent). Both files are read again after a crash:
 * nothing of the next one counts as done while groups of the first one wait.
 */
void joiner_inherit(struct joiner **heir, struct joiner **joiner, uint64_t offset);

/* Whether a group that was inherited still waits. */
bool joiner_has_inherited(const struct joiner *joiner);

/* Where reading begins again after a crash: where the oldest line that waits does, or before that, where
 * a record of another stream begins that reaches over it and would be read in part. UINT64_MAX when none
 * waits. */
uint64_t joiner_oldest(const struct joiner *joiner);

/* When to call joiner_flush, or UINT64_MAX. */
uint64_t joiner_due_ms(const struct joiner *joiner);

/* The memory that waiting lines hold; not what their texts have room to grow into, which nothing has
 * touched yet. */
size_t joiner_bytes(const struct joiner *joiner);

/* Forgets what waits: the lines are read again in another life. Accepts NULL; leaves NULL. */
void joiner_free(struct joiner **joiner);

#endif
