#include "plugins/in_tail/bookmark.h"

#include "plugins/in_tail/first.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/note.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/takeover.h"
#include "plugins/in_tail/told.h"
#include "plugins/in_tail/way.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

/*
 * Where a file was left. The row of the DB keeps the acknowledged offset, and in its note the id of
 * the stream, so that documents keep their ids when the file is renamed or compressed.
 */

/* Of a container's log, the first line's time is in them. */
#define STREAM_HEAD_BYTES 64

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

/* Of this start of the machine. Machines made of one image have files with the same numbers, times
 * and first bytes; a container has no better name for its machine. */
uint64_t tail_machine(void)
{
    struct utsname names;
    char boot[64];
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    int64_t len = fd < 0 ? -1 : file_read_at(fd, boot, sizeof boot, 0);

    if (fd >= 0)
        close(fd);
    if (len > 0)
        return slice_hash(slice_make(boot, (size_t)len));
    return uname(&names) == 0 ? slice_hash(slice_of(names.nodename)) : 0;
}

/* The numbers of the file and the beginning of its first line: a file that was truncated, and one
 * that got the number of a deleted one, must not be taken for the one before. The machine and the
 * tag: the same file elsewhere, or followed twice, has other documents. */
static uint64_t stream_id_of(const struct tail_file *f, struct slice head)
{
    const struct file_id *id = &f->known.identity.id;
    uint64_t words[7] = {id->dev, id->ino, id->generation, (uint64_t)id->born_ns};
    uint64_t hash;

    if (head.len > STREAM_HEAD_BYTES)
        head.len = STREAM_HEAD_BYTES;
    words[4] = slice_hash(head);
    words[5] = slice_hash(f->origin.tag);
    words[6] = f->tail->book.machine;
    hash = slice_hash(slice_make((const char *)words, sizeof words));
    return hash != 0 ? hash : 1;
}

/* What is in the id of the first bytes: the same whenever one looks, once it is there. */
static struct slice first_line(struct slice head)
{
    size_t end = slice_find(head, '\n');

    if (end < head.len)
        head.len = end + 1;
    if (head.len > STREAM_HEAD_BYTES)
        head.len = STREAM_HEAD_BYTES;
    return head;
}

static bool is_whole(struct slice line)
{
    return line.len == STREAM_HEAD_BYTES || (line.len > 0 && line.data[line.len - 1] == '\n');
}

/* What was read before a truncation had the same file and the same offsets, so the stream gets
 * another id: or the back-end would take the new lines for the old ones. */
static uint64_t stream_id_again(const struct tail_file *f)
{
    int64_t now_ns = clock_wall_ns();

    return stream_id_of(f, slice_make((const char *)&now_ns, sizeof now_ns));
}

/* A file that has no first line yet has no id yet: it would have another one after a crash. */
static void stream_find(struct tail_file *f, struct slice head, bool is_last)
{
    struct slice line = first_line(head);

    if (!is_last && !is_whole(line))
        f->origin.id = 0;
    else
        f->origin.id = f->known.is_again ? stream_id_again(f) : stream_id_of(f, line);
}

/* Empty where they cannot be read; lent from `buf`. */
static struct slice head_read(const struct tail_source *s, char *buf, size_t buf_bytes)
{
    int64_t len = tail_source_head(s, buf, buf_bytes);

    return slice_make(buf, len > 0 ? (size_t)len : 0);
}

void tail_stream_begin(struct tail_file *f, struct slice first, bool is_last)
{
    char head[STREAM_HEAD_BYTES];

    if (first.len == 0)
        first = head_read(&f->source, head, sizeof head);
    stream_find(f, first, is_last);
}

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

static struct slice row_key(const int64_t *row)
{
    return slice_make((const char *)row, sizeof *row);
}

struct tail_file *tail_row_file(const struct tail *t, int64_t row)
{
    return map_get(&t->followed.rows, row_key(&row));
}

static void row_take(struct tail_file *f, int64_t row)
{
    f->known.row = row;
    CHECK(row > 0);
    (void)map_put(&f->tail->followed.rows, row_key(&row), f);
    if (f->tail->book.positions != NULL)
        positions_claim(f->tail->book.positions, row);
}

static void row_new(struct tail_file *f)
{
    struct tail *t = f->tail;

    CHECK(f->known.row == 0);
    row_take(f,
             t->book.positions != NULL ? positions_new_row(t->book.positions) : ++t->book.next_row);
}

static void row_leave(struct tail_file *f)
{
    CHECK(f->known.row > 0);
    if (tail_row_file(f->tail, f->known.row) == f)
        (void)map_remove(&f->tail->followed.rows, row_key(&f->known.row));
    if (f->tail->book.positions != NULL)
        positions_release(f->tail->book.positions, f->known.row);
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

    stream_find(f, s.head, false);
    file_identity_take(&f->known.identity, s.head);
    if (positions == NULL ||
        positions_find_inode(positions, f->known.identity.id.ino, on_row, &s) < 0 || !s.is_found) {
        row_new(f);
        *note = (struct tail_note){.is_first = s.is_truncated};
        return offset_of_new(f, is_new_name);
    }
    row_take(f, s.row);
    *note = s.note;
    if (note->stream_id != 0)
        f->origin.id = note->stream_id;
    f->known.tail_print = s.tail_print;
    f->known.is_saved = s.is_recognisable;
    return offset_together(f, s.offset, note);
}

/* A row of its log without a print, or one that is surely its own: another log's may be of a file that
 * had the number before. */
static bool on_same_number(void *owner, const struct position *p)
{
    struct search *s = owner;
    const struct file_id *id = &s->file->log.name->id;
    bool is_sure = id->born_ns != 0 && p->identity.id.born_ns != 0;

    if (!is_sure && strcmp(p->name, s->file->log.name->path) != 0)
        return true;
    s->is_found = p->is_foreign ||
                  (file_id_equal(&p->identity.id, id) && (is_sure || p->identity.head.len == 0));
    return !s->is_found;
}

void tail_bookmark_promise(struct tail *t, const struct found_file *name, int64_t modified_ns)
{
    struct tail_file file = {.log.name = (struct found_file *)(uintptr_t)name};
    struct search s = {.file = &file};
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
    row_new(f);
}

bool tail_bookmark_check(struct tail_file *f, struct slice first)
{
    bool is_other;

    if (f->readers.laggard != NULL)
        return false;
    is_other = !file_print_begins(f->known.identity.head, first);
    if (is_other && f->source.state.read == 0 && !f->source.reader.is_gzip)
        return true;
    if (is_other && f->origin.id != 0) {
        f->origin.id = stream_id_again(f);
        f->known.is_saved = false;
    }
    if (is_other || f->known.identity.head.len < FILE_HEAD_BYTES_MAX)
        file_identity_take(&f->known.identity, first);
    return is_other;
}

/* Other bytes are the follow plan's to notice. */
bool tail_bookmark_look(struct tail_file *f)
{
    char head[FILE_HEAD_BYTES_MAX];
    struct slice first = head_read(&f->source, head, sizeof head);

    if (first.len == 0)
        return false;
    if (file_print_begins(f->known.identity.head, first))
        file_identity_take(&f->known.identity, first);
    return true;
}

uint64_t tail_bookmark_take(struct tail_file *f, struct tail_start *start)
{
    char head[FILE_HEAD_BYTES_MAX];
    struct slice first = head_read(&f->source, head, sizeof head);
    struct file_id id = f->known.identity.id;

    CHECK(start->offset <= start->note.together);
    if (first.len == 0 && start->orphan != NULL) { /* it cannot be read now, and was */
        f->known.identity = start->orphan->identity;
        f->known.identity.id = id;
    } else {
        file_identity_take(&f->known.identity, first);
    }
    stream_find(f, first, false);
    if (start->note.stream_id != 0)
        f->origin.id = start->note.stream_id;
    f->known.known_ns = start->known_ns;
    f->known.is_known = start->orphan != NULL && start->orphan->identity.head.len > 0;
    if (start->row == 0)
        row_new(f);
    else
        row_take(f, start->row);
    return start->note.together;
}

void tail_bookmark_leave(struct tail_file *f)
{
    if (f->known.row == 0)
        return;
    row_leave(f);
    f->known.row = 0;
}

void tail_bookmark_forget(struct tail_file *f)
{
    int64_t row = f->known.row;

    tail_bookmark_leave(f);
    if (row != 0 && f->tail->book.positions != NULL)
        positions_forget(f->tail->book.positions, row);
}

/* Its first bytes, as many as were seen of it. */
static size_t head_bytes(const struct tail_file *f)
{
    const struct follow_state *s = &f->source.state;
    uint64_t seen = s->read > s->size_before ? s->read : s->size_before;

    return seen < FILE_HEAD_BYTES_MAX ? (size_t)seen : FILE_HEAD_BYTES_MAX;
}

void tail_bookmark_renew(struct tail_file *f)
{
    struct file_identity *identity = &f->known.identity;

    if (identity->head.len >= head_bytes(f) || f->source.reader.is_gzip ||
        f->source.state.read < identity->head.len)
        return;
    if (file_head_renew(f->source.fd, head_bytes(f), identity) < 0)
        log_debug(f->tail->told.component, "the first bytes of %s cannot be read", f->log.path);
}

void tail_bookmark_copied(struct tail_file *f)
{
    char head[FILE_HEAD_BYTES_MAX];
    struct slice first = head_read(&f->source, head, sizeof head);

    if (first.len > 0)
        file_identity_take(&f->known.identity, first);
}

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
        tail_bookmark_renew(f);
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

void tail_bookmark_end(struct tail_file *f)
{
    if (f->known.row == 0)
        return;
    if (f->source.state.is_rotated)
        tail_bookmark_move(f);
    tail_bookmark_save(f);
    row_leave(f);
}
