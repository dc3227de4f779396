#include "checkpoint/orphans.h"

#include "base/log.h"
#include "base/memory.h"
#include "checkpoint/positions.h"

#include <check.h>
#include <fcntl.h>
#include <unistd.h>

static int leave(const char *positions, int64_t row)
{
    struct orphan orphan = {
        .path = mem_text("/a.log"), .real = mem_text("/b.log"), .fd = dup(0), .row = row};

    orphans_leave(positions, &orphan);
    return orphan.fd;
}

static void expect(const char *positions, int64_t row)
{
    struct orphan orphan;

    ck_assert(orphans_take(positions, &orphan));
    ck_assert_int_eq(orphan.row, row);
    ck_assert_str_eq(orphan.path, "/a.log");
    ck_assert_str_eq(orphan.real, "/b.log");
    close(orphan.fd);
    mem_free(orphan.path);
    mem_free(orphan.real);
}

START_TEST(each_is_taken_once_by_who_has_its_positions)
{
    struct orphan none;

    leave("one.db", 1);
    leave("two.db", 2);
    leave("one.db", 3);
    expect("two.db", 2);
    expect("one.db", 1);
    expect("one.db", 3);
    ck_assert(!orphans_take("one.db", &none));
    ck_assert(!orphans_take("two.db", &none));
}
END_TEST

START_TEST(those_that_nobody_took_are_closed_when_positions_are_kept_no_longer)
{
    struct orphan none;
    int fd = leave("one.db", 1);

    log_level_set(LOG_OFF);
    positions_keep(false);
    ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
    ck_assert(!orphans_take("one.db", &none));
    log_level_set(LOG_INFO);
}
END_TEST

Suite *suite_checkpoint_orphans(void);
Suite *suite_checkpoint_orphans(void)
{
    Suite *suite = suite_create("checkpoint/orphans");
    TCase *orphans = tcase_create("orphans");

    tcase_add_test(orphans, each_is_taken_once_by_who_has_its_positions);
    tcase_add_test(orphans, those_that_nobody_took_are_closed_when_positions_are_kept_no_longer);
    suite_add_tcase(suite, orphans);
    return suite;
}
