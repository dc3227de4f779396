#include "config/yaml_section.h"

#include "base/buffer.h"

#include <ctype.h>
#include <strings.h>

const char *yaml_key(struct arena *arena, const char *key)
{
    bool is_snake = strchr(key, '_') != NULL;
    struct buffer out = {0};
    const char *translated;

    if (!is_snake && !islower((unsigned char)key[0]))
        return arena_text(arena, key);
    for (size_t i = 0; key[i] != '\0'; i++) {
        if (!is_snake && isupper((unsigned char)key[i]) && isalnum((unsigned char)key[i - 1]))
            buffer_append_byte(&out, '_');
        buffer_append_byte(&out, (char)tolower((unsigned char)key[i]));
    }
    translated = arena_text(arena, buffer_text(&out));
    buffer_fini(&out);
    return translated;
}

/* Filling, without asking what the groups mean */

static void value_fill(struct reading *r, struct section *s, const char *key,
                       const struct yaml_node *node);

static void map_fill(struct reading *r, struct section *s, const struct yaml_node *map)
{
    CHECK(map->shape == YAML_MAP);
    for (const struct yaml_node *child = map->first; child != NULL; child = child->next)
        value_fill(r, s, yaml_key(&r->config->arena, child->key), child);
}

/* Blanks around a section's value, the line feed behind a block's too, are left out, as in the classic
 * grammar. Entries of lists, and what stands in groups, are as they were written. */
static const char *property_value(struct reading *r, const struct section *s,
                                  const struct yaml_node *node)
{
    if (node->key == NULL || s->kind == CONFIG_GROUP)
        return node->text;
    return arena_copy(&r->config->arena, slice_trim(slice_of(node->text))).data;
}

static void property_fill(struct reading *r, struct section *s, const char *key,
                          const struct yaml_node *node)
{
    CHECK(node->shape == YAML_SCALAR && node->text != NULL);
    section_add(r->config, s,
                (struct property){.key = key,
                                  .value = property_value(r, s, node),
                                  .place = node->place,
                                  .type = node->type,
                                  .is_list_item = node->key == NULL});
}

static void list_fill(struct reading *r, struct section *s, const char *key,
                      const struct yaml_node *list)
{
    CHECK(list->shape == YAML_LIST);
    for (const struct yaml_node *item = list->first; item != NULL; item = item->next) {
        if (item->shape == YAML_LIST)
            report_error(r->report, item->place, "'%s' must not hold a list in its list", key);
        else
            value_fill(r, s, key, item);
    }
}

static void value_fill(struct reading *r, struct section *s, const char *key,
                       const struct yaml_node *node)
{
    if (node->shape == YAML_SCALAR)
        property_fill(r, s, key, node);
    else if (node->shape == YAML_LIST)
        list_fill(r, s, key, node);
    else
        map_fill(r, section_add_group(r->config, s, key, node->place), node);
}

/* What the groups mean */

/* The groups that a section may hold; NULL where it holds none. */
static const char *const *groups_of(enum config_kind kind)
{
    static const char *const instance_groups[] = {"processors", "routes", NULL};
    static const char *const service_groups[] = {"telemetry", NULL};
    static const char *const parser_groups[] = {"rules", NULL};
    static const char *const upstream_groups[] = {"nodes", NULL};

    switch (kind) {
    case CONFIG_INPUT:
    case CONFIG_OUTPUT:
        return instance_groups;
    case CONFIG_SERVICE:
        return service_groups;
    case CONFIG_MULTILINE_PARSER:
        return parser_groups;
    case CONFIG_UPSTREAM:
        return upstream_groups;
    default:
        return NULL;
    }
}

static bool is_in(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcasecmp(*names, name) == 0)
            return true;
    return false;
}

static void group_check(struct reading *r, enum config_kind kind, const struct section *group)
{
    if (kind == CONFIG_OTHER || is_in(groups_of(kind), group->name))
        return;
    if (kind == CONFIG_FILTER && strcasecmp(group->name, "processors") == 0)
        report_error(r->report, group->place,
                     "a filter has no processors; move them to the input or the output");
    else
        report_error(r->report, group->place,
                     "'%s' of %s must have a value and not keys of its "
                     "own",
                     group->name, config_kind_name(kind));
}

/* processors: {logs: [{name: ...}]} */
static void processors_check(struct reading *r, const struct section *processors)
{
    static const char *const signals[] = {"logs", "metrics", "traces", "profiles", NULL};

    for (size_t i = 0; i < processors->property_count; i++)
        if (processors->properties[i].type != PROPERTY_NULL)
            report_error(r->report, processors->properties[i].place,
                         "'%s' must be a list of processors, as '- name: ...'",
                         processors->properties[i].key);
    LIST_FOR (it, &processors->groups) {
        const struct section *processor = CONTAINER_OF(it, struct section, link);
        const char *nearest = report_nearest(processor->name, signals);

        if (!is_in(signals, processor->name))
            report_error(r->report, processor->place,
                         "'%s' is nothing that processors work on; did you mean '%s'?",
                         processor->name, nearest != NULL ? nearest : "logs");
        else if (section_get(processor, "name") == NULL)
            report_error(r->report, processor->place, "a processor needs a 'name'");
    }
}

static void groups_check(struct reading *r, const struct section *s)
{
    const struct section *processors = NULL;

    LIST_FOR (it, &s->groups) {
        group_check(r, s->kind, CONTAINER_OF(it, struct section, link));
    }
    if (s->kind != CONFIG_INPUT && s->kind != CONFIG_OUTPUT)
        return;
    while ((processors = section_group(s, "processors", processors)) != NULL)
        processors_check(r, processors);
}

/* A group that is written but empty is none. */
static bool is_empty_group(struct reading *r, enum config_kind kind, const struct yaml_node *node)
{
    if (node->shape != YAML_SCALAR || node->type != PROPERTY_NULL ||
        !is_in(groups_of(kind), node->key))
        return false;
    report_warn(r->report, node->place,
                "'%s' is empty; write what belongs to it or take the line out", node->key);
    return true;
}

void yaml_section(struct reading *r, enum config_kind kind, const struct yaml_node *map)
{
    const char *name = map->key != NULL ? map->key : config_kind_name(kind);
    struct section *s = config_add(r->config, kind, name, map->place);

    CHECK(map->shape == YAML_MAP);
    for (const struct yaml_node *child = map->first; child != NULL; child = child->next)
        if (!is_empty_group(r, kind, child))
            value_fill(r, s, yaml_key(&r->config->arena, child->key), child);
    groups_check(r, s);
}
