#include "file/generations.h"

#include <string.h>

/* A number of more digits is a date. */
#define NUMBER_DIGITS_MAX 5
#define DATE_DIGITS_MIN 8

static const struct slice gz = {".gz", 3};

/* ---- names ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digit_count(struct slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += is_digit(text.data[i]);
    return count;
}

/* What stands between numbers in a suffix: `-20261121-050000`, `.2026-11-21T05:00:00Z`. */
static bool is_suffix(struct slice text)
{
    if (text.len < 2 || memchr(".-_", text.data[0], 3) == NULL || digit_count(text) == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.data[i]) && memchr(".-_:+TZ", text.data[i], 7) == NULL)
            return false;
    }
    return true;
}

static struct slice without_end(struct slice text, struct slice end)
{
    return slice_ends(text, end) ? slice_make(text.data, text.len - end.len) : text;
}

/* Where the extension begins, `.log` of `app.log`; the length where there is none. */
static size_t extension_at(struct slice base)
{
    for (size_t at = base.len; at > 1; at--) {
        if (base.data[at - 1] == '.')
            return at - 1;
    }
    return base.len;
}

/* What rotation put into the name: `.1`, `-20261121`; empty where it is none of its names. */
static struct slice suffix_of(struct slice base, struct slice name)
{
    size_t at = extension_at(base);
    struct slice stem = slice_make(base.data, at);
    struct slice extension = slice_skip(base, at);
    struct slice rest;

    name = without_end(name, gz);
    if (slice_begins(name, base)) {
        rest = slice_skip(name, base.len);
        return is_suffix(rest) ? rest : (struct slice){0};
    }
    if (extension.len == 0 || !slice_begins(name, stem) || !slice_ends(name, extension))
        return (struct slice){0};
    rest = without_end(slice_skip(name, at), extension);
    return is_suffix(rest) && digit_count(rest) >= DATE_DIGITS_MIN ? rest : (struct slice){0};
}

bool generation_is_of(struct slice base, struct slice name)
{
    return suffix_of(base, name).len > 0;
}

struct slice generation_stem(struct slice base)
{
    return slice_make(base.data, extension_at(base));
}

/* ---- order ---- */

static struct slice name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slice_of(slash ? slash + 1 : path);
}

static bool is_number(struct slice suffix)
{
    return suffix.len > 1 && suffix.len - 1 <= NUMBER_DIGITS_MAX &&
           digit_count(suffix) == suffix.len - 1;
}

static unsigned long number_of(struct slice suffix)
{
    unsigned long number = 0;

    CHECK(is_number(suffix));
    for (size_t i = 1; i < suffix.len; i++)
        number = number * 10 + (unsigned long)(suffix.data[i] - '0');
    return number;
}

/* Digits only, so that the separators do not matter: below zero when `a` is the earlier date. */
static int dates_compare(struct slice a, struct slice b)
{
    size_t i = 0, j = 0;

    for (;;) {
        while (i < a.len && !is_digit(a.data[i]))
            i++;
        while (j < b.len && !is_digit(b.data[j]))
            j++;
        if (i == a.len || j == b.len)
            return (i < a.len) - (j < b.len);
        if (a.data[i] != b.data[j])
            return a.data[i] < b.data[j] ? -1 : 1;
        i++;
        j++;
    }
}

bool generation_is_older(struct slice base, const struct generation *a, const struct generation *b)
{
    struct slice x = suffix_of(base, name_of(a->path));
    struct slice y = suffix_of(base, name_of(b->path));
    int dates;

    if (a->is_current || b->is_current)
        return b->is_current && !a->is_current;
    if (is_number(x) && is_number(y) && number_of(x) != number_of(y))
        return number_of(x) > number_of(y);
    if (!is_number(x) && !is_number(y)) {
        dates = dates_compare(x, y);
        if (dates != 0)
            return dates < 0;
    }
    return a->modified_ns < b->modified_ns;
}
