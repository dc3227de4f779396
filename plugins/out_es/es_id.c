#include "plugins/out_es/es_id.h"

#include <inttypes.h>
#include <stdio.h>

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *put_48(char *out, uint64_t value)
{
    for (int shift = 42; shift >= 0; shift -= 6)
        *out++ = base64url[value >> shift & 63];
    return out;
}

struct slice es_id_of_place(uint64_t stream, uint64_t offset, char out[ES_ID_BYTES_MAX])
{
    put_48(put_48(out, stream), offset);
    return slice_make(out, 16);
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
    uint64_t h[2];
    int len;

    murmur3(record->fields, 42, h);
    len = snprintf(out, ES_ID_BYTES_MAX,
                   "%04" PRIx64 "%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64
                   "%04" PRIx64 "%04" PRIx64,
                   h[0] >> 48, h[0] >> 32 & 0xffff, h[0] >> 16 & 0xffff, h[0] & 0xffff, h[1] >> 48,
                   h[1] >> 32 & 0xffff, h[1] >> 16 & 0xffff, h[1] & 0xffff);
    return slice_make(out, (size_t)len);
}
