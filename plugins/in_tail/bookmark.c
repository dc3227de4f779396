#include "plugins/in_tail/bookmark.h"

#include "plugins/in_tail/first.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/note.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/reach.h"
#include "plugins/in_tail/row.h"
#include "plugins/in_tail/stream.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/takeover.h"
#include "plugins/in_tail/told.h"
#include "plugins/in_tail/way.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* What the DB is asked for: the row of a file that was just opened. */
struct search {
    struct tail_file *file;
    struct slice head;
    bool is_found;
    bool is_recognisable; /* by what is saved, even after gzip */
    bool is_truncated;    /* what is saved of this file is what it held before */
    int64_t row;
    uint64_t offset;
    struct tail_note note;
    struct file_print tail_print;
};

/* ---- where to begin ---- */

/* Of a file that could not be opened the number is known, and that alone may be another's by now. */
static bool is_bare_number(const struct position *p)
{
    const struct file_id *id = &p->identity.id;

    return !p->is_foreign && p->identity.head.len == 0 && id->generation == 0 && id->born_ns == 0;
}

static bool is_this_file(struct search *s, const struct position *p)
{
    const struct tail_file *f = s->file;
    enum file_match match;

    if ((f->tail->told.db.compare_name || is_bare_number(p)) && strcmp(p->name, f->log.path) != 0)
        return false;
    if (p->is_foreign)
        return p->identity.id.ino == f->known.identity.id.ino;
    match = file_identity_match(&p->identity, &f->known.identity.id, s->head);
    s->is_truncated |= match == FILE_REWRITTEN;
    return match == FILE_SAME;
}

/* A file that was empty when its row was saved is not found again once gzip has made another of it. */
static bool is_telling(const struct file_identity *identity, bool is_gzip)
{
    return identity->head.len >= (is_gzip ? 1 : FILE_PRINT_BYTES_MIN);
}

/* One that has a print rather than one that has not. */
static bool on_row(void *owner, const struct position *p)
{
    struct search *s = owner;
    bool has_print = p->identity.head.len > 0;

    if (!is_this_file(s, p) || (s->is_found && !has_print))
        return true;
    s->file->known.is_known = has_print;
    s->is_found = true;
    s->row = p->row;
    s->offset = p->is_foreign && s->file->source.reader.is_gzip ? 0 : p->offset;
    s->tail_print = p->tail;
    tail_note_read(p->note, s->offset, s->file->tail->input->lanes, &s->note);
    s->file->known.known_ns = s->note.modified_ns != 0 ? s->note.modified_ns : p->created_ns;
    s->is_recognisable =
        s->note.stream_id != 0 && is_telling(&p->identity, s->file->source.reader.is_gzip);
    return !has_print;
}

static uint64_t offset_of_new(const struct tail_file *f, bool is_new_name)
{
    const struct tail_file_options *o = &f->tail->told.files;
    struct file_facts facts;

    is_new_name |= tail_file_is_since(f);
    if (f->known.is_next || (is_new_name ? o->read_new_from_head : o->read_from_head))
        return 0;
    return file_state_read(f->source.fd, &facts) < 0 || f->source.reader.is_gzip ? 0
                                                                                 : facts.size_bytes;
}

/* Outputs that did not fall behind go on from there. The row's print is of the bytes before its own
 * offset: where those are others now, all outputs read them. The print of those before the other
 * place is taken first: it is of what was read, if the row's holds after that. */
static uint64_t offset_together(struct tail_file *f, uint64_t offset, struct tail_note *note)
{
    struct file_print print = {0};

    CHECK(f->source.fd >= 0);
    if (note->together == offset)
        return offset;
    if (!f->source.reader.is_gzip && file_tail_print(f->source.fd, note->together, &print) < 0)
        print = (struct file_print){0};
    if (f->known.tail_print.len > 0 &&
        file_tail_check(f->source.fd, offset, f->known.tail_print) == 0) {
        note->count = 0;
        return offset;
    }
    f->known.tail_print = print;
    return note->together;
}

uint64_t tail_bookmark_find(struct tail_file *f, struct slice head, bool is_new_name,
                            struct tail_note *note)
{
    struct positions *positions = f->tail->book.positions;
    struct search s = {.file = f, .head = head};

    tail_stream_find(f, s.head);
    file_identity_take(&f->known.identity, s.head);
    if (positions == NULL ||
        positions_find_inode(positions, f->known.identity.id.ino, on_row, &s) < 0 || !s.is_found) {
        tail_row_new(f);
        *note = (struct tail_note){.is_first = s.is_truncated};
        return offset_of_new(f, is_new_name);
    }
    tail_row_take(f, s.row);
    *note = s.note;
    if (note->stream_id != 0)
        f->origin.id = note->stream_id;
    f->known.tail_print = s.tail_print;
    f->known.is_saved = s.is_recognisable;
    return offset_together(f, s.offset, note);
}

/* Whether there is a row of a name already whose file cannot be opened. */
struct promised {
    const struct found_file *name;
    bool is_found;
};

/* A row of its log without a print, or one that is surely its own: another log's may be of a file that
 * had the number before. */
static bool on_same_number(void *owner, const struct position *p)
{
    struct promised *s = owner;
    const struct file_id *id = &s->name->id;
    bool is_sure = id->born_ns != 0 && p->identity.id.born_ns != 0;

    if (!is_sure && strcmp(p->name, s->name->path) != 0)
        return true;
    s->is_found = p->is_foreign ||
                  (file_id_equal(&p->identity.id, id) && (is_sure || p->identity.head.len == 0));
    return !s->is_found;
}

void tail_bookmark_promise(struct tail *t, const struct found_file *name, int64_t modified_ns)
{
    struct promised s = {.name = name};
    struct position position = {.name = name->path, .real = name->real, .identity.id = name->id};
    struct buffer note = {0};

    if (t->book.positions == NULL ||
        positions_find_inode(t->book.positions, name->id.ino, on_same_number, &s) < 0 || s.is_found)
        return;
    position.row = positions_new_row(t->book.positions);
    tail_note_write_unopened(modified_ns, &note);
    position.note = buffer_text(&note);
    positions_set(t->book.positions, &position);
    buffer_fini(&note);
}

void tail_bookmark_begin(struct tail_file *f)
{
    CHECK(f->known.row == 0);
    f->known.is_again = true;
    tail_row_new(f);
}

uint64_t tail_bookmark_take(struct tail_file *f, struct tail_start *start)
{
    char head[FILE_HEAD_BYTES_MAX];
    struct slice first = tail_source_first(&f->source, head, sizeof head);
    struct file_id id = f->known.identity.id;

    CHECK(start->offset <= start->note.together);
    if (first.len == 0 && start->orphan != NULL) { /* it cannot be read now, and was */
        f->known.identity = start->orphan->identity;
        f->known.identity.id = id;
    } else {
        file_identity_take(&f->known.identity, first);
    }
    tail_stream_find(f, first);
    if (start->note.stream_id != 0)
        f->origin.id = start->note.stream_id;
    f->known.known_ns = start->known_ns;
    f->known.is_known = start->orphan != NULL && start->orphan->identity.head.len > 0;
    if (start->row == 0)
        tail_row_new(f);
    else
        tail_row_take(f, start->row);
    return start->note.together;
}

/* ---- how far it has come ---- */

/* Of what stands before the offset: at hand where the file rests, else read, where it was not truncated
 * since: other bytes would have its copy taken for another file. */
static struct file_print print_before(const struct tail_file *f, uint64_t offset)
{
    struct file_print print = {0};

    CHECK(offset <= f->source.state.read);
    if (offset == f->source.state.read && f->known.tail_print.len > 0)
        return f->known.tail_print;
    if (offset == 0 || f->source.reader.is_gzip ||
        file_tail_print(f->source.fd, offset, &print) < 0 || tail_file_is_rewritten(f))
        return (struct file_print){0};
    return print;
}

/* It was empty, and has its name, as all had that lose it now: what it has by now may be newer than a copy
 * that nobody has seen. */
static bool is_not_looked_beside(const struct tail_file *f)
{
    return f->known.identity.head.len == 0 && (f->log.name != NULL || f->tail->is_stopping);
}

void tail_bookmark_save(struct tail_file *f)
{
    struct buffer note = {0};
    struct position position = {
        .row = f->known.row,
        .name = f->log.path,
        .real = f->log.real_path,
        .offset = tail_file_settled(f),
        .is_rotated = f->source.state.is_rotated,
        .is_done = f->ending.is_done,
        .is_urgent = !f->known.is_saved,
        .created_ns = f->known.known_ns,
    };

    if (f->tail->book.positions == NULL || f->known.row == 0 || tail_way_unproved(f) != NULL)
        return;
    CHECK(f->readers.laggard == NULL);
    if (!is_not_looked_beside(f))
        (void)tail_head_renew(f);
    position.identity = f->known.identity;
    position.tail = print_before(f, position.offset);
    tail_note_write(f, &note);
    position.note = buffer_text(&note);
    positions_set(f->tail->book.positions, &position);
    buffer_fini(&note);
    if (position.is_urgent)
        tail_first_saved(f);
    if (f->tail->is_stopping &&
        !f->known.is_saved) /* nobody waits for it any more: the next tail will */
        return;
    f->known.is_saved =
        f->origin.id != 0 && is_telling(&f->known.identity, f->source.reader.is_gzip);
}

/* The row of a rotated file stays for as long as the file lies where the row says. */
void tail_bookmark_move(struct tail_file *f)
{
    char link[32], path[PATH_MAX];
    struct slice end = SLICE(" (deleted)");
    ssize_t len;

    CHECK(f->source.fd >= 0 && f->source.state.is_rotated);
    snprintf(link, sizeof link, "/proc/self/fd/%d", f->source.fd);
    len = readlink(link, path, sizeof path);
    if (len <= 0 || (size_t)len >= sizeof path || path[0] != '/')
        return;
    if (slice_ends(slice_make(path, (size_t)len), end))
        len -= (ssize_t)end.len;
    mem_free(f->log.real_path);
    f->log.real_path = mem_text_n(path, (size_t)len);
}

/* ---- its end ---- */

void tail_bookmark_end(struct tail_file *f)
{
    if (f->known.row == 0)
        return;
    if (f->source.state.is_rotated)
        tail_bookmark_move(f);
    tail_bookmark_save(f);
    tail_row_leave(f);
}

void tail_bookmark_leave(struct tail_file *f)
{
    if (f->known.row == 0)
        return;
    tail_row_leave(f);
    f->known.row = 0;
}

void tail_bookmark_forget(struct tail_file *f)
{
    int64_t row = f->known.row;

    tail_bookmark_leave(f);
    if (row != 0 && f->tail->book.positions != NULL)
        positions_forget(f->tail->book.positions, row);
}
