#include "plugins/in_tail/tail.h"

#include <stdlib.h>

/*
 * What rotation made of a log while nobody looked: before the agent started, or between two looks.
 *
 * The generations that lie beside the log are held against what was saved of it, and against the
 * files that are followed now; what was written and not read is followed to its end, oldest first.
 */

/* More rows of one log than that are not looked at. */
#define KNOWN_MAX 256

struct known {
    struct generation_saved saved;
    uint64_t stream_id;
    bool is_followed;
};

/* All that is known of one log. */
struct known_list {
    struct tail *tail;
    struct known *items;
    size_t count;
};

static const struct known *known_find(const struct known_list *list, int64_t row)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].saved.key == row)
            return &list->items[i];
    return NULL;
}

static void known_add(struct known_list *list, struct known known)
{
    if (list->count == KNOWN_MAX || known_find(list, known.saved.key) != NULL)
        return;
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = known;
}

/* Fluent Bit's rows have no print of the content; its offset in a .gz counts compressed bytes. */
static bool on_row(void *owner, const struct position *p)
{
    struct known_list *list = owner;

    if (p->is_foreign && slice_ends(slice_of(p->name), SLICE(".gz")))
        return true;
    known_add(list, (struct known){
                        .saved = {.key = p->row,
                                  .identity = p->identity,
                                  .offset = p->offset,
                                  .is_done = p->is_done,
                                  .saved_ns = p->saved_ns},
                        .stream_id = p->note ? strtoull(p->note, NULL, 16) : 0,
                        .is_followed = tail_row_file(list->tail, p->row) != NULL,
                    });
    return true;
}

static void known_read(struct known_list *list, const char *path)
{
    if (path != NULL && list->tail->positions != NULL &&
        positions_find_path(list->tail->positions, path, on_row, list) < 0)
        log_warn(list->tail->component, "what was saved of %s cannot be read", path);
}

/* Of the files that are followed only those count that the name went away from. */
static void known_add_followed(struct known_list *list, const char *path)
{
    if (list->tail->unnamed_count == 0)
        return;
    LIST_FOR (it, &list->tail->files) {
        const struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (f->fd >= 0 && strcmp(f->path, path) == 0)
            known_add(
                list,
                (struct known){
                    .saved = {.key = f->row, .identity = f->identity, .offset = f->state.read},
                    .stream_id = f->origin.id,
                    .is_followed = true,
                });
    }
}

static void generation_follow(const struct known_list *list, const struct found_file *name,
                              const struct generation *g, const struct generation_read *read)
{
    const struct known *known = known_find(list, read->key);
    struct tail_start start = {
        .path = g->path,
        .offset = read->offset,
        .row = read->key,
        .stream_id = known ? known->stream_id : 0,
    };

    if (g->is_current || read->is_new || (known != NULL && known->is_followed))
        return;
    log_info(list->tail->component, "%s is an earlier generation of %s; it is read from byte %llu",
             g->path, name->path, (unsigned long long)read->offset);
    tail_file_open_generation(list->tail, name->path, &start);
}

static void plan_follow(const struct known_list *list, const struct found_file *name)
{
    struct generation_saved *saved = mem_alloc(list->count * sizeof *saved);
    struct generations siblings;
    struct generation_plan plan;

    for (size_t i = 0; i < list->count; i++)
        saved[i] = list->items[i].saved;
    if (generations_read(name->real, &siblings) == 0) {
        generation_plan(&siblings, saved, list->count, &plan);
        for (size_t i = 0; i < plan.count; i++)
            generation_follow(list, name, &siblings.items[plan.reads[i].index], &plan.reads[i]);
        if (plan.lost_count > 0)
            log_warn(list->tail->component,
                     "%zu generations of %s are gone that were not read to their end",
                     plan.lost_count, name->path);
        generations_free(&siblings);
    }
    mem_free(saved);
}

void tail_generations_follow(struct tail *t, const struct found_file *name)
{
    struct known_list list = {.tail = t};

    known_add_followed(&list, name->path);
    known_read(&list, name->real);
    if (name->real != name->path)
        known_read(&list, name->path);
    if (list.count > 0)
        plan_follow(&list, name);
    mem_free(list.items);
}
