#include "record/json_compact.h"

#include "base/check.h"
#include "base/utf8.h"
#include "record/json_escape.h"

#include <stdbool.h>
#include <string.h>

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* `p` is at a \u; returns what is after the character. */
static const char *unit_compact(const char *p, const char *end, char **to)
{
    const char *after = p;
    uint32_t code = json_unit_read(&after, end);

    if (code >= 0xd800 && code <= 0xdfff) {
        memmove(*to, p, JSON_UNIT_BYTES);
        *to += JSON_UNIT_BYTES;
    } else if (code < ' ' || code == '"' || code == '\\') {
        *to = json_escape_byte((char)code, *to);
    } else {
        *to += utf8_encode(code, *to);
    }
    return after;
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
