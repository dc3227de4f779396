/*
 * A list that lives inside its members: a doubly linked ring with a head. Adding and removing
 * cost O(1) and no memory. A member is in at most one list per link.
 */
#ifndef TAILRACE_BASE_LIST_H
#define TAILRACE_BASE_LIST_H

#include "base/check.h"

struct list {
    struct list *next;
    struct list *prev;
};

void list_init(struct list *head);
void list_add_tail(struct list *head, struct list *member);

/* The member is in no list afterwards; removing it again does nothing. */
void list_remove(struct list *member);

bool list_is_empty(const struct list *head);

/* Whether the member is in a list; needs list_init or a removal before its first use. */
bool list_is_linked(const struct list *member);

/* The members of `from` stand behind those of the list, in their order; `from` is empty. */
void list_add_all(struct list *head, struct list *from);

/* Takes the first member out, or NULL. */
struct list *list_take_first(struct list *head);

#define LIST_FOR(it, head) for (struct list *it = (head)->next; it != (head); it = it->next)

/* `it` may be removed or freed inside the loop. */
#define LIST_FOR_SAFE(it, after, head)                                    \
    for (struct list *it = (head)->next, *after = it->next; it != (head); \
         it = after, after = it->next)

#endif
