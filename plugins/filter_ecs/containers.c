#include "plugins/filter_ecs/containers.h"

static struct container *container_at(struct list *link)
{
    return CONTAINER_OF(link, struct container, link);
}

static void container_check(const struct container *c)
{
    CHECK(list_is_linked(&c->link));
    CHECK(list_is_linked(&c->queue) == (c->answer == ECS_NOT_YET));
    CHECK(c->block == NULL || c->answer == ECS_KNOWN);
}

void containers_init(struct containers *all, uint64_t ttl_ms)
{
    *all = (struct containers){.ttl_ms = ttl_ms};
    map_init(&all->by_id);
    list_init(&all->all);
    list_init(&all->news);
    list_init(&all->again);
}

static void container_forget(struct containers *all, struct container *c)
{
    struct container *was = map_remove(&all->by_id, slice_of(c->id));

    CHECK(was == c && c != all->asked);
    if (all->last == c)
        all->last = NULL;
    list_remove(&c->link);
    list_remove(&c->queue);
    shared_unref(&c->block);
    mem_free(c);
}

void containers_fini(struct containers *all)
{
    all->asked = NULL;
    LIST_FOR_SAFE (it, after, &all->all)
        container_forget(all, container_at(it));
    CHECK(all->by_id.count == 0);
    CHECK(list_is_empty(&all->news) && list_is_empty(&all->again));
    map_fini(&all->by_id);
}

/* Those that nobody has looked for during the time that they are kept; and one more where it is
 * full. */
static void containers_thin(struct containers *all)
{
    uint64_t now_ms = clock_ms();

    LIST_FOR_SAFE (it, after, &all->all) {
        struct container *c = container_at(it);
        bool is_over = now_ms - c->used_ms > all->ttl_ms;

        if (!is_over && all->by_id.count < ECS_CONTAINERS_MAX)
            return;
        if (c != all->asked)
            container_forget(all, c);
    }
}

void container_queue(struct list *queue, struct container *c, uint64_t wait_ms)
{
    c->answer = ECS_NOT_YET;
    c->due_ms = clock_ms() + wait_ms;
    list_remove(&c->queue);
    list_add_tail(queue, &c->queue);
    container_check(c);
}

struct container *containers_first(struct list *queue)
{
    return list_is_empty(queue) ? NULL : CONTAINER_OF(queue->next, struct container, queue);
}

void container_answer(struct container *c, enum ecs_answer answer)
{
    CHECK(c->answer == ECS_NOT_YET && answer != ECS_NOT_YET);
    c->answer = answer;
    list_remove(&c->queue);
    container_check(c);
}

static struct container *container_new(struct containers *all, struct slice id)
{
    struct container *c = mem_zalloc(1, sizeof *c);
    void *other;

    CHECK(id.len == ECS_ID_LEN);
    containers_thin(all);
    memcpy(c->id, id.data, id.len);
    other = map_put(&all->by_id, id, c);
    CHECK(other == NULL && all->by_id.count <= ECS_CONTAINERS_MAX);
    list_init(&c->queue);
    list_add_tail(&all->all, &c->link);
    container_queue(&all->news, c, 0);
    return c;
}

/* It was used later than all others. */
static void container_use(struct containers *all, struct container *c)
{
    c->used_ms = clock_ms();
    if (LIKELY(all->last == c))
        return;
    all->last = c;
    list_remove(&c->link);
    list_add_tail(&all->all, &c->link);
}

struct container *containers_find(struct containers *all, struct slice id, bool *is_new)
{
    struct container *c = all->last;

    if (UNLIKELY(c == NULL || memcmp(c->id, id.data, ECS_ID_LEN) != 0))
        c = map_get(&all->by_id, id);
    *is_new = c == NULL;
    if (UNLIKELY(c == NULL))
        c = container_new(all, id);
    container_use(all, c);
    if (UNLIKELY(c->answer == ECS_NONE && c->used_ms >= c->due_ms)) {
        c->failures = 0;
        container_queue(&all->news, c, 0);
        *is_new = true;
    }
    return c;
}

size_t containers_waiting(const struct containers *all)
{
    size_t count = 0;

    LIST_FOR (it, (struct list *)(uintptr_t)&all->news)
        count++;
    LIST_FOR (it, (struct list *)(uintptr_t)&all->again)
        count++;
    return count;
}
