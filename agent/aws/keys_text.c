#include "aws/keys.h"

#include "base/clock.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "record/json.h"
#include "record/time.h"

#include <stdio.h>

/* Keys out of the texts that carry them. A text that cannot be understood is never quoted. */

/* 0 for none; -1 where it is no time. */
static int64_t expiration_read(struct slice text)
{
    struct time_minute minute = {0};
    int64_t ns;

    if (text.len == 0)
        return 0;
    return time_parse_rfc3339(&minute, text, &ns) < 0 ? -1 : ns / NS_PER_S;
}

/* What was decoded for us, and not lent by the answer, which is its owner's to wipe. */
static void part_wipe(struct slice body, struct slice part)
{
    bool is_lent = part.data >= body.data && part.data < body.data + body.len;

    if (part.len > 0 && !is_lent)
        secret_wipe((char *)(uintptr_t)part.data, part.len);
}

static struct aws_keys *keys_made(struct aws_keys_text *text, struct slice expiration,
                                  char why[256])
{
    text->expires_s = expiration_read(expiration);
    if (text->expires_s < 0) {
        snprintf(why, 256, "the answer's Expiration is no time");
        return NULL;
    }
    return aws_keys_new(text, why);
}

/* ---- JSON ---- */

static struct slice member(struct slice object, const char *key, struct arena *arena)
{
    struct slice value;

    if (!json_find(object, slice_of(key), &value) || value.data[0] != '"')
        return (struct slice){0};
    return json_unescape(value, arena);
}

/* An answer may be an error in the clothes of a good one: status 200, and a Code. */
static bool json_is_error(struct slice text, struct arena *arena, char why[256])
{
    struct slice code = member(text, "Code", arena);
    struct slice message = member(text, "Message", arena);

    if (message.len == 0)
        message = member(text, "message", arena);
    if (code.len == 0 ? message.len == 0 : slice_is(code, "Success"))
        return false;
    snprintf(why, 256, "%.*s%s%.*s", SLICE_ARG(code), code.len && message.len ? ": " : "",
             (int)utf8_cut(message, 180), message.data != NULL ? message.data : "");
    utf8_tame(why, strlen(why));
    return true;
}

static bool is_object(struct slice text)
{
    struct json_scanner scanner;
    struct json_object object;
    int rc;

    json_scanner_init(&scanner);
    rc = json_check_object(&scanner, text, &object);
    secret_wipe(scanner.copy.data, scanner.copy.capacity);
    json_scanner_fini(&scanner);
    return rc == 0;
}

struct aws_keys *aws_keys_from_json(struct slice body, char why[256])
{
    struct slice text = slice_trim(body);
    struct aws_keys *keys = NULL;
    struct arena arena = {0};
    struct aws_keys_text parts;

    if (!is_object(text)) {
        snprintf(why, 256, "the answer is not a JSON object");
        return NULL;
    }
    if (!json_is_error(text, &arena, why)) {
        parts.id = member(text, "AccessKeyId", &arena);
        parts.secret = member(text, "SecretAccessKey", &arena);
        parts.token = member(text, "Token", &arena);
        if (parts.token.len == 0)
            parts.token = member(text, "SessionToken", &arena);
        keys = keys_made(&parts, member(text, "Expiration", &arena), why);
        part_wipe(text, parts.secret);
        part_wipe(text, parts.token);
    }
    arena_fini(&arena);
    return keys;
}

/* ---- XML ---- */

/* What stands between <name> and </name>; empty where there is none. STS writes no attributes in the
 * elements that are wanted, and nothing that must be unescaped in keys. */
static struct slice element(struct slice text, const char *name)
{
    char open[64], close[64];
    const char *from, *to;

    snprintf(open, sizeof open, "<%s>", name);
    snprintf(close, sizeof close, "</%s>", name);
    from = text.len > 0 ? memmem(text.data, text.len, open, strlen(open)) : NULL;
    if (from == NULL)
        return (struct slice){0};
    from += strlen(open);
    to = memmem(from, (size_t)(text.data + text.len - from), close, strlen(close));
    return to != NULL ? slice_trim(slice_make(from, (size_t)(to - from))) : (struct slice){0};
}

static void xml_explain(struct slice text, char why[256])
{
    struct slice error = element(text, "Error");
    struct slice code = element(error, "Code"), message = element(error, "Message");

    if (code.len == 0) {
        snprintf(why, 256, "the answer has no credentials");
        return;
    }
    code.len = utf8_cut(code, 60);
    snprintf(why, 256, "%.*s: %.*s", SLICE_ARG(code), (int)utf8_cut(message, 180),
             message.data != NULL ? message.data : "");
    utf8_tame(why, strlen(why));
}

struct aws_keys *aws_keys_from_xml(struct slice text, char why[256])
{
    struct slice credentials = element(text, "Credentials");
    struct aws_keys_text parts = {
        .id = element(credentials, "AccessKeyId"),
        .secret = element(credentials, "SecretAccessKey"),
        .token = element(credentials, "SessionToken"),
    };

    if (credentials.len == 0) {
        xml_explain(text, why);
        return NULL;
    }
    return keys_made(&parts, element(credentials, "Expiration"), why);
}
