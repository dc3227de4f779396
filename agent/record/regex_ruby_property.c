#include "record/regex_ruby_parts.h"

#include <ctype.h>
#include <errno.h>

#define PROPERTY_BYTES_MAX 48

/* The properties that POSIX brackets name, as what may stand inside a class. The ASCII ranges in
 * front repeat what the properties hold: PCRE2 finds them faster. */
static const struct {
    const char *name;
    const char *inside;
} posix[] = {
    {"alnum", "a-zA-Z0-9\\p{L}\\p{M}\\p{Nd}"},
    {"alpha", "a-zA-Z\\p{L}\\p{M}"},
    {"ascii", "\\x00-\\x7f"},
    {"blank", " \\t\\p{Zs}"},
    {"cntrl", "\\x00-\\x1f\\p{C}"},
    {"digit", "0-9\\p{Nd}"},
    {"graph", "!-~\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}"},
    {"lower", "a-z\\p{Ll}"},
    {"print", " -~\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Cf}\\p{Co}\\p{Zs}"},
    {"punct", "!-/:-@\\[-`{-~\\p{P}"},
    {"space", " \\t-\\r\\x{85}\\p{Z}"},
    {"upper", "A-Z\\p{Lu}"},
    {"xdigit", "0-9A-Fa-f"},
    {"word", "a-zA-Z0-9_\\p{L}\\p{M}\\p{Nd}\\p{Pc}"},
};

/* Names of general categories that PCRE2 knows by their letters only, and the one property that
 * differs from the bracket of its name. */
static const struct {
    const char *name;
    const char *inside;
} properties[] = {
    {"punct", "\\p{P}"},
    {"xposixpunct", "!-/:-@\\[-`{-~\\p{P}"},
    {"letter", "\\p{L}"},
    {"uppercaseletter", "\\p{Lu}"},
    {"lowercaseletter", "\\p{Ll}"},
    {"titlecaseletter", "\\p{Lt}"},
    {"modifierletter", "\\p{Lm}"},
    {"otherletter", "\\p{Lo}"},
    {"mark", "\\p{M}"},
    {"number", "\\p{N}"},
    {"decimalnumber", "\\p{Nd}"},
    {"punctuation", "\\p{P}"},
    {"symbol", "\\p{S}"},
    {"separator", "\\p{Z}"},
    {"spaceseparator", "\\p{Zs}"},
    {"other", "\\p{C}"},
    {"control", "\\p{Cc}"},
};

const char *posix_inside(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(posix); i++)
        if (slice_is(name, posix[i].name))
            return posix[i].inside;
    return NULL;
}

static const char *property_inside(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(properties); i++)
        if (slice_is(name, properties[i].name))
            return properties[i].inside;
    return posix_inside(name);
}

/* Case, blanks, "_" and "-" do not count in names of properties. False when it is too long. */
static bool plain_name(struct slice name, char *out, size_t *len_out)
{
    size_t len = 0;

    for (size_t i = 0; i < name.len; i++) {
        if (strchr(" _-", name.data[i]) != NULL)
            continue;
        if (len == PROPERTY_BYTES_MAX)
            return false;
        out[len++] = (char)tolower((unsigned char)name.data[i]);
    }
    *len_out = len;
    return len > 0;
}

int escape_take_property(struct translation *t, struct slice *inside, bool *is_negated,
                         struct buffer *scratch)
{
    struct slice rest = slice_skip(t->in, t->at + 3);
    struct slice name = slice_make(rest.data, slice_find(rest, '}'));
    char plain[PROPERTY_BYTES_MAX];
    const char *known;
    size_t plain_len;

    if (tolower((unsigned char)translation_peek(t, 1)) != 'p' || translation_peek(t, 2) != '{')
        return 0;
    if (name.len == rest.len)
        return translation_fail(t, "a property's name does not end");
    *is_negated = translation_peek(t, 1) == 'P';
    t->at += 3 + name.len + 1;
    if (name.len > 0 && name.data[0] == '^') {
        *is_negated = !*is_negated;
        name = slice_skip(name, 1);
    }
    if (!plain_name(name, plain, &plain_len))
        return translation_fail(t, "a property's name is empty or too long");
    known = property_inside(slice_make(plain, plain_len));
    if (known == NULL)
        buffer_append_format(scratch, "\\p{%.*s}", SLICE_ARG(name));
    *inside = known ? slice_of(known) : buffer_view(scratch);
    return 1;
}
