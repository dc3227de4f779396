#include "aws/answer.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "record/json.h"

#include <stdio.h>

/* ---- reading ---- */

/* Without a namespace before '#' and without what follows ':' or a comma. */
static void name_keep(struct aws_error *out, struct slice name)
{
    size_t hash = slice_find(name, '#');

    if (hash < name.len)
        name = slice_skip(name, hash + 1);
    name.len = slice_find(name, ':');
    name.len = slice_find(name, ',');
    name = slice_trim(name);
    if (name.len < sizeof out->name) {
        memcpy(out->name, name.data, name.len);
        out->name[name.len] = '\0';
    }
}

struct slice aws_without_request(struct slice text)
{
    static const struct slice quote = SLICE("The Canonical String for this request");
    const char *at = text.len > 0 ? memmem(text.data, text.len, quote.data, quote.len) : NULL;

    if (at != NULL)
        text.len = (size_t)(at - text.data);
    return text;
}

static void message_keep(struct aws_error *out, struct slice message)
{
    message = slice_trim(aws_without_request(message));
    message.len = utf8_cut(message, sizeof out->message - 1);
    if (message.len > 0)
        memcpy(out->message, message.data, message.len);
    out->message[message.len] = '\0';
    utf8_tame(out->message, message.len);
}

static struct slice json_text(struct slice object, const char *const *keys, struct arena *arena)
{
    struct slice value;

    for (; *keys != NULL; keys++)
        if (json_find(object, slice_of(*keys), &value) && value.data[0] == '"')
            return json_unescape(value, arena);
    return (struct slice){0};
}

static bool json_read(struct slice body, struct aws_error *out)
{
    static const char *const names[] = {"__type", "code", "Code", NULL};
    static const char *const messages[] = {"message", "Message", "errorMessage", NULL};
    struct json_scanner scanner;
    struct json_object object;
    struct arena arena = {0};
    struct slice name;
    int rc;

    json_scanner_init(&scanner);
    rc = json_check_object(&scanner, body, &object);
    json_scanner_fini(&scanner);
    if (rc < 0)
        return false;
    name = json_text(body, names, &arena);
    if (out->name[0] == '\0' && name.len > 0)
        name_keep(out, name);
    message_keep(out, json_text(body, messages, &arena));
    arena_fini(&arena);
    return true;
}

static struct slice element(struct slice text, struct slice open, struct slice close)
{
    const char *from = memmem(text.data, text.len, open.data, open.len), *to;

    if (from == NULL)
        return (struct slice){0};
    from += open.len;
    to = memmem(from, (size_t)(text.data + text.len - from), close.data, close.len);
    return to != NULL ? slice_trim(slice_make(from, (size_t)(to - from))) : (struct slice){0};
}

static void xml_read(struct slice body, struct aws_error *out)
{
    struct slice code = element(body, SLICE("<Code>"), SLICE("</Code>"));

    if (out->name[0] == '\0' && code.len > 0)
        name_keep(out, code);
    message_keep(out, element(body, SLICE("<Message>"), SLICE("</Message>")));
}

void aws_error_read(const struct http_reply *reply, struct aws_error *out)
{
    struct slice body = slice_trim(buffer_view(&reply->body));

    *out = (struct aws_error){0};
    if (reply->error_type[0] != '\0')
        name_keep(out, slice_of(reply->error_type));
    if (body.len > 0 && !json_read(body, out))
        xml_read(body, out);
}

/* ---- meaning ---- */

struct meaning {
    const char *word;
    enum aws_trouble trouble;
};

static const struct meaning names[] = {
    {"ExpiredTokenException", AWS_TROUBLE_EXPIRED},
    {"ExpiredToken", AWS_TROUBLE_EXPIRED},
    {"UnrecognizedClientException", AWS_TROUBLE_KEYS},
    {"InvalidClientTokenId", AWS_TROUBLE_KEYS},
    {"InvalidClientToken", AWS_TROUBLE_KEYS},
    {"InvalidAccessKeyId", AWS_TROUBLE_KEYS},
    {"InvalidSignatureException", AWS_TROUBLE_SIGNATURE},
    {"SignatureDoesNotMatch", AWS_TROUBLE_SIGNATURE},
    {"IncompleteSignature", AWS_TROUBLE_SIGNATURE},
    {"IncompleteSignatureException", AWS_TROUBLE_SIGNATURE},
    {"RequestTimeTooSkewed", AWS_TROUBLE_SIGNATURE},
    {"RequestExpired", AWS_TROUBLE_SIGNATURE},
    {"RequestInTheFuture", AWS_TROUBLE_SIGNATURE},
    {"AuthFailure", AWS_TROUBLE_SIGNATURE},
    {"AccessDeniedException", AWS_TROUBLE_DENIED},
    {"AccessDenied", AWS_TROUBLE_DENIED},
    {"NotAuthorized", AWS_TROUBLE_DENIED},
    {"OptInRequired", AWS_TROUBLE_DENIED},
    {"ThrottlingException", AWS_TROUBLE_THROTTLED},
    {"Throttling", AWS_TROUBLE_THROTTLED},
    {"ThrottledException", AWS_TROUBLE_THROTTLED},
    {"RequestThrottled", AWS_TROUBLE_THROTTLED},
    {"RequestThrottledException", AWS_TROUBLE_THROTTLED},
    {"RequestLimitExceeded", AWS_TROUBLE_THROTTLED},
    {"TooManyRequestsException", AWS_TROUBLE_THROTTLED},
    {"LimitExceededException", AWS_TROUBLE_THROTTLED},
    {"SlowDown", AWS_TROUBLE_THROTTLED},
    {"ServiceUnavailableException", AWS_TROUBLE_DOWN},
    {"ServiceUnavailable", AWS_TROUBLE_DOWN},
    {"InternalFailure", AWS_TROUBLE_DOWN},
    {"InternalServerError", AWS_TROUBLE_DOWN},
    {"InternalServerException", AWS_TROUBLE_DOWN},
    {"RequestTimeout", AWS_TROUBLE_DOWN},
    {"RequestTimeoutException", AWS_TROUBLE_DOWN},
};

/* Pieces of sentences, for answers without a name, and for names that say less. */
static const struct meaning sentences[] = {
    {"security token included in the request is expired", AWS_TROUBLE_EXPIRED},
    {"security token included in the request is invalid", AWS_TROUBLE_KEYS},
    {"Signature expired:", AWS_TROUBLE_SIGNATURE},
    {"Signature not yet current:", AWS_TROUBLE_SIGNATURE},
    {"request signature we calculated does not match", AWS_TROUBLE_SIGNATURE},
    {"is not authorized to perform", AWS_TROUBLE_DENIED},
};

enum aws_trouble aws_trouble_of(const struct aws_error *error)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(error->name, names[i].word) == 0 && names[i].trouble != AWS_TROUBLE_DENIED)
            return names[i].trouble;
    for (size_t i = 0; i < ARRAY_LEN(sentences); i++)
        if (strcasestr(error->message, sentences[i].word) != NULL)
            return sentences[i].trouble;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(error->name, names[i].word) == 0)
            return names[i].trouble;
    return AWS_TROUBLE_NONE;
}

/* ---- denials ---- */

/* The word that follows `before`; a full stop or a quote at its end is the sentence's. */
static struct slice word_after(const char *message, const char *before)
{
    const char *at = strstr(message, before);
    struct slice word;

    if (at == NULL)
        return (struct slice){0};
    at += strlen(before);
    word = slice_make(at, strcspn(at, " \t"));
    while (word.len > 0 && strchr(".,\"", word.data[word.len - 1]) != NULL)
        word.len--;
    return word;
}

bool aws_denied_read(const char *message, struct slice *action, struct slice *resource)
{
    *action = word_after(message, "not authorized to perform: ");
    if (action->len == 0) /* CreateLogGroup with tags */
        *action = word_after(message, "An additional permission \"");
    *resource = word_after(message, "on resource: ");
    return action->len > 0;
}

/* Of a stream of logs the group's, as new streams come. In `text`, where it is not the resource
 * itself. */
static struct slice resource_of_policy(struct slice resource, char text[AWS_MESSAGE_BYTES])
{
    static const struct slice stream = SLICE(":log-stream:");
    const char *at;

    if (resource.len == 0)
        return SLICE("*");
    at = memmem(resource.data, resource.len, stream.data, stream.len);
    if (at == NULL)
        return resource;
    snprintf(text, AWS_MESSAGE_BYTES, "%.*s:*", (int)(at - resource.data), resource.data);
    return slice_of(text);
}

/* Which policy it is that allows nothing, where it is not one of the asker's own: a VPC endpoint's, a
 * permissions boundary. */
static struct slice policy_of_others(const char *message)
{
    static const char begin[] = " because no ";
    const char *from = strstr(message, begin), *to;
    struct slice policy;

    if (from == NULL)
        return (struct slice){0};
    from += sizeof begin - 1;
    to = strstr(from, " allows ");
    if (to == NULL)
        return (struct slice){0};
    policy = slice_make(from, (size_t)(to - from));
    return slice_is(policy, "identity-based policy") ? (struct slice){0} : policy;
}

void aws_denied_explain(const struct aws_error *error, struct buffer *out)
{
    static const char deny[] = " with an explicit deny in ";
    const char *denied = strstr(error->message, deny);
    struct slice action, resource, policy;
    char text[AWS_MESSAGE_BYTES];

    if (!aws_denied_read(error->message, &action, &resource)) {
        buffer_append_format(out, "%s: %s", error->name, error->message);
        return;
    }
    resource = resource_of_policy(resource, text);
    buffer_append_format(out, "%.*s on %.*s is denied", SLICE_ARG(action), SLICE_ARG(resource));
    if (denied != NULL) {
        buffer_append_format(out, "%s; it must be taken back there, no other policy allows it then",
                             denied);
        return;
    }
    policy = policy_of_others(error->message);
    buffer_append_format(out, "; this would allow it%s%.*s: ", policy.len > 0 ? " in the " : "",
                         (int)policy.len, policy.len > 0 ? policy.data : "");
    buffer_append_format(out, "{\"Effect\":\"Allow\",\"Action\":\"%.*s\",\"Resource\":\"%.*s\"}",
                         SLICE_ARG(action), SLICE_ARG(resource));
}
