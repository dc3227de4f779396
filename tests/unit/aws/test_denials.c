#include "aws/denials.h"
#include "base/clock.h"

#include <check.h>
#include <stdio.h>

/* What is said of actions that are denied, and how often. */

static struct aws_denials denials;
static struct buffer words;

static void set_up(void)
{
    clock_fake(1000, 0);
    denials = (struct aws_denials){0};
}

static void tear_down(void)
{
    buffer_fini(&words);
    clock_real();
}

static bool denied(const char *action, int group)
{
    struct aws_error error = {.name = "AccessDeniedException"};

    snprintf(error.message, sizeof error.message,
             "User: me is not authorized to perform: %s on resource: arn:aws:logs:::g%d", action,
             group);
    buffer_clear(&words);
    return aws_denials_note(&denials, &error, &words);
}

static bool says(const char *text)
{
    return strstr(buffer_text(&words), text) != NULL;
}

START_TEST(the_first_is_said_in_full_and_not_again)
{
    ck_assert(denied("logs:CreateLogStream", 1));
    ck_assert(says("logs:CreateLogStream on arn:aws:logs:::g1 is denied; this would allow it: "));
    for (int i = 0; i < 100; i++, clock_advance_ms(60000))
        ck_assert(!denied("logs:CreateLogStream", 1));
}
END_TEST

START_TEST(another_action_is_said_at_once)
{
    ck_assert(denied("logs:CreateLogStream", 1));
    ck_assert(denied("logs:CreateLogGroup", 1));
    ck_assert(says("logs:CreateLogGroup on arn:aws:logs:::g1"));
}
END_TEST

START_TEST(other_resources_are_counted_and_said_together)
{
    ck_assert(denied("logs:CreateLogStream", 0));
    for (int i = 1; i < 40; i++)
        ck_assert(!denied("logs:CreateLogStream", i));
    clock_advance_ms(AWS_DENIALS_PAUSE_MS);
    ck_assert(denied("logs:CreateLogStream", 0));
    ck_assert(says("; so are 38 others"));
    clock_advance_ms(AWS_DENIALS_PAUSE_MS);
    ck_assert(!denied("logs:CreateLogStream", 7));
}
END_TEST

START_TEST(one_more_is_named)
{
    ck_assert(denied("logs:CreateLogStream", 0));
    clock_advance_ms(AWS_DENIALS_PAUSE_MS);
    ck_assert(denied("logs:CreateLogStream", 1));
    ck_assert(says("g1 is denied"));
    ck_assert(!says("others"));
}
END_TEST

/* More than are remembered, which are tried again and again. */
START_TEST(of_a_thousand_resources_a_line_a_minute_is_said)
{
    unsigned said = 0;

    for (int round = 0; round < 60; round++, clock_advance_ms(1000))
        for (int i = 0; i < 1000; i++)
            said += denied("logs:CreateLogStream", i);
    ck_assert_uint_eq(said, 1);
}
END_TEST

START_TEST(a_denial_without_an_action_is_said_once)
{
    struct aws_error error = {.name = "AccessDeniedException", .message = "No."};

    ck_assert(aws_denials_note(&denials, &error, &words));
    buffer_clear(&words);
    ck_assert(!aws_denials_note(&denials, &error, &words));
}
END_TEST

Suite *suite_aws_denials(void);

Suite *suite_aws_denials(void)
{
    Suite *suite = suite_create("aws_denials");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_first_is_said_in_full_and_not_again);
    tcase_add_test(tests, another_action_is_said_at_once);
    tcase_add_test(tests, other_resources_are_counted_and_said_together);
    tcase_add_test(tests, one_more_is_named);
    tcase_add_test(tests, of_a_thousand_resources_a_line_a_minute_is_said);
    tcase_add_test(tests, a_denial_without_an_action_is_said_once);
    suite_add_tcase(suite, tests);
    return suite;
}
