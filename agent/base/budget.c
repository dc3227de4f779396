#include "base/budget.h"

static uint64_t waiting_cost(uint64_t bytes);

/*
 *   0            requests, waiting lines, records          used         limit
 *   |------------------------------------------------------|-------------|
 *
 * What requests hold, and what waiting lines cost, is a part of what is used. It may exceed the limit:
 * what was read is kept.
 */
static void budget_check(const struct budget *b)
{
    CHECK(b->request_bytes <= b->used_bytes);
    CHECK(waiting_cost(b->waiting_bytes) <= b->used_bytes);
    CHECK(b->used_bytes <= b->peak_bytes);
    CHECK(b->reserved_bytes <= b->limit_bytes / 2);
}

void budget_init(struct budget *b, struct budget *parent, uint64_t limit_bytes)
{
    CHECK(parent != b);
    *b = (struct budget){.parent = parent, .limit_bytes = limit_bytes};
    list_init(&b->waiters);
}

void budget_fini(struct budget *b)
{
    budget_check(b);
    CHECK(b->used_bytes == 0);
    CHECK(list_is_empty(&b->waiters));
    CHECK(!b->has_guest);
}

static void level_take(struct budget *b, uint64_t bytes)
{
    b->used_bytes += bytes;
    if (b->used_bytes > b->peak_bytes)
        b->peak_bytes = b->used_bytes;
    if (b->used_bytes > b->recent_peak_bytes)
        b->recent_peak_bytes = b->used_bytes;
}

void budget_take(struct budget *b, size_t bytes)
{
    for (; b != NULL; b = b->parent)
        level_take(b, bytes);
}

uint64_t budget_room_bytes(const struct budget *b)
{
    return b->limit_bytes - b->reserved_bytes;
}

/* Requests that outgrow what is reserved for them take from the rest. */
static uint64_t used_of_share(const struct budget *b)
{
    uint64_t requests = b->request_bytes;

    return b->used_bytes - (requests < b->reserved_bytes ? requests : b->reserved_bytes);
}

static bool is_over(const struct budget *b)
{
    return b->limit_bytes != 0 && used_of_share(b) >= budget_room_bytes(b);
}

static bool is_eased(const struct budget *b)
{
    return b->limit_bytes == 0 ||
           used_of_share(b) <= budget_room_bytes(b) - budget_room_bytes(b) / 4;
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

    CHECK(b->is_full);
    budget_turn(b, false);
    list_init(&told);
    while (!list_is_empty(&b->waiters))
        list_add_tail(&told, list_take_first(&b->waiters));
    while (!list_is_empty(&told)) {
        struct budget_waiter *w = CONTAINER_OF(list_take_first(&told), struct budget_waiter, link);

        w->has_room(w);
    }
}

void budget_limit(struct budget *b, uint64_t limit_bytes)
{
    CHECK(b->reserved_bytes == 0); /* a part of the limit there was */
    b->limit_bytes = limit_bytes;
    if (b->is_full && is_eased(b))
        tell_waiters(b);
}

static void level_give(struct budget *b, uint64_t bytes)
{
    CHECK(b->used_bytes >= bytes);
    b->used_bytes -= bytes;
    budget_check(b);
    if (b->is_full && is_eased(b))
        tell_waiters(b);
}

void budget_give(struct budget *b, size_t bytes)
{
    for (; b != NULL; b = b->parent)
        level_give(b, bytes);
}

/* Texts that grow side by side leave holes in the heap, as large as they are. */
static uint64_t waiting_cost(uint64_t bytes)
{
    return bytes <= BUDGET_WAITING_FEW ? bytes : 2 * bytes - BUDGET_WAITING_FEW;
}

void budget_wait_bytes(struct budget *b, size_t before_bytes, size_t bytes)
{
    for (; b != NULL; b = b->parent) {
        uint64_t cost_before = waiting_cost(b->waiting_bytes), cost;

        CHECK(b->waiting_bytes >= before_bytes);
        b->waiting_bytes += bytes;
        b->waiting_bytes -= before_bytes;
        cost = waiting_cost(b->waiting_bytes);
        if (cost > cost_before)
            level_take(b, cost - cost_before);
        else if (cost < cost_before)
            level_give(b, cost_before - cost);
    }
}

static bool waits_more(const struct budget *b, unsigned percent)
{
    for (; b != NULL; b = b->parent)
        if (b->limit_bytes != 0 &&
            waiting_cost(b->waiting_bytes) > budget_room_bytes(b) / 100 * percent)
            return true;
    return false;
}

bool budget_is_clogged(const struct budget *b)
{
    return waits_more(b, BUDGET_WAITING_PERCENT);
}

bool budget_waits_much(const struct budget *b)
{
    return waits_more(b, BUDGET_WAITING_PERCENT / 2);
}

bool budget_guest_enter(struct budget *b)
{
    const struct budget *each;

    for (each = b; each != NULL; each = each->parent)
        if (each->has_guest)
            return false;
    for (; b != NULL; b = b->parent)
        b->has_guest = true;
    return true;
}

void budget_guest_leave(struct budget *b)
{
    for (; b != NULL; b = b->parent) {
        CHECK(b->has_guest);
        b->has_guest = false;
    }
}

bool budget_is_light(const struct budget *b)
{
    for (; b != NULL; b = b->parent) {
        uint64_t used = used_of_share(b), waiting = waiting_cost(b->waiting_bytes);

        if (b->limit_bytes != 0 && used > waiting &&
            used - waiting > budget_room_bytes(b) / 100 * BUDGET_LIGHT_PERCENT)
            return false;
    }
    return true;
}

uint64_t budget_recent_peak(struct budget *b)
{
    uint64_t peak = b->recent_peak_bytes;

    b->recent_peak_bytes = b->used_bytes;
    return peak;
}

void budget_reserve(struct budget *b, size_t bytes)
{
    uint64_t most = b->limit_bytes / 2;

    b->reserved_bytes += bytes;
    if (b->reserved_bytes > most)
        b->reserved_bytes = most;
    budget_check(b);
}

void budget_take_request(struct budget *b, size_t bytes)
{
    b->request_bytes += bytes;
    budget_take(b, bytes);
}

void budget_give_request(struct budget *b, size_t bytes)
{
    CHECK(b->request_bytes >= bytes);
    b->request_bytes -= bytes;
    budget_give(b, bytes);
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
    CHECK(has_room != NULL);
    list_init(&w->link);
    w->has_room = has_room;
}

void budget_waiter_stop(struct budget_waiter *w)
{
    list_remove(&w->link);
}
