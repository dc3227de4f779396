#include "record/record.h"

#include <stdlib.h>

/* A list may come from an attacker, with thousands of fields: names are sorted, so that time stays
 * n log n whatever they are. */

struct name {
    struct slice key;
    uint32_t index;
};

static int by_key_then_index(const void *left, const void *right)
{
    const struct name *a = left, *b = right;
    int order;

    if (a->key.len != b->key.len)
        return a->key.len < b->key.len ? -1 : 1;
    order = a->key.len ? memcmp(a->key.data, b->key.data, a->key.len) : 0;
    if (order != 0)
        return order;
    return a->index < b->index ? -1 : 1;
}

/* Sorts all names; whether one is there twice. */
static bool names_sort(const struct field_list *list, struct name *names)
{
    bool has_doubles = false;

    for (uint32_t i = 0; i < list->count; i++)
        names[i] = (struct name){.key = list->fields[i].key, .index = i};
    qsort(names, list->count, sizeof *names, by_key_then_index);
    for (uint32_t i = 1; i < list->count; i++)
        has_doubles |= slice_equal(names[i - 1].key, names[i].key);
    return has_doubles;
}

void fields_drop_doubles(struct field_list *list, struct arena *arena)
{
    struct name *names;
    uint32_t kept = 0;
    bool *goes;

    if (list->count < 2)
        return;
    names = arena_alloc(arena, list->count * sizeof *names);
    if (!names_sort(list, names))
        return;
    goes = arena_alloc(arena, list->count * sizeof *goes);
    goes[names[list->count - 1].index] = false;
    for (uint32_t i = 0; i + 1 < list->count; i++)
        goes[names[i].index] = slice_equal(names[i].key, names[i + 1].key);
    for (uint32_t i = 0; i < list->count; i++)
        if (!goes[i])
            list->fields[kept++] = list->fields[i];
    CHECK(kept > 0 && kept < list->count);
    list->count = kept;
}
