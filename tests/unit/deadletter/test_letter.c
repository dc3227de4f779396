#include "deadletter/letter.h"

#include <check.h>

static struct arena arena;
static struct buffer out;

static void tear_down(void)
{
    arena_fini(&arena);
    buffer_fini(&out);
}

static struct dead_letter sample(void)
{
    return (struct dead_letter){
        .set_aside_ns = INT64_C(1700000000123456789),
        .output = SLICE("es.0"),
        .status = 400,
        .reason = SLICE("mapping \"a\""),
        .tag = SLICE("kube.app"),
        .file = SLICE("/var/log/app.log"),
        .stream = 0xf1a2b3c4d5e6f7,
        .offset = 1234,
        .time_ns = INT64_C(1700000000000000001),
        .record = SLICE("{\"a\":1.50}"),
    };
}

#define SAMPLE                                                                       \
    "{\"version\":1,\"set_aside\":\"2023-11-14T22:13:20.123Z\",\"output\":\"es.0\"," \
    "\"status\":400,\"reason\":\"mapping \\\"a\\\"\",\"tag\":\"kube.app\","          \
    "\"file\":\"/var/log/app.log\",\"stream\":\"00f1a2b3c4d5e6f7\",\"offset\":1234," \
    "\"time\":\"2023-11-14T22:13:20.000000001Z\",\"record\":{\"a\":1.50}}"

START_TEST(a_letter_is_one_line_of_json)
{
    struct dead_letter letter = sample();

    letter_write(&letter, &out);
    ck_assert_str_eq(buffer_text(&out), SAMPLE "\n");
}
END_TEST

START_TEST(what_was_written_is_read_again)
{
    struct dead_letter letter;

    ck_assert_int_eq(letter_read(SLICE(SAMPLE), &arena, &letter), LETTER_SOUND);
    ck_assert(slice_is(letter.output, "es.0"));
    ck_assert_uint_eq(letter.status, 400);
    ck_assert(slice_is(letter.reason, "mapping \"a\""));
    ck_assert(slice_is(letter.tag, "kube.app"));
    ck_assert(slice_is(letter.file, "/var/log/app.log"));
    ck_assert_uint_eq(letter.stream, 0xf1a2b3c4d5e6f7);
    ck_assert_uint_eq(letter.offset, 1234);
    ck_assert_int_eq(letter.time_ns, INT64_C(1700000000000000001));
    ck_assert(slice_is(letter.record, "{\"a\":1.50}"));
    ck_assert_uint_eq(letter.metadata.len, 0);
}
END_TEST

START_TEST(the_largest_offset_comes_back)
{
    struct dead_letter letter = sample();

    letter.offset = UINT64_MAX;
    letter.stream = UINT64_MAX;
    letter.file = (struct slice){0};
    letter_write(&letter, &out);
    ck_assert_int_eq(letter_read(buffer_view(&out), &arena, &letter), LETTER_SOUND);
    ck_assert_uint_eq(letter.offset, UINT64_MAX);
    ck_assert_uint_eq(letter.stream, UINT64_MAX);
    ck_assert_uint_eq(letter.file.len, 0);
}
END_TEST

/* A record as deep as there may be, and a field of it. */
START_TEST(the_deepest_record_comes_back)
{
    struct dead_letter letter = sample();
    struct buffer deep = {0};

    buffer_append_text(&deep, "{\"field\":");
    for (unsigned i = 0; i < JSON_DEPTH_MAX; i++)
        buffer_append_text(&deep, "{\"a\":");
    buffer_append_byte(&deep, '1');
    for (unsigned i = 0; i <= JSON_DEPTH_MAX; i++)
        buffer_append_byte(&deep, '}');
    letter.record = buffer_view(&deep);
    letter_write(&letter, &out);
    ck_assert_int_eq(letter_read(buffer_view(&out), &arena, &letter), LETTER_SOUND);
    ck_assert(slice_equal(letter.record, buffer_view(&deep)));
    buffer_fini(&deep);
}
END_TEST

/* Every beginning of a line is one that a crash may leave. */
START_TEST(half_a_letter_is_torn)
{
    struct dead_letter letter;

    for (size_t len = 0; len < sizeof SAMPLE - 1; len++)
        ck_assert_int_eq(letter_read(slice_make(SAMPLE, len), &arena, &letter), LETTER_TORN);
}
END_TEST

START_TEST(other_json_is_no_letter)
{
    static const char *const lines[] = {
        "{}",
        "{\"version\":0}",
        "{\"version\":-1}",
        "{\"version\":1}",
        "{\"version\":\"1\"}",
        "{\"version\":1.5}",
        "{\"version\":99999999999999999999}",
    };
    struct dead_letter letter;

    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        ck_assert_msg(letter_read(slice_of(lines[i]), &arena, &letter) == LETTER_ODD, "%s",
                      lines[i]);
}
END_TEST

START_TEST(a_letter_that_lacks_something_is_odd)
{
    static const char *const keys[] = {"set_aside", "output", "status", "reason", "tag",
                                       "stream",    "offset", "time",   "record"};
    struct dead_letter letter;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        char line[sizeof SAMPLE] = SAMPLE;
        char *at = strstr(line, keys[i]);

        *at = 'X';
        ck_assert_msg(letter_read(slice_of(line), &arena, &letter) == LETTER_ODD, "%s", line);
    }
}
END_TEST

START_TEST(a_letter_of_a_later_version_is_known_as_one)
{
    struct dead_letter letter;

    ck_assert_int_eq(letter_read(SLICE("{\"version\":2,\"new\":true}"), &arena, &letter),
                     LETTER_NEWER);
    ck_assert_str_eq(letter_fault_name(LETTER_NEWER), "is of a newer version of tailrace");
}
END_TEST

START_TEST(a_long_reason_is_cut)
{
    struct dead_letter letter = sample();
    char reason[3000];

    memset(reason, 'x', sizeof reason);
    letter.reason = slice_make(reason, sizeof reason);
    letter_write(&letter, &out);
    ck_assert_int_eq(letter_read(buffer_view(&out), &arena, &letter), LETTER_SOUND);
    ck_assert_uint_eq(letter.reason.len, LETTER_REASON_BYTES_MAX);
}
END_TEST

static void expect_back(struct slice text, bool is_odd)
{
    struct buffer written = {0};
    struct json_scanner scanner;

    ck_assert_int_eq(letter_escape(text, &written), is_odd);
    json_scanner_init(&scanner);
    ck_assert_int_eq(json_check_value(&scanner, buffer_view(&written), NULL), 0);
    json_scanner_fini(&scanner);
    ck_assert(slice_equal(letter_unescape(buffer_view(&written), &arena), text));
    buffer_fini(&written);
}

START_TEST(every_byte_comes_back)
{
    char bytes[256 * 2];

    for (unsigned i = 0; i < 256; i++) {
        char one = (char)i;

        bytes[2 * i] = 'a';
        bytes[2 * i + 1] = one;
        expect_back(slice_make(&one, 1), i >= 0x80);
    }
    expect_back(slice_make(bytes, sizeof bytes), true);
    expect_back(SLICE(""), false);
    expect_back(SLICE("gr\xc3\xbc\xc3\x9f"
                      "e \"\\u0041\" \\udc80"),
                false);
    expect_back(SLICE("\xed\xb2\x80 \xf0\x9f\x98\x80 \xf0\x9f"), true);
    ck_assert(letter_escape(SLICE("a\xff"), &out));
    ck_assert_str_eq(buffer_text(&out), "\"a\\udcff\"");
}
END_TEST

START_TEST(escaped_fields_are_named)
{
    struct dead_letter letter = {.escaped = SLICE("[\"log\",\"a\\udcff\"]")};

    ck_assert(letter_is_escaped(&letter, SLICE("log")));
    ck_assert(letter_is_escaped(&letter, SLICE("a\\udcff")));
    ck_assert(!letter_is_escaped(&letter, SLICE("lo")));
    letter.escaped = (struct slice){0};
    ck_assert(!letter_is_escaped(&letter, SLICE("log")));
}
END_TEST

Suite *suite_deadletter_letter(void);

Suite *suite_deadletter_letter(void)
{
    Suite *suite = suite_create("deadletter/letter");
    TCase *tc = tcase_create("letter");

    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_add_test(tc, a_letter_is_one_line_of_json);
    tcase_add_test(tc, what_was_written_is_read_again);
    tcase_add_test(tc, the_largest_offset_comes_back);
    tcase_add_test(tc, the_deepest_record_comes_back);
    tcase_add_test(tc, half_a_letter_is_torn);
    tcase_add_test(tc, other_json_is_no_letter);
    tcase_add_test(tc, a_letter_that_lacks_something_is_odd);
    tcase_add_test(tc, a_letter_of_a_later_version_is_known_as_one);
    tcase_add_test(tc, a_long_reason_is_cut);
    tcase_add_test(tc, every_byte_comes_back);
    tcase_add_test(tc, escaped_fields_are_named);
    suite_add_tcase(suite, tc);
    return suite;
}
