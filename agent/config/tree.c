#include "config/tree.h"

#include "base/memory.h"

#include <strings.h>

struct config *config_new(void)
{
    struct config *c = mem_zalloc(1, sizeof *c);

    list_init(&c->sections);
    c->root = ".";
    return c;
}

void config_free(struct config **config)
{
    if (*config == NULL)
        return;
    env_fini(&(*config)->env);
    arena_fini(&(*config)->arena);
    MEM_FREE(config);
}

const char *config_kind_name(enum config_kind kind)
{
    static const char *const names[] = {
        [CONFIG_SERVICE] = "service", [CONFIG_INPUT] = "input",
        [CONFIG_FILTER] = "filter",   [CONFIG_OUTPUT] = "output",
        [CONFIG_CUSTOM] = "custom",   [CONFIG_PARSER] = "parser",
        [CONFIG_GROUP] = "group",     [CONFIG_MULTILINE_PARSER] = "multiline_parser",
        [CONFIG_PLUGINS] = "plugins", [CONFIG_STREAM_TASK] = "stream_task",
        [CONFIG_OTHER] = "section",   [CONFIG_UPSTREAM] = "upstream",
    };

    _Static_assert(ARRAY_LEN(names) == CONFIG_OTHER + 1, "each kind has its name");
    CHECK((size_t)kind < ARRAY_LEN(names) && names[kind] != NULL);
    return names[kind];
}

static struct section *section_of(struct list *link)
{
    return CONTAINER_OF(link, struct section, link);
}

static struct section *next_of_kind(const struct config *c, struct list *from,
                                    enum config_kind kind)
{
    for (struct list *it = from; it != &c->sections; it = it->next)
        if (section_of(it)->kind == kind)
            return section_of(it);
    return NULL;
}

struct section *config_first(const struct config *c, enum config_kind kind)
{
    return next_of_kind(c, c->sections.next, kind);
}

struct section *config_next(const struct config *c, const struct section *after)
{
    CHECK(list_is_linked(&after->link));
    return next_of_kind(c, after->link.next, after->kind);
}

const struct property *section_find(const struct section *s, const char *key,
                                    const struct property *after)
{
    size_t from = after == NULL ? 0 : (size_t)(after - s->properties) + 1;

    CHECK(after == NULL || from <= s->property_count);
    for (size_t i = from; i < s->property_count; i++)
        if (strcasecmp(s->properties[i].key, key) == 0)
            return &s->properties[i];
    return NULL;
}

const char *section_get(const struct section *s, const char *key)
{
    const struct property *p = section_find(s, key, NULL);

    return p == NULL ? NULL : p->value;
}

struct place section_place(const struct section *s, const char *key)
{
    return property_place(s->properties, s->property_count, key, s->place);
}

struct section *section_group(const struct section *s, const char *name,
                              const struct section *after)
{
    struct list *from = after == NULL ? s->groups.next : after->link.next;

    CHECK(after == NULL || after->kind == CONFIG_GROUP);
    for (struct list *it = from; it != &s->groups; it = it->next)
        if (strcasecmp(section_of(it)->name, name) == 0)
            return section_of(it);
    return NULL;
}

struct property_list section_properties(const struct section *s, const char *owner)
{
    return (struct property_list){
        .items = s->properties, .count = s->property_count, .owner = owner, .place = s->place};
}

static struct section *section_new(struct config *c, enum config_kind kind, const char *name,
                                   struct place place)
{
    struct section *s = arena_alloc(&c->arena, sizeof *s);

    *s = (struct section){.kind = kind, .name = arena_text(&c->arena, name), .place = place};
    list_init(&s->groups);
    return s;
}

struct section *config_add(struct config *c, enum config_kind kind, const char *name,
                           struct place place)
{
    struct section *s = config_first(c, kind);

    CHECK(kind != CONFIG_GROUP && name != NULL);
    if (kind == CONFIG_SERVICE && s != NULL)
        return s;
    s = section_new(c, kind, name, place);
    list_add_tail(&c->sections, &s->link);
    return s;
}

struct section *section_add_group(struct config *c, struct section *s, const char *name,
                                  struct place place)
{
    struct section *group = section_new(c, CONFIG_GROUP, name, place);

    list_add_tail(&s->groups, &group->link);
    return group;
}

/* The properties stand in one array with room up to the next power of two. What the array leaves
 * behind in the arena when it grows is less than it takes. */
void section_add(struct config *c, struct section *s, struct property property)
{
    size_t count = s->property_count;

    CHECK((count == 0) == (s->properties == NULL));
    CHECK(property.key != NULL && property.value != NULL);
    if ((count & (count - 1)) == 0) {
        size_t room = count == 0 ? 1 : count * 2;
        struct property *grown = arena_alloc(&c->arena, room * sizeof *grown);

        if (count > 0)
            memcpy(grown, s->properties, count * sizeof *grown);
        s->properties = grown;
    }
    property.key = arena_text(&c->arena, property.key);
    property.value = arena_text(&c->arena, property.value);
    s->properties[s->property_count++] = property;
}

static bool is_expanded(enum config_kind kind)
{
    return kind != CONFIG_PARSER && kind != CONFIG_MULTILINE_PARSER && kind != CONFIG_OTHER;
}

void section_expand(struct config *c, struct section *s, struct report *report)
{
    if (!is_expanded(s->kind))
        return;
    for (size_t i = 0; i < s->property_count; i++) {
        struct property *p = &s->properties[i];

        p->value = env_expand(&c->env, &c->arena, p->value, p->place, report);
    }
    LIST_FOR (it, &s->groups)
        section_expand(c, section_of(it), report);
}
