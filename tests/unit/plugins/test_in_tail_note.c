#include "plugins/in_tail/note.h"

#include <check.h>

/* What is kept of a file on disk, read back where outputs may be others now. */

static struct lanes lanes;
static struct tail_note note;

static void set_up(void)
{
    lanes = (struct lanes){.count = 3};
    lanes.items[0].output = "es.0";
    lanes.items[1].output = "my own es";
    lanes.items[2].output = "caf\xc3\xa9:1%";
}

static void expect_nothing_but(uint64_t stream_id, uint64_t offset)
{
    ck_assert_uint_eq(note.stream_id, stream_id);
    ck_assert_uint_eq(note.together, offset);
    ck_assert_uint_eq(note.count, 0);
}

START_TEST(a_note_of_before_has_the_stream_alone)
{
    tail_note_read("00000000000000ff", 70, &lanes, &note);
    expect_nothing_but(255, 70);
}
END_TEST

START_TEST(a_file_that_was_read_whole_says_so)
{
    tail_note_read("00000000000000ff whole", 70, &lanes, &note);
    expect_nothing_but(255, 70);
    ck_assert(note.is_whole);
    tail_note_read("00000000000000ff wholes", 70, &lanes, &note);
    expect_nothing_but(255, 70);
    ck_assert(!note.is_whole);
}
END_TEST

START_TEST(a_file_that_follows_a_truncation_says_so)
{
    tail_note_read("00000000000000ff ^", 70, &lanes, &note);
    expect_nothing_but(255, 70);
    ck_assert(note.is_first && !note.is_whole);
    tail_note_read("00000000000000ff /0000000a0000000b ^ whole", 70, &lanes, &note);
    expect_nothing_but(255, 70);
    ck_assert(note.is_first && note.is_whole);
    ck_assert_uint_eq(note.steps[1], 11);
    tail_note_read("ff ^ 900 70:es.0", 70, &lanes, &note);
    ck_assert(note.is_first);
    ck_assert_uint_eq(note.together, 900);
    tail_note_read("ff whole", 70, &lanes, &note);
    ck_assert(!note.is_first);
}
END_TEST

START_TEST(no_note_says_nothing)
{
    tail_note_read(NULL, 70, &lanes, &note);
    expect_nothing_but(0, 70);
    tail_note_read("", 70, &lanes, &note);
    expect_nothing_but(0, 70);
}
END_TEST

START_TEST(outputs_are_found_by_their_names)
{
    tail_note_read("00000000000000ff 900 70:my%20own%20es 100:caf%C3%A9%3A1%25", 70, &lanes, &note);
    ck_assert_uint_eq(note.stream_id, 255);
    ck_assert_uint_eq(note.together, 900);
    ck_assert_uint_eq(note.count, 2);
    ck_assert_uint_eq(note.lanes[0].output, 1);
    ck_assert_uint_eq(note.lanes[0].offset, 70);
    ck_assert_uint_eq(note.lanes[1].output, 2);
    ck_assert_uint_eq(note.lanes[1].offset, 100);
}
END_TEST

START_TEST(an_output_that_is_gone_is_left_out)
{
    tail_note_read("ff 900 70:gone 100:es.0", 70, &lanes, &note);
    ck_assert_uint_eq(note.together, 900);
    ck_assert_uint_eq(note.count, 1);
    ck_assert_uint_eq(note.lanes[0].output, 0);
    tail_note_read("ff 900 70:gone", 70, &lanes, &note);
    expect_nothing_but(255, 900);
    tail_note_read("ff 900 70:gone", 70, NULL, &note);
    expect_nothing_but(255, 900);
}
END_TEST

/* It may be there under another name, and must not lose what it had not acknowledged. */
START_TEST(where_an_output_is_gone_that_was_not_behind_all_go_on_from_the_row)
{
    tail_note_read("ff 900 70+my%20own%20es 100:es.0", 70, &lanes, &note);
    ck_assert_uint_eq(note.together, 900);
    ck_assert_uint_eq(note.count, 2);
    ck_assert_uint_eq(note.lanes[0].output, 1);
    tail_note_read("ff 900 70+gone 100:es.0", 70, &lanes, &note);
    expect_nothing_but(255, 70);
}
END_TEST

START_TEST(of_an_output_that_is_named_twice_the_earlier_place_counts)
{
    tail_note_read("ff 900 800:es.0 70:es.0 90:es.0", 70, &lanes, &note);
    ck_assert_uint_eq(note.count, 1);
    ck_assert_uint_eq(note.lanes[0].offset, 70);
}
END_TEST

/* Fluent Bit, or an agent that knows no lanes, went on from the row's offset meanwhile. */
START_TEST(a_note_that_does_not_fit_the_row_says_nothing_but_the_stream)
{
    tail_note_read("ff 900 70:es.0", 71, &lanes, &note);
    expect_nothing_but(255, 71);
    tail_note_read("ff 900 70:es.0", 2000, &lanes, &note);
    expect_nothing_but(255, 2000);
}
END_TEST

START_TEST(what_cannot_be_read_says_nothing_but_the_stream)
{
    static const char *const texts[] = {"ff ",          "ff 900",          "ff 900 ",
                                        "ff 900 70",    "ff 900 70es.0",   "ff 900 :es.0",
                                        "ff x 70:es.0", "ff 900 70:es.0 ", "ff 900 70:es.0 x"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        tail_note_read(texts[i], 70, &lanes, &note);
        expect_nothing_but(255, 70);
    }
}
END_TEST

Suite *suite_plugins_in_tail_note(void);

Suite *suite_plugins_in_tail_note(void)
{
    Suite *suite = suite_create("plugins/in_tail_note");
    TCase *reading = tcase_create("reading");

    tcase_add_checked_fixture(reading, set_up, NULL);
    tcase_add_test(reading, a_note_of_before_has_the_stream_alone);
    tcase_add_test(reading, a_file_that_was_read_whole_says_so);
    tcase_add_test(reading, a_file_that_follows_a_truncation_says_so);
    tcase_add_test(reading, no_note_says_nothing);
    tcase_add_test(reading, outputs_are_found_by_their_names);
    tcase_add_test(reading, an_output_that_is_gone_is_left_out);
    tcase_add_test(reading, where_an_output_is_gone_that_was_not_behind_all_go_on_from_the_row);
    tcase_add_test(reading, of_an_output_that_is_named_twice_the_earlier_place_counts);
    tcase_add_test(reading, a_note_that_does_not_fit_the_row_says_nothing_but_the_stream);
    tcase_add_test(reading, what_cannot_be_read_says_nothing_but_the_stream);
    suite_add_tcase(suite, reading);
    return suite;
}
