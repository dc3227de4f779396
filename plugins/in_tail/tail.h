/*
 * Inside of the tail input. Each file has a header of its name, and includes those of which it uses
 * something.
 *
 * The input
 *   told.c         the options
 *   tail.c         start and stop
 *   work.c         whose turn it is
 *   takeover.c     going on where another tail of this process stopped
 *   exit.c         when everything was read, for Exit_On_Eof
 *   look.c         what is shown of the files: unread bytes, the ones that lag
 *
 * A file is found
 *   names.c        what becomes of names: files are opened, rotated, gone
 *   open.c         its beginning and its end; open_generation.c where its log's name refers to another
 *   again.c        what could not be opened, and is tried again
 *   tag.c          the tag that its path makes
 *   known.c        whether it is still the file that was read
 *   stream.c       the id of what it holds
 *   row.c          its row in the DB
 *   bookmark.c     what that says: where the file was left; note.c what Fluent Bit's columns do not say
 *
 * It is read
 *   first.c        what its first read waits for
 *   follow.c       read, wait, restart, close, as the follow plan says
 *   want.c         how much of it at once, and at one turn
 *   wish.c         what its pod wishes: how fast, and how its lines are joined
 *   ahead.c        one read for whether it is rewritten, and for what comes next
 *   lines.c        bytes to lines to records; lines_joined.c those that belong together
 *   guest.c        lines that wait for want of memory: which go on, and which is read alone to its end
 *   origin.c       what its records' chunks say to it
 *   reach.c        how far it has come, for all outputs
 *
 * Its log is rotated, truncated, compressed, deleted
 *   generations.c  what rotation made of a log while nobody looked; generations_known.c what is known of it
 *   missing.c      the same of logs whose names nothing has at the start
 *   kin.c          pieces of a line that rotation parted
 *   restart.c      what becomes of a file that was truncated
 *   copy.c         what copytruncate made of it
 *   held.c         files without a name, and those that held_limit has no room for
 *   twin.c         what such a one goes on in, as gzip made another file of it
 *   way.c          the way to where a compressed file was left
 *
 * An output falls behind
 *   lanes.c        what becomes of files then, and when it is back
 *   laggard.c      a file, read once more for it
 *   shares.c       the memory that it may take
 *
 * A file that nobody writes to keeps its entry and its descriptor, nothing else: the read buffer is
 * shared, and an unfinished line is read again when more of it comes.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_H
#define TAILRACE_PLUGINS_IN_TAIL_H

#include "plugins/in_tail/file.h"
#include "plugins/in_tail/generations.h"
#include "plugins/in_tail/namesakes.h"
#include "plugins/in_tail/told.h"

/* How much is read at once: large enough that a read costs little per byte, small enough to stay
 * in the processor's cache until its lines are in a chunk. */
#define TAIL_READ_BYTES ((size_t)128 * 1024)

/* Turns of the loop between reads stay this short, so that answers and timers are not late. */
#define TAIL_READS_PER_TURN 4
#define TAIL_TURNS_MAX 64

/* Lines that go into a parcel (chunk/parcel.h) come one parcel's worth at a turn. */
#define TAIL_READS_PER_PARCEL 40
#define PARCEL_READ_BYTES_MIN ((size_t)4 * 1024)

/* A log that rotation has just renamed has no file under its name for a moment. If we start then,
 * its rows must outlive that: they tell that what was renamed is unread. */
#define TAIL_PRUNE_AFTER_MS (10 * 60 * 1000)

/* Files leave so many descriptors to connections, the database and the status page. */
#define TAIL_FDS_KEPT_MAX 128

/* Files of an output that fell behind take such turns while the others take all theirs. */
#define TAIL_LAGGARD_TURNS_MAX 1

/* That the limit of open files is reached is said again after that. */
#define TAIL_LIMIT_SAID_MS (60 * 60 * 1000)

struct tail;

/* Readers that share a budget, and wait together for room: those for all outputs, or those for one
 * that fell behind. */
struct tail_lane {
    struct tail *tail;
    struct budget *budget;
    struct list ready; /* of tail_file.turn.link */
    struct budget_waiter waiter;
    bool is_waiting;
};

/* The file whose lines may wait beyond what all lines may; guest.c. */
struct tail_guest {
    struct tail_file *file; /* NULL: there is none */
    uint64_t since_ms;
};

/* Exit_On_Eof. */
struct tail_exit {
    uint64_t settled_bytes; /* of all readers, when that was looked at */
    uint64_t since_ms;      /* when it became that */
    bool was_wanted;
};

/* How files are found. */
struct tail_names {
    struct discover *discover;
    struct list again;     /* logs whose generations are looked for once more */
    struct listing beside; /* what lies beside the log that was looked at last */
    struct tail_namesakes sakes;
    uint64_t started_ms;
    uint64_t limit_said_ms;
    bool has_found; /* a name, at any time */
    bool is_first_scan_over;
    bool is_beside_kept; /* for the logs that are looked at next */
};

/* What is known of files that were read, in the DB or for as long as we run. */
struct tail_book {
    struct positions *positions;
    int64_t next_row;
    int64_t known_ns; /* since when nobody looked at the directories: what was there, the one before
                       * this one knew, or nobody */
    uint64_t known_said_ms;
    size_t known_max; /* TAIL_KNOWN_MAX */
    uint64_t machine; /* a part of all ids */
};

/* The files that are followed. */
struct tail_followed {
    struct list files;
    struct map rows;           /* by row */
    struct map inodes;         /* and by device and number */
    uint32_t unnamed_count;    /* those of them that their name went away from */
    uint32_t first_wait_count; /* and those whose first read waits */
    struct list losses;        /* rests that are being counted */
};

/* Compressed files on the way to where they were left; way.c. */
struct tail_ways {
    struct list waiting;
    struct tail_way *now; /* a worker, or the loop, passes a slice of it */
    uint64_t moved_ms;    /* when the last slice was begun, or was over */
};

/* Truncated logs whose copies are sought; copy.c. */
struct tail_seeks {
    struct list waiting;
    struct tail_copies *now; /* a worker passes a slice for it */
    uint64_t moved_ms;       /* when the last slice was begun, or was over */
};

/* For whom they are read. */
struct tail_lanes {
    struct tail_lane together; /* of all files that are read for all outputs */
    struct tail_share
        *shares;            /* of each output: what is read for it alone; NULL: there is only one */
    uint32_t laggard_count; /* that read */
};

struct tail_timers {
    struct timer *work;      /* reads what is ready */
    struct timer *look;      /* the earliest look_ms */
    struct timer *held_look; /* counts what is held; NULL until a file lost its name */
};

/* Of the read under way. */
struct tail_reading {
    struct buffer bytes;          /* shared by all reads */
    const struct tail_file *file; /* whose they are, read when it was looked at; NULL: nobody's */
    uint64_t begin;               /* where in it they begin */
    uint64_t now_ms;              /* both clocks */
    int64_t wall_ns;
};

/* How lines become records, and whose they are. */
struct tail_lines {
    const struct parser *parser;
    struct parser_run parser_run;
    struct joiner_rules *rules; /* NULL: each line is a record */
    struct tail_wishes wishes;
    struct encoding *encoding; /* NULL: lines are UTF-8 */
    struct regex *tag_regex;
    struct log_brake long_lines; /* of saying that there are some */
};

struct tail {
    struct tail_told told;
    struct input *input;
    struct tail_names names;
    struct tail_book book;
    struct tail_followed followed;
    struct tail_ways ways;
    struct tail_seeks copies;
    struct tail_lanes lanes;
    struct tail_timers timers;
    struct tail_reading reading;
    struct tail_lines lines;
    struct tail_guest guest;
    struct tail_exit exit;
    bool is_stopping;
};

/* What one output's own readers of this input have. */
struct tail_share {
    struct tail_lane lane;
    struct budget budget; /* below the output's share */
};

#endif
