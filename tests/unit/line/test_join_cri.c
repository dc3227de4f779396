#include "line_kit.h"

/* A line of a CRI runtime, and its record. */
#define T0 "2026-11-21T05:46:26.992437098Z"
#define T1 "2026-11-21T05:46:27.1Z"
#define CRI(time, stream, tag, text) time " " stream " " tag " " text
#define RECORD(time, stream, tag, text) \
    "{\"time\":\"" time "\",\"stream\":\"" stream "\",\"_p\":\"" tag "\",\"log\":\"" text "\"}\n"

static struct line_kit k;

static void set_up(void)
{
    lines_open(&k);
    lines_join(&k, "docker, cri");
}

static void tear_down(void)
{
    lines_close(&k);
}

START_TEST(a_whole_line_is_a_record_with_its_fields_in_order)
{
    lines_take(&k, CRI(T0, "stdout", "F", "out1"));
    lines_expect(&k, RECORD(T0, "stdout", "F", "out1"));
    ck_assert_int_eq(k.time_ns, INT64_C(1795239986992437098));
    ck_assert_ptr_null(k.joiner);
}
END_TEST

START_TEST(both_ways_give_the_same)
{
    k.is_short_way_off = true;
    lines_take(&k, CRI(T0, "stdout", "F", "out1") "\n" CRI(T1, "stderr", "F", ""));
    lines_expect(&k, RECORD(T0, "stdout", "F", "out1") RECORD(T1, "stderr", "F", ""));
    ck_assert_int_eq(k.time_ns, INT64_C(1795239987100000000));
}
END_TEST

START_TEST(parts_become_the_line_that_was_cut)
{
    lines_take(&k, CRI(T0, "stdout", "P", "one ") "\n" CRI(T1, "stdout", "P", "two "));
    lines_expect(&k, "");
    lines_take(&k, CRI(T1, "stdout", "F", "three"));
    lines_expect(&k, RECORD(T0, "stdout", "P", "one two three"));
    ck_assert_int_eq(k.time_ns, INT64_C(1795239986992437098));
    ck_assert_uint_eq(k.offset, 0);
    ck_assert_uint_eq(k.end, k.at);
}
END_TEST

START_TEST(streams_are_joined_apart)
{
    lines_take(&k, CRI(T0, "stdout", "P", "a") "\n" CRI(T0, "stderr", "P",
                                                        "x") "\n" CRI(T1, "stderr", "F", "y"));
    lines_expect(&k, RECORD(T0, "stderr", "P", "xy"));
    ck_assert_uint_eq(k.end, 0);
    lines_take(&k, CRI(T1, "stdout", "F", "b"));
    lines_expect(&k, RECORD(T0, "stdout", "P", "ab"));
    ck_assert_uint_eq(k.end, k.at);
}
END_TEST

/* Read again from where the other stream's begins, the last piece would be a record by itself. SIM_PIECES
 * seed 148. */
START_TEST(the_bookmark_waits_where_a_record_begins_that_reaches_over_what_waits)
{
    uint64_t begin, third;

    lines_take(&k, CRI(T0, "stdout", "F", "whole"));
    begin = k.at;
    lines_take(&k, CRI(T0, "stdout", "P", "a") "\n" CRI(T0, "stderr", "P", "x"));
    lines_take(&k, CRI(T0, "stdout", "F", "b"));
    lines_expect(&k, RECORD(T0, "stdout", "F", "whole") RECORD(T0, "stdout", "P", "ab"));
    ck_assert_uint_eq(k.end, begin);
    ck_assert_uint_eq(joiner_oldest(k.joiner), begin);
    third = k.at;
    lines_take(&k, CRI(T0, "stdout", "P", "c"));
    lines_take(&k, CRI(T0, "stderr", "F", "y"));
    ck_assert_uint_eq(k.end, begin);
    ck_assert_uint_eq(joiner_oldest(k.joiner), begin);
    lines_take(&k, CRI(T0, "stdout", "F", "d"));
    ck_assert_uint_lt(begin, third);
    ck_assert_uint_eq(k.end, k.at);
    ck_assert_ptr_null(k.joiner);
}
END_TEST

/* What went on before the other stream's began is not read again with it. */
START_TEST(a_record_that_ends_before_what_waits_does_not_hold_the_bookmark)
{
    uint64_t begin;

    lines_take(&k, CRI(T0, "stdout", "P", "a") "\n" CRI(T0, "stdout", "F", "b"));
    begin = k.at;
    lines_take(&k, CRI(T0, "stderr", "P", "x") "\n" CRI(T0, "stdout", "F", "c"));
    ck_assert_uint_eq(joiner_oldest(k.joiner), begin);
    ck_assert_uint_eq(k.end, begin);
}
END_TEST

START_TEST(the_bookmark_waits_at_the_oldest_part)
{
    lines_take(&k, CRI(T0, "stdout", "F", "whole"));
    ck_assert_uint_eq(joiner_oldest(k.joiner), UINT64_MAX);
    lines_take(&k, CRI(T0, "stdout", "P", "part"));
    ck_assert_uint_eq(joiner_oldest(k.joiner), 46);
    lines_take(&k, CRI(T0, "stderr", "F", "other"));
    ck_assert_uint_eq(joiner_oldest(k.joiner), 46);
    ck_assert_uint_eq(k.end, 46);
}
END_TEST

START_TEST(a_part_without_its_end_goes_on_after_the_flush_time)
{
    lines_take(&k, CRI(T0, "stdout", "P", "lost"));
    ck_assert_uint_eq(joiner_due_ms(k.joiner), 4000);
    lines_pass_ms(&k, 3999);
    lines_expect(&k, "");
    lines_pass_ms(&k, 1);
    lines_expect(&k, RECORD(T0, "stdout", "P", "lost"));
    ck_assert_uint_eq(k.end, k.at);
    ck_assert_ptr_null(k.joiner);
}
END_TEST

START_TEST(a_part_without_its_end_goes_on_at_the_end_of_the_file)
{
    lines_take(&k, CRI(T0, "stdout", "P", "lost"));
    lines_finish(&k);
    lines_expect(&k, RECORD(T0, "stdout", "P", "lost"));
}
END_TEST

START_TEST(a_growing_line_is_not_cut_by_the_flush_time_at_once)
{
    for (int i = 0; i < 5; i++) {
        lines_take(&k, CRI(T0, "stdout", "P", "."));
        lines_pass_ms(&k, 3000);
    }
    lines_expect(&k, "");
    lines_pass_ms(&k, 1000);
    lines_expect(&k, RECORD(T0, "stdout", "P", "....."));
}
END_TEST

START_TEST(a_line_of_another_kind_parts_what_waits)
{
    lines_take(&k, CRI(T0, "stdout", "P", "a") "\n" CRI(T0, "stderr", "P", "b") "\nnot a CRI line");
    lines_expect(&k, RECORD(T0, "stdout", "P", "a")
                         RECORD(T0, "stderr", "P", "b") "{\"log\":\"not a CRI line\"}\n");
    ck_assert_int_eq(k.time_ns, LINE_KIT_WALL_NS);
    ck_assert_ptr_null(k.joiner);
}
END_TEST

START_TEST(lines_that_are_no_cri_lines_stay_text)
{
    static const char *const texts[] = {
        "",
        " ",
        T0,
        T0 " stdout",
        T0 " stdout F",
        T0 " stdlog F x",
        T0 " stdout X x",
        T0 " stdout FP x",
        T0 " stdout  x",
        " stdout F x",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        lines_take_line(&k, slice_of(texts[i]));
        ck_assert_str_eq(buffer_text(&k.content), texts[i]);
        ck_assert_uint_eq(k.record.root.count, 1);
    }
}
END_TEST

/* What the short way of the common line does not take, it leaves as it is. */
START_TEST(a_line_a_byte_off_the_common_form_is_the_same_both_ways)
{
    static const char *const good[] = {"2026-11-21T07:35:48.002105753Z stdout F text",
                                       "2026-11-21T07:35:48.002105753Z stderr F "};
    static const char bytes[] = " \0FP:ZTsto.-0139e\xff\t";
    char text[64];

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        size_t len = strlen(good[i]);

        for (size_t at = 0; at < len; at++) {
            for (size_t b = 0; b < sizeof bytes - 1; b++) {
                memcpy(text, good[i], len);
                text[at] = bytes[b];
                lines_take_line(&k, slice_make(text, len));
                lines_take_line(&k, slice_make(text, at));
            }
        }
    }
}
END_TEST

START_TEST(a_time_that_is_none_keeps_a_line_apart)
{
    lines_take(&k, CRI(T0, "stdout", "P", "a") "\n" CRI("2026-02-30T00:00:00Z", "stdout", "P",
                                                        "b") "\n" CRI(T1, "stdout", "F", "c"));
    lines_expect(&k, RECORD(T0, "stdout", "P", "a") RECORD("2026-02-30T00:00:00Z", "stdout", "P",
                                                           "b") RECORD(T1, "stdout", "F", "c"));
    lines_take(&k, CRI("2026-11-21T05:2026-11-21T05:46:27Z", "stdout", "F", "torn"));
    lines_expect(&k, RECORD("2026-11-21T05:2026-11-21T05:46:27Z", "stdout", "F", "torn"));
    ck_assert_int_eq(k.time_ns, LINE_KIT_WALL_NS);
}
END_TEST

START_TEST(more_tags_behind_the_first_are_taken)
{
    lines_take(&k, CRI(T0, "stdout", "P:x", "a") "\n" CRI(T0, "stdout", "F:x:y", "b"));
    lines_expect(&k, RECORD(T0, "stdout", "P:x", "ab"));
}
END_TEST

START_TEST(a_character_that_was_cut_is_whole_again)
{
    lines_take(&k, CRI(T0, "stdout", "P", "\xe2\x82") "\n" CRI(
                       T0, "stdout", "P", "\xac\xf0") "\n" CRI(T0, "stdout", "F", "\x9f\x98\x80"));
    lines_expect(&k, RECORD(T0, "stdout", "P", "\xe2\x82\xac\xf0\x9f\x98\x80"));
}
END_TEST

START_TEST(nul_bytes_and_what_is_not_utf8_come_through)
{
    static const char line[] = CRI(T0, "stdout", "P", "a\0b\xff");

    lines_take_line(&k, slice_make(line, sizeof line - 1));
    lines_take(&k, CRI(T0, "stdout", "F", "c\r"));
    ck_assert_uint_eq(k.content.len, 6);
    ck_assert_mem_eq(k.content.data,
                     "a\0b\xff"
                     "c\r",
                     6);
}
END_TEST

START_TEST(a_line_over_the_limit_goes_on_in_the_next_record)
{
    joiner_rules_free(&k.rules);
    k.limit_bytes = 8;
    lines_join(&k, "cri");
    lines_take(&k,
               CRI(T0, "stdout", "P", "12345") "\n" CRI(T0, "stdout", "P", "6\xe2\x82") "\n" CRI(
                   T1, "stdout", "P", "\xac") "\n" CRI(T1, "stdout", "F", "end"));
    lines_expect(&k, "{\"time\":\"" T0 "\",\"stream\":\"stdout\",\"_p\":\"P\",\"log\":\"123456\"} "
                     "{\"multiline_truncated\":true}\n" RECORD(T1, "stdout", "P",
                                                               "\xe2\x82\xac"
                                                               "end"));
    ck_assert_uint_eq(k.truncated, 1);
}
END_TEST

START_TEST(a_line_that_is_long_by_itself_stays_whole)
{
    joiner_rules_free(&k.rules);
    k.limit_bytes = 8;
    lines_join(&k, "cri");
    lines_take(&k, CRI(T0, "stdout", "P", "a longer text") "\n" CRI(T1, "stdout", "F", "end"));
    lines_expect(&k, "{\"time\":\"" T0
                     "\",\"stream\":\"stdout\",\"_p\":\"P\",\"log\":\"a longer text\"} "
                     "{\"multiline_truncated\":true}\n" RECORD(T1, "stdout", "F", "end"));
}
END_TEST

START_TEST(what_waits_can_be_cut)
{
    lines_take(&k, CRI(T0, "stdout", "P", "a") "\n" CRI(T0, "stderr", "P", "b"));
    joiner_cut(&k.joiner, k.rules, &k.sink);
    ck_assert_ptr_null(k.joiner);
    ck_assert_uint_eq(k.truncated, 2);
    ck_assert_uint_eq(k.end, k.at);
    lines_expect(&k, "{\"time\":\"" T0 "\",\"stream\":\"stdout\",\"_p\":\"P\",\"log\":\"a\"} "
                     "{\"multiline_truncated\":true}\n"
                     "{\"time\":\"" T0 "\",\"stream\":\"stderr\",\"_p\":\"P\",\"log\":\"b\"} "
                     "{\"multiline_truncated\":true}\n");
    joiner_cut(&k.joiner, k.rules, &k.sink);
    ck_assert_uint_eq(k.truncated, 2);
}
END_TEST

START_TEST(what_waits_can_be_forgotten)
{
    lines_take(&k, CRI(T0, "stdout", "P", "a"));
    ck_assert_uint_gt(joiner_bytes(k.joiner), 0);
    joiner_free(&k.joiner);
    ck_assert_ptr_null(k.joiner);
    ck_assert_uint_eq(joiner_bytes(k.joiner), 0);
    joiner_free(&k.joiner);
}
END_TEST

/* The file is read again from its beginning, as after a crash. */
static void again(void)
{
    joiner_free(&k.joiner);
    k.at = k.end = 0;
    buffer_clear(&k.out);
}

/* The first went on when nothing followed for long, and was delivered; then we were killed. With the id
 * of that, the whole would be taken for what is there, and the rest be lost. Found by the simulation,
 * SIM_PIECES seed 1. */
START_TEST(what_begins_at_one_line_and_was_joined_of_more_has_another_place)
{
    uint64_t one, two;

    lines_take(&k, CRI(T0, "stdout", "P", "one"));
    lines_finish(&k);
    one = k.place;
    ck_assert_uint_eq(one, 0);
    again();
    lines_take(&k, CRI(T0, "stdout", "P", "one") "\n" CRI(T0, "stdout", "P", "two"));
    lines_finish(&k);
    two = k.place;
    ck_assert_uint_eq(k.offset, 0);
    ck_assert_uint_ne(two, one);
    again();
    lines_take(&k, CRI(T0, "stdout", "P", "one") "\n" CRI(T0, "stdout", "P", "two") "\n" CRI(
                       T0, "stdout", "F", "three"));
    ck_assert_uint_eq(k.offset, 0);
    ck_assert(k.place != one && k.place != two);
}
END_TEST

Suite *suite_line_join_cri(void);
Suite *suite_line_join_cri(void)
{
    Suite *suite = suite_create("line/join_cri");
    TCase *tc = tcase_create("cri");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, a_whole_line_is_a_record_with_its_fields_in_order);
    tcase_add_test(tc, both_ways_give_the_same);
    tcase_add_test(tc, parts_become_the_line_that_was_cut);
    tcase_add_test(tc, streams_are_joined_apart);
    tcase_add_test(tc, the_bookmark_waits_where_a_record_begins_that_reaches_over_what_waits);
    tcase_add_test(tc, a_record_that_ends_before_what_waits_does_not_hold_the_bookmark);
    tcase_add_test(tc, the_bookmark_waits_at_the_oldest_part);
    tcase_add_test(tc, a_part_without_its_end_goes_on_after_the_flush_time);
    tcase_add_test(tc, a_part_without_its_end_goes_on_at_the_end_of_the_file);
    tcase_add_test(tc, a_growing_line_is_not_cut_by_the_flush_time_at_once);
    tcase_add_test(tc, a_line_of_another_kind_parts_what_waits);
    tcase_add_test(tc, lines_that_are_no_cri_lines_stay_text);
    tcase_add_test(tc, a_line_a_byte_off_the_common_form_is_the_same_both_ways);
    tcase_add_test(tc, a_time_that_is_none_keeps_a_line_apart);
    tcase_add_test(tc, more_tags_behind_the_first_are_taken);
    tcase_add_test(tc, a_character_that_was_cut_is_whole_again);
    tcase_add_test(tc, nul_bytes_and_what_is_not_utf8_come_through);
    tcase_add_test(tc, a_line_over_the_limit_goes_on_in_the_next_record);
    tcase_add_test(tc, a_line_that_is_long_by_itself_stays_whole);
    tcase_add_test(tc, what_begins_at_one_line_and_was_joined_of_more_has_another_place);
    tcase_add_test(tc, what_waits_can_be_cut);
    tcase_add_test(tc, what_waits_can_be_forgotten);
    suite_add_tcase(suite, tc);
    return suite;
}
