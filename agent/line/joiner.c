#include "line/joiner_internal.h"

#include "base/memory.h"
#include "base/utf8.h"

#define CUT_METADATA "{\"multiline_truncated\":true}"

/* The most bytes of a character that is not whole. */
#define CHARACTER_REST_MAX 3

static struct group *group_of(struct list *link)
{
    return CONTAINER_OF(link, struct group, link);
}

static uint64_t group_due_ms(const struct group *g)
{
    uint64_t quiet_ms = g->grown_ms + g->flush_ms;
    uint64_t latest_ms = g->begun_ms + g->flush_ms * JOINER_GROWTH_FLUSHES_MAX;

    return quiet_ms < latest_ms ? quiet_ms : latest_ms;
}

/* ---- groups ---- */

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
    g->begun_ms = g->grown_ms = line->now_ms;
    g->flush_ms = flush_ms;
    return g;
}

static void group_free(struct group *g)
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

void group_add(struct joining *j, struct group *g)
{
    struct joiner *joiner = joiner_get(j);

    list_add_tail(&joiner->groups, &g->link);
    joiner->group_count++;
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
    g->grown_ms = j->line->now_ms;
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

/* ---- records ---- */

struct record *joining_begin(struct joining *j)
{
    j->record = j->sink->begin(j->sink->owner);
    if (j->line != NULL)
        j->record->time_ns = j->line->wall_ns;
    return j->record;
}

uint64_t joining_end(const struct joining *j)
{
    uint64_t oldest = joiner_oldest(*j->joiner);

    return oldest < j->done_end ? oldest : j->done_end;
}

void joining_push(struct joining *j, uint64_t place)
{
    j->record->offset = place;
    j->record = NULL;
    j->sink->push(j->sink->owner, joining_end(j));
}

void joining_push_group(struct joining *j, struct group *g)
{
    struct record *record = joining_begin(j);

    g->record.root.fields[g->content_at].value = value_text(buffer_view(&g->text.bytes));
    for (uint32_t i = 0; i < g->record.root.count; i++)
        record_add(record, g->record.root.fields[i].key, g->record.root.fields[i].value);
    record->time_ns = g->record.time_ns;
    record->metadata = g->record.metadata;
    joining_push(j, group_place(j, g));
}

void joining_push_text(struct joining *j, struct slice key)
{
    struct record *record = joining_begin(j);

    record_add(record, key, value_text(j->line->text));
    j->done_end = j->line->end;
    joining_push(j, j->line->offset);
}

/* ---- from outside ---- */

static void drop_if_empty(struct joiner **joiner)
{
    if (*joiner != NULL && (*joiner)->group_count == 0)
        MEM_FREE(joiner);
}

void joiner_take(struct joiner **joiner, struct joiner_rules *rules, const struct joiner_line *line,
                 const struct joiner_sink *sink)
{
    struct joining j = {
        .joiner = joiner, .rules = rules, .line = line, .sink = sink, .done_end = line->offset};

    CHECK(line->offset <= line->end);
    rules->ops->take(&j);
    CHECK(j.done_end == line->end);
    drop_if_empty(joiner);
    if (*joiner != NULL)
        (*joiner)->taken_end = line->end;
}

void joiner_flush(struct joiner **joiner, struct joiner_rules *rules, uint64_t now_ms,
                  const struct joiner_sink *sink)
{
    struct joining j = {.joiner = joiner, .rules = rules, .sink = sink};

    if (*joiner == NULL)
        return;
    j.done_end = (*joiner)->taken_end;
    LIST_FOR_SAFE (it, after, &(*joiner)->groups)
        if (group_due_ms(group_of(it)) <= now_ms)
            group_finish(&j, group_of(it));
    drop_if_empty(joiner);
}

void joiner_cut(struct joiner **joiner, struct joiner_rules *rules, const struct joiner_sink *sink)
{
    struct joining j = {.joiner = joiner, .rules = rules, .sink = sink};

    if (*joiner == NULL)
        return;
    j.done_end = (*joiner)->taken_end;
    while ((*joiner)->group_count > 0)
        group_cut(&j, group_of((*joiner)->groups.next), NULL);
    drop_if_empty(joiner);
}

void joiner_inherit(struct joiner **heir, struct joiner **joiner, uint64_t offset)
{
    CHECK(*heir == NULL && *joiner != NULL);
    LIST_FOR (it, &(*joiner)->groups) {
        struct group *g = group_of(it);

        CHECK(!g->place.is_inherited);
        g->place.is_inherited = true;
        g->place.lent_offset = g->record.offset;
        g->place.own_offset = OFFSET_NONE;
        g->record.offset = g->place.again_from = g->place.end = offset;
    }
    (*joiner)->taken_end = offset;
    *heir = *joiner;
    *joiner = NULL;
}

/* They are older than all others. */
bool joiner_has_inherited(const struct joiner *joiner)
{
    return joiner != NULL && joiner->group_count > 0 &&
           group_of(joiner->groups.next)->place.is_inherited;
}

uint64_t joiner_oldest(const struct joiner *joiner)
{
    if (joiner == NULL || joiner->group_count == 0)
        return UINT64_MAX;
    return group_of(joiner->groups.next)->place.again_from;
}

uint64_t joiner_due_ms(const struct joiner *joiner)
{
    uint64_t due_ms = UINT64_MAX;

    if (joiner == NULL)
        return due_ms;
    LIST_FOR (it, &joiner->groups)
        if (group_due_ms(group_of(it)) < due_ms)
            due_ms = group_due_ms(group_of(it));
    return due_ms;
}

size_t joiner_bytes(const struct joiner *joiner)
{
    size_t bytes = 0;

    if (joiner == NULL)
        return 0;
    LIST_FOR (it, &joiner->groups)
        bytes += sizeof(struct group) + arena_bytes(&group_of(it)->record.arena) +
                 group_of(it)->stream.capacity + group_of(it)->text.bytes.len;
    return bytes + sizeof *joiner;
}

void joiner_free(struct joiner **joiner)
{
    if (*joiner == NULL)
        return;
    LIST_FOR_SAFE (it, after, &(*joiner)->groups)
        group_free(group_of(it));
    MEM_FREE(joiner);
}
