#include "base/list.h"

void list_init(struct list *head)
{
    head->next = head->prev = head;
}

void list_add_tail(struct list *head, struct list *member)
{
    member->prev = head->prev;
    member->next = head;
    member->prev->next = member;
    head->prev = member;
}

void list_remove(struct list *member)
{
    CHECK(member->prev->next == member && member->next->prev == member);
    member->prev->next = member->next;
    member->next->prev = member->prev;
    list_init(member);
}

bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

bool list_is_linked(const struct list *member)
{
    return member->next != member;
}

void list_add_all(struct list *head, struct list *from)
{
    CHECK(head != from);
    if (list_is_empty(from))
        return;
    from->next->prev = head->prev;
    head->prev->next = from->next;
    from->prev->next = head;
    head->prev = from->prev;
    list_init(from);
}

struct list *list_take_first(struct list *head)
{
    struct list *first = head->next;

    if (first == head)
        return NULL;
    list_remove(first);
    return first;
}
