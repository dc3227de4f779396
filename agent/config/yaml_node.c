#include "config/yaml_node.h"

#include <errno.h>
#include <strings.h>
#include <yaml.h>

/* One text being read. `event` is the one that stands next; `is_broken` ends it all. */
struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    struct arena *arena;
    struct report *report;
    const char *file;
    bool is_broken;
};

static struct place place_of(const struct reader *r, yaml_mark_t mark)
{
    return (struct place){.file = r->file, .line = (unsigned)mark.line + 1};
}

static void advance(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (!r->is_broken && yaml_parser_parse(&r->parser, &r->event))
        return;
    if (!r->is_broken)
        report_error(r->report, place_of(r, r->parser.problem_mark),
                     "this is no YAML: %s; the rest of the file is left out",
                     r->parser.problem != NULL ? r->parser.problem : "it cannot be read");
    r->is_broken = true;
    r->event = (yaml_event_t){.type = YAML_STREAM_END_EVENT};
}

static void complain(struct reader *r, const char *what)
{
    report_error(r->report, place_of(r, r->event.start_mark), "%s", what);
}

/* An error in the shape of the text, from which there is no way on. */
static void give_up(struct reader *r, const char *what)
{
    complain(r, what);
    r->is_broken = true;
}

/* Types of plain scalars, YAML 1.1's core as Fluent Bit reads it. */

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

static bool is_all_used(const char *text, const char *end)
{
    return end != text && *end == '\0';
}

static enum property_type plain_type(const char *text)
{
    static const char *const nulls[] = {"", "~", "null", NULL};
    static const char *const bools[] = {"true", "false", NULL};
    char *end;

    if (is_one_of(text, nulls))
        return PROPERTY_NULL;
    if (is_one_of(text, bools))
        return PROPERTY_BOOL;
    if (strchr("+-.0123456789", text[0]) == NULL)
        return PROPERTY_TEXT;
    errno = 0;
    (void)strtoll(text, &end, 10);
    if (is_all_used(text, end) && errno == 0)
        return PROPERTY_INT;
    (void)strtod(text, &end);
    return is_all_used(text, end) ? PROPERTY_DOUBLE : PROPERTY_TEXT;
}

static struct yaml_node *node_new(struct reader *r, enum yaml_shape shape)
{
    struct yaml_node *node = arena_alloc(r->arena, sizeof *node);

    *node = (struct yaml_node){.shape = shape, .place = place_of(r, r->event.start_mark)};
    return node;
}

static const char *event_text(struct reader *r)
{
    struct slice value =
        slice_make((const char *)r->event.data.scalar.value, r->event.data.scalar.length);

    if (value.len > 0 && memchr(value.data, '\0', value.len) != NULL)
        report_error(r->report, place_of(r, r->event.start_mark),
                     "this text holds a NUL, which no value may");
    return arena_copy(r->arena, value).data;
}

static struct yaml_node *scalar_read(struct reader *r)
{
    struct yaml_node *node = node_new(r, YAML_SCALAR);

    CHECK(r->event.type == YAML_SCALAR_EVENT);
    node->text = event_text(r);
    if (r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        node->type = plain_type(node->text);
    advance(r);
    return node;
}

/* Stands for nothing, so that what comes after it is looked at too. */
static struct yaml_node *alias_read(struct reader *r)
{
    struct yaml_node *node = node_new(r, YAML_SCALAR);

    CHECK(r->event.type == YAML_ALIAS_EVENT);
    complain(r, "aliases (*name) are not taken; write the value out");
    node->text = "";
    node->type = PROPERTY_NULL;
    advance(r);
    return node;
}

static struct yaml_node *node_read(struct reader *r, unsigned depth);

static struct yaml_node *list_read(struct reader *r, unsigned depth)
{
    struct yaml_node *node = node_new(r, YAML_LIST);
    struct yaml_node **end = &node->first;

    advance(r);
    while (!r->is_broken && r->event.type != YAML_SEQUENCE_END_EVENT) {
        struct yaml_node *item = node_read(r, depth + 1);

        if (item == NULL)
            break;
        *end = item;
        end = &item->next;
    }
    advance(r);
    return node;
}

static struct yaml_node *map_read(struct reader *r, unsigned depth)
{
    struct yaml_node *node = node_new(r, YAML_MAP);
    struct yaml_node **end = &node->first;

    advance(r);
    while (!r->is_broken && r->event.type != YAML_MAPPING_END_EVENT) {
        struct place place = place_of(r, r->event.start_mark);
        struct yaml_node *value;
        const char *key;

        if (r->event.type != YAML_SCALAR_EVENT) {
            give_up(r, "a key must be a word; aliases, lists and maps cannot be keys");
            break;
        }
        key = scalar_read(r)->text;
        value = node_read(r, depth + 1);
        if (value == NULL)
            break;
        value->key = key;
        value->place = place;
        *end = value;
        end = &value->next;
    }
    advance(r);
    return node;
}

/* The node that begins with the next event; NULL when there is no way on. */
static struct yaml_node *node_read(struct reader *r, unsigned depth)
{
    bool is_list = r->event.type == YAML_SEQUENCE_START_EVENT;

    CHECK(depth <= YAML_DEPTH_MAX);
    if (r->is_broken)
        return NULL;
    if (r->event.type == YAML_SCALAR_EVENT)
        return scalar_read(r);
    if (r->event.type == YAML_ALIAS_EVENT)
        return alias_read(r);
    if (depth >= YAML_DEPTH_MAX) {
        give_up(r, "these are too many levels");
        return NULL;
    }
    return is_list ? list_read(r, depth) : map_read(r, depth);
}

static struct yaml_node *documents_read(struct reader *r)
{
    struct yaml_node *documents = NULL, **end = &documents;

    while (r->event.type != YAML_STREAM_END_EVENT) {
        bool is_document = r->event.type == YAML_DOCUMENT_START_EVENT;

        advance(r);
        if (is_document && !r->is_broken) {
            *end = node_read(r, 0);
            if (*end == NULL)
                break;
            end = &(*end)->next;
        }
    }
    return documents;
}

struct yaml_node *yaml_nodes(struct arena *arena, struct slice text, const char *file,
                             struct report *report)
{
    struct reader r = {.arena = arena, .report = report, .file = file};
    struct yaml_node *documents;

    CHECK(yaml_parser_initialize(&r.parser));
    if (text.len == 0)
        text = SLICE("");
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.data, text.len);
    advance(&r);
    documents = documents_read(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return documents;
}
