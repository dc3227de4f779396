#include "base/budget.h"

void budget_init(struct budget *b, struct budget *parent, uint64_t limit_bytes)
{
    *b = (struct budget){.parent = parent, .limit_bytes = limit_bytes};
    list_init(&b->waiters);
}

void budget_fini(struct budget *b)
{
    CHECK(b->used_bytes == 0);
    CHECK(list_is_empty(&b->waiters));
}

void budget_take(struct budget *b, size_t bytes)
{
    for (; b != NULL; b = b->parent) {
        b->used_bytes += bytes;
        if (b->used_bytes > b->peak_bytes)
            b->peak_bytes = b->used_bytes;
    }
}

static bool is_over(const struct budget *b)
{
    return b->limit_bytes != 0 && b->used_bytes >= b->limit_bytes;
}

static bool is_eased(const struct budget *b)
{
    return b->limit_bytes == 0 || b->used_bytes <= b->limit_bytes - b->limit_bytes / 4;
}

static void budget_turn(struct budget *b, bool is_full)
{
    if (b->is_full == is_full)
        return;
    b->is_full = is_full;
    if (b->turned != NULL)
        b->turned(b);
}

static void tell_waiters(struct budget *b)
{
    struct list told;

    budget_turn(b, false);
    list_init(&told);
    while (!list_is_empty(&b->waiters))
        list_add_tail(&told, list_take_first(&b->waiters));
    while (!list_is_empty(&told)) {
        struct budget_waiter *w = CONTAINER_OF(list_take_first(&told), struct budget_waiter, link);

        w->has_room(w);
    }
}

void budget_give(struct budget *b, size_t bytes)
{
    for (; b != NULL; b = b->parent) {
        CHECK(b->used_bytes >= bytes);
        b->used_bytes -= bytes;
        if (b->is_full && is_eased(b))
            tell_waiters(b);
    }
}

static struct budget *budget_full_one(struct budget *b)
{
    for (; b != NULL; b = b->parent) {
        if (is_over(b))
            budget_turn(b, true);
        if (b->is_full)
            return b;
    }
    return NULL;
}

bool budget_has_room(struct budget *b)
{
    return budget_full_one(b) == NULL;
}

void budget_wait(struct budget *b, struct budget_waiter *waiter)
{
    struct budget *full = budget_full_one(b);

    CHECK(full != NULL);
    list_remove(&waiter->link);
    list_add_tail(&full->waiters, &waiter->link);
}

void budget_waiter_init(struct budget_waiter *w, void (*has_room)(struct budget_waiter *waiter))
{
    list_init(&w->link);
    w->has_room = has_room;
}

void budget_waiter_stop(struct budget_waiter *w)
{
    list_remove(&w->link);
}
