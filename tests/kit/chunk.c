#include "kit/chunk.h"

#include "base/budget.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/memory.h"

struct chunk_maker {
    struct chunk *chunk;
    struct record record;
    struct json_scanner json;
    struct map origins; /* by tag */
    int64_t next_ns;
};

static void origin_gone(struct origin *origin)
{
    origin_fini(origin);
    mem_free(origin);
}

static const struct origin_ops origin_ops = {.free = origin_gone};

/* Lives as long as the process, because chunks outlive their maker. */
static struct budget *kit_budget(void)
{
    static struct budget budget;

    if (budget.waiters.next == NULL)
        budget_init(&budget, NULL, 0);
    return &budget;
}

static struct origin *maker_origin(struct chunk_maker *maker, const char *tag)
{
    struct origin *origin = map_get(&maker->origins, slice_of(tag));

    if (origin != NULL)
        return origin;
    origin = mem_alloc(sizeof *origin);
    origin_init(origin, &origin_ops, slice_of(tag), 0);
    origin->id = slice_hash(slice_of(tag));
    origin->can_repeat = true;
    origin->budget = kit_budget();
    map_put(&maker->origins, slice_of(tag), origin);
    return origin;
}

struct chunk_maker *chunk_maker_new(void)
{
    struct chunk_maker *maker = mem_zalloc(1, sizeof *maker);

    maker->chunk = chunk_open(1);
    maker->next_ns = CHUNK_KIT_NS;
    record_init(&maker->record);
    json_scanner_init(&maker->json);
    return maker;
}

struct record *chunk_maker_record(struct chunk_maker *maker)
{
    record_reset(&maker->record);
    maker->record.time_ns = maker->next_ns;
    return &maker->record;
}

void chunk_maker_push(struct chunk_maker *maker, const char *tag)
{
    struct origin *origin = maker_origin(maker, tag);

    record_drop_doubles(&maker->record);
    chunk_append(maker->chunk, origin, origin->tag, &maker->record, origin->window.issued + 1);
    maker->next_ns += NS_PER_S;
}

void chunk_maker_json(struct chunk_maker *maker, const char *tag, const char *text)
{
    struct record *record = chunk_maker_record(maker);
    struct json_object object;

    CHECK(json_check_object(&maker->json, slice_of(text), &object) == 0);
    if (object.needs_repair) {
        struct slice repaired = json_repair(&maker->json, object.text, &record->arena);

        maker->json.is_repaired = true;
        CHECK(json_check_object(&maker->json, repaired, &object) == 0);
        maker->json.is_repaired = false;
    }
    record_add_members(record, &object);
    chunk_maker_push(maker, tag);
}

struct chunk *chunk_maker_seal(struct chunk_maker **address)
{
    struct chunk_maker *maker = *address;
    struct chunk *chunk = maker->chunk;
    size_t at = 0;
    struct slice tag;
    void *value;

    *address = NULL;
    while (map_next(&maker->origins, &at, &tag, &value)) {
        struct origin *origin = value;

        origin_unref(&origin);
    }
    map_fini(&maker->origins);
    record_fini(&maker->record);
    json_scanner_fini(&maker->json);
    mem_free(maker);
    chunk_seal(chunk);
    return chunk;
}

struct chunk *chunk_of_lines(const char *tag, const char *lines)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct slice rest = slice_of(lines), line;

    while (slice_next(&rest, '\n', &line)) {
        char *copy;

        if (line.len == 0)
            continue;
        copy = mem_text_n(line.data, line.len);
        chunk_maker_json(maker, tag, copy);
        mem_free(copy);
    }
    return chunk_maker_seal(&maker);
}

struct batch chunk_batch(const struct chunk *chunk)
{
    struct batch batch = {.chunk = chunk, .count = chunk->record_count};

    batch_rewind(&batch);
    return batch;
}
