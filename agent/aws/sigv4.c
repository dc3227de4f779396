#include "aws/sigv4.h"

#include "aws/uri.h"
#include "base/arena.h"
#include "base/secret.h"
#include "record/calendar.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#define SECRET_BYTES_MAX 256
#define CANONICAL_ROOM 256
#define ALGORITHM "AWS4-HMAC-SHA256"
#define REQUEST "aws4_request"

/* ---- hashes ---- */

static void hex_write(const uint8_t bytes[SIGV4_KEY_BYTES], char hex[SIGV4_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < SIGV4_KEY_BYTES; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * SIGV4_KEY_BYTES] = '\0';
}

/* OpenSSL's context goes by our name. */
static EVP_MD_CTX *context_of(struct sigv4_sum *sum)
{
    return (EVP_MD_CTX *)(void *)sum;
}

struct sigv4_sum *sigv4_sum_begin(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    CHECK(context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL));
    return (struct sigv4_sum *)(void *)context;
}

void sigv4_sum_add(struct sigv4_sum *sum, struct slice bytes)
{
    if (bytes.len > 0)
        CHECK(EVP_DigestUpdate(context_of(sum), bytes.data, bytes.len));
}

void sigv4_sum_end(struct sigv4_sum **sum, char hex[SIGV4_HEX_BYTES])
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    CHECK(EVP_DigestFinal_ex(context_of(*sum), hash, &len));
    CHECK(len == SIGV4_KEY_BYTES);
    hex_write(hash, hex);
    EVP_MD_CTX_free(context_of(*sum));
    *sum = NULL;
}

void sigv4_hash(struct slice bytes, char hex[SIGV4_HEX_BYTES])
{
    struct sigv4_sum *sum = sigv4_sum_begin();

    sigv4_sum_add(sum, bytes);
    sigv4_sum_end(&sum, hex);
}

static void hmac(struct slice key, struct slice text, uint8_t out[SIGV4_KEY_BYTES])
{
    unsigned len = 0;

    CHECK(HMAC(EVP_sha256(), key.data, (int)key.len, (const unsigned char *)text.data, text.len,
               out, &len) != NULL);
    CHECK(len == SIGV4_KEY_BYTES);
}

/* ---- the key ---- */

static void key_step(uint8_t key[SIGV4_KEY_BYTES], struct slice text)
{
    uint8_t next[SIGV4_KEY_BYTES];

    hmac(slice_make((const char *)key, SIGV4_KEY_BYTES), text, next);
    memcpy(key, next, sizeof next);
    secret_wipe(next, sizeof next);
}

void sigv4_key(const struct sigv4_scope *scope, struct slice secret, uint8_t key[SIGV4_KEY_BYTES])
{
    char first[4 + SECRET_BYTES_MAX] = "AWS4";

    CHECK(secret.len <= SECRET_BYTES_MAX);
    memcpy(first + 4, secret.data, secret.len);
    hmac(slice_make(first, 4 + secret.len), slice_make(scope->stamp, SIGV4_DAY_LEN), key);
    secret_wipe(first, sizeof first);
    key_step(key, scope->region);
    key_step(key, scope->service);
    key_step(key, SLICE(REQUEST));
}

void sigv4_stamp(int64_t second, char stamp[SIGV4_STAMP_BYTES])
{
    struct civil c;

    civil_from_seconds(second, &c);
    CHECK(c.year >= 0 && c.year <= 9999);
    snprintf(stamp, SIGV4_STAMP_BYTES, "%04u%02u%02uT%02u%02u%02uZ", (unsigned)c.year % 10000,
             (unsigned)c.month % 100, (unsigned)c.day % 100, (unsigned)c.hour % 100,
             (unsigned)c.minute % 100, (unsigned)c.second % 100);
}

/* ---- headers ---- */

struct header {
    char *name; /* in lower case; of the arena */
    struct slice value;
    size_t place; /* among all: headers of one name stay in order */
};

struct headers {
    struct header *items;
    size_t count;
    struct arena *arena;
};

bool sigv4_is_signed(struct slice name)
{
    static const char *const changed[] = {"authorization",     "connection",     "expect",
                                          "transfer-encoding", "upgrade",        "user-agent",
                                          "x-amzn-trace-id",   "accept-encoding"};

    for (size_t i = 0; i < ARRAY_LEN(changed); i++)
        if (slice_is_nocase(name, changed[i]))
            return false;
    return name.len < 14 || !slice_is_nocase(slice_make(name.data, 14), "sec-websocket-");
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without blanks at the ends; one for each run of them within. */
static struct slice value_fold(struct arena *arena, struct slice value)
{
    char *out = arena_alloc(arena, value.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < value.len; i++) {
        bool is_run = is_blank(value.data[i]);

        if (is_run && (len == 0 || out[len - 1] == ' '))
            continue;
        out[len++] = is_run ? ' ' : value.data[i];
    }
    if (len > 0 && out[len - 1] == ' ')
        len--;
    return slice_make(out, len);
}

static void header_read(struct headers *h, struct slice line)
{
    size_t colon = slice_find(line, ':');
    struct slice name = slice_trim(slice_make(line.data, colon));
    struct header *header = &h->items[h->count];

    if (colon == line.len && slice_ends(name, SLICE(";")))
        name.len--;
    if (name.len == 0 || !sigv4_is_signed(name))
        return;
    header->name = arena_alloc(h->arena, name.len + 1);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.data[i];

        header->name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    header->name[name.len] = '\0';
    header->value = value_fold(h->arena, slice_skip(line, colon + 1));
    header->place = h->count++;
}

static int header_compare(const void *one, const void *other)
{
    const struct header *a = one, *b = other;
    int order = strcmp(a->name, b->name);

    return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

static void headers_read(struct headers *h, struct slice head)
{
    struct slice rest = head, line;
    size_t most = 1;

    for (size_t i = 0; i < head.len; i++)
        most += head.data[i] == '\0';
    h->items = arena_alloc(h->arena, most * sizeof *h->items);
    while (rest.len > 0 && slice_next(&rest, '\0', &line))
        header_read(h, line);
    CHECK(h->count <= most);
    qsort(h->items, h->count, sizeof *h->items, header_compare);
}

static void headers_write(const struct headers *h, struct buffer *out, struct buffer *names)
{
    for (size_t i = 0; i < h->count; i++) {
        const struct header *header = &h->items[i];
        bool is_same = i > 0 && strcmp(header->name, h->items[i - 1].name) == 0;

        if (is_same) {
            out->len--; /* the line goes on */
            buffer_append_byte(out, ',');
        } else {
            buffer_append_text(out, header->name);
            buffer_append_byte(out, ':');
            buffer_append_text(names, i > 0 ? ";" : "");
            buffer_append_text(names, header->name);
        }
        buffer_append(out, header->value);
        buffer_append_byte(out, '\n');
    }
}

/* One of the values is the session token. */
static void headers_wipe(const struct headers *h)
{
    for (size_t i = 0; i < h->count; i++)
        secret_wipe((char *)(uintptr_t)h->items[i].value.data, h->items[i].value.len);
}

/* ---- what is signed ---- */

void sigv4_canonical(const struct sigv4_message *message, struct buffer *out, struct buffer *names)
{
    struct arena arena = {0};
    struct headers headers = {.arena = &arena};
    size_t mark = names->len;

    headers_read(&headers, message->head);
    buffer_append(out, message->method);
    buffer_append_byte(out, '\n');
    uri_canonical_path(out, message->path, message->has_plain_path);
    buffer_append_byte(out, '\n');
    uri_canonical_query(out, message->query);
    buffer_append_byte(out, '\n');
    headers_write(&headers, out, names);
    buffer_append_byte(out, '\n');
    buffer_append(out, slice_skip(buffer_view(names), mark));
    buffer_append_byte(out, '\n');
    buffer_append_text(out, message->body_hash);
    headers_wipe(&headers);
    arena_fini(&arena);
}

static void scope_write(const struct sigv4_scope *scope, struct buffer *out)
{
    buffer_append(out, slice_make(scope->stamp, SIGV4_DAY_LEN));
    buffer_append_byte(out, '/');
    buffer_append(out, scope->region);
    buffer_append_byte(out, '/');
    buffer_append(out, scope->service);
    buffer_append_text(out, "/" REQUEST);
}

void sigv4_to_sign(const struct sigv4_scope *scope, struct slice canonical, struct buffer *out)
{
    char hash[SIGV4_HEX_BYTES];

    sigv4_hash(canonical, hash);
    buffer_append_text(out, ALGORITHM "\n");
    buffer_append_text(out, scope->stamp);
    buffer_append_byte(out, '\n');
    scope_write(scope, out);
    buffer_append_byte(out, '\n');
    buffer_append_text(out, hash);
}

void sigv4_signature(const uint8_t key[SIGV4_KEY_BYTES], struct slice to_sign,
                     char hex[SIGV4_HEX_BYTES])
{
    uint8_t hash[SIGV4_KEY_BYTES];

    hmac(slice_make((const char *)key, SIGV4_KEY_BYTES), to_sign, hash);
    hex_write(hash, hex);
}

void sigv4_authorize(const struct sigv4_scope *scope, const struct sigv4_message *message,
                     struct slice key_id, const uint8_t key[SIGV4_KEY_BYTES], struct buffer *out)
{
    struct buffer canonical = {0}, names = {0}, text = {0};
    char signature[SIGV4_HEX_BYTES];

    /* All its room at once: what moves leaves its bytes behind. */
    buffer_init(&canonical, 2 * message->head.len + 9 * (message->path.len + message->query.len) +
                                CANONICAL_ROOM);
    sigv4_canonical(message, &canonical, &names);
    sigv4_to_sign(scope, buffer_view(&canonical), &text);
    sigv4_signature(key, buffer_view(&text), signature);
    buffer_append_text(out, ALGORITHM " Credential=");
    buffer_append(out, key_id);
    buffer_append_byte(out, '/');
    scope_write(scope, out);
    buffer_append_text(out, ", SignedHeaders=");
    buffer_append(out, buffer_view(&names));
    buffer_append_text(out, ", Signature=");
    buffer_append_text(out, signature);
    secret_buffer_fini(&canonical);
    buffer_fini(&names);
    buffer_fini(&text);
}
