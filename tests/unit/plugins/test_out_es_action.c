#include "unit/plugins/es_kit.h"

#include <check.h>
#include <stdio.h>

static void tear_down(void)
{
    es_kit_close();
    clock_real();
}

static struct chunk *one(const char *json)
{
    return chunk_of_lines("kube.app", json);
}

/* ---- the index ---- */

#define EXPECT_INDEX(chunk, name, ...)                                                         \
    ES_EXPECT_BODY(chunk, "{\"create\":{\"_index\":\"" name "\"}}\n" ES_DOCUMENT, "stable_id", \
                   "off", __VA_ARGS__)

START_TEST(an_index_may_hold_the_date_of_the_record)
{
    EXPECT_INDEX(one("{\"a\":1}"), "app-2023.11.14-22", "index", "app-%Y.%m.%d-%H");
}
END_TEST

START_TEST(a_logstash_index_is_prefix_separator_and_date)
{
    EXPECT_INDEX(one("{\"a\":1}"), "logstash-2023.11.14", "logstash_format", "on");
    EXPECT_INDEX(one("{\"a\":1}"), "app_2023-11", "logstash_format", "on", "logstash_prefix", "app",
                 "logstash_prefix_separator", "_", "logstash_dateformat", "%Y-%m");
    EXPECT_INDEX(one("{\"a\":1}"), "app2023.11.14", "logstash_format", "on", "logstash_prefix",
                 "app", "logstash_prefix_separator", "", "index", "not-used");
}
END_TEST

START_TEST(the_date_is_that_of_each_record)
{
    struct chunk_maker *maker = chunk_maker_new();
    static const int64_t days[] = {19675, 19676, 19675, 0, -1};

    for (size_t i = 0; i < ARRAY_LEN(days); i++) {
        chunk_maker_record(maker)->time_ns = days[i] * 86400 * NS_PER_S + 1;
        chunk_maker_push(maker, "app");
    }
    ES_EXPECT_BODY(chunk_maker_seal(&maker),
                   "{\"create\":{\"_index\":\"l-2023.11.14\"}}\n"
                   "{\"@timestamp\":\"2023-11-14T00:00:00.000Z\"}\n"
                   "{\"create\":{\"_index\":\"l-2023.11.15\"}}\n"
                   "{\"@timestamp\":\"2023-11-15T00:00:00.000Z\"}\n"
                   "{\"create\":{\"_index\":\"l-2023.11.14\"}}\n"
                   "{\"@timestamp\":\"2023-11-14T00:00:00.000Z\"}\n"
                   "{\"create\":{\"_index\":\"l-1970.01.01\"}}\n"
                   "{\"@timestamp\":\"1970-01-01T00:00:00.000Z\"}\n"
                   "{\"create\":{\"_index\":\"l-1969.12.31\"}}\n"
                   "{\"@timestamp\":\"1969-12-31T00:00:00.000Z\"}\n",
                   "logstash_format", "on", "logstash_prefix", "l", "stable_id", "off");
}
END_TEST

/* The ends of what 64 bits of nanoseconds can say, which a line's own time may be. */
START_TEST(the_first_and_the_last_day_are_dates_too)
{
    struct chunk_maker *maker = chunk_maker_new();
    static const int64_t times[] = {INT64_MAX, INT64_MAX, 0, INT64_MIN};

    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        chunk_maker_record(maker)->time_ns = times[i];
        chunk_maker_push(maker, "app");
    }
    ES_EXPECT_BODY(chunk_maker_seal(&maker),
                   "{\"create\":{\"_index\":\"l-2262.04.11\"}}\n"
                   "{\"@timestamp\":\"2262-04-11T23:47:16.854Z\"}\n"
                   "{\"create\":{\"_index\":\"l-2262.04.11\"}}\n"
                   "{\"@timestamp\":\"2262-04-11T23:47:16.854Z\"}\n"
                   "{\"create\":{\"_index\":\"l-1970.01.01\"}}\n"
                   "{\"@timestamp\":\"1970-01-01T00:00:00.000Z\"}\n"
                   "{\"create\":{\"_index\":\"l-1677.09.21\"}}\n"
                   "{\"@timestamp\":\"1677-09-21T00:12:43.145Z\"}\n",
                   "logstash_format", "on", "logstash_prefix", "l", "stable_id", "off");
}
END_TEST

START_TEST(a_prefix_may_come_out_of_the_record)
{
    static const char *const keys[] = {"ns", "$ns"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        ES_EXPECT_BODY(one("{\"ns\":\"shop\"}\n{\"a\":1}\n"),
                       "{\"create\":{\"_index\":\"shop-2023.11.14\"}}\n"
                       "{" ES_TIME ",\"ns\":\"shop\"}\n"
                       "{\"create\":{\"_index\":\"other-2023.11.14\"}}\n"
                       "{\"@timestamp\":\"2023-11-14T22:13:21.123Z\",\"a\":1}\n",
                       "logstash_format", "on", "logstash_prefix", "other", "logstash_prefix_key",
                       keys[i], "stable_id", "off");
}
END_TEST

START_TEST(a_prefix_may_lie_deep_in_the_record)
{
    ES_EXPECT_BODY(one("{\"k\":{\"n\":\"shop\"}}"),
                   "{\"create\":{\"_index\":\"shop-2023.11.14\"}}\n{" ES_TIME
                   ",\"k\":{\"n\":\"shop\"}}\n",
                   "logstash_format", "on", "logstash_prefix_key", "$k['n']", "stable_id", "off");
}
END_TEST

START_TEST(a_prefix_may_be_of_the_tag)
{
    ES_EXPECT_BODY(one("{\"a\":\"x\"}"),
                   "{\"create\":{\"_index\":\"kube.x-2023.11.14\"}}\n{" ES_TIME ",\"a\":\"x\"}\n",
                   "logstash_format", "on", "logstash_prefix_key", "$TAG[0].$a", "stable_id",
                   "off");
}
END_TEST

/* What would break the action line, or is longer than 128 bytes, is not taken. */
START_TEST(an_unsound_prefix_is_left)
{
    char longest[129], too_long[130], *json;
    static const char *const values[] = {"a\\\"b", "a\\\\b", "a\\nb", "\\u0000", ""};

    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        es_kit_open("logstash_format", "on", "logstash_prefix_key", "p", "stable_id", "off", NULL);
        json = mem_format("{\"p\":\"%s\"}", values[i]);
        ck_assert_ptr_nonnull(
            strstr(es_kit_body(one(json)), "\"_index\":\"logstash-2023.11.14\"}}"));
        mem_free(json);
        es_kit_close();
    }
    memset(longest, 'x', 128);
    memset(too_long, 'x', 129);
    longest[128] = too_long[129] = '\0';
    es_kit_open("logstash_format", "on", "logstash_prefix_key", "p", "stable_id", "off", NULL);
    json = mem_format("{\"p\":\"%s\"}", longest);
    ck_assert_ptr_nonnull(strstr(es_kit_body(one(json)), "\"_index\":\"xxx"));
    mem_free(json);
    json = mem_format("{\"p\":\"%s\"}", too_long);
    ck_assert_ptr_nonnull(strstr(es_kit_body(one(json)), "\"_index\":\"logstash-"));
    mem_free(json);
}
END_TEST

START_TEST(a_prefix_that_is_not_utf8_is_mended)
{
    struct chunk_maker *maker = chunk_maker_new();

    record_add(chunk_maker_record(maker), SLICE("p"), value_text(SLICE("a\xff")));
    chunk_maker_push(maker, "app");
    ES_EXPECT_BODY(chunk_maker_seal(&maker),
                   "{\"create\":{\"_index\":\"a\xef\xbf\xbd-2023.11.14\"}}\n"
                   "{" ES_TIME ",\"p\":\"a\xef\xbf\xbd\"}\n",
                   "logstash_format", "on", "logstash_prefix_key", "p", "stable_id", "off");
}
END_TEST

START_TEST(an_index_may_hold_accessors)
{
    ES_EXPECT_BODY(one("{\"k\":{\"n\":\"shop\"}}\n{\"a\":1}\n"),
                   "{\"create\":{\"_index\":\"logs-shop-kube\"}}\n"
                   "{" ES_TIME ",\"k\":{\"n\":\"shop\"}}\n"
                   "{\"create\":{\"_index\":\"logs-$k['n']-$TAG[0]\"}}\n"
                   "{\"@timestamp\":\"2023-11-14T22:13:21.123Z\",\"a\":1}\n",
                   "index", "logs-$k['n']-$TAG[0]", "stable_id", "off");
}
END_TEST

START_TEST(what_the_configuration_says_is_escaped)
{
    ES_EXPECT_BODY(one("{\"a\":1}"),
                   "{\"create\":{\"_index\":\"a\\\"b\",\"_type\":\"c\\\\d\"}}\n"
                   "{\"t\\\"k\":\"2023-11-14T22:13:20.123Z\",\"g\\\"k\":\"kube.app\",\"a\":1}\n",
                   "index", "a\"b", "type", "c\\d", "suppress_type_name", "off", "time_key", "t\"k",
                   "tag_key", "g\"k", "include_tag_key", "on", "stable_id", "off");
}
END_TEST

START_TEST(the_time_of_sending_may_count_instead)
{
    clock_fake(0, INT64_C(1700092800) * NS_PER_S);
    ES_EXPECT_BODY(one("{\"a\":1}"),
                   "{\"create\":{\"_index\":\"logstash-2023.11.16\"}}\n"
                   "{\"@timestamp\":\"2023-11-16T00:00:00.000Z\",\"a\":1}\n",
                   "logstash_format", "on", "current_time_index", "on", "stable_id", "off");
}
END_TEST

/* ---- ids ---- */

static struct chunk *placed(uint64_t offset)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct record *record = chunk_maker_record(maker);
    struct chunk *chunk;

    record->offset = offset;
    record_add(record, SLICE("a"), value_int(1));
    chunk_maker_push(maker, "app");
    chunk = chunk_maker_seal(&maker);
    chunk->runs[0].origin->id = 0x123456789abcdef0;
    return chunk;
}

START_TEST(an_id_is_made_of_the_file_and_the_offset)
{
    ES_EXPECT_BODY(
        placed(0),
        "{\"create\":{\"_index\":\"fluent-bit\",\"_id\":\"VniavN7wAAAAAAAA\"}}\n" ES_DOCUMENT,
        "stable_id", "on");
    ES_EXPECT_BODY(
        placed(1),
        "{\"create\":{\"_index\":\"fluent-bit\",\"_id\":\"VniavN7wAAAAAAAB\"}}\n" ES_DOCUMENT,
        "index", "fluent-bit");
    ES_EXPECT_BODY(
        placed((UINT64_C(1) << 48) - 1),
        "{\"create\":{\"_index\":\"fluent-bit\",\"_id\":\"VniavN7w________\"}}\n" ES_DOCUMENT,
        "index", "fluent-bit");
}
END_TEST

START_TEST(a_record_without_a_place_has_no_id)
{
    struct chunk *chunk = placed(5);

    chunk->runs[0].origin->id = 0;
    ES_EXPECT_BODY(chunk, ES_CREATE ES_DOCUMENT, "stable_id", "on");
    ES_EXPECT_BODY(placed(RECORD_NO_OFFSET), ES_CREATE ES_DOCUMENT, "stable_id", "on");
}
END_TEST

static const char *id_in(const char *body)
{
    static char id[64];
    const char *at = strstr(body, "\"_id\":\"");

    if (at == NULL)
        return "";
    snprintf(id, sizeof id, "%.*s", (int)strcspn(at + 7, "\""), at + 7);
    return id;
}

START_TEST(an_id_may_be_made_of_the_content)
{
    char first[64];

    es_kit_open("generate_id", "on", NULL);
    snprintf(first, sizeof first, "%s", id_in(es_kit_body(one("{\"a\":1}"))));
    ck_assert_uint_eq(strlen(first), 36);
    for (size_t i = 0; i < 36; i++)
        ck_assert_int_eq(first[i] == '-', i == 8 || i == 13 || i == 18 || i == 23);
    ck_assert_str_eq(id_in(es_kit_body(one("{\"a\":1}"))), first);
    ck_assert_str_ne(id_in(es_kit_body(one("{\"a\":2}"))), first);
    ck_assert_str_eq(id_in(es_kit_body(placed(3))), id_in(es_kit_body(placed(4))));
}
END_TEST

/* {"a":"x","b":"y"}, its members texts. */
static struct chunk *of_texts(void)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct record *record = chunk_maker_record(maker);

    record_add(record, SLICE("a"), value_text(SLICE("x")));
    record_add(record, SLICE("b"), value_text(SLICE("y")));
    chunk_maker_push(maker, "app");
    return chunk_maker_seal(&maker);
}

START_TEST(equal_contents_have_one_id_however_they_lie_in_the_chunk)
{
    char first[64];

    es_kit_open("generate_id", "on", NULL);
    snprintf(first, sizeof first, "%s", id_in(es_kit_body(of_texts())));
    ck_assert_str_eq(id_in(es_kit_body(one("{\"a\":\"x\",\"b\":\"y\"}"))), first);
}
END_TEST

START_TEST(an_id_may_come_out_of_the_record)
{
    es_kit_open("id_key", "$k['id']", "generate_id", "on", NULL);
    ck_assert_str_eq(id_in(es_kit_body(one("{\"k\":{\"id\":\"x-1\"}}"))), "x-1");
    ck_assert_ptr_nonnull(
        strstr(es_kit_body(one("{\"k\":{\"id\":\"q\\\"\\n\"}}")), "\"_id\":\"q\\\"\\n\"}}\n"));
}
END_TEST

/* No id, none that is a string, none that a back-end would take: the next way to one is tried. */
START_TEST(a_record_without_the_id_key_gets_the_next_best_id)
{
    char *too_long = mem_format("{\"i\":\"%0513d\"}", 0),
         *longest = mem_format("{\"i\":\"%0512d\"}", 0);

    es_kit_open("id_key", "i", "stable_id", "off", NULL);
    ck_assert_str_eq(id_in(es_kit_body(one("{\"a\":1}"))), "");
    ck_assert_str_eq(id_in(es_kit_body(one("{\"i\":7}"))), "");
    ck_assert_str_eq(id_in(es_kit_body(one("{\"i\":\"\"}"))), "");
    ck_assert_str_eq(id_in(es_kit_body(one(too_long))), "");
    ck_assert_str_ne(id_in(es_kit_body(one(longest))), "");
    es_kit_close();
    es_kit_open("id_key", "i", NULL);
    ck_assert_str_eq(id_in(es_kit_body(placed(0))), "VniavN7wAAAAAAAA");
    es_kit_close();
    es_kit_open("id_key", "i", "generate_id", "on", NULL);
    ck_assert_uint_eq(strlen(id_in(es_kit_body(placed(0)))), 36);
    mem_free(too_long);
    mem_free(longest);
}
END_TEST

/* The place is no id of a document that is there already. */
START_TEST(an_update_without_an_id_is_skipped)
{
    static const char *const operations[] = {"update", "upsert"};

    for (size_t i = 0; i < ARRAY_LEN(operations); i++) {
        es_kit_open("write_operation", operations[i], "id_key", "i", NULL);
        ck_assert_str_eq(id_in(es_kit_body(one("{\"a\":1}\n{\"i\":\"x\"}\n{\"i\":9}\n"))), "x");
        ck_assert_uint_eq(es_kit.states[0], RECORD_SKIPPED);
        ck_assert_uint_eq(es_kit.states[1], RECORD_WAITING);
        ck_assert_uint_eq(es_kit.states[2], RECORD_SKIPPED);
        ck_assert_uint_eq(es_kit.request.body.len, strlen(es_kit.request.body.data));
        ck_assert_str_eq(es_kit_body(placed(7)), "");
        ck_assert_uint_eq(es_kit.states[0], RECORD_SKIPPED);
        es_kit_close();
    }
}
END_TEST

Suite *suite_plugins_out_es_action(void);

Suite *suite_plugins_out_es_action(void)
{
    Suite *suite = suite_create("plugins/out_es/action");
    TCase *action = tcase_create("action");

    tcase_add_checked_fixture(action, NULL, tear_down);
    tcase_add_test(action, an_index_may_hold_the_date_of_the_record);
    tcase_add_test(action, a_logstash_index_is_prefix_separator_and_date);
    tcase_add_test(action, the_date_is_that_of_each_record);
    tcase_add_test(action, the_first_and_the_last_day_are_dates_too);
    tcase_add_test(action, a_prefix_may_come_out_of_the_record);
    tcase_add_test(action, a_prefix_may_lie_deep_in_the_record);
    tcase_add_test(action, a_prefix_may_be_of_the_tag);
    tcase_add_test(action, an_unsound_prefix_is_left);
    tcase_add_test(action, a_prefix_that_is_not_utf8_is_mended);
    tcase_add_test(action, an_index_may_hold_accessors);
    tcase_add_test(action, what_the_configuration_says_is_escaped);
    tcase_add_test(action, the_time_of_sending_may_count_instead);
    tcase_add_test(action, an_id_is_made_of_the_file_and_the_offset);
    tcase_add_test(action, a_record_without_a_place_has_no_id);
    tcase_add_test(action, an_id_may_be_made_of_the_content);
    tcase_add_test(action, equal_contents_have_one_id_however_they_lie_in_the_chunk);
    tcase_add_test(action, an_id_may_come_out_of_the_record);
    tcase_add_test(action, a_record_without_the_id_key_gets_the_next_best_id);
    tcase_add_test(action, an_update_without_an_id_is_skipped);
    suite_add_tcase(suite, action);
    return suite;
}
