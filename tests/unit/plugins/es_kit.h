/*
 * The es output in a test: made from keys, then asked for the body of a chunk or for its verdict on
 * an answer.
 *
 *     es_kit_open("index", "logs", NULL);
 *     ck_assert_str_eq(es_kit_body(chunk_of_lines("app", "{\"a\":1}\n")), "...");
 *     es_kit_close();
 */
#ifndef TAILRACE_TESTS_UNIT_PLUGINS_ES_KIT_H
#define TAILRACE_TESTS_UNIT_PLUGINS_ES_KIT_H

#include "kit/chunk.h"
#include "kit/plugin.h"
#include "plugins/out_es/es.h"

#define ES_KIT_ITEMS_MAX 2048
#define ES_KIT_STATES_MAX 4096

extern const struct output_plugin out_es, out_opensearch;

struct es_kit {
    struct plugin_kit plugin;
    struct http_settings settings;
    struct out_es *es;
    struct http_request request; /* of es_kit_body */
    uint8_t states[ES_KIT_STATES_MAX];
    struct item_verdict items[ES_KIT_ITEMS_MAX]; /* of es_kit_judge */
    char why[256];
};

extern struct es_kit es_kit;

/* Keys and values by turns; fails the test when they are refused. */
void es_kit_open(const char *key, ...) __attribute__((sentinel));
void es_kit_open_keys(const struct output_plugin *plugin, const char *const *keys_and_values);
void es_kit_close(void);

/* Fails the test unless these keys are refused with one error that says this. */
void es_kit_refuses(const char *what, const char *key, ...) __attribute__((sentinel));

/* The body for all records of the chunk, which is taken; lent until the next call. Which records
 * were skipped is in es_kit.states. */
const char *es_kit_body(struct chunk *chunk);

/* Fails the test unless these keys make that body of the chunk. */
#define ES_EXPECT_BODY(chunk, body, ...)                \
    do {                                                \
        es_kit_open(__VA_ARGS__, NULL);                 \
        ck_assert_str_eq(es_kit_body((chunk)), (body)); \
        es_kit_close();                                 \
    } while (0)

/* What most bodies consist of: the action, the time, the document of {"a":1}. */
#define ES_CREATE "{\"create\":{\"_index\":\"fluent-bit\"}}\n"
#define ES_TIME "\"@timestamp\":\"2023-11-14T22:13:20.123Z\""
#define ES_DOCUMENT "{" ES_TIME ",\"a\":1}\n"

/* The header of that request, "Name: value"; NULL where it has none. */
const char *es_kit_header(const char *name);

/* The verdict on an answer to so many documents; why and the items are in es_kit. */
enum verdict es_kit_judge(int status, const char *body, uint32_t item_count);

/* The items' verdicts in short: a letter each, d(elivered), e(xisted), r(etry), s(et aside). */
const char *es_kit_items(uint32_t item_count);

#endif
