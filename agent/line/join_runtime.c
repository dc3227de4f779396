#include "line/joiner_internal.h"

/*
 * The lines of a container, joined by what its pod asks for: the runtime's frame is taken off, the
 * pieces that it cut a long line into are put together, and the lines go on in the record that the
 * pod's definition says they belong to. Each stream has a definition of its own, or none.
 *
 *   2026-.. stdout F Exception: a      begins
 *   2026-.. stdout P   at b(           goes on; its end is missing
 *   2026-.. stderr F warning           another stream's
 *   2026-.. stdout F C.java)           the rest of the second line
 *   2026-.. stdout F done              parts: "Exception: a\n  at b(C.java)" goes on, and so does this
 *
 * What a line is to the open record is decided by its first piece, which is 8 KiB or more.
 *
 * No stream of a file has more than one group.
 */

/* A line of the runtime, in the hands of the frame that could take it apart. */
struct piece {
    struct joining *j;
    const struct multiline *frame;
    const struct multiline *inner; /* of its stream; NULL: none */
    unsigned kind;
    struct framed framed;
    bool is_last; /* of a line that the container wrote */
    multiline_state state;
};

static const struct multiline *inner_of(const struct joiner_rules *rules, struct slice stream)
{
    if (slice_is(stream, "stdout"))
        return rules->inner.of_stdout;
    return slice_is(stream, "stderr") ? rules->inner.of_stderr : NULL;
}

static struct slice without_feed(struct slice text)
{
    if (text.len > 0 && text.data[text.len - 1] == '\n')
        text.len--;
    return text;
}

bool join_runtime_leaves(const struct joiner_rules *rules, struct slice stream, struct slice text)
{
    const struct multiline *inner = inner_of(rules, stream);
    multiline_state state = 0;
    enum multiline_move move = MULTILINE_NOT_MINE;

    if (inner != NULL)
        move = multiline_next(inner, without_feed(text), &state);
    return move == MULTILINE_NOT_MINE || move == MULTILINE_WHOLE;
}

/* ---- a line by itself ---- */

static bool piece_fill(struct piece *p)
{
    struct joining *j = p->j;
    struct frame_source source = {j->line->text, j->rules->key, &j->rules->run};

    if (frame_fill(p->frame, &source, joining_begin(j), &p->framed))
        return true;
    j->record = NULL;
    return false;
}

/* The sink's record may have been lent to a group since it was filled. */
static void piece_push(struct piece *p)
{
    struct joining *j = p->j;

    if (j->record == NULL)
        CHECK(piece_fill(p));
    j->done_end = j->line->end;
    joining_push(j, j->line->offset);
}

/* ---- groups ---- */

/* A group that the line begins, its text still empty, in no list yet. The piece looks at the group's
 * copy of the line from now on. */
static struct group *group_begin(struct piece *p)
{
    struct joining *j = p->j;
    struct group *g = group_new(j, multiline_flush_ms(p->inner != NULL ? p->inner : p->frame));
    struct frame_source source = {g->line, j->rules->key, &j->rules->run};
    int64_t content_at;

    CHECK(frame_fill(p->frame, &source, &g->record, &p->framed));
    g->kind = p->kind;
    buffer_append(&g->stream, p->framed.group);
    record_unfold(&g->record);
    content_at = record_index(&g->record, frame_content_key(p->frame, j->rules->key));
    CHECK(content_at >= 0);
    g->content_at = (uint32_t)content_at;
    return g;
}

/* A line stands behind a line feed, the rest of one does not. Docker's bring theirs. */
static void group_append(struct piece *p, struct group *g)
{
    struct buffer *text = &g->text.bytes;

    if (g->rest == GROUP_REST_NONE && text->len > 0 && text->data[text->len - 1] != '\n')
        buffer_append_byte(text, '\n');
    buffer_append(text, frame_content(&p->framed, &g->record.arena));
    g->state = p->state;
    group_took(p->j, g);
}

/* What does not fit begins another group, which goes on as this one would have. */
static struct group *go_on(struct piece *p, struct group *g)
{
    struct group *next;

    if (group_has_room(p->j, g, p->framed.content.len + 1)) {
        group_append(p, g);
        return g;
    }
    next = group_begin(p);
    next->rest = g->rest;
    group_cut(p->j, g, next->rest != GROUP_REST_NONE ? &next->text.bytes : NULL);
    group_append(p, next);
    group_add(p->j, next);
    return next;
}

/* The piece is the group's newest. `is_end`: its line is the record's last. */
static void piece_settle(struct piece *p, struct group *g, bool is_end)
{
    if (!p->is_last)
        g->rest = is_end ? GROUP_REST_AND_END : GROUP_REST;
    else if (is_end)
        group_finish(p->j, g);
    else
        g->rest = GROUP_REST_NONE;
}

static void begin(struct piece *p, struct group *earlier, bool is_end)
{
    struct group *g = group_begin(p);

    if (earlier != NULL)
        group_finish(p->j, earlier);
    group_append(p, g);
    group_add(p->j, g);
    piece_settle(p, g, is_end);
}

/* ---- what a line is ---- */

static void line_apply(struct piece *p, enum multiline_move move, struct group *g)
{
    switch (move) {
    case MULTILINE_BEGINS:
        begin(p, g, false);
        break;
    case MULTILINE_GOES_ON:
    case MULTILINE_ENDS:
        CHECK(g != NULL);
        piece_settle(p, go_on(p, g), move == MULTILINE_ENDS);
        break;
    case MULTILINE_WHOLE:
    case MULTILINE_NOT_MINE:
        if (!p->is_last) {
            begin(p, g, true);
            break;
        }
        if (g != NULL)
            group_finish(p->j, g);
        piece_push(p);
        break;
    }
}

static void piece_take(struct piece *p)
{
    struct joining *j = p->j;
    struct group *g = group_of_stream(j, p->framed.group);
    enum multiline_move move = MULTILINE_NOT_MINE;

    if (g != NULL && g->kind == p->kind && g->rest != GROUP_REST_NONE && !p->framed.is_strange) {
        bool is_end = g->rest == GROUP_REST_AND_END;

        p->state = g->state;
        piece_settle(p, go_on(p, g), is_end);
        return;
    }
    if (g != NULL && g->kind == p->kind)
        p->state = g->state;
    p->is_last |= p->framed.is_strange;
    if (p->inner != NULL && !p->framed.is_strange)
        move = multiline_next(p->inner, without_feed(frame_content(&p->framed, &j->record->arena)),
                              &p->state);
    line_apply(p, move, g);
}

static void take(struct joining *j)
{
    for (unsigned kind = 0; kind < j->rules->multiline_count; kind++) {
        struct piece p = {.j = j, .frame = j->rules->multilines[kind], .kind = kind};
        multiline_state state = 0;

        if (!piece_fill(&p))
            continue;
        p.inner = inner_of(j->rules, p.framed.group);
        p.is_last = multiline_next(p.frame, p.framed.pattern, &state) == MULTILINE_WHOLE;
        piece_take(&p);
        return;
    }
    groups_finish(j);
    joining_push_text(j, frame_content_key(j->rules->multilines[0], j->rules->key));
}

static void emit(struct joining *j, struct group *g)
{
    joining_push_group(j, g);
}

const struct joiner_ops join_runtime = {.take = take, .emit = emit};
