#include "chunk/chunk.h"

#include "base/budget.h"
#include "base/clock.h"
#include "base/memory.h"
#include "record/pack.h"

#define RUNS_FIRST 8

/* A chunk that outgrows this will most likely be full: it then gets all its room at once, so that
 * nothing is copied again and freed chunks leave holes that the next ones fit into. */
#define BYTES_SMALL_MAX ((size_t)64 << 10)
#define BYTES_FULL (CHUNK_BYTES_AIM + ((size_t)32 << 10))

struct chunk *chunk_open(output_set outputs)
{
    struct chunk *chunk = mem_zalloc(1, sizeof *chunk);

    CHECK(outputs != 0);
    chunk->refs = 1;
    chunk->outputs = outputs;
    chunk->opened_ms = clock_ms();
    chunk->created_wall_ns = clock_wall_ns();
    return chunk;
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
    if (chunk == NULL || --chunk->refs > 0)
        return;
    for (uint32_t i = 0; i < chunk->run_count; i++) {
        struct chunk_run *run = &chunk->runs[i];

        budget_give(run->origin->budget, run->memory_bytes);
        origin_unref(&run->origin);
    }
    MEM_FREE(&chunk->runs);
    buffer_fini(&chunk->bytes);
    arena_fini(&chunk->arena);
    mem_free(chunk);
}

static void value_append(struct buffer *out, const struct value *value);

static void text_append(struct buffer *out, struct slice text)
{
    char *to = buffer_reserve(out, PACK_HEAD_MAX + text.len);

    to = pack_str_head(to, (uint32_t)text.len);
    if (text.len > 0)
        memcpy(to, text.data, text.len);
    out->len = (size_t)(to - out->data) + text.len;
}

static void ext_append(struct buffer *out, char type, struct slice text)
{
    char *to = buffer_reserve(out, PACK_HEAD_MAX + text.len);

    to = pack_ext_head(to, type, (uint32_t)text.len);
    memcpy(to, text.data, text.len);
    out->len = (size_t)(to - out->data) + text.len;
}

static void scalar_append(struct buffer *out, const struct value *value)
{
    char *to = buffer_reserve(out, PACK_SCALAR_MAX);

    switch (value->kind) {
    case VALUE_BOOL:
        to = pack_bool(to, value->boolean);
        break;
    case VALUE_INT:
        to = pack_int(to, value->integer);
        break;
    case VALUE_UINT:
        to = pack_uint(to, value->natural);
        break;
    case VALUE_DOUBLE:
        to = pack_double(to, value->real);
        break;
    default:
        to = pack_nil(to);
    }
    out->len = (size_t)(to - out->data);
}

static void map_head_append(struct buffer *out, uint32_t count)
{
    out->len = (size_t)(pack_map_head(buffer_reserve(out, PACK_HEAD_MAX), count) - out->data);
}

/* What most records have: short texts and the members of one object. */
static inline char *field_put_plain(char *to, const struct field *f)
{
    struct slice text;

    if (f->value.kind == VALUE_MEMBERS) {
        text = f->value.members->text;
        to = pack_ext_head(pack_nil(to), CHUNK_EXT_MEMBERS, (uint32_t)text.len);
    } else {
        to = pack_str_head(to, (uint32_t)f->key.len);
        memcpy(to, f->key.data, f->key.len);
        to += f->key.len;
        text = f->value.text;
        to = pack_str_head(to, (uint32_t)text.len);
    }
    memcpy(to, text.data, text.len);
    return to + text.len;
}

static inline size_t field_room(const struct field *f)
{
    size_t text = f->value.kind == VALUE_MEMBERS ? f->value.members->text.len : f->value.text.len;

    return 2 * PACK_HEAD_MAX + f->key.len + text;
}

static void field_append(struct buffer *out, const struct field *f)
{
    if (LIKELY(f->value.kind == VALUE_TEXT || f->value.kind == VALUE_MEMBERS)) {
        char *to = buffer_reserve(out, field_room(f));

        out->len = (size_t)(field_put_plain(to, f) - out->data);
        return;
    }
    text_append(out, f->key);
    value_append(out, &f->value);
}

static void fields_append(struct buffer *out, const struct field_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        field_append(out, &list->fields[i]);
}

static void value_append(struct buffer *out, const struct value *value)
{
    switch (value->kind) {
    case VALUE_TEXT:
        text_append(out, value->text);
        return;
    case VALUE_JSON:
        ext_append(out, CHUNK_EXT_JSON, value->text);
        return;
    case VALUE_MSGPACK:
        buffer_append(out, value->text);
        return;
    case VALUE_MAP:
        map_head_append(out, value->map->count);
        fields_append(out, value->map);
        return;
    default:
        scalar_append(out, value);
    }
}

static uint64_t fields_initials(const struct field_list *list)
{
    uint64_t initials = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        const struct field *f = &list->fields[i];

        initials |=
            f->value.kind == VALUE_MEMBERS ? f->value.members->initials : json_initial(f->key);
    }
    return initials;
}

/* array(3) and the head, its numbers of the fields still to come. Returns where the head lies. */
static size_t head_append(struct buffer *out, const struct record *record)
{
    struct chunk_head head = {
        .time_ns = record->time_ns,
        .offset = record->offset,
        .initials = fields_initials(&record->root),
        .field_count = record->root.count,
    };
    char *to = buffer_reserve(out, PACK_HEAD_MAX + PACK_HEAD_MAX + sizeof head);
    size_t at;

    to = pack_array_head(to, 3);
    to = pack_ext_head(to, CHUNK_EXT_HEAD, sizeof head);
    at = (size_t)(to - out->data);
    memcpy(to, &head, sizeof head);
    out->len = at + sizeof head;
    return at;
}

static void head_close(struct buffer *out, size_t at, size_t fields_at)
{
    uint32_t fields_bytes = (uint32_t)(out->len - fields_at);

    memcpy(out->data + at + offsetof(struct chunk_head, fields_bytes), &fields_bytes,
           sizeof fields_bytes);
}

static struct chunk_run *run_add(struct chunk *chunk)
{
    if (chunk->run_count == chunk->run_capacity) {
        chunk->run_capacity = chunk->run_capacity ? chunk->run_capacity * 2 : RUNS_FIRST;
        chunk->runs = mem_resize(chunk->runs, chunk->run_capacity, sizeof *chunk->runs);
    }
    return &chunk->runs[chunk->run_count++];
}

/* A tag that is not the origin's own must outlive it here. */
static struct slice run_tag(struct chunk *chunk, const struct origin *origin, struct slice tag)
{
    if (tag.data == origin->tag.data)
        return tag;
    return arena_copy(&chunk->arena, tag);
}

/* The run that a record of this origin and tag joins: the chunk's last one, as long as no other
 * chunk took a record of the origin meanwhile; else a new one. */
static struct chunk_run *chunk_run_for(struct chunk *chunk, struct origin *origin, struct slice tag,
                                       uint64_t end)
{
    struct chunk_run *run = chunk->run_count ? &chunk->runs[chunk->run_count - 1] : NULL;

    if (LIKELY(run != NULL && run->origin == origin && origin->last_chunk == chunk &&
               slice_equal(run->tag, tag))) {
        run->source_bytes += end - origin->window.issued;
        window_advance(&origin->window, end);
        return run;
    }
    run = run_add(chunk);
    *run = (struct chunk_run){
        .origin = origin_ref(origin),
        .tag = run_tag(chunk, origin, tag),
        .source_bytes = end - origin->window.issued,
    };
    run->span = window_issue(&origin->window, end, chunk->outputs);
    origin->last_chunk = chunk;
    return run;
}

static void chunk_make_room(struct chunk *chunk)
{
    if (UNLIKELY(chunk->bytes.capacity < BYTES_FULL && chunk->bytes.len > BYTES_SMALL_MAX))
        buffer_reserve(&chunk->bytes, BYTES_FULL - chunk->bytes.len);
}

void chunk_append(struct chunk *chunk, struct origin *origin, struct slice tag,
                  const struct record *record, uint64_t end)
{
    struct chunk_run *run = chunk_run_for(chunk, origin, tag, end);
    size_t before = chunk->bytes.len, head_at, fields_at;

    CHECK(!chunk->is_sealed);
    run->record_count++;
    chunk->record_count++;
    chunk_make_room(chunk);
    head_at = head_append(&chunk->bytes, record);
    map_head_append(&chunk->bytes, record->root.count);
    fields_at = chunk->bytes.len;
    fields_append(&chunk->bytes, &record->root);
    head_close(&chunk->bytes, head_at, fields_at);
    if (record->metadata.len > 0)
        ext_append(&chunk->bytes, CHUNK_EXT_JSON, record->metadata);
    else
        buffer_append_byte(&chunk->bytes, (char)0xc0);
    run->memory_bytes += chunk->bytes.len - before;
    budget_take(origin->budget, chunk->bytes.len - before);
}

bool chunk_is_full(const struct chunk *chunk)
{
    return chunk->bytes.len >= CHUNK_BYTES_AIM;
}

void chunk_seal(struct chunk *chunk)
{
    CHECK(!chunk->is_sealed);
    chunk->is_sealed = true;
    for (uint32_t i = 0; i < chunk->run_count; i++)
        if (chunk->runs[i].origin->last_chunk == chunk)
            chunk->runs[i].origin->last_chunk = NULL;
    if (chunk->bytes.len < CHUNK_BYTES_AIM / 2)
        buffer_shrink(&chunk->bytes);
}

void chunk_settle(struct chunk *chunk, unsigned output)
{
    CHECK(chunk->is_sealed);
    for (uint32_t i = 0; i < chunk->run_count; i++) {
        struct origin *origin = chunk->runs[i].origin;

        window_settle(&origin->window, chunk->runs[i].span, output);
        if (origin->ops->settled != NULL)
            origin->ops->settled(origin);
    }
}
