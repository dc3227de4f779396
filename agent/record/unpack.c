#include "record/unpack.h"

static uint64_t big_endian(const char *p, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | (uint8_t)p[i];
    return value;
}

static const char *take_bytes(const char *p, const char *end, uint64_t len,
                              struct unpack_token *token)
{
    if ((uint64_t)(end - p) < len)
        return NULL;
    token->bytes = slice_make(p, (size_t)len);
    return p + len;
}

/* str, bin: a length of `width` bytes, then as many bytes. */
static const char *take_text(const char *p, const char *end, unsigned width,
                             struct unpack_token *token)
{
    if (end - p < (ptrdiff_t)width)
        return NULL;
    return take_bytes(p + width, end, big_endian(p, width), token);
}

/* ext: a length of `width` bytes, a type, then as many bytes. */
static const char *take_ext(const char *p, const char *end, unsigned width,
                            struct unpack_token *token)
{
    if (end - p < (ptrdiff_t)width + 1)
        return NULL;
    token->kind = UNPACK_EXT;
    token->ext_type = (signed char)p[width];
    return take_bytes(p + width + 1, end, big_endian(p, width), token);
}

static const char *take_fixext(const char *p, const char *end, unsigned len,
                               struct unpack_token *token)
{
    if (end - p < 1)
        return NULL;
    token->kind = UNPACK_EXT;
    token->ext_type = (signed char)*p;
    return take_bytes(p + 1, end, len, token);
}

static const char *take_count(const char *p, const char *end, unsigned width,
                              struct unpack_token *token)
{
    if (end - p < (ptrdiff_t)width)
        return NULL;
    token->count = (uint32_t)big_endian(p, width);
    return p + width;
}

static const char *take_uint(const char *p, const char *end, unsigned width,
                             struct unpack_token *token)
{
    if (end - p < (ptrdiff_t)width)
        return NULL;
    token->kind = UNPACK_UINT;
    token->natural = big_endian(p, width);
    return p + width;
}

static const char *take_int(const char *p, const char *end, unsigned width,
                            struct unpack_token *token)
{
    unsigned shift = 64 - width * 8;

    if (end - p < (ptrdiff_t)width)
        return NULL;
    token->integer = (int64_t)(big_endian(p, width) << shift) >> shift;
    token->natural = (uint64_t)token->integer;
    token->kind = token->integer < 0 ? UNPACK_INT : UNPACK_UINT;
    return p + width;
}

static const char *take_real(const char *p, const char *end, unsigned width,
                             struct unpack_token *token)
{
    uint64_t bits;

    if (end - p < (ptrdiff_t)width)
        return NULL;
    bits = big_endian(p, width);
    token->kind = UNPACK_DOUBLE;
    if (width == 8) {
        memcpy(&token->real, &bits, sizeof token->real);
    } else {
        uint32_t half = (uint32_t)bits;
        float real;

        memcpy(&real, &half, sizeof real);
        token->real = (double)real;
    }
    return p + width;
}

static const char *take_fixed(unsigned head, const char *p, const char *end,
                              struct unpack_token *token)
{
    if (head < 0x80) {
        token->kind = UNPACK_UINT;
        token->natural = head;
        return p;
    }
    if (head >= 0xe0) {
        token->kind = UNPACK_INT;
        token->integer = (int8_t)head;
        return p;
    }
    if (head < 0xa0) {
        token->kind = head < 0x90 ? UNPACK_MAP : UNPACK_ARRAY;
        token->count = head & 15;
        return p;
    }
    token->kind = UNPACK_STR;
    return take_bytes(p, end, head & 31, token);
}

/* The forms 0xc0 to 0xdf. */
static const char *take_sized(unsigned head, const char *p, const char *end,
                              struct unpack_token *token)
{
    switch (head) {
    case 0xc0:
        token->kind = UNPACK_NIL;
        return p;
    case 0xc2:
    case 0xc3:
        token->kind = UNPACK_BOOL;
        token->boolean = head == 0xc3;
        return p;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        token->kind = UNPACK_BIN;
        return take_text(p, end, 1u << (head - 0xc4), token);
    case 0xc7:
    case 0xc8:
    case 0xc9:
        return take_ext(p, end, 1u << (head - 0xc7), token);
    case 0xca:
    case 0xcb:
        return take_real(p, end, 4u << (head - 0xca), token);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        return take_uint(p, end, 1u << (head - 0xcc), token);
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return take_int(p, end, 1u << (head - 0xd0), token);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return take_fixext(p, end, 1u << (head - 0xd4), token);
    case 0xd9:
    case 0xda:
    case 0xdb:
        token->kind = UNPACK_STR;
        return take_text(p, end, 1u << (head - 0xd9), token);
    case 0xdc:
    case 0xdd:
        token->kind = UNPACK_ARRAY;
        return take_count(p, end, 2u << (head - 0xdc), token);
    case 0xde:
    case 0xdf:
        token->kind = UNPACK_MAP;
        return take_count(p, end, 2u << (head - 0xde), token);
    default:
        return NULL;
    }
}

const char *unpack_token(const char *p, const char *end, struct unpack_token *token)
{
    unsigned head;

    if (UNLIKELY(p == NULL || p >= end))
        return NULL;
    head = (uint8_t)*p;
    token->bytes = (struct slice){0};
    if (head < 0xc0 || head >= 0xe0)
        return take_fixed(head, p + 1, end, token);
    return take_sized(head, p + 1, end, token);
}

static const char *skip_nested(const char *p, const char *end, unsigned depth)
{
    struct unpack_token token;
    uint64_t left;

    p = unpack_token(p, end, &token);
    if (p == NULL || (token.kind != UNPACK_ARRAY && token.kind != UNPACK_MAP))
        return p;
    if (depth == UNPACK_DEPTH_MAX)
        return NULL;
    left = (uint64_t)token.count * (token.kind == UNPACK_MAP ? 2 : 1);
    while (left-- > 0 && p != NULL)
        p = skip_nested(p, end, depth + 1);
    return p;
}

const char *unpack_skip(const char *p, const char *end)
{
    return skip_nested(p, end, 0);
}
