#include "record/regex_ruby_parts.h"

#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#define REPEAT_MAX 65535

int translation_fail(struct translation *t, const char *why)
{
    snprintf(t->out->error, sizeof t->out->error, "%s", why);
    t->out->error_at = t->at;
    return -EINVAL;
}

char translation_peek(const struct translation *t, size_t ahead)
{
    return t->at + ahead < t->in.len ? t->in.data[t->at + ahead] : '\0';
}

void translation_begin_atom(struct translation *t)
{
    CHECK(t->at <= t->in.len);
    t->atom_at = t->out->text.len;
    t->has_atom = true;
    t->is_quantified = false;
}

void translation_copy_char(struct translation *t, struct buffer *to)
{
    unsigned len = utf8_len(t->in.data + t->at, t->in.data + t->in.len);

    CHECK(len > 0);
    if (len > 1)
        t->out->is_ascii = false;
    buffer_append(to, slice_make(t->in.data + t->at, len));
    t->at += len;
}

void translation_put_code(struct translation *t, uint32_t code_point, struct buffer *to)
{
    if (code_point > 127)
        t->out->is_ascii = false;
    buffer_append_format(to, "\\x{%x}", code_point);
}

/* Digits up to REPEAT_MAX; -1 where there are none, or for a number past it. */
static int32_t take_count(struct slice *text)
{
    int32_t value = -1;

    while (text->len > 0 && isdigit((unsigned char)text->data[0]) && value <= REPEAT_MAX) {
        value = (value < 0 ? 0 : value * 10) + (text->data[0] - '0');
        *text = slice_skip(*text, 1);
    }
    return value;
}

/* {n} {n,} {n,m} {,m}, as `text` for PCRE2. The length read, or 0 when it is only a brace. */
static size_t read_interval(const struct translation *t, char *text, size_t text_bytes,
                            bool *is_fixed)
{
    struct slice rest = slice_skip(t->in, t->at + 1);
    int32_t low = take_count(&rest), high = -1;
    bool has_comma = rest.len > 0 && rest.data[0] == ',';

    if (has_comma) {
        rest = slice_skip(rest, 1);
        high = take_count(&rest);
    }
    if ((low < 0 && high < 0) || rest.len == 0 || rest.data[0] != '}')
        return 0;
    *is_fixed = !has_comma;
    if (high >= 0)
        snprintf(text, text_bytes, "{%d,%d}", low < 0 ? 0 : low, high);
    else
        snprintf(text, text_bytes, has_comma ? "{%d,}" : "{%d}", low);
    return (size_t)(rest.data + 1 - (t->in.data + t->at));
}

/* A quantifier after a quantifier repeats the whole, which PCRE2 wants to see in a group. */
static void wrap_atom(struct translation *t)
{
    struct buffer *text = &t->out->text;

    CHECK(t->has_atom && t->atom_at <= text->len);
    buffer_reserve(text, 3);
    memmove(text->data + t->atom_at + 3, text->data + t->atom_at, text->len - t->atom_at);
    memcpy(text->data + t->atom_at, "(?:", 3);
    buffer_commit(text, 3);
    buffer_append_byte(text, ')');
}

static void put_quantifier(struct translation *t, const char *text)
{
    if (t->has_atom && t->is_quantified)
        wrap_atom(t);
    t->is_quantified = true;
    buffer_append_text(&t->out->text, text);
}

/* * + ?, each with an optional ? or +. */
static int translate_repeat(struct translation *t)
{
    char text[3] = {translation_peek(t, 0)};
    char next = translation_peek(t, 1);

    t->at++;
    if (next == '?' || next == '+') {
        text[1] = next;
        t->at++;
    }
    put_quantifier(t, text);
    return 0;
}

/* Only {n,m}? is lazy; {n}? and {n,m}+ are two quantifiers in Ruby. */
static int translate_brace(struct translation *t)
{
    char text[32];
    bool is_fixed;
    size_t len = read_interval(t, text, sizeof text, &is_fixed);

    if (len == 0) {
        translation_begin_atom(t);
        buffer_append_text(&t->out->text, "\\{");
        t->at++;
        return 0;
    }
    t->at += len;
    put_quantifier(t, text);
    if (!is_fixed && translation_peek(t, 0) == '?') {
        buffer_append_byte(&t->out->text, '?');
        t->at++;
    }
    return 0;
}

static int translate_blank(struct translation *t)
{
    if (translation_peek(t, 0) != '#') {
        translation_copy_char(t, &t->out->text);
        return 0;
    }
    while (t->at < t->in.len && t->in.data[t->at] != '\n')
        t->at++;
    return 0;
}

static int translate_other(struct translation *t)
{
    char c = translation_peek(t, 0);

    if (t->is_extended && (c == '#' || isspace((unsigned char)c)))
        return translate_blank(t);
    translation_begin_atom(t);
    t->has_atom = strchr("|^$", c) == NULL || c == '\0';
    translation_copy_char(t, &t->out->text);
    return 0;
}

static int translate_next(struct translation *t)
{
    CHECK(t->at < t->in.len);
    switch (t->in.data[t->at]) {
    case '\\':
        return escape_translate(t);
    case '[':
        return class_translate(t);
    case '(':
        return group_translate(t);
    case ')':
        return group_close(t);
    case '{':
        return translate_brace(t);
    case '*':
    case '+':
    case '?':
        return translate_repeat(t);
    default:
        return translate_other(t);
    }
}

static int translate_all(struct translation *t)
{
    int rc = 0;

    while (rc == 0 && t->at < t->in.len) {
        if (t->out->text.len <= t->wanted_at)
            t->origin = t->at;
        rc = translate_next(t);
    }
    if (rc == 0 && t->depth > 0)
        return translation_fail(t, "a group is not closed");
    group_close_parentheses(t, t->groups[0].to_close);
    return rc;
}

/* /pattern/imxo. A slash at both ends goes; letters after it are options if they all are ones we
 * know, otherwise the whole is the pattern, slashes and all. */
static struct slice take_slashes(struct slice pattern, struct slice *options)
{
    size_t close = pattern.len;

    *options = (struct slice){.data = "", .len = 0};
    if (pattern.len < 2 || pattern.data[0] != '/')
        return pattern;
    while (close > 1 && pattern.data[close - 1] != '/')
        close--;
    if (close == 1)
        return pattern;
    for (size_t i = close; i < pattern.len; i++)
        if (strchr("imxo", pattern.data[i]) == NULL)
            return pattern;
    *options = slice_skip(pattern, close);
    return slice_make(pattern.data, close - 1);
}

static void put_options(struct translation *t, struct slice options)
{
    char letters[4];
    size_t count = 0;

    if (slice_find(options, 'i') < options.len)
        letters[count++] = 'i';
    if (slice_find(options, 'm') < options.len)
        letters[count++] = 's';
    if (slice_find(options, 'x') < options.len) {
        letters[count++] = 'x';
        t->is_extended = true;
    }
    if (count > 0)
        buffer_append_format(&t->out->text, "(?%.*s)", (int)count, letters);
}

static int translate_once(const char *pattern, struct translation *t)
{
    struct slice options;

    t->in = take_slashes(slice_of(pattern), &options);
    t->at = t->in.len < strlen(pattern);
    buffer_clear(&t->out->text);
    put_options(t, options);
    return translate_all(t);
}

/* Groups of one name side by side, in the order in which the names came first. */
static void group_names(struct regex_ruby *r)
{
    for (unsigned i = 0; i < r->name_count; i++) {
        unsigned next = i + 1;

        for (unsigned j = i + 1; j < r->name_count; j++) {
            struct regex_ruby_name same = r->names[j];

            if (!slice_equal(same.name, r->names[i].name))
                continue;
            memmove(&r->names[next + 1], &r->names[next], (j - next) * sizeof r->names[0]);
            r->names[next++] = same;
        }
        i = next - 1;
    }
}

static int translate_twice(const char *pattern, struct regex_ruby *out, size_t wanted_at,
                           size_t *origin)
{
    struct translation survey = {.out = out, .is_survey = true};
    struct translation t = {.out = out, .wanted_at = wanted_at};
    int rc;

    *out = (struct regex_ruby){.is_ascii = true};
    if (strlen(pattern) > REGEX_PATTERN_BYTES_MAX)
        return translation_fail(&survey, "the pattern is too long");
    if (!utf8_is_valid(slice_of(pattern)))
        return translation_fail(&survey, "the pattern is not UTF-8");
    rc = translate_once(pattern, &survey);
    if (rc < 0)
        return rc;

    t.capture_total = out->name_count > 0 ? out->name_count : survey.capture_count;
    rc = translate_once(pattern, &t);
    *origin = t.origin;
    return rc;
}

int regex_ruby_translate(const char *pattern, struct regex_ruby *out)
{
    size_t origin;
    int rc = translate_twice(pattern, out, 0, &origin);

    if (rc == 0)
        group_names(out);
    return rc;
}

void regex_ruby_fini(struct regex_ruby *r)
{
    buffer_fini(&r->text);
}

size_t regex_ruby_origin(const char *pattern, size_t text_at)
{
    struct regex_ruby scratch;
    size_t origin = 0;

    (void)!translate_twice(pattern, &scratch, text_at, &origin);
    regex_ruby_fini(&scratch);
    return origin;
}
