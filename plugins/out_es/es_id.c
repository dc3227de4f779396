#include "plugins/out_es/es_id.h"

#include <inttypes.h>
#include <stdio.h>

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

_Static_assert(ES_ID_HALF_BYTES == sizeof(uint64_t), "half an id is made in one word");
_Static_assert(2 * ES_ID_HALF_BYTES < ES_ID_BYTES_MAX, "the id of a place has room");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the word's bytes are turned round");

/* One in each byte that is `from` or more; none is above 63. */
static inline uint64_t bytes_from(uint64_t bytes, unsigned from)
{
    return (bytes + EACH_BYTE(128 - from)) >> 7 & EACH_BYTE(1);
}

/* Eight digits to six bits, all in one word: apart in three halvings, then from numbers to letters,
 * whose ranges begin at A, a, 0, - and _. No byte carries into the next. */
char *es_id_put(char *out, uint64_t number)
{
    uint64_t x = number;

    x = (x & UINT64_C(0xffffff000000)) << 8 | (x & UINT64_C(0xffffff));
    x = (x & UINT64_C(0x00fff00000fff000)) << 4 | (x & UINT64_C(0x00000fff00000fff));
    x = (x & UINT64_C(0x0fc00fc00fc00fc0)) << 2 | (x & UINT64_C(0x003f003f003f003f));
    x = x + EACH_BYTE('A') + bytes_from(x, 26) * ('a' - 'A' - 26) -
        bytes_from(x, 52) * ('a' - '0' + 26) - bytes_from(x, 62) * ('0' + 10 - '-') +
        bytes_from(x, 63) * ('_' - '-' - 1);
    x = __builtin_bswap64(x);
    memcpy(out, &x, sizeof x);
    return out + sizeof x;
}

struct slice es_id_of_place(uint64_t stream, uint64_t offset, char out[ES_ID_BYTES_MAX])
{
    es_id_put(es_id_put(out, stream), offset);
    return slice_make(out, 2 * ES_ID_HALF_BYTES);
}

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static uint64_t mix(uint64_t k)
{
    k = (k ^ k >> 33) * UINT64_C(0xff51afd7ed558ccd);
    k = (k ^ k >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return k ^ k >> 33;
}

static uint64_t scramble_1(uint64_t k)
{
    return rotate(k * UINT64_C(0x87c37b91114253d5), 31) * UINT64_C(0x4cf5ad432745937f);
}

static uint64_t scramble_2(uint64_t k)
{
    return rotate(k * UINT64_C(0x4cf5ad432745937f), 33) * UINT64_C(0x87c37b91114253d5);
}

/* MurmurHash3 x64 128, after Austin Appleby's public-domain description. */
static void murmur3(struct slice text, uint64_t seed, uint64_t hash[2])
{
    uint64_t a = seed, b = seed, block[2];
    size_t left = text.len;
    const char *p = text.data;

    for (; left >= 16; left -= 16, p += 16) {
        memcpy(block, p, 16);
        a = (rotate(a ^ scramble_1(block[0]), 27) + b) * 5 + 0x52dce729;
        b = (rotate(b ^ scramble_2(block[1]), 31) + a) * 5 + 0x38495ab5;
    }
    block[0] = block[1] = 0;
    if (left > 0)
        memcpy(block, p, left);
    a ^= scramble_1(block[0]) ^ text.len;
    b ^= scramble_2(block[1]) ^ text.len;
    a += b;
    b += a;
    a = mix(a);
    b = mix(b);
    a += b;
    hash[0] = a;
    hash[1] = b + a;
}

struct slice es_id_of_content(const struct chunk_record *record, char out[ES_ID_BYTES_MAX])
{
    struct buffer text = {0};
    uint64_t h[2];
    int len;

    render_members(record, &text);
    murmur3(buffer_view(&text), 42, h);
    buffer_fini(&text);
    len = snprintf(out, ES_ID_BYTES_MAX,
                   "%04" PRIx64 "%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64
                   "%04" PRIx64 "%04" PRIx64,
                   h[0] >> 48, h[0] >> 32 & 0xffff, h[0] >> 16 & 0xffff, h[0] & 0xffff, h[1] >> 48,
                   h[1] >> 32 & 0xffff, h[1] >> 16 & 0xffff, h[1] & 0xffff);
    CHECK(len > 0 && len < ES_ID_BYTES_MAX);
    return slice_make(out, (size_t)len);
}
