#include "plugins/out_es/es.h"

#include <stdio.h>

/*
 * What became of each document. Source: the bulk API's response in Elasticsearch's REST
 * specification (BulkResponse), and what Elasticsearch 8 and OpenSearch 2 and 3 answer.
 *
 *   item status      verdict
 *   200, 201         delivered
 *   409 on create    delivered: this id is there already
 *   429, 5xx         retry: pressure, or a shard that is not there now
 *   401, 403, 404    retry: an index that is blocked or may not be made is an operator's matter
 *   404 of a missing document, for an update, and anything else
 *                    refused: the document is at fault
 *
 * The request's own status goes by the common table (http/judge.h); 400 for the whole means that
 * one document made it unreadable, so halves are tried until that one stands alone.
 *
 * What is refused with 400 may be sent once more as text (es_text.h).
 */

#define SHOWN_BYTES 80
#define TRACE_BYTES_MAX 2000
#define REASON_BYTES_MAX 600

#define COUNT_BLOCK 64

/* Enough for "took" and "errors", which come first, and too little for an item. */
#define ANSWER_HEAD_BYTES 48

/* Of an item of which only the status is told. */
#define ITEM_BYTES 26
_Static_assert(sizeof "{\"create\":{\"status\":201}}," - 1 == ITEM_BYTES, "no such item is longer");
_Static_assert(COUNT_BLOCK <= UINT8_MAX, "a block's brackets are counted in a byte");

static enum verdict item_verdict_of(const struct out_es *es, unsigned status)
{
    if (status >= 200 && status <= 299)
        return VERDICT_DELIVERED;
    if (status == 409)
        return es->bulk.operation == ES_CREATE ? VERDICT_DELIVERED : VERDICT_RETRY;
    if (status == 429 || status == 401 || status == 403 || status == 404 || status >= 500)
        return VERDICT_RETRY;
    return VERDICT_REFUSED;
}

/* A member's text without the quotes and with its escapes; empty where there is none. */
static struct slice member_text(struct slice object, const char *key)
{
    struct slice value;

    if (object.len == 0 || object.data[0] != '{' || !json_find(object, slice_of(key), &value))
        return (struct slice){0};
    if (value.len >= 2 && value.data[0] == '"')
        return slice_make(value.data + 1, value.len - 2);
    return value;
}

/* What an operator can do about the status of a request; nothing where the back-end's words say it. */
static const char *advice_of(unsigned status)
{
    switch (status) {
    case 401:
        return " (check http_user and http_passwd, or http_api_key)";
    case 403:
        return " (check what this user may do)";
    case 404:
        return " (check host, port and path)";
    default:
        return status / 100 == 3 ? " (it is elsewhere: check host, port, path and tls)" : "";
    }
}

/* Reasons may quote the document, and are cut. */
static char *error_words(struct slice error, unsigned status, const char *advice)
{
    struct slice type = member_text(error, "type"), reason = member_text(error, "reason");
    struct arena arena = {0};
    char *text;

    if (error.len > 0 && error.data[0] == '"')
        return mem_format("status %u%s: %.*s", status, advice, SLICE_ARG(error));
    if (reason.len > 0) {
        CHECK(reason.data > error.data && reason.data + reason.len < error.data + error.len);
        if (reason.data[-1] == '"')
            reason = json_unescape(slice_make(reason.data - 1, reason.len + 2), &arena);
    }
    reason.len = utf8_cut(reason, REASON_BYTES_MAX);
    text =
        mem_format("status %u%s: %.*s: %.*s", status, advice, SLICE_ARG(type), SLICE_ARG(reason));
    arena_fini(&arena);
    return text;
}

/* What was refused for its content can be written as text where the whole document is ours. */
static bool may_be_text(const struct out_es *es, enum verdict verdict, unsigned status)
{
    return verdict == VERDICT_REFUSED && status == 400 && es->refused.is_sent_as_text &&
           es->bulk.operation < ES_UPDATE;
}

static bool status_read(struct slice text, uint16_t *status_out)
{
    unsigned status = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        status = status * 10 + (unsigned)(text.data[i] - '0');
    }
    *status_out = (uint16_t)status;
    return text.len == 3;
}

static bool item_judge(const struct out_es *es, struct slice item, struct item_verdict *out)
{
    struct slice rest = item, operation, result, status, error = {0};
    enum verdict verdict;

    if (item.data[0] != '{' || !json_next(&rest, &operation, &result) || result.data[0] != '{' ||
        !json_find(result, SLICE("status"), &status) || !status_read(status, &out->status))
        return false;
    verdict = item_verdict_of(es, out->status);
    if (verdict != VERDICT_DELIVERED) {
        (void)json_find(result, SLICE("error"), &error);
        out->reason = error_words(error, out->status, "");
        if (slice_is(member_text(error, "type"), "document_missing_exception"))
            verdict = VERDICT_REFUSED;
    }
    out->verdict = (uint8_t)verdict;
    out->may_be_text = may_be_text(es, verdict, out->status);
    out->was_there = verdict == VERDICT_DELIVERED && out->status == 409;
    return true;
}

static enum verdict items_judge(const struct out_es *es, struct slice items,
                                struct verdicts *verdicts, char why[256])
{
    struct slice rest = items, key, item;
    uint32_t count = 0;

    while (json_next(&rest, &key, &item)) {
        if (count < verdicts->count && !item_judge(es, item, verdicts_item(verdicts, count))) {
            snprintf(why, 256, "the answer's item %u is not understood: %.*s", count,
                     (int)(item.len < SHOWN_BYTES ? item.len : SHOWN_BYTES), item.data);
            return VERDICT_RETRY;
        }
        count++;
    }
    if (count == verdicts->count)
        return VERDICT_DELIVERED;
    snprintf(why, 256, "the answer has %u items for %u documents", count, verdicts->count);
    return VERDICT_RETRY;
}

static enum verdict not_understood(const struct http_reply *reply, char why[256])
{
    snprintf(why, 256, "status %d, but the answer is not a bulk answer (%s): \"%.*s\"",
             reply->status, reply->content_type[0] ? reply->content_type : "no content type",
             (int)(reply->body.len < SHOWN_BYTES ? reply->body.len : SHOWN_BYTES),
             reply->body.data ? reply->body.data : "");
    return VERDICT_RETRY;
}

/* In blocks of one length, which the compiler makes vectors of. */
static size_t count_brackets(struct slice body)
{
    size_t count = 0, at = 0;

    for (; body.len - at >= COUNT_BLOCK; at += COUNT_BLOCK) {
        uint8_t in_block = 0;

        for (size_t i = 0; i < COUNT_BLOCK; i++)
            in_block = (uint8_t)(in_block + (body.data[at + i] == '{'));
        count += in_block;
    }
    for (; at < body.len; at++)
        count += body.data[at] == '{';
    return count;
}

static size_t count_statuses(struct slice body)
{
    static const struct slice key = SLICE("\"status\"");
    const char *at = body.data, *end = body.data + body.len;
    size_t count = 0;

    while ((at = memmem(at, (size_t)(end - at), key.data, key.len)) != NULL) {
        at += key.len;
        count++;
    }
    return count;
}

/* Whether each document has its item. What a server writes that honours filter_path is known to
 * the byte, {"create":{"status":201}} and a comma, and is counted by its brackets, which is fast. */
static bool has_items(struct slice body, uint32_t item_count)
{
    if (body.len <= ANSWER_HEAD_BYTES + (size_t)item_count * ITEM_BYTES)
        return count_brackets(body) == 2 * (size_t)item_count + 1;
    return count_statuses(body) == item_count;
}

/* An answer to thousands of documents that all went well is not taken apart: "errors" is among the
 * first members, before any text that came from a document. */
static bool all_is_well(struct slice body, uint32_t item_count)
{
    static const struct slice well = SLICE("\"errors\":false");
    size_t head = body.len < ANSWER_HEAD_BYTES ? body.len : ANSWER_HEAD_BYTES;

    return body.len > 1 && body.data[0] == '{' && body.data[body.len - 1] == '}' &&
           memmem(body.data, head, well.data, well.len) != NULL && has_items(body, item_count);
}

static bool is_object(struct slice body)
{
    struct json_scanner scanner;
    int status;

    json_scanner_init(&scanner);
    status = json_check_value(&scanner, body, NULL);
    json_scanner_fini(&scanner);
    return status >= 0 && body.data[0] == '{';
}

static enum verdict answer_judge(const struct out_es *es, const struct http_reply *reply,
                                 struct verdicts *verdicts, char why[256])
{
    struct slice body = slice_trim(buffer_view(&reply->body)), errors, items;

    if (all_is_well(body, verdicts->count))
        return VERDICT_DELIVERED;
    if (!is_object(body) || !json_find(body, SLICE("errors"), &errors))
        return not_understood(reply, why);
    if (!json_find(body, SLICE("items"), &items) || items.data[0] != '[') {
        /* Some servers that speak this API tell nothing more when all is well. */
        return slice_is(errors, "false") ? VERDICT_DELIVERED : not_understood(reply, why);
    }
    return items_judge(es, items, verdicts, why);
}

/* The error of an answer in JSON; empty where it has none. */
static struct slice answer_error(struct slice body)
{
    struct slice error = {0};

    if (is_object(body))
        (void)json_find(body, SLICE("error"), &error);
    return error;
}

/* The back-end's own words for a request that failed as a whole. */
static void status_explain(const struct http_reply *reply, char why[256])
{
    struct slice body = slice_trim(buffer_view(&reply->body)), error = answer_error(body);
    struct slice told = aws_without_request(body);
    unsigned status = (unsigned)reply->status;
    const char *advice = advice_of(status);
    char *words;

    if (error.len > 0 && (error.data[0] == '"' || member_text(error, "reason").len > 0))
        words = error_words(error, status, advice);
    else if (told.len > 0)
        words = mem_format("status %u%s: %.*s", status, advice, SLICE_ARG(told));
    else
        words = mem_format("status %u%s", status, advice);
    snprintf(why, 256, "%.*s", (int)utf8_cut(slice_of(words), 255), words);
    mem_free(words);
}

static void answer_trace(const struct out_es *es, const struct http_reply *reply)
{
    struct slice body = aws_without_request(buffer_view(&reply->body));

    log_warn(es->component, "the answer was, status %d: %.*s", reply->status,
             (int)utf8_cut(body, TRACE_BYTES_MAX), body.len > 0 ? body.data : "");
}

/* One document alone made the request unreadable: that is its verdict. */
static enum verdict alone_judge(const struct out_es *es, struct verdicts *verdicts, const char *why)
{
    struct item_verdict *item = verdicts_item(verdicts, 0);

    CHECK(verdicts->count == 1 && item->reason == NULL);
    item->verdict = VERDICT_REFUSED;
    item->status = 400;
    item->reason = mem_text(why);
    item->may_be_text = may_be_text(es, VERDICT_REFUSED, 400);
    return VERDICT_DELIVERED;
}

enum verdict es_judge(void *self, const struct http_reply *reply, struct verdicts *verdicts,
                      char why[256])
{
    const struct out_es *es = self;
    enum verdict verdict = judge_status(reply->status);

    if (verdict == VERDICT_DELIVERED)
        verdict = answer_judge(es, reply, verdicts, why);
    else
        status_explain(reply, why);
    if (es->trace_error && verdict != VERDICT_DELIVERED)
        answer_trace(es, reply);
    if (verdict == VERDICT_REFUSED && reply->status == 400)
        verdict = verdicts->count == 1 ? alone_judge(es, verdicts, why) : VERDICT_TOO_LARGE;
    return verdict;
}
