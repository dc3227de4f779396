#include "plugins/filter_kubernetes/merge.h"

#define LOG SLICE("log")

/* The longest way to write a line feed at the end of a JSON string: \u000a and the quote. */
#define ESCAPED_FEED_LEN 7

void merge_plan_init(const struct merge *m, struct merge_plan *plan, const struct parser *parser)
{
    *plan = (struct merge_plan){.parser = parser};
    plan->fold = (struct plain_fold){
        .key = LOG,
        .is_last = true,
        .is_text_kept = m->keeps_log,
    };
    plan->can_fold = parser == NULL || parser_unfolds(parser, &plan->fold.stop);
    if (m->under_key != NULL) {
        plan->fold.under = slice_of(m->under_key);
        plan->fold.under_json = buffer_view(&m->under_json);
    }
}

static const struct parser *parser_find(const struct merge *m, struct plugin_setup *setup)
{
    const struct parser *parser = NULL;

    if (m->parser_name == NULL)
        return NULL;
    if (setup->parsers != NULL)
        parser = parser_book_find(setup->parsers, m->parser_name);
    if (parser == NULL)
        report_warn(setup->report, setup_place(setup, "merge_parser"),
                    "%s: there is no parser \"%s\"; lines are merged that are JSON", setup->name,
                    m->parser_name);
    return parser;
}

void merge_init(struct merge *m, struct plugin_setup *setup)
{
    if (m->under_key != NULL && m->under_key[0] == '\0')
        MEM_FREE(&m->under_key);
    if (m->under_key != NULL) {
        buffer_append_byte(&m->under_json, ',');
        json_write_text(&m->under_json, slice_of(m->under_key));
        buffer_append_byte(&m->under_json, ':');
    }
    merge_plan_init(m, &m->plan, parser_find(m, setup));
}

void merge_fini(struct merge *m)
{
    buffer_fini(&m->under_json);
}

/* ---- Merge_Log_Trim ---- */

/* Without the line feeds that end it, be they real or spelt. */
static struct slice feeds_cut(struct slice text)
{
    while (text.len > 1) {
        char last = text.data[text.len - 1];

        if (last == '\n')
            text.len--;
        else if ((last == 'n' || last == 'r') && text.data[text.len - 2] == '\\')
            text.len -= 2;
        else
            break;
    }
    return text;
}

/* Whether a JSON value may be a string that ends in one; false is certain. */
static bool may_end_in_feed(struct slice json)
{
    const char *end = json.data + json.len;

    if (json.len < 4 || end[-1] != '"')
        return false;
    return end[-3] == '\\' || (json.len > ESCAPED_FEED_LEN && end[-ESCAPED_FEED_LEN] == '\\');
}

static bool members_may_end_in_feeds(struct slice text, const struct json_member *members,
                                     uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (may_end_in_feed(slice_make(text.data + members[i].value_at, members[i].value_len)))
            return true;
    return false;
}

/* A feed that ends a string is spelt with an escape, and the check has seen whether there is any. */
static bool object_may_end_in_feeds(const struct json_object *object)
{
    return UNLIKELY(object->has_escapes) &&
           members_may_end_in_feeds(object->text, object->members, object->member_count);
}

static void value_trim(struct value *value, struct arena *arena)
{
    struct slice text, cut;

    if (value->kind == VALUE_TEXT) {
        value->text = feeds_cut(value->text);
        return;
    }
    if (value->kind != VALUE_JSON || !may_end_in_feed(value->text))
        return;
    text = json_unescape(value->text, arena);
    cut = feeds_cut(text);
    if (cut.len < text.len)
        *value = value_text(cut);
}

/* ---- taking the text apart ---- */

static bool is_too_many(struct merge *m, uint64_t count)
{
    if (LIKELY(m->members_max <= 0 || count <= (uint64_t)m->members_max))
        return false;
    m->too_many++;
    return true;
}

static void object_add(const struct merge *m, struct record *record, struct json_scanner *json,
                       const struct json_object *object)
{
    if (m->trims && object_may_end_in_feeds(object))
        record_add_unfolded(record, object);
    else if (object->members == json->members)
        record_take_members(record, json, object);
    else
        record_add_members(record, object);
}

static bool json_merge(struct merge *m, struct record *record, struct slice text,
                       struct json_scanner *json)
{
    struct json_object object;

    if (json_take_object(json, text, &record->arena, &object) < 0 ||
        is_too_many(m, object.member_count))
        return false;
    object_add(m, record, json, &object);
    return true;
}

/* What a parser spliced in, as fields. */
static void members_part(struct record *record, uint32_t index)
{
    const struct member_list *list = record->root.fields[index].value.members;
    struct json_object object = {.text = list->text, .member_count = list->count};

    object.members = arena_alloc(&record->arena, list->count * sizeof *object.members);
    memcpy(object.members, list->members, list->count * sizeof *object.members);
    record_remove_at(record, index);
    record_add_unfolded(record, &object);
}

/* How many fields there are from `first` on, those of an object among them. */
static uint64_t fields_count(const struct record *record, uint32_t first)
{
    uint64_t count = 0;

    for (uint32_t i = first; i < record->root.count; i++) {
        const struct value *v = &record->root.fields[i].value;

        count += v->kind == VALUE_MEMBERS ? v->members->count : 1;
    }
    return count;
}

static bool parser_merge(struct merge *m, const struct parser *parser, struct record *record,
                         struct slice text)
{
    uint32_t first = record->root.count;
    const struct value *only;
    int64_t time_ns = record->time_ns;

    if (parser_apply(parser, text, &m->run, record) < 0)
        return false;
    if (is_too_many(m, fields_count(record, first))) {
        record->root.count = first;
        record->time_ns = time_ns;
        return false;
    }
    only = &record->root.fields[first].value;
    if (m->trims && record->root.count == first + 1 && only->kind == VALUE_MEMBERS &&
        members_may_end_in_feeds(only->members->text, only->members->members, only->members->count))
        members_part(record, first);
    return true;
}

static bool map_merge(struct merge *m, struct record *record, const struct value *map)
{
    struct field_list *list = value_unfold(map, &record->arena);

    if (is_too_many(m, list->count))
        return false;
    for (uint32_t i = 0; i < list->count; i++)
        record_add(record, list->fields[i].key, list->fields[i].value);
    return true;
}

static bool value_merge(struct merge *m, const struct merge_plan *plan, struct record *record,
                        const struct value *value)
{
    struct slice text;

    if (value_is_map(value))
        return map_merge(m, record, value);
    if (!value_as_text(value, &record->arena, &text))
        return false;
    return plan->parser != NULL ? parser_merge(m, plan->parser, record, text)
                                : json_merge(m, record, text, m->run.json);
}

/* ---- records ---- */

/* The index of the record's own "log", or -1; where it is among spliced members, they become fields. */
static int64_t log_find(struct record *record)
{
    struct value ignored;

    if (!record_find(record, LOG, &ignored))
        return -1;
    for (uint32_t i = record->root.count; i-- > 0;) {
        const struct field *f = &record->root.fields[i];

        if (f->value.kind == VALUE_MEMBERS)
            break;
        if (slice_equal(f->key, LOG))
            return i;
    }
    record_unfold(record);
    return record_index(record, LOG);
}

/* What was merged, from `first` on, becomes one map. */
static void fields_put_under(struct record *record, uint32_t first, struct slice key)
{
    uint32_t count = record->root.count - first;
    struct field *fields = record->root.fields + first;
    struct field_list *map;

    if (count == 0)
        return;
    record->root.count = first;
    if (count == 1 && fields->value.kind == VALUE_MEMBERS) {
        record_add(record, key, value_json(fields->value.members->text));
        return;
    }
    map = arena_alloc(&record->arena, sizeof *map);
    map->fields = arena_alloc(&record->arena, count * sizeof *fields);
    map->count = count;
    map->capacity = 0;
    memcpy(map->fields, fields, count * sizeof *fields);
    record_add(record, key, value_map(map));
}

void merge_record(struct merge *m, const struct merge_plan *plan, struct record *record,
                  struct json_scanner *json)
{
    int64_t at = log_find(record);
    uint32_t first = record->root.count;
    struct value value;

    if (at < 0)
        return;
    m->run.json = json;
    value = record->root.fields[at].value;
    if (!value_merge(m, plan, record, &value))
        return;
    CHECK(record->root.count >= first);
    for (uint32_t i = first; m->trims && i < record->root.count; i++)
        value_trim(&record->root.fields[i].value, &record->arena);
    if (m->under_key != NULL)
        fields_put_under(record, first, slice_of(m->under_key));
    if (!m->keeps_log)
        record_remove_at(record, (uint32_t)at);
}

/* ---- plain records ---- */

bool merge_plain(struct merge *m, const struct merge_plan *plan, struct plain_record *plain,
                 struct json_scanner *json)
{
    const struct json_object *object = &plain->object;

    if (!plan->can_fold || !plain_unfold(plain, &plan->fold, json))
        return false;
    if (plain->unfolded == PLAIN_NOT_UNFOLDED)
        return true;
    if (is_too_many(m, object->member_count)) {
        plain_fold_back(plain);
        return true;
    }
    if (m->trims && object_may_end_in_feeds(object)) {
        plain_fold_back(plain);
        return false;
    }
    return true;
}
