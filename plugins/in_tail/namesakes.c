#include "plugins/in_tail/namesakes.h"

#include "plugins/in_tail/tail.h"

#include <string.h>

static struct tail_file *ring_first(const struct tail *t, const char *path)
{
    return map_get(&t->names.sakes.by_path, slice_of(path));
}

static void note(struct tail *t, struct tail_file *f)
{
    struct tail_file *first = ring_first(t, f->log.path);

    list_init(&f->sakes);
    if (first != NULL)
        list_add_tail(&first->sakes, &f->sakes);
    else
        (void)map_put(&t->names.sakes.by_path, slice_of(f->log.path), f);
}

/* Whether it is known. */
static bool learn(struct tail *t)
{
    if (t->names.sakes.is_known || !t->names.is_beside_kept)
        return t->names.sakes.is_known;
    CHECK(t->names.sakes.by_path.count == 0);
    LIST_FOR (it, &t->followed.files)
        note(t, CONTAINER_OF(it, struct tail_file, link));
    t->names.sakes.is_known = true;
    return true;
}

void tail_namesakes_note(struct tail_file *f)
{
    if (f->tail->names.sakes.is_known)
        note(f->tail, f);
}

void tail_namesakes_leave(struct tail_file *f)
{
    struct tail *t = f->tail;

    if (!t->names.sakes.is_known)
        return;
    if (ring_first(t, f->log.path) == f) {
        (void)map_remove(&t->names.sakes.by_path, slice_of(f->log.path));
        if (!list_is_empty(&f->sakes))
            (void)map_put(&t->names.sakes.by_path, slice_of(f->log.path),
                          CONTAINER_OF(f->sakes.next, struct tail_file, sakes));
    }
    list_remove(&f->sakes);
}

void tail_namesakes_order(struct tail_file *late, struct tail_file *next)
{
    struct tail *t = late->tail;

    if (!t->names.sakes.is_known || late == next || strcmp(late->log.path, next->log.path) != 0)
        return;
    tail_namesakes_leave(late);
    list_add_tail(&next->sakes, &late->sakes);
    if (ring_first(t, next->log.path) == next)
        (void)map_put(&t->names.sakes.by_path, slice_of(late->log.path), late);
}

void tail_namesakes_forget(struct tail *t)
{
    map_fini(&t->names.sakes.by_path);
    t->names.sakes.is_known = false;
}

bool tail_file_is_only(struct tail_file *f)
{
    return learn(f->tail) && list_is_empty(&f->sakes);
}

/* ---- one after the other ---- */

static struct tail_file *walk_from(struct tail *t, struct list *it, const char *path)
{
    for (; it != &t->followed.files; it = it->next) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (strcmp(f->log.path, path) == 0)
            return f;
    }
    return NULL;
}

struct tail_file *tail_namesake_first(struct tail *t, const char *path)
{
    return learn(t) ? ring_first(t, path) : walk_from(t, t->followed.files.next, path);
}

struct tail_file *tail_namesake_next(const struct tail_file *f)
{
    struct tail *t = f->tail;
    struct tail_file *next;

    if (!t->names.sakes.is_known)
        return walk_from(t, f->link.next, f->log.path);
    next = CONTAINER_OF(f->sakes.next, struct tail_file, sakes);
    return next != ring_first(t, f->log.path) ? next : NULL;
}
