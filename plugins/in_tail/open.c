#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/guest.h"
#include "plugins/in_tail/laggard.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

/*
 * A file's beginning and its end.
 *
 *   tail_file_open    the name was found: identity, bookmark, tag
 *   tail_file_reopen  it could not be opened then
 *   tail_file_restart it was truncated
 *   tail_file_close   no more reading; the origin lives on until its last ack
 *
 * Goes wrong: it cannot be opened (said once, tried again, counted).
 */

static void name_leave(struct tail_file *f)
{
    f->tail->unnamed_count += f->name != NULL;
    f->name = NULL;
    tail_held_watch(f->tail);
}

static int file_identify(struct tail_file *f)
{
    struct file_facts facts;
    int rc = file_facts_read(f->fd, &facts);

    if (rc < 0)
        return rc;
    if (!facts.is_regular)
        return UV_EINVAL;
    f->identity.id = facts.id;
    f->empty_ns = facts.modified_ns;
    rc = file_is_gzip(f->fd, f->real_path);
    if (rc < 0)
        return rc;
    file_reader_init(&f->reader, f->fd, rc > 0);
    f->state.size_before = rc > 0 ? 0 : facts.size_bytes;
    return 0;
}

static struct tail_file *file_new(struct tail *t, const char *path, struct found_file *name)
{
    struct tail_file *f = mem_zalloc(1, sizeof *f);
    char *tag = tail_tag(t, path);

    origin_init(&f->origin, &tail_origin_ops, slice_of(tag), 0);
    mem_free(tag);
    f->origin.metrics = &t->input->metrics;
    f->origin.budget = t->input->budget;
    f->origin.can_repeat = t->db.path != NULL || t->options.read_from_head;
    f->origin.can_leave = t->shares != NULL;
    f->tail = t;
    f->rules = t->rules;
    f->lane = &t->together;
    f->name = name;
    f->path = mem_text(path);
    f->real_path = mem_text(name != NULL ? name->real : path);
    f->fd = -1;
    list_init(&f->ready_link);
    tail_first_init(f);
    list_init(&f->held.link);
    list_init(&f->laggards);
    list_add_tail(&t->files, &f->link);
    t->unnamed_count += name == NULL;
    if (name == NULL)
        tail_held_watch(t);
    return f;
}

static void file_form_find(struct tail_file *f)
{
    char head[4];
    int64_t len;

    if (f->tail->encoding == NULL)
        return;
    len = file_head_read(f->fd, f->reader.is_gzip, head, sizeof head);
    f->form = encoding_form(f->tail->encoding, slice_make(head, len > 0 ? (size_t)len : 0));
}

/* A new file has a row before anything of it is read: if we are killed then, what it becomes by
 * rotation is still known to be unread. The first scan saves all rows at its end: what waits to be
 * written is searched for each name. */
static void file_begin_at(struct tail_file *f, uint64_t offset)
{
    uint64_t size = f->state.size_before; /* as it was opened */

    window_init(&f->origin.window, offset);
    f->state = (struct follow_state){.read = offset,
                                     .settled = offset,
                                     .size_before = size > offset ? size : offset,
                                     .grown_ms = clock_ms()};
    f->tail->input->metrics.files_opened++;
    tail_kin_find(f);
}

/* Once it is known which outputs are behind: a row without them would pass over what they owe. */
static void file_save_new(struct tail_file *f)
{
    if (!f->is_saved && f->tail->is_first_scan_over)
        tail_bookmark_save(f);
}

/* One whose first bytes cannot be read is not known, and would be taken for another. What gzip has made
 * and is damaged is read as far as it goes. */
static int file_head(const struct tail_file *f, char *buf, size_t buf_bytes, struct slice *head_out)
{
    int64_t len = file_head_read(f->fd, f->reader.is_gzip, buf, buf_bytes);

    *head_out = slice_make(buf, len > 0 ? (size_t)len : 0);
    return len < 0 && len != -EBADMSG ? (int)len : 0;
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

    f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0)
        return -errno;
    if (f->fd >= tail_fd_max())
        return UV_EMFILE;
    if (tail_file_is_too_old(f))
        return UV_ECANCELED;
    rc = file_identify(f);
    if (rc < 0)
        return rc;
    if (tail_inode_file(t, &f->identity.id) != NULL)
        return UV_EEXIST;
    rc = file_head(f, bytes, sizeof bytes, &head);
    if (rc < 0)
        return rc;
    tail_inode_take(f);
    offset = tail_bookmark_find(f, head, t->is_first_scan_over, &note);
    if (file_reader_seek(&f->reader, offset) < 0)
        offset = note.count = 0;
    file_form_find(f);
    file_begin_at(f, offset);
    tail_file_part_again(f, &note);
    file_save_new(f);
    file_trouble_over(&f->trouble, t->component, f->path);
    return 0;
}

/* It failed to open, or need not be: nothing of it stays but the entry. */
static void file_unopen(struct tail_file *f)
{
    if (f->fd < 0)
        return;
    file_reader_fini(&f->reader);
    tail_inode_leave(f);
    close(f->fd);
    f->fd = -1;
}

/* `f` turned out to be a file that is followed: one whose name came back, or that has two. Which
 * of its names counts stays as it is; the file that now has this name, or NULL. */
static struct tail_file *file_adopt(struct tail_file *f)
{
    struct tail_file *followed = tail_inode_file(f->tail, &f->identity.id);
    struct found_file *name = f->name;

    file_unopen(f);
    tail_file_close(f);
    if (followed->name != NULL)
        return NULL;
    CHECK(followed->tail->unnamed_count > 0);
    followed->name = name;
    followed->tail->unnamed_count--;
    tail_file_touch(followed);
    return followed;
}

struct tail_file *tail_file_open(struct tail *t, struct found_file *name, bool is_next)
{
    struct tail_file *f = file_new(t, name->path, name);
    int rc;

    f->is_next = is_next;
    rc = file_open(f);
    if (rc == UV_EEXIST)
        return file_adopt(f);
    if (rc == 0) {
        tail_file_touch(f);
        return f;
    }
    file_unopen(f);
    if (rc == UV_ECANCELED) {
        tail_file_close(f);
        return NULL;
    }
    tail_file_try_later(f, rc);
    return f;
}

/* A copy that was made before all that was read had come: there is nothing more in it. */
static int generation_cut(struct tail_file *f, struct tail_start *start)
{
    int64_t bytes = file_reader_measure(&f->reader);

    if (bytes < 0)
        return (int)bytes;
    if ((uint64_t)bytes >= start->offset)
        return UV_ERANGE;
    start->offset = start->note.together = (uint64_t)bytes;
    return file_reader_seek(&f->reader, start->offset);
}

/* 1, 0 when the path leads to another file, or negative. */
static int generation_open(struct tail_file *f, struct tail_start *start)
{
    int rc;

    f->fd = start->orphan != NULL ? start->orphan->fd
                                  : open(start->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0)
        return errno == ENOENT ? 0 : -errno;
    rc = file_identify(f);
    if (rc < 0)
        return rc;
    if (start->id != NULL && !file_id_equal(&f->identity.id, start->id))
        return 0;
    CHECK(start->offset <= start->note.together);
    rc = file_reader_seek_known(&f->reader, start->offset, start->tail);
    if (rc == UV_ERANGE && start->may_be_cut)
        rc = generation_cut(f, start);
    if (rc == 0)
        rc = file_reader_seek(&f->reader, start->note.together);
    return rc < 0 ? rc : 1;
}

/* A generation that lies beside the log: read to its end like one that was rotated under our eyes. */
int tail_file_open_generation(struct tail *t, const char *log_path, struct tail_start *start)
{
    struct tail_file *f = file_new(t, log_path, NULL);
    int rc;

    MEM_FREE(&f->real_path);
    f->real_path = mem_text(start->path);
    rc = generation_open(f, start);
    if (rc <= 0 || tail_inode_file(t, &f->identity.id) != NULL) {
        file_unopen(f);
        tail_file_close(f);
        if (rc != -EBADMSG)
            return rc;
        t->input->metrics.read_errors++;
        log_warn(t->component,
                 "%s is damaged before byte %llu, up to which it was read: what follows is missing",
                 start->path, (unsigned long long)start->offset);
        return 1;
    }
    tail_inode_take(f);
    start->offset = tail_bookmark_take(f, start);
    file_form_find(f);
    f->is_saved = start->orphan != NULL && start->orphan->is_saved;
    f->kin.is_apart = start->orphan != NULL ? start->orphan->is_apart : start->is_apart;
    file_begin_at(f, start->offset);
    f->state.is_rotated = start->is_rotated;
    f->state.rotated_ms = clock_ms();
    tail_file_part_again(f, &start->note);
    file_save_new(f);
    tail_file_touch(f);
    if (start->orphan != NULL)
        tail_file_take(f, start->orphan);
    return 1;
}

/* The descriptor of a file that was truncated, from its beginning, as a file of its own. */
static void file_begin_again(struct tail_file *again)
{
    if (again->fd < 0 || file_identify(again) < 0) {
        file_unopen(again);
        tail_file_touch(again);
        return;
    }
    tail_inode_take(again);
    tail_bookmark_begin(again);
    file_form_find(again);
    file_begin_at(again, 0);
    file_save_new(again);
    tail_file_touch(again);
}

/* It has read no further than the copy goes; nothing follows what stands behind that. */
static void file_cut(struct tail_file *f, uint64_t bytes)
{
    uint64_t line = f->state.read - f->state.unfinished_bytes;

    CHECK(bytes > 0 && bytes < f->state.read);
    f->copy_bytes = bytes;
    f->origin.can_leave = false;
    f->state.read = bytes;
    f->state.unfinished_bytes = line < bytes ? bytes - line : 0;
}

/* The copy has what the file had: the file goes on there, with its row, its id and its lines that
 * wait, as one that was rotated. UV_ENOENT when there is no such copy, UV_EAGAIN when it does not
 * show yet. What is lost of `*lost_bytes` is what the copy lacks. */
static int file_move_to_copy(struct tail_file *f, uint64_t *lost_bytes)
{
    struct tail_copy copy;
    struct file_facts facts;
    uint64_t reached = tail_file_reached(f), size = f->state.size_before;
    int fd = tail_copy_open(f, &copy);

    if (fd < 0)
        return fd;
    if (file_facts_read(fd, &facts) < 0 || tail_inode_file(f->tail, &facts.id) != NULL) {
        mem_free(copy.path);
        close(fd);
        return UV_ENOENT;
    }
    file_reader_fini(&f->reader);
    tail_inode_leave(f);
    close(f->fd);
    f->fd = fd;
    mem_free(f->real_path);
    f->real_path = copy.path;
    if (copy.bytes < f->state.read)
        file_cut(f, copy.bytes);
    if (file_identify(f) < 0 || file_reader_seek(&f->reader, f->state.read) < 0)
        return UV_ENOENT;
    tail_inode_take(f);
    tail_laggards_move(f);
    f->origin.can_leave = f->tail->shares != NULL && f->copy_bytes == 0;
    f->tail_print = (struct file_print){0};
    if (reached < copy.bytes)
        reached = copy.bytes;
    *lost_bytes = size > reached ? size - reached : 0;
    f->state.size_before = f->state.read;
    f->state.is_rotated = true;
    f->state.rotated_ms = clock_ms();
    f->tail->input->metrics.files_rotated++;
    tail_bookmark_copied(f);
    tail_bookmark_save(f);
    tail_file_touch(f);
    return 0;
}

/* Where no copy was made, acks of what was read go to the old file, which nobody saves any more. */
static void file_end_truncated(struct tail_file *f, int rc, uint64_t lost_bytes)
{
    const char *component = f->tail->component;

    if (rc == 0)
        log_info(component,
                 "%s was truncated; it is read from its beginning, and its copy %s to its end",
                 f->path, f->real_path);
    else
        log_info(component, "%s was truncated; it is read from its beginning%s", f->path,
                 lost_bytes > 0 ? ", and some of what it held was never read" : "");
    tail_truncation_count(f, lost_bytes);
    if (rc == 0)
        return;
    if (rc == UV_EAGAIN)
        tail_bookmark_leave(f);
    else
        tail_bookmark_forget(f);
    tail_lines_flush(f, true);
    tail_file_close(f);
}

/* It may have been copied and truncated several times since it was last looked at: what was copied
 * last is a generation that nobody has seen. */
void tail_file_restart(struct tail_file *f, uint64_t lost_bytes)
{
    struct tail *t = f->tail;
    struct found_file *name = f->name;
    char *path = mem_text(f->path), *real = mem_text(f->real_path);
    int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0), rc;
    bool is_handed_on = f->is_handed_on;
    struct tail_file *again;

    lost_bytes += tail_file_unrepeated_bytes(f);
    name_leave(f);
    rc = file_move_to_copy(f, &lost_bytes);
    if (name != NULL)
        (void)tail_generations_follow(t, name);
    file_end_truncated(f, rc, lost_bytes);
    again = file_new(t, path, name);
    if (name != NULL)
        name->user = again;
    mem_free(again->real_path);
    again->real_path = real;
    again->fd = fd;
    again->is_handed_on = is_handed_on;
    mem_free(path);
    file_begin_again(again);
}

void tail_file_close(struct tail_file *f)
{
    struct origin *origin = &f->origin;

    if (f->fd >= 0) {
        tail_file_hand_on(f);
        file_reader_fini(&f->reader);
        tail_bookmark_end(f);
        tail_inode_leave(f);
        close(f->fd);
        f->fd = -1;
        f->tail->input->metrics.files_closed++;
    }
    if (f->name != NULL)
        f->name->user = NULL;
    else
        f->tail->unnamed_count--;
    tail_laggards_close(f);
    tail_kin_part(f);
    tail_first_end(f);
    tail_guest_leave(f);
    joiner_free(&f->joiner);
    tail_lines_account(f);
    held_remove(&f->held);
    f->origin.can_leave = false;
    list_remove(&f->ready_link);
    list_remove(&f->link);
    f->tail = NULL;
    origin_unref(&origin);
}

void tail_file_unname(struct tail_file *f)
{
    name_leave(f);
    tail_file_touch(f);
}

/* What was never opened is looked for among the generations of its log. */
static void file_look_elsewhere(struct tail_file *f)
{
    struct found_file name = {.path = f->path, .real = f->real_path};
    int code = f->trouble.code != 0 ? f->trouble.code : UV_EMFILE;

    tail_again_note(f->tail, &name, f->path, code);
}

/* Under a name that refers to something else now there is nothing left to open. */
bool tail_file_reopen(struct tail_file *f)
{
    struct found_file *name = f->name;
    int rc;

    if (name == NULL) {
        file_look_elsewhere(f);
        tail_file_close(f);
        return false;
    }
    if (!file_trouble_may_try(&f->trouble))
        return false;
    rc = file_open(f);
    if (rc == 0)
        return true;
    if (rc == UV_EEXIST) {
        name->user = file_adopt(f);
        return false;
    }
    file_unopen(f);
    if (rc == UV_ECANCELED)
        tail_file_close(f);
    else
        tail_file_try_later(f, rc);
    return false;
}
