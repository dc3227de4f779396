#include "plugins/out_cloudwatch_logs/settled.h"

#include <check.h>
#include <stdio.h>

/* The groups whose retention is settled. */

static struct cw_settled settled;

static struct slice group(unsigned number)
{
    static char name[16];

    snprintf(name, sizeof name, "g%u", number);
    return slice_of(name);
}

START_TEST(what_was_entered_is_found_and_nothing_else)
{
    for (unsigned i = 0; i < 500; i++)
        cw_settled_add(&settled, group(i));
    for (unsigned i = 0; i < 1000; i++)
        ck_assert_int_eq(cw_settled_has(&settled, group(i)), i < 500);
}
END_TEST

START_TEST(what_is_entered_twice_takes_one_place)
{
    for (unsigned i = 0; i < 5000; i++)
        cw_settled_add(&settled, group(7));
    ck_assert(cw_settled_has(&settled, group(7)));
    ck_assert(!cw_settled_has(&settled, group(8)));
}
END_TEST

START_TEST(of_more_than_are_kept_nobody_is_asked_for_ever)
{
    for (unsigned i = 0; i < 2 * CW_SETTLED_SLOTS; i++)
        cw_settled_add(&settled, group(i));
    for (unsigned i = 0; i < 4 * CW_SETTLED_SLOTS; i++)
        ck_assert(cw_settled_has(&settled, group(i)));
}
END_TEST

Suite *suite_plugins_out_cloudwatch_settled(void);

Suite *suite_plugins_out_cloudwatch_settled(void)
{
    Suite *suite = suite_create("plugins/out_cloudwatch_settled");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, what_was_entered_is_found_and_nothing_else);
    tcase_add_test(tests, what_is_entered_twice_takes_one_place);
    tcase_add_test(tests, of_more_than_are_kept_nobody_is_asked_for_ever);
    suite_add_tcase(suite, tests);
    return suite;
}
