#include "plugins/in_tail/generations.h"

#include "plugins/in_tail/again.h"
#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/generations_self.h"
#include "plugins/in_tail/kin.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/open.h"

#include <uv.h>

/*
 * What rotation made of a log while nobody looked: before the agent started, or between two looks.
 *
 *   known_gather       what is known of the log
 *   log_look           what lies beside it; once more, when that is renamed meanwhile
 *   siblings_follow    as the plan says (file/generations.h): what was written and not read is followed to its
 *                      end, oldest first
 *
 * Goes wrong: the directory, or one of them, cannot be read now (again.c).
 */

/* Rotation may be under way while the generations are looked at. */
#define TRIES_MAX 5

/* A log, while its generations are held against what is known of them. */
struct look {
    struct tail *tail;
    const struct found_file *name;
    const struct tail_file *log; /* its name's; NULL: whatever, or none is followed */
    struct known_generations known;
    uint64_t owed_bytes; /* of generations that cannot be read now */
    bool is_copied;      /* the log was copied and truncated: a new one follows nothing */
};

/* Where a generation that is to be read stands among the others. */
struct standing {
    bool is_apart; /* the one after it is not read: nothing follows it */
    bool is_late;  /* one that came after it is followed: it takes nothing over */
};

/* It is unread, and cannot be read now: it gets a row, so that this is still known when those around
 * it have theirs, and though its number may have been another's. */
static void generation_put_off(struct look *look, const struct generation *g, uint64_t offset)
{
    struct found_file file = {.path = look->name->path, .real = g->path, .id = g->id};

    look->owed_bytes += g->size_bytes > offset ? g->size_bytes - offset : 0;
    tail_bookmark_promise(look->tail, &file, g->modified_ns);
}

/* From where its row says; 1, 0 or negative as tail_file_open_generation. */
static int generation_open(const struct look *look, const struct generation *g,
                           const struct generation_read *read, struct standing standing)
{
    const struct known_generation *known = known_find(&look->known, read->key);
    struct tail_start start = {
        .path = g->path,
        .id = &g->id,
        .offset = read->offset,
        .row = read->key,
        .may_be_cut = read->may_be_cut,
        .is_apart = standing.is_apart || (known != NULL ? read->may_be_cut : look->is_copied),
        .note = {.together = read->offset, .is_first = look->is_copied},
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
    start.note.is_first |= standing.is_late;
    if (start.note.together > generation_bytes(g))
        start.note.together = generation_bytes(g);
    log_info(look->tail->told.component,
             "%s is an earlier generation of %s; it is read from byte %llu", g->path,
             look->name->path, (unsigned long long)read->offset);
    return tail_file_open_generation(look->tail, look->name->path, &start);
}

/* It begins as one that was saved, and is another: what of it was read is not known. */
static int generation_open_whole(const struct look *look, const struct generation *g,
                                 struct standing standing)
{
    struct tail_start start = {
        .path = g->path,
        .id = &g->id,
        .is_apart = standing.is_apart || look->is_copied,
        .note.is_first = look->is_copied || standing.is_late,
    };

    log_warn(look->tail->told.component,
             "%s begins like a generation of %s that was read, and goes on otherwise: it is read "
             "from its beginning",
             g->path, look->name->path);
    return tail_file_open_generation(look->tail, look->name->path, &start);
}

/* The log was truncated since it was opened, and goes on in what has that which it held then. */
static bool is_copy_of_log(const struct look *look, const struct generation *g)
{
    const struct tail_file *log = look->log;

    return log != NULL && log->source.fd >= 0 && g->trouble == 0 &&
           file_content_match(&log->known.identity, slice_make(g->head, g->head_len)) &&
           tail_file_is_rewritten(log);
}

/* False when the generation is somewhere else by now. */
static bool generation_follow(struct look *look, const struct generation *g,
                              const struct generation_read *read, struct standing standing)
{
    const struct known_generation *known = known_find(&look->known, read->key);
    int rc = read->trouble;

    if (g->is_current || read->is_new || (known != NULL && known->is_followed))
        return true;
    if (known == NULL && is_copy_of_log(look, g))
        return true;
    if (rc == 0)
        rc = generation_open(look, g, read, standing);
    if (rc == UV_ERANGE)
        rc = generation_open_whole(look, g, standing);
    if (rc < 0) {
        tail_again_note(look->tail, look->name, read->is_doubtful ? look->name->path : g->path, rc);
        if (!read->is_doubtful)
            generation_put_off(look, g, read->offset);
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
        tail_namesakes_order(CONTAINER_OF(late, struct tail_file, link), f);
        return;
    }
}

/* The name still refers to what was taken for the log; else that was renamed and not truncated, which
 * we are told of. */
static bool is_log_still(const struct look *look, const struct generations *siblings)
{
    const struct tail_file *log = look->log;

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

static void plan_make(const struct look *look, const struct generations *siblings,
                      struct generation_plan *plan_out)
{
    const struct known_generations *known = &look->known;
    struct generation_saved *saved = mem_alloc(known->count * sizeof *saved);

    for (size_t i = 0; i < known->count; i++)
        saved[i] = known->items[i].saved;
    generation_plan(siblings, saved, known->count, plan_out);
    mem_free(saved);
}

/* False when they were renamed meanwhile. */
static bool siblings_follow(struct look *look, const struct generations *siblings)
{
    const struct list *files = &look->tail->followed.files;
    struct generation_plan plan;
    bool is_still = true;

    plan_make(look, siblings, &plan);
    look->is_copied |= plan.is_copied;
    for (size_t i = 0; i < plan.count; i++) {
        const struct list *last = files->prev;
        size_t index = plan.reads[i].index;
        struct standing standing = {.is_apart = is_apart(look->tail, siblings, &plan, i),
                                    .is_late = is_late(look->tail, siblings, index)};

        is_still &= generation_follow(look, &siblings->items[index], &plan.reads[i], standing);
        if (files->prev != last)
            late_one_order(look->tail, siblings, index);
    }
    tail_again_owe(look->tail, look->name, look->owed_bytes);
    if (plan.lost_count > 0)
        log_warn(look->tail->told.component,
                 "%zu generations of %s are gone that were not read to their end, as far as is "
                 "known",
                 plan.lost_count, look->name->path);
    return is_still;
}

/* False when it is to be done once more. */
static bool log_look(struct look *look)
{
    struct generations siblings;
    bool is_sure;
    int rc = generations_read_in(&look->tail->names.beside, look->name->real, &siblings);

    if (rc < 0) {
        if (rc != UV_ENOENT)
            tail_again_note(look->tail, look->name, look->name->real, rc);
        return true;
    }
    is_sure = log_lend(look->tail, &siblings);
    if (is_sure && is_log_still(look, &siblings))
        is_sure = siblings_follow(look, &siblings);
    generations_free(&siblings);
    return is_sure;
}

/* Until the next turn: of many logs that were renamed at once not each reads the directory anew. */
static void listing_leave(struct tail *t)
{
    if (t->timers.work != NULL)
        timer_start_sooner(t->timers.work, 0);
    else
        tail_listing_drop(t);
}

static struct tail_log_known generations_follow(struct tail *t, const struct found_file *name,
                                                bool is_copied, const struct tail_file *log)
{
    struct tail_log_known known = {0};
    bool is_over = false;

    for (unsigned tries = 0; tries < TRIES_MAX && !is_over; tries++) {
        struct look look = {
            .tail = t,
            .name = name,
            .log = log,
            .known = {.tail = t, .is_copied = is_copied},
            .is_copied = is_copied,
        };

        known_gather(&look.known, name);
        known.is_any = look.known.count > 0;
        is_over = !known.is_any || log_look(&look);
        known.is_copied |= look.is_copied;
        known_fini(&look.known);
    }
    if (!t->names.is_beside_kept)
        listing_leave(t);
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
    tail_namesakes_forget(t);
}
