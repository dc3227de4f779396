#include "record/msgpack.h"

#include "kit/record.h"
#include "record/json_write.h"

#include <check.h>
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
    msgpack_append_value(&plain, &(struct value){.kind = VALUE_MAP, .map = &record.root});
    ck_assert_str_eq(shown(buffer_view(&plain)),
                     "{\"a\":[{\"b\":null}],\"m\":[{\"x\":1.5},true],\"c\":\"last\",\"i\":-7,"
                     "\"u\":7,\"d\":0.5,\"t\":true,\"n\":null}");
    buffer_fini(&plain);
    record_fini(&record);
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
    suite_add_tcase(suite, tcase);
    return suite;
}
