#include "plugins/in_tail/namesakes.h"

#include "plugins/in_tail/tail.h"

static void note(struct tail *t, struct tail_file *f)
{
    if (map_put(&t->names.sakes.by_path, slice_of(f->log.path), f) != NULL)
        (void)map_put(&t->names.sakes.by_path, slice_of(f->log.path), &t->followed.files);
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

void tail_namesakes_forget(struct tail *t)
{
    map_fini(&t->names.sakes.by_path);
    t->names.sakes.is_known = false;
}

bool tail_may_follow_path(struct tail *t, const char *path)
{
    return !learn(t) || map_get(&t->names.sakes.by_path, slice_of(path)) != NULL;
}

bool tail_file_is_only(struct tail_file *f)
{
    return learn(f->tail) && map_get(&f->tail->names.sakes.by_path, slice_of(f->log.path)) == f;
}
