#include "file/trouble.h"

#include "base/clock.h"
#include "base/log.h"
#include "kit/stops.h"

#include <errno.h>
#include <string.h>

static struct file_trouble trouble;
static uint64_t errors_before, infos_before;

static void set_up(void)
{
    clock_fake(1000, 0);
    log_level_set(LOG_INFO);
    ck_assert_int_eq(log_open("/dev/null"), 0);
    trouble = (struct file_trouble){0};
    errors_before = log_count(LOG_ERROR);
    infos_before = log_count(LOG_INFO);
}

static void tear_down(void)
{
    clock_real();
    log_close();
}

START_TEST(a_file_without_trouble_may_be_tried)
{
    ck_assert(file_trouble_may_try(&trouble));
    file_trouble_over(&trouble, "tail.0", "/a.log");
    ck_assert_uint_eq(log_count(LOG_INFO) - infos_before, 0);
}
END_TEST

START_TEST(trouble_is_said_once_and_counted)
{
    file_trouble_note(&trouble, "tail.0", "/a.log", -EACCES);
    file_trouble_note(&trouble, "tail.0", "/a.log", -EACCES);
    ck_assert_uint_eq(log_count(LOG_ERROR) - errors_before, 1);
    ck_assert_uint_eq(trouble.count, 2);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "/a.log: Permission denied; run as root"));
    file_trouble_note(&trouble, "tail.0", "/a.log", -EIO);
    ck_assert_uint_eq(log_count(LOG_ERROR) - errors_before, 2);
}
END_TEST

START_TEST(trouble_of_all_files_lasts_when_it_is_half_a_minute_old_and_its_own_at_once)
{
    uint64_t began_ms = clock_ms();

    while (!file_trouble_lasts(&trouble)) {
        file_trouble_note_silently(&trouble);
        clock_advance_ms(file_trouble_lasts(&trouble) ? 0 : trouble.wait_ms);
    }
    ck_assert_uint_eq(clock_ms() - began_ms, 31000);
    trouble = (struct file_trouble){0};
    file_trouble_note(&trouble, "tail.0", "/a.log", -EIO);
    ck_assert(file_trouble_lasts(&trouble));
    file_trouble_over(&trouble, "tail.0", "/a.log");
    ck_assert(!file_trouble_lasts(&trouble));
}
END_TEST

START_TEST(tries_come_ever_more_rarely_up_to_a_minute)
{
    for (uint64_t wait = 1000; wait < 200000; wait *= 2) {
        uint64_t expected = wait < 60000 ? wait : 60000;

        file_trouble_note(&trouble, "tail.0", "/a.log", -EIO);
        ck_assert_uint_eq(trouble.wait_ms, expected);
        clock_advance_ms(expected - 1);
        ck_assert(!file_trouble_may_try(&trouble));
        clock_advance_ms(1);
        ck_assert(file_trouble_may_try(&trouble));
    }
}
END_TEST

START_TEST(the_end_of_trouble_is_said_and_forgets_it)
{
    file_trouble_note(&trouble, "tail.0", "/a.log", -EMFILE);
    file_trouble_over(&trouble, "tail.0", "/a.log");
    ck_assert_uint_eq(log_count(LOG_INFO) - infos_before, 1);
    ck_assert(file_trouble_may_try(&trouble));
    ck_assert_uint_eq(trouble.count, 0);
}
END_TEST

Suite *suite_file_trouble(void);

Suite *suite_file_trouble(void)
{
    Suite *suite = suite_create("file/trouble");
    TCase *use = tcase_create("use");

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, a_file_without_trouble_may_be_tried);
    tcase_add_test(use, trouble_is_said_once_and_counted);
    tcase_add_test(use,
                   trouble_of_all_files_lasts_when_it_is_half_a_minute_old_and_its_own_at_once);
    tcase_add_test(use, tries_come_ever_more_rarely_up_to_a_minute);
    tcase_add_test(use, the_end_of_trouble_is_said_and_forgets_it);
    suite_add_tcase(suite, use);
    return suite;
}
