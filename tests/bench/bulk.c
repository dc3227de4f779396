#include "bulk.h"

#include <inttypes.h>
#include <zlib.h>

#define GUNZIP_STEP_BYTES ((size_t)1 << 20)

/* What filter_path leaves of an answer. */
struct answer_form {
    bool has_took;
    bool has_items;
    bool has_status; /* each item with its status, or only those that failed */
    bool is_whole;   /* index, id, shards and all */
};

struct item {
    struct slice verb;
    struct slice id;
    int status;
};

static bool holds(struct slice text, const char *word)
{
    return memmem(text.data, text.len, word, strlen(word)) != NULL;
}

static struct answer_form form_of(struct slice target)
{
    const char *filter = memmem(target.data, target.len, "filter_path=", 12);
    struct slice kept;

    if (!filter)
        return (struct answer_form){true, true, true, true};
    kept = slice_skip(target, (size_t)(filter - target.data));
    return (struct answer_form){
        .has_took = holds(kept, "took"),
        .has_items = holds(kept, "items"),
        .has_status = holds(kept, ".status"),
    };
}

/* The text after `"key":"`, up to the next quote; empty where there is none. */
static struct slice text_after(struct slice line, const char *key)
{
    const char *found = memmem(line.data, line.len, key, strlen(key));
    struct slice rest;

    if (!found)
        return slice_make(NULL, 0);
    rest = slice_skip(line, (size_t)(found - line.data) + strlen(key));
    return slice_make(rest.data, slice_find(rest, '"'));
}

static struct item item_of(struct slice action)
{
    struct item item = {.verb = SLICE("index"), .status = 201};

    if (holds(slice_make(action.data, action.len < 16 ? action.len : 16), "\"create\""))
        item.verb = SLICE("create");
    item.id = text_after(action, "\"_id\":\"");
    return item;
}

static const char *type_of(int status)
{
    switch (status) {
    case 400:
        return "document_parsing_exception";
    case 409:
        return "version_conflict_engine_exception";
    case 429:
        return "es_rejected_execution_exception";
    case 503:
        return "unavailable_shards_exception";
    default:
        return "engine_exception";
    }
}

static const char *reason_of(int status)
{
    return status == 409 ? "version conflict, document already exists (current version [1])"
                         : "the sink was told so";
}

static void append_failure(struct buffer *out, const struct item *item)
{
    buffer_append_format(out,
                         "{\"%.*s\":{\"status\":%d,\"error\":{\"type\":\"%s\",\"reason\":\"[%.*s]: "
                         "%s\"}}}",
                         SLICE_ARG(item->verb), item->status, type_of(item->status),
                         SLICE_ARG(item->id), reason_of(item->status));
}

static void append_whole(struct buffer *out, const struct item *item, uint64_t nth)
{
    buffer_append_format(out, "{\"%.*s\":{\"_index\":\"logs-sink\",\"_id\":\"",
                         SLICE_ARG(item->verb));
    if (item->id.len > 0)
        buffer_append(out, item->id);
    else
        buffer_append_format(out, "sink%016" PRIx64, nth);
    buffer_append_format(out,
                         "\",\"_version\":1,\"result\":\"created\",\"_shards\":{\"total\":2,"
                         "\"successful\":1,\"failed\":0},\"_seq_no\":%" PRIu64
                         ",\"_primary_term\":1,\"status\":%d}}",
                         nth, item->status);
}

static void append_item(struct buffer *out, const struct item *item, struct answer_form form,
                        uint64_t nth)
{
    bool is_failed = item->status >= 300;

    if (!form.has_items || (!form.has_status && !is_failed))
        return;
    if (out->data[out->len - 1] != '[')
        buffer_append_byte(out, ',');
    if (is_failed)
        append_failure(out, item);
    else if (form.is_whole)
        append_whole(out, item, nth);
    else
        buffer_append_format(out, "{\"%.*s\":{\"status\":%d}}", SLICE_ARG(item->verb),
                             item->status);
}

static void store_item(struct bulk *b, struct item *item, struct slice document)
{
    bool is_stored;

    item->status = faults_item(&b->faults, document, &is_stored);
    if (!is_stored) {
        b->failed_count++;
        return;
    }
    if (item->id.len > 0 && !seen_store_id(&b->seen, item->id) && slice_is(item->verb, "create")) {
        item->status = 409;
        b->conflict_count++;
        return;
    }
    b->document_count++;
    seen_document(&b->seen, document);
}

void bulk_store(struct bulk *b, struct slice body, struct slice target, struct buffer *answer)
{
    static struct buffer items;
    struct answer_form form = form_of(target);
    bool has_errors = false;
    struct slice action, document;

    buffer_clear(&items);
    buffer_append_byte(&items, '[');
    b->plain_bytes += body.len;
    while (slice_next(&body, '\n', &action) && slice_next(&body, '\n', &document)) {
        struct item item = item_of(action);

        store_item(b, &item, document);
        append_item(&items, &item, form, b->document_count);
        has_errors |= item.status >= 300;
    }
    buffer_append_format(answer, "{\"errors\":%s", has_errors ? "true" : "false");
    if (form.has_took)
        buffer_append_text(answer, ",\"took\":3");
    if (form.has_items && (form.has_status || items.len > 1)) {
        buffer_append_text(answer, ",\"items\":");
        buffer_append(answer, buffer_view(&items));
        buffer_append_byte(answer, ']');
    }
    buffer_append_byte(answer, '}');
}

bool bulk_gunzip(struct slice squeezed, struct buffer *plain)
{
    z_stream z = {.next_in = (Bytef *)squeezed.data, .avail_in = (uInt)squeezed.len};
    int rc = Z_OK;

    CHECK(inflateInit2(&z, 15 + 16) == Z_OK);
    while (rc == Z_OK) {
        z.next_out = (Bytef *)buffer_reserve(plain, GUNZIP_STEP_BYTES);
        z.avail_out = (uInt)GUNZIP_STEP_BYTES;
        rc = inflate(&z, Z_NO_FLUSH);
        buffer_commit(plain, GUNZIP_STEP_BYTES - z.avail_out);
        if (rc == Z_STREAM_END && z.avail_in > 0)
            rc = inflateReset(&z);
    }
    inflateEnd(&z);
    return rc == Z_STREAM_END;
}
