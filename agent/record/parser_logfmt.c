#include "record/parser_part.h"
#include "record/unescape.h"

#include <errno.h>

/*
 * text  := (pair | other)*
 * pair  := key | key "=" | key "=" value | key "=" '"' quoted '"'
 *
 * Keys and values without quotes are bytes above the blank other than "=" and '"'; whatever else
 * stands between pairs is passed over. A quote that is not closed goes to the end.
 */

static bool is_plain(char byte)
{
    return (unsigned char)byte > ' ' && byte != '=' && byte != '"';
}

static struct slice plain_take(struct slice *rest)
{
    struct slice word = slice_make(rest->data, 0);

    while (word.len < rest->len && is_plain(rest->data[word.len]))
        word.len++;
    *rest = slice_skip(*rest, word.len);
    return word;
}

/* `rest` begins after the opening quote. */
static struct slice quoted_take(struct slice *rest, struct arena *arena)
{
    struct slice inside = slice_make(rest->data, 0);

    while (inside.len < rest->len && rest->data[inside.len] != '"')
        inside.len += rest->data[inside.len] == '\\' && inside.len + 1 < rest->len ? 2 : 1;
    *rest = slice_skip(*rest, inside.len + 1);
    return unescape_utf8(inside, arena);
}

static int bare_add(struct parse *p, struct slice key)
{
    if (p->parser->no_bare_keys)
        return -EINVAL;
    record_add(p->record, key, value_bool(true));
    return 0;
}

/* What stands after a key; `rest` goes on after it. */
static int value_add(struct parse *p, struct slice key, struct slice *rest)
{
    struct slice value;

    if (rest->len == 0 || rest->data[0] != '=')
        return bare_add(p, key);
    *rest = slice_skip(*rest, 1);
    if (rest->len > 0 && rest->data[0] == '"') {
        *rest = slice_skip(*rest, 1);
        return parse_pair(p, key, quoted_take(rest, &p->record->arena));
    }
    value = plain_take(rest);
    if (value.len > 0)
        return parse_pair(p, key, value);
    record_add(p->record, key, value_bool(true));
    return 0;
}

int parse_logfmt(struct parse *p, struct slice text)
{
    struct slice rest = text;
    bool is_empty = true;
    int rc;

    while (rest.len > 0) {
        struct slice key = plain_take(&rest);

        if (key.len == 0) {
            rest = slice_skip(rest, 1);
            continue;
        }
        is_empty = false;
        if (UNLIKELY(p->record->root.count >= JSON_MEMBERS_MAX))
            return -E2BIG;
        rc = value_add(p, key, &rest);
        if (rc < 0)
            return rc;
    }
    return is_empty ? -EINVAL : 0;
}
