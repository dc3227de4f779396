#include "plugins/out_es/es.h"
#include "plugins/out_es/es_id.h"

/*
 * Makes a _bulk body: for each record an action line and a document line. This is on the path of
 * every byte: what does not change from record to record is rendered once (the index of a second,
 * the time of a second), JSON text is copied.
 */

/* What a record needs besides its fields' own bytes: the action line, the time, the brackets; and
 * for each field its quotes, colon and comma. */
#define RECORD_ROOM 640
#define FIELD_ROOM 8

/* How much longer a record usually is in the body than in the chunk: a body that fits at once is
 * not copied again. */
#define RECORD_GROWTH 112
#define BODY_ROOM 4096

/* Elasticsearch and OpenSearch take no longer ids. */
#define ID_KEY_BYTES_MAX 512

struct es_writer {
    const struct out_es *es;
    struct buffer *out;
    struct time_text time;
    struct time_pattern time_pattern;        /* of the time key, when it is not the default */
    struct time_pattern index_pattern;       /* of the index's name or date */
    struct buffer action;                    /* the action line up to the index, rendered once */
    int64_t action_from_ns, action_until_ns; /* the times that it is right for */
    struct buffer time_head;                 /* "@timestamp":" */
    struct slice time_key, tag_key;
    size_t record_room;       /* what put_fast may write for the record under way */
    int64_t now_ns;           /* when the chunk was begun */
    struct json_scanner json; /* for Replace_Dots */
    struct arena arena;
};

static void writer_init(struct es_writer *w, const struct out_es *es, const struct batch *batch,
                        struct buffer *out)
{
    const struct es_index *index = &es->index;

    *w = (struct es_writer){.es = es, .out = out, .now_ns = batch->chunk->created_wall_ns};
    /* init has tried both, so they cannot fail here. */
    CHECK(time_pattern_init(&w->time_pattern, es->document.time_format) == 0);
    CHECK(time_pattern_init(&w->index_pattern,
                            index->is_logstash ? index->date_format : index->name) == 0);
    w->time_key = slice_of(es->document.time_key);
    w->tag_key = slice_of(es->document.tag_key);
    buffer_append_byte(&w->time_head, '"');
    json_escape(&w->time_head, w->time_key);
    buffer_append_text(&w->time_head, "\":\"");
}

static void writer_fini(struct es_writer *w)
{
    buffer_fini(&w->action);
    buffer_fini(&w->time_head);
    json_scanner_fini(&w->json);
    arena_fini(&w->arena);
}

/*
 * put_record makes room for a record once; put_fast writes into that room. Whatever may be longer
 * than was thought goes through put, which makes the record's room once more behind it.
 */
static void put(struct es_writer *w, struct slice text)
{
    buffer_append(w->out, text);
    buffer_reserve(w->out, w->record_room);
}

static inline void put_fast(struct es_writer *w, struct slice text)
{
    memcpy(w->out->data + w->out->len, text.data, text.len);
    w->out->len += text.len;
}

static void put_escaped_slowly(struct es_writer *w, struct slice text)
{
    json_escape(w->out, text);
    buffer_reserve(w->out, w->record_room);
}

/* The inside of a JSON string. Nearly always it is plain, and as long as it was in the chunk. */
static inline void put_escaped(struct es_writer *w, struct slice text)
{
    size_t plain = scan_plain(text.data, text.data + text.len);

    put_fast(w, slice_make(text.data, plain));
    if (UNLIKELY(plain < text.len))
        put_escaped_slowly(w, slice_skip(text, plain));
}

/* ---- the index's name ---- */

/* A name that came out of a record must not break the action line or reach another API. */
static bool prefix_is_sound(struct slice prefix)
{
    if (prefix.len == 0 || prefix.len > 128)
        return false;
    for (size_t i = 0; i < prefix.len; i++)
        if ((unsigned char)prefix.data[i] < 0x20 || prefix.data[i] == '"' || prefix.data[i] == '\\')
            return false;
    return true;
}

static bool put_rendered(struct es_writer *w, const struct accessor *accessor,
                         const struct chunk_record *record)
{
    struct accessor_scope scope = chunk_record_scope(record, &w->arena);
    bool is_missing = false;
    struct slice text = accessor_render(accessor, &scope, &is_missing);

    if (is_missing || !prefix_is_sound(text))
        return false;
    put(w, text);
    return true;
}

static void put_index(struct es_writer *w, const struct chunk_record *record)
{
    const struct es_index *index = &w->es->index;
    int64_t ns = index->is_current_time ? w->now_ns : record->head.time_ns;

    if (!index->is_logstash) {
        if (index->name_accessor == NULL || !put_rendered(w, index->name_accessor, record))
            put(w, time_pattern_text(&w->index_pattern, ns));
        return;
    }
    if (index->prefix_accessor == NULL || !put_rendered(w, index->prefix_accessor, record))
        put(w, slice_of(index->prefix));
    put(w, slice_of(index->prefix_separator));
    put(w, time_pattern_text(&w->index_pattern, ns));
}

/* ---- the action line ---- */

/* Up to the index and the type: the same for all records of a day, unless a record's own field
 * names the index. */
static void put_action_head(struct es_writer *w, const struct chunk_record *record)
{
    static const struct slice heads[] = {
        SLICE("{\"create\":{\"_index\":\""),
        SLICE("{\"index\":{\"_index\":\""),
        SLICE("{\"update\":{\"_index\":\""),
        SLICE("{\"update\":{\"_index\":\""),
    };
    const struct out_es *es = w->es;

    put(w, heads[es->operation]);
    put_index(w, record);
    put(w, SLICE("\""));
    if (es->suppress_type)
        return;
    put(w, SLICE(",\"_type\":\""));
    put(w, slice_of(es->type));
    put(w, SLICE("\""));
}

static bool action_is_good(const struct es_writer *w, int64_t ns)
{
    return ns >= w->action_from_ns && ns < w->action_until_ns;
}

/* Notes the head that was just written, for the records of the same day. */
static void action_keep(struct es_writer *w, struct slice head)
{
    const struct time_pattern *pattern = &w->index_pattern;
    int64_t period_ns = pattern->period_s * NS_PER_S;

    if (w->es->index.name_accessor != NULL || w->es->index.prefix_accessor != NULL)
        return;
    buffer_clear(&w->action);
    buffer_append(&w->action, head);
    w->action_from_ns = pattern->period * period_ns;
    w->action_until_ns = w->action_from_ns + period_ns;
}

static inline void put_action_begin(struct es_writer *w, const struct chunk_record *record)
{
    int64_t ns = w->es->index.is_current_time ? w->now_ns : record->head.time_ns;
    size_t before = w->out->len;

    if (LIKELY(action_is_good(w, ns))) {
        put(w, buffer_view(&w->action));
        return;
    }
    put_action_head(w, record);
    action_keep(w, slice_make(w->out->data + before, w->out->len - before));
}

/* The value of Id_Key, when it is a string that may be an id. */
static struct slice id_of_key(struct es_writer *w, const struct chunk_record *record)
{
    struct accessor_scope scope = chunk_record_scope(record, &w->arena);
    struct slice text = {0};
    struct value value;

    if (!accessor_find(w->es->identity.key_accessor, &scope, &value) ||
        !value_as_text(&value, &w->arena, &text) || text.len > ID_KEY_BYTES_MAX)
        return (struct slice){0};
    return text;
}

static bool put_id(struct es_writer *w, const struct chunk_record *record)
{
    const struct es_identity *identity = &w->es->identity;
    char id[ES_ID_BYTES_MAX];
    struct slice text = {0};

    if (identity->key_accessor != NULL) {
        text = id_of_key(w, record);
    } else if (identity->is_generated) {
        text = es_id_of_content(record, id);
    } else if (identity->is_stable && record->run->origin->id != 0 &&
               record->head.offset != RECORD_NO_OFFSET) {
        text = es_id_of_place(record->run->origin->id, record->head.offset, id);
    }
    if (text.len == 0)
        return false;
    put_fast(w, SLICE(",\"_id\":\""));
    put_escaped(w, text);
    put_fast(w, SLICE("\""));
    return true;
}

/* False when the operation needs an id and the record has none. */
static bool put_action(struct es_writer *w, const struct chunk_record *record)
{
    bool has_id;

    put_action_begin(w, record);
    has_id = put_id(w, record);
    put_fast(w, SLICE("}}\n"));
    return has_id || w->es->operation == ES_CREATE || w->es->operation == ES_INDEX;
}

/* ---- the document ---- */

static struct slice time_value(struct es_writer *w, const struct chunk_record *record)
{
    const struct es_document *document = &w->es->document;
    int64_t ns = w->es->index.is_current_time ? w->now_ns : record->head.time_ns;
    struct buffer text = {0};
    struct slice value;

    if (document->is_iso)
        return time_text_iso(&w->time, ns, document->has_nanos ? 9 : 3);
    buffer_append(&text, time_pattern_text(&w->time_pattern, ns));
    buffer_append_byte(&text, '.');
    time_append_fraction(ns, document->has_nanos ? 9 : 3, &text);
    buffer_append_byte(&text, 'Z');
    value = arena_copy(&w->arena, buffer_view(&text));
    buffer_fini(&text);
    return value;
}

/* Whether the record itself has this key: then its own value stays, as it would have won. */
static inline bool record_has(const struct chunk_record *record, struct slice key)
{
    if (LIKELY(!(record->head.initials & json_initial(key))))
        return false;
    return render_has_key(record, key);
}

static void key_replace_dots(struct es_writer *w, size_t from)
{
    for (size_t at = from; at < w->out->len; at++)
        if (w->out->data[at] == '.')
            w->out->data[at] = '_';
}

static inline void put_key(struct es_writer *w, struct slice key)
{
    size_t at = w->out->len;

    put_fast(w, SLICE("\""));
    put_escaped(w, key);
    if (UNLIKELY(w->es->document.replace_dots))
        key_replace_dots(w, at);
    put_fast(w, SLICE("\":"));
}

static void put_tag(struct es_writer *w, const struct chunk_record *record)
{
    if (record_has(record, w->tag_key))
        return;
    put_key(w, w->tag_key);
    put(w, SLICE("\""));
    put_escaped_slowly(w, record->run->tag);
    put(w, SLICE("\","));
}

static inline void put_time_and_tag(struct es_writer *w, const struct chunk_record *record)
{
    if (LIKELY(!record_has(record, w->time_key))) {
        put(w, buffer_view(&w->time_head));
        put_fast(w, time_value(w, record));
        put_fast(w, SLICE("\","));
    }
    if (UNLIKELY(w->es->document.has_tag))
        put_tag(w, record);
}

/* JSON text with the dots of its keys replaced. Two keys may become one: the last stays. */
static struct slice dots_replaced(struct es_writer *w, struct slice text)
{
    struct buffer changed = {0};
    struct slice copy;
    bool needs_repair = false;

    if (memchr(text.data, '.', text.len) == NULL)
        return text;
    json_replace_in_keys(&changed, text, '.', '_');
    copy = arena_copy(&w->arena, buffer_view(&changed));
    buffer_fini(&changed);
    CHECK(json_check_value(&w->json, copy, &needs_repair) == 0);
    return needs_repair ? json_repair(&w->json, copy, &w->arena) : copy;
}

static inline void put_json(struct es_writer *w, struct slice text)
{
    if (UNLIKELY(w->es->document.replace_dots))
        put(w, dots_replaced(w, text));
    else
        put_fast(w, text);
}

static void put_packed(struct es_writer *w, struct slice value)
{
    struct buffer text = {0};

    json_write_msgpack(&text, value);
    put(w, UNLIKELY(w->es->document.replace_dots) ? dots_replaced(w, buffer_view(&text))
                                                  : buffer_view(&text));
    buffer_fini(&text);
}

static inline void put_members(struct es_writer *w, struct slice object)
{
    if (UNLIKELY(w->es->document.replace_dots))
        object = dots_replaced(w, object);
    put_fast(w, slice_make(object.data + 1, object.len - 2));
}

static inline void put_value(struct es_writer *w, const struct chunk_field *field)
{
    if (LIKELY(field->kind == CHUNK_VALUE_TEXT)) {
        put_fast(w, SLICE("\""));
        put_escaped(w, field->value);
        put_fast(w, SLICE("\""));
    } else if (field->kind == CHUNK_VALUE_JSON) {
        put_json(w, field->value);
    } else {
        put_packed(w, field->value);
    }
}

static inline void put_field(struct es_writer *w, const struct chunk_field *field)
{
    if (field->kind == CHUNK_VALUE_MEMBERS) {
        put_members(w, field->value);
    } else {
        put_key(w, field->key);
        put_value(w, field);
    }
    put_fast(w, SLICE(","));
}

/* Each member is written with a comma behind it; the last one becomes the closing bracket. */
static void put_document(struct es_writer *w, const struct chunk_record *record)
{
    static const struct slice heads[] = {
        SLICE("{"),
        SLICE("{"),
        SLICE("{\"doc\":{"),
        SLICE("{\"doc_as_upsert\":true,\"doc\":{"),
    };
    bool is_nested = w->es->operation == ES_UPDATE || w->es->operation == ES_UPSERT;
    struct slice rest = record->fields;
    struct chunk_field field;

    put_fast(w, heads[w->es->operation]);
    put_time_and_tag(w, record);
    while (chunk_field_next(&rest, &field))
        put_field(w, &field);
    if (w->out->data[w->out->len - 1] == ',')
        w->out->len--;
    put_fast(w, is_nested ? SLICE("}}\n") : SLICE("}\n"));
}

static void put_record(struct es_writer *w, struct batch *batch, const struct chunk_record *record)
{
    size_t before = w->out->len;

    w->record_room = record->fields.len + record->head.field_count * FIELD_ROOM + RECORD_ROOM;
    buffer_reserve(w->out, w->record_room);
    if (put_action(w, record)) {
        put_document(w, record);
    } else {
        w->out->len = before;
        batch_skip(batch);
    }
    if (UNLIKELY(w->arena.newest != NULL))
        arena_reset(&w->arena);
}

/* ---- the request ---- */

static int body_compress(struct buffer *body)
{
    struct buffer packed = {0};
    int rc = gzip_compress(buffer_view(body), &packed);

    if (rc < 0) {
        buffer_fini(&packed);
        return rc;
    }
    buffer_fini(body);
    *body = packed;
    return 0;
}

static void put_headers(const struct out_es *es, struct http_request *request)
{
    http_request_header(request, "Content-Type", SLICE("application/x-ndjson"));
    http_request_header(request, "User-Agent", SLICE("Fluent-Bit"));
    if (es->is_gzip)
        http_request_header(request, "Content-Encoding", SLICE("gzip"));
    if (es->login.authorization.len > 0)
        http_request_header(request, "Authorization", buffer_view(&es->login.authorization));
}

int es_encode(const void *self, struct batch *batch, struct http_request *request)
{
    const struct out_es *es = self;
    struct chunk_record record;
    struct es_writer w;

    http_request_init(request, "POST", es->url);
    put_headers(es, request);
    buffer_init(&request->body, batch->chunk->bytes.len + batch->count * RECORD_GROWTH + BODY_ROOM);
    writer_init(&w, es, batch, &request->body);
    while (batch_next(batch, &record))
        put_record(&w, batch, &record);
    writer_fini(&w);
    if (es->trace_output)
        log_info(es->component, "the body is: %.*s", (int)request->body.len, request->body.data);
    request->plain_bytes = request->body.len;
    return es->is_gzip ? body_compress(&request->body) : 0;
}
