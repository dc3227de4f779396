#include "plugins/in_tail/open.h"

#include "plugins/in_tail/again.h"
#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/copy.h"
#include "plugins/in_tail/first.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/generations.h"
#include "plugins/in_tail/guest.h"
#include "plugins/in_tail/held.h"
#include "plugins/in_tail/kin.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/lines.h"
#include "plugins/in_tail/note.h"
#include "plugins/in_tail/origin.h"
#include "plugins/in_tail/tag.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/takeover.h"
#include "plugins/in_tail/twin.h"

#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

/*
 * A file's beginning and its end.
 *
 *   tail_file_open    the name was found: identity, bookmark, tag
 *   tail_file_reopen  it could not be opened then
 *   tail_file_close   no more reading; the origin lives on until its last ack
 *
 * Goes wrong: it cannot be opened (said once, tried again, counted).
 */

void tail_name_leave(struct tail_file *f)
{
    CHECK(f->tail != NULL);
    f->tail->followed.unnamed_count += f->log.name != NULL;
    f->log.name = NULL;
    tail_held_watch(f->tail);
}

void tail_source_close(struct tail_source *s)
{
    CHECK(s->fd >= 0);
    file_reader_fini(&s->reader);
    close(s->fd);
    s->fd = -1;
}

int64_t tail_source_head(const struct tail_source *s, char *buf, size_t buf_bytes)
{
    return file_head_read(s->fd, s->reader.is_gzip, buf, buf_bytes);
}

struct slice tail_source_first(const struct tail_source *s, char *buf, size_t buf_bytes)
{
    int64_t len = tail_source_head(s, buf, buf_bytes);

    return slice_make(buf, len > 0 ? (size_t)len : 0);
}

uint64_t tail_source_next(const struct tail_source *s)
{
    CHECK(s->state.unfinished_bytes <= s->state.read);
    return s->state.read - s->state.unfinished_bytes;
}

int tail_file_identify(struct tail_file *f)
{
    struct tail_source *s = &f->source;
    struct file_facts facts;
    int rc = file_facts_read(s->fd, &facts);

    CHECK(s->fd >= 0);
    if (rc < 0)
        return rc;
    if (!facts.is_regular)
        return UV_EINVAL;
    f->known.identity.id = facts.id;
    s->empty_ns = tail_still_ns(facts.modified_ns);
    rc = file_is_gzip(s->fd, f->log.real_path);
    if (rc < 0)
        return rc;
    file_reader_init(&s->reader, s->fd, rc > 0);
    s->state.size_before = rc > 0 ? 0 : facts.size_bytes;
    return 0;
}

/* Whether the next start has what is not delivered now. Who ships files once and ends starts no more. */
static bool tail_reads_again(const struct tail *t)
{
    return t->told.db.path != NULL || (t->told.files.read_from_head && !t->told.files.exit_on_eof);
}

struct tail_file *tail_file_new(struct tail *t, const char *path, struct found_file *name)
{
    struct tail_file *f = mem_zalloc(1, sizeof *f);
    char *tag = tail_tag(t, path);

    origin_init(&f->origin, &tail_origin_ops, slice_of(tag), 0);
    mem_free(tag);
    f->origin.metrics = &t->input->metrics;
    f->origin.budget = t->input->budget;
    f->origin.can_repeat = tail_reads_again(t);
    f->origin.can_leave = t->lanes.shares != NULL;
    f->tail = t;
    f->lines.rules = t->lines.rules;
    f->turn.lane = &t->lanes.together;
    f->log.name = name;
    f->log.path = mem_text(path);
    f->log.real_path = mem_text(name != NULL ? name->real : path);
    f->source.fd = -1;
    list_init(&f->turn.link);
    tail_first_init(f);
    list_init(&f->sakes);
    list_init(&f->ending.held.link);
    list_init(&f->readers.laggards);
    list_add_tail(&t->followed.files, &f->link);
    tail_namesakes_note(f);
    t->followed.unnamed_count += name == NULL;
    if (name == NULL)
        tail_held_watch(t);
    return f;
}

void tail_file_form_find(struct tail_file *f)
{
    const struct encoding *encoding = f->tail->lines.encoding;
    char head[4];

    if (encoding != NULL)
        f->lines.form = encoding_form(encoding, tail_source_first(&f->source, head, sizeof head));
}

/* A new file has a row before anything of it is read: if we are killed then, what it becomes by
 * rotation is still known to be unread. The first scan saves all rows at its end: what waits to be
 * written is searched for each name. */
void tail_file_begin_at(struct tail_file *f, uint64_t offset)
{
    uint64_t size = f->source.state.size_before; /* as it was opened */

    CHECK(f->source.fd >= 0 && f->origin.window.count == 0);
    window_init(&f->origin.window, offset);
    f->source.state = (struct follow_state){.read = offset,
                                            .settled = offset,
                                            .size_before = size > offset ? size : offset,
                                            .grown_ms = clock_ms()};
    f->tail->input->metrics.files_opened++;
    log_debug(f->tail->told.component, "%s is followed from byte %llu of %llu", f->log.path,
              (unsigned long long)offset, (unsigned long long)size);
    tail_kin_find(f);
}

/* Once it is known which outputs are behind: a row without them would pass over what they owe. */
void tail_file_save_new(struct tail_file *f)
{
    if (!f->known.is_saved && f->tail->names.is_first_scan_over)
        tail_bookmark_save(f);
}

/* One whose first bytes cannot be read is not known, and would be taken for another. What gzip has made
 * and is damaged is read as far as it goes. */
static int source_head(const struct tail_source *s, char *buf, size_t buf_bytes,
                       struct slice *head_out)
{
    int64_t len = tail_source_head(s, buf, buf_bytes);

    *head_out = slice_make(buf, len > 0 ? (size_t)len : 0);
    return len < 0 && len != -EBADMSG ? (int)len : 0;
}

void tail_file_begin_proving(struct tail_file *f, uint64_t offset, struct tail_proof proof)
{
    CHECK(proof.offset <= offset);
    tail_file_begin_at(f, offset);
    if (f->source.reader.is_gzip)
        tail_way_begin(f, &proof);
}

/* Opens the file that `f` was made for. UV_ECANCELED: too old; UV_EEXIST: it is followed already;
 * else negative: not now. */
static int file_open(struct tail_file *f)
{
    struct tail *t = f->tail;
    char bytes[FILE_HEAD_BYTES_MAX];
    struct slice head;
    struct tail_note note;
    uint64_t offset;
    int rc;

    CHECK(f->source.fd < 0 && f->log.name != NULL);
    rc = file_open_read(f->log.path);
    if (rc < 0)
        return rc;
    f->source.fd = rc;
    if (f->source.fd >= tail_fd_max())
        return UV_EMFILE;
    if (tail_file_is_too_old(f))
        return UV_ECANCELED;
    rc = tail_file_identify(f);
    if (rc < 0)
        return rc;
    if (tail_inode_file(t, &f->known.identity.id) != NULL)
        return UV_EEXIST;
    rc = source_head(&f->source, bytes, sizeof bytes, &head);
    if (rc < 0)
        return rc;
    tail_inode_take(f);
    tail_file_note_shrunk(f, head.len);
    offset = tail_bookmark_find(f, head, t->names.is_first_scan_over, &note);
    f->kin.is_first |= note.is_first; /* or the log was truncated while it could not be opened */
    tail_file_form_find(f);
    tail_file_begin_proving(f, offset, (struct tail_proof){.offset = offset});
    tail_file_part_again(f, &note);
    tail_file_save_new(f);
    file_trouble_over(&f->source.trouble, t->told.component, f->log.path);
    return 0;
}

/* It failed to open, or need not be: nothing of it stays but the entry. */
void tail_file_unopen(struct tail_file *f)
{
    if (f->source.fd < 0)
        return;
    tail_inode_leave(f);
    tail_source_close(&f->source);
}

/* `f` turned out to be a file that is followed: one whose name came back, or that has two. Which
 * of its names counts stays as it is; the file that now has this name, or NULL. */
static struct tail_file *file_adopt(struct tail_file *f)
{
    struct tail_file *followed = tail_inode_file(f->tail, &f->known.identity.id);
    struct found_file *name = f->log.name;

    tail_file_unopen(f);
    tail_file_close(f);
    if (followed->log.name != NULL)
        return NULL;
    CHECK(followed->tail->followed.unnamed_count > 0);
    followed->log.name = name;
    followed->tail->followed.unnamed_count--;
    tail_file_touch(followed);
    return followed;
}

struct tail_file *tail_file_open(struct tail *t, struct found_file *name, bool is_next)
{
    struct tail_file *f = tail_file_new(t, name->path, name);
    int rc;

    f->known.is_next = is_next;
    rc = file_open(f);
    if (rc == UV_EEXIST)
        return file_adopt(f);
    if (rc == 0) {
        tail_file_touch(f);
        return f;
    }
    tail_file_unopen(f);
    if (rc == UV_ECANCELED) {
        tail_file_close(f);
        return NULL;
    }
    tail_file_try_later(f, rc);
    return f;
}

void tail_file_close(struct tail_file *f)
{
    struct origin *origin = &f->origin;

    CHECK(f->tail != NULL && f->readers.laggard == NULL);
    if (f->source.fd >= 0) {
        tail_file_hand_on(f);
        file_reader_fini(&f->source.reader);
        tail_bookmark_end(f);
        tail_inode_leave(f);
        tail_source_close(&f->source);
        f->tail->input->metrics.files_closed++;
        f->tail->input->let_go(f->tail->input);
        log_debug(f->tail->told.component, "%s is closed", f->log.path);
    }
    tail_way_leave(f);
    if (f->log.name != NULL)
        f->log.name->user = NULL;
    else
        f->tail->followed.unnamed_count--;
    tail_laggards_close(f);
    tail_kin_part(f);
    tail_first_end(f);
    tail_guest_leave(f);
    joiner_free(&f->lines.joiner);
    tail_lines_account(f);
    tail_twin_leave(f);
    tail_copy_leave(f);
    held_remove(&f->ending.held);
    f->origin.can_leave = false;
    list_remove(&f->turn.link);
    tail_namesakes_leave(f);
    list_remove(&f->link);
    f->tail = NULL;
    origin_unref(&origin);
}

void tail_file_unname(struct tail_file *f)
{
    CHECK(list_is_linked(&f->link));
    tail_name_leave(f);
    tail_file_touch(f);
}

/* What was never opened is looked for among the generations of its log: at once, where it was on its way
 * there when it was to be opened. */
static void file_look_elsewhere(struct tail_file *f)
{
    struct found_file name = {.path = f->log.path, .real = f->log.real_path};
    int code = f->source.trouble.code != 0 ? f->source.trouble.code : UV_EMFILE;

    if (code == UV_ENOENT)
        (void)tail_generations_follow(f->tail, &name);
    else
        tail_again_note(f->tail, &name, f->log.path, code);
}

/* Under a name that refers to something else now there is nothing left to open. */
bool tail_file_reopen(struct tail_file *f)
{
    struct found_file *name = f->log.name;
    int rc;

    if (name == NULL) {
        file_look_elsewhere(f);
        tail_file_close(f);
        return false;
    }
    if (!file_trouble_may_try(&f->source.trouble))
        return false;
    rc = file_open(f);
    if (rc == 0) {
        if (!f->known.is_known)
            tail_copies_follow(f->tail, name, f);
        return true;
    }
    if (rc == UV_EEXIST) {
        name->user = file_adopt(f);
        return false;
    }
    tail_file_unopen(f);
    if (rc == UV_ECANCELED)
        tail_file_close(f);
    else
        tail_file_try_later(f, rc);
    return false;
}
