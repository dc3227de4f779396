#include "plugins/in_tail/generations_self.h"

#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/row.h"

#include <stdlib.h>
#include <string.h>

/*
 * What is known of a log's generations: by the rows that were saved under its names, and by the files that
 * are followed and have lost it.
 */

const struct known_generation *known_find(const struct known_generations *list, int64_t row)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].saved.key == row)
            return &list->items[i];
    return NULL;
}

/* The log was truncated before anything of it was known: what it holds came after what was copied of it. */
static bool is_begun_anew(const struct known_generations *list, const struct tail_file *f)
{
    return list->is_copied && f != NULL && f->log.name != NULL && !f->known.is_known;
}

/* What is followed is not lost, even if no name leads to it any more. */
static void known_add(struct known_generations *list, struct known_generation known)
{
    if (is_begun_anew(list, tail_row_file(list->tail, known.saved.key))) {
        known.saved.identity = (struct file_identity){.id = known.saved.identity.id};
        known.saved.offset = 0;
    }
    known.saved.is_done |= known.is_followed;
    if (list->count >= list->tail->book.known_max || known_find(list, known.saved.key) != NULL)
        return;
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = known;
}

/* Whatever was there before a row that is not on disk yet was looked at when we started, or by the one
 * before us.
 * Fluent Bit's rows have no print of the content; its offset in a .gz counts compressed bytes. */
static bool on_row(void *owner, const struct position *p)
{
    struct known_generations *list = owner;
    struct tail_note note;
    struct known_generation known;

    if (p->is_foreign && slice_ends(slice_of(p->name), SLICE(".gz")))
        return true;
    tail_note_read(p->note, p->offset, list->tail->input->lanes, &note);
    known = (struct known_generation){
        .saved = {.key = p->row,
                  .identity = p->identity,
                  .offset = p->offset,
                  .is_done = p->is_done,
                  .is_whole = note.is_whole,
                  .is_untouched = note.stream_id == 0,
                  .known_ns = p->created_ns ? p->created_ns : list->tail->book.known_ns},
        .note = note,
        .tail = p->tail,
        .is_followed = tail_row_file(list->tail, p->row) != NULL,
    };
    memcpy(known.saved.identity.steps, note.steps, sizeof note.steps);
    if (note.modified_ns != 0)
        known.saved.known_ns = note.modified_ns;
    known_add(list, known);
    return true;
}

static void known_read(struct known_generations *list, const char *path)
{
    if (path != NULL && list->tail->book.positions != NULL &&
        positions_find_path(list->tail->book.positions, path, on_row, list) < 0)
        log_warn(list->tail->told.component, "what was saved of %s cannot be read", path);
}

static size_t count_of(struct tail *tail, const char *path)
{
    size_t count = 0;

    for (struct tail_file *f = tail_namesake_first(tail, path); f != NULL;
         f = tail_namesake_next(f))
        count += f->source.fd >= 0;
    return count;
}

/* Not at each rotation. */
static void known_say_left_out(struct tail *t, const char *path, size_t count)
{
    uint64_t now = clock_ms();

    if (t->book.known_said_ms != 0 && now - t->book.known_said_ms < TAIL_LIMIT_SAID_MS)
        return;
    t->book.known_said_ms = now;
    log_warn(
        t->told.component,
        "%zu generations of %s are held open until they are acknowledged; what lies beside the "
        "log is held against the newest %zu of them only",
        count, path, t->book.known_max);
}

/* What was written to it since it was looked at tells it from others, too: the one that gzip has just
 * made of it. Negative: there is something, and nothing of it can be read, but may be later. One that is gone
 * altogether, as a network's file system may let it go, is not waited for. */
static int followed_renew(struct tail_file *f)
{
    struct file_facts facts;
    int rc = file_state_read(f->source.fd, &facts), renewed;

    if (rc == 0)
        tail_file_note_seen(f, facts.size_bytes);
    renewed = tail_head_renew(f);
    return rc == 0 && f->known.identity.head.len < FILE_PRINT_BYTES_MIN ? renewed : 0;
}

/* Of the files that are followed only those count that the name went away from. */
static void known_add_followed(struct known_generations *list, const char *path)
{
    size_t count, most = list->tail->book.known_max;

    if (list->tail->followed.unnamed_count == 0)
        return;
    count = count_of(list->tail, path);
    if (count > most)
        known_say_left_out(list->tail, path, count);
    for (struct tail_file *f = tail_namesake_first(list->tail, path); f != NULL;
         f = tail_namesake_next(f)) {
        int trouble = 0;

        if (f->source.fd < 0 || count-- > most)
            continue;
        if (!is_begun_anew(list, f))
            trouble = followed_renew(f);
        known_add(list, (struct known_generation){
                            .saved = {.key = f->known.row,
                                      .identity = f->known.identity,
                                      .offset = f->source.state.read,
                                      .known_ns = f->known.known_ns ? f->known.known_ns
                                                                    : list->tail->book.known_ns,
                                      .trouble = trouble},
                            .note.stream_id = f->origin.id,
                            .is_followed = true,
                        });
    }
}

void known_gather(struct known_generations *list, const struct found_file *name)
{
    known_add_followed(list, name->path);
    known_read(list, name->real);
    if (name->real != name->path)
        known_read(list, name->path);
}

void known_fini(struct known_generations *list)
{
    MEM_FREE(&list->items);
    list->count = 0;
}
