#include "base/log.h"

#include "base/clock.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/tailrace-log-XXXXXX";
static char written[16384];

static void set_up(void)
{
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    close(mkstemp(path));
    ck_assert_int_eq(log_open(path), 0);
    log_level_set(LOG_INFO);
    setenv("TZ", "UTC", 1);
    clock_fake(0, INT64_C(86400) * NS_PER_S + 42);
}

static void tear_down(void)
{
    log_close();
    unlink(path);
    clock_real();
}

static const char *log_file(void)
{
    FILE *file = fopen(path, "r");
    size_t len = fread(written, 1, sizeof written - 1, file);

    fclose(file);
    written[len] = '\0';
    return written;
}

START_TEST(levels_are_known_by_their_names_in_any_case)
{
    static const char *const names[] = {"off", "ERROR", "Warn", "info", "debug", "trace"};
    enum log_level level;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        ck_assert_int_eq(log_level_parse(names[i], &level), 0);
        ck_assert_int_eq(level, (int)i);
    }
    ck_assert_int_eq(log_level_parse("warning", &level), 0);
    ck_assert_str_eq(log_level_name(level), "warn");
}
END_TEST

START_TEST(an_unknown_level_is_refused_and_changes_nothing)
{
    enum log_level level = LOG_DEBUG;

    ck_assert_int_eq(log_level_parse("loud", &level), -EINVAL);
    ck_assert_int_eq(log_level_parse("", &level), -EINVAL);
    ck_assert_int_eq(level, LOG_DEBUG);
}
END_TEST

START_TEST(a_line_has_time_level_component_and_text)
{
    log_warn("input:tail:tail.0", "%d lines", 3);
    log_info(NULL, "ready");
    ck_assert_str_eq(log_file(),
                     "[1970/01/02 00:00:00.000000042] [ warn] [input:tail:tail.0] 3 lines\n"
                     "[1970/01/02 00:00:00.000000042] [ info] ready\n");
}
END_TEST

START_TEST(lines_above_the_level_are_neither_written_nor_counted)
{
    uint64_t before = log_count(LOG_DEBUG);

    log_debug(NULL, "hidden");
    ck_assert_str_eq(log_file(), "");
    ck_assert_uint_eq(log_count(LOG_DEBUG), before);
    log_level_set(LOG_DEBUG);
    log_debug(NULL, "shown");
    ck_assert_uint_eq(log_count(LOG_DEBUG), before + 1);
}
END_TEST

START_TEST(nothing_is_logged_when_off)
{
    log_level_set(LOG_OFF);
    log_error(NULL, "hidden");
    ck_assert_str_eq(log_file(), "");
}
END_TEST

START_TEST(a_text_can_neither_forge_a_line_nor_drive_a_terminal)
{
    log_info(NULL, "a\n[fake] \033[31m\177");
    ck_assert_ptr_nonnull(strstr(log_file(), "a [fake]  [31m \n"));
    log_info(NULL, "b \xc2\x9b|\x9b|\xe2\x80\xa8|\xe2\x80\xae|\xc3\xa4|\xe2\x82");
    ck_assert_ptr_nonnull(strstr(log_file(), "b   |?|   |   |\xc3\xa4|??\n"));
}
END_TEST

START_TEST(a_line_too_long_is_cut_and_still_ends)
{
    char text[8192];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_info(text, "%s", text);
    log_file();
    ck_assert_uint_lt(strlen(written), 4097);
    ck_assert_int_eq(written[strlen(written) - 1], '\n');
}
END_TEST

START_TEST(a_pipe_that_nobody_reads_stops_nothing)
{
    static char bytes[1 << 20];
    char pipe_path[32];
    ssize_t len;
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    (void)snprintf(pipe_path, sizeof pipe_path, "/dev/fd/%d", ends[1]);
    ck_assert_int_eq(log_open(pipe_path), 0);
    while (write(ends[1], bytes, 4096) > 0)
        continue;
    log_info(NULL, "one");
    log_info(NULL, "two");
    while (read(ends[0], bytes, sizeof bytes) > 0)
        continue;
    log_info(NULL, "three");
    len = read(ends[0], bytes, sizeof bytes - 1);
    ck_assert_int_gt(len, 0);
    bytes[len] = '\0';
    ck_assert_ptr_nonnull(strstr(bytes, "[log] 2 lines are left out here: nobody read them\n["));
    ck_assert_ptr_nonnull(strstr(bytes, "three\n"));
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(a_log_file_that_cannot_be_opened_is_said)
{
    ck_assert_int_eq(log_open("/nowhere/at/all.log"), -ENOENT);
    log_info(NULL, "goes on where it was");
    ck_assert_ptr_nonnull(strstr(log_file(), "goes on"));
}
END_TEST

START_TEST(recent_trouble_is_kept_newest_first)
{
    for (int i = 0; i < LOG_RECENT_MAX + 5; i++)
        log_warn(NULL, "trouble %d.", i);
    log_info(NULL, "no trouble");
    ck_assert_ptr_nonnull(strstr(log_recent(0), "trouble 24."));
    ck_assert_ptr_nonnull(strstr(log_recent(LOG_RECENT_MAX - 1), "trouble 5."));
    ck_assert_ptr_null(log_recent(LOG_RECENT_MAX));
}
END_TEST

START_TEST(the_brake_opens_once_an_interval_and_counts_what_it_held)
{
    struct log_brake brake = {0};
    uint64_t held = 99;

    ck_assert(log_brake_open(&brake, 1000, &held));
    ck_assert_uint_eq(held, 0);
    ck_assert(!log_brake_open(&brake, 1000, &held));
    clock_advance_ms(999);
    ck_assert(!log_brake_open(&brake, 1000, &held));
    clock_advance_ms(1);
    ck_assert(log_brake_open(&brake, 1000, &held));
    ck_assert_uint_eq(held, 2);
    clock_advance_ms(1000);
    ck_assert(log_brake_open(&brake, 1000, &held));
    ck_assert_uint_eq(held, 0);
}
END_TEST

/* Whoever starts the agent looks at stderr, whoever looks after it at the file. */
START_TEST(what_is_said_aloud_goes_to_both)
{
    int before = dup(STDERR_FILENO), ends[2];
    char said[256];
    ssize_t len;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
    log_line_aloud(LOG_ERROR, "config", "a.conf:%d: what is this", 3);
    log_line(LOG_ERROR, "config", "not aloud");
    ck_assert_int_ge(dup2(before, STDERR_FILENO), 0);
    len = read(ends[0], said, sizeof said - 1);
    ck_assert_int_gt(len, 0);
    said[len] = '\0';
    close(ends[0]);
    close(ends[1]);
    close(before);
    ck_assert_ptr_nonnull(strstr(said, "[error] [config] a.conf:3: what is this\n"));
    ck_assert_ptr_null(strstr(said, "not aloud"));
    ck_assert_ptr_nonnull(strstr(log_file(), "a.conf:3: what is this\n"));
    ck_assert_ptr_nonnull(strstr(log_file(), "not aloud\n"));
}
END_TEST

Suite *suite_base_log(void);

Suite *suite_base_log(void)
{
    Suite *suite = suite_create("base/log");
    TCase *level = tcase_create("level"), *line = tcase_create("line");

    tcase_add_test(level, levels_are_known_by_their_names_in_any_case);
    tcase_add_test(level, an_unknown_level_is_refused_and_changes_nothing);
    suite_add_tcase(suite, level);
    tcase_add_checked_fixture(line, set_up, tear_down);
    tcase_add_test(line, a_line_has_time_level_component_and_text);
    tcase_add_test(line, lines_above_the_level_are_neither_written_nor_counted);
    tcase_add_test(line, nothing_is_logged_when_off);
    tcase_add_test(line, a_text_can_neither_forge_a_line_nor_drive_a_terminal);
    tcase_add_test(line, a_line_too_long_is_cut_and_still_ends);
    tcase_add_test(line, a_pipe_that_nobody_reads_stops_nothing);
    tcase_add_test(line, a_log_file_that_cannot_be_opened_is_said);
    tcase_add_test(line, what_is_said_aloud_goes_to_both);
    tcase_add_test(line, recent_trouble_is_kept_newest_first);
    tcase_add_test(line, the_brake_opens_once_an_interval_and_counts_what_it_held);
    suite_add_tcase(suite, line);
    return suite;
}
