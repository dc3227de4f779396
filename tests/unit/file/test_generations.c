#include "log_kit.h"

#include "base/clock.h"

#include <sys/stat.h>

START_TEST(a_log_that_was_never_seen_is_the_caller_s_to_begin)
{
    tree_write("a.log", LINE(1));
    tree_write("a.log.1", LINE(0));
    log_expect_plan("a.log", "a.log@0?");
}
END_TEST

START_TEST(a_log_that_did_not_rotate_goes_on)
{
    tree_write("a.log", LINE(1));
    tree_write("a.log.1", LINE(0));
    log_save("a.log", 10);
    tree_append("a.log", LINE(2));
    log_expect_plan("a.log", "a.log@10#1");
}
END_TEST

START_TEST(one_rotation_while_nobody_looked)
{
    tree_write("a.log", LINE(1));
    log_save("a.log", 10);
    tree_rename("a.log", "a.log.1");
    tree_write("a.log", LINE(2));
    log_expect_plan("a.log", "a.log.1@10#1 a.log@0");
}
END_TEST

START_TEST(several_rotations_while_nobody_looked)
{
    tree_write("a.log.4", LINE(0));
    tree_write("a.log", LINE(1));
    log_save("a.log", 10);
    tree_rename("a.log", "a.log.3");
    tree_write("a.log.2", LINE(2));
    tree_write("a.log.1", LINE(3));
    tree_write("a.log", LINE(4));
    log_expect_plan("a.log", "a.log.3@10#1 a.log.2@0 a.log.1@0 a.log@0");
}
END_TEST

START_TEST(kubelet_rotated_and_compressed_while_nobody_looked)
{
    tree_write("0.log.20261121-040000", LINE(0));
    log_compress("0.log.20261121-040000", LINE(0));
    tree_write("0.log", LINE(1) LINE(1));
    log_save("0.log", 20);
    tree_rename("0.log", "0.log.20261121-050000");
    log_compress("0.log.20261121-050000", LINE(1) LINE(1));
    tree_write("0.log.20261121-050010", LINE(2));
    log_compress("0.log.20261121-050010", LINE(2));
    tree_write("0.log.20261121-050020", LINE(3));
    tree_write("0.log", LINE(4));
    log_expect_plan("0.log", "0.log.20261121-050000.gz@20#1 0.log.20261121-050010.gz@0 "
                             "0.log.20261121-050020@0 0.log@0");
}
END_TEST

START_TEST(a_generation_that_was_done_is_not_read_again)
{
    tree_write("0.log.20261121-050000", LINE(1));
    log_save("0.log.20261121-050000", strlen(LINE(1)))->is_done = true;
    log_compress("0.log.20261121-050000", LINE(1));
    tree_write("0.log", LINE(2));
    log_save("0.log", 5);
    log_expect_plan("0.log", "0.log@5#2");
}
END_TEST

START_TEST(a_generation_that_grew_after_it_was_done_is_read_on)
{
    tree_write("a.log.1", LINE(1));
    log_save("a.log.1", 5)->is_done = true;
    tree_write("a.log", LINE(3));
    log_save("a.log", 6);
    log_expect_plan("a.log", "a.log.1@5#1 a.log@6#2");
}
END_TEST

START_TEST(a_generation_missed_between_two_known_ones_is_read)
{
    tree_write("a.log.3", LINE(1));
    log_save("a.log.3", strlen(LINE(1)))->is_done = true;
    tree_write("a.log.2", LINE(2));
    tree_write("a.log.1", LINE(3));
    log_save("a.log.1", 7);
    tree_write("a.log", LINE(4));
    log_expect_plan("a.log", "a.log.2@0 a.log.1@7#2 a.log@0");
}
END_TEST

START_TEST(the_copy_of_copytruncate_is_found_by_content)
{
    tree_write("a.log", LINE(1) LINE(2));
    log_save("a.log", 10);
    tree_write("a.log.1", LINE(1) LINE(2));
    tree_truncate("a.log", 0);
    tree_append("a.log", LINE(3));
    log_expect_plan("a.log", "a.log.1@10#1 a.log@0");
}
END_TEST

START_TEST(a_copy_not_yet_truncated_is_not_read)
{
    tree_write("a.log", LINE(1) LINE(2));
    log_save("a.log", 10);
    tree_write("a.log.1", LINE(1) LINE(2));
    log_expect_plan("a.log", "a.log@10#1");
}
END_TEST

START_TEST(a_file_that_was_cut_begins_anew)
{
    tree_write("a.log", LINE(1));
    log_save("a.log", strlen(LINE(1)));
    tree_write("a.log", LINE(2));
    log_expect_plan("a.log", "a.log@0");
}
END_TEST

START_TEST(a_number_used_again_begins_anew)
{
    tree_write("a.log", LINE(1));
    log_save("a.log", 10);
    tree_remove("a.log");
    tree_write("a.log", LINE(2));
    log_expect_plan("a.log", "a.log@0");
}
END_TEST

START_TEST(when_what_was_known_is_gone_all_that_came_after_is_read)
{
    tree_write("a.log", LINE(1));
    log_save("a.log", 10)->known_ns = 5000 * NS_PER_S;
    tree_remove("a.log");
    tree_write("a.log.3", LINE(0));
    log_age("a.log.3", 4000);
    tree_write("a.log.2", LINE(2));
    log_age("a.log.2", 6000);
    tree_write("a.log.1", LINE(3));
    tree_write("a.log", LINE(4));
    log_expect_plan("a.log", "a.log.2@0 a.log.1@0 a.log@0");
}
END_TEST

/* The row says that it was empty; gzip made another file of it after it was written to. */
static void rotate_one_that_was_empty(int64_t compressed_s)
{
    tree_write("a.log", "");
    log_save("a.log", 0)->known_ns = 5000 * NS_PER_S;
    tree_rename("a.log", "a.log.2");
    log_compress("a.log.2", LINE(2));
    log_age("a.log.2.gz", compressed_s);
    tree_write("a.log.1", LINE(3));
    log_save("a.log.1", 10)->known_ns = 6000 * NS_PER_S;
    tree_write("a.log", LINE(4));
}

START_TEST(a_generation_that_was_empty_when_it_was_saved_may_be_any_that_came_since)
{
    rotate_one_that_was_empty(5500);
    log_expect_plan("a.log", "a.log.2.gz@0 a.log.1@10#2 a.log@0");
}
END_TEST

START_TEST(but_none_that_was_there_before)
{
    rotate_one_that_was_empty(4500);
    log_expect_plan("a.log", "a.log.1@10#2 a.log@0");
}
END_TEST

/* All that is left of what was known is the newest. */
START_TEST(a_generation_between_one_that_is_gone_and_one_that_is_known_is_read)
{
    tree_write("a.log", LINE(1));
    log_save("a.log", 10)->known_ns = 5000 * NS_PER_S;
    tree_remove("a.log");
    tree_write("a.log.1", LINE(2));
    log_age("a.log.1", 5500);
    tree_write("a.log", LINE(3));
    log_save("a.log", 10)->known_ns = 6000 * NS_PER_S;
    log_expect_plan("a.log", "a.log.1@0 a.log@10#2");
}
END_TEST

static size_t lost_count(void)
{
    struct generation_plan plan;

    ck_assert_int_eq(generations_read(tree_path("a.log"), &log_kit.generations), 0);
    generation_plan(&log_kit.generations, log_kit.saved, log_kit.saved_count, &plan);
    return plan.lost_count;
}

START_TEST(what_is_nowhere_is_counted_as_lost)
{
    tree_write("a.log.1", LINE(1));
    log_save("a.log.1", 10);
    log_save("a.log.1", 10)->is_done = true;
    tree_remove("a.log.1");
    tree_write("a.log", LINE(4));
    ck_assert_uint_eq(lost_count(), 1);
}
END_TEST

START_TEST(what_had_nothing_left_to_read_is_not_lost)
{
    tree_write("a.log.1", LINE(1));
    log_save("a.log.1", 10)->is_whole = true;
    tree_remove("a.log.1");
    tree_write("a.log", LINE(4));
    ck_assert_uint_eq(lost_count(), 0);
}
END_TEST

START_TEST(what_had_nothing_left_to_read_is_followed_where_it_is)
{
    tree_write("a.log.1", LINE(1));
    log_save("a.log.1", 10)->is_whole = true;
    tree_write("a.log", LINE(4));
    log_expect_plan("a.log", "a.log.1@10#1 a.log@0");
}
END_TEST

/* Fluent Bit saves the inode and the offset, no more. */
START_TEST(a_row_of_fluent_bit_is_known_by_its_inode)
{
    struct generation_saved *s;

    tree_write("a.log", LINE(1));
    s = log_save("a.log", 10);
    s->identity = (struct file_identity){.id.ino = s->identity.id.ino};
    tree_rename("a.log", "a.log.1");
    tree_write("a.log", LINE(2));
    log_expect_plan("a.log", "a.log.1@10#1 a.log@0");
}
END_TEST

/* Below 32 bytes the content does not tell one file from another. */
START_TEST(a_short_log_that_was_all_read_is_not_lost_by_compression)
{
    tree_write("a.log.1", "short\n");
    log_save("a.log.1", 6);
    log_compress("a.log.1", "short\n");
    tree_write("a.log", LINE(4));
    ck_assert_uint_eq(lost_count(), 0);
}
END_TEST

START_TEST(a_short_log_that_was_read_in_part_is_lost_when_it_is_gone)
{
    tree_write("a.log.1", "short\nlog\n");
    log_save("a.log.1", 6);
    tree_remove("a.log.1");
    tree_write("a.log", "");
    ck_assert_uint_eq(lost_count(), 1);
}
END_TEST

START_TEST(of_two_rows_for_one_file_the_later_counts)
{
    tree_write("a.log", LINE(1));
    log_save("a.log", 10);
    log_save("a.log", 20);
    log_expect_plan("a.log", "a.log@20#2");
    generations_free(&log_kit.generations);
    ck_assert_uint_eq(lost_count(), 0);
}
END_TEST

START_TEST(equal_beginnings_are_told_apart_by_number)
{
    tree_write("a.log", LINE(1));
    log_save("a.log", strlen(LINE(1)));
    tree_rename("a.log", "a.log.1");
    tree_write("a.log", LINE(1) LINE(2));
    log_expect_plan("a.log", "a.log.1@66#1 a.log@0");
}
END_TEST

START_TEST(a_log_of_which_nothing_is_left_has_no_plan)
{
    tree_write("a.log", LINE(1));
    log_save("a.log", 10);
    tree_remove("a.log");
    log_expect_plan("a.log", "");
}
END_TEST

START_TEST(a_log_without_a_current_file_is_finished)
{
    tree_write("a.log", LINE(1));
    log_save("a.log", 10);
    tree_rename("a.log", "a.log.1");
    log_expect_plan("a.log", "a.log.1@10#1");
}
END_TEST

Suite *suite_file_generations(void);

Suite *suite_file_generations(void)
{
    Suite *suite = suite_create("file/generations");
    TCase *plans = tcase_create("plans");

    tcase_add_checked_fixture(plans, log_set_up, log_tear_down);
    tcase_add_test(plans, a_log_that_was_never_seen_is_the_caller_s_to_begin);
    tcase_add_test(plans, a_log_that_did_not_rotate_goes_on);
    tcase_add_test(plans, one_rotation_while_nobody_looked);
    tcase_add_test(plans, several_rotations_while_nobody_looked);
    tcase_add_test(plans, kubelet_rotated_and_compressed_while_nobody_looked);
    tcase_add_test(plans, a_generation_that_was_done_is_not_read_again);
    tcase_add_test(plans, a_generation_that_grew_after_it_was_done_is_read_on);
    tcase_add_test(plans, a_generation_missed_between_two_known_ones_is_read);
    tcase_add_test(plans, the_copy_of_copytruncate_is_found_by_content);
    tcase_add_test(plans, a_copy_not_yet_truncated_is_not_read);
    tcase_add_test(plans, a_file_that_was_cut_begins_anew);
    tcase_add_test(plans, a_number_used_again_begins_anew);
    tcase_add_test(plans, when_what_was_known_is_gone_all_that_came_after_is_read);
    tcase_add_test(plans, a_generation_that_was_empty_when_it_was_saved_may_be_any_that_came_since);
    tcase_add_test(plans, but_none_that_was_there_before);
    tcase_add_test(plans, a_generation_between_one_that_is_gone_and_one_that_is_known_is_read);
    tcase_add_test(plans, what_had_nothing_left_to_read_is_not_lost);
    tcase_add_test(plans, what_had_nothing_left_to_read_is_followed_where_it_is);
    tcase_add_test(plans, what_is_nowhere_is_counted_as_lost);
    tcase_add_test(plans, a_row_of_fluent_bit_is_known_by_its_inode);
    tcase_add_test(plans, a_short_log_that_was_all_read_is_not_lost_by_compression);
    tcase_add_test(plans, a_short_log_that_was_read_in_part_is_lost_when_it_is_gone);
    tcase_add_test(plans, of_two_rows_for_one_file_the_later_counts);
    tcase_add_test(plans, equal_beginnings_are_told_apart_by_number);
    tcase_add_test(plans, a_log_of_which_nothing_is_left_has_no_plan);
    tcase_add_test(plans, a_log_without_a_current_file_is_finished);
    suite_add_tcase(suite, plans);
    return suite;
}
