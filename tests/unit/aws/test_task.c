#include "aws/task.h"

#include <check.h>

static struct arena arena;
static struct aws_task task;
static const char *v4, *v3;

static void set_up(void)
{
    arena_init(&arena);
    v4 = v3 = NULL;
}

static void tear_down(void)
{
    arena_fini(&arena);
}

static const char *env(const char *name)
{
    return strcmp(name, "ECS_CONTAINER_METADATA_URI_V4") == 0 ? v4
           : strcmp(name, "ECS_CONTAINER_METADATA_URI") == 0  ? v3
                                                              : NULL;
}

START_TEST(a_task_has_an_id_behind_its_clusters_name)
{
    ck_assert(aws_task_read(SLICE(" {\"Cluster\":\"default\",\"TaskARN\":"
                                  "\"arn:aws:ecs:us-west-2:1:task\\/default\\/158d1c80\"}\n"),
                            &arena, &task));
    ck_assert(slice_is(task.id, "158d1c80"));
    ck_assert(slice_is(task.arn, "arn:aws:ecs:us-west-2:1:task/default/158d1c80"));
    ck_assert(slice_is(task.cluster, "default"));
}
END_TEST

START_TEST(a_cluster_may_be_an_arn_and_an_arn_of_old_has_no_cluster)
{
    ck_assert(aws_task_read(SLICE("{\"Cluster\":\"arn:aws:ecs:us-west-2:1:cluster/shop\","
                                  "\"TaskARN\":\"arn:aws:ecs:us-west-2:1:task/158d1c80\"}"),
                            &arena, &task));
    ck_assert(slice_is(task.id, "158d1c80"));
    ck_assert(slice_is(task.cluster, "shop"));
}
END_TEST

START_TEST(an_answer_without_a_task_is_none)
{
    static const char *const answers[] = {
        "", "no", "[]", "{}", "{\"TaskARN\":1}", "{\"TaskARN\":\"\"}", "{\"TaskARN\":\"a/\"}"};

    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        ck_assert_msg(!aws_task_read(slice_of(answers[i]), &arena, &task), "%s", answers[i]);
}
END_TEST

START_TEST(the_environment_says_where_to_ask)
{
    ck_assert_ptr_null(aws_task_url(env));
    v3 = "http://169.254.170.2/v3/x";
    ck_assert_str_eq(aws_task_url(env), v3);
    v4 = "";
    ck_assert_str_eq(aws_task_url(env), v3);
    v4 = "http://169.254.170.2/v4/x";
    ck_assert_str_eq(aws_task_url(env), v4);
}
END_TEST

Suite *suite_aws_task(void);

Suite *suite_aws_task(void)
{
    Suite *suite = suite_create("aws_task");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_task_has_an_id_behind_its_clusters_name);
    tcase_add_test(tests, a_cluster_may_be_an_arn_and_an_arn_of_old_has_no_cluster);
    tcase_add_test(tests, an_answer_without_a_task_is_none);
    tcase_add_test(tests, the_environment_says_where_to_ask);
    suite_add_tcase(suite, tests);
    return suite;
}
