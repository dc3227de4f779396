#include "plugins/out_es/es_action.h"
#include "plugins/out_es/es_dots.h"
#include "plugins/out_es/es_id.h"
#include "plugins/out_es/es_text.h"

/*
 * Makes a _bulk body: for each record an action line and a document line. This is on the path of
 * every byte: what does not change from record to record is rendered once (the index of a second,
 * the time of a second), JSON text is copied.
 */

/* Elasticsearch and OpenSearch take no longer ids. */
#define ID_KEY_BYTES_MAX 512

/* What a record needs besides its fields' own bytes and what is the same for all: the id, the time,
 * the brackets; and for each field its quotes, colon and comma. */
#define RECORD_ROOM (ID_KEY_BYTES_MAX + TIME_PATTERN_BYTES_MAX + 128)
#define FIELD_ROOM 8
_Static_assert(FIELD_ROOM >= 2 + 1 + 1 + 2, "the quotes of a key and of a text, a colon, a comma");

/* How much longer a record usually is in the body than in the chunk: a body that fits at once is
 * not copied again. */
#define RECORD_GROWTH 112
#define BODY_ROOM 4096

/* A member that we put before the record's own. */
struct es_member {
    struct slice key;
    struct buffer head; /* "key":" */
};

struct es_time {
    struct es_member member;
    struct time_text iso;
    struct time_pattern pattern; /* when it is not the default */
};

/* How many bytes are put, at most, */
struct es_room {
    size_t frame;  /* around the fields of any record */
    size_t record; /* for the record under way */
};

struct es_writer {
    const struct out_es *es;
    struct buffer *out;
    struct es_action action;
    struct es_time time;
    struct es_member tag;
    struct es_room room;
    int64_t now_ns;      /* when the chunk was begun */
    struct es_dots dots; /* for Replace_Dots */
    struct arena arena;
};

/* Its head is padded. */
static void member_init(struct es_member *member, const char *key)
{
    member->key = slice_of(key);
    buffer_append_byte(&member->head, '"');
    json_escape(&member->head, member->key);
    buffer_append_text(&member->head, "\":\"");
    buffer_reserve(&member->head, COPY_SLACK);
}

static void writer_init(struct es_writer *w, const struct out_es *es, const struct batch *batch,
                        struct buffer *body)
{
    *w = (struct es_writer){
        .es = es,
        .out = body,
        .now_ns = batch->chunk->created_wall_ns,
    };
    es_action_init(&w->action, es);
    /* init has tried it, so it cannot fail here. */
    CHECK(time_pattern_init(&w->time.pattern, es->document.time_format) == 0);
    member_init(&w->time.member, es->document.time_key);
    member_init(&w->tag, es->document.tag_key);
    w->room.frame = w->time.member.head.len + w->tag.head.len + RECORD_ROOM;
}

static void writer_fini(struct es_writer *w)
{
    es_action_fini(&w->action);
    buffer_fini(&w->time.member.head);
    buffer_fini(&w->tag.head);
    es_dots_fini(&w->dots);
    arena_fini(&w->arena);
}

/*
 * put_record makes room for a record once. What is put goes to `at`, inside of that room, and each
 * put_* returns the place behind it. Whatever may be longer than was thought goes through put_long
 * or put_escaped_slowly, which make the record's room once more behind it.
 */
static inline char *put(char *at, struct slice text)
{
    return copy_text(at, text);
}

/* A text of the chunk, or one that is rendered once. */
static inline char *put_padded(char *at, struct slice text)
{
    return copy_text_padded(at, text);
}

static inline void writer_stand(struct es_writer *w, const char *at)
{
    w->out->len = (size_t)(at - w->out->data);
}

static char *put_long(struct es_writer *w, char *at, struct slice text)
{
    writer_stand(w, at);
    buffer_append(w->out, text);
    return buffer_reserve(w->out, w->room.record);
}

static char *put_escaped_slowly(struct es_writer *w, char *at, struct slice text)
{
    writer_stand(w, at);
    json_escape(w->out, text);
    return buffer_reserve(w->out, w->room.record);
}

/* The inside of a JSON string, of a text of the chunk. Nearly always it is plain, and as long as it was
 * there. */
static inline char *put_escaped(struct es_writer *w, char *at, struct slice text)
{
    char *after = copy_plain_padded(at, text);
    size_t plain = (size_t)(after - at);

    if (LIKELY(plain == text.len))
        return after;
    return put_escaped_slowly(w, after, slice_skip(text, plain));
}

/* The time that a document and its index go by. */
static inline int64_t time_of(const struct es_writer *w, const struct chunk_record *record)
{
    return UNLIKELY(w->es->index.is_current_time) ? w->now_ns : record->head.time_ns;
}

/* ---- the action line ---- */

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

/* The first of these that the record has: Id_Key, its content, its place. */
static char *put_id(struct es_writer *w, char *at, const struct chunk_record *record)
{
    const struct es_identity *identity = &w->es->identity;
    char id[ES_ID_BYTES_MAX];
    struct slice text = {0};

    if (identity->key_accessor != NULL)
        text = id_of_key(w, record);
    if (identity->is_generated && text.len == 0)
        text = es_id_of_content(record, id);
    if (text.len == 0 && es_has_place(w->es, record))
        text = es_id_of_place(chunk_run_stream(record->run),
                              record_place_number(record->head.offset), id);
    if (text.len == 0)
        return at;
    at = put(at, SLICE(",\"_id\":\""));
    at = put_escaped_slowly(w, at, text);
    return put(at, SLICE("\""));
}

/* NULL when the operation needs an id and the record has none. */
static inline char *put_action(struct es_writer *w, char *at, struct slice action,
                               const struct chunk_record *record)
{
    bool needs_id = w->es->bulk.operation == ES_UPDATE || w->es->bulk.operation == ES_UPSERT;
    char *before;

    at = before = put_padded(at, action);
    if (LIKELY(w->action.stream != 0))
        return put(es_id_put(at, record_place_number(record->head.offset)), SLICE("\"}}\n"));
    at = put_id(w, at, record);
    if (UNLIKELY(needs_id) && at == before)
        return NULL;
    return put(at, SLICE("}}\n"));
}

/* ---- the document ---- */

static struct slice time_value_slowly(struct es_writer *w, const struct chunk_record *record)
{
    const struct es_document *document = &w->es->document;
    int64_t ns = time_of(w, record);
    struct buffer text = {0};
    struct slice value;

    buffer_append(&text, time_pattern_text(&w->time.pattern, ns));
    buffer_append_byte(&text, '.');
    time_append_fraction(ns, document->has_nanos ? 9 : 3, &text);
    buffer_append_byte(&text, 'Z');
    value = arena_copy(&w->arena, buffer_view(&text));
    buffer_fini(&text);
    return value;
}

static inline struct slice time_value(struct es_writer *w, const struct chunk_record *record)
{
    if (LIKELY(w->es->document.is_iso))
        return time_text_iso(&w->time.iso, time_of(w, record), w->es->document.has_nanos ? 9 : 3);
    return time_value_slowly(w, record);
}

/* Whether the record itself has this key: then its own value stays, as it would have won. */
static inline bool record_has(const struct chunk_record *record, struct slice key)
{
    if (LIKELY(!(record->head.initials & json_initial(key))))
        return false;
    return render_has_key(record, key);
}

static bool replace_dots(char *from, const char *end)
{
    bool has_dots = false;

    for (char *at = from; at < end; at++) {
        if (*at != '.')
            continue;
        *at = '_';
        has_dots = true;
    }
    return has_dots;
}

/* A key written with the dots replaced. */
static char *put_dotless_key(struct es_writer *w, char *at, struct slice key)
{
    size_t from = (size_t)(at - w->out->data);

    at = put_escaped(w, at, key);
    w->dots.has_new_keys |= replace_dots(w->out->data + from, at);
    return at;
}

static inline char *put_key(struct es_writer *w, char *at, struct slice key)
{
    at = put(at, SLICE("\""));
    if (UNLIKELY(w->es->document.replace_dots))
        at = put_dotless_key(w, at, key);
    else
        at = put_escaped(w, at, key);
    return put(at, SLICE("\":"));
}

static char *put_tag(struct es_writer *w, char *at, const struct chunk_record *record)
{
    if (record_has(record, w->tag.key))
        return at;
    at = put_padded(at, buffer_view(&w->tag.head));
    at = put_escaped_slowly(w, at, record->run->tag);
    return put(at, SLICE("\","));
}

static inline char *put_time(struct es_writer *w, char *at, const struct chunk_record *record)
{
    struct slice value = time_value(w, record);

    return LIKELY(w->es->document.is_iso) ? put_padded(at, value) : put(at, value);
}

static inline char *put_time_and_tag(struct es_writer *w, char *at,
                                     const struct chunk_record *record)
{
    if (LIKELY(!record_has(record, w->time.member.key))) {
        at = put_padded(at, buffer_view(&w->time.member.head));
        at = put_time(w, at, record);
        at = put(at, SLICE("\","));
    }
    return UNLIKELY(w->es->document.has_tag) ? put_tag(w, at, record) : at;
}

static inline char *put_json(struct es_writer *w, char *at, struct slice text)
{
    if (UNLIKELY(w->es->document.replace_dots))
        return put_long(w, at, es_dots_replace(&w->dots, text, &w->arena));
    return put_padded(at, text);
}

static char *put_packed(struct es_writer *w, char *at, struct slice value)
{
    struct buffer text = {0};

    json_write_msgpack(&text, value);
    at = w->es->document.replace_dots
             ? put_long(w, at, es_dots_replace(&w->dots, buffer_view(&text), &w->arena))
             : put_long(w, at, buffer_view(&text));
    buffer_fini(&text);
    return at;
}

static inline char *put_members(struct es_writer *w, char *at, struct slice object)
{
    struct slice members = slice_make(object.data + 1, object.len - 2);

    if (LIKELY(!w->es->document.replace_dots))
        return put_padded(at, members);
    object = es_dots_replace(&w->dots, object, &w->arena);
    return put_long(w, at, slice_make(object.data + 1, object.len - 2));
}

/* The record's room does not count what is shared. It is copied, as it lies in the processor's cache:
 * sending it from there makes a body of many pieces, which costs the kernel more. */
static inline char *put_shared(struct es_writer *w, char *at, struct slice object)
{
    if (LIKELY(!w->es->document.replace_dots))
        return put_long(w, at, slice_make(object.data + 1, object.len - 2));
    writer_stand(w, at);
    return put_members(w, buffer_reserve(w->out, object.len + w->room.record), object);
}

static inline char *put_value(struct es_writer *w, char *at, const struct chunk_field *field)
{
    if (LIKELY(field->kind == CHUNK_VALUE_TEXT)) {
        at = put(at, SLICE("\""));
        at = put_escaped(w, at, field->value);
        return put(at, SLICE("\""));
    }
    if (field->kind == CHUNK_VALUE_JSON)
        return put_json(w, at, field->value);
    return put_packed(w, at, field->value);
}

static inline char *put_field(struct es_writer *w, char *at, const struct chunk_field *field)
{
    if (field->kind == CHUNK_VALUE_MEMBERS) {
        at = UNLIKELY(field->is_shared) ? put_shared(w, at, field->value)
                                        : put_members(w, at, field->value);
    } else {
        at = put_key(w, at, field->key);
        at = put_value(w, at, field);
    }
    return put(at, SLICE(","));
}

/* Written once more, where two keys of it are one now. */
static char *put_without_doubles(struct es_writer *w, char *at, size_t object_at)
{
    char *object = w->out->data + object_at;
    struct slice document = slice_make(object, (size_t)(at - object));
    struct buffer text = {0};

    if (!es_dots_join(&w->dots, document, &w->arena, &text))
        return at;
    at = put_long(w, object, buffer_view(&text));
    buffer_fini(&text);
    return at;
}

/* Each member is written with a comma behind it; the last one becomes the closing bracket. */
static char *put_document(struct es_writer *w, char *at, const struct chunk_record *record)
{
    static const struct slice heads[] = {
        SLICE("{"),
        SLICE("{"),
        SLICE("{\"doc\":{"),
        SLICE("{\"doc_as_upsert\":true,\"doc\":{"),
    };
    _Static_assert(ARRAY_LEN(heads) == ES_OPERATIONS, "each operation has its head");
    bool is_nested = w->es->bulk.operation == ES_UPDATE || w->es->bulk.operation == ES_UPSERT;
    struct slice rest = record->fields;
    struct chunk_field field;
    size_t object_at;

    at = put(at, heads[w->es->bulk.operation]);
    object_at = (size_t)(at - w->out->data) - 1;
    at = put_time_and_tag(w, at, record);
    while (chunk_field_next(&rest, &field))
        at = put_field(w, at, &field);
    if (at[-1] == ',')
        at--;
    at = put(at, SLICE("}"));
    if (UNLIKELY(w->dots.has_new_keys))
        at = put_without_doubles(w, at, object_at);
    return UNLIKELY(is_nested) ? put(at, SLICE("}\n")) : put(at, SLICE("\n"));
}

/* What was refused as it is: its own time key and tag key, too, are in the text. Operations with
 * another frame are not sent as text. */
static void put_document_as_text(struct es_writer *w, const struct chunk_record *record,
                                 const char *reason)
{
    buffer_append_byte(w->out, '{');
    buffer_append(w->out, buffer_view(&w->time.member.head));
    buffer_append(w->out, time_value(w, record));
    buffer_append_text(w->out, "\",");
    if (w->es->document.has_tag) {
        buffer_append(w->out, buffer_view(&w->tag.head));
        json_escape(w->out, record->run->tag);
        buffer_append_text(w->out, "\",");
    }
    es_text_members(w->es, record, reason, w->out);
    buffer_append_text(w->out, "}\n");
}

static void put_record(struct es_writer *w, struct batch *batch, const struct chunk_record *record)
{
    struct slice action = es_action_text(&w->action, record, time_of(w, record), &w->arena);
    const char *refusal = batch_refusal(batch);
    char *at;

    w->room.record =
        action.len + w->room.frame + record->fields.len + record->head.field_count * FIELD_ROOM;
    at = put_action(w, buffer_reserve(w->out, w->room.record), action, record);
    if (UNLIKELY(at == NULL)) {
        batch_skip(batch);
    } else if (UNLIKELY(refusal != NULL)) {
        writer_stand(w, at);
        put_document_as_text(w, record, refusal);
    } else {
        writer_stand(w, put_document(w, at, record));
    }
    if (UNLIKELY(w->arena.newest != NULL))
        arena_reset(&w->arena);
}

/* ---- the request ---- */

static void put_headers(const struct out_es *es, struct http_request *request)
{
    http_request_header(request, "Content-Type", SLICE("application/x-ndjson"));
    http_request_header(request, "User-Agent",
                        es->signing.is_on ? SLICE("aws-fluent-bit-plugin") : SLICE("Fluent-Bit"));
    if (es->sending.is_gzip)
        http_request_header(request, "Content-Encoding", SLICE("gzip"));
    if (es->login.authorization.len > 0)
        http_request_header(request, "Authorization", buffer_view(&es->login.authorization));
}

/* What es_judge asks of an answer. */
static const char *const reply_keys[] = {"errors", "items", "create", "index",  "update", "delete",
                                         "status", "error", "type",   "reason", NULL};

/* About what the body will have, so that it does not grow while it is written. */
static size_t body_room(const struct batch *batch, bool is_packed)
{
    const struct chunk *chunk = batch->chunk;
    size_t bytes = chunk->bytes.len + chunk->shared.rendered_bytes + batch->count * RECORD_GROWTH;

    return (is_packed && bytes > HTTP_PACK_STEP_BYTES ? HTTP_PACK_STEP_BYTES : bytes) + BODY_ROOM;
}

static void put_records(struct es_writer *w, struct batch *batch, struct http_request *request)
{
    bool is_packed = es_is_packed(w->es);
    struct chunk_record record;

    buffer_init(&request->body, body_room(batch, is_packed));
    while (batch_next(batch, &record)) {
        put_record(w, batch, &record);
        if (is_packed && request->body.len >= HTTP_PACK_STEP_BYTES)
            http_request_pack_some(request);
    }
}

int es_encode(const void *self, struct batch *batch, struct http_request *request)
{
    const struct out_es *es = self;
    struct es_writer w;

    http_request_init(request, "POST", es->sending.url);
    request->reply_keys = reply_keys;
    put_headers(es, request);
    writer_init(&w, es, batch, &request->body);
    put_records(&w, batch, request);
    writer_fini(&w);
    if (es->trace_output)
        log_info(es->component, "the body is: %.*s", (int)request->body.len, request->body.data);
    if (es->sending.is_gzip)
        http_request_pack(request);
    else
        request->plain_bytes = request->body.len;
    return 0;
}
