/*
 * The generations of one log: the file that its name refers to, and what rotation made of the
 * earlier ones beside it, `0.log.20261121-050000`, `app.log.1`, `app.log-20261121.gz`.
 *
 * At start and after a rotation the saved positions are held against what lies in the directory,
 * to find the generations that were written while nobody looked. A generation is recognised by its
 * inode and first bytes; after gzip or copytruncate by its first bytes alone. What is newer than
 * the oldest generation that we know and is not known itself was never read; what is older was
 * there before we were, and is left alone. When none that we know is there any more, what was written
 * to after we came to know the log is newer. One that was empty when it was saved may be any that was
 * written to since, as nothing tells it from others. What the log still has is a copy of it, and is not
 * read; while the log cannot be read, the one before it may be that, and waits. So does what gzip made while
 * a deleted file is held open that could not be read since it was empty. When in doubt, bytes are read twice,
 * not skipped.
 *
 * Reading the directory opens each sibling for a moment, but for those past the limit; planning and
 * ordering are pure.
 *
 * Life     generations_read -> generation_plan -> generations_free.
 * Limits   GENERATIONS_MAX siblings, the newest by their names, and by their times where those do not tell.
 */
#ifndef TAILRACE_FILE_GENERATIONS_H
#define TAILRACE_FILE_GENERATIONS_H

#include "file/identity.h"
#include "file/listing.h"

#define GENERATIONS_MAX 64

/* A file in the directory of the log. */
struct generation {
    char *path;
    struct file_id id;
    uint64_t size_bytes; /* as stored */
    int64_t modified_ns;
    bool is_gzip;
    bool is_current; /* the log's own name refers to it */
    bool is_copy;    /* the log itself has all of its bytes: it is not truncated yet */
    char *head;      /* its first bytes, decompressed; NULL: could not be read */
    uint32_t head_len;
    int trouble; /* why it could not be read now, negative: only numbers and size are known; or 0 */
};

/* What was saved about a generation. `key` is the caller's, a row number for one. */
struct generation_saved {
    int64_t key;
    struct file_identity identity;
    uint64_t offset;
    bool is_done;      /* read to its end and closed */
    bool is_whole;     /* there was nothing left to read when it was saved */
    bool is_untouched; /* no record was made of it: it could not be opened, or it was empty */
    int64_t known_ns;  /* since when; what was last written before that was there before us. 0:
                       * unknown */
    int trouble; /* it is open, and why none of its first bytes can be read now, negative; or 0 */
};

/* One generation to read, unless the caller follows its key already: a generation that is held open
 * while gzip makes another file of it is planned under its new name. */
struct generation_read {
    size_t index;    /* into the siblings */
    uint64_t offset; /* from here */
    int64_t key;     /* of the saved position that it continues, or 0 */
    int trouble;     /* it cannot be read now, and who it is is not known: look again later */
    bool is_new;     /* nothing is known of this log: the caller decides between head and end */

    /* Its log was truncated: where it ends before the offset, it is a copy that was made before the
     * rest came. */
    bool may_be_cut;

    /* By itself it can be read: what is in the way is the log, whose copy it may be, not truncated yet; or a
     * file that is held open, of which gzip may have made it. */
    bool is_doubtful;
};

struct generation_plan {
    struct generation_read reads[GENERATIONS_MAX]; /* oldest first */
    size_t count;
    bool
        is_copied; /* the log was truncated: its file, or one with that number, has other bytes than
                     * what was saved of it, or something new lies beside one that is known */
    size_t lost_count; /* generations that were not read to their end, as far as is known, and are
                        * nowhere */
};

/* All of one log, oldest first; the current one, if there is one, is the last. */
struct generations {
    struct generation *items;
    size_t count;
};

/* Reads the directory of `path`, links followed. What cannot be read is there, with its trouble.
 * Negative when the directory cannot be read. */
MUST_USE int generations_read(const char *path, struct generations *generations_out);
void generations_free(struct generations *generations);

/* The same for one of many logs: `names` is the caller's, and spares reading the directory of the last one
 * again if it is that still. */
MUST_USE int generations_read_in(struct listing *names, const char *path,
                                 struct generations *generations_out);

/* Whether anything is there of the log; nothing is opened for it. 1, 0 or negative as generations_read. */
MUST_USE int generations_find(struct listing *names, const char *path);

/* The log could not be opened by its name, and is open already: what it holds shows by `log_fd`. False
 * when it may have been truncated just now: then all are to be read again. */
MUST_USE bool generations_lend(struct generations *generations, int log_fd);

/* Its bytes, decompressed. UINT64_MAX: not known, as gzip has to be read for it; where its first bytes
 * are all it is. */
uint64_t generation_bytes(const struct generation *generation);

/* `saved` is everything that was saved under this log's names. */
void generation_plan(const struct generations *siblings, const struct generation_saved *saved,
                     size_t saved_count, struct generation_plan *plan_out);

/* Whether `name` is what rotation makes of `base`: the base, then a number or a date, or a date
 * before the base's extension; perhaps .gz. */
bool generation_is_of(struct slice base, struct slice name);

/* What all of these names begin with: a part of the base. */
struct slice generation_stem(struct slice base);

/* Whether generation `a` of the same base is older than `b`: by date, by number (2 is older than
 * 1), else by when they were written. The base itself is the newest. */
bool generation_is_older(struct slice base, const struct generation *a, const struct generation *b);

#endif
