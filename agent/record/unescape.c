#include "record/unescape.h"

#include "base/utf8.h"

/* What a decoder of one kind does with a backslash: `p` is after it. Writes what it stands for and
 * returns the place after the escape, or NULL when it knows none. */
typedef const char *escape_fn(const char *p, const char *end, char **out);

static struct slice unescape(struct slice text, struct arena *arena, escape_fn *escape)
{
    const char *p = text.data, *end = p + text.len;
    char *begin, *out;

    if (text.len == 0 || memchr(p, '\\', text.len) == NULL)
        return text;
    begin = out = arena_alloc(arena, text.len);
    while (p < end) {
        const char *after = *p == '\\' && end - p > 1 ? escape(p + 1, end, &out) : NULL;

        if (after != NULL)
            p = after;
        else
            *out++ = *p++;
    }
    return slice_make(begin, (size_t)(out - begin));
}

/* The byte that a letter after a backslash stands for, or -1. */
static int letter_byte(char letter)
{
    static const char letters[] = "abfnrtv\\\"'/";
    static const char bytes[] = "\a\b\f\n\r\t\v\\\"'/";
    const char *at = letter != '\0' ? strchr(letters, letter) : NULL;

    return at != NULL ? bytes[at - letters] : -1;
}

static const char *escape_letter(const char *p, const char *end, char **out)
{
    int byte = letter_byte(*p);

    (void)end;
    if (byte < 0)
        return NULL;
    *(*out)++ = (char)byte;
    return p + 1;
}

static int digit_value(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
        return (byte | 0x20) - 'a' + 10;
    return 16;
}

/* Up to `most` digits below `base`; returns how many there are. */
static unsigned digits_read(struct slice text, unsigned base, unsigned most, uint32_t *value)
{
    unsigned count = 0;

    *value = 0;
    while (count < most && count < text.len && digit_value(text.data[count]) < (int)base)
        *value = *value * base + (uint32_t)digit_value(text.data[count++]);
    return count;
}

static void code_point_put(uint32_t code, char **out)
{
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        code = 0xfffd;
    *out += utf8_encode(code, *out);
}

/* \uXXXX, and its other half where it has one; `p` is at the u. */
static const char *escape_u(const char *p, const char *end, char **out)
{
    uint32_t code, low;

    if (digits_read(slice_make(p + 1, (size_t)(end - p - 1)), 16, 4, &code) != 4)
        return NULL;
    p += 5;
    if (code >= 0xd800 && code <= 0xdbff && end - p >= 6 && p[0] == '\\' && p[1] == 'u' &&
        digits_read(slice_make(p + 2, 4), 16, 4, &low) == 4 && low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
    }
    code_point_put(code, out);
    return p;
}

static const char *escape_long_u(const char *p, const char *end, char **out)
{
    uint32_t code;

    if (digits_read(slice_make(p + 1, (size_t)(end - p - 1)), 16, 8, &code) != 8)
        return NULL;
    code_point_put(code, out);
    return p + 9;
}

static const char *escape_byte(struct slice digits, unsigned base, unsigned most, char **out)
{
    uint32_t value;
    unsigned count = digits_read(digits, base, most, &value);

    if (count == 0 || value > 0xff)
        return NULL;
    *(*out)++ = (char)value;
    return digits.data + count;
}

static const char *escape_utf8(const char *p, const char *end, char **out)
{
    struct slice rest = slice_make(p, (size_t)(end - p));

    switch (*p) {
    case 'u':
        return escape_u(p, end, out);
    case 'U':
        return escape_long_u(p, end, out);
    case 'x':
        return escape_byte(slice_skip(rest, 1), 16, 2, out);
    default:
        return digit_value(*p) < 8 ? escape_byte(rest, 8, 3, out) : escape_letter(p, end, out);
    }
}

/* Those that mysql_real_escape_string makes. */
static const char *escape_mysql(const char *p, const char *end, char **out)
{
    if (*p == '0')
        *(*out)++ = '\0';
    else if (*p == 'Z')
        *(*out)++ = 0x1a;
    else if (*p == '\0' || strchr("nrt\\'\"", *p) == NULL)
        return NULL;
    else
        return escape_letter(p, end, out);
    return p + 1;
}

struct slice unescape_plain(struct slice text, struct arena *arena)
{
    return unescape(text, arena, escape_letter);
}

struct slice unescape_utf8(struct slice text, struct arena *arena)
{
    return unescape(text, arena, escape_utf8);
}

struct slice unescape_mysql(struct slice text, struct arena *arena)
{
    char quote = text.len >= 2 ? text.data[0] : '\0';

    if ((quote != '\'' && quote != '"') || text.data[text.len - 1] != quote)
        return text;
    text = slice_make(text.data + 1, text.len - 2);
    return unescape(text, arena, escape_mysql);
}
