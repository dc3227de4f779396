#include "base/slice.h"

#include <ctype.h>
#include <strings.h>

bool slice_is_nocase(struct slice a, const char *text)
{
    size_t len = strlen(text);

    return a.len == len && (len == 0 || strncasecmp(a.data, text, len) == 0);
}

bool slice_begins(struct slice a, struct slice prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.data, prefix.data, prefix.len) == 0);
}

bool slice_ends(struct slice a, struct slice suffix)
{
    return a.len >= suffix.len && slice_equal(slice_skip(a, a.len - suffix.len), suffix);
}

struct slice slice_skip(struct slice a, size_t count)
{
    if (count > a.len)
        count = a.len;
    if (count == 0)
        return a; /* its data may be NULL, to which C adds nothing, not even 0 */
    return slice_make(a.data + count, a.len - count);
}

struct slice slice_trim(struct slice a)
{
    while (a.len > 0 && isspace((unsigned char)a.data[0]))
        a = slice_skip(a, 1);
    while (a.len > 0 && isspace((unsigned char)a.data[a.len - 1]))
        a.len--;
    return a;
}

size_t slice_find(struct slice a, char byte)
{
    const char *at = a.len ? memchr(a.data, byte, a.len) : NULL;

    return at ? (size_t)(at - a.data) : a.len;
}

bool slice_next(struct slice *rest, char byte, struct slice *part)
{
    if (rest->data == NULL)
        return false;
    *part = slice_make(rest->data, slice_find(*rest, byte));
    if (part->len == rest->len)
        *rest = (struct slice){0};
    else
        *rest = slice_skip(*rest, part->len + 1);
    return true;
}

uint64_t slice_hash(struct slice a)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < a.len; i++)
        hash = (hash ^ (uint8_t)a.data[i]) * 1099511628211u;
    return hash;
}
