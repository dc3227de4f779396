#include "line/encoding.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <iconv.h>
#include <strings.h>

#define NO_CONVERTER ((iconv_t)-1)
#define UTF8_BYTES_MAX 4
#define KEPT_BACK_MAX 4

struct encoding {
    bool is_auto;
    enum encoding_form form;
    iconv_t converter; /* of other encodings than UTF-16 */
    struct buffer out;
};

/* ---- names ---- */

/* The first name of each is the one that Fluent Bit's documentation uses. */
static const struct name {
    const char *name;
    const char *iconv_name;
} generic_names[] = {
    {"ShiftJIS", "CP932"}, {"Shift_JIS", "CP932"},   {"SJIS", "CP932"},
    {"CP932", "CP932"},    {"Windows-31J", "CP932"}, {"UHC", "CP949"},
    {"CP949", "CP949"},    {"Windows-949", "CP949"}, {"GBK", "GBK"},
    {"CP936", "GBK"},      {"Windows-936", "GBK"},   {"GB18030", "GB18030"},
    {"Big5", "BIG5"},      {"CP950", "BIG5"},        {"Windows-950", "BIG5"},
    {"Win866", "CP866"},   {"CP866", "CP866"},       {"Windows-866", "CP866"},
    {"Win874", "CP874"},   {"CP874", "CP874"},       {"Windows-874", "CP874"},
    {"Win1250", "CP1250"}, {"CP1250", "CP1250"},     {"Windows-1250", "CP1250"},
    {"Win1251", "CP1251"}, {"CP1251", "CP1251"},     {"Windows-1251", "CP1251"},
    {"Win1252", "CP1252"}, {"CP1252", "CP1252"},     {"Windows-1252", "CP1252"},
    {"Win1253", "CP1253"}, {"CP1253", "CP1253"},     {"Windows-1253", "CP1253"},
    {"Win1254", "CP1254"}, {"CP1254", "CP1254"},     {"Windows-1254", "CP1254"},
    {"Win1255", "CP1255"}, {"CP1255", "CP1255"},     {"Windows-1255", "CP1255"},
    {"Win1256", "CP1256"}, {"CP1256", "CP1256"},     {"Windows-1256", "CP1256"},
};

static const struct {
    const char *name;
    bool is_auto;
    enum encoding_form form;
} unicode_names[] = {
    {"auto", true, ENCODING_BYTES},       {"UTF-16LE", false, ENCODING_UTF16LE},
    {"UTF16LE", false, ENCODING_UTF16LE}, {"UTF-16BE", false, ENCODING_UTF16BE},
    {"UTF16BE", false, ENCODING_UTF16BE}, {"UTF-8", false, ENCODING_BYTES},
    {"UTF8", false, ENCODING_BYTES},
};

static void report_unknown(const char *key, const char *name, const char *nearest,
                           struct place place, struct report *report)
{
    report_error(report, place, "%s '%s' is no encoding that is known%s%s%s", key, name,
                 nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static struct encoding *encoding_new(void)
{
    struct encoding *e = mem_zalloc(1, sizeof *e);

    e->converter = NO_CONVERTER;
    return e;
}

struct encoding *encoding_new_unicode(const char *name, struct place place, struct report *report)
{
    const char *names[ARRAY_LEN(unicode_names) + 1] = {NULL};
    struct encoding *e;

    for (size_t i = 0; i < ARRAY_LEN(unicode_names); i++) {
        names[i] = unicode_names[i].name;
        if (strcasecmp(name, names[i]) == 0) {
            e = encoding_new();
            e->is_auto = unicode_names[i].is_auto;
            e->form = unicode_names[i].form;
            return e;
        }
    }
    report_unknown("unicode.encoding", name, report_nearest(name, names), place, report);
    return NULL;
}

static const char *iconv_name_of(const char *name, const char **nearest)
{
    const char *names[ARRAY_LEN(generic_names) + 1] = {NULL};

    for (size_t i = 0; i < ARRAY_LEN(generic_names); i++) {
        names[i] = generic_names[i].name;
        if (strcasecmp(name, names[i]) == 0)
            return generic_names[i].iconv_name;
    }
    *nearest = report_nearest(name, names);
    return NULL;
}

struct encoding *encoding_new_generic(const char *name, struct place place, struct report *report)
{
    const char *nearest = NULL;
    const char *iconv_name = iconv_name_of(name, &nearest);
    struct encoding *e;
    iconv_t converter;

    if (iconv_name == NULL) {
        report_unknown("generic.encoding", name, nearest, place, report);
        return NULL;
    }
    converter = iconv_open("UTF-8", iconv_name);
    if (converter == NO_CONVERTER) {
        report_error(report, place,
                     "generic.encoding '%s': this system has no table for it (gconv modules of the "
                     "C library)",
                     name);
        return NULL;
    }
    e = encoding_new();
    e->converter = converter;
    return e;
}

void encoding_free(struct encoding **address)
{
    struct encoding *e = *address;

    if (e == NULL)
        return;
    if (e->converter != NO_CONVERTER)
        iconv_close(e->converter);
    buffer_fini(&e->out);
    MEM_FREE(address);
}

/* ---- lines ---- */

static unsigned byte_at(struct slice bytes, size_t at)
{
    return (unsigned char)bytes.data[at];
}

static uint32_t unit_at(enum encoding_form form, struct slice bytes, size_t at)
{
    unsigned first = byte_at(bytes, at), second = byte_at(bytes, at + 1);

    return form == ENCODING_UTF16LE ? first | second << 8 : first << 8 | second;
}

enum encoding_form encoding_form(const struct encoding *e, struct slice head)
{
    if (!e->is_auto || head.len < 2)
        return e->form;
    if (unit_at(ENCODING_UTF16LE, head, 0) == 0xfeff)
        return ENCODING_UTF16LE;
    if (unit_at(ENCODING_UTF16BE, head, 0) == 0xfeff)
        return ENCODING_UTF16BE;
    return ENCODING_BYTES;
}

size_t encoding_feed_bytes(enum encoding_form form)
{
    return form == ENCODING_BYTES ? 1 : 2;
}

/* Looks for the byte 0x0a, and whether it is a unit with its neighbour. */
size_t encoding_feed(enum encoding_form form, struct slice bytes)
{
    size_t at = 0;

    if (form == ENCODING_BYTES)
        return slice_find(bytes, '\n');
    for (;;) {
        at += slice_find(slice_skip(bytes, at), '\n');
        if (at >= bytes.len)
            return bytes.len;
        if ((at & ~(size_t)1) + 1 < bytes.len && unit_at(form, bytes, at & ~(size_t)1) == '\n')
            return at & ~(size_t)1;
        at++;
    }
}

/* ---- decoding ---- */

static bool is_high_surrogate(uint32_t unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(uint32_t unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The character at `at`, of one unit or two. */
static uint32_t utf16_character(enum encoding_form form, struct slice line, size_t *at)
{
    uint32_t unit = unit_at(form, line, *at), low;

    *at += 2;
    if (!is_high_surrogate(unit) && !is_low_surrogate(unit))
        return unit;
    if (is_low_surrogate(unit) || *at + 1 >= line.len)
        return 0xfffd;
    low = unit_at(form, line, *at);
    if (!is_low_surrogate(low))
        return 0xfffd;
    *at += 2;
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

static void utf16_decode(struct encoding *e, enum encoding_form form, struct slice line)
{
    size_t at = 0;

    if (line.len >= 2 && unit_at(form, line, 0) == 0xfeff)
        at = 2;
    while (at + 1 < line.len) {
        char *to = buffer_reserve(&e->out, UTF8_BYTES_MAX);

        buffer_commit(&e->out, utf8_encode(utf16_character(form, line, &at), to));
    }
    CHECK(at == line.len || at + 1 == line.len);
    if (at < line.len)
        buffer_append_text(&e->out, UTF8_REPLACEMENT);
}

/* iconv stops at what it cannot read; there a byte is replaced, and it goes on behind it. Some
 * tables keep a character back for what may be combined with it: the last call asks for that. */
static void iconv_decode(struct encoding *e, struct slice line)
{
    char *in = (char *)line.data;
    size_t in_left = line.len;
    bool is_over = false;

    (void)iconv(e->converter, NULL, NULL, NULL, NULL);
    while (!is_over) {
        size_t room = (in_left + KEPT_BACK_MAX) * ENCODING_GROWTH, room_left = room, rc;
        char *out = buffer_reserve(&e->out, room);

        is_over = in_left == 0;
        rc = iconv(e->converter, is_over ? NULL : &in, &in_left, &out, &room_left);
        buffer_commit(&e->out, room - room_left);
        if (rc != (size_t)-1 || in_left == 0)
            continue;
        buffer_append_text(&e->out, UTF8_REPLACEMENT);
        in++;
        in_left--;
    }
}

static bool is_ascii(struct slice text)
{
    unsigned all = 0;

    for (size_t i = 0; i < text.len; i++)
        all |= byte_at(text, i);
    return all < 0x80;
}

static struct slice without_mark(struct slice line)
{
    return slice_begins(line, SLICE("\xef\xbb\xbf")) ? slice_skip(line, 3) : line;
}

struct slice encoding_decode(struct encoding *e, enum encoding_form form, struct slice line)
{
    if (form == ENCODING_BYTES && e->converter == NO_CONVERTER)
        return without_mark(line);
    if (form == ENCODING_BYTES && is_ascii(line))
        return line;
    buffer_clear(&e->out);
    if (form == ENCODING_BYTES)
        iconv_decode(e, line);
    else
        utf16_decode(e, form, line);
    return buffer_view(&e->out);
}
