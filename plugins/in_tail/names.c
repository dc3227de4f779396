#include "plugins/in_tail/names.h"

#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/generations.h"
#include "plugins/in_tail/kin.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/missing.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/takeover.h"

/*
 * What becomes of names. The name of a log refers to one file after another; each of them is a
 * tail_file of its own, and a name points at the one it refers to now.
 */

static struct tail_file *file_of(struct found_file *name)
{
    return name->user;
}

/* Between the look at its generations and its opening it may have been truncated; or renamed, where it
 * could not be opened: then its last line goes on in the next file. */
static void look_between(struct tail *t, const struct found_file *name, struct tail_file *f)
{
    if (f->source.fd >= 0)
        tail_copies_follow(t, name, f);
    else if (tail_generations_follow(t, name).is_copied)
        tail_kin_begin_anew(f);
}

static void on_found(void *owner, struct found_file *name)
{
    struct tail *t = owner;

    struct tail_log_known known = tail_generations_follow(t, name);
    struct tail_file *f = tail_file_open(t, name, known.is_any);

    t->names.has_found = true;
    name->user = f;
    if (known.is_copied && f != NULL)
        tail_kin_begin_anew(f);
    if (known.is_any && f != NULL && !f->known.is_known)
        look_between(t, name, f);
}

static void on_touched(void *owner, struct found_file *name)
{
    struct tail_file *f = file_of(name);

    if (f == NULL)
        f = tail_file_named_else(owner, name);
    if (f == NULL)
        on_found(owner, name);
    else
        tail_file_tell(f);
}

static void on_replaced(void *owner, struct found_file *name)
{
    if (file_of(name) != NULL)
        tail_file_unname(file_of(name));
    name->user = NULL;
    on_found(owner, name);
}

static void on_gone(void *owner, struct found_file *name)
{
    (void)owner;
    if (file_of(name) != NULL)
        tail_file_unname(file_of(name));
    name->user = NULL;
}

/* A path that is misspelt looks like one whose files are yet to come. */
static void say_none_found(const struct tail *t)
{
    const struct text_list *path = &t->told.files.path;

    log_warn(t->told.component, "no file matches path yet: %s%s; whatever comes is followed",
             path->items[0], path->count > 1 ? " and the others" : "");
}

static void on_scanned(void *owner, bool is_first)
{
    struct tail *t = owner;

    t->names.is_first_scan_over = true;
    if (is_first && !t->names.has_found)
        say_none_found(t);
    if (is_first)
        tail_take_over_end(t);
    if (is_first)
        tail_missing_follow(t);
    if (is_first)
        LIST_FOR (it, &t->followed.files) {
            struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

            if (f->known.is_saved || f->source.fd < 0)
                continue;
            tail_bookmark_save(f);
            tail_file_touch(f);
        }
    if (t->book.positions != NULL && clock_ms() - t->names.started_ms >= TAIL_PRUNE_AFTER_MS &&
        list_is_empty(&t->names.again))
        positions_prune(t->book.positions);
    if (list_is_empty(&t->lanes.together.ready))
        timer_start(t->timers.work, 0);
}

const struct discover_ops tail_discover_ops = {
    .found = on_found,
    .touched = on_touched,
    .replaced = on_replaced,
    .gone = on_gone,
    .scanned = on_scanned,
};
