#include "record/parser_part.h"

#include <errno.h>

/*
 * text := part ("\t" part)*      part := label ":" value | nothing
 *
 * A label is letters, digits, "_", "." and "-".
 */

static bool is_label_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') ||
           byte == '_' || byte == '.' || byte == '-';
}

static bool is_label(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_label_byte(text.data[i]))
            return false;
    return text.len > 0;
}

static int part_add(struct parse *p, struct slice part)
{
    size_t colon = slice_find(part, ':');
    struct slice label = slice_make(part.data, colon);

    if (colon == part.len || !is_label(label))
        return -EINVAL;
    return parse_pair(p, label, slice_skip(part, colon + 1));
}

int parse_ltsv(struct parse *p, struct slice text)
{
    struct slice rest = text, part;
    bool is_empty = true;
    int rc;

    while (rest.len > 0 && (rest.data[rest.len - 1] == '\n' || rest.data[rest.len - 1] == '\r'))
        rest.len--;
    while (slice_next(&rest, '\t', &part)) {
        if (part.len == 0)
            continue;
        is_empty = false;
        if (UNLIKELY(p->record->root.count >= JSON_MEMBERS_MAX))
            return -E2BIG;
        rc = part_add(p, part);
        if (rc < 0)
            return rc;
    }
    return is_empty ? -EINVAL : 0;
}
