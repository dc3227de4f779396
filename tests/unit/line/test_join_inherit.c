#include "line_kit.h"

#include "base/memory.h"

/* Lines that wait at the end of one file and go on in the next one. */

#define TIME "2026-11-21T08:18:54.000000000Z "

static struct line_kit k;
static unsigned lent_count;

static void on_lent(void *owner)
{
    (void)owner;
    lent_count++;
}

static void set_up(void)
{
    lines_open(&k);
    k.sink.lent = on_lent;
    lent_count = 0;
}

static void tear_down(void)
{
    lines_close(&k);
}

/* The file ends here; the next one begins. */
static void next_file(void)
{
    struct joiner *before = k.joiner;

    k.joiner = NULL;
    k.at = k.end = 0;
    if (before != NULL)
        joiner_inherit(&k.joiner, &before, 0);
    ck_assert_ptr_null(before);
}

START_TEST(pieces_are_joined_over_the_end_of_a_file)
{
    lines_join(&k, "cri");
    lines_take(&k, TIME "stdout F whole\n" TIME "stdout P one,\n" TIME "stdout P two,");
    next_file();
    ck_assert(joiner_has_inherited(k.joiner));
    ck_assert_uint_eq(joiner_oldest(k.joiner), 0);
    k.record_count = 0;
    buffer_clear(&k.out);
    lines_take(&k, TIME "stdout P three,\n" TIME "stdout F four");
    ck_assert_uint_eq(k.record_count, 1);
    ck_assert_uint_eq(k.offset, 0);
    ck_assert_uint_eq(lent_count, 0);
    ck_assert_str_eq(buffer_text(&k.content), "one,two,three,four");
    ck_assert(!joiner_has_inherited(k.joiner));
}
END_TEST

START_TEST(a_record_begins_where_its_first_line_in_this_file_does)
{
    lines_join(&k, "cri");
    lines_take(&k, TIME "stdout P out,\n" TIME "stderr P err,");
    next_file();
    lines_take(&k, TIME "stderr F one");
    ck_assert_uint_eq(k.offset, 0);
    ck_assert_uint_eq(k.end, 0);
    ck_assert_str_eq(buffer_text(&k.content), "err,one");
    lines_take(&k, TIME "stdout F two");
    ck_assert_uint_eq(k.offset, sizeof(TIME "stderr F one") - 1 + 1);
    ck_assert_uint_eq(k.end, k.at);
    ck_assert_str_eq(buffer_text(&k.content), "out,two");
}
END_TEST

static uint64_t place_of_two(bool is_inherited)
{
    if (is_inherited)
        lines_take(&k, TIME "stdout P before,");
    next_file();
    lines_take(&k, TIME "stdout P one,");
    if (!is_inherited)
        lines_take(&k, TIME "stdout P two,");
    lines_pass_ms(&k, 60000);
    ck_assert_ptr_null(k.joiner);
    ck_assert_uint_eq(k.offset, 0);
    return record_place_number(k.place);
}

/* A record of the same lines but for those, when an output reads the next file by itself, for one: it
 * would be taken for a document that is there. Found by the simulation, SIM_PIECES seed 4553. */
START_TEST(a_record_with_what_was_inherited_has_another_place_than_any_without)
{
    uint64_t inherited;

    lines_join(&k, "cri");
    inherited = place_of_two(true);
    ck_assert_str_eq(buffer_text(&k.content), "before,one,");
    ck_assert_uint_ne(inherited, place_of_two(false));
    ck_assert_str_eq(buffer_text(&k.content), "one,two,");
    ck_assert_uint_le(inherited, sizeof(TIME "stdout P one,") - 1);
}
END_TEST

START_TEST(what_nothing_joined_is_a_record_of_the_file_before)
{
    uint64_t offset = sizeof(TIME "stdout F whole") - 1 + 1;

    lines_join(&k, "cri");
    lines_take(&k, TIME "stdout F whole\n" TIME "stdout P one,");
    next_file();
    lines_take(&k, TIME "stderr F another one that is long");
    ck_assert_uint_eq(k.end, 0);
    lines_pass_ms(&k, 60000);
    ck_assert_uint_eq(lent_count, 1);
    ck_assert_uint_eq(k.offset, offset);
    ck_assert_str_eq(buffer_text(&k.content), "one,");
    ck_assert_ptr_null(k.joiner);
    ck_assert_uint_eq(k.end, k.at);
}
END_TEST

START_TEST(the_lines_of_a_trace_go_on_too)
{
    lines_join(&k, "java");
    lines_take(&k, "java.lang.RuntimeException: it failed\n    at one.Two(three)");
    next_file();
    lines_take(&k, "    at four.Five(six)\nanother line");
    ck_assert_uint_eq(lent_count, 0);
    lines_finish(&k);
    lines_expect(&k, "{\"log\":\"java.lang.RuntimeException: it failed\\n    at one.Two(three)\\n"
                     "    at four.Five(six)\\n\"}\n{\"log\":\"another line\\n\"}\n");
}
END_TEST

START_TEST(parts_of_docker_go_on_in_the_next_file)
{
    struct joiner_context context = lines_context(&k);

    k.rules = joiner_rules_new_docker(NULL, 4000, &context);
    lines_take(&k, "{\"log\":\"one,\",\"stream\":\"stdout\"}");
    next_file();
    lines_take(&k, "{\"log\":\"two\\n\",\"stream\":\"stdout\"}");
    lines_expect(&k, "line: {\"log\":\"one,two\\n\",\"stream\":\"stdout\"}\n");
    ck_assert_uint_eq(k.offset, 0);
    lines_take(&k, "{\"log\":\"three,\",\"stream\":\"stdout\"}");
    next_file();
    lines_finish(&k);
    ck_assert_uint_eq(lent_count, 1);
    ck_assert_uint_eq(k.offset, sizeof("{\"log\":\"two\\n\",\"stream\":\"stdout\"}") - 1 + 1);
}
END_TEST

START_TEST(a_first_line_ends_what_was_inherited)
{
    struct joiner_firstline firstline = {.first_line = "first", .flush_ms = 4000};
    struct joiner_context context = lines_context(&k);

    lines_parser_add(&k, "first", "^(?<log>first .*)$");
    k.rules = joiner_rules_new_firstline(&firstline, &context);
    lines_take(&k, "first one\nmore");
    next_file();
    lines_take(&k, "and more\nfirst two");
    lines_expect(&k, "{\"log\":\"first one\\nmore\\nand more\"}\n");
    ck_assert_uint_eq(k.offset, 0);
    next_file();
    lines_take(&k, "first three");
    ck_assert_uint_eq(lent_count, 1);
    lines_expect(&k, "{\"log\":\"first two\"}\n");
    ck_assert_uint_eq(k.offset, 9);
}
END_TEST

Suite *suite_line_join_inherit(void);
Suite *suite_line_join_inherit(void)
{
    Suite *s = suite_create("line/join_inherit");
    TCase *t = tcase_create("inherit");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, pieces_are_joined_over_the_end_of_a_file);
    tcase_add_test(t, a_record_begins_where_its_first_line_in_this_file_does);
    tcase_add_test(t, what_nothing_joined_is_a_record_of_the_file_before);
    tcase_add_test(t, a_record_with_what_was_inherited_has_another_place_than_any_without);
    tcase_add_test(t, the_lines_of_a_trace_go_on_too);
    tcase_add_test(t, parts_of_docker_go_on_in_the_next_file);
    tcase_add_test(t, a_first_line_ends_what_was_inherited);
    suite_add_tcase(s, t);
    return s;
}
