#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/generations.h"
#include "plugins/in_tail/held.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/lines.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/reach.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/way.h"

#include <unistd.h>
#include <uv.h>

/*
 * A file was truncated.
 *
 *   tail_copy_seek       its copy is sought (copy.c)
 *   file_move_to_copy    copytruncate made a copy of it: the file goes on there, as one that was rotated
 *   file_end_truncated   there is none: its acks go to nobody, and what was unread is counted
 *   file_begin_again     the descriptor is another file, from its beginning
 *
 * Goes wrong: the copy does not show yet (the row stays, for what may be found later).
 */

/* The descriptor of a file that was truncated, from its beginning, as a file of its own. */
static void file_begin_again(struct tail_file *again)
{
    if (again->source.fd < 0 || tail_file_identify(again) < 0) {
        tail_file_unopen(again);
        tail_file_touch(again);
        return;
    }
    tail_inode_take(again);
    tail_bookmark_begin(again);
    again->kin.is_first = true;
    tail_file_form_find(again);
    tail_file_begin_at(again, 0);
    tail_file_save_new(again);
    tail_file_touch(again);
}

/* It has read no further than the copy goes; nothing follows what stands behind that. */
static void source_cut(struct tail_source *s, uint64_t bytes)
{
    uint64_t line = tail_source_next(s);

    CHECK(bytes > 0 && bytes < s->state.read);
    s->copy_bytes = bytes;
    s->state.read = bytes;
    s->state.unfinished_bytes = line < bytes ? bytes - line : 0;
    CHECK(s->state.unfinished_bytes <= s->state.read);
}

/* Its descriptor, which the next one has: there may be no other, and no name that leads to the file. */
static int fd_take(struct tail_file *f)
{
    int fd = f->source.fd;

    CHECK(fd >= 0);
    tail_inode_leave(f);
    file_reader_fini(&f->source.reader);
    f->source.fd = -1;
    return fd;
}

/* The copy has what the file had: the file goes on there, with its row, its id and its lines that
 * wait, as one that was rotated. Negative when there is none, as tail_file_restart has it. What is lost of
 * `*lost_bytes` is what the copy lacks; `*own` is the descriptor that it had. */
static int file_move_to_copy(struct tail_file *f, int fd, const struct tail_copy *copy,
                             uint64_t *lost_bytes, int *own)
{
    struct tail_source *s = &f->source;
    struct file_facts facts;
    uint64_t reached = tail_file_reached(f), size = s->state.size_before;

    if (fd < 0)
        return fd;
    if (file_facts_read(fd, &facts) < 0 || tail_inode_file(f->tail, &facts.id) != NULL) {
        mem_free(copy->path);
        close(fd);
        return UV_ENOENT;
    }
    *own = fd_take(f);
    s->fd = fd;
    mem_free(f->log.real_path);
    f->log.real_path = copy->path;
    if (copy->bytes < s->state.read) {
        source_cut(s, copy->bytes);
        f->origin.can_leave = false;
    }
    if (tail_file_identify(f) < 0)
        return UV_ENOENT;
    if (s->reader.is_gzip)
        tail_way_begin(f, NULL);
    tail_inode_take(f);
    tail_laggards_move(f);
    f->origin.can_leave = f->tail->lanes.shares != NULL && s->copy_bytes == 0;
    f->known.tail_print = (struct file_print){0};
    if (reached < copy->bytes)
        reached = copy->bytes;
    *lost_bytes = size > reached ? size - reached : 0;
    s->state.size_before = s->state.read;
    s->state.is_rotated = true;
    s->state.rotated_ms = clock_ms();
    f->tail->input->metrics.files_rotated++;
    tail_head_copied(f);
    tail_bookmark_save(f);
    tail_file_touch(f);
    return 0;
}

/* Where no copy was made, acks of what was read go to the old file, which nobody saves any more. Of one that
 * may be found later the row stands before the lines that wait, which come from there then: given away now,
 * they would come twice. */
static void file_end_truncated(struct tail_file *f, int rc, uint64_t lost_bytes, int *own)
{
    const char *component = f->tail->told.component;
    bool is_found_later;

    if (rc == 0)
        log_info(component,
                 "%s was truncated; it is read from its beginning, and its copy %s to its end",
                 f->log.path, f->log.real_path);
    else
        log_info(component, "%s was truncated; it is read from its beginning%s", f->log.path,
                 lost_bytes > 0 ? ", and some of what it held was never read" : "");
    tail_truncation_count(f, lost_bytes);
    if (rc == 0)
        return;
    is_found_later = rc == UV_EAGAIN && f->known.row != 0 && !joiner_has_inherited(f->lines.joiner);
    if (rc == UV_EAGAIN)
        tail_bookmark_leave(f);
    else
        tail_bookmark_forget(f);
    if (!is_found_later)
        tail_lines_flush(f, true);
    if (*own < 0) {
        *own = fd_take(f);
        f->tail->input->metrics.files_closed++;
    }
    tail_file_close(f);
}

/* It may have been copied and truncated several times since it was last looked at: what was copied
 * last is a generation that nobody has seen. One that was handed on has its name, though no scan has
 * found it yet; and that name may be another file's by now. So the descriptor's number stays taken: under
 * any name it is no generation that nobody has. */
void tail_file_restart(struct tail_file *f, uint64_t lost_bytes, int fd,
                       const struct tail_copy *copy)
{
    struct tail *t = f->tail;
    struct found_file *name = f->log.name;
    char *path = mem_text(f->log.path), *real = mem_text(f->log.real_path);
    int own = -1, rc;
    bool is_handed_on = f->ending.is_handed_on;
    bool has_name = name != NULL || (is_handed_on && !f->source.state.is_rotated);
    struct found_file log = {.path = path, .real = real};
    struct file_id id = f->known.identity.id;
    struct tail_file *again;

    CHECK(f->source.fd >= 0 && f->readers.laggard == NULL);
    CHECK(f->ending.copies == NULL && f->ending.twin == NULL && f->source.way == NULL);
    lost_bytes += tail_file_unrepeated_bytes(f);
    tail_name_leave(f);
    rc = file_move_to_copy(f, fd, copy, &lost_bytes, &own);
    again = tail_file_new(t, path, name);
    again->known.identity.id = id;
    if (own >= 0)
        tail_inode_take(again);
    if (has_name)
        tail_copies_follow(t, &log, NULL);
    file_end_truncated(f, rc, lost_bytes, &own);
    if (name != NULL)
        name->user = again;
    mem_free(again->log.real_path);
    again->log.real_path = real;
    again->source.fd = own;
    again->ending.is_handed_on = is_handed_on;
    mem_free(path);
    file_begin_again(again);
}
