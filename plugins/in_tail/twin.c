#include "plugins/in_tail/twin.h"

#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

/*
 * A file that was deleted, that held_limit has no room for, and whose bytes still lie beside its log, as
 * gzip made another file of it: reading goes on in that one, which costs nothing as long as it has a name.
 *
 *   tail_twin_seek   what of the log's generations may be it
 *   twin_look        on a worker: one after the other, byte by byte, slice by slice
 *   twin_take        this one is: the file goes on there, with its row, its id and what waits
 *   twin_end         none is: the next look at what is held lets go of the file, and counts it
 *
 * The file is not read meanwhile. Deleted in its turn, the twin is held as any file is, and let go of
 * when there is no room for that either: only then anything is missing.
 *
 * An output that falls behind meanwhile puts it back, but it is never further on than it was. A laggard
 * that moves along is brought to its own place at its next read (way.c).
 *
 * Goes wrong: the file is closed, its name comes back, or it is written to meanwhile (what was found is
 * left); a twin cannot be read (it is none); there is no descriptor or no memory to look for it (the next
 * look at what is held tries again, TWIN_TRIES_MAX times: then it is said, and the file is let go of).
 */

/* A job looks at so much, then makes room for others. */
#define TWIN_SLICE_BYTES ((uint64_t)16 << 20)

/* One try a second. */
#define TWIN_TRIES_MAX 60

struct tail_twin {
    struct tail_file *file; /* NULL: nobody waits for it */
    struct loop *loop;
    char *paths[GENERATIONS_MAX]; /* of what may be it */
    size_t count, at;
    int fd; /* of the file, for the worker */
    uint64_t next, read;
    struct file_twin look; /* at the one before `at` */
    bool is_looking;
    int status;
    int shortage; /* of what kept one from being looked at, negative; 0: nothing did */
};

static void shortage_note(struct tail_twin *twin, int code)
{
    if (code == UV_EMFILE || code == UV_ENFILE || code == UV_ENOMEM)
        twin->shortage = code;
}

/* Whether it is to be looked for once more, later. */
static bool is_put_off(struct tail_file *f, int shortage)
{
    CHECK(f->ending.twin_tries <= TWIN_TRIES_MAX);
    if (shortage == 0)
        return false;
    if (f->ending.twin_tries < TWIN_TRIES_MAX) {
        f->ending.twin_tries++;
        return true;
    }
    log_warn(f->tail->told.component,
             "whether %s goes on in what gzip made of it could not be looked at for %u s: %s",
             f->log.path, TWIN_TRIES_MAX * FOLLOW_LOOK_MS / 1000, uv_strerror(shortage));
    return false;
}

static void twin_free(struct tail_twin *twin)
{
    if (twin->is_looking)
        file_twin_fini(&twin->look);
    for (size_t i = 0; i < twin->count; i++)
        mem_free(twin->paths[i]);
    if (twin->fd >= 0)
        close(twin->fd);
    mem_free(twin);
}

static void twin_end(struct tail_twin *twin)
{
    if (twin->file != NULL) {
        CHECK(twin->file->ending.twin == twin);
        twin->file->ending.twin = NULL;
        twin->file->ending.is_alone = !is_put_off(twin->file, twin->shortage);
        tail_file_touch(twin->file);
    }
    twin_free(twin);
}

void tail_twin_leave(struct tail_file *f)
{
    if (f->ending.twin == NULL)
        return;
    CHECK(f->ending.twin->file == f);
    f->ending.twin->file = NULL;
    f->ending.twin = NULL;
}

/* ---- on a worker ---- */

static int fd_copy(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    return copy < 0 ? -errno : copy;
}

/* Negative when there are no more, or none can be opened. */
static int next_open(struct tail_twin *twin)
{
    while (twin->at < twin->count) {
        const char *path = twin->paths[twin->at++];
        int other = file_open_read(path), is_gzip = other < 0 ? other : file_is_gzip(other, path);
        int own = is_gzip < 0 ? is_gzip : fd_copy(twin->fd);

        shortage_note(twin, own);
        if (own >= 0) {
            file_twin_init(&twin->look, own, other, is_gzip > 0);
            twin->look.next = twin->next;
            twin->look.read = twin->read;
            twin->is_looking = true;
            return 1;
        }
        if (other >= 0)
            close(other);
    }
    return UV_ENOENT;
}

static void twin_look(void *owner)
{
    struct tail_twin *twin = owner;

    if (!twin->is_looking) {
        twin->status = next_open(twin);
        return;
    }
    twin->status = file_twin_look(&twin->look, TWIN_SLICE_BYTES);
    if (twin->status >= 0)
        return;
    shortage_note(twin, twin->status);
    file_twin_fini(&twin->look);
    twin->is_looking = false;
    twin->status = 1;
}

/* ---- on the loop ---- */

/* Whether the file is still what was looked at, and the twin is nobody else's. */
static bool may_take(const struct tail_twin *twin, struct file_facts *facts)
{
    const struct tail_file *f = twin->file;
    struct file_facts own;

    if (file_state_read(f->source.fd, &own) < 0 || own.link_count > 0 ||
        own.size_bytes != twin->look.same)
        return false;
    /* An output that left may have put it back meanwhile. */
    if (f->source.state.read > twin->read || f->source.reader.is_gzip)
        return false;
    return file_facts_read(twin->look.reader.fd, facts) == 0 &&
           tail_inode_file(f->tail, &facts->id) == NULL;
}

static void twin_say(const struct tail_file *f)
{
    log_info(f->tail->told.component,
             "%s was deleted, and files held together are above held_limit: it is read on in %s, "
             "from byte %llu",
             f->log.path, f->log.real_path, (unsigned long long)tail_source_next(&f->source));
}

static void twin_take(struct tail_twin *twin)
{
    struct tail_file *f = twin->file;
    struct tail_source *s = &f->source;
    struct file_facts facts;

    if (!may_take(twin, &facts))
        return;
    CHECK(s->state.read <= twin->read && !s->reader.is_gzip);
    tail_inode_leave(f);
    file_reader_fini(&s->reader);
    close(s->fd);
    s->reader = file_twin_take(&twin->look);
    s->fd = s->reader.fd;
    mem_free(f->log.real_path);
    f->log.real_path = mem_text(twin->paths[twin->at - 1]);
    f->known.identity.id = facts.id;
    f->known.tail_print = (struct file_print){0};
    s->state.size_before = s->state.read;
    tail_inode_take(f);
    tail_laggards_move(f);
    tail_head_copied(f);
    tail_bookmark_save(f);
    twin_say(f);
}

static void on_looked(void *owner)
{
    struct tail_twin *twin = owner;

    if (twin->file == NULL || twin->status < 0) {
        twin_end(twin);
    } else if (twin->status > 0) {
        job_start(twin->loop, twin_look, on_looked, twin);
    } else {
        twin_take(twin);
        twin_end(twin);
    }
}

/* As far as its first bytes and its size tell. */
static bool may_be_twin(const struct tail_file *f, const struct generation *g)
{
    uint64_t bytes = generation_bytes(g);

    return g->trouble == 0 && !g->is_current &&
           (bytes == UINT64_MAX || bytes >= f->source.state.read) &&
           file_content_match(&f->known.identity, slice_make(g->head, g->head_len)) &&
           tail_inode_file(f->tail, &g->id) == NULL;
}

/* Links to a log are followed as long as there are any; then it lay where it was found. */
static void generations_add(struct tail_twin *twin, const char *path)
{
    const struct tail_file *f = twin->file;
    struct generations siblings;
    int rc = twin->count > 0 ? 0 : generations_read(path, &siblings);

    shortage_note(twin, rc);
    if (twin->count > 0 || rc < 0)
        return;
    CHECK(siblings.count <= GENERATIONS_MAX);
    for (size_t i = siblings.count; i-- > 0;) {
        shortage_note(twin, siblings.items[i].trouble);
        if (may_be_twin(f, &siblings.items[i]))
            twin->paths[twin->count++] = mem_text(siblings.items[i].path);
    }
    generations_free(&siblings);
}

bool tail_twin_seek(struct tail_file *f)
{
    struct tail_twin *twin;
    int shortage;

    CHECK(f->source.fd >= 0 && f->ending.twin == NULL);
    (void)tail_head_renew(f);
    if (f->ending.is_alone || f->source.reader.is_gzip)
        return false;
    twin = mem_zalloc(1, sizeof *twin);
    *twin = (struct tail_twin){.file = f,
                               .loop = f->tail->input->loop,
                               .fd = fd_copy(f->source.fd),
                               .next = tail_source_next(&f->source),
                               .read = f->source.state.read};
    shortage_note(twin, twin->fd);
    if (twin->fd >= 0) {
        generations_add(twin, f->log.path);
        generations_add(twin, f->log.real_path);
    }
    if (twin->count == 0) {
        shortage = twin->shortage;
        twin_free(twin);
        if (is_put_off(f, shortage))
            return true;
        f->ending.is_alone = shortage < 0;
        return false;
    }
    f->ending.twin = twin;
    job_start(twin->loop, twin_look, on_looked, twin);
    return true;
}
