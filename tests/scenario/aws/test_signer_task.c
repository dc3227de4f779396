#include "scenario/aws/signer_kit.h"

#include "kit/patience.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* The ECS task is known before anybody gets a pass. */

static char heard[128];
static unsigned heard_count;

static void on_task(void *owner, const struct aws_task *task, const char *why)
{
    ck_assert_ptr_eq(owner, heard);
    ck_assert_ptr_null(why);
    ck_assert(!signer_kit.told.is_told);
    snprintf(heard, sizeof heard, "%.*s of %.*s", SLICE_ARG(task->id), SLICE_ARG(task->cluster));
    heard_count++;
}

static void set_up(void)
{
    signer_kit_open();
    setenv("ECS_CONTAINER_METADATA_URI_V4", kit_aws_url(&signer_kit.aws, "/v4"), 1);
    heard[0] = '\0';
    heard_count = 0;
    signer_kit.settings.task_heard = on_task;
    signer_kit.settings.task_owner = heard;
}

static void tear_down(void)
{
    unsetenv("ECS_CONTAINER_METADATA_URI_V4");
    signer_kit_close();
}

START_TEST(the_task_is_told_once_and_before_the_keys)
{
    signer_kit_await();
    signer_kit_has("AKIA0001");
    ck_assert_str_eq(heard, "158d1c80 of shop");
    clock_advance_ms(50 * MINUTE_MS);
    signer_kit_await();
    signer_kit_has("AKIA0002");
    ck_assert_uint_eq(heard_count, 1);
}
END_TEST

/* They are fetched meanwhile. */
static void await_keys(void)
{
    struct patience patience;

    patience_begin(&patience, signer_kit.loop, "keys that nobody gets");
    while (aws_signer_origin(signer_kit.signer)[0] == '\0')
        loop_turn(signer_kit.loop, true);
    patience_end(&patience);
    ck_assert_ptr_null(aws_signer_pass(signer_kit.signer));
}

START_TEST(nobody_gets_keys_while_the_task_is_not_known)
{
    signer_kit.rules.task_status = 500;
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    signer_kit_await();
    signer_kit_lacks("the ECS task's metadata: status 500");
    await_keys();
    signer_kit.rules.task_status = 0;
    kit_aws_set(&signer_kit.aws, &signer_kit.rules);
    clock_advance_ms(2 * MINUTE_MS);
    signer_kit_await();
    signer_kit_has("AKIA0001");
    ck_assert_str_eq(heard, "158d1c80 of shop");
}
END_TEST

START_TEST(outside_of_ecs_nobody_is_asked)
{
    unsetenv("ECS_CONTAINER_METADATA_URI_V4");
    signer_kit_await();
    signer_kit_has("AKIA0001");
    ck_assert_uint_eq(heard_count, 0);
}
END_TEST

START_TEST(a_signer_that_goes_meanwhile_asks_no_more)
{
    signer_kit.signer = aws_signer_new(signer_kit.loop, &signer_kit.settings);
    aws_signer_free(&signer_kit.signer);
    ck_assert_uint_eq(heard_count, 0);
}
END_TEST

Suite *suite_aws_signer_task(void);

Suite *suite_aws_signer_task(void)
{
    Suite *suite = suite_create("aws_signer_task");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_task_is_told_once_and_before_the_keys);
    tcase_add_test(tests, nobody_gets_keys_while_the_task_is_not_known);
    tcase_add_test(tests, outside_of_ecs_nobody_is_asked);
    tcase_add_test(tests, a_signer_that_goes_meanwhile_asks_no_more);
    suite_add_tcase(suite, tests);
    return suite;
}
