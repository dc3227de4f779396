#include "http/client_internal.h"

#include "base/gzip.h"
#include "base/memory.h"

#define INSERTS_FIRST 256

/* A body is gathered for the packer in steps of this: short enough to stay in the processor's cache. */
#define PACK_STEP_BYTES ((size_t)64 << 10)

void http_request_insert(struct http_request *request, struct slice text)
{
    struct http_inserts *i = &request->inserts;

    if (text.len == 0)
        return;
    if (UNLIKELY(i->count == i->capacity)) {
        i->capacity = i->capacity ? i->capacity * 2 : INSERTS_FIRST;
        i->items = mem_resize(i->items, i->capacity, sizeof *i->items);
    }
    CHECK(i->count == 0 || i->items[i->count - 1].at <= request->body.len);
    i->items[i->count++] = (struct http_insert){.at = request->body.len, .text = text};
    i->bytes += text.len;
}

size_t http_request_bytes(const struct http_request *request)
{
    return request->body.len + request->inserts.bytes;
}

/* The body is `changed` from now on, and has no inserts. */
static void body_replace(struct http_request *request, struct buffer changed)
{
    buffer_fini(&request->body);
    request->body = changed;
    MEM_FREE(&request->inserts.items);
    request->inserts = (struct http_inserts){0};
}

void http_request_pack(struct http_request *request)
{
    struct buffer packed = {0};
    struct gzip_packer *packer = gzip_packer_new(&packed);
    struct body_cursor cursor = {0};
    char *step = mem_alloc(PACK_STEP_BYTES);
    size_t bytes;

    while ((bytes = body_read(request, &cursor, step, PACK_STEP_BYTES)) > 0)
        gzip_packer_add(packer, slice_make(step, bytes));
    mem_free(step);
    gzip_packer_end(&packer);
    body_replace(request, packed);
}

void http_request_flatten(struct http_request *request)
{
    struct body_cursor cursor = {0};
    struct buffer flat = {0};
    size_t bytes = http_request_bytes(request);

    if (request->inserts.count == 0)
        return;
    buffer_init(&flat, bytes);
    CHECK(body_read(request, &cursor, buffer_reserve(&flat, bytes), bytes) == bytes);
    buffer_commit(&flat, bytes);
    body_replace(request, flat);
}

/* What stands at the cursor, as far as it is one piece: of the insert that is there, else of the
 * body up to the next one. */
static inline struct slice piece_at(const struct http_request *request, const struct body_cursor *c,
                                    const struct http_insert *insert)
{
    size_t end = insert != NULL ? insert->at : request->body.len;

    if (insert != NULL && end == c->body_at)
        return slice_make(insert->text.data + c->insert_at, insert->text.len - c->insert_at);
    CHECK(c->body_at <= end && end <= request->body.len);
    return slice_make(request->body.data + c->body_at, end - c->body_at);
}

static inline void cursor_move(struct body_cursor *c, const struct http_insert *insert,
                               size_t bytes)
{
    if (insert == NULL || insert->at != c->body_at) {
        c->body_at += bytes;
        return;
    }
    c->insert_at += bytes;
    if (c->insert_at == insert->text.len) {
        c->insert++;
        c->insert_at = 0;
    }
}

size_t body_read(const struct http_request *request, struct body_cursor *c, char *to, size_t room)
{
    const struct http_inserts *inserts = &request->inserts;
    size_t done = 0;

    while (done < room) {
        const struct http_insert *insert =
            c->insert < inserts->count ? &inserts->items[c->insert] : NULL;
        struct slice piece = piece_at(request, c, insert);
        size_t bytes = piece.len < room - done ? piece.len : room - done;

        if (bytes == 0)
            break;
        memcpy(to + done, piece.data, bytes);
        cursor_move(c, insert, bytes);
        done += bytes;
    }
    return done;
}

unsigned body_pieces(const struct http_request *request, const struct body_cursor *from,
                     struct iovec *pieces, unsigned most)
{
    const struct http_inserts *inserts = &request->inserts;
    struct body_cursor c = *from;
    unsigned count = 0;

    while (count < most) {
        const struct http_insert *insert =
            c.insert < inserts->count ? &inserts->items[c.insert] : NULL;
        struct slice piece = piece_at(request, &c, insert);

        if (piece.len == 0)
            break;
        pieces[count++] =
            (struct iovec){.iov_base = (void *)(uintptr_t)piece.data, .iov_len = piece.len};
        cursor_move(&c, insert, piece.len);
    }
    return count;
}

void body_skip(const struct http_request *request, struct body_cursor *c, size_t bytes)
{
    const struct http_inserts *inserts = &request->inserts;

    while (bytes > 0) {
        const struct http_insert *insert =
            c->insert < inserts->count ? &inserts->items[c->insert] : NULL;
        size_t step = piece_at(request, c, insert).len;

        CHECK(step > 0);
        step = step < bytes ? step : bytes;
        cursor_move(c, insert, step);
        bytes -= step;
    }
}
