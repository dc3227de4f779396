#include "line/joiner_internal.h"

#include "base/memory.h"

/*
 * A group of lines that wait, from its first line to the sink: made, grown, cut when it is full, and
 * the place that its record gets, which no other record of the file has.
 */

#define CUT_METADATA "{\"multiline_truncated\":true}"

/* The most bytes of a character that is not whole. */
#define CHARACTER_REST_MAX 3

uint64_t group_due_ms(const struct group *g)
{
    uint64_t quiet_ms = g->time.grown_ms + g->time.flush_ms;
    uint64_t latest_ms = g->time.begun_ms + g->time.flush_ms * JOINER_GROWTH_FLUSHES_MAX;

    return quiet_ms < latest_ms ? quiet_ms : latest_ms;
}

struct group *group_new(const struct joining *j, uint64_t flush_ms)
{
    const struct joiner_line *line = j->line;
    struct group *g = mem_zalloc(1, sizeof *g);

    list_init(&g->link);
    record_init(&g->record);
    g->record.offset = line->offset;
    g->record.time_ns = line->wall_ns;
    g->line = arena_copy(&g->record.arena, line->text);
    g->place = (struct group_place){.own_offset = OFFSET_NONE,
                                    .first_bytes = line->text.len,
                                    .end = line->end,
                                    .again_from = line->offset};
    g->time.begun_ms = g->time.grown_ms = line->now_ms;
    g->time.flush_ms = flush_ms;
    return g;
}

void group_free(struct group *g)
{
    buffer_fini(&g->stream);
    buffer_fini(&g->text.bytes);
    record_fini(&g->record);
    mem_free(g);
}

static struct joiner *joiner_get(struct joining *j)
{
    if (*j->joiner == NULL) {
        *j->joiner = mem_zalloc(1, sizeof **j->joiner);
        list_init(&(*j->joiner)->groups);
    }
    return *j->joiner;
}

/* What is drawn beside struct joiner. */
static void joiner_check(const struct joiner *joiner)
{
    const struct group *before = NULL;
    unsigned count = 0;

    LIST_FOR (it, (struct list *)(uintptr_t)&joiner->groups) {
        const struct group *g = group_of(it);

        CHECK(g->record.offset <= g->place.end && g->place.again_from <= g->record.offset);
        CHECK(before == NULL || before->record.offset <= g->record.offset);
        CHECK(before == NULL || before->place.is_inherited || !g->place.is_inherited);
        before = g;
        count++;
    }
    CHECK(count == joiner->group_count);
}

void group_add(struct joining *j, struct group *g)
{
    struct joiner *joiner = joiner_get(j);

    list_add_tail(&joiner->groups, &g->link);
    joiner->group_count++;
    joiner_check(joiner);
    j->done_end = j->line->end;
    if (joiner->group_count > JOINER_GROUPS_MAX)
        group_finish(j, group_of(joiner->groups.next));
}

void group_took(struct joining *j, struct group *g)
{
    CHECK(g->place.end <= j->line->end);
    if (g->place.is_inherited && g->place.own_offset == OFFSET_NONE)
        g->place.first_bytes = j->line->text.len;
    if (g->place.own_offset == OFFSET_NONE)
        g->place.own_offset = j->line->offset;
    g->place.joined += g->place.is_inherited || j->line->offset != g->record.offset;
    g->place.end = j->line->end;
    g->time.grown_ms = j->line->now_ms;
    j->done_end = j->line->end;
}

/* No more than the first line has bytes: the place behind is another's. With what was inherited it is
 * another record than without, however many lines that has: it counts from the line's end. */
static uint64_t joined_in(const struct group_place *place)
{
    uint64_t most = place->first_bytes < RECORD_JOINED_MAX ? place->first_bytes : RECORD_JOINED_MAX;
    uint64_t at;

    if (place->joined == 0 || most == 0)
        return 0;
    at = (place->joined - 1) % most;
    return place->is_inherited && place->own_offset != OFFSET_NONE ? most - at : 1 + at;
}

static uint64_t begin_of(const struct joining *j, const struct group *g)
{
    if (!g->place.is_inherited)
        return g->record.offset;
    if (g->place.own_offset != OFFSET_NONE)
        return g->place.own_offset;
    if (j->sink->lent != NULL)
        j->sink->lent(j->sink->owner);
    return g->place.lent_offset;
}

uint64_t group_place(const struct joining *j, const struct group *g)
{
    return record_place(begin_of(j, g), joined_in(&g->place));
}

static void group_remove(struct joining *j, struct group *g)
{
    CHECK((*j->joiner)->group_count > 0);
    list_remove(&g->link);
    (*j->joiner)->group_count--;
    CHECK((*j->joiner)->group_count > 0 || list_is_empty(&(*j->joiner)->groups));
}

/* Those that wait and begin inside of it are read again with it. */
static void group_hold_others(const struct joining *j, const struct group *g)
{
    uint64_t least = 0;

    LIST_FOR (it, &(*j->joiner)->groups) {
        struct group *other = group_of(it);

        if (g->record.offset < other->record.offset && other->record.offset < g->place.end &&
            g->place.again_from < other->place.again_from)
            other->place.again_from = g->place.again_from;
        CHECK(least <= other->place.again_from);
        CHECK(other->place.again_from <= other->record.offset);
        least = other->place.again_from;
    }
}

void group_finish(struct joining *j, struct group *g)
{
    group_remove(j, g);
    group_hold_others(j, g);
    j->rules->ops->emit(j, g);
    group_free(g);
}

/* How many bytes at the end are the beginning of a character. */
static size_t begun_character(struct slice text)
{
    for (size_t back = 1; back <= CHARACTER_REST_MAX && back <= text.len; back++) {
        unsigned char lead = (unsigned char)text.data[text.len - back];

        if ((lead & 0xc0) != 0x80)
            return lead >= 0xc0 + (back > 1) * 0x20u + (back > 2) * 0x10u ? back : 0;
    }
    return 0;
}

void group_cut(struct joining *j, struct group *g, struct buffer *rest)
{
    struct slice text = buffer_view(&g->text.bytes);
    size_t begun = begun_character(text);

    if (rest != NULL && begun < text.len) {
        buffer_append(rest, slice_skip(text, text.len - begun));
        g->text.bytes.len -= begun;
    }
    g->record.metadata = SLICE(CUT_METADATA);
    (*j->sink->truncated)++;
    group_finish(j, g);
}

bool group_has_room(const struct joining *j, const struct group *g, size_t bytes)
{
    return g->text.bytes.len + g->kept_bytes + bytes <= j->rules->limit_bytes;
}

struct group *group_of_stream(const struct joining *j, struct slice stream)
{
    if (*j->joiner == NULL)
        return NULL;
    LIST_FOR (it, &(*j->joiner)->groups) {
        struct group *g = group_of(it);

        if (slice_equal(buffer_view(&g->stream), stream))
            return g;
    }
    return NULL;
}

struct group *group_only(const struct joining *j)
{
    CHECK(*j->joiner == NULL || (*j->joiner)->group_count == 1);
    return *j->joiner != NULL ? group_of((*j->joiner)->groups.next) : NULL;
}

void groups_finish(struct joining *j)
{
    while (*j->joiner != NULL && (*j->joiner)->group_count > 0)
        group_finish(j, group_of((*j->joiner)->groups.next));
}
