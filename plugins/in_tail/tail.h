/*
 * Inside of the tail input.
 *
 *   tail.c      the options; start and stop
 *   names.c     what becomes of names: files are opened, rotated, gone
 *   open.c      a file's beginning and its end
 *   origin.c    what its records' chunks say to it
 *   known.c     whether it is still the file that was read
 *   follow.c    one file: read, wait, restart, close, as the follow plan says
 *   work.c      whose turn it is
 *   want.c      how much of it is read at once, and at one turn
 *   first.c     what a file's first read waits for
 *   lines.c     bytes to lines to records
 *   guest.c     lines that wait for want of memory: which go on, and which is read alone to its end
 *   kin.c       pieces of a line that rotation parted
 *   generations.c  what rotation made of a log while nobody looked
 *   again.c     what could not be opened, and is tried again
 *   held.c      files without a name, and those that held_limit has no room for
 *   bookmark.c  where each file was left, in the DB
 *   takeover.c  going on where another tail of this process stopped
 *   tag.c       the tag that a path makes
 *   laggard.c   a file, read once more for an output that fell behind
 *   lanes.c     what becomes of files when an output falls behind, and comes back
 *   note.c      what the DB keeps of a file besides Fluent Bit's columns
 *   look.c      what is shown of the files: unread bytes, the ones that lag
 *   exit.c      when everything was read, for Exit_On_Eof
 *
 * A file that nobody writes to keeps its entry and its descriptor, nothing else: the read buffer is
 * shared, and an unfinished line is read again when more of it comes.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_H
#define TAILRACE_PLUGINS_IN_TAIL_H

#include "plugin/follow.h"
#include "plugins/in_tail/first.h"
#include "plugins/in_tail/wish.h"
#include "plugins/in_tail/note.h"

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

/* Of one log so many generations are known when those beside it are looked at, rows and files that
 * are held open: of the files the newest, beside which lie those that could be taken for unread. */
#define TAIL_KNOWN_MAX 2048

struct tail;

struct tail_options {
    struct text_list path;
    struct text_list exclude_path;
    char *key;
    bool read_from_head;
    bool read_new_from_head;
    char *refresh_interval;
    uint64_t rotate_wait_ms;
    char *path_key;
    char *offset_key;
    uint64_t ignore_older_ms;
    bool ignore_active_older;
    uint64_t line_bytes_max;
    bool skip_long_lines;
    bool exit_on_eof;
    bool skip_empty_lines;
    bool truncate_long_lines;
    bool use_inotify;
    uint64_t rate_bytes;
    uint64_t poll_ms;
    char *parser;
    char *tag_regex;
    char *unicode_encoding;
    char *generic_encoding;
};

struct tail_db_options {
    char *path;
    char *sync;
    bool is_locked;
    char *journal_mode;
    bool compare_name;
};

struct tail_join_options {
    struct text_list multiline_parser;
    bool docker_mode;
    int64_t docker_mode_flush_s;
    char *docker_mode_parser;
    bool multiline;
    uint64_t multiline_flush_ms;
    char *parser_firstline;
    struct pair_list parser_n;
};

/* What a file has to do with the generations of its log before and after it; kin.c. */
struct tail_kin {
    struct tail_file *elder; /* is read first; NULL once it was */
    struct tail_file *heir;  /* whose elder this is */
    struct tail_file
        *lender; /* a reference: its pieces are in this one's joiner, or not acknowledged, or it has
                  * lines before them that are not */
    struct tail_file *borrower; /* whose lender this is */
    uint64_t lent_until;        /* the first span that has nothing of them */
    bool is_apart;              /* what comes before it and after is not known, or not read */
    bool is_counted;            /* lent_until is known */
    bool is_lent;               /* this one's pieces are another's */
    uint64_t lent_from;         /* where they begin: the bookmark stays before it */
};

/* Readers that share a budget, and wait together for room: those for all outputs, or those for one
 * that fell behind. */
struct tail_lane {
    struct tail *tail;
    struct budget *budget;
    struct list ready; /* of tail_file.ready_link */
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

struct tail_file {
    struct origin origin;
    struct list link;       /* in tail.files; a laggard's is in none */
    struct list ready_link; /* in lane->ready, while there may be bytes to read */
    struct tail *tail;
    struct tail_lane *lane;
    struct list laggards;         /* that read it once more */
    struct tail_laggard *laggard; /* this is one of them */
    struct found_file *name;      /* NULL once the name refers to something else, or nothing */
    char *path;                   /* the log's, by which it is tagged */
    char *real_path;              /* where this file lay when it was opened */
    int fd;
    struct file_reader reader;
    struct follow_state state;
    struct tail_kin kin;
    struct tail_first first;
    struct joiner_rules *rules; /* the tail's, or as its pod wishes; NULL: each line is a record */
    struct tail_rate rate;      /* of its own */
    struct pace pace;
    struct held_file held; /* in the service's book while it is rotated */
    struct file_identity identity;
    struct file_print tail_print; /* of the bytes before state.read, once at the end */
    int64_t row;                  /* in the DB; without one a number of our own */
    uint64_t copy_bytes; /* it went on in a copy that ends there; 0: it did not, or that has all */
    struct file_trouble trouble;
    struct joiner *joiner; /* lines that wait for what belongs to them; NULL: none */
    size_t waiting_bytes;  /* what they hold, as the budget knows it */
    uint64_t joined_to;    /* records may have lines up to here although others before it wait */
    enum encoding_form form;
    int64_t known_ns;  /* since when its row is on the disk; 0: it was not when it was opened */
    int64_t empty_ns;  /* when it was last written to, as long as nothing was in it */
    uint64_t look_ms;  /* when to look again although nothing was said, or 0 */
    bool is_skipping;  /* inside a line that is too long, until its end */
    bool is_done;      /* closed: lives on only for its acks */
    bool is_saved;     /* a row that tells it from others is in the DB, or on the way there */
    bool must_let_go;  /* held_limit has no room for it */
    bool is_handed_on; /* by the tail before this one */
    bool is_next;      /* its log is known, and it came after what is known */
    bool is_known;     /* a row has its bytes */
    bool is_again;     /* it was truncated: what it held before had its number, and its offsets */
};

struct tail {
    struct tail_options options;
    struct tail_db_options db;
    struct tail_join_options join;
    struct input *input;
    struct discover *discover;
    struct positions *positions;
    struct list files;
    struct tail_lane together; /* of all files that are read for all outputs */
    struct tail_share
        *shares;            /* of each output: what is read for it alone; NULL: there is only one */
    uint32_t laggard_count; /* that read */
    struct timer *work;     /* reads what is ready */
    struct timer *look;     /* the earliest look_ms */
    struct timer *held_look; /* counts what is held; NULL until a file lost its name */
    struct list losses;      /* rests that are being counted */
    struct list again;       /* logs whose generations are looked for once more */
    struct buffer bytes;     /* shared by all reads */
    const struct parser *parser;
    struct parser_run parser_run;
    struct joiner_rules *rules; /* NULL: each line is a record */
    struct tail_wishes wishes;
    struct encoding *encoding; /* NULL: lines are UTF-8 */
    struct regex *tag_regex;
    uint64_t now_ms; /* both clocks, as of the read under way */
    int64_t wall_ns;
    const char *component;
    struct place place;
    uint64_t refresh_ms;
    uint64_t started_ms;
    int64_t known_ns; /* since when nobody looked at the directories: what was there, the one before
                       * this one knew, or nobody */
    uint64_t machine; /* a part of all ids */
    uint64_t limit_said_ms;
    uint64_t known_said_ms;
    size_t known_max; /* TAIL_KNOWN_MAX */
    int64_t next_row;
    struct map rows;           /* the followed files, by row */
    struct map inodes;         /* and by device and number */
    uint32_t unnamed_count;    /* those of them that their name went away from */
    uint32_t first_wait_count; /* and those whose first read waits */
    struct tail_guest guest;
    struct tail_exit exit;
    bool is_first_scan_over, is_stopping;
};

/* What one output's own readers of this input have. */
struct tail_share {
    struct tail_lane lane;
    struct budget budget; /* below the output's share */
};

/* ---- names.c ---- */

extern const struct discover_ops tail_discover_ops;

/* ---- open.c ---- */

/* Opens the file of that name and follows it from where it was left; one of which nothing is known
 * from its beginning when `is_next`, which says that something is known of its log. NULL when it is
 * not to be followed. */
struct tail_file *tail_file_open(struct tail *tail, struct found_file *name, bool is_next);

/* How to go on with a generation that the log's name does not refer to any more. */
struct tail_start {
    const char *path;
    const struct orphan *orphan; /* its descriptor is taken; NULL: it is to be opened */
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

/* It was truncated: it goes on from its beginning, as another tail_file; this one is gone. */
void tail_file_restart(struct tail_file *file, uint64_t lost_bytes);

/* Its name refers to something else now. */
void tail_file_unname(struct tail_file *file);

/* Lets go of it; it is freed when its last ack came. */
void tail_file_close(struct tail_file *file);

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

/* What was read of it is there, as it was: it was not truncated. */
bool tail_file_is_as_read(struct tail_file *file);

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

/* Somebody saw it, open, with so many bytes: what is truncated of them is lost. */
void tail_file_note_seen(struct tail_file *file, uint64_t size);

/* Looks again in `wait_ms` at the latest; 0: when it is touched. */
void tail_file_look_again(struct tail_file *file, uint64_t wait_ms);

/* Its pieces are in a record of the next one, which is acknowledged. */
void tail_file_lent_back(struct tail_file *file);

/* A few reads. The file may be gone then. */
void tail_file_turn(struct tail_file *file);

/* Reads once, of bytes that end at `size`, and takes the lines out; with `is_last` what is left is a
 * line too. Bytes that were taken, 0 at the end, or negative. */
int64_t tail_file_read(struct tail_file *file, uint64_t size, bool is_last);

/* The bytes before `end` are in chunks, or are nothing; but not those of lines that wait. */
void tail_file_advance(struct tail_file *file, uint64_t end);

/* The service has no room to hold it any longer. */
void tail_file_let_go(struct tail_file *file);

/* ---- work.c ---- */

void tail_lane_init(struct tail_lane *lane, struct tail *tail, struct budget *budget);
void tail_lane_stop(struct tail_lane *lane);

/* Its readers wait until the budget, which is full, has room. */
void tail_lane_wait(struct tail_lane *lane);

void tail_work_start(struct tail *tail);
void tail_work_stop(struct tail *tail);

/* ---- want.c ---- */

/* How many bytes to ask for: no more than were seen, or the kernel would be asked again for those that
 * are not there. */
size_t tail_bytes_wanted(const struct tail_file *file, uint64_t from, uint64_t size);

/* Whether a turn that had so many reads has one more: a few; where its lines go into a parcel, as many
 * as fill that, and no more. `parcel`, NULL at first, is the one that was open at the read before. */
bool tail_turn_goes_on(const struct tail_file *file, unsigned reads, const void **parcel);

/* ---- held.c ---- */

/* A file lost its name: from now on those are looked at. */
void tail_held_watch(struct tail *tail);
void tail_held_stop(struct tail *tail);

/* Counts what of the file was never read, `bytes_min` as its size says, and says so when that is
 * done. The file may be closed meanwhile. */
void tail_loss_begin(struct tail_file *file, uint64_t bytes_min);
void tail_losses_leave(struct tail *tail);

/* So many bytes were truncated that are in no record. */
void tail_truncation_count(struct tail_file *file, uint64_t lost_bytes);

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

/* ---- kin.c ---- */

/* A file begins: it waits for the log's earlier generations where lines may have been parted. */
void tail_kin_find(struct tail_file *file);

/* Whether it may be read: when the one before was read, whose pieces it then has. */
bool tail_kin_may_read(struct tail_file *file);

/* Whether the lines that wait here are about to be the next one's. */
bool tail_kin_is_awaited(const struct tail_file *file);

/* Its window moved, or its lines did. */
void tail_kin_settled(struct tail_file *file);

/* It is closed; its origin goes. */
void tail_kin_part(struct tail_file *file);
void tail_kin_forget(struct tail_file *file);

/* ---- generations.c ---- */

/* Whether anything is known of the log. */
bool tail_generations_follow(struct tail *tail, const struct found_file *name);

/* What copytruncate made of a file that was truncated. */
struct tail_copy {
    char *path;
    uint64_t bytes; /* decompressed */
};

/* Opens it; its path is yours then. UV_ENOENT: there is none; UV_EAGAIN: it may be one that cannot be
 * read now. */
int tail_copy_open(const struct tail_file *file, struct tail_copy *copy_out);

/* ---- again.c ---- */

/* It could not be opened or read: that is said and counted, and tried again by itself. */
void tail_file_try_later(struct tail_file *file, int code);

/* Files have descriptors below it. */
int tail_fd_max(void);

/* A generation of the log could not be opened, or its folder: said once, counted, tried again. */
void tail_again_note(struct tail *tail, const struct found_file *name, const char *path, int code);

/* Whether one of the log's generations is in the way. */
bool tail_again_is_for(struct tail *tail, const char *path);

/* So many bytes of the log's generations that are in the way were not read; those of all logs. */
void tail_again_owe(struct tail *t, const struct found_file *name, uint64_t bytes);
uint64_t tail_again_bytes(const struct tail *t);

/* Tries those whose time has come; `*next` is no later than the next one's. */
void tail_again_look(struct tail *tail, uint64_t now, uint64_t *next);
void tail_again_stop(struct tail *tail);

/* ---- exit.c ---- */

/* Nothing that is read for all outputs has more to read now; nor, when `is_read`, what is read for one
 * of them alone. Wants to exit if that was all, and looks again by itself when it was not. */
void tail_exit_look(struct tail *tail, bool is_read);

/* ---- look.c ---- */

void tail_refresh(void *self);
void tail_describe(const void *self, struct buffer *out);

/* ---- tag.c ---- */

/* The tag for a path; free it with mem_free. */
char *tail_tag(const struct tail *tail, const char *path);

#endif
