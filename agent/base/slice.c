#include "base/slice.h"

#include <ctype.h>
#include <endian.h>
#include <strings.h>

bool slice_is_nocase(struct slice a, const char *text)
{
    size_t len = strlen(text);

    return a.len == len && (len == 0 || strncasecmp(a.data, text, len) == 0);
}

bool slice_begins(struct slice a, struct slice prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.data, prefix.data, prefix.len) == 0);
}

bool slice_ends(struct slice a, struct slice suffix)
{
    return a.len >= suffix.len && slice_equal(slice_skip(a, a.len - suffix.len), suffix);
}

struct slice slice_skip(struct slice a, size_t count)
{
    if (count > a.len)
        count = a.len;
    if (count == 0)
        return a; /* its data may be NULL, to which C adds nothing, not even 0 */
    return slice_make(a.data + count, a.len - count);
}

struct slice slice_trim(struct slice a)
{
    while (a.len > 0 && isspace((unsigned char)a.data[0]))
        a = slice_skip(a, 1);
    while (a.len > 0 && isspace((unsigned char)a.data[a.len - 1]))
        a.len--;
    return a;
}

size_t slice_find(struct slice a, char byte)
{
    const char *at = a.len ? memchr(a.data, byte, a.len) : NULL;

    return at ? (size_t)(at - a.data) : a.len;
}

bool slice_next(struct slice *rest, char byte, struct slice *part)
{
    if (rest->data == NULL)
        return false;
    *part = slice_make(rest->data, slice_find(*rest, byte));
    if (part->len == rest->len)
        *rest = (struct slice){0};
    else
        *rest = slice_skip(*rest, part->len + 1);
    return true;
}

/* ---- hash ---- */

/* Odd, and half of their bits set. */
#define HASH_SEED UINT64_C(0x9e3779b97f4a7c15)
#define HASH_LEFT UINT64_C(0xd6e8feb86659fd93)
#define HASH_END UINT64_C(0xa0761d6478bd642f)

/* Every bit of both meets every bit of the result. */
static uint64_t hash_mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void hash_words(const char *data, size_t len, uint64_t words[2])
{
    CHECK(len <= 2 * sizeof words[0]);
    words[0] = words[1] = 0;
    if (len > 0)
        memcpy(words, data, len);
    words[0] = le64toh(words[0]);
    words[1] = le64toh(words[1]);
}

uint64_t slice_hash(struct slice a)
{
    uint64_t hash = HASH_SEED ^ a.len;
    uint64_t words[2];
    size_t at = 0;

    for (; a.len - at > sizeof words; at += sizeof words) {
        hash_words(a.data + at, sizeof words, words);
        hash = hash_mix(words[0] ^ HASH_LEFT, words[1] ^ hash);
    }
    hash_words(a.data + at, a.len - at, words);
    hash = hash_mix(words[0] ^ HASH_LEFT, words[1] ^ hash);
    return hash_mix(hash, HASH_END);
}
