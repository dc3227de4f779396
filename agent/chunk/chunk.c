#include "chunk/chunk.h"

#include "base/budget.h"
#include "base/clock.h"
#include "base/memory.h"
#include "chunk/record_write.h"
#include "record/copy.h"

#define RUNS_FIRST 8
#define SHARED_FIRST 8

/* The loop's alone, as the references are. */
static struct list living = {&living, &living};

void chunks_each(void (*see)(void *owner, const struct chunk *chunk), void *owner)
{
    LIST_FOR (it, &living)
        see(owner, CONTAINER_OF(it, struct chunk, link));
}

void chunks_ask_again(void)
{
    LIST_FOR (it, &living) {
        struct chunk *chunk = CONTAINER_OF(it, struct chunk, link);

        chunk->can_repeat = true;
        for (uint32_t i = 0; i < chunk->run_count; i++)
            chunk->can_repeat &= chunk->runs[i].origin->can_repeat;
    }
}

struct chunk *chunk_open(output_set outputs)
{
    struct chunk *chunk = mem_zalloc(1, sizeof *chunk);

    CHECK(outputs != 0);
    chunk->refs = 1;
    chunk->can_repeat = chunk->can_leave = true;
    chunk->outputs = outputs;
    chunk->aims = (struct chunk_aims){CHUNK_BYTES_AIM, CHUNK_RENDERED_AIM, UINT32_MAX};
    chunk->room.look_at = CHUNK_BYTES_SMALL;
    chunk->opened_ms = clock_ms();
    chunk->created_wall_ns = clock_wall_ns();
    list_add_tail(&living, &chunk->link);
    return chunk;
}

void chunk_allow_packed(struct chunk *chunk)
{
    CHECK(!chunk->is_sealed);
    CHECK(chunk->record_count == 0);
    chunk->aims.rendered = CHUNK_PACKED_AIM;
}

struct chunk *chunk_ref(struct chunk *chunk)
{
    CHECK(chunk->refs > 0);
    chunk->refs++;
    return chunk;
}

void chunk_unref(struct chunk **address)
{
    struct chunk *chunk = *address;

    *address = NULL;
    if (chunk == NULL)
        return;
    CHECK(chunk->refs > 0);
    if (--chunk->refs > 0)
        return;
    CHECK(list_is_linked(&chunk->link));
    for (uint32_t i = 0; i < chunk->run_count; i++) {
        struct chunk_run *run = &chunk->runs[i];

        budget_give(run->budget, run->memory_bytes);
        origin_unref(&run->origin);
    }
    list_remove(&chunk->link);
    for (uint32_t i = 0; i < chunk->shared.count; i++)
        shared_unref(&chunk->shared.objects[i]);
    MEM_FREE(&chunk->shared.objects);
    MEM_FREE(&chunk->runs);
    buffer_fini(&chunk->bytes);
    arena_fini(&chunk->arena);
    mem_free(chunk);
}

static struct chunk_run *run_add(struct chunk *chunk)
{
    CHECK(!chunk->is_sealed);
    CHECK(chunk->run_count <= chunk->run_capacity);
    if (chunk->run_count == chunk->run_capacity) {
        chunk->run_capacity = chunk->run_capacity          ? chunk->run_capacity * 2
                              : chunk->parcel.rule != NULL ? 1
                                                           : RUNS_FIRST;
        chunk->runs = mem_resize(chunk->runs, chunk->run_capacity, sizeof *chunk->runs);
    }
    return &chunk->runs[chunk->run_count++];
}

struct chunk_run *chunk_run_put(struct chunk *chunk, const struct chunk_run *run)
{
    struct chunk_run *added = run_add(chunk);

    *added = *run;
    if (run->tag.data != run->origin->tag.data)
        added->tag = arena_copy(&chunk->arena, run->tag);
    return added;
}

static struct chunk_run *run_begin(struct chunk *chunk, struct origin *origin, struct slice tag,
                                   uint64_t end)
{
    struct chunk_run *run = chunk_run_put(chunk, &(struct chunk_run){
                                                     .origin = origin_ref(origin),
                                                     .budget = origin->budget,
                                                     .tag = tag,
                                                     .source_bytes = end - origin->window.issued,
                                                 });

    CHECK(end >= origin->window.issued);
    chunk->can_repeat &= origin->can_repeat;
    chunk->can_leave &= origin->can_leave;
    run->span = window_issue(&origin->window, end, chunk->outputs);
    origin->chunking.newest = chunk;
    return run;
}

/* The run that a record of this origin and tag joins: the chunk's last one, as long as no other
 * chunk took a record of the origin meanwhile; else a new one. */
static inline struct chunk_run *chunk_run_for(struct chunk *chunk, struct origin *origin,
                                              struct slice tag, uint64_t end)
{
    struct chunk_run *run;

    if (UNLIKELY(origin->chunking.newest != chunk))
        return run_begin(chunk, origin, tag, end);
    CHECK(chunk->run_count > 0);
    run = &chunk->runs[chunk->run_count - 1];
    if (UNLIKELY(run->origin != origin ||
                 (run->tag.data != tag.data && !slice_equal(run->tag, tag))))
        return run_begin(chunk, origin, tag, end);
    run->source_bytes += end - origin->window.issued;
    window_advance(&origin->window, end);
    return run;
}

static inline void chunk_make_room(struct chunk *chunk)
{
    if (UNLIKELY(chunk->bytes.len > chunk->room.look_at))
        chunk_room_look(chunk);
}

/* A record of `run` stands behind the chunk's bytes, up to `after`. */
static void chunk_count_record(struct chunk *chunk, struct chunk_run *run, const char *after)
{
    size_t added = (size_t)(after - (chunk->bytes.data + chunk->bytes.len));

    chunk->bytes.len += added;
    chunk->record_count++;
    run->record_count++;
    run->memory_bytes += added;
    budget_take(run->budget, added);
}

void chunk_shared_put(struct chunk *chunk, struct shared_object *object)
{
    struct chunk_shared *s = &chunk->shared;

    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : SHARED_FIRST;
        s->objects = mem_resize(s->objects, s->capacity, sizeof(struct shared_object *));
    }
    s->objects[s->count++] = object;
}

/* The records of one stream come one after the other: nearly always it is there. */
static inline void chunk_share(struct chunk *chunk, struct shared_object *object)
{
    struct chunk_shared *s = &chunk->shared;

    s->rendered_bytes += object->list.text.len;
    if (LIKELY(s->count > 0 && s->objects[s->count - 1] == object))
        return;
    chunk_shared_put(chunk, shared_ref(object));
}

static void record_share(struct chunk *chunk, const struct record *record)
{
    for (uint32_t i = 0; i < record->root.count; i++) {
        const struct value *value = &record->root.fields[i].value;

        if (value->kind == VALUE_MEMBERS && value->members->shared != NULL)
            chunk_share(chunk, value->members->shared);
    }
}

void chunk_append(struct chunk *chunk, struct origin *origin, struct slice tag,
                  const struct record *record, uint64_t end)
{
    struct chunk_run *run = chunk_run_for(chunk, origin, tag, end);
    char *to;

    CHECK(!chunk->is_sealed);
    chunk_make_room(chunk);
    to = buffer_reserve(&chunk->bytes, record_write_room(record));
    chunk_count_record(chunk, run, record_write(to, record));
    record_share(chunk, record);
}

void chunk_append_plain(struct chunk *chunk, struct origin *origin,
                        const struct plain_record *plain, uint64_t end)
{
    struct chunk_run *run = chunk_run_for(chunk, origin, origin->tag, end);
    char *to;

    CHECK(!chunk->is_sealed && !plain->may_repeat);
    chunk_make_room(chunk);
    to = buffer_reserve(&chunk->bytes, plain_write_room(plain));
    chunk_count_record(chunk, run, plain_write(to, plain));
    if (plain->shared != NULL)
        chunk_share(chunk, plain->shared);
}

bool chunk_is_full(const struct chunk *chunk)
{
    const struct chunk_aims *aims = &chunk->aims;

    return chunk->bytes.len >= aims->bytes ||
           chunk->bytes.len + chunk->shared.rendered_bytes >= aims->rendered ||
           chunk->record_count >= aims->records;
}

/*
 *   runs    |--- run 0 ---|--- run 1 ---|- run 2 -|
 *   bytes   |---------------------------------------|
 *
 * Each record, and each byte, is one run's; the budgets know of all of them.
 */
static void chunk_check(const struct chunk *chunk)
{
    uint64_t records = 0, bytes = 0;

    CHECK(chunk->bytes.len <= chunk->bytes.capacity);
    CHECK(chunk->refs > 0 && chunk->outputs != 0);
    CHECK(chunk->run_count <= chunk->run_capacity);
    CHECK(chunk->shared.count <= chunk->shared.capacity);
    for (uint32_t i = 0; i < chunk->run_count; i++) {
        records += chunk->runs[i].record_count;
        bytes += chunk->runs[i].memory_bytes;
    }
    CHECK(records == chunk->record_count);
    CHECK(bytes == chunk->bytes.len);
}

void chunk_seal(struct chunk *chunk)
{
    CHECK(!chunk->is_sealed);
    chunk_check(chunk);
    chunk_room_end(chunk);
    chunk->is_sealed = true;
    for (uint32_t i = 0; i < chunk->run_count; i++)
        if (chunk->runs[i].origin->chunking.newest == chunk)
            chunk->runs[i].origin->chunking.newest = NULL;
    if (chunk->bytes.len < chunk->aims.bytes / 2 || chunk->parcel.rule != NULL)
        buffer_shrink(&chunk->bytes, COPY_SLACK);
    buffer_reserve(&chunk->bytes, COPY_SLACK);
    CHECK(chunk->bytes.capacity - chunk->bytes.len >= COPY_SLACK);
}

void chunk_settle(struct chunk *chunk, unsigned output)
{
    CHECK(chunk->outputs >> output & 1);
    CHECK(chunk->is_sealed);
    CHECK(chunk->refs > 0);
    for (uint32_t i = 0; i < chunk->run_count; i++) {
        struct origin *origin = chunk->runs[i].origin;

        window_settle(&origin->window, chunk->runs[i].span, output);
        if (origin->ops->settled != NULL)
            origin->ops->settled(origin);
    }
}

bool chunk_can_repeat(const struct chunk *chunk)
{
    for (uint32_t i = 0; i < chunk->run_count; i++)
        if (!chunk->runs[i].origin->can_repeat)
            return false;
    return true;
}

bool chunk_can_leave(const struct chunk *chunk)
{
    for (uint32_t i = 0; i < chunk->run_count && chunk->can_leave; i++)
        if (!chunk->runs[i].origin->can_leave)
            return false;
    return chunk->can_leave;
}

void chunk_leave(struct chunk *chunk, unsigned output)
{
    CHECK(chunk->outputs >> output & 1);
    CHECK(chunk->is_sealed && chunk->can_leave);
    CHECK(chunk->refs > 0);
    for (uint32_t i = 0; i < chunk->run_count; i++) {
        struct origin *origin = chunk->runs[i].origin;
        uint64_t begin = window_leave(&origin->window, chunk->runs[i].span, output);

        CHECK(origin->ops->left != NULL && begin <= origin->window.issued);
        origin->ops->left(origin, output, begin);
    }
}
