#include "kit/parser.h"
#include "record/unescape.h"

#include <check.h>

/* A json parser with these rules. */
#define RULES(...)                                 \
    rules((struct decoder_setting[]){__VA_ARGS__}, \
          sizeof((struct decoder_setting[]){__VA_ARGS__}) / sizeof(struct decoder_setting))
#define ADD(text)            \
    (struct decoder_setting) \
    {                        \
        (text), {0}, false   \
    }
#define REPLACE(text)        \
    (struct decoder_setting) \
    {                        \
        (text), {0}, true    \
    }

static struct parser_settings settings;

static const struct parser_settings *rules(const struct decoder_setting *decoders, size_t count)
{
    static struct decoder_setting kept[DECODER_RULES_MAX + 1];

    ck_assert_uint_le(count, ARRAY_LEN(kept));
    memcpy(kept, decoders, count * sizeof *decoders);
    settings = parser_settings_default();
    settings.name = "p";
    settings.format = "json";
    settings.decoders = kept;
    settings.decoder_count = count;
    return &settings;
}

static void expect(const struct parser_settings *s, const char *text, const char *json)
{
    struct kit_parsed got = kit_parser_once(s, text);

    ck_assert_int_ge(got.rc, 0);
    ck_assert_str_eq(got.json, json);
}

static void expect_report(const struct parser_settings *s, const char *part)
{
    const char *report = kit_parser_report(s);

    ck_assert_msg(strstr(report, part) != NULL, "\"%s\" is not in: %s", part, report);
}

START_TEST(a_decoded_object_takes_the_fields_place)
{
    expect(RULES(REPLACE("json log")), "{\"log\":\"{\\\"a\\\":1}\",\"b\":2}",
           "{\"log\":{\"a\":1},\"b\":2}");
}
END_TEST

START_TEST(a_decoded_object_is_added_at_the_end)
{
    expect(RULES(ADD("json log")), "{\"log\":\"{\\\"a\\\":1,\\\"c\\\":[]}\",\"b\":2}",
           "{\"log\":\"{\\\"a\\\":1,\\\"c\\\":[]}\",\"b\":2,\"a\":1,\"c\":[]}");
}
END_TEST

START_TEST(what_is_no_object_stays)
{
    expect(RULES(REPLACE("json log")), "{\"log\":\"[1]\"}", "{\"log\":\"[1]\"}");
    expect(RULES(REPLACE("json log")), "{\"log\":\"text\"}", "{\"log\":\"text\"}");
    expect(RULES(REPLACE("json log")), "{\"log\":12}", "{\"log\":12}");
    expect(RULES(REPLACE("json log")), "{\"log\":{\"a\":1}}", "{\"log\":{\"a\":1}}");
    expect(RULES(REPLACE("json log")), "{\"other\":\"{}\"}", "{\"other\":\"{}\"}");
}
END_TEST

START_TEST(a_decoded_object_is_repaired)
{
    expect(RULES(REPLACE("json log")), "{\"log\":\"{\\\"a\\\":1,\\n\\\"a\\\":2}\"}",
           "{\"log\":{\"a\":2}}");
}
END_TEST

/* The stanza that is found most often: the container's text was escaped twice. */
START_TEST(a_text_is_unescaped_then_decoded)
{
    const struct parser_settings *s =
        RULES(REPLACE("escaped_utf8 log do_next"), REPLACE("json log"));

    expect(s, "{\"log\":\"{\\\\\\\"a\\\\\\\":\\\\\\\"x\\\\\\\"}\"}", "{\"log\":{\"a\":\"x\"}}");
    expect(s, "{\"log\":\"one\\\\ttwo\"}", "{\"log\":\"one\\ttwo\"}");
}
END_TEST

START_TEST(try_next_goes_on_after_a_failure_only)
{
    const struct parser_settings *s = RULES(REPLACE("json log try_next"), REPLACE("escaped log"));

    expect(s, "{\"log\":\"a\\\\tb\"}", "{\"log\":\"a\\tb\"}");
    expect(s, "{\"log\":\"{\\\"a\\\":\\\"\\\\\\\\t\\\"}\"}", "{\"log\":{\"a\":\"\\\\t\"}}");
}
END_TEST

START_TEST(without_an_action_nothing_comes_after)
{
    const struct parser_settings *s = RULES(REPLACE("json log"), REPLACE("escaped log"));

    expect(s, "{\"log\":\"a\\\\tb\"}", "{\"log\":\"a\\\\tb\"}");
}
END_TEST

START_TEST(each_field_has_rules_of_its_own)
{
    expect(RULES(REPLACE("json a"), REPLACE("escaped b"), REPLACE("json c")),
           "{\"a\":\"{}\",\"b\":\"\\\\n\",\"c\":\"{\\\"x\\\":1}\"}",
           "{\"a\":{},\"b\":\"\\n\",\"c\":{\"x\":1}}");
}
END_TEST

START_TEST(added_fields_are_not_decoded_again)
{
    expect(RULES(ADD("json a"), REPLACE("json b")), "{\"a\":\"{\\\"b\\\":\\\"{}\\\"}\"}",
           "{\"a\":\"{\\\"b\\\":\\\"{}\\\"}\",\"b\":\"{}\"}");
}
END_TEST

START_TEST(the_time_is_read_after_decoding)
{
    const struct parser_settings *s = RULES(ADD("json log"));
    struct kit_parsed got;

    settings.time.format = "%s";
    got = kit_parser_once(s, "{\"log\":\"{\\\"time\\\":\\\"3\\\"}\",\"x\":1}");
    ck_assert_int_eq(got.rc, PARSER_TIME);
    ck_assert_int_eq(got.time_ns, INT64_C(3000000000));
    ck_assert_str_eq(got.json, "{\"log\":\"{\\\"time\\\":\\\"3\\\"}\",\"x\":1}");
}
END_TEST

START_TEST(other_formats_decode_too)
{
    const struct parser_settings *s = RULES(REPLACE("json doc"));

    settings.format = "regex";
    settings.regex = "^(?<doc>.*)$";
    expect(s, "{\"a\":1}", "{\"doc\":{\"a\":1}}");
    settings.format = "ltsv";
    expect(s, "doc:{\"a\":1}\tx:y", "{\"doc\":{\"a\":1},\"x\":\"y\"}");
}
END_TEST

START_TEST(mistakes_are_told)
{
    static const struct decoder_setting many[DECODER_RULES_MAX + 1];

    expect_report(RULES(REPLACE("jsn log")), "no decoder \"jsn\"; did you mean \"json\"?");
    expect_report(RULES(REPLACE("json log do_nxt")),
                  "no action \"do_nxt\"; did you mean \"do_next\"?");
    expect_report(RULES(REPLACE("json")), "a decoder and a field");
    expect_report(RULES(REPLACE("")), "a decoder and a field");
    expect_report(RULES(ADD("escaped log")), "changes nothing");
    expect_report(rules(many, ARRAY_LEN(many)), "more than 64");
}
END_TEST

START_TEST(blanks_between_the_words_do_not_matter)
{
    expect(RULES(REPLACE("  JSON \t log  ")), "{\"log\":\"{}\"}", "{\"log\":{}}");
}
END_TEST

/* ---- the decoders of text ---- */

typedef struct slice unescape_fn(struct slice text, struct arena *arena);

static void expect_text(unescape_fn *unescape, const char *text, struct slice plain)
{
    struct arena arena = {0};
    struct slice got = unescape(slice_of(text), &arena);

    ck_assert_msg(slice_equal(got, plain), "%s: %.*s", text, SLICE_ARG(got));
    arena_fini(&arena);
}

START_TEST(letters_after_a_backslash_are_decoded)
{
    expect_text(unescape_plain, "", SLICE(""));
    expect_text(unescape_plain, "plain", SLICE("plain"));
    expect_text(unescape_plain, "\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\'\\/",
                SLICE("\a\b\f\n\r\t\v\\\"'/"));
    expect_text(unescape_plain, "\\q\\u0041\\", SLICE("\\q\\u0041\\"));
    expect_text(unescape_plain, "\\\\n", SLICE("\\n"));
}
END_TEST

START_TEST(characters_by_number_are_decoded)
{
    expect_text(unescape_utf8, "\\u00e9\\u20ac", SLICE("\xc3\xa9\xe2\x82\xac"));
    expect_text(unescape_utf8, "\\ud83d\\ude00", SLICE("\xf0\x9f\x98\x80"));
    expect_text(unescape_utf8, "\\U0001F600", SLICE("\xf0\x9f\x98\x80"));
    expect_text(unescape_utf8, "\\ud83dx\\ude00", SLICE("\xef\xbf\xbdx\xef\xbf\xbd"));
    expect_text(unescape_utf8, "\\ud83d\\u0041",
                SLICE("\xef\xbf\xbd"
                      "A"));
    expect_text(unescape_utf8, "\\Uffffffff", SLICE("\xef\xbf\xbd"));
    expect_text(unescape_utf8, "\\x41\\101\\0", SLICE("AA\0"));
    expect_text(unescape_utf8, "\\xe2\\x82\\xac", SLICE("\xe2\x82\xac"));
    expect_text(unescape_utf8, "\\u12\\x\\8\\777\\", SLICE("\\u12\\x\\8\\777\\"));
    expect_text(unescape_utf8, "\\n\\\"", SLICE("\n\""));
}
END_TEST

START_TEST(quotes_of_mysql_are_taken_off)
{
    expect_text(unescape_mysql, "'it\\'s'", SLICE("it's"));
    expect_text(unescape_mysql, "'it''s'", SLICE("it''s"));
    expect_text(unescape_mysql, "'C:\\bin\\q'", SLICE("C:\\bin\\q"));
    expect_text(unescape_mysql, "\"say \\\"it\\\"\"", SLICE("say \"it\""));
    expect_text(unescape_mysql, "'\\0\\Z\\n\\'\\\\'", SLICE("\0\x1a\n'\\"));
    expect_text(unescape_mysql, "'", SLICE("'"));
    expect_text(unescape_mysql, "''", SLICE(""));
    expect_text(unescape_mysql, "'open", SLICE("'open"));
    expect_text(unescape_mysql, "bare\\n", SLICE("bare\\n"));
    expect_text(unescape_mysql, "", SLICE(""));
}
END_TEST

Suite *suite_record_decoder(void)
{
    Suite *suite = suite_create("record/decoder");
    TCase *rules_case = tcase_create("rules"), *text = tcase_create("text");

    tcase_add_test(rules_case, a_decoded_object_takes_the_fields_place);
    tcase_add_test(rules_case, a_decoded_object_is_added_at_the_end);
    tcase_add_test(rules_case, what_is_no_object_stays);
    tcase_add_test(rules_case, a_decoded_object_is_repaired);
    tcase_add_test(rules_case, a_text_is_unescaped_then_decoded);
    tcase_add_test(rules_case, try_next_goes_on_after_a_failure_only);
    tcase_add_test(rules_case, without_an_action_nothing_comes_after);
    tcase_add_test(rules_case, each_field_has_rules_of_its_own);
    tcase_add_test(rules_case, added_fields_are_not_decoded_again);
    tcase_add_test(rules_case, the_time_is_read_after_decoding);
    tcase_add_test(rules_case, other_formats_decode_too);
    tcase_add_test(rules_case, mistakes_are_told);
    tcase_add_test(rules_case, blanks_between_the_words_do_not_matter);
    suite_add_tcase(suite, rules_case);
    tcase_add_test(text, letters_after_a_backslash_are_decoded);
    tcase_add_test(text, characters_by_number_are_decoded);
    tcase_add_test(text, quotes_of_mysql_are_taken_off);
    suite_add_tcase(suite, text);
    return suite;
}
