#include "unit/plugins/es_kit.h"

#include <check.h>
#include <stdio.h>

/* What a document is written as when it was refused as it was. */

#define CONFLICT \
    "status 400: document_parsing_exception: [1:9] failed to parse field [a] of type [long]"

static struct chunk *chunk;

static void tear_down(void)
{
    chunk_unref(&chunk);
    es_kit_close();
}

/* The document of the chunk's only record, refused for this reason; until the next call. */
static const char *document(const char *reason)
{
    struct batch batch = {.chunk = chunk, .count = chunk->record_count};
    const char *line;

    ck_assert(batch_refuse(&batch, 0, (struct refusal){mem_text(reason), 400, 0}, true));
    batch_rewind(&batch);
    http_request_fini(&es_kit.request);
    ck_assert_int_eq(out_es.encode(es_kit.es, &batch, &es_kit.request), 0);
    batch_fini(&batch);
    line = strchr(buffer_text(&es_kit.request.body), '\n');
    ck_assert_ptr_nonnull(line);
    return line + 1;
}

static const char *text_of(const char *object, const char *reason)
{
    if (es_kit.es == NULL)
        es_kit_open("index", "logs", NULL);
    chunk_unref(&chunk);
    chunk = chunk_of_lines("app", object);
    return document(reason);
}

/* Which field has the text. */
static const char *key_of(const char *object, const char *reason)
{
    static char key[64];
    const char *text = text_of(object, reason) + strlen("{" ES_TIME ",\"");

    (void)snprintf(key, sizeof key, "%.*s", (int)strcspn(text, "\""), text);
    return key;
}

START_TEST(the_record_is_one_text_and_the_reason_stands_beside_it)
{
    ck_assert_str_eq(text_of("{\"a\":\"x\\n\",\"b\":[1.50]}\n", CONFLICT),
                     "{" ES_TIME ",\"log\":\"{\\\"a\\\":\\\"x\\\\n\\\",\\\"b\\\":[1.50]}\","
                     "\"refused_reason\":\"" CONFLICT "\"}\n");
}
END_TEST

START_TEST(its_own_time_is_only_text_then)
{
    ck_assert_str_eq(text_of("{\"@timestamp\":\"no date\"}\n", "so"),
                     "{" ES_TIME ",\"log\":\"{\\\"@timestamp\\\":\\\"no date\\\"}\","
                     "\"refused_reason\":\"so\"}\n");
}
END_TEST

START_TEST(the_tag_and_the_keys_are_as_configured)
{
    es_kit_open("include_tag_key", "on", "refused_text_key", "raw", "refused_reason_key", "why",
                NULL);
    ck_assert_str_eq(text_of("{\"a\":1}\n", "so"),
                     "{" ES_TIME
                     ",\"flb-key\":\"app\",\"raw\":\"{\\\"a\\\":1}\",\"why\":\"so\"}\n");
}
END_TEST

START_TEST(it_goes_under_the_same_id)
{
    char first[200];

    es_kit_open("index", "logs", NULL);
    (void)snprintf(first, sizeof first, "%s", es_kit_body(chunk_of_lines("app", "{\"a\":1}\n")));
    *strchr(first, '\n') = '\0';
    (void)text_of("{\"a\":1}\n", "so");
    ck_assert_int_eq(strncmp(buffer_text(&es_kit.request.body), first, strlen(first)), 0);
}
END_TEST

START_TEST(the_text_goes_where_the_record_has_text)
{
    ck_assert_str_eq(key_of("{\"a\":1}\n", CONFLICT), "log");
    ck_assert_str_eq(key_of("{\"a\":1,\"log\":\"x\"}\n", CONFLICT), "log");
    ck_assert_str_eq(key_of("{\"a\":1,\"message\":\"x\"}\n", CONFLICT), "message");
    ck_assert_str_eq(key_of("{\"log\":{\"level\":1},\"a\":2}\n", CONFLICT), "message");
    ck_assert_str_eq(key_of("{\"log\":7}\n", CONFLICT), "message");
}
END_TEST

START_TEST(the_text_does_not_go_where_the_conflict_is)
{
    ck_assert_str_eq(key_of("{\"log\":\"x\"}\n", "object mapping for [log] tried to parse"),
                     "message");
    ck_assert_str_eq(key_of("{\"log\":\"x\"}\n", "failed to parse field [log.level] of"),
                     "message");
    ck_assert_str_eq(key_of("{\"log\":\"x\"}\n", "failed to parse field [logs] of"), "log");
    ck_assert_str_eq(key_of("{\"log\":{},\"message\":\"x\"}\n", "mapping for [message] tried"),
                     "refused_text");
    ck_assert_str_eq(key_of("{\"log\":\"x\"}\n", "immense term in field=\"log\" (whose"),
                     "message");
    ck_assert_str_eq(key_of("{\"log\":\"x\"}\n", "log"), "log");
    ck_assert_str_eq(key_of("{\"log\":\"x\"}\n", "ends in [log"), "log");
    ck_assert_str_eq(key_of("{\"log\":\"x\"}\n", "["), "log");
    ck_assert_str_eq(key_of("{\"log\":\"x\"}\n", ""), "log");
}
END_TEST

START_TEST(where_no_field_may_be_new_the_reason_is_in_the_text)
{
    ck_assert_str_eq(text_of("{\"a\":1}\n", "Limit of total fields [1000] has been exceeded"),
                     "{" ES_TIME
                     ",\"log\":\"[refused: Limit of total fields [1000] has been exceeded] "
                     "{\\\"a\\\":1}\"}\n");
    ck_assert_ptr_null(
        strstr(text_of("{\"a\":1}\n", "status 400: strict_dynamic_mapping_exception: no"),
               "refused_reason"));
}
END_TEST

START_TEST(what_was_said_of_the_first_text_counts_too)
{
    ck_assert_str_eq(key_of("{\"a\":1}\n", CONFLICT "; as text: object mapping for [log] tried"),
                     "message");
    ck_assert_str_eq(key_of("{\"log\":{}}\n",
                            "strict_dynamic_mapping_exception: introduction of [a]; "
                            "as text: introduction of [message]"),
                     "log");
    ck_assert_ptr_null(
        strstr(text_of("{\"a\":1}\n", CONFLICT "; as text: Limit of total fields [9]"),
               "\"refused_reason\""));
}
END_TEST

START_TEST(a_long_reason_is_cut_between_characters)
{
    char *reason = mem_format("%0511d\xc3\xa4", 0), *expected;

    expected = mem_format("\"refused_reason\":\"%0511d\"}\n", 0);
    ck_assert_ptr_nonnull(strstr(text_of("{\"a\":1}\n", reason), expected));
    mem_free(reason);
    mem_free(expected);
}
END_TEST

START_TEST(only_what_was_refused_is_text)
{
    struct batch batch;

    es_kit_open("index", "logs", NULL);
    chunk = chunk_of_lines("app", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    batch = (struct batch){.chunk = chunk, .count = 3};
    ck_assert(batch_refuse(&batch, 1, (struct refusal){mem_text("so"), 400, 0}, true));
    batch_rewind(&batch);
    ck_assert_int_eq(out_es.encode(es_kit.es, &batch, &es_kit.request), 0);
    batch_fini(&batch);
    ck_assert_ptr_nonnull(strstr(buffer_text(&es_kit.request.body), ",\"a\":1}\n"));
    ck_assert_ptr_nonnull(strstr(es_kit.request.body.data, "\"log\":\"{\\\"a\\\":2}\""));
    ck_assert_ptr_nonnull(strstr(es_kit.request.body.data, ",\"a\":3}\n"));
}
END_TEST

Suite *suite_plugins_out_es_text(void);

Suite *suite_plugins_out_es_text(void)
{
    Suite *suite = suite_create("plugins/out_es_text");
    TCase *text = tcase_create("text");

    tcase_add_checked_fixture(text, NULL, tear_down);
    tcase_add_test(text, the_record_is_one_text_and_the_reason_stands_beside_it);
    tcase_add_test(text, its_own_time_is_only_text_then);
    tcase_add_test(text, the_tag_and_the_keys_are_as_configured);
    tcase_add_test(text, it_goes_under_the_same_id);
    tcase_add_test(text, the_text_goes_where_the_record_has_text);
    tcase_add_test(text, the_text_does_not_go_where_the_conflict_is);
    tcase_add_test(text, where_no_field_may_be_new_the_reason_is_in_the_text);
    tcase_add_test(text, what_was_said_of_the_first_text_counts_too);
    tcase_add_test(text, a_long_reason_is_cut_between_characters);
    tcase_add_test(text, only_what_was_refused_is_text);
    suite_add_tcase(suite, text);
    return suite;
}
