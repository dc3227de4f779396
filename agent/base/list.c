#include "base/list.h"

void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static void list_link(struct list *before, struct list *member, struct list *after)
{
    member->prev = before;
    member->next = after;
    before->next = member;
    after->prev = member;
}

void list_add_tail(struct list *head, struct list *member)
{
    list_link(head->prev, member, head);
}

void list_add_head(struct list *head, struct list *member)
{
    list_link(head, member, head->next);
}

void list_remove(struct list *member)
{
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

struct list *list_take_first(struct list *head)
{
    struct list *first = head->next;

    if (first == head)
        return NULL;
    list_remove(first);
    return first;
}
