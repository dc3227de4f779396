#include "service/process.h"

#include "base/log.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct config *config;
static struct report report;

static void set_up(void)
{
    config = config_new();
    report_init(&report);
    unsetenv("FLB_LOG_LEVEL");
}

static void tear_down(void)
{
    unsetenv("FLB_LOG_LEVEL");
    log_level_set(LOG_INFO);
    config_free(&config);
    report_fini(&report);
}

static void service_has(const char *key, const char *value)
{
    section_add(config, config_add(config, CONFIG_SERVICE, "service", (struct place){0}),
                (struct property){.key = key, .value = value, .place = {"a.conf", 2}});
}

START_TEST(the_log_level_is_info_unless_something_is_said)
{
    log_level_set(LOG_OFF);
    ck_assert_int_eq(process_log_level(config, &report), 0);
    ck_assert_int_eq(log_level_get(), LOG_INFO);
}
END_TEST

START_TEST(the_last_log_level_of_the_service_counts)
{
    service_has("Log_Level", "error");
    service_has("Log_Level", "debug");
    ck_assert_int_eq(process_log_level(config, &report), 0);
    ck_assert_int_eq(log_level_get(), LOG_DEBUG);
}
END_TEST

START_TEST(the_environment_has_the_last_word_on_the_log_level)
{
    service_has("Log_Level", "debug");
    ck_assert_int_eq(setenv("FLB_LOG_LEVEL", "error", 1), 0);
    ck_assert_int_eq(process_log_level(config, &report), 0);
    ck_assert_int_eq(log_level_get(), LOG_ERROR);
}
END_TEST

START_TEST(a_log_level_that_is_none_is_a_mistake)
{
    service_has("Log_Level", "loud");
    ck_assert_int_eq(process_log_level(config, &report), -EINVAL);
    ck_assert_ptr_nonnull(strstr(report.text.data, "a.conf:2: log_level is \"loud\""));
}
END_TEST

START_TEST(a_log_file_that_cannot_be_opened_is_a_mistake)
{
    ck_assert_int_eq(process_log_file(config, &report), 0);
    service_has("Log_File", "/no/such/folder/log");
    ck_assert_int_lt(process_log_file(config, &report), 0);
    ck_assert_uint_eq(report.error_count, 1);
}
END_TEST

START_TEST(as_many_files_as_allowed_may_be_open)
{
    struct rlimit limit;

    process_raise_files();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, limit.rlim_max);
}
END_TEST

/* Else a log, a socket or the loop's own descriptor would be what somebody writes errors to. */
START_TEST(a_standard_file_that_is_closed_is_nothing)
{
    int kept = dup(STDERR_FILENO);

    ck_assert_int_ge(kept, 0);
    close(STDIN_FILENO);
    close(STDERR_FILENO);
    process_open_standard_files();
    ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0);
    ck_assert_int_ge(fcntl(STDERR_FILENO, F_GETFD), 0);
    ck_assert_int_eq(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    close(kept);
}
END_TEST

static volatile sig_atomic_t hangups;

static void on_hangup(int number)
{
    (void)number;
    hangups++;
}

START_TEST(a_hangup_that_comes_while_the_agent_starts_waits_for_who_takes_it)
{
    process_hold_hangups();
    ck_assert_int_eq(raise(SIGHUP), 0);
    ck_assert(signal(SIGHUP, on_hangup) != SIG_ERR);
    ck_assert_int_eq(hangups, 0);
    process_release_hangups();
    ck_assert_int_eq(hangups, 1);
    (void)signal(SIGHUP, SIG_DFL);
}
END_TEST

Suite *suite_service_process(void);
Suite *suite_service_process(void)
{
    Suite *suite = suite_create("service/process");
    TCase *process = tcase_create("process");

    tcase_add_checked_fixture(process, set_up, tear_down);
    tcase_add_test(process, the_log_level_is_info_unless_something_is_said);
    tcase_add_test(process, the_last_log_level_of_the_service_counts);
    tcase_add_test(process, the_environment_has_the_last_word_on_the_log_level);
    tcase_add_test(process, a_log_level_that_is_none_is_a_mistake);
    tcase_add_test(process, a_log_file_that_cannot_be_opened_is_a_mistake);
    tcase_add_test(process, as_many_files_as_allowed_may_be_open);
    tcase_add_test(process, a_standard_file_that_is_closed_is_nothing);
    tcase_add_test(process, a_hangup_that_comes_while_the_agent_starts_waits_for_who_takes_it);
    suite_add_tcase(suite, process);
    return suite;
}
