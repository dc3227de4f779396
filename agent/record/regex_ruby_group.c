#include "record/regex_ruby_parts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

static bool starts_with(const struct translation *t, const char *text)
{
    return slice_begins(slice_skip(t->in, t->at), slice_of(text));
}

static int open_group(struct translation *t, const char *as)
{
    CHECK(t->depth <= REGEX_NEST_MAX);
    translation_begin_atom(t);
    if (t->depth == REGEX_NEST_MAX)
        return translation_fail(t, "groups are nested too deep");
    t->groups[++t->depth] =
        (struct open_group){.text_at = t->atom_at, .was_extended = t->is_extended};
    t->has_atom = false;
    buffer_append_text(&t->out->text, as);
    return 0;
}

void group_close_parentheses(struct translation *t, unsigned count)
{
    while (count-- > 0)
        buffer_append_byte(&t->out->text, ')');
}

int group_close(struct translation *t)
{
    const struct open_group *group = &t->groups[t->depth];

    if (t->depth == 0)
        return translation_fail(t, "unmatched close parenthesis");
    group_close_parentheses(t, group->to_close + 1);
    t->is_extended = group->was_extended;
    t->atom_at = group->text_at;
    t->has_atom = true;
    t->is_quantified = false;
    t->depth--;
    t->at++;
    return 0;
}

static int open_plain_group(struct translation *t)
{
    t->at++;
    if (t->out->name_count > 0 && !t->is_survey)
        return open_group(t, "(?:");
    t->capture_count++;
    return open_group(t, "(");
}

/* The survey numbers the names: where there are any, only their groups capture. */
static int add_name(struct translation *t, struct slice name)
{
    struct regex_ruby *out = t->out;

    CHECK(t->is_survey && out->name_count <= REGEX_NAMES_MAX);
    if (name.len == 0 || isdigit((unsigned char)name.data[0]))
        return translation_fail(t, "a group's name is empty or begins with a digit");
    if (name.len >= REGEX_NAME_BYTES_MAX)
        return translation_fail(t, "a group's name is too long");
    if (out->name_count == REGEX_NAMES_MAX)
        return translation_fail(t, "too many named groups");
    out->names[out->name_count].name = name;
    out->names[out->name_count].capture = out->name_count + 1;
    out->name_count++;
    return 0;
}

static int open_named_group(struct translation *t, size_t prefix_len, char closer)
{
    struct slice rest = slice_skip(t->in, t->at + prefix_len);
    struct slice name = slice_make(rest.data, slice_find(rest, closer));
    int rc;

    if (name.len == rest.len)
        return translation_fail(t, "a group's name does not end");
    if (t->is_survey) {
        rc = add_name(t, name);
        if (rc < 0)
            return rc;
    }
    t->at += prefix_len + name.len + 1;
    t->capture_count++;
    return open_group(t, "(");
}

/* (?#...), in which a backslash hides a parenthesis. An empty one stays, to part what it parts. */
static int skip_comment(struct translation *t)
{
    while (translation_peek(t, 0) != ')') {
        t->at += translation_peek(t, 0) == '\\' ? 2 : 1;
        if (t->at >= t->in.len)
            return translation_fail(t, "a comment does not end");
    }
    t->at++;
    buffer_append_text(&t->out->text, "(?#)");
    return 0;
}

/* The group a condition asks for, by number or name, or 0. The first one of a name, as in Ruby. */
static unsigned condition_group(const struct translation *t, struct slice what)
{
    unsigned number = 0;

    if (what.len > 2 && (what.data[0] == '<' || what.data[0] == '\'')) {
        what = slice_make(what.data + 1, what.len - 2);
        for (unsigned i = 0; i < t->out->name_count; i++)
            if (slice_equal(t->out->names[i].name, what))
                return t->out->names[i].capture;
        return 0;
    }
    for (size_t i = 0; i < what.len && i < 4; i++) {
        if (!isdigit((unsigned char)what.data[i]))
            return 0;
        number = number * 10 + (unsigned)(what.data[i] - '0');
    }
    return number;
}

/* (?(1)yes|no), (?(<name>)yes|no). */
static int open_condition(struct translation *t)
{
    struct slice rest = slice_skip(t->in, t->at + 3);
    struct slice what = slice_make(rest.data, slice_find(rest, ')'));
    unsigned number = condition_group(t, what);
    char text[32];

    if (what.len == rest.len)
        return translation_fail(t, "a condition does not end");
    if (number == 0 && !t->is_survey)
        return translation_fail(t, "a condition asks for no group of this pattern");
    snprintf(text, sizeof text, "(?(%u)", number);
    t->at += 3 + what.len + 1;
    return open_group(t, text);
}

/* Ruby's letters as PCRE2's: m is dot-all there, s here. a and d ask for what is so anyway. */
static int take_option(struct translation *t, bool is_on, struct buffer *letters)
{
    char letter = translation_peek(t, 0);

    if (letter == 'u')
        return translation_fail(t, "(?u) is not supported: \\w, \\d and \\s are ASCII");
    if (letter == '\0' || strchr(is_on ? "imxad" : "imx", letter) == NULL)
        return translation_fail(t, "undefined group option");
    if (letter == 'x')
        t->is_extended = is_on;
    if (letter != 'a' && letter != 'd')
        buffer_append_byte(letters, letter == 'm' ? 's' : letter);
    t->at++;
    return 0;
}

static int take_options(struct translation *t, struct buffer *letters)
{
    bool is_on = true;
    int rc = 0;

    while (rc == 0 && translation_peek(t, 0) != ')' && translation_peek(t, 0) != ':') {
        if (is_on && translation_peek(t, 0) == '-') {
            is_on = false;
            t->at++;
            buffer_append_byte(letters, '-');
        } else {
            rc = take_option(t, is_on, letters);
        }
    }
    return rc;
}

/* (?i:...), or (?i) which in Ruby is the same up to the end of the group around it, alternatives
 * included. */
static int open_options(struct translation *t)
{
    bool was_extended = t->is_extended;
    struct buffer letters = {0};
    int rc;

    t->at += 2;
    buffer_append_text(&letters, "(?");
    rc = take_options(t, &letters);
    if (rc < 0)
        goto done;

    buffer_append_byte(&letters, ':');
    if (translation_peek(t, 0) == ')') {
        buffer_append(&t->out->text, buffer_view(&letters));
        t->groups[t->depth].to_close++;
        t->has_atom = false;
    } else {
        rc = open_group(t, buffer_text(&letters));
        t->groups[t->depth].was_extended = was_extended;
    }
    t->at++;

done:
    buffer_fini(&letters);
    return rc;
}

/* At "(?". */
static int open_special_group(struct translation *t)
{
    static const char *const same[] = {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"};

    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        if (!starts_with(t, same[i]))
            continue;
        t->at += strlen(same[i]);
        return open_group(t, same[i]);
    }
    if (starts_with(t, "(?<"))
        return open_named_group(t, 3, '>');
    if (starts_with(t, "(?P<"))
        return open_named_group(t, 4, '>');
    if (starts_with(t, "(?'"))
        return open_named_group(t, 3, '\'');
    if (starts_with(t, "(?#"))
        return skip_comment(t);
    if (starts_with(t, "(?("))
        return open_condition(t);
    if (starts_with(t, "(?~"))
        return translation_fail(t, "the absent operator (?~...) is not supported");
    return open_options(t);
}

int group_translate(struct translation *t)
{
    CHECK(translation_peek(t, 0) == '(');
    if (starts_with(t, "(*"))
        return translation_fail(t, "there is nothing before * to repeat");
    return starts_with(t, "(?") ? open_special_group(t) : open_plain_group(t);
}
