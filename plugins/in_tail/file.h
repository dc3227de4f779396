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

struct tail_file {
    struct origin origin;
    struct tail *tail;
    struct list link; /* in tail.followed.files; a laggard's is in none */
    struct tail_log log;
    struct tail_identity known;
    struct tail_source source;
    struct tail_turn turn;
    struct tail_readers readers;
    struct tail_kin kin;
    struct tail_file_lines lines;
    struct tail_ending ending;
};

/* ---- open.c ---- */

/* Opens the file of that name and follows it from where it was left; one of which nothing is known
 * from its beginning when `is_next`, which says that something is known of its log. NULL when it is
 * not to be followed. */
struct tail_file *tail_file_open(struct tail *tail, struct found_file *name, bool is_next);

/* How to go on with a generation that the log's name does not refer to any more. */
struct tail_start {
    const char *path;
    const struct orphan *orphan; /* as the tail before left it; NULL: it did not */
    const int *fd;               /* is taken; NULL: it is to be opened */
    bool is_rotated;
    bool is_apart;            /* the next generation is not read: no line goes on there */
    bool may_be_cut;          /* it may end before the offset: then nothing of it is unread */
    const struct file_id *id; /* who it was when that was planned; NULL: nobody asks */
    uint64_t offset;
    int64_t row;            /* 0: a new one */
    struct file_print tail; /* of what was read of it, before `offset`; len 0: nobody asks */
    int64_t known_ns;       /* since when there is this row, or 0 */
    struct tail_note note;
};

/* 1, 0 when the path leads to another file by now, or negative: it cannot be opened now. UV_ERANGE: it
 * ends before the offset, or has other bytes there, so that the row is of another file. */
int tail_file_open_generation(struct tail *tail, const char *log_path, struct tail_start *start);

/* Tries once more to open an entry that could not be opened, when it is time. False: it is not open,
 * and may be gone. */
bool tail_file_reopen(struct tail_file *file);

/* What copytruncate made of a file that was truncated. */
struct tail_copy {
    char *path;
    uint64_t bytes; /* decompressed; those behind what was seen of the file do not count */
};

/* It was truncated: it goes on from its beginning, as another tail_file, and this one in its copy, whose
 * descriptor and path it takes; or it is gone. `fd` is UV_ENOENT: there is no copy; UV_EAGAIN: it may be
 * one that cannot be read now. */
void tail_file_restart(struct tail_file *file, uint64_t lost_bytes, int fd,
                       const struct tail_copy *copy);

/* Its name refers to something else now. */
void tail_file_unname(struct tail_file *file);

/* Lets go of it; it is freed when its last ack came. */
void tail_file_close(struct tail_file *file);

/* Its first bytes, of what gzip holds; how many, or negative. */
int64_t tail_source_head(const struct tail_source *source, char *buf, size_t buf_bytes);

/* Where it goes on: behind whole lines, before those whose end is not there yet. */
uint64_t tail_source_next(const struct tail_source *source);

/* ---- way.c ---- */

/* What a compressed file must have, or it is not what was read. */
struct tail_proof {
    uint64_t offset;         /* so many bytes, */
    struct file_print print; /* and these before it; len 0: nobody asks */
    bool may_be_cut;         /* fewer are a copy, as in tail_start */
};

/* A compressed file is brought to where it is read on, and touched then; or it is closed, and goes on as
 * what it is. NULL: nothing is to be proved. */
void tail_way_begin(struct tail_file *file, const struct tail_proof *proof);

/* The reader is away from where reading goes on, and is brought there; it is not read now. */
bool tail_way_is_due(struct tail_file *file);

/* Its turn, while it is on the way: when there was trouble it tries again. */
void tail_way_turn(struct tail_file *file);

/* What is not known yet to be the file that was read; or NULL. */
const struct tail_proof *tail_way_unproved(const struct tail_file *file);

/* It is not to go there any more. */
void tail_way_leave(struct tail_file *file);

/* ---- copy.c ---- */

/* It was truncated: its copy is sought, then it is restarted. `lost_bytes` as the plan says. False: that
 * is done, and the pointer is not good any more; else it is not read meanwhile. */
bool tail_copy_seek(struct tail_file *file, uint64_t lost_bytes);

/* Its turn, while its copy is sought. False: it was restarted, as a disk does not answer. */
bool tail_copy_turn(struct tail_file *file);

/* It is not to be restarted any more. */
void tail_copy_leave(struct tail_file *file);

/* ---- twin.c ---- */

/* Whether another file may have all its bytes, gzip's of it for one: then that is looked into, and the
 * file goes on there, or stays and is alone. True as well where that cannot be looked at now, and is to be
 * asked again. */
bool tail_twin_seek(struct tail_file *file);

/* It is not to go on anywhere else. */
void tail_twin_leave(struct tail_file *file);

/* ---- origin.c ---- */

extern const struct origin_ops tail_origin_ops;

/* ---- known.c ---- */

/* The file that is followed under this device and number, or NULL. */
struct tail_file *tail_inode_file(const struct tail *tail, const struct file_id *id);
void tail_inode_take(struct tail_file *file);
void tail_inode_leave(struct tail_file *file);

/* The file of that name, when it is followed by another one: a link beside it, a hard link. NULL when
 * it is not; one without a name may have this one. */
struct tail_file *tail_file_named_else(const struct tail *tail, const struct found_file *name);

/* When it was last written to, if another write would have given it another time by now; else 0. */
int64_t tail_still_ns(int64_t modified_ns);

/* What was read of it is there, as it was: it was not truncated. */
bool tail_file_is_as_read(struct tail_file *file);

/* It begins with so many bytes, up to FILE_HEAD_BYTES_MAX. When its size said more it was truncated
 * between those two looks, and what is known of it is what it holds now. */
void tail_file_note_shrunk(struct tail_file *file, size_t head_bytes);

/* Nothing of it was read yet, or what was read last could not be printed: its first bytes tell whether
 * it was rewritten. */
bool tail_file_is_known_by_head(const struct tail_file *file);

/* Its bytes are others by now, however many there are. */
bool tail_file_is_rewritten(const struct tail_file *file);
/* Of bytes just read, while they are at hand; and one that was of few is of more, at rest. */
struct file_print tail_print_of_end(const struct tail_file *file, struct slice bytes);
void tail_print_lengthen(struct tail_file *file);

/* Ignore_Older is for it. */
bool tail_file_is_too_old(const struct tail_file *file);

/* ---- follow.c ---- */

/* There may be bytes to read: soon. */
void tail_file_touch(struct tail_file *file);

/* The same, of one whose name had an event. */
void tail_file_tell(struct tail_file *file);

/* Somebody saw it, open, with so many bytes: what is truncated of them is lost. */
void tail_file_note_seen(struct tail_file *file, uint64_t size);

/* Looks again in `wait_ms` at the latest; 0: when it is touched. */
void tail_file_look_again(struct tail_file *file, uint64_t wait_ms);

/* Its pieces are in a record of the next one, which is acknowledged. */
void tail_file_lent_back(struct tail_file *file);

/* It is the last that has a turn; but first, if memory was short before its parcel was full. */
void tail_ready_add(struct tail_file *file, bool needs_room);

/* A few reads. The file may be gone then. */
void tail_file_turn(struct tail_file *file);

/* Reads once, of bytes that end at `size`, and takes the lines out; with `is_last` what is left is a
 * line too. Bytes that were taken, 0 at the end, or negative. */
int64_t tail_file_read(struct tail_file *file, uint64_t size, bool is_last);

/* The bytes before `end` are in chunks, or are nothing; but not those of lines that wait. */
void tail_file_advance(struct tail_file *file, uint64_t end);

/* The service has no room to hold it any longer. */
void tail_file_let_go(struct tail_file *file);

/* ---- ahead.c ---- */

/* Whether its bytes are others by now, as tail_file_is_rewritten; where it is about to be read, up to
 * `size`, what is to be read is at hand from now on. */
bool tail_ahead_look(struct tail_file *file, uint64_t size);

/* The bytes from there on are at the end of reading.bytes, `*before_out` others before them, as
 * they were read ahead, or are read now: `want` of them, fewer where the file ends. How many, or
 * negative. */
int64_t tail_ahead_take(struct tail_file *file, uint64_t from, size_t want, size_t *before_out);

/* The turn is over. */
void tail_ahead_forget(struct tail *tail);

/* ---- want.c ---- */

/* How many bytes to ask for: no more than were seen, or the kernel would be asked again for those that
 * are not there. */
size_t tail_bytes_wanted(const struct tail_file *file, uint64_t from, uint64_t size);

/* Whether a turn that had so many reads has one more: a few; where its lines go into a parcel, as many
 * as fill that, and no more. `parcel`, NULL at first, is the one that was open at the read before. */
bool tail_turn_goes_on(const struct tail_file *file, unsigned reads, const void **parcel);

/* ---- lines.c ---- */

/* Makes records of the whole lines in `bytes`, which begin at `offset`. How many bytes were whole
 * lines. With `is_last` the rest is a line too. */
size_t tail_lines_take(struct tail_file *file, struct slice bytes, uint64_t offset, bool is_last);

/* Lets the lines go on that waited too long; with `is_all`, all that wait. */
void tail_lines_flush(struct tail_file *file, bool is_all);

/* The lines that wait are others now: what they hold is of the budget. */
void tail_lines_account(struct tail_file *file);

/* They go on as they are, cut. */
void tail_lines_cut(struct tail_file *file);

/* The bytes before this offset are in records, or in none: the bookmark may go there. */
uint64_t tail_lines_end(const struct tail_file *file, uint64_t end);

#endif
