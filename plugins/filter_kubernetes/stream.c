#include "plugins/filter_kubernetes/stream.h"

void streams_init(struct streams *s)
{
    *s = (struct streams){0};
    map_init(&s->by_key);
    list_init(&s->recent);
}

void stream_unmake(struct stream *stream)
{
    shared_unref(&stream->made.block);
    stream->made = (struct stream_made){0};
}

void streams_outdate(struct streams *s)
{
    LIST_FOR (it, &s->recent)
        CONTAINER_OF(it, struct stream, link)->made.is_valid = false;
}

static void stream_forget(struct streams *s, struct stream *stream)
{
    if (s->last == stream)
        s->last = NULL;
    CHECK(map_remove(&s->by_key, stream->key) == stream);
    CHECK(s->block_bytes >= stream->counted_bytes);
    s->block_bytes -= stream->counted_bytes;
    list_remove(&stream->link);
    stream_unmake(stream);
    if (stream->pod != NULL)
        pod_unref(&stream->pod);
    identity_fini(&stream->identity);
    mem_free((char *)stream->key.data);
    mem_free(stream);
}

void streams_fini(struct streams *s)
{
    while (s->recent.next != NULL && !list_is_empty(&s->recent))
        stream_forget(s, CONTAINER_OF(s->recent.next, struct stream, link));
    map_fini(&s->by_key);
    buffer_fini(&s->key);
    *s = (struct streams){0};
}

static struct slice key_write(struct streams *s, uint64_t origin_id, struct slice name)
{
    buffer_clear(&s->key);
    buffer_append(&s->key, slice_make((const char *)&origin_id, sizeof origin_id));
    buffer_append(&s->key, name);
    return buffer_view(&s->key);
}

/* Its block may have become another while it was the one that was asked for. */
static void block_count(struct streams *s, struct stream *stream)
{
    size_t bytes = stream->made.block != NULL ? shared_text(stream->made.block).len : 0;

    s->block_bytes += bytes;
    s->block_bytes -= stream->counted_bytes;
    stream->counted_bytes = bytes;
}

/* Room for one more; also those go that nobody asked for in a long time. */
static void streams_tidy(struct streams *s, uint64_t now_ms)
{
    while (!list_is_empty(&s->recent)) {
        struct stream *oldest = CONTAINER_OF(s->recent.next, struct stream, link);

        if (s->by_key.count < STREAMS_MAX && s->block_bytes <= STREAM_BLOCKS_BYTES_MAX &&
            now_ms - oldest->used_ms < STREAM_IDLE_MS)
            return;
        stream_forget(s, oldest);
    }
}

static struct stream *stream_new(struct streams *s, struct slice key)
{
    struct stream *stream = mem_zalloc(1, sizeof *stream);

    identity_init(&stream->identity);
    stream->key = slice_make(mem_text_n(key.data, key.len), key.len);
    CHECK(map_put(&s->by_key, stream->key, stream) == NULL);
    return stream;
}

static inline bool is_it(const struct stream *stream, uint64_t origin_id, struct slice name)
{
    const char *key = stream->key.data;

    return stream->key.len == sizeof origin_id + name.len &&
           memcmp(key, &origin_id, sizeof origin_id) == 0 &&
           memcmp(key + sizeof origin_id, name.data, name.len) == 0;
}

struct stream *streams_find(struct streams *s, uint64_t origin_id, struct slice name,
                            bool *is_new_out)
{
    struct stream *stream = s->last;
    uint64_t now_ms;
    struct slice key;

    *is_new_out = false;
    if (LIKELY(stream != NULL && is_it(stream, origin_id, name)))
        return stream;
    if (stream != NULL)
        block_count(s, stream);
    key = key_write(s, origin_id, name);
    now_ms = clock_ms();
    stream = map_get(&s->by_key, key);
    if (stream == NULL) {
        streams_tidy(s, now_ms);
        stream = stream_new(s, key);
        *is_new_out = true;
    } else {
        list_remove(&stream->link);
    }
    list_add_tail(&s->recent, &stream->link);
    stream->used_ms = now_ms;
    return s->last = stream;
}
