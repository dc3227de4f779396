#include "unit/plugins/es_kit.h"

#include <check.h>
#include <stdarg.h>

#define KEYS_MAX 32

struct es_kit es_kit;

static const char *const *keys_of(const char *key, va_list rest)
{
    static const char *keys[KEYS_MAX + 1];
    size_t count = 0;

    for (; key != NULL; key = va_arg(rest, const char *)) {
        ck_assert_uint_lt(count, KEYS_MAX);
        keys[count++] = key;
    }
    keys[count] = NULL;
    return keys;
}

static int try_keys(const struct output_plugin *plugin, const char *const *keys_and_values)
{
    es_kit = (struct es_kit){.settings = {.host = "127.0.0.1", .port = 9200}};
    es_kit.es = plugin_make(&es_kit.plugin, plugin->self_bytes, plugin->options, keys_and_values);
    ck_assert_int_eq(es_kit.plugin.status, 0);
    es_kit.plugin.setup.http = &es_kit.settings;
    return plugin->init(es_kit.es, &es_kit.plugin.setup);
}

void es_kit_open_keys(const struct output_plugin *plugin, const char *const *keys_and_values)
{
    ck_assert_int_eq(try_keys(plugin, keys_and_values), 0);
}

void es_kit_open(const char *key, ...)
{
    va_list rest;

    va_start(rest, key);
    es_kit_open_keys(&out_es, keys_of(key, rest));
    va_end(rest);
}

void es_kit_close(void)
{
    if (es_kit.es == NULL)
        return;
    http_request_fini(&es_kit.request);
    out_es.fini(es_kit.es);
    plugin_gone(&es_kit.plugin, es_kit.es);
    for (size_t i = 0; i < ES_KIT_ITEMS_MAX; i++)
        MEM_FREE(&es_kit.items[i].reason);
    es_kit.es = NULL;
}

void es_kit_refuses(const char *what, const char *key, ...)
{
    va_list rest;

    va_start(rest, key);
    ck_assert_int_lt(try_keys(&out_es, keys_of(key, rest)), 0);
    va_end(rest);
    ck_assert_uint_eq(es_kit.plugin.report.error_count, 1);
    ck_assert_msg(plugin_report_says(&es_kit.plugin, what), "lacks \"%s\"", what);
    es_kit_close();
}

const char *es_kit_body(struct chunk *chunk)
{
    struct batch batch = {.chunk = chunk, .states = es_kit.states, .count = chunk->record_count};

    ck_assert_uint_le(chunk->record_count, ES_KIT_STATES_MAX);
    memset(es_kit.states, RECORD_WAITING, sizeof es_kit.states);
    http_request_fini(&es_kit.request);
    batch_rewind(&batch);
    ck_assert_int_eq(out_es.encode(es_kit.es, &batch, &es_kit.request), 0);
    chunk_unref(&chunk);
    return buffer_text(&es_kit.request.body);
}

const char *es_kit_header(const char *name)
{
    const struct buffer *head = &es_kit.request.head;

    for (size_t at = 0; at < head->len; at += strlen(head->data + at) + 1)
        if (strncmp(head->data + at, name, strlen(name)) == 0 &&
            head->data[at + strlen(name)] == ':')
            return head->data + at;
    return NULL;
}

enum verdict es_kit_judge(int status, const char *body, uint32_t item_count)
{
    struct http_reply reply = {.status = status, .content_type = "application/json"};
    struct verdicts verdicts = {.items = es_kit.items, .count = item_count};
    enum verdict verdict;

    ck_assert_uint_le(item_count, ES_KIT_ITEMS_MAX);
    for (size_t i = 0; i < ES_KIT_ITEMS_MAX; i++)
        MEM_FREE(&es_kit.items[i].reason);
    memset(es_kit.items, 0, sizeof es_kit.items);
    es_kit.why[0] = '\0';
    buffer_append_text(&reply.body, body);
    verdict = out_es.judge(es_kit.es, &reply, &verdicts, es_kit.why);
    buffer_fini(&reply.body);
    return verdict;
}

const char *es_kit_items(uint32_t item_count)
{
    static char letters[ES_KIT_ITEMS_MAX + 1];

    for (uint32_t i = 0; i < item_count; i++)
        letters[i] = es_kit.items[i].was_there ? 'e' : "drs"[es_kit.items[i].verdict];
    letters[item_count] = '\0';
    return letters;
}
