#include "plugins/in_tail/copy.h"

#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/twin.h"
#include "plugins/in_tail/way.h"

#include <unistd.h>
#include <uv.h>

/*
 * What copytruncate made of a log that was truncated: the file beside it that has what was read of it, or
 * a beginning of that, where the rest came between copying and truncating. The newest that fits; one that
 * has all before one that has not.
 *
 *   tail_copy_seek   what of the log's generations may be it
 *   copy_look        the next one; on a worker, slice by slice, where it was compressed at once, so that
 *                    what it has shows by reading it through
 *   seek_end         the file goes on there, or is gone (restart.c)
 *
 * Of all searches of an input one is with a worker at a time: the one with the least left. Many logs may be
 * truncated at once, and workers have others to serve.
 *
 * The file is not read meanwhile, and its heir waits for it; what is written to the log lies there. No
 * output leaves it: what it is to read again is not there.
 *
 * Goes wrong: the file is closed meanwhile, or the tail stops (what was found is left, and found by the row
 * at the next start); files are renamed (one looks again, TRIES_MAX times); one does not show yet, or cannot
 * be read now; a disk does not answer (COPY_PATIENCE_MS: as if it could not be read).
 */

/* Rotation may be under way while the generations are looked at. */
#define TRIES_MAX 5

/* A job passes so much, then makes room for others. */
#define COPY_SLICE_BYTES ((uint64_t)16 << 20)

/* For so long no slice of any search came back: the disk is stuck. */
#define COPY_PATIENCE_MS 30000

/* Of what begins as the file did. */
struct candidate {
    char *path;
    struct file_id id;
    bool is_long; /* what it has shows by reading it through */
};

struct tail_copies {
    struct tail_file *file;  /* NULL: nobody waits for it */
    struct tail *tail;       /* NULL: it is gone */
    struct list link;        /* in tail.copies.waiting, while it waits for its turn */
    uint64_t lost_bytes;     /* if there is none */
    uint64_t read, end;      /* as far as the file was read; and was seen, where that is more */
    struct file_print print; /* of what stands before `read` */
    struct candidate items[GENERATIONS_MAX]; /* newest first */
    size_t count, at;
    unsigned tries;
    bool is_hidden; /* one that may be it cannot be read now */

    struct file_reader reader; /* of the one at `at`; fd negative: it is not open */
    uint64_t bytes;            /* that it has, as far as `end` */
    bool is_proved;            /* what stands before `read` was looked at */
    int status;                /* 1: it is further; 0: it has all that was read; else negative */

    struct tail_copy cut; /* a beginning, path NULL: none was found yet */
    int cut_fd;
};

static bool is_with_worker(const struct tail_copies *c)
{
    return c->tail->copies.now == c;
}

/* ---- one of them ---- */

/* UV_ERANGE: it ends before, or has other bytes there. What is damaged ends where the damage begins. */
static int pass_some(struct tail_copies *c)
{
    struct file_reader *r = &c->reader;
    int rc = 0;

    if (!c->is_proved)
        rc = file_reader_seek_some(r, c->read - c->print.len, COPY_SLICE_BYTES);
    if (rc == 0 && !c->is_proved) {
        rc = file_reader_seek_known(r, c->read, c->print);
        c->is_proved = rc == 0;
    }
    if (rc == 0 && r->is_gzip)
        rc = file_reader_seek_some(r, c->end, COPY_SLICE_BYTES);
    if (r->is_gzip)
        c->bytes = r->offset;
    if (rc == -EBADMSG)
        rc = UV_ERANGE;
    return rc == UV_ERANGE && c->is_proved ? 0 : rc;
}

/* On a worker, or on the loop where it is short. */
static void copy_look(void *owner)
{
    struct tail_copies *c = owner;

    c->status = c->reader.is_gzip || c->bytes >= c->read ? pass_some(c) : UV_ERANGE;
}

static void copy_close(struct tail_copies *c)
{
    if (c->reader.fd < 0)
        return;
    file_reader_fini(&c->reader);
    close(c->reader.fd);
    c->reader.fd = -1;
}

/* Its descriptor, which the caller has now. */
static int copy_take(struct tail_copies *c, struct tail_copy *copy)
{
    int fd = c->reader.fd;

    CHECK(fd >= 0 && !is_with_worker(c));
    *copy = (struct tail_copy){.path = mem_text(c->items[c->at].path), .bytes = c->bytes};
    file_reader_fini(&c->reader);
    c->reader.fd = -1;
    return fd;
}

/* UV_EINTR when the name leads to another file by now. */
static int copy_open(struct tail_copies *c)
{
    const struct candidate *item = &c->items[c->at];
    struct file_facts facts;
    int fd = file_open_read(item->path), rc;

    if (fd < 0)
        return fd == UV_ENOENT ? UV_EINTR : fd;
    rc = file_facts_read(fd, &facts);
    if (rc == 0 && !file_id_equal(&facts.id, &item->id))
        rc = UV_EINTR;
    if (rc == 0)
        rc = file_is_gzip(fd, item->path);
    if (rc < 0) {
        close(fd);
        return rc;
    }
    file_reader_init(&c->reader, fd, rc > 0);
    c->bytes = facts.size_bytes;
    c->is_proved = false;
    return 0;
}

/* ---- which ---- */

static void candidates_clear(struct tail_copies *c)
{
    for (size_t i = 0; i < c->count; i++)
        mem_free(c->items[i].path);
    c->count = c->at = 0;
}

/* Whether it begins as what was read did: of a short one, as far as can be told. */
static bool may_be_copy(const struct tail_file *f, const struct generation *g)
{
    struct slice head = slice_make(g->head, g->head_len);

    return file_content_match(&f->known.identity, head) ||
           file_content_is_cut(&f->known.identity, head);
}

/* Negative when the directory cannot be read. */
static int candidates_find(struct tail_copies *c)
{
    struct generations siblings;
    int rc = generations_read(c->file->log.real_path, &siblings);

    c->is_hidden = false;
    if (rc < 0)
        return rc;
    CHECK(c->count == 0);
    CHECK(siblings.count <= GENERATIONS_MAX);
    for (size_t i = siblings.count; i-- > 0;) {
        const struct generation *g = &siblings.items[i];

        if (g->is_current)
            continue;
        c->is_hidden |= g->trouble != 0;
        if (g->trouble == 0 && may_be_copy(c->file, g))
            c->items[c->count++] = (struct candidate){.path = mem_text(g->path),
                                                      .id = g->id,
                                                      .is_long = generation_bytes(g) == UINT64_MAX};
    }
    generations_free(&siblings);
    return 0;
}

/* ---- the search ---- */

static void seek_free(struct tail_copies *c)
{
    list_remove(&c->link);
    candidates_clear(c);
    copy_close(c);
    mem_free(c->cut.path);
    if (c->cut_fd >= 0)
        close(c->cut_fd);
    mem_free(c);
}

/* One that is with a worker is forgotten when it comes back. */
static void seek_leave(struct tail_copies *c)
{
    c->file->ending.copies = NULL;
    c->file = NULL;
    if (!is_with_worker(c))
        seek_free(c);
}

/* `fd` is the copy's, or negative, as tail_file_restart has it. */
static void seek_end(struct tail_copies *c, int fd, struct tail_copy copy)
{
    struct tail_file *f = c->file;
    uint64_t lost_bytes = c->lost_bytes;

    CHECK(f != NULL && f->ending.copies == c);
    seek_leave(c);
    tail_file_restart(f, lost_bytes, fd, &copy);
}

/* None has all: the newest that has a beginning of it. */
static void seek_end_cut(struct tail_copies *c)
{
    struct tail_copy copy = c->cut;
    int fd = c->cut_fd;

    if (fd < 0)
        fd = c->is_hidden ? UV_EAGAIN : UV_ENOENT;
    c->cut = (struct tail_copy){0};
    c->cut_fd = -1;
    seek_end(c, fd, copy);
}

/* Of one that is empty the size was seen before its first bytes came: it is being written. */
static bool may_be_cut(const struct tail_copies *c)
{
    return c->status == UV_ERANGE && c->bytes > 0 && c->bytes < c->read;
}

/* True when the search is over. */
static bool copy_judge(struct tail_copies *c)
{
    struct tail_copy copy;

    if (c->status == 0) {
        int fd = copy_take(c, &copy);

        seek_end(c, fd, copy);
        return true;
    }
    if (may_be_cut(c) && c->cut_fd < 0)
        c->cut_fd = copy_take(c, &c->cut);
    c->is_hidden |= c->status != UV_ERANGE || c->bytes == 0;
    copy_close(c);
    c->at++;
    return false;
}

/* ---- whose turn it is ---- */

static void on_looked(void *owner);

static uint64_t bytes_left(const struct tail_copies *c)
{
    return c->end > c->reader.offset ? c->end - c->reader.offset : 0;
}

static struct tail_copies *seek_shortest(const struct tail_seeks *seeks)
{
    struct tail_copies *best = NULL;

    LIST_FOR (it, (struct list *)(uintptr_t)&seeks->waiting) {
        struct tail_copies *c = CONTAINER_OF(it, struct tail_copies, link);

        if (best == NULL || bytes_left(c) < bytes_left(best))
            best = c;
    }
    return best;
}

static void seeks_go(struct tail *t)
{
    struct tail_copies *c = seek_shortest(&t->copies);

    if (t->copies.now != NULL || t->is_stopping || c == NULL)
        return;
    CHECK(c->reader.fd >= 0);
    list_remove(&c->link);
    t->copies.now = c;
    t->copies.moved_ms = clock_ms();
    job_start(t->input->loop, copy_look, on_looked, c);
}

/* ---- from one to the next ---- */

/* Files may be renamed again and again. */
static void seek_anew(struct tail_copies *c)
{
    int rc = UV_EAGAIN;

    candidates_clear(c);
    if (c->tries++ < TRIES_MAX)
        rc = candidates_find(c);
    c->is_hidden |= rc < 0 && rc != UV_ENOENT;
}

/* True when it is over. */
static bool seek_go(struct tail_copies *c)
{
    while (c->at < c->count) {
        int rc = copy_open(c);

        if (rc == UV_EINTR) {
            seek_anew(c);
            continue;
        }
        if (rc < 0) {
            c->is_hidden = true;
            c->at++;
            continue;
        }
        if (c->items[c->at].is_long) {
            list_add_tail(&c->tail->copies.waiting, &c->link);
            seeks_go(c->tail);
            return false;
        }
        copy_look(c);
        if (copy_judge(c))
            return true;
    }
    seek_end_cut(c);
    return true;
}

/* Of a tail that stops the file stays as it is, until it is closed. */
static void on_looked(void *owner)
{
    struct tail_copies *c = owner;
    struct tail *t = c->tail;

    if (t != NULL) {
        CHECK(t->copies.now == c);
        t->copies.now = NULL;
        t->copies.moved_ms = clock_ms();
    }
    if (c->file == NULL)
        seek_free(c);
    else if (c->status > 0 || t->is_stopping)
        list_add_tail(&t->copies.waiting, &c->link);
    else if (!copy_judge(c))
        (void)seek_go(c);
    if (t != NULL)
        seeks_go(t);
}

bool tail_copy_seek(struct tail_file *f, uint64_t lost_bytes)
{
    struct tail_copies *c = mem_zalloc(1, sizeof *c);
    const struct follow_state *s = &f->source.state;

    CHECK(f->source.fd >= 0 && f->ending.copies == NULL && f->readers.laggard == NULL);
    tail_twin_leave(f);
    tail_way_leave(f);
    c->file = f;
    c->tail = f->tail;
    list_init(&c->link);
    c->lost_bytes = lost_bytes;
    c->read = s->read;
    c->end = s->size_before > s->read ? s->size_before : s->read;
    if (f->known.tail_print.len <= s->read)
        c->print = f->known.tail_print;
    c->reader.fd = c->cut_fd = -1;
    f->ending.copies = c;
    f->origin.can_leave = false;
    seek_anew(c);
    if (seek_go(c))
        return false;
    tail_file_look_again(f, COPY_PATIENCE_MS);
    return true;
}

bool tail_copy_turn(struct tail_file *f)
{
    struct tail_copies *c = f->ending.copies;
    uint64_t still_ms = clock_ms() - c->tail->copies.moved_ms;

    CHECK(c->file == f && (is_with_worker(c) || list_is_linked(&c->link)));
    if (still_ms < COPY_PATIENCE_MS) {
        tail_file_look_again(f, COPY_PATIENCE_MS - still_ms);
        return true;
    }
    log_warn(f->tail->told.component,
             "whether %s is a copy of %s does not show for %u s: what it has is looked for at the "
             "next start",
             c->items[c->at].path, f->log.path, COPY_PATIENCE_MS / 1000);
    seek_end(c, UV_EAGAIN, (struct tail_copy){0});
    return false;
}

void tail_copy_leave(struct tail_file *f)
{
    struct tail_copies *c = f->ending.copies;

    if (c == NULL)
        return;
    CHECK(c->file == f && (is_with_worker(c) || list_is_linked(&c->link)));
    seek_leave(c);
}

void tail_copies_leave(struct tail *t)
{
    CHECK(list_is_empty(&t->copies.waiting));
    if (t->copies.now != NULL)
        t->copies.now->tail = NULL;
    t->copies.now = NULL;
}
