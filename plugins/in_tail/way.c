#include "plugins/in_tail/way.h"

#include "plugins/in_tail/again.h"
#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/copy.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

/*
 * What gzip made of a file that was read in part: all that was read has to be inflated once more to get
 * where reading goes on, and may be gigabytes. A worker does that, slice by slice.
 *
 *   tail_way_begin   the file was found by its first bytes and opened, or a laggard of it is to read
 *   way_look         on a worker: a slice; the bytes before the place tell whether it is what was read
 *   way_arrive       it is, and stands there: it is read on
 *   file_disproved   it is not: it goes on as another file, or as a copy that ends before the place
 *   way_fail         it cannot be read now, or there is no descriptor: tried again ever more rarely
 *
 * Of all ways of an input one is gone at a time: the one with the least left. So those that are short do
 * not wait for the long, and of an agent that is killed again and again each start brings some to their
 * end; when all were gone a little at a time, none of them arrived, and generations were removed unread.
 *
 * The file is not read meanwhile, and its heir waits for it. Nothing is saved of one that is not proved:
 * its row may be another file's. held_limit does not ask for it.
 *
 * Goes wrong: the file is closed meanwhile (what a worker has done is forgotten); a disk does not answer
 * (WAY_PATIENCE_MS: said, counted, and its heir waits no longer); it is damaged before the place (said and
 * counted; closed, as what follows cannot be read).
 */

/* A job passes so much, then looks who is next. */
#define WAY_SLICE_BYTES ((uint64_t)16 << 20)

/* What is that short is passed by the loop: it is done before a worker would have heard of it. */
#define WAY_SOON_BYTES ((uint64_t)128 * 1024)

/* For so long no slice of any way came back: the disk is stuck. */
#define WAY_PATIENCE_MS 30000

struct tail_way {
    struct tail_file *file;    /* NULL: nobody waits for it */
    struct tail *tail;         /* NULL: it is gone */
    struct list link;          /* in tail.ways.waiting, while it waits for its turn */
    struct file_reader reader; /* with a descriptor of its own while a worker has it */
    uint64_t next, read;       /* as in file_twin: it stands at `read`, and going back is free */
    struct tail_proof proof;   /* of offset 0 when nothing is to be proved */
    bool is_proved;            /* the bytes before proof.offset were looked at */
    bool is_proof;
    int status;
};

static void way_free(struct tail_way *w)
{
    list_remove(&w->link);
    file_reader_fini(&w->reader);
    mem_free(w);
}

/* ---- on a worker ---- */

/* 1 when it is further, 0 when it is there, or negative. UV_ERANGE: it ends before, or has other bytes. */
static int pass_some(struct tail_way *w)
{
    const struct tail_proof *p = &w->proof;
    int rc;

    if (!w->is_proved) {
        rc = file_reader_seek_some(&w->reader, p->offset - p->print.len, WAY_SLICE_BYTES);
        if (rc == 0)
            rc = file_reader_seek_known(&w->reader, p->offset, p->print);
        if (rc != 0)
            return rc;
        w->is_proved = true;
    }
    return file_reader_stand(&w->reader, w->next, w->read, WAY_SLICE_BYTES);
}

static void way_look(void *owner)
{
    struct tail_way *w = owner;

    w->status = pass_some(w);
}

/* ---- whose turn it is ---- */

static void on_looked(void *owner);

static uint64_t way_left(const struct tail_way *w)
{
    return w->read > w->reader.offset ? w->read - w->reader.offset : 0;
}

static struct tail_way *way_shortest(const struct tail_ways *ways)
{
    struct tail_way *best = NULL;

    LIST_FOR (it, (struct list *)(uintptr_t)&ways->waiting) {
        struct tail_way *w = CONTAINER_OF(it, struct tail_way, link);

        if (best == NULL || way_left(w) < way_left(best))
            best = w;
    }
    return best;
}

/* It is not gone on with before it is time for the next try. */
static void way_fail(struct tail_way *w, int code)
{
    struct tail_file *f = w->file;

    CHECK(f != NULL && f->source.way == w);
    tail_file_try_later(f, code);
    if (f->kin.heir != NULL)
        tail_file_touch(f->kin.heir);
}

static void way_start(struct tail_way *w)
{
    struct tail *t = w->tail;
    int fd = fcntl(w->file->source.fd, F_DUPFD_CLOEXEC, 0);

    CHECK(t->ways.now == NULL && w->reader.fd < 0);
    list_remove(&w->link);
    if (fd < 0) {
        way_fail(w, -errno);
        return;
    }
    w->reader.fd = fd;
    t->ways.now = w;
    t->ways.moved_ms = clock_ms();
    if (way_left(w) <= WAY_SOON_BYTES)
        job_soon(t->input->loop, way_look, on_looked, w);
    else
        job_start(t->input->loop, way_look, on_looked, w);
}

static void ways_go(struct tail *t)
{
    while (t->ways.now == NULL && !t->is_stopping && !list_is_empty(&t->ways.waiting))
        way_start(way_shortest(&t->ways));
}

void tail_way_begin(struct tail_file *f, const struct tail_proof *proof)
{
    struct tail_source *s = &f->source;
    struct tail *t = f->tail;
    struct tail_way *w;

    CHECK(s->reader.is_gzip && s->fd >= 0 && s->way == NULL);
    file_reader_fini(&s->reader);
    file_reader_init(&s->reader, s->fd, true);
    if (s->state.read == 0)
        return;
    w = mem_zalloc(1, sizeof *w);
    w->file = f;
    w->tail = t;
    w->next = tail_source_next(s);
    w->read = s->state.read;
    w->is_proof = proof != NULL;
    if (proof != NULL)
        w->proof = *proof;
    CHECK(w->proof.offset <= w->next);
    if (w->proof.print.len > w->proof.offset || w->proof.print.len > FILE_HEAD_BYTES_MAX)
        w->proof.print = (struct file_print){0};
    file_reader_init(&w->reader, -1, true);
    s->reader.offset = w->read; /* as if it stood there: there is more than that */
    s->way = w;
    list_add_tail(&t->ways.waiting, &w->link);
    tail_file_look_again(f, WAY_PATIENCE_MS);
    ways_go(t);
}

bool tail_way_is_due(struct tail_file *f)
{
    if (LIKELY(file_reader_is_near(&f->source.reader, tail_source_next(&f->source))))
        return false;
    tail_way_begin(f, NULL);
    return f->source.way != NULL; /* at its very beginning it stands already */
}

/* Good bytes may have been written in place of the damaged ones. */
static void way_rewind(struct tail_way *w)
{
    CHECK(w->reader.fd < 0);
    file_reader_fini(&w->reader);
    file_reader_init(&w->reader, -1, true);
    w->is_proved = false;
}

void tail_way_turn(struct tail_file *f)
{
    struct tail_way *w = f->source.way;
    struct tail_ways *ways = &f->tail->ways;
    struct file_trouble *trouble = &f->source.trouble;
    uint64_t still_ms = clock_ms() - ways->moved_ms;

    CHECK(w != NULL && w->file == f);
    if (!file_trouble_may_try(trouble))
        tail_file_look_again(f, trouble->retry_ms - clock_ms());
    else if (ways->now != w && !list_is_linked(&w->link)) {
        if (trouble->code == -EBADMSG)
            way_rewind(w);
        list_add_tail(&ways->waiting, &w->link);
        ways_go(f->tail);
    } else if (still_ms >= WAY_PATIENCE_MS)
        way_fail(w, UV_ETIMEDOUT);
    else
        tail_file_look_again(f, WAY_PATIENCE_MS - still_ms);
}

void tail_way_leave(struct tail_file *f)
{
    struct tail_way *w = f->source.way;

    if (w == NULL)
        return;
    CHECK(w->file == f);
    f->source.way = NULL;
    w->file = NULL;
    if (w->tail->ways.now != w)
        way_free(w);
}

void tail_ways_leave(struct tail *t)
{
    CHECK(list_is_empty(&t->ways.waiting));
    if (t->ways.now != NULL)
        t->ways.now->tail = NULL;
    t->ways.now = NULL;
}

const struct tail_proof *tail_way_unproved(const struct tail_file *f)
{
    const struct tail_way *w = f->source.way;

    return w != NULL && w->is_proof ? &w->proof : NULL;
}

/* ---- what came of it ---- */

static void way_arrive(struct tail_way *w)
{
    struct tail_file *f = w->file;
    bool is_proof = w->is_proof;

    CHECK(w->reader.offset == w->read && f->source.reader.gzip == NULL);
    f->source.reader = w->reader;
    f->source.reader.fd = f->source.fd;
    file_reader_init(&w->reader, -1, true);
    f->source.way = NULL;
    way_free(w);
    file_trouble_over(&f->source.trouble, f->tail->told.component, f->log.path);
    if (is_proof)
        tail_file_save_new(f);
    if (f->readers.laggard == NULL)
        tail_laggards_touch(f);
    tail_file_touch(f);
}

/* The row stays as it is. */
static void file_damaged(struct tail_file *f, uint64_t offset)
{
    f->tail->input->metrics.read_errors++;
    log_warn(f->tail->told.component,
             "%s is damaged before byte %llu, up to which it was read: what follows is missing",
             f->log.real_path, (unsigned long long)offset);
    tail_file_close(f);
}

/* A copy that was made before all that was read had come: it has nothing more for those outputs that had
 * that, and what it has for the others. */
static void start_cut(const struct tail_way *w, struct tail_start *start)
{
    const struct tail_file *f = w->file;
    uint64_t bytes = w->reader.offset;

    start->row = f->known.row;
    start->known_ns = f->known.known_ns;
    start->offset = bytes < w->proof.offset ? bytes : w->proof.offset;
    start->note.stream_id = f->origin.id;
    start->note.together = bytes;
    LIST_FOR (it, (struct list *)(uintptr_t)&f->readers.laggards) {
        const struct tail_laggard *l = CONTAINER_OF(it, struct tail_laggard, link);

        CHECK(start->note.count < WINDOW_OUTPUTS_MAX);
        start->note.lanes[start->note.count++] =
            (struct tail_note_lane){.output = l->output, .offset = l->file.origin.window.settled};
    }
}

/* It takes the place of the one that was closed, before those that came after it. */
static void order_keep(struct tail *t, const struct list *last, struct list *next)
{
    struct list *late = t->followed.files.prev;

    if (late == last || late == next)
        return;
    list_remove(late);
    list_add_tail(next, late);
}

/* Another file is read from its beginning. No line that rotation parted goes on in it. */
static void file_disproved(struct tail_way *w)
{
    struct tail_file *f = w->file;
    struct tail *t = f->tail;
    char *path = mem_text(f->log.real_path), *log_path = mem_text(f->log.path);
    struct found_file name = {.path = log_path, .real = log_path};
    struct tail_start start = {.path = path, .is_apart = true, .note.is_first = true};
    int fd = fcntl(f->source.fd, F_DUPFD_CLOEXEC, 0), rc = -errno;
    struct list *next = f->link.next, *last;

    if (w->proof.may_be_cut && w->reader.offset < (w->is_proved ? w->read : w->proof.offset))
        start_cut(w, &start);
    else
        log_warn(t->told.component,
                 "%s begins like a generation of %s that was read, and goes on otherwise: it is "
                 "read from its beginning",
                 path, log_path);
    tail_bookmark_leave(f);
    tail_file_close(f);
    last = t->followed.files.prev;
    start.fd = &fd;
    if (fd >= 0)
        rc = tail_file_open_generation(t, log_path, &start);
    order_keep(t, last, next);
    if (rc < 0)
        tail_again_note(t, &name, path, rc);
    mem_free(path);
    mem_free(log_path);
}

static void way_over(struct tail_way *w)
{
    struct tail_file *f = w->file;
    bool is_here = w->status != UV_ERANGE && w->status != -EBADMSG;

    if (w->status == 0)
        way_arrive(w);
    else if (is_here || f->readers.laggard != NULL)
        way_fail(w, w->status);
    else if (f->log.name != NULL && w->status == UV_ERANGE)
        (void)tail_copy_seek(f, 0);
    else if (f->log.name != NULL)
        way_fail(w, w->status);
    else if (w->is_proof && w->status == UV_ERANGE)
        file_disproved(w);
    else
        file_damaged(f, w->read);
}

static void on_looked(void *owner)
{
    struct tail_way *w = owner;
    struct tail *t = w->tail;

    close(w->reader.fd);
    w->reader.fd = -1;
    if (t != NULL) {
        CHECK(t->ways.now == w);
        t->ways.now = NULL;
        t->ways.moved_ms = clock_ms();
    }
    if (w->file == NULL)
        way_free(w);
    else if (w->status > 0 || t->is_stopping)
        list_add_tail(&t->ways.waiting, &w->link);
    else
        way_over(w);
    if (t != NULL)
        ways_go(t);
}
