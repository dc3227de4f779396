#include "record/regex_ruby_parts.h"

#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>

#define POSIX_BYTES_MAX 20

/*
 * A class while it is read. PCRE2's classes know neither classes inside of them nor
 * intersections, so what does not go between one pair of brackets becomes a small expression that
 * matches one character just the same:
 *
 *   [a[^b]]     (?:[a]|[^b])             alternatives
 *   [a-z&&[^b]] (?:(?=[a-z])(?:[^b]))   look-aheads for all operands but the last
 *   [^a[^b]]    (?:(?!(?:[a]|[^b]))(?s:.))
 */
struct class_set {
    struct buffer plain;  /* what goes between brackets */
    struct buffer others; /* "|X|Y" */
    struct buffer before; /* "(?=X)(?=Y)": the operands before the last && */
    bool is_negated;
    bool has_low; /* the last item was a character, so that "-" may begin a range */
};

static void set_fini(struct class_set *set)
{
    buffer_fini(&set->plain);
    buffer_fini(&set->others);
    buffer_fini(&set->before);
}

static void put_operand(const struct class_set *set, struct buffer *to)
{
    CHECK(set->others.len == 0 || set->others.data[0] == '|');
    if (set->plain.len == 0 && set->others.len == 0) {
        buffer_append_text(to, "(?!)");
        return;
    }
    if (set->others.len > 0)
        buffer_append_text(to, "(?:");
    if (set->plain.len > 0)
        buffer_append_format(to, "[%.*s]", SLICE_ARG(buffer_view(&set->plain)));
    buffer_append(to, slice_skip(buffer_view(&set->others), set->plain.len == 0));
    if (set->others.len > 0)
        buffer_append_byte(to, ')');
}

static void put_set(const struct class_set *set, struct buffer *to)
{
    if (set->before.len == 0 && set->others.len == 0 && set->plain.len > 0) {
        buffer_append_format(to, "[%s%.*s]", set->is_negated ? "^" : "",
                             SLICE_ARG(buffer_view(&set->plain)));
        return;
    }
    if (set->before.len == 0 && !set->is_negated) {
        put_operand(set, to);
        return;
    }
    buffer_append_text(to, set->is_negated ? "(?:(?!" : "(?:");
    buffer_append(to, buffer_view(&set->before));
    put_operand(set, to);
    buffer_append_text(to, set->is_negated ? ")(?s:.))" : ")");
}

static void add_inside(struct class_set *set, struct slice inside, bool is_negated)
{
    if (is_negated)
        buffer_append_format(&set->others, "|[^%.*s]", SLICE_ARG(inside));
    else
        buffer_append(&set->plain, inside);
    set->has_low = false;
}

static void begin_next_operand(struct class_set *set)
{
    struct buffer operand = {0};

    put_operand(set, &operand);
    buffer_append_format(&set->before, "(?=%.*s)", SLICE_ARG(buffer_view(&operand)));
    buffer_fini(&operand);
    buffer_clear(&set->plain);
    buffer_clear(&set->others);
    set->has_low = false;
}

/* Right after its "[" PCRE2 takes ":", "." and "=" for the beginning of a POSIX bracket. */
static void put_literal(struct class_set *set, char c)
{
    if (strchr(set->plain.len == 0 ? "^]-[\\:.=" : "^]-[\\", c) != NULL)
        buffer_append_byte(&set->plain, '\\');
    buffer_append_byte(&set->plain, c);
}

/* [:alpha:] or [:^alpha:], at its "[". 1: taken; 0: it only looked like one. */
static int take_posix(struct translation *t, struct class_set *set)
{
    struct slice rest = slice_skip(t->in, t->at + 2);
    bool is_negated = rest.len > 0 && rest.data[0] == '^';
    struct slice name = slice_skip(rest, is_negated);
    const char *inside;

    if (translation_peek(t, 1) != ':')
        return 0;
    name.len = slice_find(name, ':');
    inside = posix_inside(name);
    if (name.len > POSIX_BYTES_MAX || name.data + name.len + 1 >= t->in.data + t->in.len ||
        name.data[name.len + 1] != ']')
        return 0;
    if (inside == NULL)
        return translation_fail(t, "there is no POSIX bracket of this name");
    add_inside(set, slice_of(inside), is_negated);
    t->at += 2 + is_negated + name.len + 2;
    return 1;
}

static int take_class_property(struct translation *t, struct class_set *set)
{
    struct buffer scratch = {0};
    struct slice inside;
    bool is_negated;
    int rc = escape_take_property(t, &inside, &is_negated, &scratch);

    if (rc > 0)
        add_inside(set, inside, is_negated);
    buffer_fini(&scratch);
    return rc;
}

/* \d and the like. */
static int take_class_set(struct translation *t, struct class_set *set)
{
    char letter = translation_peek(t, 1);
    char text[3] = {'\\', letter};

    if (letter == '\0' || strchr("dDwWsShH", letter) == NULL)
        return take_class_property(t, set);
    if (letter == 'h' || letter == 'H')
        add_inside(set, SLICE("0-9a-fA-F"), letter == 'H');
    else
        add_inside(set, slice_of(text), false);
    t->at += 2;
    return 1;
}

/* \1 is an octal escape here. A letter without a meaning is itself. */
static int take_class_escape(struct translation *t, struct class_set *set)
{
    char letter = translation_peek(t, 1);
    int rc = take_class_set(t, set);

    if (rc != 0)
        return rc < 0 ? rc : 0;
    set->has_low = true;
    if (letter >= '1' && letter <= '7')
        letter = '0';
    if (letter == 'b') {
        t->at += 2;
        buffer_append_text(&set->plain, "\\x08");
        return 0;
    }
    rc = letter == '0' ? escape_take_octal(t, &set->plain) : escape_take_char(t, &set->plain);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    t->at++;
    if ((unsigned char)letter < 128) {
        put_literal(set, letter);
        t->at++;
    } else {
        translation_copy_char(t, &set->plain);
    }
    return 0;
}

/* Whether a character follows the "-", which then is a range's. */
static bool range_goes_on(const struct translation *t)
{
    char next = translation_peek(t, 1), letter = translation_peek(t, 2);

    if (next == ']' || next == '[' || next == '\0')
        return false;
    if (next == '&' && letter == '&')
        return false;
    return next != '\\' || letter == '\0' || strchr("dDwWsShHpP", letter) == NULL;
}

static int take_class_char(struct translation *t, struct class_set *set)
{
    char c = translation_peek(t, 0);

    set->has_low = true;
    if (c == '\\')
        return take_class_escape(t, set);
    if ((unsigned char)c > 127) {
        translation_copy_char(t, &set->plain);
        return 0;
    }
    put_literal(set, c);
    t->at++;
    return 0;
}

static int take_hyphen(struct translation *t, struct class_set *set)
{
    int rc;

    if (!set->has_low || !range_goes_on(t))
        return take_class_char(t, set);
    buffer_append_byte(&set->plain, '-');
    t->at++;
    rc = take_class_char(t, set);
    set->has_low = false;
    return rc;
}

static int take_set(struct translation *t, struct class_set *set, unsigned depth);

/* A class inside goes into ours where it can. */
static int take_nested(struct translation *t, struct class_set *set, unsigned depth)
{
    struct class_set inner = {0};
    int rc = take_set(t, &inner, depth + 1);

    set->has_low = false;
    if (rc < 0) {
        set_fini(&inner);
        return rc;
    }
    if (!inner.is_negated && inner.before.len == 0) {
        buffer_append(&set->plain, buffer_view(&inner.plain));
        buffer_append(&set->others, buffer_view(&inner.others));
    } else {
        buffer_append_byte(&set->others, '|');
        put_set(&inner, &set->others);
    }
    set_fini(&inner);
    return 0;
}

static int take_class_item(struct translation *t, struct class_set *set, unsigned depth)
{
    char c = translation_peek(t, 0);
    int rc;

    if (c == '[') {
        rc = take_posix(t, set);
        if (rc == 0)
            return take_nested(t, set, depth);
        return rc < 0 ? rc : 0;
    }
    if (c == '-')
        return take_hyphen(t, set);
    if (c == '&' && translation_peek(t, 1) == '&') {
        begin_next_operand(set);
        t->at += 2;
        return 0;
    }
    return take_class_char(t, set);
}

/* From "[" to "]". A "]" that comes first is a character, if another one follows. */
static int take_set(struct translation *t, struct class_set *set, unsigned depth)
{
    size_t start = t->at++;
    int rc = 0;

    CHECK(depth <= REGEX_NEST_MAX);
    if (depth == REGEX_NEST_MAX)
        return translation_fail(t, "classes are nested too deep");
    set->is_negated = translation_peek(t, 0) == '^';
    t->at += set->is_negated;
    if (translation_peek(t, 0) == ']') {
        if (memchr(t->in.data + t->at + 1, ']', t->in.len - t->at - 1) == NULL)
            return translation_fail(t, "an empty class");
        rc = take_class_char(t, set);
    }
    while (rc == 0 && translation_peek(t, 0) != ']') {
        if (t->at >= t->in.len) {
            t->at = start;
            return translation_fail(t, "a class is not closed");
        }
        rc = take_class_item(t, set, depth);
    }
    t->at += rc == 0;
    return rc;
}

int class_translate(struct translation *t)
{
    struct class_set set = {0};
    int rc = take_set(t, &set, 0);

    if (rc == 0) {
        translation_begin_atom(t);
        put_set(&set, &t->out->text);
    }
    set_fini(&set);
    return rc;
}
