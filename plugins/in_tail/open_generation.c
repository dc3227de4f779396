#include "plugins/in_tail/open.h"

#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/takeover.h"

#include <uv.h>

/*
 * A generation that lies beside its log, or that the tail before handed on: read to its end like one that
 * was rotated under our eyes.
 *
 * Goes wrong: its path leads to another file by now; it ends before the place where it was left, or has
 * other bytes there; it cannot be opened. The caller knows what to do then: nothing of it stays.
 */

/* A copy that was made before all that was read had come: there is nothing more in it. */
static int generation_cut(struct tail_file *f, struct tail_start *start)
{
    int64_t bytes = file_reader_measure(&f->source.reader);

    CHECK(start->may_be_cut);
    if (bytes < 0)
        return (int)bytes;
    if ((uint64_t)bytes >= start->offset)
        return UV_ERANGE;
    start->offset = start->note.together = (uint64_t)bytes;
    return file_reader_seek(&f->source.reader, start->offset);
}

/* 1, 0 when the path leads to another file, or negative. */
static int generation_open(struct tail_file *f, struct tail_start *start)
{
    int rc;

    CHECK(f->source.fd < 0);
    rc = start->fd != NULL ? *start->fd : file_open_read(start->path);
    if (rc < 0)
        return rc == UV_ENOENT ? 0 : rc;
    f->source.fd = rc;
    rc = tail_file_identify(f);
    if (rc < 0)
        return rc;
    if (start->id != NULL && !file_id_equal(&f->known.identity.id, start->id))
        return 0;
    CHECK(start->offset <= start->note.together);
    if (f->source.reader.is_gzip) /* that shows on the way there */
        return 1;
    rc = file_reader_seek_known(&f->source.reader, start->offset, start->tail);
    if (rc == UV_ERANGE && start->may_be_cut)
        rc = generation_cut(f, start);
    return rc < 0 ? rc : 1;
}

int tail_file_open_generation(struct tail *t, const char *log_path, struct tail_start *start)
{
    struct tail_file *f = tail_file_new(t, log_path, NULL);
    struct tail_proof proof = {.print = start->tail, .may_be_cut = start->may_be_cut};
    int rc;

    MEM_FREE(&f->log.real_path);
    f->log.real_path = mem_text(start->path);
    rc = generation_open(f, start);
    if (rc <= 0 || tail_inode_file(t, &f->known.identity.id) != NULL) {
        tail_file_unopen(f);
        tail_file_close(f);
        return rc;
    }
    tail_inode_take(f);
    proof.offset = start->offset;
    start->offset = tail_bookmark_take(f, start);
    tail_file_form_find(f);
    f->known.is_saved = start->orphan != NULL && start->orphan->is_saved;
    f->kin.is_first = start->note.is_first;
    f->kin.is_apart = start->orphan != NULL ? start->orphan->is_apart : start->is_apart;
    tail_file_begin_proving(f, start->offset, proof);
    f->source.state.is_rotated = start->is_rotated;
    f->source.state.rotated_ms = clock_ms();
    tail_file_part_again(f, &start->note);
    tail_file_save_new(f);
    tail_file_touch(f);
    if (start->orphan != NULL)
        tail_file_take(f, start->orphan);
    return 1;
}
