#include "plugin/option_field.h"

#include "base/memory.h"

#include <errno.h>
#include <strings.h>

static void *option_field(const struct option *o, void *self)
{
    return (char *)self + o->offset;
}

const struct option *option_find_exact(const struct option *options, const char *key)
{
    for (; options->type != OPTION_TYPE_END; options++)
        if (options->type != OPTION_TYPE_PREFIX && strcasecmp(options->name, key) == 0)
            return options;
    return NULL;
}

/* "net.*" of an ignored option stands for every key that begins with "net.". */
static bool begins_as(const struct option *o, const char *key)
{
    struct slice name = slice_of(o->name);

    if (o->type == OPTION_TYPE_IGNORED && slice_ends(name, SLICE("*")))
        name.len--;
    else if (o->type != OPTION_TYPE_PREFIX)
        return false;
    return strncasecmp(name.data, key, name.len) == 0;
}

const struct option *option_find_prefix(const struct option *options, const char *key)
{
    for (; options->type != OPTION_TYPE_END; options++)
        if (begins_as(options, key))
            return options;
    return NULL;
}

const struct option *option_find(const struct option *options, const char *key)
{
    const struct option *exact = option_find_exact(options, key);

    return exact != NULL ? exact : option_find_prefix(options, key);
}

static int choice_set(const struct option *o, int *field, const char *value, const char **note)
{
    struct slice rest = slice_of(o->choices), choice;

    CHECK(o->type == OPTION_TYPE_CHOICE && o->choices != NULL);
    for (int i = 0; slice_next(&rest, '|', &choice); i++) {
        if (slice_is_nocase(choice, value)) {
            *field = i;
            return 0;
        }
    }
    *note = o->choices;
    return -EINVAL;
}

static int size_set(const struct option *o, uint64_t *field, const char *value, const char **note)
{
    if (o->flags & OPTION_BINARY_SIZE)
        return setting_size_binary(value, field, note);
    return setting_size(value, field, note);
}

static int text_set(char **field, const char *value)
{
    mem_free(*field);
    *field = mem_text(value);
    return 0;
}

int option_set(const struct option *o, void *self, const struct property *p, const char **note)
{
    void *field = option_field(o, self);

    CHECK(o->type != OPTION_TYPE_END && p->value != NULL);
    *note = NULL;
    switch (o->type) {
    case OPTION_TYPE_BOOL:
        return setting_bool(p->value, field, note);
    case OPTION_TYPE_INT:
        return setting_int(p->value, field, note);
    case OPTION_TYPE_DOUBLE:
        return setting_double(p->value, field, note);
    case OPTION_TYPE_SIZE:
        return size_set(o, field, p->value, note);
    case OPTION_TYPE_TIME:
        return setting_time(p->value, field, note);
    case OPTION_TYPE_TEXT:
        return text_set(field, p->value);
    case OPTION_TYPE_CHOICE:
        return choice_set(o, field, p->value, note);
    case OPTION_TYPE_LIST:
        return text_list_split(field, p->value, p->place);
    case OPTION_TYPE_WORDS:
        return text_list_add(field, slice_of(p->value), p->place);
    case OPTION_TYPE_PAIR:
        return pair_list_add(field, o->name, p->value, p->place);
    case OPTION_TYPE_PREFIX:
        return pair_list_add(field, p->key, p->value, p->place);
    case OPTION_TYPE_IGNORED:
    case OPTION_TYPE_END:
        break;
    }
    return 0;
}

static bool is_text_list(const struct option *o)
{
    return o->type == OPTION_TYPE_LIST || o->type == OPTION_TYPE_WORDS;
}

bool option_is_pair_list(const struct option *o)
{
    return o->type == OPTION_TYPE_PAIR || o->type == OPTION_TYPE_PREFIX;
}

void option_clear(const struct option *o, void *self)
{
    if (is_text_list(o))
        text_list_fini(option_field(o, self));
    else if (option_is_pair_list(o))
        pair_list_fini(option_field(o, self));
    else if (o->type == OPTION_TYPE_TEXT)
        MEM_FREE((char **)option_field(o, self));
}

void options_fini(const struct option *options, void *self)
{
    for (; options->type != OPTION_TYPE_END; options++)
        option_clear(options, self);
}

static void option_check(const struct option *o)
{
    union {
        struct text_list texts;
        struct pair_list pairs;
        uint64_t number;
    } scratch = {0};
    struct option in_scratch = *o;
    struct property p = {.key = o->name, .value = o->fallback};
    const char *note = NULL;

    CHECK(o->name != NULL && o->name[0] != '\0');
    CHECK(o->help != NULL && slice_ends(slice_of(o->help), SLICE(".")));
    CHECK(!(o->flags & OPTION_REQUIRED) || o->fallback == NULL);
    CHECK((o->type == OPTION_TYPE_CHOICE) == (o->choices != NULL));
    CHECK(!option_is_pair_list(o) || o->fallback == NULL);
    if (o->flags & OPTION_REPEAT)
        CHECK(is_text_list(o) || option_is_pair_list(o) || o->type == OPTION_TYPE_IGNORED);

    in_scratch.offset = 0;
    if (o->fallback != NULL)
        CHECK(option_set(&in_scratch, &scratch, &p, &note) == 0 && note == NULL);
    option_clear(&in_scratch, &scratch);
}

void options_check(const struct option *options)
{
    for (const struct option *o = options; o->type != OPTION_TYPE_END; o++) {
        option_check(o);
        for (const struct option *other = o + 1; other->type != OPTION_TYPE_END; other++)
            CHECK(strcasecmp(o->name, other->name) != 0);
    }
}

struct place property_place(const struct property *items, size_t count, const char *key,
                            struct place otherwise)
{
    for (size_t i = count; i > 0; i--)
        if (strcasecmp(items[i - 1].key, key) == 0)
            return items[i - 1].place;
    return otherwise;
}

struct place property_list_place(const struct property_list *list, const char *key)
{
    return property_place(list->items, list->count, key, list->place);
}
