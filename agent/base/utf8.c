#include "base/utf8.h"

static bool is_tail(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

static unsigned utf8_len_3(const unsigned char *p)
{
    if (!is_tail(p[1]) || !is_tail(p[2]))
        return 0;
    if (p[0] == 0xe0 && p[1] < 0xa0)
        return 0;
    if (p[0] == 0xed && p[1] > 0x9f)
        return 0;
    return 3;
}

static unsigned utf8_len_4(const unsigned char *p)
{
    if (!is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3]))
        return 0;
    if (p[0] == 0xf0 && p[1] < 0x90)
        return 0;
    if (p[0] == 0xf4 && p[1] > 0x8f)
        return 0;
    return 4;
}

unsigned utf8_len(const char *text, const char *end)
{
    const unsigned char *p = (const unsigned char *)text;
    ptrdiff_t left = end - text;

    if (left <= 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return left >= 2 && is_tail(p[1]) ? 2 : 0;
    if (p[0] >= 0xe0 && p[0] <= 0xef)
        return left >= 3 ? utf8_len_3(p) : 0;
    if (p[0] >= 0xf0 && p[0] <= 0xf4)
        return left >= 4 ? utf8_len_4(p) : 0;
    return 0;
}

unsigned utf8_decode(const char *text, const char *end, uint32_t *code_point)
{
    static const unsigned char head_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned len = utf8_len(text, end);

    if (len == 0)
        return 0;
    *code_point = (unsigned char)text[0] & head_mask[len];
    for (unsigned i = 1; i < len; i++)
        *code_point = *code_point << 6 | ((unsigned char)text[i] & 0x3f);
    return len;
}

unsigned utf8_encode(uint32_t c, char *out)
{
    CHECK(c <= 0x10ffff);
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

size_t utf8_cut(struct slice text, size_t max)
{
    size_t at = max;

    if (text.len <= max)
        return text.len;
    for (unsigned back = 0; back < 4 && at > 0 && is_tail((unsigned char)text.data[at]); back++)
        at--;
    return is_tail((unsigned char)text.data[at]) ? max : at;
}

static bool is_ascii_8(const char *p)
{
    uint64_t eight;

    memcpy(&eight, p, sizeof eight);
    return (eight & UINT64_C(0x8080808080808080)) == 0;
}

bool utf8_is_valid(struct slice text)
{
    const char *p = text.data, *end = text.data + text.len;

    while (p < end) {
        unsigned len = end - p >= 8 && is_ascii_8(p) ? 8 : utf8_len(p, end);

        if (len == 0)
            return false;
        p += len;
    }
    return true;
}

bool utf8_is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void utf8_tame(char *text, size_t len)
{
    char *end = text + len;

    while (text < end) {
        uint32_t c = 0;
        unsigned bytes = utf8_decode(text, end, &c);

        if (bytes == 0)
            *text = '?';
        else if (utf8_is_control(c))
            memset(text, ' ', bytes);
        text += bytes > 0 ? bytes : 1;
    }
}
