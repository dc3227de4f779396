#include "base/memory.h"
#include "record/parser_part.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

static const char *const names[] = {"string", "integer", "float", "bool", "hex", NULL};

/* A number longer than this stays text. */
#define NUMBER_BYTES_MAX 63

static enum field_type type_of(const char *name, struct slice word, struct place place,
                               struct report *report)
{
    const char *nearest;

    for (int i = 0; names[i] != NULL; i++)
        if (slice_is_nocase(slice_of(name), names[i]))
            return (enum field_type)i;
    if (strchr(name, ',') != NULL) {
        report_warn(report, place,
                    "Types: %.*s stays a string; write blanks, not commas, "
                    "between the types",
                    SLICE_ARG(word));
        return FIELD_STRING;
    }
    nearest = report_nearest(name, names);
    report_warn(report, place,
                "Types: %.*s stays a string; there are integer, float, bool, hex "
                "and string%s%s%s",
                SLICE_ARG(word), nearest ? "; did you mean \"" : "", nearest ? nearest : "",
                nearest ? "\"?" : "");
    return FIELD_STRING;
}

static struct parser_type type_compile(struct slice word, struct place place, struct report *report)
{
    size_t colon = slice_find(word, ':');
    struct slice type = slice_skip(word, colon + 1);
    char *name = mem_text_n(type.data, type.len);
    struct parser_type out = {
        .key = slice_make(word.data, colon),
        .type = type_of(name, word, place, report),
    };

    mem_free(name);
    return out;
}

int parser_types_compile(struct parser_types *types, const char *text, struct place place,
                         struct report *report)
{
    struct slice rest, word;

    CHECK(types->text == NULL && types->count == 0);
    types->text = mem_text(text);
    types->items = mem_zalloc(PARSER_TYPES_MAX, sizeof *types->items);
    for (char *p = types->text; *p != '\0'; p++)
        if (*p == '\t')
            *p = ' ';
    rest = slice_of(types->text);
    while (slice_next(&rest, ' ', &word)) {
        if (word.len == 0)
            continue;
        if (types->count == PARSER_TYPES_MAX) {
            report_error(report, place, "Types: more than %d", PARSER_TYPES_MAX);
            return -EINVAL;
        }
        types->items[types->count++] = type_compile(word, place, report);
    }
    types->items = mem_resize(types->items, types->count ? types->count : 1, sizeof *types->items);
    return 0;
}

void parser_types_fini(struct parser_types *types)
{
    MEM_FREE(&types->text);
    MEM_FREE(&types->items);
    types->count = 0;
}

static int digit_of(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : 16;
}

/* The digits at the beginning; what is too large is `most`. */
static uint64_t digits_read(struct slice text, unsigned base, uint64_t most)
{
    uint64_t value = 0;

    for (size_t i = 0; i < text.len && digit_of(text.data[i]) < (int)base; i++) {
        uint64_t digit = (uint64_t)digit_of(text.data[i]);

        if (value > (most - digit) / base)
            return most;
        value = value * base + digit;
    }
    return value;
}

static bool sign_take(struct slice *text)
{
    bool is_negative = text->len > 0 && text->data[0] == '-';

    if (is_negative || (text->len > 0 && text->data[0] == '+'))
        *text = slice_skip(*text, 1);
    return is_negative;
}

/* As in C, the number at the beginning, and 0 where there is none: a field that was declared an
 * integer is one in every document. */
static struct value cast_integer(struct slice text)
{
    bool is_negative;
    uint64_t value;

    text = slice_trim(text);
    is_negative = sign_take(&text);
    value = digits_read(text, 10, is_negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX);
    return value_int(is_negative ? (int64_t)(0 - value) : (int64_t)value);
}

static struct value cast_hex(struct slice text)
{
    text = slice_trim(text);
    if (slice_begins(text, SLICE("0x")) || slice_begins(text, SLICE("0X")))
        text = slice_skip(text, 2);
    return value_uint(digits_read(text, 16, UINT64_MAX));
}

/* strtod also reads "inf" and "nan", which JSON has no words for. */
static struct value cast_float(struct slice text)
{
    char copy[NUMBER_BYTES_MAX + 1];
    struct slice trimmed = slice_trim(text);
    double value;

    if (trimmed.len > NUMBER_BYTES_MAX)
        return value_text(text);
    memcpy(copy, trimmed.data, trimmed.len);
    copy[trimmed.len] = '\0';
    value = strtod(copy, NULL);
    if (!(value <= __DBL_MAX__ && value >= -__DBL_MAX__))
        return value_text(text);
    return value_double(value);
}

static struct value cast_bool(struct slice text)
{
    if (text.len >= 4 && slice_is_nocase(slice_make(text.data, 4), "true"))
        return value_bool(true);
    if (text.len >= 5 && slice_is_nocase(slice_make(text.data, 5), "false"))
        return value_bool(false);
    return value_text(text);
}

struct value parser_type_cast(enum field_type type, struct slice text)
{
    switch (type) {
    case FIELD_INTEGER:
        return cast_integer(text);
    case FIELD_FLOAT:
        return cast_float(text);
    case FIELD_BOOL:
        return cast_bool(text);
    case FIELD_HEX:
        return cast_hex(text);
    case FIELD_STRING:
        break;
    }
    return value_text(text);
}

enum field_type parser_types_find(const struct parser_types *types, struct slice key)
{
    for (uint32_t i = 0; i < types->count; i++)
        if (slice_equal(types->items[i].key, key))
            return types->items[i].type;
    return FIELD_STRING;
}
