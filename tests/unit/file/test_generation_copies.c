#include "log_kit.h"

#include "base/clock.h"
#include "base/memory.h"

#include <unistd.h>
#include <uv.h>

START_TEST(a_copy_not_yet_truncated_is_not_read_though_an_older_one_is_known)
{
    tree_write("a.log.2", LINE(0));
    log_save("a.log.2", strlen(LINE(0)))->is_done = true;
    tree_write("a.log", LINE(1) LINE(2));
    log_save("a.log", 10);
    tree_write("a.log.1", LINE(1));
    log_expect_plan("a.log", "a.log@10#2");
}
END_TEST

/* It has the log's first bytes, and not those before its own end. */
START_TEST(a_generation_that_only_begins_as_the_log_does_is_read)
{
    tree_write("a.log.2", LINE(0));
    log_save("a.log.2", strlen(LINE(0)))->is_done = true;
    for (int i = 0; i < 20; i++) {
        tree_append("a.log", LINE(1));
        tree_append("a.log.1", LINE(1));
    }
    tree_append("a.log", LINE(2) LINE(4));
    log_save("a.log", 10);
    tree_append("a.log.1", LINE(3));
    log_expect_plan("a.log", "a.log.1@0 a.log@10#2");
}
END_TEST

/* More came after it was made, and was read. */
START_TEST(a_copy_is_read_no_further_than_it_goes)
{
    tree_write("a.log", LINE(1) LINE(2));
    log_save("a.log", strlen(LINE(1) LINE(2)));
    tree_write("a.log.1", LINE(1));
    tree_truncate("a.log", 0);
    tree_append("a.log", LINE(3));
    log_expect_plan("a.log", "a.log.1@66#1 a.log@0");
    log_kit.saved[0].is_done = true;
    log_expect_plan("a.log", "a.log@0");
    tree_remove("a.log.1");
    tree_write_gzip("a.log.1.gz", LINE(1));
    log_expect_plan("a.log", "a.log@0");
}
END_TEST

static void append_lines(const char *name, const char *line, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        tree_append(name, line);
}

/* Logs that begin with the same kilobyte, a banner for one: the one that was read is gone, and the next
 * is shorter. */
START_TEST(a_shorter_log_that_begins_alike_is_no_copy_where_none_was_truncated)
{
    append_lines("a.log", LINE(1), 40);
    log_save("a.log", 40 * strlen(LINE(1)))->is_done = true;
    tree_rename("a.log", "gone");
    append_lines("a.log.1", LINE(1), 20);
    tree_append("a.log.1", LINE(2));
    tree_write("a.log", LINE(3));
    log_expect_plan("a.log", "a.log.1@0 a.log@0");
}
END_TEST

START_TEST(it_is_one_where_the_log_was_truncated)
{
    append_lines("a.log", LINE(1), 40);
    log_save("a.log", 40 * strlen(LINE(1)));
    append_lines("a.log.1", LINE(1), 20);
    tree_truncate("a.log", 0);
    tree_append("a.log", LINE(3));
    log_expect_plan("a.log", "a.log.1@1320#1 a.log@0");
}
END_TEST

/* Nothing tells what it became, but that it was written to since. */
START_TEST(a_file_that_nobody_could_open_is_read_when_it_has_another_number)
{
    struct generation_saved *s;

    tree_write("a.log.3", LINE(0));
    log_age("a.log.3", 1000);
    tree_write("a.log", LINE(1));
    s = log_save("a.log", 0);
    s->identity = (struct file_identity){.id = s->identity.id};
    s->is_untouched = true;
    s->known_ns = 2000 * NS_PER_S;
    log_compress("a.log", LINE(1));
    tree_rename("a.log.gz", "a.log.2.gz");
    tree_write("a.log.1", LINE(2));
    log_save("a.log.1", 10);
    tree_write("a.log", LINE(3));
    log_expect_plan("a.log", "a.log.2.gz@0 a.log.1@10#2 a.log@0");
}
END_TEST

/* The number went to the next log: where nothing but a number tells files apart, that may be it. Found by
 * the simulation, SIM_TROUBLE with a small held_limit, seed 1087. */
START_TEST(a_file_that_nobody_could_open_is_read_though_another_has_its_number)
{
    struct generation_saved *s;

    tree_write("a.log.3", LINE(0));
    log_age("a.log.3", 1000);
    tree_write("a.log.2", LINE(1));
    tree_write("a.log.1", LINE(2));
    log_save("a.log.1", 10);
    tree_write("a.log", LINE(3));
    s = log_save("a.log", 0);
    s->identity =
        (struct file_identity){.id = {.dev = s->identity.id.dev, .ino = s->identity.id.ino}};
    s->is_untouched = true;
    s->known_ns = 2000 * NS_PER_S;
    log_expect_plan("a.log", "a.log.2@0 a.log.1@10#1 a.log@0#2");
}
END_TEST

START_TEST(a_row_with_a_print_comes_before_one_that_has_the_number_alone)
{
    struct generation_saved *s;

    tree_write("a.log.1", LINE(1) LINE(2));
    log_save("a.log.1", 10);
    s = log_save("a.log.1", 0);
    s->identity = (struct file_identity){.id = s->identity.id};
    tree_write("a.log", LINE(3));
    log_expect_plan("a.log", "a.log.1@10#1 a.log@0");
}
END_TEST

/* Its writer was late. Found by the simulation, SIM_TROUBLE seed 3872. */
START_TEST(one_that_was_done_with_and_has_more_is_read_though_compressed)
{
    tree_write("a.log.1", LINE(1));
    log_save("a.log.1", strlen(LINE(1)))->is_done = true;
    log_compress("a.log.1", LINE(1) LINE(2));
    tree_write("a.log", LINE(3));
    log_save("a.log", 10);
    log_expect_plan("a.log", "a.log.1.gz@66#1 a.log@10#2");
}
END_TEST

/* A number of a deleted file, that a copy got. Found by the simulation, SIM_COPIES and SIM_TROUBLE seed
 * 380. */
START_TEST(a_row_with_a_number_alone_does_not_make_a_copy_unread)
{
    struct generation_saved *s;

    tree_write("a.log", LINE(1) LINE(2));
    log_save("a.log", 10);
    tree_write("a.log.1", LINE(1));
    s = log_save("a.log.1", 0);
    s->identity = (struct file_identity){.id = s->identity.id};
    log_expect_plan("a.log", "a.log@10#1");
}
END_TEST

/* The read of the generation before the log, when that cannot be read. */
static struct generation_read read_before_unreadable(void)
{
    struct generations siblings;
    struct generation_plan plan;

    ck_assert_int_eq(generations_read(tree_path("a.log"), &siblings), 0);
    ck_assert_uint_eq(siblings.count, 2);
    siblings.items[1].trouble = UV_EIO;
    siblings.items[0].is_copy = false;
    generation_plan(&siblings, log_kit.saved, log_kit.saved_count, &plan);
    ck_assert_uint_gt(plan.count, 0);
    ck_assert_uint_eq(plan.reads[0].index, 0);
    generations_free(&siblings);
    return plan.reads[0];
}

/* Else its lines would come twice, from the log when that is well again. SIM_COPIES and SIM_TROUBLE
 * seed 48. */
START_TEST(what_may_be_a_copy_of_a_log_that_cannot_be_read_waits_for_that)
{
    struct generation_saved *s;

    tree_write("a.log", LINE(1) LINE(2));
    s = log_save("a.log", 0);
    s->identity = (struct file_identity){.id = s->identity.id};
    s->is_untouched = true;
    s->known_ns = 1;
    tree_write("a.log.1", LINE(1));
    ck_assert_int_eq(read_before_unreadable().trouble, UV_EIO);
    ck_assert(read_before_unreadable().is_doubtful);
    tree_append("a.log.1", LINE(2) LINE(3));
    ck_assert_int_eq(read_before_unreadable().trouble, 0);
    ck_assert(!read_before_unreadable().is_doubtful);
}
END_TEST

/* Whether it was truncated since, so that this is its copy, shows when it can be read. SIM_COPIES and
 * SIM_TROUBLE seeds 402, 668, 846 and 1192. */
START_TEST(a_shorter_one_that_begins_as_a_log_that_cannot_be_read_did_waits_for_that)
{
    append_lines("a.log", LINE(1), 40);
    log_save("a.log", 40 * strlen(LINE(1)));
    append_lines("a.log.1", LINE(1), 35);
    tree_truncate("a.log", 0);
    tree_append("a.log", LINE(3));
    ck_assert_int_eq(read_before_unreadable().trouble, UV_EIO);
    ck_assert(read_before_unreadable().is_doubtful);
    log_expect_plan("a.log", "a.log.1@2310#1 a.log@0");
    tree_write("a.log.1", LINE(2));
    append_lines("a.log.1", LINE(1), 35);
    ck_assert_int_eq(read_before_unreadable().trouble, 0);
}
END_TEST

/* Or it would be taken for another that begins alike, and be read from its beginning. SIM_COPIES and
 * SIM_TROUBLE seeds 43643 and 43785. */
START_TEST(so_does_a_compressed_one_that_is_known_by_the_row_of_such_a_log)
{
    char *text;

    append_lines("a.log", LINE(1), 40);
    log_save("a.log", 40 * strlen(LINE(1)));
    append_lines("a.log.1", LINE(1), 35);
    text = mem_text(tree_read("a.log.1", NULL));
    tree_write_gzip("a.log.1.gz", text);
    mem_free(text);
    tree_remove("a.log.1");
    tree_truncate("a.log", 0);
    tree_append("a.log", LINE(3));
    ck_assert_int_eq(read_before_unreadable().trouble, UV_EIO);
    ck_assert(read_before_unreadable().is_doubtful);
    log_expect_plan("a.log", "a.log.1.gz@2640#1 a.log@0");
}
END_TEST

/* A deleted file is held open, of which nothing could be read since it was empty: else its lines would come
 * from what gzip made of it, and once more when it can be read. SIM_TROUBLE seed 700701. */
START_TEST(what_gzip_may_have_made_of_a_file_that_cannot_be_read_waits_for_that)
{
    struct generation_saved *held;

    tree_write("a.log.1", "");
    held = log_save("a.log.1", 0);
    held->trouble = UV_EIO;
    held->is_done = true;
    log_compress("a.log.1", LINE(1));
    tree_write("a.log", LINE(2));
    log_save("a.log", 10);
    log_expect_plan("a.log", "a.log.1.gz@0~ a.log@10#2");
    held->trouble = 0;
    log_expect_plan("a.log", "a.log.1.gz@0 a.log@10#2");
}
END_TEST

/* It is that one, and nothing else is. */
START_TEST(nothing_waits_for_one_that_cannot_be_read_and_has_a_name)
{
    tree_write("a.log.2", "");
    log_save("a.log.2", 0)->trouble = UV_EIO;
    tree_write_gzip("a.log.1.gz", LINE(1));
    tree_write("a.log", LINE(2));
    log_save("a.log", 10);
    log_expect_plan("a.log", "a.log.2@0#1 a.log.1.gz@0 a.log@10#2");
}
END_TEST

/* Its name leads nowhere meanwhile. */
START_TEST(a_log_that_is_open_shows_what_it_holds_though_its_name_cannot_be_opened)
{
    struct generation *log;
    int fd;

    tree_write("a.log", LINE(1) LINE(2));
    tree_write("a.log.1", LINE(1));
    fd = tree_open("a.log");
    ck_assert_int_eq(generations_read(tree_path("a.log"), &log_kit.generations), 0);
    ck_assert_uint_eq(log_kit.generations.count, 2);
    tree_rename("a.log", "elsewhere");
    log = &log_kit.generations.items[1];
    log->trouble = UV_EACCES;
    log->head_len = 0;
    MEM_FREE(&log->head);
    log_kit.generations.items[0].is_copy = false;
    ck_assert(generations_lend(&log_kit.generations, fd));
    ck_assert_int_eq(log->trouble, 0);
    ck_assert_uint_eq(log->head_len, strlen(LINE(1) LINE(2)));
    ck_assert(log_kit.generations.items[0].is_copy);
    close(fd);
}
END_TEST

static bool is_copied(int64_t born_ns, int64_t log_born_ns)
{
    struct generations siblings;
    struct generation_plan plan;

    ck_assert_int_eq(generations_read(tree_path("a.log"), &siblings), 0);
    ck_assert_uint_eq(siblings.count, 2);
    siblings.items[0].id.born_ns = born_ns;
    siblings.items[1].id.born_ns = log_born_ns;
    generation_plan(&siblings, log_kit.saved, log_kit.saved_count, &plan);
    ck_assert_uint_eq(plan.count, 2);
    generations_free(&siblings);
    return plan.is_copied;
}

/* Neither was seen before. Found by the simulation, SIM_COPIES seed 7270, where no file has a time of
 * birth, and nothing tells. */
START_TEST(a_generation_that_is_younger_than_its_log_is_a_copy)
{
    tree_write("a.log", LINE(0));
    log_save("a.log", 10)->known_ns = 1;
    tree_remove("a.log");
    tree_write("a.log.1", LINE(1));
    tree_write("a.log", LINE(2));
    ck_assert(is_copied(2000, 1000));
    ck_assert(!is_copied(1000, 2000));
    ck_assert(!is_copied(0, 0));
    ck_assert(!is_copied(2000, 0));
    tree_remove("a.log.1");
    tree_write_gzip("a.log.1.gz", LINE(1));
    ck_assert(!is_copied(2000, 1000));
}
END_TEST

/* Of the two the numbers alone were saved. Found by the simulation, SIM_COPIES and SIM_TROUBLE seed
 * 43458. */
START_TEST(so_is_one_that_nobody_could_open_before)
{
    struct generation_saved *s;

    tree_write("a.log.1", LINE(1));
    tree_write("a.log", LINE(2));
    s = log_save("a.log.1", 0);
    s->identity = (struct file_identity){.id.ino = s->identity.id.ino};
    s->is_untouched = true;
    s = log_save("a.log", 0);
    s->identity = (struct file_identity){.id.ino = s->identity.id.ino};
    s->is_untouched = true;
    ck_assert(is_copied(2000, 1000));
    ck_assert(!is_copied(1000, 2000));
}
END_TEST

static bool is_copied_unreadable(void)
{
    struct generations siblings;
    struct generation_plan plan;

    ck_assert_int_eq(generations_read(tree_path("a.log"), &siblings), 0);
    ck_assert_uint_eq(siblings.count, 2);
    siblings.items[1].trouble = UV_EIO;
    generation_plan(&siblings, log_kit.saved, log_kit.saved_count, &plan);
    generations_free(&siblings);
    return plan.is_copied;
}

/* Else its first line would be taken for the rest of the copy's last one. SIM_COPIES, SIM_TROUBLE and
 * SIM_PIECES seed 720903. */
START_TEST(a_log_that_cannot_be_read_was_truncated_where_another_file_has_its_bytes)
{
    tree_write("a.log", LINE(1));
    log_save("a.log", 0);
    tree_copy("a.log", "a.log.1");
    ck_assert(!is_copied_unreadable());
    tree_truncate("a.log", 0);
    ck_assert(is_copied_unreadable());
    log_kit.saved_count = 0;
    log_save("a.log.1", 0);
    ck_assert(!is_copied_unreadable());
}
END_TEST

Suite *suite_file_generation_copies(void);
Suite *suite_file_generation_copies(void)
{
    Suite *suite = suite_create("file/generation_copies");
    TCase *plans = tcase_create("plans");

    tcase_add_checked_fixture(plans, log_set_up, log_tear_down);
    tcase_add_test(plans, a_copy_not_yet_truncated_is_not_read_though_an_older_one_is_known);
    tcase_add_test(plans, a_generation_that_only_begins_as_the_log_does_is_read);
    tcase_add_test(plans, a_copy_is_read_no_further_than_it_goes);
    tcase_add_test(plans, a_shorter_log_that_begins_alike_is_no_copy_where_none_was_truncated);
    tcase_add_test(plans, it_is_one_where_the_log_was_truncated);
    tcase_add_test(plans, a_file_that_nobody_could_open_is_read_when_it_has_another_number);
    tcase_add_test(plans, a_file_that_nobody_could_open_is_read_though_another_has_its_number);
    tcase_add_test(plans, a_row_with_a_print_comes_before_one_that_has_the_number_alone);
    tcase_add_test(plans, one_that_was_done_with_and_has_more_is_read_though_compressed);
    tcase_add_test(plans, a_row_with_a_number_alone_does_not_make_a_copy_unread);
    tcase_add_test(plans, what_may_be_a_copy_of_a_log_that_cannot_be_read_waits_for_that);
    tcase_add_test(plans,
                   a_shorter_one_that_begins_as_a_log_that_cannot_be_read_did_waits_for_that);
    tcase_add_test(plans, a_log_that_is_open_shows_what_it_holds_though_its_name_cannot_be_opened);
    tcase_add_test(plans, what_gzip_may_have_made_of_a_file_that_cannot_be_read_waits_for_that);
    tcase_add_test(plans, nothing_waits_for_one_that_cannot_be_read_and_has_a_name);
    tcase_add_test(plans, so_does_a_compressed_one_that_is_known_by_the_row_of_such_a_log);
    tcase_add_test(plans, a_generation_that_is_younger_than_its_log_is_a_copy);
    tcase_add_test(plans, so_is_one_that_nobody_could_open_before);
    tcase_add_test(plans, a_log_that_cannot_be_read_was_truncated_where_another_file_has_its_bytes);
    suite_add_tcase(suite, plans);
    return suite;
}
