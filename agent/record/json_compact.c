#include "record/json_compact.h"

#include "base/check.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

#define UNIT_LEN 6 /* \uXXXX */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static uint32_t unit_read(const char *p)
{
    uint32_t unit = 0;

    for (int i = 2; i < UNIT_LEN; i++)
        unit = unit << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return unit;
}

static bool is_low_half(const char *p, const char *end)
{
    return end - p >= UNIT_LEN && p[0] == '\\' && p[1] == 'u' && (unit_read(p) & 0xfc00) == 0xdc00;
}

/* What has to stay escaped, in its shortest form. */
static char *escape_put(char *to, uint32_t code)
{
    static const char codes[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\",
                      digits[] = "0123456789abcdef";
    const char *at = code != 0 ? strchr(codes, (int)code) : NULL;

    if (at != NULL) {
        *to++ = '\\';
        *to++ = letters[at - codes];
        return to;
    }
    memcpy(to, "\\u00", 4);
    to[4] = digits[code >> 4];
    to[5] = digits[code & 15];
    return to + UNIT_LEN;
}

/* `p` is at a \u; returns what is after the character. */
static const char *unit_compact(const char *p, const char *end, char **to)
{
    uint32_t code = unit_read(p);
    size_t len = UNIT_LEN;

    if ((code & 0xfc00) == 0xd800 && is_low_half(p + len, end)) {
        code = 0x10000 + ((code & 0x3ff) << 10) + (unit_read(p + len) & 0x3ff);
        len += UNIT_LEN;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
        memmove(*to, p, len);
        *to += len;
    } else if (code < ' ' || code == '"' || code == '\\') {
        *to = escape_put(*to, code);
    } else {
        *to += utf8_encode(code, *to);
    }
    return p + len;
}

/* `p` is at the opening quote; returns what is after the closing one. */
static const char *string_compact(const char *p, const char *end, char **to)
{
    *(*to)++ = *p++;
    while (*p != '"') {
        if (p[0] == '\\' && p[1] == 'u') {
            p = unit_compact(p, end, to);
            continue;
        }
        if (p[0] == '\\' && p[1] == '/')
            p++;
        else if (p[0] == '\\')
            *(*to)++ = *p++;
        *(*to)++ = *p++;
    }
    *(*to)++ = *p++;
    CHECK(p <= end && *to <= p);
    return p;
}

size_t json_compact(char *text, size_t len)
{
    const char *p = text, *end = text + len;
    char *to = text;

    while (p < end) {
        if (*p == '"')
            p = string_compact(p, end, &to);
        else if (is_blank(*p))
            p++;
        else
            *to++ = *p++;
    }
    return (size_t)(to - text);
}
