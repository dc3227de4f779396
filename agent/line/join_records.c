#include "line/joiner_internal.h"

/*
 * multiline.parser: a line is offered to one definition after the other, first to those whose
 * lines wait. The one that takes it says whether it begins a record, goes on with one or ends it.
 *
 * No stream of a file has more than one group.
 */

/* A line in the hands of one definition. */
struct offer {
    struct joining *j;
    const struct multiline *multiline;
    unsigned kind;
    struct framed framed;
    multiline_state state;
};

/* ---- the short way ---- */

static bool leaves(const struct joiner_rules *rules, const struct framed *framed,
                   struct record *record)
{
    return LIKELY(rules->ops != &join_runtime) ||
           join_runtime_leaves(rules, framed->group, frame_content(framed, &record->arena));
}

static bool leaves_plain(const struct joiner_rules *rules, const struct plain_record *plain)
{
    struct slice stream, text;

    return LIKELY(rules->ops != &join_runtime) ||
           (plain_find(plain, SLICE("stream"), &stream) && plain_find(plain, SLICE("log"), &text) &&
            join_runtime_leaves(rules, stream, text));
}

bool joiner_fill_whole(struct joiner_rules *rules, const struct joiner_line *line,
                       struct record *record)
{
    struct frame_source source = {line->text, rules->key, &rules->run};

    for (size_t i = 0; i < rules->multiline_count; i++) {
        const struct multiline *m = rules->multilines[i];
        enum multiline_frame frame = multiline_frame(m);
        multiline_state state = 0;
        struct framed framed;

        if (frame != MULTILINE_CRI && frame != MULTILINE_DOCKER)
            return false;
        record->time_ns = line->wall_ns;
        if (!frame_fill(m, &source, record, &framed))
            continue;
        if (framed.is_strange || (multiline_next(m, framed.pattern, &state) == MULTILINE_WHOLE &&
                                  leaves(rules, &framed, record)))
            return true;
        record_reset(record);
        return false;
    }
    return false;
}

bool joiner_fill_plain(struct joiner_rules *rules, struct slice line, struct plain_record *plain)
{
    return rules->multiline_count > 0 &&
           frame_fill_plain(rules->multilines[0], &rules->run, line, plain) &&
           leaves_plain(rules, plain);
}

/* ---- a line by itself ---- */

/* Takes the line apart into the sink's record. */
static bool offer_fill(struct offer *o)
{
    struct joining *j = o->j;
    struct frame_source source = {j->line->text, j->rules->key, &j->rules->run};

    if (frame_fill(o->multiline, &source, joining_begin(j), &o->framed))
        return true;
    j->record = NULL;
    return false;
}

static struct value closed_text(struct slice text, struct arena *arena)
{
    char *copy = arena_alloc(arena, text.len + 1);

    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\n';
    return value_text(slice_make(copy, text.len + 1));
}

/* The sink's record may have been lent to another group since it was filled. */
static void offer_push(struct offer *o)
{
    struct joining *j = o->j;

    if (j->record == NULL)
        CHECK(offer_fill(o));
    if (multiline_closes_with_feed(o->multiline))
        j->record->root.fields[0].value = closed_text(j->line->text, &j->record->arena);
    j->done_end = j->line->end;
    joining_push(j, j->line->offset);
}

/* ---- groups ---- */

/* A group that the line begins, its text still empty, in no list yet. The line is taken apart once
 * more, out of the copy that the group keeps, and the offer looks at that from now on. */
static struct group *group_begin(struct offer *o)
{
    struct joining *j = o->j;
    struct group *g = group_new(j, multiline_flush_ms(o->multiline));
    struct frame_source source = {g->line, j->rules->key, &j->rules->run};
    int64_t content_at;

    CHECK(frame_fill(o->multiline, &source, &g->record, &o->framed));
    g->kind = o->kind;
    buffer_append(&g->stream, o->framed.group);
    record_unfold(&g->record);
    content_at = record_index(&g->record, frame_content_key(o->multiline, j->rules->key));
    CHECK(content_at >= 0);
    g->content_at = (uint32_t)content_at;
    return g;
}

static void group_append(const struct offer *o, struct group *g)
{
    multiline_append(o->multiline, &g->text, frame_content(&o->framed, &g->record.arena));
    g->state = o->state;
    group_took(o->j, g);
}

static void begin(struct offer *o, struct group *earlier)
{
    struct group *g = group_begin(o);

    if (earlier != NULL)
        group_finish(o->j, earlier);
    group_append(o, g);
    group_add(o->j, g);
}

/* What does not fit begins another group, which goes on as this one would have. */
static struct group *go_on(struct offer *o, struct group *g)
{
    struct group *next;

    if (group_has_room(o->j, g, o->framed.content.len)) {
        group_append(o, g);
        return g;
    }
    next = group_begin(o);
    group_cut(o->j, g, multiline_joins_pieces(o->multiline) ? &next->text.bytes : NULL);
    group_append(o, next);
    group_add(o->j, next);
    return next;
}

static void emit(struct joining *j, struct group *g)
{
    multiline_close(j->rules->multilines[g->kind], &g->text);
    joining_push_group(j, g);
}

/* ---- offering ---- */

static void offer_apply(struct offer *o, enum multiline_move move, struct group *g)
{
    switch (move) {
    case MULTILINE_BEGINS:
        begin(o, g);
        break;
    case MULTILINE_GOES_ON:
        (void)go_on(o, g);
        break;
    case MULTILINE_ENDS:
        group_finish(o->j, go_on(o, g));
        break;
    case MULTILINE_WHOLE:
    case MULTILINE_NOT_MINE:
        if (g != NULL)
            group_finish(o->j, g);
        offer_push(o);
        break;
    }
}

/* Whether the definition takes the line. What its state was, if it does not, stays in the group. */
static bool offer_accept(struct offer *o)
{
    struct group *g = group_of_stream(o->j, o->framed.group);
    enum multiline_move move = MULTILINE_WHOLE;

    o->state = g != NULL && g->kind == o->kind ? g->state : 0;
    if (!o->framed.is_strange)
        move = multiline_next(o->multiline, o->framed.pattern, &o->state);
    if (move == MULTILINE_NOT_MINE)
        return false;
    offer_apply(o, move, g);
    return true;
}

static bool kind_waits(const struct joining *j, unsigned kind)
{
    if (*j->joiner == NULL)
        return false;
    LIST_FOR (it, &(*j->joiner)->groups)
        if (CONTAINER_OF(it, struct group, link)->kind == kind)
            return true;
    return false;
}

/* Offers the line to the definitions whose lines wait, or to the others. `*reader` becomes the first
 * one that could at least take the line apart. */
static bool offer_all(struct joining *j, bool to_waiting, struct offer *reader)
{
    for (unsigned kind = 0; kind < j->rules->multiline_count; kind++) {
        struct offer o = {.j = j, .multiline = j->rules->multilines[kind], .kind = kind};

        if (kind_waits(j, kind) != to_waiting || !offer_fill(&o))
            continue;
        if (offer_accept(&o))
            return true;
        if (reader->multiline == NULL)
            *reader = o;
    }
    return false;
}

/* No definition wants it. If one could take it apart, its fields are the record's, and it parts
 * only the lines of its own stream. */
static void take_unwanted(struct joining *j, struct offer *reader)
{
    if (reader->multiline != NULL) {
        CHECK(offer_fill(reader));
        offer_apply(reader, MULTILINE_NOT_MINE, group_of_stream(j, reader->framed.group));
        return;
    }
    groups_finish(j);
    joining_push_text(j, frame_content_key(j->rules->multilines[0], j->rules->key));
}

static void take(struct joining *j)
{
    struct offer reader = {0};

    if (!offer_all(j, true, &reader) && !offer_all(j, false, &reader))
        take_unwanted(j, &reader);
}

const struct joiner_ops join_records = {.take = take, .emit = emit};
