#include "line/joiner_internal.h"

#include "base/memory.h"

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
    CHECK(j->record != NULL);
    j->record->offset = place;
    j->record = NULL;
    j->sink->push(j->sink->owner, joining_end(j));
}

void joining_push_group(struct joining *j, struct group *g)
{
    struct record *record = joining_begin(j);

    CHECK(g->content_at < g->record.root.count);
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
