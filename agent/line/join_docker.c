#include "line/joiner_internal.h"

/*
 * Docker_Mode: lines of Docker's json-file driver become one such line. The texts under `log` are
 * spliced as they are written, escapes and all; the rest is the first line's.
 *
 * A group whose last piece ended with a line feed stays only where a parser knows first lines: what
 * comes next may belong to it.
 */

/* group.state: */
#define IS_OPEN ((multiline_state)1) /* the last piece had no line feed */
#define IS_CLOSED ((multiline_state)2)

/* What stands between the quotes. */
static struct slice inside(struct slice json)
{
    return slice_make(json.data + 1, json.len - 2);
}

/* The line under way, as it is. */
static void push_as_is(struct joining *j)
{
    struct joiner_line line = *j->line;

    j->done_end = line.end;
    line.end = joining_end(j);
    j->sink->line(j->sink->owner, &line);
}

/* Whether the parser knows the line as the first of several: as Docker wrote it, quotes and all,
 * which is what parsers for this are made for. */
static bool is_first_line(struct joining *j)
{
    return parser_apply(j->rules->parsers.first_line, j->line->text, &j->rules->run,
                        &j->rules->scratch) >= 0;
}

static void group_append(struct joining *j, struct group *g, const struct docker_line *docker)
{
    buffer_append(&g->text.bytes, inside(docker->log));
    g->state = docker->is_whole ? IS_CLOSED : IS_OPEN;
    group_took(j, g);
}

static struct group *group_begin(struct joining *j, const struct docker_line *docker)
{
    struct group *g = group_new(j, j->rules->flush_ms);

    group_append(j, g, docker);
    group_add(j, g);
    return g;
}

static void take_docker(struct joining *j, const struct docker_line *docker)
{
    bool has_first_line = j->rules->parsers.first_line != NULL;
    struct group *g = group_only(j);

    if (g != NULL && g->state == IS_CLOSED && is_first_line(j)) {
        group_finish(j, g);
        g = NULL;
    }
    if (g != NULL && !group_has_room(j, g, docker->log.len)) {
        group_cut(j, g, NULL);
        g = NULL;
    }
    if (g == NULL && docker->is_whole && !has_first_line) {
        push_as_is(j);
        return;
    }
    if (g == NULL)
        g = group_begin(j, docker);
    else
        group_append(j, g, docker);
    if (docker->is_whole && !has_first_line)
        group_finish(j, g);
}

static void take(struct joining *j)
{
    struct docker_line docker;

    record_reset(&j->rules->scratch);
    if (docker_split(&j->rules->json, j->line->text, &j->rules->scratch.arena, &docker)) {
        take_docker(j, &docker);
        return;
    }
    groups_finish(j);
    push_as_is(j);
}

/*
 *   {"log":"the first piece\n","stream":"stdout"}
 *           |--- text ------|      stands for what was there, in the first line
 */
static struct slice spliced(struct group *g)
{
    struct slice log = {0}, before;
    struct buffer out = {0};
    struct slice text;

    CHECK(json_find(g->line, SLICE("log"), &log));
    before = slice_make(g->line.data, (size_t)(log.data + 1 - g->line.data));
    buffer_append(&out, before);
    buffer_append(&out, buffer_view(&g->text.bytes));
    buffer_append(&out, slice_skip(g->line, before.len + log.len - 2));
    text = arena_copy(&g->record.arena, buffer_view(&out));
    buffer_fini(&out);
    return text;
}

static void emit(struct joining *j, struct group *g)
{
    struct joiner_line line = {
        .text = spliced(g),
        .offset = group_place(j, g),
        .end = joining_end(j),
        .now_ms = g->time.grown_ms,
        .wall_ns = g->record.time_ns,
    };

    j->sink->line(j->sink->owner, &line);
}

const struct joiner_ops join_docker = {.take = take, .emit = emit};
