#include "record/json.h"
#include "record/json_marks.h"

#include <check.h>
#include <stdio.h>
#include <sys/mman.h>

/* What json_check_object does the common way and the careful way must be the same, on every
 * processor: here are the places where one goes over into the other. */

#define WAYS (JSON_MARKS_AVX512 + 1)
#define PAGE_BYTES 4096

static struct json_scanner scanner;
static struct arena arena;

static void start(void)
{
    json_scanner_init(&scanner);
}

static void finish(void)
{
    json_scanner_fini(&scanner);
    arena_fini(&arena);
}

static bool has_way(int way)
{
    if (!json_marks_has((unsigned)way))
        return false;
    scanner.marks = json_marks_new();
    scanner.marks->way = (unsigned)way;
    return true;
}

static void expect_refusal_of(struct slice text)
{
    struct json_object object;

    ck_assert_msg(json_check_object(&scanner, text, &object) < 0, "accepted: %.*s",
                  SLICE_ARG(text));
}

/* Accepted, with the members that a walk finds. */
static struct json_object expect_members_of(struct slice text)
{
    struct slice rest, key, value;
    struct json_object object;
    uint32_t i = 0;

    ck_assert_msg(json_check_object(&scanner, text, &object) == 0, "refused: %.*s",
                  SLICE_ARG(text));
    for (rest = object.text; json_next(&rest, &key, &value); i++) {
        const struct json_member *m = &object.members[i];

        ck_assert_uint_lt(i, object.member_count);
        ck_assert_ptr_eq(object.text.data + m->key_at, key.data);
        ck_assert_uint_eq(m->key_len, key.len);
        ck_assert_ptr_eq(object.text.data + m->value_at, value.data);
        ck_assert_uint_eq(m->value_len, value.len);
        ck_assert(object.initials & json_initial(key));
    }
    ck_assert_uint_eq(i, object.member_count);
    return object;
}

static void expect_members(const char *text)
{
    (void)expect_members_of(slice_of(text));
}

START_TEST(members_are_found_however_they_are_written)
{
    if (!has_way(_i))
        return;
    expect_members("{\"a\":1,\"b\":\"x\",\"c\":true,\"d\":-1.5,\"e\":null,\"f\":false}");
    expect_members("{\"a\": 1, \"b\": \"x\", \"c\": true, \"d\": -1.5, \"e\": null}");
    expect_members("{ \"a\" : 1 , \"b\" : \"x\" , \"c\" : [ 1 , \"y\" ] , \"d\" : { } }");
    expect_members("{\n  \"a\": 1,\r\n\t\"b\":\t\"x\",\n\n  \"c\":\n  [\n1\n,\n2\n]\n}");
    expect_members("{\"a\":  1,\"b\":  \"x\",  \"c\":   null}");
    expect_members("{\"a\":\"\\\"\",\"b\\n\":\"}\",\"c\":\"\\\\\",\"\":\"\"}");
    expect_members("{\"a\":{\"b\":{\"c\":[{\"d\":1},{\"e\":\"x\"}]},\"f\":2},\"g\":3}");
    expect_members("{\"a\":1234567890123456,\"b\":1234567890123456789,\"c\":0.1234567890123456}");
    expect_members("{\"a\":1e5,\"b\":1.5E-7,\"c\":[-0,0.5,1e5,-1],\"d\":0}");
    expect_members("{\"\xc3\xa9\":\"\xe2\x82\xac\",\"b\":1}");
}
END_TEST

START_TEST(a_number_is_refused_wherever_it_stands)
{
    static const char *const bad[] = {".5", "-",   "-.5", "1.", "1..2", "1.2.3", "01", "-01",
                                      "00", "1-2", "--1", "+1", "1e",   "1.e5",  "0x1"};

    if (!has_way(_i))
        return;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        expect_refusal_of(arena_format(&arena, "{\"a\":%s}", bad[i]));
        expect_refusal_of(arena_format(&arena, "{\"a\":%s,\"b\":1}", bad[i]));
        expect_refusal_of(arena_format(&arena, "{\"a\":[%s]}", bad[i]));
        expect_refusal_of(arena_format(&arena, "{\"a\":[1,%s,2]}", bad[i]));
    }
}
END_TEST

START_TEST(what_stands_between_is_refused_wherever_it_stands)
{
    static const char *const bad[] = {
        "{\"a\":1,}",           "{\"a\":1,,\"b\":2}",  "{,\"a\":1}",
        "{\"a\":\"x\"\"b\":1}", "{\"a\":1 \"b\":2}",   "{\"a\"1}",
        "{\"a\",\"b\":1}",      "{\"a\":1:\"b\":2}",   "{\"a\":1]",
        "{\"a\":[1}}",          "{\"a\":[1,]}",        "{\"a\":[,1]}",
        "{\"a\":\\\"b\"}",      "{\\\"a\":1}",         "{\"a\\\":1}",
        "{\"a\":\"x}",          "{\"a\":\"x\n\"}",     "{\"a\x01\":1}",
        "{\"a\":1\x01}",        "{\"a\":\x80}",        "{\"a\":{\"b\":1}",
        "{\"a\":1}}",           "{\"a\":truefalse}",   "{\"a\":tru,\"b\":1}",
        "{\"a\":\"\\x\"}",      "{\"a\":\"\\u12g4\"}", "{\"a\":1,\"b\" 2}",
        "{\"a\":1,b\":2}",      "{\"a\":1, ,\"b\":2}", "{\"a\": ,\"b\":2}",
        "{\"a\":'x',\"b\":2}",  "{\"a\":fals,\"b\":1}"};

    if (!has_way(_i))
        return;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        expect_refusal_of(slice_of(bad[i]));
}
END_TEST

/* What follows in memory would make it whole. */
START_TEST(a_text_ends_where_its_slice_ends)
{
    struct slice object = SLICE("{\"a\":{},\"b\":[[],\"}\"],\"c\":12}");
    struct slice array = SLICE("[[],[5],{\"a\":1},5]");

    if (!has_way(_i))
        return;
    for (size_t len = 0; len < object.len; len++)
        expect_refusal_of(slice_make(object.data, len));
    for (size_t len = 0; len < array.len; len++)
        ck_assert_int_lt(json_check_value(&scanner, slice_make(array.data, len), NULL), 0);
    ck_assert_int_eq(json_check_value(&scanner, slice_make("123", 2), NULL), 0);
    ck_assert_int_lt(json_check_value(&scanner, slice_make("true", 3), NULL), 0);
    ck_assert_int_lt(json_check_value(&scanner, SLICE("\""), NULL), 0);
    ck_assert_int_lt(json_check_value(&scanner, SLICE("\"a\\\""), NULL), 0);
    ck_assert_int_eq(json_check_value(&scanner, SLICE("\"a\\\\\""), NULL), 0);
}
END_TEST

START_TEST(a_doubled_key_is_found_however_it_is_written)
{
    static const char *const doubled[] = {"{\"a\":1,\"a\":2}",
                                          "{\"a\":1,\"a\" :2}",
                                          "{\"a\" :1,\"a\":2}",
                                          "{\"\":1,\"\":2}",
                                          "{\"\":1,\"\" :2}",
                                          "{\"\" :1,\"b\":3,\"\":2}",
                                          "{\"ab\":1,\"c\":{},\"ab\":2}",
                                          "{\"x\":[{\"\":1,\"\" :1}]}",
                                          "{\"user\":{},\"user\":[]}"};

    if (!has_way(_i))
        return;
    for (size_t i = 0; i < ARRAY_LEN(doubled); i++)
        ck_assert(expect_members_of(slice_of(doubled[i])).needs_repair);
    ck_assert(!expect_members_of(SLICE("{\"\":1,\"a\":2,\"aa\":3,\"aaa\":4}")).needs_repair);
    ck_assert(
        !expect_members_of(SLICE("{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}")).needs_repair);
}
END_TEST

/* `count` members, and `extra` as one more. */
static struct slice many_members(unsigned count, const char *extra)
{
    struct buffer text = {0};
    struct slice copy;

    buffer_append_byte(&text, '{');
    for (unsigned i = 0; i < count; i++)
        buffer_append_format(&text, "\"%s%u\":%u,", i % 3 ? "key" : "a_longer_name", i, i);
    buffer_append_text(&text, extra);
    buffer_append_byte(&text, '}');
    copy = arena_copy(&arena, buffer_view(&text));
    buffer_fini(&text);
    return copy;
}

START_TEST(a_doubled_key_is_found_among_any_number)
{
    for (unsigned count = 1; count < 150; count++) {
        const char *last =
            arena_format(&arena, "\"%s%u\":0", (count - 1) % 3 ? "key" : "a_longer_name", count - 1)
                .data;

        ck_assert(expect_members_of(many_members(count, "\"a_longer_name0\":0")).needs_repair);
        ck_assert(expect_members_of(many_members(count, last)).needs_repair);
        ck_assert(!expect_members_of(many_members(count, "\"key0\":0")).needs_repair);
    }
}
END_TEST

/* Where a short key begins to look for its place in a table of 128 (see json_keys.c). */
static unsigned place_of(const char *key)
{
    uint64_t rest = 0;

    for (size_t i = 0; key[i] != '\0'; i++)
        rest = rest << 8 | (unsigned char)key[i];
    return (unsigned)((strlen(key) ^ rest) * UINT64_C(0x9e3779b97f4a7c15) >> 57);
}

START_TEST(keys_that_were_made_to_meet_are_told_apart)
{
    struct buffer text = {0};
    char key[8], last[8] = "";

    buffer_append_byte(&text, '{');
    for (unsigned i = 0, count = 0; count < 60; i++) {
        snprintf(key, sizeof key, "%07u", i);
        if (place_of(key) != 0)
            continue;
        buffer_append_format(&text, "\"%s\":1,", key);
        memcpy(last, key, sizeof last);
        count++;
    }
    buffer_append_text(&text, "\"end\":1}");
    ck_assert(!expect_members_of(buffer_view(&text)).needs_repair);
    text.len--;
    buffer_append_format(&text, ",\"%s\":2}", last);
    ck_assert(expect_members_of(buffer_view(&text)).needs_repair);
    buffer_fini(&text);
}
END_TEST

/* More marks, members and escapes than a window has, of each kind after the other. */
/* A key of any length, given from anywhere, among others with the same ends and the same length. */
START_TEST(an_object_has_its_keys_and_no_others)
{
    static const char *const keys[] = {"",     "t",  "ti",       "tim",  "time",
                                       "tide", "xt", "trace_id", "level"};
    char text[64], *copy;

    for (unsigned i = 0; i < ARRAY_LEN(keys); i++) {
        struct json_object object;

        snprintf(text, sizeof text, "{ \"%s\" : {\"inner\":1}, \"other\":2}", keys[i]);
        object = expect_members_of(slice_of(text));
        for (unsigned j = 0; j < ARRAY_LEN(keys); j++) {
            copy = arena_text(&arena, keys[j]);
            ck_assert_int_eq(json_object_has(&object, slice_of(copy)), i == j);
        }
        ck_assert(json_object_has(&object, SLICE("other")));
        ck_assert(!json_object_has(&object, SLICE("inner")));
    }
}
END_TEST

START_TEST(a_text_may_be_longer_than_a_window)
{
    struct buffer text = {0};
    struct json_object object;

    if (!has_way(_i))
        return;
    buffer_append_byte(&text, '{');
    for (int i = 0; i < 500; i++)
        buffer_append_format(&text, "\"key%d\":\"value %d\",", i, i);
    buffer_append_text(&text, "\"escapes\":\"");
    for (int i = 0; i < 1000; i++)
        buffer_append_text(&text, "\\n\\\"");
    buffer_append_text(&text, "\",\"objects\":[");
    for (int i = 0; i < 500; i++)
        buffer_append_format(&text, "{\"a\":%d,\"b\":[\"x\",\"y\"]},", i);
    buffer_append_text(&text, "null],\"blanks\":");
    for (int i = 0; i < 1000; i++)
        buffer_append_text(&text, "\t");
    buffer_append_text(&text, "\"end\"}");
    object = expect_members_of(buffer_view(&text));
    ck_assert_uint_eq(object.member_count, 503);
    ck_assert(!object.needs_repair);
    buffer_fini(&text);
}
END_TEST

START_TEST(a_text_may_end_where_no_page_follows)
{
    struct slice object = SLICE("{\"a\":12345678901234567890,\"b\":\"\xe2\x82\xac\",\"c\":[-1.5]}");
    char *pages =
        mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(mprotect(pages + PAGE_BYTES, PAGE_BYTES, PROT_NONE), 0);
    if (has_way(_i)) {
        for (size_t gap = 0; gap < 2 * JSON_MARKS_PAD; gap++) {
            char *at = pages + PAGE_BYTES - gap - object.len;

            memset(pages, '"', PAGE_BYTES);
            memcpy(at, object.data, object.len);
            (void)expect_members_of(slice_make(at, object.len));
            expect_refusal_of(slice_make(at, object.len - 1));
            ck_assert_int_eq(json_check_value(&scanner, slice_make(at + 5, 3), NULL), 0);
        }
    }
    ck_assert_int_eq(munmap(pages, 2 * PAGE_BYTES), 0);
}
END_TEST

Suite *suite_record_json_check(void)
{
    Suite *suite = suite_create("record/json_check");
    TCase *ways = tcase_create("ways");

    tcase_add_checked_fixture(ways, start, finish);
    tcase_add_loop_test(ways, members_are_found_however_they_are_written, 0, WAYS);
    tcase_add_loop_test(ways, a_number_is_refused_wherever_it_stands, 0, WAYS);
    tcase_add_loop_test(ways, what_stands_between_is_refused_wherever_it_stands, 0, WAYS);
    tcase_add_loop_test(ways, a_text_ends_where_its_slice_ends, 0, WAYS);
    tcase_add_loop_test(ways, a_doubled_key_is_found_however_it_is_written, 0, WAYS);
    tcase_add_test(ways, a_doubled_key_is_found_among_any_number);
    tcase_add_test(ways, keys_that_were_made_to_meet_are_told_apart);
    tcase_add_test(ways, an_object_has_its_keys_and_no_others);
    tcase_add_loop_test(ways, a_text_may_be_longer_than_a_window, 0, WAYS);
    tcase_add_loop_test(ways, a_text_may_end_where_no_page_follows, 0, WAYS);
    suite_add_tcase(suite, ways);
    return suite;
}
