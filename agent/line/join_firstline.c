#include "line/joiner_internal.h"

/*
 * Multiline On: a line that Parser_Firstline takes begins a record. Of the lines after it, those
 * that one of Parser_1 to Parser_N takes add their fields; the others are added to the first
 * line's last text. A line that comes while no record is open is one by itself.
 */

static struct group *group_begin(struct joining *j)
{
    struct group *g = group_new(j, j->rules->flush_ms);
    struct record *record = &g->record;
    struct slice text;

    CHECK(parser_apply(j->rules->parsers.first_line, g->line, &j->rules->run, record) >= 0);
    record_unfold(record);
    g->content_at = record->root.count;
    for (uint32_t i = record->root.count; i-- > 0 && g->content_at == record->root.count;)
        if (value_as_text(&record->root.fields[i].value, &record->arena, &text))
            g->content_at = i;
    if (g->content_at < record->root.count)
        buffer_append(&g->text.bytes, text);
    else
        record_add(record, j->rules->key, value_text(SLICE("")));
    return g;
}

/* The first of the other parsers that takes the line, or NULL. */
static const struct parser *other_for(struct joining *j)
{
    struct record *scratch = &j->rules->scratch;

    for (size_t i = 0; i < j->rules->parsers.other_count; i++) {
        record_reset(scratch);
        if (parser_apply(j->rules->parsers.others[i], j->line->text, &j->rules->run, scratch) >= 0)
            return j->rules->parsers.others[i];
    }
    return NULL;
}

/* The line's fields become the group's, which keeps its time. */
static void add_fields(struct joining *j, struct group *g, const struct parser *parser)
{
    struct record *record = &g->record;
    struct slice line = arena_copy(&record->arena, j->line->text);
    uint32_t count_before = record->root.count;
    int64_t time_ns = record->time_ns;

    CHECK(parser_apply(parser, line, &j->rules->run, record) >= 0);
    record_unfold(record);
    record->time_ns = time_ns;
    g->kept_bytes += line.len + (record->root.count - count_before) * sizeof(struct field);
}

static void add_text(struct joining *j, struct group *g)
{
    if (g->text.bytes.len > 0)
        buffer_append_byte(&g->text.bytes, '\n');
    buffer_append(&g->text.bytes, j->line->text);
}

static void begin(struct joining *j)
{
    struct group *g = group_begin(j);

    groups_finish(j);
    group_add(j, g);
}

static void go_on(struct joining *j, struct group *g)
{
    const struct parser *other;

    if (!group_has_room(j, g, j->line->text.len)) {
        group_cut(j, g, NULL);
        joining_push_text(j, j->rules->key);
        return;
    }
    other = other_for(j);
    if (other != NULL)
        add_fields(j, g, other);
    else
        add_text(j, g);
    group_took(j, g);
}

static bool is_first_line(struct joining *j)
{
    struct record *scratch = &j->rules->scratch;

    record_reset(scratch);
    return parser_apply(j->rules->parsers.first_line, j->line->text, &j->rules->run, scratch) >= 0;
}

static void take(struct joining *j)
{
    struct group *g = group_only(j);

    if (is_first_line(j))
        begin(j);
    else if (g != NULL)
        go_on(j, g);
    else
        joining_push_text(j, j->rules->key);
}

const struct joiner_ops join_firstline = {.take = take, .emit = joining_push_group};
