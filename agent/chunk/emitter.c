#include "chunk/emitter.h"

#include "base/memory.h"

struct emitter {
    struct intake *intake;
    struct origin *origin; /* NULL once stopped */
    struct budget budget;
    struct input_metrics metrics;
};

static void origin_gone(struct origin *origin)
{
    origin_fini(origin);
    mem_free(origin);
}

static const struct origin_ops origin_ops = {.free = origin_gone};

static size_t outputs_in(const struct metrics_book *book)
{
    size_t count = 0;

    LIST_FOR (it, (struct list *)(uintptr_t)&book->outputs)
        count++;
    return count;
}

struct emitter *emitter_new(const struct emitter_place *place, struct slice tag)
{
    struct emitter *e = mem_zalloc(1, sizeof *e);

    CHECK(tag.len > 0 && place->name != NULL);
    e->intake = place->intake;
    e->metrics.name = place->name;
    e->metrics.plugin = place->plugin;
    e->metrics.routes = mem_zalloc(outputs_in(place->book), sizeof *e->metrics.routes);
    e->metrics.memory_limit_bytes = place->limit_bytes;
    budget_init(&e->budget, place->budget, place->limit_bytes);
    metrics_add_input(place->book, &e->metrics);
    e->origin = mem_alloc(sizeof *e->origin);
    origin_init_once(e->origin, &origin_ops, tag);
    e->origin->metrics = &e->metrics;
    e->origin->budget = &e->budget;
    return e;
}

void emitter_stop(struct emitter *e)
{
    if (e->origin != NULL)
        origin_unref(&e->origin);
}

void emitter_free(struct emitter **address)
{
    struct emitter *e = *address;

    *address = NULL;
    if (e == NULL)
        return;
    emitter_stop(e);
    CHECK(e->budget.used_bytes == 0);
    list_remove(&e->metrics.link);
    mem_free(e->metrics.routes);
    budget_fini(&e->budget);
    mem_free(e);
}

bool emitter_is_wanted(const struct emitter *e)
{
    CHECK(e->origin != NULL);
    return intake_takes(e->intake, e->origin);
}

bool emitter_has_room(struct emitter *e)
{
    e->metrics.memory_bytes = e->budget.used_bytes;
    e->metrics.is_paused = !budget_has_room(&e->budget);
    return e->metrics.is_paused == 0;
}

struct record *emitter_record(struct emitter *e, int64_t time_ns)
{
    struct record *record = intake_record(e->intake);

    CHECK(e->origin != NULL);
    record->time_ns = time_ns;
    record->offset = e->origin->window.issued;
    return record;
}

void emitter_push(struct emitter *e)
{
    CHECK(e->origin != NULL);
    e->metrics.bytes += intake_push_made(e->intake, e->origin, e->origin->window.issued + 1);
    e->metrics.memory_bytes = e->budget.used_bytes;
}
