#include "config/yaml.h"

#include "config/yaml_node.h"
#include "config/yaml_section.h"

#include <strings.h>

/* What a key at the top or in the pipeline means. */
struct meaning {
    const char *key;
    void (*read)(struct reading *r, const struct yaml_node *node, enum config_kind kind);
    enum config_kind kind;
};

static bool is_null(const struct yaml_node *node)
{
    return node->shape == YAML_SCALAR && node->type == PROPERTY_NULL;
}

/* Whether a node has the shape that its key wants; if not, that is told. */
static bool has_shape(struct reading *r, const struct yaml_node *node, enum yaml_shape shape)
{
    CHECK(shape != YAML_SCALAR);
    if (node->shape == shape)
        return true;
    if (is_null(node))
        report_warn(r->report, node->place,
                    "'%s' is empty; write what belongs to it or take the "
                    "line out",
                    node->key);
    else if (shape == YAML_LIST)
        report_error(r->report, node->place, "'%s' must be a list; begin each entry with '- '",
                     node->key);
    else
        report_error(r->report, node->place, "'%s' must hold keys with values", node->key);
    return false;
}

static const struct meaning *meaning_find(const struct meaning *meanings, const char *key)
{
    for (; meanings->key != NULL; meanings++)
        if (strcasecmp(meanings->key, key) == 0)
            return meanings;
    return NULL;
}

#define MEANINGS_MAX 16

static const char *meaning_nearest(const struct meaning *meanings, const char *key)
{
    const char *names[MEANINGS_MAX + 1] = {0};

    for (size_t i = 0; meanings[i].key != NULL; i++) {
        CHECK(i < MEANINGS_MAX);
        names[i] = meanings[i].key;
    }
    return report_nearest(key, names);
}

/* env */

static void variable_set(struct reading *r, const struct yaml_node *node, const char *name,
                         const char *value)
{
    int rc = env_set(&r->config->env, &r->config->arena, slice_of(name), slice_of(value));

    if (rc < 0)
        report_error(r->report, node->place,
                     "the variable '%s' names a file that cannot be "
                     "read: '%s': %s",
                     name, value, files_error(rc));
}

static const char *child_text(const struct yaml_node *map, const char *key)
{
    for (const struct yaml_node *child = map->first; child != NULL; child = child->next)
        if (strcasecmp(child->key, key) == 0 && child->shape == YAML_SCALAR)
            return child->text;
    return NULL;
}

/* One of {name, value} or {name, uri, refresh_interval}. */
static void variable_read(struct reading *r, const struct yaml_node *item)
{
    const char *name, *value, *uri;

    name = item->shape == YAML_MAP ? child_text(item, "name") : NULL;
    if (name == NULL) {
        report_error(r->report, item->place,
                     "a variable in a list is written as '- name: NAME' and 'value: ...'");
        return;
    }
    value = child_text(item, "value");
    uri = child_text(item, "uri");
    if (value == NULL && (uri == NULL || !slice_begins(slice_of(uri), SLICE("file://")))) {
        report_error(r->report, item->place,
                     "the variable '%s' needs a 'value', or a 'uri' that begins with file://",
                     name);
        return;
    }
    if (child_text(item, "refresh_interval") != NULL)
        report_warn(r->report, item->place,
                    "the file of the variable '%s' is read at start and "
                    "at reload; 'refresh_interval' has no effect",
                    name);
    variable_set(r, item, name, value != NULL ? value : uri);
}

static void env_read(struct reading *r, const struct yaml_node *node, enum config_kind kind)
{
    (void)kind;
    if (node->shape == YAML_LIST) {
        for (const struct yaml_node *item = node->first; item != NULL; item = item->next)
            variable_read(r, item);
        return;
    }
    if (!has_shape(r, node, YAML_MAP))
        return;
    for (const struct yaml_node *child = node->first; child != NULL; child = child->next) {
        if (child->shape == YAML_SCALAR)
            variable_set(r, child, child->key, child->text);
        else
            report_error(r->report, child->place, "the variable '%s' must have one value",
                         child->key);
    }
}

/* includes */

static void include_read(struct reading *r, const struct yaml_node *item)
{
    struct arena *arena = &r->config->arena;
    const char *path;

    if (item->shape != YAML_SCALAR || is_null(item)) {
        report_error(r->report, item->place, "an entry of 'includes' must be the name of a file");
        return;
    }
    path = path_under(arena, path_directory(arena, item->place.file), item->text);
    if (strchr(item->text, '*') != NULL)
        reading_glob(r, yaml_parse, path, item->place);
    else
        reading_file(r, yaml_parse, path, item->place);
}

static void includes_read(struct reading *r, const struct yaml_node *node, enum config_kind kind)
{
    (void)kind;
    if (!has_shape(r, node, YAML_LIST))
        return;
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next)
        include_read(r, item);
}

/* service and the lists of sections */

static void service_read(struct reading *r, const struct yaml_node *node, enum config_kind kind)
{
    if (!has_shape(r, node, YAML_MAP))
        return;
    if (config_first(r->config, kind) != NULL)
        report_warn(r->report, node->place,
                    "'service' is given again; both count as one "
                    "(Fluent Bit refuses that)");
    yaml_section(r, kind, node);
}

static void sections_read(struct reading *r, const struct yaml_node *node, enum config_kind kind)
{
    if (!has_shape(r, node, YAML_LIST))
        return;
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
        if (item->shape == YAML_MAP)
            yaml_section(r, kind, item);
        else
            report_error(r->report, item->place,
                         "an entry of '%s' must hold keys with values, as '- name: ...'",
                         node->key);
    }
}

static void plugins_read(struct reading *r, const struct yaml_node *node, enum config_kind kind)
{
    struct section *plugins;

    if (!has_shape(r, node, YAML_LIST))
        return;
    plugins = config_add(r->config, kind, node->key, node->place);
    for (const struct yaml_node *item = node->first; item != NULL; item = item->next) {
        if (item->shape == YAML_SCALAR && !is_null(item))
            section_add(r->config, plugins,
                        (struct property){.key = "path",
                                          .value = item->text,
                                          .place = item->place,
                                          .is_list_item = true});
        else
            report_error(r->report, item->place, "an entry of 'plugins' must be a path");
    }
}

static void other_read(struct reading *r, const struct yaml_node *node, enum config_kind kind)
{
    if (node->shape == YAML_MAP)
        yaml_section(r, kind, node);
}

static void pipeline_read(struct reading *r, const struct yaml_node *node, enum config_kind kind)
{
    static const struct meaning meanings[] = {
        {"inputs", sections_read, CONFIG_INPUT},
        {"filters", sections_read, CONFIG_FILTER},
        {"outputs", sections_read, CONFIG_OUTPUT},
        {0},
    };

    (void)kind;
    if (!has_shape(r, node, YAML_MAP))
        return;
    for (const struct yaml_node *child = node->first; child != NULL; child = child->next) {
        const struct meaning *m = meaning_find(meanings, child->key);
        const char *nearest = meaning_nearest(meanings, child->key);

        if (m != NULL)
            m->read(r, child, m->kind);
        else if (nearest != NULL)
            report_error(r->report, child->place,
                         "'%s' is no part of a pipeline; did you mean '%s'?", child->key, nearest);
        else
            report_error(r->report, child->place,
                         "'%s' is no part of a pipeline; there are inputs, filters and outputs",
                         child->key);
    }
}

static const struct meaning top_meanings[] = {
    {"env", env_read, CONFIG_OTHER},
    {"includes", includes_read, CONFIG_OTHER},
    {"service", service_read, CONFIG_SERVICE},
    {"pipeline", pipeline_read, CONFIG_OTHER},
    {"parsers", sections_read, CONFIG_PARSER},
    {"multiline_parsers", sections_read, CONFIG_MULTILINE_PARSER},
    {"plugins", plugins_read, CONFIG_PLUGINS},
    {"customs", sections_read, CONFIG_CUSTOM},
    {"stream_processor", sections_read, CONFIG_STREAM_TASK},
    {"upstream_servers", sections_read, CONFIG_UPSTREAM},
    {"extensions", other_read, CONFIG_OTHER},
    {0},
};

static void top_read(struct reading *r, const struct yaml_node *node)
{
    const struct meaning *m = meaning_find(top_meanings, node->key);
    const char *nearest;

    if (m != NULL) {
        m->read(r, node, m->kind);
        return;
    }
    nearest = meaning_nearest(top_meanings, node->key);
    if (nearest != NULL)
        report_warn(r->report, node->place, "'%s' is left out; did you mean '%s'?", node->key,
                    nearest);
    else
        report_warn(r->report, node->place, "'%s' is no section known here and is left out",
                    node->key);
    other_read(r, node, CONFIG_OTHER);
}

void yaml_parse(struct reading *r, struct slice text, const char *file)
{
    struct arena *arena = &r->config->arena;
    const struct yaml_node *document;

    document = yaml_nodes(arena, text, arena_text(arena, file), r->report);
    for (; document != NULL; document = document->next) {
        if (document->shape == YAML_MAP)
            for (const struct yaml_node *node = document->first; node != NULL; node = node->next)
                top_read(r, node);
        else if (!is_null(document))
            report_error(r->report, document->place,
                         "a configuration in YAML begins with keys such as 'service:' and "
                         "'pipeline:'");
    }
}
