#include "plugins/in_tail/takeover.h"

#include "plugins/in_tail/copy.h"
#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/note.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/reach.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/way.h"

#include <fcntl.h>
#include <sys/stat.h>

/*
 * One tail takes over from another in the same process, when the configuration is read again. The
 * positions say where each file was left, those without DB too; what positions cannot say:
 *
 *   what is deleted or renamed while neither has it open could not be found again: so every file is
 *   handed on open. At the first scan names find these files again, as if they had gone and come back
 *
 *   a file that appeared while neither looked is new, though this one finds it at its first scan
 */

/* The one before may not have noticed what came just before it stopped. */
#define UNNOTICED_NS (60 * NS_PER_S)

const char *tail_positions_name(const struct tail *t)
{
    return t->told.db.path != NULL ? t->told.db.path : t->told.component;
}

bool tail_file_is_since(const struct tail_file *f)
{
    int64_t since_ns = f->tail->input->since_ns;

    return since_ns != 0 && f->known.identity.id.born_ns > since_ns - UNNOTICED_NS;
}

/* Nobody looked since the one before did so last. */
static bool was_truncated(const struct tail_file *f, const struct orphan *orphan)
{
    struct file_facts facts;
    struct file_print head = orphan->identity.head;

    if (f->source.reader.is_gzip || file_state_read(f->source.fd, &facts) < 0)
        return false;
    return facts.size_bytes < orphan->read || file_tail_check(f->source.fd, head.len, head) == 0 ||
           file_tail_check(f->source.fd, orphan->read, orphan->tail) == 0;
}

/* What it held when its bytes were not known yet may be gone by now, and counts. */
static void source_note_seen(struct tail_source *s, uint64_t size)
{
    if (size > s->state.size_before)
        s->state.size_before = size;
}

void tail_file_take(struct tail_file *f, const struct orphan *orphan)
{
    uint64_t from = f->source.state.read;

    CHECK(f->source.fd >= 0 && f->known.row > 0);
    f->ending.is_handed_on = true;
    f->origin.again_until = orphan->seen;
    if (!f->source.reader.is_gzip && file_tail_print(f->source.fd, from, &f->known.tail_print) < 0)
        f->known.tail_print = (struct file_print){0};
    if (!was_truncated(f, orphan)) {
        source_note_seen(&f->source, orphan->size);
        return;
    }
    f->known.tail_print = (struct file_print){0};
    f->known.identity = orphan->identity;
    f->source.state.size_before =
        orphan->size > from ? orphan->size : from; /* not of what it has now */
    (void)tail_copy_seek(f, f->source.state.size_before - from);
}

/* The row goes on with the descriptor. */
void tail_file_hand_on(struct tail_file *f)
{
    const struct tail *t = f->tail;
    struct orphan orphan = {
        .row = f->known.row,
        .offset = tail_file_settled(f),
        .is_rotated = f->source.state.is_rotated,
        .is_apart = f->kin.is_apart,
        .is_saved = f->known.is_saved && (f->turn.first.waits & TAIL_WAIT_ROW) == 0,
        .identity = f->known.identity,
        .tail = f->known.tail_print,
        .read = f->source.state.read,
        .size = f->source.state.size_before,
        .seen = f->origin.window.issued,
        .known_ns = f->known.known_ns != 0 ? f->known.known_ns : t->book.known_ns,
    };
    const struct tail_proof *unproved = tail_way_unproved(f);
    struct buffer note = {0};

    if (unproved != NULL) {
        orphan.is_unproved = true;
        orphan.may_be_cut = unproved->may_be_cut;
        orphan.tail = orphan.offset == unproved->offset ? unproved->print : (struct file_print){0};
    }
    if (f->origin.again_until > orphan.seen)
        orphan.seen = f->origin.again_until;
    if (!t->input->is_replaced || t->book.positions == NULL || f->ending.is_done)
        return;
    CHECK(orphan.offset <= orphan.seen);
    orphan.fd = fcntl(f->source.fd, F_DUPFD_CLOEXEC, 0);
    if (orphan.fd < 0)
        return;
    orphan.positions = positions_number(t->book.positions);
    orphan.path = mem_text(f->log.path);
    orphan.real = mem_text(f->log.real_path);
    tail_note_write(f, &note);
    orphan.note = mem_text(buffer_text(&note));
    buffer_fini(&note);
    orphans_leave(tail_positions_name(t), &orphan);
}

void tail_take_over(struct tail *t)
{
    struct orphan orphan;

    while (t->book.positions != NULL && orphans_take(tail_positions_name(t), &orphan)) {
        struct tail_start start = {.path = orphan.real,
                                   .orphan = &orphan,
                                   .fd = &orphan.fd,
                                   .may_be_cut = orphan.may_be_cut,
                                   .is_rotated = orphan.is_rotated,
                                   .offset = orphan.offset,
                                   .row = orphan.row,
                                   .known_ns = orphan.known_ns};

        if (orphan.is_unproved)
            start.tail = orphan.tail;
        if (orphan.positions != positions_number(t->book.positions)) { /* the DB was deleted */
            start.row = 0;
            orphan.is_saved = false;
        }

        tail_note_read(orphan.note, orphan.offset, t->input->lanes, &start.note);
        tail_file_open_generation(t, orphan.path, &start);
        mem_free(orphan.path);
        mem_free(orphan.real);
        mem_free(orphan.note);
    }
}

bool tail_file_is_unfound(const struct tail_file *f)
{
    struct stat named;

    return f->ending.is_handed_on && f->log.name == NULL && !f->source.state.is_rotated &&
           stat(f->log.path, &named) == 0 && named.st_ino == f->known.identity.id.ino;
}

/* What the scan has not found is not to be followed any more. One that was renamed or deleted is read to
 * its end. */
void tail_take_over_end(struct tail *t)
{
    LIST_FOR_SAFE (it, after, &t->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (tail_file_is_unfound(f))
            tail_file_close(f);
    }
}

/* What is not acknowledged is read again by the next one. */
void tail_prepare_to_hand_on(struct tail *t)
{
    if (!t->input->is_replaced || t->book.positions == NULL)
        return;
    LIST_FOR (it, &t->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        f->origin.can_repeat = true;
        LIST_FOR (at, &f->readers.laggards)
            CONTAINER_OF(at, struct tail_laggard, link)->file.origin.can_repeat = true;
    }
}
