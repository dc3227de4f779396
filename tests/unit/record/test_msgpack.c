#include "record/msgpack.h"

#include "kit/record.h"
#include "record/json_write.h"

#include <check.h>
#include <errno.h>
#include <math.h>

static struct arena arena;

static void set_up(void)
{
    arena_init(&arena);
}

static void tear_down(void)
{
    arena_fini(&arena);
}

#define BYTES(literal) slice_make("" literal, sizeof(literal) - 1)

static const char *shown(struct slice msgpack)
{
    struct value value = value_msgpack(msgpack);

    return kit_value_text(&value, &arena);
}

START_TEST(json_becomes_msgpack_and_json_again)
{
    static const char *const texts[] = {
        "null",
        "true",
        "[false,0,-1,127,128,-129,65536,4294967296]",
        "[9223372036854775807,-9223372036854775808,18446744073709551615]",
        "[1.5,-0.25,1e+300,3.0]",
        "{\"a\":{},\"b\":[],\"c\":\"x\\n\\\"\\\\\\t\\u0001\"}",
        "\"\xc3\xa9\xf0\x9f\x98\x80\"",
    };

    ck_assert_str_eq(shown(kit_msgpack(texts[_i], &arena)), texts[_i]);
}
END_TEST

START_TEST(numbers_keep_their_kind)
{
    ck_assert(slice_equal(kit_msgpack("1", &arena), BYTES("\x01")));
    ck_assert(slice_equal(kit_msgpack("-1", &arena), BYTES("\xff")));
    ck_assert(slice_equal(kit_msgpack("1.0", &arena), BYTES("\xcb\x3f\xf0\0\0\0\0\0\0")));
    ck_assert(slice_equal(kit_msgpack("1e0", &arena), BYTES("\xcb\x3f\xf0\0\0\0\0\0\0")));
    ck_assert(slice_equal(kit_msgpack("18446744073709551615", &arena),
                          BYTES("\xcf\xff\xff\xff\xff\xff\xff\xff\xff")));
}
END_TEST

START_TEST(blanks_between_tokens_are_read_over)
{
    ck_assert_str_eq(shown(kit_msgpack("{ \"a\" : [ 1 , 2 ] , \"b\" : { } }", &arena)),
                     "{\"a\":[1,2],\"b\":{}}");
}
END_TEST

static const char *real_shown(double real)
{
    struct value value = value_double(real);

    return kit_value_text(&value, &arena);
}

START_TEST(doubles_are_written_as_documents_have_them)
{
    ck_assert_str_eq(real_shown(3), "3.0");
    ck_assert_str_eq(real_shown(-0.5), "-0.5");
    ck_assert_str_eq(real_shown(1.0 / 3), "0.3333333333333333");
    ck_assert_str_eq(real_shown(0.1), "0.1");
    ck_assert_str_eq(real_shown(0.1 + 0.2), "0.30000000000000004");
    ck_assert_str_eq(real_shown(5e-324), "4.940656458412465e-324");
    ck_assert_str_eq(real_shown(1e15), "1000000000000000.0");
    ck_assert_str_eq(real_shown(1e300), "1e+300");
    ck_assert_str_eq(real_shown(NAN), "null");
    ck_assert_str_eq(real_shown(-INFINITY), "null");
}
END_TEST

START_TEST(binary_is_a_string_and_an_extension_its_bytes_in_hex)
{
    ck_assert_str_eq(shown(BYTES("\xc4\x03"
                                 "a\"b")),
                     "\"a\\\"b\"");
    ck_assert_str_eq(shown(BYTES("\xc4\x02\xff"
                                 "a")),
                     "\"\xef\xbf\xbd"
                     "a\"");
    ck_assert_str_eq(shown(BYTES("\xd5\x05\x01\xab")), "\"\\\\x01\\\\xab\"");
}
END_TEST

START_TEST(json_inside_a_chunk_is_written_as_it_is)
{
    /* {"a": JSON [1], nil: members {"b":2,"a":3}} */
    struct slice map = BYTES("\x82\xa1"
                             "a\xc7\x03J[1]\xc0\xc7\x0dM{\"b\":2,\"a\":3}");
    struct buffer plain = {0};
    struct value value = value_msgpack(map);

    ck_assert_str_eq(shown(map), "{\"b\":2,\"a\":3}");
    msgpack_append_value(&plain, &value);
    ck_assert(slice_equal(buffer_view(&plain), BYTES("\x82\xa1"
                                                     "b\x02\xa1"
                                                     "a\x03")));
    buffer_fini(&plain);
}
END_TEST

START_TEST(a_record_is_packed_for_others)
{
    struct buffer plain = {0};
    struct record record;

    record_init(&record);
    kit_record_fill(&record, "{\"a\":[{\"b\":null}],\"c\":1}");
    record_add(&record, SLICE("m"), value_msgpack(kit_msgpack("[{\"x\":1.5},true]", &arena)));
    record_add(&record, SLICE("c"), value_text(SLICE("last")));
    record_add(&record, SLICE("i"), value_int(-7));
    record_add(&record, SLICE("u"), value_uint(7));
    record_add(&record, SLICE("d"), value_double(0.5));
    record_add(&record, SLICE("t"), value_bool(true));
    record_add(&record, SLICE("n"), (struct value){.kind = VALUE_NULL});
    msgpack_append_fields(&plain, &record.root);
    ck_assert_str_eq(shown(buffer_view(&plain)),
                     "{\"a\":[{\"b\":null}],\"m\":[{\"x\":1.5},true],\"c\":\"last\",\"i\":-7,"
                     "\"u\":7,\"d\":0.5,\"t\":true,\"n\":null}");
    buffer_fini(&plain);
    record_fini(&record);
}
END_TEST

/* ---- the check, and the repair ---- */

START_TEST(what_is_not_one_whole_value_is_refused)
{
    static const struct slice broken[] = {
        {"", 0},
        {"\x01\x02", 2},      /* one too many */
        {"\xa5xx", 3},        /* cut */
        {"\xc1", 1},          /* never used */
        {"\x92\x01", 2},      /* an element lacks */
        {"\x82\xa1k\x01", 4}, /* a pair lacks */
        {"\x81\xa1k", 3},     /* a value lacks */
        {"\xdf\xff\xff\xff\xff", 5},
        {"\xdd\xff\xff\xff\xff", 5},
        {"\x81\x90\x01", 3}, /* an array as a key */
        {"\x81\x80\x01", 3}, /* a map as a key */
    };
    bool needs_repair;

    ck_assert_int_eq(msgpack_check(broken[_i], &needs_repair), -EINVAL);
}
END_TEST

START_TEST(nesting_has_an_end)
{
    char deep[MSGPACK_DEPTH_MAX + 2];
    bool needs_repair;

    memset(deep, '\x91', sizeof deep);
    deep[MSGPACK_DEPTH_MAX] = '\x01';
    ck_assert_int_eq(msgpack_check(slice_make(deep, MSGPACK_DEPTH_MAX + 1), &needs_repair), 0);
    ck_assert(!needs_repair);
    deep[MSGPACK_DEPTH_MAX] = '\x91';
    deep[MSGPACK_DEPTH_MAX + 1] = '\x01';
    ck_assert_int_eq(msgpack_check(slice_make(deep, MSGPACK_DEPTH_MAX + 2), &needs_repair),
                     -EINVAL);
}
END_TEST

static void expect_repaired(struct slice bytes, const char *json)
{
    bool needs_repair = false;
    struct slice repaired;

    ck_assert_int_eq(msgpack_check(bytes, &needs_repair), 0);
    ck_assert(needs_repair);
    repaired = msgpack_repair(bytes, &arena);
    ck_assert_str_eq(shown(repaired), json);
    ck_assert_int_eq(msgpack_check(repaired, &needs_repair), 0);
    ck_assert(!needs_repair);
}

START_TEST(what_keeps_the_promise_needs_no_repair)
{
    bool needs_repair = true;

    ck_assert_int_eq(msgpack_check(BYTES("\x82\xa1"
                                         "a\xc4\x01x\xa1"
                                         "b\xd4\x05\x01"),
                                   &needs_repair),
                     0);
    ck_assert(!needs_repair);
}
END_TEST

START_TEST(keys_become_text)
{
    expect_repaired(BYTES("\x85\x01\x01\xc0\x02\xc3\x03\xc4\x01"
                          "b\x04\xd4J\x0a\x05"),
                    "{\"1\":1,\"null\":2,\"true\":3,\"b\":4,\"\\\\x0a\":5}");
}
END_TEST

START_TEST(doubled_keys_lose_all_but_the_last)
{
    expect_repaired(BYTES("\x91\x83\xa1"
                          "a\x01\xa1"
                          "b\x02\xa1"
                          "a\x03"),
                    "[{\"b\":2,\"a\":3}]");
    expect_repaired(BYTES("\x82\x01\x01\xa1"
                          "1\x02"),
                    "{\"1\":2}");
}
END_TEST

START_TEST(a_foreign_extension_cannot_pass_for_one_of_ours)
{
    expect_repaired(BYTES("\xd4J{"), "\"\\\\x7b\"");
    expect_repaired(BYTES("\x81\xa1k\xd5M{}"), "{\"k\":\"\\\\x7b\\\\x7d\"}");
    expect_repaired(BYTES("\x81\xc0\xd5M{}"), "{\"null\":\"\\\\x7b\\\\x7d\"}");
    expect_repaired(BYTES("\x91\xd4H\x01"), "[\"\\\\x01\"]");
}
END_TEST

Suite *suite_record_msgpack(void)
{
    Suite *suite = suite_create("record/msgpack");
    TCase *tcase = tcase_create("msgpack");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, json_becomes_msgpack_and_json_again, 0, 7);
    tcase_add_test(tcase, numbers_keep_their_kind);
    tcase_add_test(tcase, blanks_between_tokens_are_read_over);
    tcase_add_test(tcase, doubles_are_written_as_documents_have_them);
    tcase_add_test(tcase, binary_is_a_string_and_an_extension_its_bytes_in_hex);
    tcase_add_test(tcase, json_inside_a_chunk_is_written_as_it_is);
    tcase_add_test(tcase, a_record_is_packed_for_others);
    tcase_add_loop_test(tcase, what_is_not_one_whole_value_is_refused, 0, 11);
    tcase_add_test(tcase, nesting_has_an_end);
    tcase_add_test(tcase, what_keeps_the_promise_needs_no_repair);
    tcase_add_test(tcase, keys_become_text);
    tcase_add_test(tcase, doubled_keys_lose_all_but_the_last);
    tcase_add_test(tcase, a_foreign_extension_cannot_pass_for_one_of_ours);
    suite_add_tcase(suite, tcase);
    return suite;
}
