#include "sim/agenda.h"

#include "base/clock.h"

static struct list agenda = {&agenda, &agenda};

static struct agenda_item *item_at(struct list *link)
{
    return CONTAINER_OF(link, struct agenda_item, link);
}

void agenda_item_init(struct agenda_item *item, agenda_fn *happens, void *owner)
{
    *item = (struct agenda_item){.happens = happens, .owner = owner};
    list_init(&item->link);
}

void agenda_put(struct agenda_item *item, uint64_t wait_ms)
{
    struct list *after = &agenda;

    list_remove(&item->link);
    item->due_ms = clock_ms() + wait_ms;
    while (after->prev != &agenda && item_at(after->prev)->due_ms > item->due_ms)
        after = after->prev;
    list_add_tail(after, &item->link);
}

void agenda_remove(struct agenda_item *item)
{
    list_remove(&item->link);
}

bool agenda_turn(void)
{
    struct list due;
    bool has_happened;

    list_init(&due);
    while (!list_is_empty(&agenda) && item_at(agenda.next)->due_ms <= clock_ms())
        list_add_tail(&due, list_take_first(&agenda));
    has_happened = !list_is_empty(&due);
    while (!list_is_empty(&due)) {
        struct agenda_item *item = item_at(list_take_first(&due));

        item->happens(item->owner);
    }
    return has_happened;
}

uint64_t agenda_next_ms(void)
{
    return list_is_empty(&agenda) ? UINT64_MAX : item_at(agenda.next)->due_ms;
}
