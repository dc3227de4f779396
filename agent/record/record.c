#include "record/record.h"

#include "base/memory.h"

#define FIELDS_FIRST 16
#define FRONT_ROOM 4

/* An array of more members than this goes with its record. */
#define TAKEN_MAX 4096

/* With more fields than this, names are sorted instead of compared with one another. */
#define FIELDS_COMPARED_MAX 64

void record_init(struct record *r)
{
    *r = (struct record){.offset = RECORD_NO_OFFSET};
}

void record_fini(struct record *r)
{
    if (r->root.fields != NULL)
        mem_free(r->root.fields - r->front_room);
    MEM_FREE(&r->taken.array);
    arena_fini(&r->arena);
    *r = (struct record){0};
}

/* The room in front is there again. */
static inline void fields_back(struct record *r)
{
    uint32_t used = FRONT_ROOM - r->front_room;

    if (r->root.fields == NULL || used == 0)
        return;
    r->root.fields += used;
    r->root.capacity -= used;
    r->front_room += used;
}

void record_reset(struct record *r)
{
    r->time_ns = 0;
    r->offset = RECORD_NO_OFFSET;
    r->metadata = (struct slice){0};
    r->root.count = 0;
    fields_back(r);
    r->taken.is_in_use = false;
    if (UNLIKELY(r->taken.capacity > TAKEN_MAX)) {
        MEM_FREE(&r->taken.array);
        r->taken.capacity = 0;
    }
    arena_reset(&r->arena);
}

static void record_grow(struct record *r, uint32_t need)
{
    struct field_list *root = &r->root;
    uint32_t capacity = root->capacity > 0 ? root->capacity : FIELDS_FIRST;
    uint32_t front = root->fields != NULL ? r->front_room : 0;
    struct field *storage = root->fields != NULL ? root->fields - front : NULL;

    CHECK(need <= RECORD_FIELDS_MAX);
    while (capacity < need)
        capacity *= 2;
    if (storage == NULL)
        front = FRONT_ROOM;
    storage = mem_resize(storage, front + capacity, sizeof *storage);
    CHECK(capacity >= need && capacity > root->count);
    root->fields = storage + front;
    root->capacity = capacity;
    r->front_room = front;
}

static inline void record_make_room(struct record *r, uint32_t extra)
{
    if (UNLIKELY(r->root.count + extra > r->root.capacity))
        record_grow(r, r->root.count + extra);
}

/* A list of its own, so that an edit of one record does not show in the other. */
static struct value value_copy(const struct value *from, struct arena *arena)
{
    struct field_list *map;

    if (from->kind != VALUE_MAP)
        return *from;
    map = arena_alloc(arena, sizeof *map);
    *map = (struct field_list){.count = from->map->count};
    map->fields = arena_alloc(arena, (map->count + 1) * sizeof *map->fields);
    for (uint32_t i = 0; i < map->count; i++)
        map->fields[i] = (struct field){from->map->fields[i].key,
                                        value_copy(&from->map->fields[i].value, arena)};
    return value_map(map);
}

void record_copy(struct record *to, const struct record *from)
{
    CHECK(to != from);
    record_reset(to);
    to->time_ns = from->time_ns;
    to->offset = from->offset;
    to->metadata = from->metadata;
    for (uint32_t i = 0; i < from->root.count; i++)
        record_add(to, from->root.fields[i].key,
                   value_copy(&from->root.fields[i].value, &to->arena));
}

void record_add(struct record *r, struct slice key, struct value value)
{
    record_make_room(r, 1);
    r->root.fields[r->root.count++] = (struct field){.key = key, .value = value};
}

struct field *record_add_blank(struct record *r, uint32_t count)
{
    record_make_room(r, count);
    r->root.count += count;
    return r->root.fields + r->root.count - count;
}

void record_add_at(struct record *r, uint32_t index, struct slice key, struct value value)
{
    struct field *at;

    CHECK(index <= r->root.count);
    record_make_room(r, 1);
    at = r->root.fields + index;
    memmove(at + 1, at, (r->root.count - index) * sizeof *at);
    *at = (struct field){.key = key, .value = value};
    r->root.count++;
}

void record_add_members(struct record *r, const struct json_object *object)
{
    struct member_list *list;
    struct json_member *members;

    if (object->member_count == 0)
        return;
    CHECK(!object->needs_repair);
    list = arena_alloc(&r->arena, sizeof *list);
    members = arena_alloc(&r->arena, object->member_count * sizeof *members);
    memcpy(members, object->members, object->member_count * sizeof *members);
    *list = (struct member_list){
        .text = object->text,
        .members = members,
        .count = object->member_count,
        .has_escaped_keys = object->has_escaped_keys,
        .initials = object->initials,
    };
    record_add(r, (struct slice){0}, (struct value){.kind = VALUE_MEMBERS, .members = list});
}

static void members_swap(struct taken_members *taken, struct json_scanner *json)
{
    struct json_member *array = taken->array;
    uint32_t capacity = taken->capacity;

    taken->array = json->members;
    taken->capacity = json->member_capacity;
    json->members = array;
    json->member_capacity = capacity;
}

void record_take_members(struct record *r, struct json_scanner *json,
                         const struct json_object *object)
{
    struct taken_members *taken = &r->taken;

    if (UNLIKELY(taken->is_in_use || object->member_count == 0)) {
        record_add_members(r, object);
        return;
    }
    CHECK(object->members == json->members && !object->needs_repair);
    members_swap(taken, json);
    taken->is_in_use = true;
    taken->list = (struct member_list){
        .text = object->text,
        .members = taken->array,
        .count = object->member_count,
        .has_escaped_keys = object->has_escaped_keys,
        .initials = object->initials,
    };
    record_add(r, (struct slice){0},
               (struct value){.kind = VALUE_MEMBERS, .members = &taken->list});
}

static struct slice member_key(const struct member_list *list, uint32_t i)
{
    return slice_make(list->text.data + list->members[i].key_at, list->members[i].key_len);
}

static struct slice member_value(const struct member_list *list, uint32_t i)
{
    return slice_make(list->text.data + list->members[i].value_at, list->members[i].value_len);
}

static struct slice member_key_decoded(const struct member_list *list, uint32_t i,
                                       struct arena *arena)
{
    struct slice key = member_key(list, i);

    return json_unescape(slice_make(key.data - 1, key.len + 2), arena);
}

static int64_t member_index_decoded(const struct member_list *list, struct slice key,
                                    struct arena *arena)
{
    for (uint32_t i = list->count; i-- > 0;)
        if (slice_equal(member_key_decoded(list, i, arena), key))
            return i;
    return -1;
}

/* The initials say no for nearly every name that is not there. */
static int64_t member_index(const struct member_list *list, struct slice key, struct arena *arena)
{
    if (UNLIKELY(list->has_escaped_keys))
        return member_index_decoded(list, key, arena);
    if (!(list->initials & json_initial(key)))
        return -1;
    for (uint32_t i = list->count; i-- > 0;)
        if (list->members[i].key_len == key.len && slice_equal(member_key(list, i), key))
            return i;
    return -1;
}

void record_add_unfolded(struct record *r, const struct json_object *object)
{
    const struct member_list list = {
        .text = object->text, .members = object->members, .count = object->member_count};

    CHECK(!object->needs_repair);
    for (uint32_t i = 0; i < list.count; i++)
        record_add(r, member_key_decoded(&list, i, &r->arena), value_json(member_value(&list, i)));
}

void record_bring_forward(struct record *r, uint32_t first)
{
    struct field *fields = r->root.fields;
    uint32_t after = r->root.count - first;
    struct field *kept;

    CHECK(first <= r->root.count);
    if (first == 0 || after == 0)
        return;
    if (LIKELY(after <= r->front_room)) {
        memcpy(fields - after, fields + first, after * sizeof *fields);
        r->root.fields -= after;
        r->root.capacity += after;
        r->front_room -= after;
        return;
    }
    kept = arena_alloc(&r->arena, first * sizeof *kept);
    memcpy(kept, fields, first * sizeof *kept);
    memmove(fields, fields + first, after * sizeof *fields);
    memcpy(fields + after, kept, first * sizeof *kept);
}

bool record_find(struct record *r, struct slice key, struct value *out)
{
    for (uint32_t i = r->root.count; i-- > 0;) {
        const struct field *f = &r->root.fields[i];
        int64_t at;

        if (f->value.kind != VALUE_MEMBERS) {
            if (slice_equal(f->key, key)) {
                *out = f->value;
                return true;
            }
            continue;
        }
        at = member_index(f->value.members, key, &r->arena);
        if (at >= 0) {
            *out = value_json(member_value(f->value.members, (uint32_t)at));
            return true;
        }
    }
    return false;
}

/* Puts the members of the field at `index` in its place. Returns how many there are. */
static uint32_t record_unfold_at(struct record *r, uint32_t index)
{
    const struct member_list *list = r->root.fields[index].value.members;
    uint32_t after = r->root.count - index - 1;
    struct field *at;

    CHECK(list->count > 0);
    record_make_room(r, list->count - 1);
    at = r->root.fields + index;
    memmove(at + list->count, at + 1, after * sizeof *at);
    for (uint32_t i = 0; i < list->count; i++)
        at[i] = (struct field){
            .key = member_key_decoded(list, i, &r->arena),
            .value = value_json(member_value(list, i)),
        };
    r->root.count += list->count - 1;
    return list->count;
}

void record_unfold(struct record *r)
{
    for (uint32_t i = 0; i < r->root.count;) {
        if (UNLIKELY(r->root.fields[i].value.kind == VALUE_MEMBERS))
            i += record_unfold_at(r, i);
        else
            i++;
    }
}

int64_t record_index(const struct record *r, struct slice key)
{
    for (uint32_t i = r->root.count; i-- > 0;) {
        CHECK(r->root.fields[i].value.kind != VALUE_MEMBERS);
        if (slice_equal(r->root.fields[i].key, key))
            return i;
    }
    return -1;
}

void record_remove_at(struct record *r, uint32_t index)
{
    struct field *at = r->root.fields + index;

    CHECK(index < r->root.count);
    r->root.count--;
    if (index < r->root.count)
        memmove(at, at + 1, (r->root.count - index) * sizeof *at);
}

uint32_t record_remove(struct record *r, struct slice key)
{
    struct value ignored;
    uint32_t kept = 0, removed;

    if (!record_find(r, key, &ignored))
        return 0;
    record_unfold(r);
    for (uint32_t i = 0; i < r->root.count; i++)
        if (!slice_equal(r->root.fields[i].key, key))
            r->root.fields[kept++] = r->root.fields[i];
    removed = r->root.count - kept;
    r->root.count = kept;
    return removed;
}

/* The initials that a field's name, or its members' names, may have. A name that is written with an
 * escape at its beginning may have any. */
static uint64_t field_initials(const struct field *f)
{
    uint64_t initials;

    if (f->value.kind != VALUE_MEMBERS)
        return json_initial(f->key);
    initials = f->value.members->initials;
    return initials & json_initial(SLICE("\\")) ? UINT64_MAX : initials;
}

/* Of two objects, whether it may be. */
static bool names_meet(struct record *r, const struct field *a, const struct field *b)
{
    bool a_has_members = a->value.kind == VALUE_MEMBERS;
    bool b_has_members = b->value.kind == VALUE_MEMBERS;

    if (a_has_members && b_has_members)
        return (field_initials(a) & field_initials(b)) != 0;
    if (a_has_members)
        return member_index(a->value.members, b->key, &r->arena) >= 0;
    if (b_has_members)
        return member_index(b->value.members, a->key, &r->arena) >= 0;
    return slice_equal(a->key, b->key);
}

static bool name_came_before(struct record *r, uint32_t index)
{
    for (uint32_t i = 0; i < index; i++)
        if (names_meet(r, &r->root.fields[i], &r->root.fields[index]))
            return true;
    return false;
}

static bool is_shadowed(struct record *r, const struct field *f, uint32_t before)
{
    for (uint32_t i = 0; i < before; i++)
        if (names_meet(r, &r->root.fields[i], f))
            return true;
    return false;
}

void record_drop_shadowed(struct record *r, uint32_t from)
{
    struct field *fields = r->root.fields;
    uint32_t kept = from;

    CHECK(from <= r->root.count);
    for (uint32_t i = from; i < r->root.count; i++)
        if (fields[i].value.kind == VALUE_MEMBERS || !is_shadowed(r, &fields[i], from))
            fields[kept++] = fields[i];
    r->root.count = kept;
}

/* False is certain, true may be wrong. */
static bool may_have_doubles(struct record *r)
{
    uint64_t seen = 0;

    if (UNLIKELY(r->root.count > FIELDS_COMPARED_MAX))
        return true;
    for (uint32_t i = 0; i < r->root.count; i++) {
        uint64_t initials = field_initials(&r->root.fields[i]);

        if ((seen & initials) != 0 && name_came_before(r, i))
            return true;
        seen |= initials;
    }
    return false;
}

void record_drop_doubles(struct record *r)
{
    if (LIKELY(!may_have_doubles(r)))
        return;
    record_unfold(r);
    fields_drop_doubles(&r->root, &r->arena);
}
