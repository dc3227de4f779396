/*
 * The agenda: everything that is to happen at a time of the fake clock. Timers and jobs of the
 * agent, requests on their way and the world's own doings stand in it side by side, and come out in
 * the order of their times; where the times are equal, in the order they were put in.
 *
 * Thread   one. A thing is the caller's storage; it is in the agenda once or not at all.
 */
#ifndef TAILRACE_SIM_AGENDA_H
#define TAILRACE_SIM_AGENDA_H

#include "base/list.h"

typedef void agenda_fn(void *owner);

struct agenda_item {
    struct list link;
    uint64_t due_ms;
    agenda_fn *happens;
    void *owner;
};

/* Once, before its first use. */
void agenda_item_init(struct agenda_item *item, agenda_fn *happens, void *owner);

/* In `wait_ms`; an item that is in the agenda moves. */
void agenda_put(struct agenda_item *item, uint64_t wait_ms);
void agenda_remove(struct agenda_item *item);

/* What is due now happens; what that puts in waits for the next turn. Whether anything was due. */
bool agenda_turn(void);

/* When the next thing is due; UINT64_MAX when there is none. */
uint64_t agenda_next_ms(void);

#endif
