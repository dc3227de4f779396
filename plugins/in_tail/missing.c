#include "plugins/in_tail/missing.h"

#include "plugins/in_tail/generations.h"
#include "plugins/in_tail/note.h"
#include "plugins/in_tail/tail.h"

#include <string.h>
#include <uv.h>

/*
 * Logs that are known, and of which nothing has the name when the tail starts: their writers were stopped,
 * or have not begun the next file yet. What rotation made of them lies there, and who knows when the name
 * comes back; so it is looked for after the first scan, and not with the name.
 */

struct missing_log {
    struct list link;
    char *path;
    char *real;   /* where the file of that name lay; NULL: not known */
    bool is_link; /* not beside that name */
};

struct missing {
    struct tail *tail;
    struct map by_path;
    struct list logs;
};

static struct missing_log *log_note(struct missing *missing, const char *path)
{
    struct missing_log *log = map_get(&missing->by_path, slice_of(path));

    if (log != NULL)
        return log;
    log = mem_zalloc(1, sizeof *log);
    log->path = mem_text(path);
    list_add_tail(&missing->logs, &log->link);
    (void)map_put(&missing->by_path, slice_of(path), log);
    return log;
}

/* The row of a rotated file says where that lies, as may the row of one that could not be opened. */
static bool is_of_log(const struct tail *t, const struct position *p)
{
    struct tail_note note;

    tail_note_read(p->note, p->offset, t->input->lanes, &note);
    return !p->is_rotated && note.modified_ns == 0;
}

static bool is_beside(const char *path, const char *other)
{
    const char *name = strrchr(path, '/'), *other_name = strrchr(other, '/');

    if (name == NULL || other_name == NULL)
        return name == other_name;
    return name - path == other_name - other && memcmp(path, other, (size_t)(name - path)) == 0;
}

static bool on_row(void *owner, const struct position *p)
{
    struct missing *missing = owner;
    struct missing_log *log;

    if (!discover_misses(missing->tail->names.discover, p->name))
        return true;
    log = log_note(missing, p->name);
    if (p->real == NULL)
        return true;
    if (log->real == NULL && is_of_log(missing->tail, p))
        log->real = mem_text(p->real);
    log->is_link |= !is_beside(p->name, p->real);
    return true;
}

static bool has_generations(struct tail *t, const char *real)
{
    int rc = generations_find(&t->names.beside, real);

    return rc < 0 ? rc != UV_ENOENT : rc > 0;
}

/* One that was deleted with all of its generations is not spoken of; nor is anything sought beside a link,
 * where there may be many, and none has generations. */
static void log_follow(struct tail *t, const struct missing_log *log)
{
    struct found_file name = {.path = log->path, .real = log->path};

    if (log->real == NULL && log->is_link)
        return;
    if (log->real != NULL)
        name.real = log->real;
    if (has_generations(t, name.real))
        (void)tail_generations_follow(t, &name);
}

static void log_free(struct missing_log *log)
{
    list_remove(&log->link);
    mem_free(log->path);
    mem_free(log->real);
    mem_free(log);
}

void tail_missing_follow(struct tail *t)
{
    struct missing missing = {.tail = t};

    if (t->book.positions == NULL)
        return;
    map_init(&missing.by_path);
    list_init(&missing.logs);
    if (positions_each(t->book.positions, on_row, &missing) < 0)
        log_warn(t->told.component, "what was saved of logs that are not there cannot be read");
    LIST_FOR_SAFE (it, after, &missing.logs) {
        struct missing_log *log = CONTAINER_OF(it, struct missing_log, link);

        log_follow(t, log);
        log_free(log);
    }
    map_fini(&missing.by_path);
}
