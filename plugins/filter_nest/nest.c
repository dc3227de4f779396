#include "plugin/plugin.h"

#include <errno.h>

enum operation {
    OPERATION_NEST,
    OPERATION_LIFT,
};

struct filter_nest {
    int operation;
    struct text_list wildcards;
    char *nest_under;
    char *nested_under;
    char *add_prefix;
    char *remove_prefix;
    struct slice under; /* whichever of the two names was given */
};

static const struct option options[] = {
    OPTION_CHOICE(struct filter_nest, operation, "Operation", NULL, OPTION_REQUIRED, "nest|lift",
                  "Move keys into a map, or what a map holds to the top level."),
    OPTION_WORDS(struct filter_nest, wildcards, "Wildcard", NULL, OPTION_REPEAT,
                 "nest: the keys to move; a star at the end stands for any ending."),
    OPTION_TEXT(struct filter_nest, nest_under, "Nest_under", NULL, 0,
                "nest: the key of the new map."),
    OPTION_TEXT(struct filter_nest, nested_under, "Nested_under", NULL, 0,
                "lift: the key of the map that is taken apart."),
    OPTION_TEXT(struct filter_nest, add_prefix, "Add_prefix", NULL, 0,
                "Put this before each key that is moved."),
    OPTION_TEXT(struct filter_nest, remove_prefix, "Remove_prefix", NULL, 0,
                "Take this off each key that is moved and begins with it."),
    OPTION_END,
};

/* Either name will do for either operation, as it always has. */
static bool under_find(struct filter_nest *n, struct plugin_setup *setup)
{
    bool is_nest = n->operation == OPERATION_NEST;
    const char *own = is_nest ? n->nest_under : n->nested_under;
    const char *other = is_nest ? n->nested_under : n->nest_under;

    n->under = slice_of(own != NULL ? own : other);
    if (n->under.len > 0)
        return true;
    report_error(setup->report, setup_place(setup, "operation"),
                 "filter nest: Operation %s takes %s", is_nest ? "nest" : "lift",
                 is_nest ? "Nest_under" : "Nested_under");
    return false;
}

static int nest_init(void *self, struct plugin_setup *setup)
{
    struct filter_nest *n = self;
    bool is_right = under_find(n, setup);

    if (n->add_prefix != NULL && n->remove_prefix != NULL) {
        report_error(setup->report, setup_place(setup, "remove_prefix"),
                     "filter nest: Add_prefix and Remove_prefix cannot stand in one filter; use "
                     "two filters");
        is_right = false;
    }
    if (n->operation == OPERATION_NEST && n->wildcards.count == 0)
        report_warn(setup->report, setup_place(setup, "operation"),
                    "filter nest: without a Wildcard nothing is moved");
    return is_right ? 0 : -EINVAL;
}

static struct slice key_join(struct slice prefix, struct slice key, struct arena *arena)
{
    char *text = arena_alloc(arena, prefix.len + key.len);

    memcpy(text, prefix.data, prefix.len);
    if (key.len > 0)
        memcpy(text + prefix.len, key.data, key.len);
    return slice_make(text, prefix.len + key.len);
}

/* The key under which a moved field stands. */
static struct slice key_moved(const struct filter_nest *n, struct slice key, struct arena *arena)
{
    struct slice prefix;

    if (n->add_prefix != NULL)
        return key_join(slice_of(n->add_prefix), key, arena);
    prefix = slice_of(n->remove_prefix);
    return prefix.len > 0 && slice_begins(key, prefix) ? slice_skip(key, prefix.len) : key;
}

/* ---- nest ---- */

static bool key_fits(const struct filter_nest *n, struct slice key)
{
    for (size_t i = 0; i < n->wildcards.count; i++) {
        struct slice wildcard = slice_of(n->wildcards.items[i]);

        if (slice_ends(wildcard, SLICE("*"))) {
            wildcard.len--;
            if (slice_begins(key, wildcard))
                return true;
        } else if (slice_equal(key, wildcard)) {
            return true;
        }
    }
    return false;
}

static void record_nest(const struct filter_nest *n, struct record *record)
{
    struct field_list *root = &record->root;
    struct field_list *map;
    uint32_t kept = 0;

    record_unfold(record);
    map = arena_alloc(&record->arena, sizeof *map);
    *map = (struct field_list){
        .fields = arena_alloc(&record->arena, root->count * sizeof(struct field)),
    };
    for (uint32_t i = 0; i < root->count; i++) {
        struct field field = root->fields[i];

        if (key_fits(n, field.key)) {
            field.key = key_moved(n, field.key, &record->arena);
            map->fields[map->count++] = field;
        } else {
            root->fields[kept++] = field;
        }
    }
    CHECK(kept + map->count == root->count);
    root->count = kept;
    if (map->count == 0)
        return;
    fields_drop_doubles(map, &record->arena);
    record_add(record, n->under, value_map(map));
}

/* ---- lift ---- */

static void fields_lift(const struct filter_nest *n, struct record *record, const struct value *map)
{
    struct field_list *list = value_unfold(map, &record->arena);

    for (uint32_t i = 0; i < list->count; i++)
        record_add(record, key_moved(n, list->fields[i].key, &record->arena),
                   list->fields[i].value);
}

/* Of doubled keys the last is lifted, as the others would not have been sent either. */
static void record_lift(const struct filter_nest *n, struct record *record)
{
    struct value map;

    if (!record_find(record, n->under, &map) || !value_is_map(&map))
        return;
    record_remove(record, n->under);
    fields_lift(n, record, &map);
}

static enum filter_verdict nest_apply(void *self, struct record *record, struct filter_run *run)
{
    const struct filter_nest *n = self;

    (void)run;
    if (n->operation == OPERATION_NEST)
        record_nest(n, record);
    else
        record_lift(n, record);
    return FILTER_KEEP;
}

const struct filter_plugin filter_nest = {
    .name = "nest",
    .summary = "Moves keys into a map, or what a map holds to the top level.",
    .self_bytes = sizeof(struct filter_nest),
    .options = options,
    .init = nest_init,
    .apply = nest_apply,
};
