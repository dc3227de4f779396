#include "record/pack.h"

static char *put_byte(char *out, unsigned byte)
{
    *out = (char)byte;
    return out + 1;
}

static char *put_16(char *out, unsigned tag, uint16_t value)
{
    value = __builtin_bswap16(value);
    out = put_byte(out, tag);
    memcpy(out, &value, sizeof value);
    return out + sizeof value;
}

static char *put_32(char *out, unsigned tag, uint32_t value)
{
    value = __builtin_bswap32(value);
    out = put_byte(out, tag);
    memcpy(out, &value, sizeof value);
    return out + sizeof value;
}

static char *put_64(char *out, unsigned tag, uint64_t value)
{
    value = __builtin_bswap64(value);
    out = put_byte(out, tag);
    memcpy(out, &value, sizeof value);
    return out + sizeof value;
}

char *pack_bool(char *out, bool value)
{
    return put_byte(out, value ? 0xc3 : 0xc2);
}

char *pack_uint(char *out, uint64_t value)
{
    if (value < 0x80)
        return put_byte(out, (unsigned)value);
    if (value <= UINT8_MAX)
        return put_byte(put_byte(out, 0xcc), (unsigned)value);
    if (value <= UINT16_MAX)
        return put_16(out, 0xcd, (uint16_t)value);
    if (value <= UINT32_MAX)
        return put_32(out, 0xce, (uint32_t)value);
    return put_64(out, 0xcf, value);
}

char *pack_int(char *out, int64_t value)
{
    if (value >= 0)
        return pack_uint(out, (uint64_t)value);
    if (value >= -32)
        return put_byte(out, (unsigned)(uint8_t)value);
    if (value >= INT8_MIN)
        return put_byte(put_byte(out, 0xd0), (unsigned)(uint8_t)value);
    if (value >= INT16_MIN)
        return put_16(out, 0xd1, (uint16_t)value);
    if (value >= INT32_MIN)
        return put_32(out, 0xd2, (uint32_t)value);
    return put_64(out, 0xd3, (uint64_t)value);
}

char *pack_double(char *out, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return put_64(out, 0xcb, bits);
}

char *pack_map_head_long(char *out, uint32_t count)
{
    CHECK(count > PACK_SMALL_MAP_MAX);
    if (count <= UINT16_MAX)
        return put_16(out, 0xde, (uint16_t)count);
    return put_32(out, 0xdf, count);
}

char *pack_str_head_long(char *out, uint32_t len)
{
    CHECK(len > PACK_SMALL_STR_MAX);
    if (len <= UINT8_MAX)
        return put_byte(put_byte(out, 0xd9), len);
    if (len <= UINT16_MAX)
        return put_16(out, 0xda, (uint16_t)len);
    return put_32(out, 0xdb, len);
}
