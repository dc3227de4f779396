#include "chunk/parcel.h"

#include "base/memory.h"
#include "chunk/lookup.h"
#include "chunk/record_write.h"
#include "record/copy.h"

/* ---- how much a chunk may hold ---- */

static uint32_t permille_of(const struct parcel_rule *rule, const struct origin *origin)
{
    uint32_t permille =
        origin->chunking.call_permille > 0 ? origin->chunking.call_permille : rule->permille;

    CHECK(permille <= PARCEL_PERMILLE_MAX);
    return permille > 0 ? permille : 1000;
}

struct chunk_aims parcel_aims(const struct parcel_rule *rule, const struct origin *origin)
{
    uint64_t call_bytes = (uint64_t)rule->kind->call_bytes * PARCEL_FILL_PERCENT / 100;
    uint64_t rendered = call_bytes * 1000 / permille_of(rule, origin);

    CHECK(call_bytes > 0 && rule->kind->call_records > 0);
    return (struct chunk_aims){
        .bytes = rendered < PARCEL_BYTES_MAX ? (size_t)rendered : PARCEL_BYTES_MAX,
        .rendered = rendered,
        .records = rule->kind->call_records,
    };
}

uint64_t parcel_call_holds(const struct parcel_rule *rule)
{
    const struct origin any = {0};
    uint64_t bytes;

    if (rule->kind == NULL)
        return CHUNK_BYTES_AIM;
    bytes = parcel_aims(rule, &any).bytes;
    return bytes + bytes / 8;
}

static uint64_t rendered_bytes(const struct chunk *chunk)
{
    return chunk->bytes.len + chunk->shared.rendered_bytes;
}

void parcel_learn(struct chunk *chunk, uint64_t call_bytes)
{
    uint64_t permille;

    CHECK(chunk->is_sealed && chunk->record_count > 0);
    permille = call_bytes * 1000 / rendered_bytes(chunk);
    if (permille < PARCEL_PERMILLE_MIN)
        permille = PARCEL_PERMILLE_MIN;
    if (permille > PARCEL_PERMILLE_MAX)
        permille = PARCEL_PERMILLE_MAX;
    for (uint32_t i = 0; i < chunk->run_count; i++)
        chunk->runs[i].origin->chunking.call_permille = (uint32_t)permille;
    if (chunk->parcel.rule != NULL)
        chunk->parcel.rule->permille = (uint32_t)permille;
}

/* What the source had of it for so many bytes, or records, of the run. */
static uint64_t source_of(const struct chunk_run *run, uint64_t part, uint64_t whole)
{
    return whole > 0 ? run->source_bytes * part / whole : 0;
}

size_t parcel_room(const struct origin *origin)
{
    const struct chunk *chunk = origin->chunking.newest;
    const struct chunk_run *run;
    uint64_t has, left, by_bytes, by_records;

    if (chunk == NULL || chunk->parcel.rule == NULL)
        return SIZE_MAX;
    CHECK(!chunk->is_sealed && !chunk_is_full(chunk) && chunk->run_count > 0);
    run = &chunk->runs[chunk->run_count - 1];
    has = rendered_bytes(chunk);
    CHECK(has >= chunk->bytes.len && chunk->bytes.len > 0);
    left = (chunk->aims.rendered - has) * chunk->bytes.len / has;
    if (left > chunk->aims.bytes - chunk->bytes.len)
        left = chunk->aims.bytes - chunk->bytes.len;
    by_bytes = source_of(run, left, run->memory_bytes);
    by_records = source_of(run, chunk->aims.records - chunk->record_count, run->record_count);
    return (size_t)(by_bytes < by_records ? by_bytes : by_records);
}

/* ---- those that are open ---- */

/* Which parcel a record goes into. */
struct parcel_key {
    uint64_t destination;
    output_set outputs;
    uint64_t flags; /* can_repeat, can_leave */
};

static struct slice key_bytes(const struct parcel_key *key)
{
    _Static_assert(sizeof *key == 24, "keys are compared as bytes, and have no holes");
    return slice_make((const char *)key, sizeof *key);
}

void parcels_want(struct parcels *p, unsigned output, struct parcel_rule *rule)
{
    CHECK(p->count == 0);
    CHECK(output < WINDOW_OUTPUTS_MAX && rule->kind != NULL);
    p->rules[output] = rule;
    p->wanting |= (output_set)1 << output;
}

static void parcels_add(struct parcels *p, const struct parcel_key *key, struct chunk *chunk)
{
    CHECK(chunk->record_count == 0 && chunk->refs == 1);
    CHECK(chunk->parcel.rule != NULL && !chunk->is_sealed);
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? p->capacity * 2 : 4;
        p->items = mem_resize(p->items, p->capacity, sizeof(struct chunk *));
    }
    chunk->parcel.destination = key->destination;
    chunk->parcel.flags = key->flags;
    chunk->parcel.place = p->count;
    p->items[p->count++] = chunk;
    CHECK(p->count <= p->capacity);
    CHECK(map_put(&p->by_key, key_bytes(key), chunk) == NULL);
}

/* ---- which one ---- */

/* Of all that it goes to and that want parcels. */
static uint64_t destination_of(const struct parcels *p, output_set outputs,
                               const struct accessor_scope *scope)
{
    uint64_t destination = 0;

    for (outputs &= p->wanting; outputs != 0; outputs &= outputs - 1) {
        const struct parcel_rule *rule = p->rules[__builtin_ctzll(outputs)];

        CHECK(rule != NULL);
        destination = destination * 31 + rule->kind->destination(rule->self, scope);
    }
    return destination;
}

struct chunk *parcels_again(const struct origin *origin, struct slice tag, output_set outputs)
{
    struct chunk *chunk = (struct chunk *)(uintptr_t)origin->chunking.newest;
    const struct chunk_run *run;

    if (chunk == NULL || chunk->parcel.rule == NULL || chunk->outputs != outputs)
        return NULL;
    CHECK(!chunk->is_sealed && chunk->run_count > 0);
    run = &chunk->runs[chunk->run_count - 1];
    return run->origin == origin && run->tag.data == tag.data ? chunk : NULL;
}

struct chunk *parcels_open(struct parcels *p, struct origin *origin, output_set outputs,
                           const struct accessor_scope *scope)
{
    struct parcel_key key = {.destination = destination_of(p, outputs, scope),
                             .outputs = outputs,
                             .flags = (uint64_t)origin->can_repeat | (uint64_t)origin->can_leave
                                                                         << 1};
    struct chunk *chunk = map_get(&p->by_key, key_bytes(&key));

    CHECK(outputs != 0);
    CHECK(parcels_are_for(p, outputs));
    if (chunk != NULL)
        return chunk;
    chunk = chunk_open(outputs);
    chunk->parcel.rule = p->rules[__builtin_ctzll(outputs & p->wanting)];
    CHECK(chunk->parcel.rule != NULL);
    chunk->aims = parcel_aims(chunk->parcel.rule, origin);
    parcels_add(p, &key, chunk);
    return chunk;
}

/* What is in it besides texts nobody has taken apart: it is read as it will stand in the chunk. */
struct chunk *parcels_open_plain(struct parcels *p, struct origin *origin, output_set outputs,
                                 const struct plain_record *plain)
{
    struct chunk_run run = {.origin = origin, .tag = origin->tag, .record_count = 1};
    struct chunk_reader reader = {.run = &run, .run_left = 1};
    struct buffer bytes = {0};
    struct arena scratch = {0};
    struct chunk_record record;
    struct accessor_scope scope;
    struct chunk *chunk;

    reader.at = buffer_reserve(&bytes, plain_write_room(plain) + COPY_SLACK);
    reader.end = plain_write(bytes.data, plain);
    CHECK(chunk_reader_next(&reader, &record));
    scope = chunk_record_scope(&record, &scratch);
    chunk = parcels_open(p, origin, outputs, &scope);
    arena_fini(&scratch);
    buffer_fini(&bytes);
    return chunk;
}

/* ---- which goes ---- */

bool parcel_may_join(const struct parcels *p, const struct chunk *chunk)
{
    CHECK(chunk->parcel.rule != NULL);
    return (chunk->outputs & ~p->wanting) != 0 && chunk->bytes.len <= CHUNK_BYTES_AIM / 2 &&
           rendered_bytes(chunk) <= CHUNK_RENDERED_AIM / 2;
}

bool parcel_fits(const struct chunk *together, const struct chunk *chunk)
{
    CHECK(together->parcel.rule == NULL && chunk->parcel.rule != NULL);
    return together->parcel.joined < PARCELS_TOGETHER_MAX && chunk_has_room_for(together, chunk);
}

void parcels_remove(struct parcels *p, struct chunk *chunk)
{
    struct parcel_key key = {chunk->parcel.destination, chunk->outputs, chunk->parcel.flags};
    uint32_t place = chunk->parcel.place;

    CHECK(place < p->count && p->items[place] == chunk);
    CHECK(map_remove(&p->by_key, key_bytes(&key)) == chunk);
    p->items[place] = p->items[--p->count];
    p->items[place]->parcel.place = place;
    if (p->count == 0)
        parcels_fini(p);
}

void parcels_fini(struct parcels *p)
{
    CHECK(p->count == 0);
    MEM_FREE(&p->items);
    p->capacity = 0;
    map_fini(&p->by_key);
}

output_set parcels_behind(const struct parcels *p)
{
    output_set behind = 0;

    for (output_set left = p->wanting; left != 0; left &= left - 1) {
        const struct parcel_rule *rule = p->rules[__builtin_ctzll(left)];

        if (rule->is_behind != NULL && rule->is_behind(rule->owner))
            behind |= left & -left;
    }
    return behind;
}

bool parcel_is_due(const struct chunk *chunk, struct parcel_flush flush)
{
    return chunk->opened_ms + flush.flush_ms / 2 <= flush.now_ms &&
           (chunk->outputs & ~flush.behind) != 0;
}

uint64_t parcels_look_ms(const struct parcels *p, struct parcel_flush flush)
{
    uint64_t oldest_ms = UINT64_MAX;

    for (uint32_t i = 0; i < p->count; i++)
        if (p->items[i]->opened_ms < oldest_ms)
            oldest_ms = p->items[i]->opened_ms;
    if (p->count == 0)
        return 0;
    if (oldest_ms + flush.flush_ms > flush.now_ms)
        return oldest_ms + flush.flush_ms - flush.now_ms;
    return flush.flush_ms < PARCEL_LOOK_MS && flush.flush_ms > 0 ? flush.flush_ms : PARCEL_LOOK_MS;
}

struct chunk *parcels_next_to_go(const struct parcels *p, struct parcels_most most)
{
    struct chunk *first = NULL, *second = NULL;
    uint64_t sum = 0, held = 0;

    for (uint32_t i = 0; i < p->count; i++) {
        struct chunk *chunk = p->items[i];

        if ((chunk->outputs & ~most.lane) != 0)
            continue;
        sum += chunk->bytes.len;
        held += chunk_held_bytes(chunk);
        if (first == NULL || chunk->bytes.len > first->bytes.len) {
            second = first;
            first = chunk;
        } else if (second == NULL || chunk->bytes.len > second->bytes.len) {
            second = chunk;
        }
    }
    if (sum <= most.bytes && held <= most.held_bytes)
        return NULL;
    CHECK(first != NULL && first != second);
    return first->bytes.len > most.bytes || second == NULL ? first : second;
}
