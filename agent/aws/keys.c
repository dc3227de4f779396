#include "aws/keys.h"

#include "base/secret.h"

#include <stdio.h>

/* ---- a set ---- */

/* What may stand in a header: no blanks, no controls, nothing past ASCII. */
static bool is_word(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] <= ' ' || text.data[i] >= 0x7f)
            return false;
    return true;
}

static bool part_check(const char *name, struct slice text, size_t len_max, char why[256])
{
    if (text.len > len_max)
        snprintf(why, 256, "the %s is longer than %zu bytes", name, len_max);
    else if (!is_word(text))
        snprintf(why, 256, "the %s has characters that none has", name);
    else
        return true;
    return false;
}

static bool text_check(const struct aws_keys_text *text, char why[256])
{
    if (text->id.len == 0 || text->secret.len == 0) {
        snprintf(why, 256, "the %s is empty",
                 text->id.len == 0 ? "access key id" : "secret access key");
        return false;
    }
    return part_check("access key id", text->id, AWS_KEY_ID_BYTES_MAX, why) &&
           part_check("secret access key", text->secret, AWS_SECRET_BYTES_MAX, why) &&
           part_check("session token", text->token, AWS_TOKEN_BYTES_MAX, why);
}

static struct slice part_put(char **at, struct slice text)
{
    struct slice part = slice_make(*at, text.len);

    if (text.len > 0)
        memcpy(*at, text.data, text.len);
    *at += text.len;
    return part;
}

struct aws_keys *aws_keys_new(const struct aws_keys_text *text, char why[256])
{
    struct aws_keys *keys;
    char *at;

    if (!text_check(text, why))
        return NULL;
    keys = secret_alloc(sizeof *keys + text->id.len + text->secret.len + text->token.len);
    at = (char *)(keys + 1);
    keys->refs = 1;
    keys->id = part_put(&at, text->id);
    keys->secret = part_put(&at, text->secret);
    keys->token = part_put(&at, text->token);
    keys->expires_s = text->expires_s;
    return keys;
}

struct aws_keys *aws_keys_ref(struct aws_keys *keys)
{
    CHECK(keys->refs > 0);
    keys->refs++;
    return keys;
}

void aws_keys_unref(struct aws_keys **address)
{
    struct aws_keys *keys = *address;

    *address = NULL;
    if (keys == NULL)
        return;
    CHECK(keys->refs > 0);
    if (--keys->refs == 0)
        secret_free(keys);
}
