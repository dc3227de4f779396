#include "config/load.h"

#include "config/classic.h"
#include "config/yaml.h"

#include <errno.h>

/* The kinds of section that one sort of file is read for, as bits. */
#define KIND(kind) (1u << (kind))
#define KINDS_PARSERS (KIND(CONFIG_PARSER) | KIND(CONFIG_MULTILINE_PARSER))
_Static_assert(CONFIG_OTHER < sizeof(unsigned) * 8, "each kind has its bit");
_Static_assert(CONFIG_MULTILINE_PARSER == CONFIG_PARSER + 1, "both are walked as a range");

static grammar_fn *grammar_of(const char *path)
{
    return path_is_yaml(path) ? yaml_parse : classic_parse;
}

static void file_load(struct config *c, const char *path, struct place from, struct report *report)
{
    struct reading r = {.config = c, .report = report};

    reading_file(&r, grammar_of(path), path, from);
    files_fini(&r.files);
}

static struct section *section_of(struct list *link)
{
    return CONTAINER_OF(link, struct section, link);
}

static void sections_move(struct list *from, struct list *to)
{
    struct list *link;

    while ((link = list_take_first(from)) != NULL)
        list_add_tail(to, link);
}

/* A section that makes something has the name of what it makes. */
static void name_check(const struct section *s, struct report *report)
{
    const unsigned named = KIND(CONFIG_INPUT) | KIND(CONFIG_FILTER) | KIND(CONFIG_OUTPUT) |
                           KIND(CONFIG_CUSTOM) | KINDS_PARSERS;
    const char *name = section_get(s, "name");

    if (KIND(s->kind) & named && (name == NULL || name[0] == '\0'))
        report_error(report, s->place, "this %s needs a 'name'", config_kind_name(s->kind));
}

static void sections_finish(struct config *c, struct report *report)
{
    LIST_FOR (it, &c->sections) {
        section_expand(c, section_of(it), report);
        name_check(section_of(it), report);
    }
}

/* Takes out the sections that a file is not read for. */
static void sections_sift(struct config *c, unsigned kinds, struct report *report)
{
    LIST_FOR_SAFE (it, after, &c->sections) {
        const struct section *s = section_of(it);

        if (KIND(s->kind) & kinds)
            continue;
        if (s->kind != CONFIG_OTHER)
            report_warn(report, s->place, "[%s] does not belong in this file and is left out",
                        s->name);
        list_remove(it);
    }
}

/* What a file includes is found beside it. */
static void file_load_beside(struct config *c, const char *path, struct place from,
                             struct report *report)
{
    const char *root = c->root;

    c->root = path_directory(&c->arena, path);
    file_load(c, path, from, report);
    c->root = root;
}

/* Reads a file that may hold only some kinds of section. What was there before is out of the way
 * meanwhile, so that a [SERVICE] in the file does not become part of the real one. The first
 * section that was added, or NULL. */
static struct section *file_load_kinds(struct config *c, const char *path, struct place from,
                                       unsigned kinds, struct report *report)
{
    struct section *first = NULL;
    struct list before;

    list_init(&before);
    sections_move(&c->sections, &before);
    CHECK(list_is_empty(&c->sections));
    file_load_beside(c, path_find(&c->arena, c->root, path), from, report);
    sections_sift(c, kinds, report);
    sections_finish(c, report);
    if (!list_is_empty(&c->sections))
        first = section_of(c->sections.next);
    sections_move(&c->sections, &before);
    sections_move(&before, &c->sections);
    return first;
}

static void service_files_load(struct config *c, const char *key, unsigned kinds,
                               struct report *report)
{
    const struct section *service = config_first(c, CONFIG_SERVICE);
    const struct property *p = NULL;

    while (service != NULL && (p = section_find(service, key, p)) != NULL)
        (void)file_load_kinds(c, p->value, p->place, kinds, report);
}

/* ---- upstreams ---- */

static const struct section *upstream_named(const struct config *c, const char *name)
{
    for (const struct section *s = config_first(c, CONFIG_UPSTREAM); s != NULL;
         s = config_next(c, s)) {
        const char *its_name = section_get(s, "name");

        if (its_name != NULL && strcasecmp(its_name, name) == 0)
            return s;
    }
    return NULL;
}

static void nodes_copy(struct config *c, struct section *output, const struct section *upstream)
{
    const struct section *node = NULL;

    while ((node = section_group(upstream, "nodes", node)) != NULL) {
        struct section *copy = section_add_group(c, output, "nodes", node->place);

        for (size_t i = 0; i < node->property_count; i++)
            section_add(c, copy, node->properties[i]);
    }
}

static const struct section *upstream_load(struct config *c, const struct property *p,
                                           struct report *report)
{
    unsigned errors_before = report->error_count;
    const struct section *upstream =
        file_load_kinds(c, p->value, p->place, KIND(CONFIG_UPSTREAM), report);

    if (upstream == NULL && report->error_count == errors_before)
        report_error(report, p->place, "%s has no [UPSTREAM]", p->value);
    return upstream;
}

/* An output that names an upstream, or the file of one, gets its nodes as groups of its own. */
void config_load_upstream(struct config *c, struct section *output, struct report *report)
{
    const struct property *p = section_find(output, "upstream", NULL);
    const struct section *upstream;

    if (p == NULL || p->value[0] == '\0')
        return;
    upstream = upstream_named(c, p->value);
    if (upstream == NULL)
        upstream = upstream_load(c, p, report);
    if (upstream == NULL)
        return;
    CHECK(upstream->kind == CONFIG_UPSTREAM);
    nodes_copy(c, output, upstream);
    if (section_group(output, "nodes", NULL) == NULL)
        report_error(report, upstream->place, "this upstream has no [NODE]");
}

static void upstreams_attach(struct config *c, struct report *report)
{
    for (struct section *s = config_first(c, CONFIG_OUTPUT); s != NULL; s = config_next(c, s))
        config_load_upstream(c, s, report);
}

int config_complete(struct config *c, struct report *report)
{
    unsigned errors_before = report->error_count;

    sections_finish(c, report);
    service_files_load(c, "parsers_file", KINDS_PARSERS, report);
    service_files_load(c, "plugins_file", KIND(CONFIG_PLUGINS), report);
    service_files_load(c, "streams_file", KIND(CONFIG_STREAM_TASK), report);
    upstreams_attach(c, report);
    return report->error_count > errors_before ? -EINVAL : 0;
}

/* Fluent Bit refuses parsers in a classic main file; its users had to learn that. */
static void main_parsers_warn(const struct config *c, struct report *report)
{
    for (unsigned kind = CONFIG_PARSER; kind <= CONFIG_MULTILINE_PARSER; kind++)
        for (const struct section *s = config_first(c, kind); s != NULL; s = config_next(c, s))
            report_warn(report, s->place,
                        "[%s] is taken in this file; Fluent Bit wants it in one that "
                        "Parsers_File names",
                        s->name);
}

int config_load(const char *path, struct report *report, struct config **config_out)
{
    unsigned errors_before = report->error_count;
    struct config *c = config_new();
    int rc;

    c->root = path_directory(&c->arena, path);
    file_load(c, path, (struct place){0}, report);
    if (!path_is_yaml(path))
        main_parsers_warn(c, report);
    rc = config_complete(c, report);
    *config_out = c;
    CHECK(rc == 0 || report->error_count > errors_before);
    return rc == 0 && report->error_count > errors_before ? -EINVAL : rc;
}

int config_load_parsers(struct config *c, const char *path, struct place from,
                        struct report *report)
{
    unsigned errors_before = report->error_count;

    (void)file_load_kinds(c, path, from, KINDS_PARSERS, report);
    return report->error_count > errors_before ? -EINVAL : 0;
}
