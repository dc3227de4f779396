#include "kit/tree.h"
#include "plugins/in_systemd/guard.h"

#include <check.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file of two pages, mapped. */
static volatile char *map;
static long page;

static void set_up(void)
{
    char *text;
    int fd;

    tree_plant();
    page = sysconf(_SC_PAGESIZE);
    text = mem_alloc((size_t)page * 2);
    memset(text, 'x', (size_t)page * 2);
    tree_write_bytes("journal", text, (size_t)page * 2);
    mem_free(text);
    fd = tree_open("journal");
    map = mmap(NULL, (size_t)page * 2, PROT_READ, MAP_SHARED, fd, 0);
    ck_assert((void *)(uintptr_t)map != MAP_FAILED);
    close(fd);
    guard_install();
}

static void tear_down(void)
{
    ck_assert_int_eq(munmap((void *)(uintptr_t)map, (size_t)page * 2), 0);
    tree_fell();
}

START_TEST(what_can_be_read_is_read_as_it_is)
{
    guard_begin();
    ck_assert_int_eq(map[page], 'x');
    ck_assert(!guard_is_hit());
    ck_assert(!guard_end());
}
END_TEST

START_TEST(a_page_that_was_cut_off_reads_as_zeros_and_is_told_of)
{
    tree_truncate("journal", page);
    guard_begin();
    ck_assert_int_eq(map[page + 17], 0);
    ck_assert(guard_is_hit());
    ck_assert_int_eq(map[0], 'x');
    ck_assert(guard_end());
    guard_begin(); /* and then it is there */
    ck_assert_int_eq(map[page + 17], 0);
    ck_assert(!guard_end());
}
END_TEST

Suite *suite_plugins_systemd_guard(void);

Suite *suite_plugins_systemd_guard(void)
{
    Suite *suite = suite_create("plugins_systemd_guard");
    TCase *tcase = tcase_create("plugins_systemd_guard");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, what_can_be_read_is_read_as_it_is);
    tcase_add_test(tcase, a_page_that_was_cut_off_reads_as_zeros_and_is_told_of);
    suite_add_tcase(suite, tcase);
    return suite;
}
