#include "plugins/in_tail/tag.h"

#include "plugins/in_tail/tail.h"

/*
 * Tags. A `*` in Tag stands for the file's name with its slashes as dots; <name> stands for a group
 * of Tag_Regex, or "_" where that group took no part.
 */

static char tag_byte(char byte)
{
    return byte == '/' || byte == '\\' || byte == ':' ? '.' : byte;
}

/* The path's part of a tag: no dot in front or at the end, none twice, and no stars. */
static void append_path(struct buffer *tag, const char *path)
{
    char *begin = buffer_reserve(tag, strlen(path)), *at = begin;

    for (; *path != '\0'; path++) {
        char byte = tag_byte(*path);

        if (byte == '*' || (byte == '.' && (at == begin || at[-1] == '.')))
            continue;
        *at++ = byte;
    }
    if (at > begin && at[-1] == '.')
        at--;
    buffer_commit(tag, (size_t)(at - begin));
}

static void append_group(struct buffer *tag, const struct tail *t, const struct regex_match *match,
                         struct slice name)
{
    struct slice value = {0};

    for (unsigned i = 0; i < regex_name_count(t->lines.tag_regex); i++)
        if (slice_is(name, regex_name(t->lines.tag_regex, i)) && value.data == NULL &&
            match != NULL)
            value = regex_named(t->lines.tag_regex, match, i);
    buffer_append(tag, value.data != NULL ? value : SLICE("_"));
}

static bool has_group(const struct regex *regex, struct slice name)
{
    for (unsigned i = 0; i < regex_name_count(regex); i++)
        if (slice_is(name, regex_name(regex, i)))
            return true;
    return false;
}

void tail_tag_check(const struct regex *regex, const char *tag, struct report *report,
                    struct place place)
{
    struct slice rest = slice_of(tag), name;

    for (;;) {
        rest = slice_skip(rest, slice_find(rest, '<'));
        if (slice_find(rest, '>') == rest.len)
            return;
        name = slice_make(rest.data + 1, slice_find(rest, '>') - 1);
        if (!has_group(regex, name))
            report_warn(report, place,
                        "Tag_Regex has no group <%.*s>: \"_\" stands for it in the tag",
                        (int)name.len, name.data);
        rest = slice_skip(rest, name.len + 2);
    }
}

static char *tag_of_regex(const struct tail *t, const char *path)
{
    struct slice rest = slice_of(t->input->tag);
    struct regex_match match;
    struct buffer tag = {0};
    bool is_match = regex_match(t->lines.tag_regex, slice_of(path), &match) == 0;

    while (rest.len > 0) {
        size_t close = slice_find(rest, '>');

        if (rest.data[0] != '<' || close == rest.len) {
            buffer_append_byte(&tag, rest.data[0]);
            rest = slice_skip(rest, 1);
            continue;
        }
        append_group(&tag, t, is_match ? &match : NULL, slice_make(rest.data + 1, close - 1));
        rest = slice_skip(rest, close + 1);
    }
    buffer_text(&tag);
    return tag.data;
}

char *tail_tag(const struct tail *t, const char *path)
{
    struct buffer tag = {0};

    if (t->lines.tag_regex != NULL)
        return tag_of_regex(t, path);
    for (const char *p = t->input->tag; *p != '\0'; p++) {
        if (*p == '*')
            append_path(&tag, path);
        else
            buffer_append_byte(&tag, *p);
    }
    buffer_text(&tag);
    return tag.data;
}
