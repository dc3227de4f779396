#include "plugins/in_systemd/entry.h"

#include <stdlib.h>

#define FIELDS_FIRST 64

static struct slice name_of(struct arena *arena, struct slice name, const struct entry_style *style)
{
    char *text;

    if (!style->has_underscores && name.len > 0 && name.data[0] == '_')
        name = slice_skip(name, 1);
    text = arena_alloc(arena, name.len + 1);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];

        text[i] = style->is_lower && c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return slice_make(text, name.len);
}

/* What was there before is left behind in the arena, which is less than it takes. */
static void make_room(struct entry *entry)
{
    struct entry_field *before = entry->fields;

    CHECK(entry->count <= entry->capacity);
    if (entry->count < entry->capacity)
        return;
    entry->capacity = entry->capacity > 0 ? entry->capacity * 2 : FIELDS_FIRST;
    entry->fields = arena_alloc(entry->arena, entry->capacity * sizeof *entry->fields);
    if (entry->count > 0)
        memcpy(entry->fields, before, entry->count * sizeof *before);
}

bool entry_add(struct entry *entry, struct slice data, const struct entry_style *style)
{
    size_t name_len;

    if (data.len > ENTRY_FIELD_BYTES_MAX)
        data.len = ENTRY_FIELD_BYTES_MAX;
    name_len = slice_find(data, '=');
    if (entry->count >= entry->count_max || entry->bytes + data.len > ENTRY_BYTES_MAX)
        return false;
    if (name_len == data.len)
        return true;
    make_room(entry);
    entry->fields[entry->count] = (struct entry_field){
        .name = name_of(entry->arena, slice_make(data.data, name_len), style),
        .value = arena_copy(entry->arena, slice_skip(data, name_len + 1)),
        .order = entry->count,
    };
    entry->count++;
    entry->bytes += data.len;
    return true;
}

static int compare_names(const void *a_void, const void *b_void)
{
    const struct entry_field *a = a_void, *b = b_void;
    size_t shorter = a->name.len < b->name.len ? a->name.len : b->name.len;
    int rc = shorter > 0 ? memcmp(a->name.data, b->name.data, shorter) : 0;

    if (rc == 0 && a->name.len != b->name.len)
        rc = a->name.len < b->name.len ? -1 : 1;
    return rc != 0 ? rc : (int)(a->order > b->order) - (int)(a->order < b->order);
}

static int compare_orders(const void *a, const void *b)
{
    uint32_t x = ((const struct entry_field *)a)->order, y = ((const struct entry_field *)b)->order;

    return (int)(x > y) - (int)(x < y);
}

/* How many of the sorted fields from `first` on have its name. */
static uint32_t run_length(const struct entry *entry, uint32_t first)
{
    uint32_t len = 1;

    CHECK(first < entry->count);
    while (first + len < entry->count &&
           slice_equal(entry->fields[first].name, entry->fields[first + len].name))
        len++;
    return len;
}

static struct value array_of(struct arena *arena, const struct entry_field *fields, uint32_t count)
{
    struct buffer json = {0};
    struct value array;

    buffer_append(&json, SLICE("["));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append(&json, SLICE(","));
        json_write_text(&json, fields[i].value);
    }
    buffer_append(&json, SLICE("]"));
    array = value_json(arena_copy(arena, buffer_view(&json)));
    buffer_fini(&json);
    return array;
}

void entry_fill(struct entry *entry, struct record *record)
{
    struct value *values = arena_alloc(entry->arena, (entry->count + 1) * sizeof *values);
    uint32_t kept = 0;

    if (entry->count == 0)
        return;
    qsort(entry->fields, entry->count, sizeof *entry->fields, compare_names);
    for (uint32_t i = 0, len; i < entry->count; i += len) {
        len = run_length(entry, i);
        values[entry->fields[i].order] = len == 1 ? value_text(entry->fields[i].value)
                                                  : array_of(entry->arena, &entry->fields[i], len);
        entry->fields[kept++] = entry->fields[i];
    }
    entry->count = kept;
    qsort(entry->fields, entry->count, sizeof *entry->fields, compare_orders);
    for (uint32_t i = 0; i < entry->count; i++)
        record_add(record, entry->fields[i].name, values[entry->fields[i].order]);
}
