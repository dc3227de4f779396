#include "record/regex_ruby_parts.h"

#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>

#define CODE_POINT_MAX 0x10ffff

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Up to `digits_max` digits of a base from the current place on. How many there were. */
static size_t take_number(struct translation *t, int base, size_t digits_max, uint32_t *out)
{
    uint32_t value = 0;
    size_t count = 0;

    while (count < digits_max) {
        int digit = hex_value(translation_peek(t, 0));

        if (digit < 0 || digit >= base)
            break;
        value = value * (uint32_t)base + (uint32_t)digit;
        t->at++;
        count++;
    }
    *out = value;
    return count;
}

/* Bytes from 128 on written as escapes are pieces of a UTF-8 character. */
static int take_utf8_bytes(struct translation *t, uint32_t first, struct buffer *to)
{
    char bytes[4] = {(char)first};
    uint32_t code_point, next;
    size_t len = 1;

    CHECK(first > 127 && first <= 255);
    while (utf8_decode(bytes, bytes + len, &code_point) == 0) {
        if (len == sizeof bytes || translation_peek(t, 0) != '\\' || translation_peek(t, 1) != 'x')
            return translation_fail(t, "escaped bytes that are not UTF-8");
        t->at += 2;
        (void)take_number(t, 16, 2, &next);
        bytes[len++] = (char)next;
    }
    translation_put_code(t, code_point, to);
    return 1;
}

static int put_byte(struct translation *t, uint32_t byte, struct buffer *to)
{
    if (byte > 127)
        return take_utf8_bytes(t, byte, to);
    translation_put_code(t, byte, to);
    return 1;
}

/* After \x. */
static int take_hex(struct translation *t, struct buffer *to)
{
    uint32_t value;

    if (translation_peek(t, 0) != '{') {
        (void)take_number(t, 16, 2, &value);
        return put_byte(t, value, to);
    }
    t->at++;
    if (take_number(t, 16, 8, &value) == 0 || translation_peek(t, 0) != '}')
        return translation_fail(t, "\\x{...} does not hold a hexadecimal number");
    if (value > CODE_POINT_MAX)
        return translation_fail(t, "\\x{...} is too large");
    t->at++;
    translation_put_code(t, value, to);
    return 1;
}

int escape_take_octal(struct translation *t, struct buffer *to)
{
    uint32_t value;

    t->at++;
    (void)take_number(t, 8, 3, &value);
    if (value > 255)
        return translation_fail(t, "an octal escape is too large");
    return put_byte(t, value, to);
}

static int take_u(struct translation *t, struct buffer *to)
{
    uint32_t value;

    if (take_number(t, 16, 4, &value) < 4)
        return translation_fail(t, "\\u needs four hexadecimal digits");
    translation_put_code(t, value, to);
    return 1;
}

/* After \c or \C-. */
static int take_control(struct translation *t, struct buffer *to)
{
    char c = translation_peek(t, 0);

    if (c <= ' ' || c > '~' || c == '\\')
        return translation_fail(t, "a control escape without its character");
    t->at++;
    translation_put_code(t, c == '?' ? 127 : (uint32_t)c & 0x1f, to);
    return 1;
}

int escape_take_char(struct translation *t, struct buffer *to)
{
    char letter = translation_peek(t, 1);

    if (letter == '\0')
        return translation_fail(t, "the pattern ends in a backslash");
    if (strchr("xu0cCMvtnrfae", letter) == NULL)
        return 0;

    if (letter == '0')
        return escape_take_octal(t, to);
    t->at += 2;
    switch (letter) {
    case 'x':
        return take_hex(t, to);
    case 'u':
        return take_u(t, to);
    case 'c':
        return take_control(t, to);
    case 'C':
        if (translation_peek(t, 0) != '-')
            return translation_fail(t, "\\C without its -");
        t->at++;
        return take_control(t, to);
    case 'M':
        return translation_fail(t, "\\M- is not supported");
    case 'v':
        buffer_append_text(to, "\\x0b");
        return 1;
    default:
        buffer_append_format(to, "\\%c", letter);
        return 1;
    }
}

/* \k<...>, \g'...': what stands between the brackets. False when there is no bracket at all. */
static bool reference_name(const struct translation *t, struct slice *name)
{
    char opener = translation_peek(t, 2);
    struct slice rest = slice_skip(t->in, t->at + 3);

    if (opener != '<' && opener != '\'')
        return false;
    *name = slice_make(rest.data, slice_find(rest, opener == '<' ? '>' : '\''));
    return name->len < rest.len;
}

/* "3", "-1" (the last group before here), "+1" (the next): the group's number, or -1 where it is
 * a name. `is_call` allows 0 and +. */
static int group_number(const struct translation *t, struct slice name, bool is_call)
{
    char sign = name.data[0] == '-' || name.data[0] == '+' ? name.data[0] : '\0';
    int value = 0;

    if (sign != '\0')
        name = slice_skip(name, 1);
    if (name.len == 0 || name.len > 4 || (sign == '+' && !is_call))
        return -1;
    for (size_t i = 0; i < name.len; i++) {
        if (!isdigit((unsigned char)name.data[i]))
            return -1;
        value = value * 10 + (name.data[i] - '0');
    }
    if (sign == '-')
        value = (int)t->capture_count + 1 - value;
    if (sign == '+')
        value = (int)t->capture_count + value;
    return value;
}

static unsigned count_name(const struct translation *t, struct slice name, unsigned *capture)
{
    unsigned count = 0;

    for (unsigned i = 0; i < t->out->name_count; i++) {
        if (!slice_equal(t->out->names[i].name, name))
            continue;
        *capture = t->out->names[i].capture;
        count++;
    }
    return count;
}

/* Any of the groups that share the name, the last one first. */
static void put_named_reference(struct translation *t, struct slice name, unsigned count)
{
    struct buffer *text = &t->out->text;

    CHECK(count > 0);
    buffer_append_text(text, count > 1 ? "(?:" : "");
    for (unsigned i = t->out->name_count; i-- > 0;) {
        if (!slice_equal(t->out->names[i].name, name))
            continue;
        buffer_append_format(text, "\\g{%u}%s", t->out->names[i].capture, --count > 0 ? "|" : "");
        if (count == 0)
            break;
    }
}

static int translate_reference(struct translation *t, struct slice name)
{
    int number = name.len > 0 ? group_number(t, name, false) : -1;
    unsigned capture, count = count_name(t, name, &capture);

    if (t->is_survey)
        return 0;
    if (number >= 0 && t->out->name_count > 0)
        return translation_fail(t, "a reference by number where groups have names");
    if (number == 0 || (number < 0 && count == 0))
        return translation_fail(t, "a reference to no group of this pattern");
    if (number > 0) {
        buffer_append_format(&t->out->text, "\\g{%d}", number);
        return 0;
    }
    put_named_reference(t, name, count);
    if (count > 1)
        buffer_append_byte(&t->out->text, ')');
    return 0;
}

static int translate_call(struct translation *t, struct slice name)
{
    int number = name.len > 0 ? group_number(t, name, true) : -1;
    unsigned capture = 0, count = count_name(t, name, &capture);

    if (t->is_survey)
        return 0;
    if (number > 0 && t->out->name_count > 0)
        return translation_fail(t, "a call by number where groups have names");
    if (number < 0 && count == 0)
        return translation_fail(t, "a call of no group of this pattern");
    if (number < 0 && count > 1)
        return translation_fail(t, "a call of a name that several groups have");
    buffer_append_format(&t->out->text, "(?%u)", number >= 0 ? (unsigned)number : capture);
    return 0;
}

/* \1 to \9 are groups; from \10 on only as far as there are groups, octal bytes else. */
static int translate_digit(struct translation *t)
{
    struct slice rest = slice_skip(t->in, t->at + 1);
    unsigned number = 0;
    size_t len = 0;

    while (len < rest.len && len < 3 && isdigit((unsigned char)rest.data[len]))
        number = number * 10 + (unsigned)(rest.data[len++] - '0');
    if (number > 9 && number > t->capture_total) {
        if (rest.data[0] < '8')
            return escape_take_octal(t, &t->out->text) < 0 ? -EINVAL : 0;
        t->at++;
        translation_copy_char(t, &t->out->text);
        return 0;
    }
    if (t->out->name_count > 0 && !t->is_survey)
        return translation_fail(t, "a reference by number where groups have names");
    t->at += 1 + len;
    buffer_append_format(&t->out->text, "\\g{%u}", number);
    return 0;
}

/* A letter that Ruby gives no meaning is itself; PCRE2 might give it one. */
static int translate_plain_escape(struct translation *t)
{
    char c = translation_peek(t, 1);

    t->at++;
    if (!isalnum((unsigned char)c) && (unsigned char)c < 128)
        buffer_append_byte(&t->out->text, '\\');
    translation_copy_char(t, &t->out->text);
    return 0;
}

static int translate_property(struct translation *t)
{
    struct buffer scratch = {0};
    struct slice inside;
    bool is_negated;
    int rc = escape_take_property(t, &inside, &is_negated, &scratch);

    if (rc > 0)
        buffer_append_format(&t->out->text, "[%s%.*s]", is_negated ? "^" : "", SLICE_ARG(inside));
    buffer_fini(&scratch);
    return rc;
}

/* Letters that mean the same here and there, and those of classes that PCRE2 lacks. */
static int translate_letter(struct translation *t)
{
    char letter = translation_peek(t, 1);

    if (strchr("AZzbBGKdDwWsSRX", letter) != NULL) {
        t->has_atom = strchr("AZzbBGK", letter) == NULL;
        buffer_append_format(&t->out->text, "\\%c", letter);
    } else if (letter == 'h' || letter == 'H') {
        buffer_append_text(&t->out->text, letter == 'h' ? "[0-9a-fA-F]" : "[^0-9a-fA-F]");
    } else {
        return translate_plain_escape(t);
    }
    t->at += 2;
    return 0;
}

int escape_translate(struct translation *t)
{
    char letter = translation_peek(t, 1);
    struct slice name;
    int rc;

    CHECK(translation_peek(t, 0) == '\\');
    translation_begin_atom(t);
    if (letter >= '1' && letter <= '9')
        return translate_digit(t);
    rc = escape_take_char(t, &t->out->text);
    if (rc == 0)
        rc = translate_property(t);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    if ((letter != 'k' && letter != 'g') || !reference_name(t, &name))
        return translate_letter(t);
    rc = letter == 'k' ? translate_reference(t, name) : translate_call(t, name);
    t->at += 3 + name.len + 1;
    return rc;
}
