#include "plugins/out_es/es_action.h"
#include "plugins/out_es/es_id.h"

#define PREFIX_BYTES_MAX 128

void es_action_init(struct es_action *a, const struct out_es *es)
{
    const struct es_index *index = &es->index;

    *a = (struct es_action){.es = es};
    /* init has tried it, so it cannot fail here. */
    CHECK(time_pattern_init(&a->pattern, index->is_logstash ? index->date_format : index->name) ==
          0);
}

void es_action_fini(struct es_action *a)
{
    buffer_fini(&a->text);
}

/* ---- the index's name ---- */

/* A name that came out of a record must not break the action line or reach another API. */
static bool prefix_is_sound(struct slice prefix)
{
    if (prefix.len == 0 || prefix.len > PREFIX_BYTES_MAX)
        return false;
    for (size_t i = 0; i < prefix.len; i++)
        if ((unsigned char)prefix.data[i] < 0x20 || prefix.data[i] == '"' || prefix.data[i] == '\\')
            return false;
    return true;
}

static bool append_rendered(struct es_action *a, const struct accessor *accessor,
                            const struct chunk_record *record, struct arena *arena)
{
    struct accessor_scope scope = chunk_record_scope(record, arena);
    bool is_missing = false;
    struct slice text = accessor_render(accessor, &scope, &is_missing);

    if (is_missing || !prefix_is_sound(text))
        return false;
    json_escape(&a->text, text);
    return true;
}

static void append_index(struct es_action *a, const struct chunk_record *record, int64_t ns,
                         struct arena *arena)
{
    const struct es_index *index = &a->es->index;
    struct slice dated = time_pattern_text(&a->pattern, ns);

    if (!index->is_logstash) {
        if (index->name_accessor == NULL ||
            !append_rendered(a, index->name_accessor, record, arena))
            json_escape(&a->text, dated);
        return;
    }
    if (index->prefix_accessor == NULL ||
        !append_rendered(a, index->prefix_accessor, record, arena))
        json_escape(&a->text, slice_of(index->prefix));
    json_escape(&a->text, slice_of(index->prefix_separator));
    json_escape(&a->text, dated);
}

/* ---- the line ---- */

static const struct slice id_lead = SLICE(",\"_id\":\"");

static void action_check(const struct es_action *a)
{
    size_t half = a->stream != 0 ? id_lead.len + ES_ID_HALF_BYTES : 0;

    CHECK(a->from_ns <= a->until_ns);
    CHECK(a->stream_at > 0 && a->text.len == a->stream_at + half);
}

bool es_has_place(const struct out_es *es, const struct chunk_record *record)
{
    return es->identity.is_stable && es->bulk.operation < ES_UPDATE &&
           record->run->origin->id != 0 && record->head.offset != RECORD_NO_OFFSET;
}

/* The first half of the record's id, when nothing else may be its id. */
static uint64_t stream_of(const struct out_es *es, const struct chunk_record *record)
{
    if (es->identity.key_accessor != NULL || es->identity.is_generated || !es_has_place(es, record))
        return 0;
    return chunk_run_stream(record->run);
}

static void stream_set(struct es_action *a, uint64_t stream)
{
    a->text.len = a->stream_at;
    a->stream = stream;
    if (stream == 0)
        return;
    buffer_append(&a->text, id_lead);
    es_id_put(buffer_reserve(&a->text, ES_ID_HALF_BYTES), stream);
    buffer_commit(&a->text, ES_ID_HALF_BYTES);
    action_check(a);
}

static void render(struct es_action *a, const struct chunk_record *record, int64_t ns,
                   struct arena *arena)
{
    static const struct slice heads[] = {
        SLICE("{\"create\":{\"_index\":\""),
        SLICE("{\"index\":{\"_index\":\""),
        SLICE("{\"update\":{\"_index\":\""),
        SLICE("{\"update\":{\"_index\":\""),
    };

    _Static_assert(ARRAY_LEN(heads) == ES_OPERATIONS, "each operation has its head");
    buffer_clear(&a->text);
    buffer_append(&a->text, heads[a->es->bulk.operation]);
    append_index(a, record, ns, arena);
    buffer_append_byte(&a->text, '"');
    if (a->es->bulk.suppress_type)
        return;
    buffer_append_text(&a->text, ",\"_type\":\"");
    json_escape(&a->text, slice_of(a->es->bulk.type));
    buffer_append_byte(&a->text, '"');
}

/* Notes the times that the text is right for: none, when it is one record's own, or when its day is
 * the first or the last that a time can have and reaches beyond it. */
static void keep(struct es_action *a)
{
    const struct time_pattern *pattern = &a->pattern;
    int64_t period_ns = pattern->period_s * NS_PER_S;

    if (a->es->index.name_accessor != NULL || a->es->index.prefix_accessor != NULL)
        return;
    if (__builtin_mul_overflow(pattern->period, period_ns, &a->from_ns) ||
        __builtin_add_overflow(a->from_ns, period_ns, &a->until_ns))
        a->from_ns = a->until_ns = 0;
}

struct slice es_action_text(struct es_action *a, const struct chunk_record *record, int64_t ns,
                            struct arena *arena)
{
    uint64_t stream = stream_of(a->es, record);

    if (UNLIKELY(ns < a->from_ns || ns >= a->until_ns)) {
        render(a, record, ns, arena);
        keep(a);
        a->stream = 0;
        a->stream_at = a->text.len;
        action_check(a);
    }
    if (UNLIKELY(stream != a->stream))
        stream_set(a, stream);
    buffer_reserve(&a->text, COPY_SLACK);
    return buffer_view(&a->text);
}
