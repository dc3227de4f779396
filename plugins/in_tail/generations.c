#include "plugins/in_tail/generations.h"

#include "plugins/in_tail/again.h"
#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/kin.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/note.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/row.h"
#include "plugins/in_tail/tail.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

/*
 * What rotation made of a log while nobody looked: before the agent started, or between two looks.
 *
 * The generations that lie beside the log are held against what was saved of it, and against the
 * files that are followed now; what was written and not read is followed to its end, oldest first.
 */

/* Rotation may be under way while the generations are looked at. */
#define TRIES_MAX 5

struct known {
    struct generation_saved saved;
    struct tail_note note;
    struct file_print tail;
    bool is_followed;
};

/* All that is known of one log. */
struct known_list {
    struct tail *tail;
    struct known *items;
    size_t count;
    uint64_t owed_bytes; /* of generations that cannot be read now */
    bool is_apart;       /* the one after that which is under way is not read: nothing follows it */
    bool is_late;        /* one that came after it is followed: it takes nothing over */
    bool is_copied;      /* the log was copied and truncated: a new one follows nothing */
    const struct tail_file *log; /* its name's; NULL: whatever, or none is followed */
};

static const struct known *known_find(const struct known_list *list, int64_t row)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].saved.key == row)
            return &list->items[i];
    return NULL;
}

/* The log was truncated before anything of it was known: what it holds came after what was copied of it. */
static bool is_begun_anew(const struct known_list *list, const struct tail_file *f)
{
    return list->is_copied && f != NULL && f->log.name != NULL && !f->known.is_known;
}

/* What is followed is not lost, even if no name leads to it any more. */
static void known_add(struct known_list *list, struct known known)
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
    struct known_list *list = owner;
    struct tail_note note;
    struct known known;

    if (p->is_foreign && slice_ends(slice_of(p->name), SLICE(".gz")))
        return true;
    tail_note_read(p->note, p->offset, list->tail->input->lanes, &note);
    known = (struct known){
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

static void known_read(struct known_list *list, const char *path)
{
    if (path != NULL && list->tail->book.positions != NULL &&
        positions_find_path(list->tail->book.positions, path, on_row, list) < 0)
        log_warn(list->tail->told.component, "what was saved of %s cannot be read", path);
}

static bool is_of(const struct tail_file *f, const char *path)
{
    return f->source.fd >= 0 && strcmp(f->log.path, path) == 0;
}

static size_t count_of(const struct tail *tail, const char *path)
{
    size_t count = 0;

    LIST_FOR (it, &tail->followed.files)
        count += is_of(CONTAINER_OF(it, struct tail_file, link), path);
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
 * made of it. */
static void followed_renew(struct tail_file *f)
{
    struct file_facts facts;

    if (file_state_read(f->source.fd, &facts) == 0)
        tail_file_note_seen(f, facts.size_bytes);
    tail_head_renew(f);
}

/* Of the files that are followed only those count that the name went away from. */
static void known_add_followed(struct known_list *list, const char *path)
{
    size_t count, most = list->tail->book.known_max;

    if (list->tail->followed.unnamed_count == 0)
        return;
    count = count_of(list->tail, path);
    if (count > most)
        known_say_left_out(list->tail, path, count);
    LIST_FOR (it, &list->tail->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (!is_of(f, path) || count-- > most)
            continue;
        if (!is_begun_anew(list, f))
            followed_renew(f);
        known_add(list, (struct known){
                            .saved = {.key = f->known.row,
                                      .identity = f->known.identity,
                                      .offset = f->source.state.read,
                                      .known_ns = f->known.known_ns ? f->known.known_ns
                                                                    : list->tail->book.known_ns},
                            .note.stream_id = f->origin.id,
                            .is_followed = true,
                        });
    }
}

/* It is unread, and cannot be read now: it gets a row, so that this is still known when those around
 * it have theirs, and though its number may have been another's. */
static void generation_put_off(struct known_list *list, const struct found_file *name,
                               const struct generation *g, uint64_t offset)
{
    struct found_file file = {.path = name->path, .real = g->path, .id = g->id};

    list->owed_bytes += g->size_bytes > offset ? g->size_bytes - offset : 0;
    tail_bookmark_promise(list->tail, &file, g->modified_ns);
}

/* From where its row says; 1, 0 or negative as tail_file_open_generation. */
static int generation_open(const struct known_list *list, const struct found_file *name,
                           const struct generation *g, const struct generation_read *read)
{
    const struct known *known = known_find(list, read->key);
    struct tail_start start = {
        .path = g->path,
        .id = &g->id,
        .offset = read->offset,
        .row = read->key,
        .may_be_cut = read->may_be_cut,
        .is_apart = list->is_apart || (known != NULL ? read->may_be_cut : list->is_copied),
        .note = {.together = read->offset, .is_first = list->is_copied},
    };

    if (known != NULL) {
        start.known_ns = known->saved.known_ns;
        start.note.stream_id = known->note.stream_id;
        start.note.is_first = known->note.is_first;
    }
    if (known != NULL && known->saved.offset == read->offset) {
        start.note = known->note;
        start.tail = known->tail;
    }
    start.note.is_first |= list->is_late;
    if (start.note.together > generation_bytes(g))
        start.note.together = generation_bytes(g);
    log_info(list->tail->told.component,
             "%s is an earlier generation of %s; it is read from byte %llu", g->path, name->path,
             (unsigned long long)read->offset);
    return tail_file_open_generation(list->tail, name->path, &start);
}

/* It begins as one that was saved, and is another: what of it was read is not known. */
static int generation_open_whole(const struct known_list *list, const struct found_file *name,
                                 const struct generation *g)
{
    struct tail_start start = {
        .path = g->path,
        .id = &g->id,
        .is_apart = list->is_apart || list->is_copied,
        .note.is_first = list->is_copied || list->is_late,
    };

    log_warn(list->tail->told.component,
             "%s begins like a generation of %s that was read, and goes on otherwise: it is read "
             "from its beginning",
             g->path, name->path);
    return tail_file_open_generation(list->tail, name->path, &start);
}

/* The log was truncated since it was opened, and goes on in what has that which it held then. */
static bool is_copy_of_log(const struct known_list *list, const struct generation *g)
{
    const struct tail_file *log = list->log;

    return log != NULL && log->source.fd >= 0 && g->trouble == 0 &&
           file_content_match(&log->known.identity, slice_make(g->head, g->head_len)) &&
           tail_file_is_rewritten(log);
}

/* False when the generation is somewhere else by now. */
static bool generation_follow(struct known_list *list, const struct found_file *name,
                              const struct generation *g, const struct generation_read *read)
{
    const struct known *known = known_find(list, read->key);
    int rc = read->trouble;

    if (g->is_current || read->is_new || (known != NULL && known->is_followed))
        return true;
    if (known == NULL && is_copy_of_log(list, g))
        return true;
    if (rc == 0)
        rc = generation_open(list, name, g, read);
    if (rc == UV_ERANGE)
        rc = generation_open_whole(list, name, g);
    if (rc < 0) {
        tail_again_note(list->tail, name, read->is_doubtful ? name->path : g->path, rc);
        if (!read->is_doubtful)
            generation_put_off(list, name, g, read->offset);
    }
    return rc != 0;
}

/* The next one is followed already, or, but for the log itself, is not to be read, or cannot be now. */
static bool is_apart(const struct tail *t, const struct generations *siblings,
                     const struct generation_plan *plan, size_t i)
{
    size_t next = plan->reads[i].index + 1;

    CHECK(i < plan->count && next <= siblings->count);
    if (next >= siblings->count)
        return false;
    if (tail_inode_file(t, &siblings->items[next].id) != NULL)
        return true;
    if (siblings->items[next].is_current)
        return false;
    return i + 1 == plan->count || plan->reads[i + 1].index != next ||
           plan->reads[i + 1].trouble != 0;
}

/* One that came after it is followed: what that ends with does not go on in it. The log has its name, but
 * for one that was handed on, until that is found. */
static bool is_late(const struct tail *t, const struct generations *siblings, size_t index)
{
    while (++index < siblings->count) {
        const struct tail_file *f = tail_inode_file(t, &siblings->items[index].id);

        if (f != NULL && (!siblings->items[index].is_current || f->log.name == NULL))
            return true;
    }
    return false;
}

/* The files of a log stand in the order of its generations: one that was opened late, the last of all
 * until now, comes before those that came after it, and is not taken for the one before the next log. */
static void late_one_order(struct tail *t, const struct generations *siblings, size_t index)
{
    struct list *late = t->followed.files.prev;

    for (size_t i = index + 1; i < siblings->count; i++) {
        struct tail_file *f = tail_inode_file(t, &siblings->items[i].id);

        if (f == NULL || &f->link == late)
            continue;
        list_remove(late);
        list_add_tail(&f->link, late);
        return;
    }
}

/* The name still refers to what was taken for the log; else that was renamed and not truncated, which
 * we are told of. */
static bool is_log_still(const struct known_list *list, const struct generations *siblings)
{
    const struct tail_file *log = list->log;

    for (size_t i = 0; log != NULL && i < siblings->count; i++)
        if (siblings->items[i].is_current)
            return file_id_equal(&siblings->items[i].id, &log->known.identity.id);
    return log == NULL;
}

/* The log by its descriptor, if it cannot be opened by its name now: what was copied of it would have to
 * wait, and be older then than what is known of the log. False: all are to be looked at again. */
static bool log_lend(const struct tail *t, struct generations *siblings)
{
    for (size_t i = 0; i < siblings->count; i++) {
        const struct generation *g = &siblings->items[i];
        struct tail_file *f = NULL;
        bool is_sure;

        if (g->is_current && g->trouble != 0)
            f = tail_inode_file(t, &g->id);
        if (f == NULL || f->source.fd < 0)
            continue;
        is_sure = generations_lend(siblings, f->source.fd);
        tail_file_note_seen(f, g->size_bytes);
        return is_sure;
    }
    return true;
}

/* False when the generations were renamed meanwhile. */
static bool plan_follow(struct known_list *list, const struct found_file *name)
{
    struct generation_saved *saved = mem_alloc(list->count * sizeof *saved);
    struct generations siblings;
    struct generation_plan plan;
    bool is_still = true;
    int rc = generations_read_in(&list->tail->names.beside, name->real, &siblings);

    for (size_t i = 0; i < list->count; i++)
        saved[i] = list->items[i].saved;
    if (rc < 0 && rc != UV_ENOENT)
        tail_again_note(list->tail, name, name->real, rc);
    if (rc == 0)
        is_still = log_lend(list->tail, &siblings);
    if (rc == 0 && (!is_still || !is_log_still(list, &siblings))) {
        generations_free(&siblings);
    } else if (rc == 0) {
        generation_plan(&siblings, saved, list->count, &plan);
        list->is_copied |= plan.is_copied;
        for (size_t i = 0; i < plan.count; i++) {
            const struct list *last = list->tail->followed.files.prev;
            size_t index = plan.reads[i].index;

            list->is_apart = is_apart(list->tail, &siblings, &plan, i);
            list->is_late = is_late(list->tail, &siblings, index);
            is_still &= generation_follow(list, name, &siblings.items[index], &plan.reads[i]);
            if (list->tail->followed.files.prev != last)
                late_one_order(list->tail, &siblings, index);
        }
        tail_again_owe(list->tail, name, list->owed_bytes);
        if (plan.lost_count > 0)
            log_warn(list->tail->told.component,
                     "%zu generations of %s are gone that were not read to their end, as far as is "
                     "known",
                     plan.lost_count, name->path);
        generations_free(&siblings);
    }
    mem_free(saved);
    return is_still;
}

static void known_read_all(struct known_list *list, const struct found_file *name)
{
    known_add_followed(list, name->path);
    known_read(list, name->real);
    if (name->real != name->path)
        known_read(list, name->path);
}

static struct tail_log_known generations_follow(struct tail *t, const struct found_file *name,
                                                bool is_copied, const struct tail_file *log)
{
    struct tail_log_known known = {0};
    bool is_still = false;

    for (unsigned tries = 0; tries < TRIES_MAX && !is_still; tries++) {
        struct known_list list = {.tail = t, .is_copied = is_copied, .log = log};

        known_read_all(&list, name);
        known.is_any = list.count > 0;
        is_still = !known.is_any || plan_follow(&list, name);
        known.is_copied |= list.is_copied;
        mem_free(list.items);
    }
    if (!t->names.is_beside_kept)
        listing_fini(&t->names.beside);
    return known;
}

struct tail_log_known tail_generations_follow(struct tail *t, const struct found_file *name)
{
    return generations_follow(t, name, false, NULL);
}

void tail_copies_follow(struct tail *t, const struct found_file *name, struct tail_file *f)
{
    uint64_t opened = t->input->metrics.files_opened;

    (void)generations_follow(t, name, true, f);
    if (f != NULL && t->input->metrics.files_opened != opened)
        tail_kin_begin_anew(f);
}

void tail_listing_keep(struct tail *t)
{
    t->names.is_beside_kept = true;
}

void tail_listing_drop(struct tail *t)
{
    t->names.is_beside_kept = false;
    listing_fini(&t->names.beside);
}
