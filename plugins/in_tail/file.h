/*
 * A file that is followed, and what is done with it: it is opened (open.c, restart.c), known again (known.c),
 * read (follow.c, want.c), its bytes become records (lines.c), and its acks come back (origin.c).
 *
 * Each part of the struct is one concern; what works on one of them takes that part.
 *
 * Life     tail_file_open, or one of its kin -> turns -> tail_file_close; then its origin lives on
 *          until the last ack, and the memory with it.
 * Thread   the loop.
 * Limits   one descriptor each, of tail_fd_max(); lines that wait are of the input's budget.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_FILE_H
#define TAILRACE_PLUGINS_IN_TAIL_FILE_H

#include "plugin/follow.h"
#include "plugins/in_tail/first.h"
#include "plugins/in_tail/kin.h"
#include "plugins/in_tail/note.h"
#include "plugins/in_tail/wish.h"

struct tail;
struct tail_copies;
struct tail_lane;
struct tail_laggard;
struct tail_way;

/* Where it lies. */
struct tail_log {
    struct found_file *name; /* NULL once the name refers to something else, or nothing */
    char *path;              /* the log's, by which it is tagged */
    char *real_path;         /* where this file lay when it was opened */
};

/* By what it is known from other files: now, and to whom looks into the DB. */
struct tail_identity {
    struct file_identity identity;
    struct file_print tail_print; /* of the bytes before state.read, once at the end */
    int64_t row;                  /* in the DB; without one a number of our own */
    int64_t known_ns; /* since when its row is on the disk; 0: it was not when it was opened */
    bool is_saved;    /* a row that tells it from others is in the DB, or on the way there */
    bool is_known;    /* when it was opened, a row or the tail before had its first bytes */
    bool is_next;     /* its log is known, and it came after what is known */
    bool is_again;    /* it was truncated: what it held before had its number, and its offsets */
};

/* What its bytes come from, and how far they were taken. */
struct tail_source {
    int fd;
    struct file_reader reader;
    struct follow_state state;
    struct tail_way *way; /* it is on the way to where it is read on; or NULL */
    struct file_trouble trouble;
    uint64_t copy_bytes; /* it went on in a copy that ends there; 0: it did not, or that has all */
    int64_t empty_ns;    /* when it was last written to, as long as nothing was in it; or 0 */
};

/* When it is read, with whom, and how much at once. */
struct tail_turn {
    struct tail_lane *lane;
    struct list link; /* in lane->ready, while there may be bytes to read */
    struct tail_first first;
    uint64_t look_ms;      /* when to look again although nothing was said, or 0 */
    struct tail_rate rate; /* of its own */
    struct pace pace;
};

/* Who else reads it; whom this one reads it for. */
struct tail_readers {
    struct list laggards;         /* that read it once more */
    struct tail_laggard *laggard; /* this is one of them */
};

/* Its bytes on the way to records. */
struct tail_file_lines {
    struct joiner_rules *rules; /* the tail's, or as its pod wishes; NULL: each line is a record */
    struct joiner *joiner;      /* lines that wait for what belongs to them; NULL: none */
    size_t waiting_bytes;       /* what they hold, as the budget knows it */
    uint64_t joined_to; /* records may have lines up to here although others before it wait */
    enum encoding_form form;
    bool is_skipping; /* inside a line that is too long, until its end */
};

/* What becomes of it when its name is gone, or the tail. */
struct tail_ending {
    struct held_file held;  /* in the service's book while it is rotated */
    struct tail_twin *twin; /* what has its bytes is sought; it is not read meanwhile; or NULL */
    struct tail_copies *copies; /* it was truncated, and its copy is sought; the same; or NULL */
    unsigned twin_tries;        /* to look for one, without a descriptor for that */
    bool must_let_go;           /* held_limit has no room for it */
    bool is_alone;              /* nothing else has its bytes, or it goes on in what has */
    bool is_done;               /* closed: lives on only for its acks */
    bool is_handed_on;          /* by the tail before this one */
};

/*
 *   window.settled <= window.issued       what is in flight lies between the two
 *   unfinished_bytes <= read              what was read behind the last whole line, and is read again
 *
 * It is read, or on the way to where it is read on (source.way), or what it goes on in is sought: its twin
 * (ending.twin), its copy (ending.copies). It is one of these at a time; what is not open is none of the
 * last three. Who is a laggard has none.
 */
struct tail_file {
    struct origin origin;
    struct tail *tail;
    struct list link;  /* in tail.followed.files; a laggard's is in none */
    struct list sakes; /* namesakes.h: the others under its path, in a ring, while that is known */
    struct tail_log log;
    struct tail_identity known;
    struct tail_source source;
    struct tail_turn turn;
    struct tail_readers readers;
    struct tail_kin kin;
    struct tail_file_lines lines;
    struct tail_ending ending;
};

#endif
