#include "plugins/in_tail/tail.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Where a file was left. The row of the DB keeps the acknowledged offset, and in its note the id of
 * the stream, so that documents keep their ids when the file is renamed or compressed.
 */

struct search {
    struct tail_file *file;
    struct slice head;
    bool is_found;
    struct position position;
    uint64_t stream_id;
};

static uint64_t stream_id_of(const struct file_id *id)
{
    uint64_t words[4] = {id->dev, id->ino, id->generation, (uint64_t)id->born_ns};
    uint64_t hash = slice_hash(slice_make((const char *)words, sizeof words));

    return hash != 0 ? hash : 1;
}

static bool is_this_file(const struct search *s, const struct position *p)
{
    const struct tail_file *f = s->file;

    if (f->tail->db.compare_name && strcmp(p->name, f->path) != 0)
        return false;
    if (p->is_foreign)
        return p->identity.id.ino == f->identity.id.ino;
    return file_identity_match(&p->identity, &f->identity.id, s->head) == FILE_SAME;
}

static bool on_row(void *owner, const struct position *p)
{
    struct search *s = owner;

    if (!is_this_file(s, p))
        return true;
    s->is_found = true;
    s->position = *p;
    s->stream_id = p->note ? strtoull(p->note, NULL, 16) : 0;
    return false;
}

static uint64_t offset_of_new(const struct tail_file *f, bool is_new_name)
{
    const struct tail_options *o = &f->tail->options;
    struct file_facts facts;

    if (is_new_name ? o->read_new_from_head : o->read_from_head)
        return 0;
    return file_facts_read(f->fd, &facts) < 0 || f->reader.is_gzip ? 0 : facts.size_bytes;
}

uint64_t tail_bookmark_find(struct tail_file *f, bool is_new_name)
{
    struct positions *positions = f->tail->positions;
    char head[FILE_HEAD_BYTES_MAX];
    struct search s = {.file = f};
    int64_t head_len = file_head_read(f->fd, f->reader.is_gzip, head, sizeof head);

    s.head = slice_make(head, head_len > 0 ? (size_t)head_len : 0);
    f->origin.id = stream_id_of(&f->identity.id);
    f->identity.head = file_print_of(s.head);
    if (positions == NULL)
        return offset_of_new(f, is_new_name);
    if (positions_find_inode(positions, f->identity.id.ino, on_row, &s) < 0 || !s.is_found) {
        f->row = positions_new_row(positions);
        positions_claim(positions, f->row);
        return offset_of_new(f, is_new_name);
    }
    f->row = s.position.row;
    if (s.stream_id != 0)
        f->origin.id = s.stream_id;
    positions_claim(positions, f->row);
    return s.position.offset;
}

/* What was read before the truncation had the same file and the same offsets, so the stream gets
 * another id: or the back-end would take the new lines for the old ones. */
void tail_bookmark_begin(struct tail_file *f)
{
    int64_t words[2] = {clock_wall_ns(), (int64_t)f->origin.id};

    f->origin.id =
        stream_id_of(&f->identity.id) ^ slice_hash(slice_make((const char *)words, sizeof words));
    if (f->tail->positions == NULL)
        return;
    f->row = positions_new_row(f->tail->positions);
    positions_claim(f->tail->positions, f->row);
}

void tail_bookmark_forget(struct tail_file *f)
{
    if (f->tail->positions == NULL || f->row == 0)
        return;
    positions_release(f->tail->positions, f->row);
    positions_forget(f->tail->positions, f->row);
    f->row = 0;
}

void tail_bookmark_save(struct tail_file *f)
{
    char note[24];
    struct position position = {
        .row = f->row,
        .name = f->path,
        .offset = f->origin.window.settled,
        .is_rotated = f->state.is_rotated,
        .is_done = f->is_done,
        .identity = f->identity,
        .note = note,
    };

    if (f->tail->positions == NULL || f->row == 0)
        return;
    snprintf(note, sizeof note, "%016" PRIx64, f->origin.id);
    positions_set(f->tail->positions, &position);
}

void tail_bookmark_end(struct tail_file *f)
{
    if (f->tail->positions == NULL || f->row == 0)
        return;
    tail_bookmark_save(f);
    positions_release(f->tail->positions, f->row);
}
