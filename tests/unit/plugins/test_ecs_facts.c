#include "plugins/filter_ecs/facts.h"

#include <check.h>

#define ID "79c796ed2a7f"
#define WHOLE_ID ID "864f485c76f83f3165488097279d296a7c05bd5201a1c69b2920"
#define CLUSTER                                                                            \
    "{\"Cluster\":\"shop\",\"ContainerInstanceArn\":\"arn:aws:ecs:r:1:container-instance/" \
    "shop/i9\",\"Version\":\"Amazon ECS Agent - v1.30.0\"}"
#define TASK                                                                                  \
    "{\"Arn\":\"arn:aws:ecs:r:1:task/shop/t7\",\"Family\":\"web\",\"Version\":\"12\","        \
    "\"Containers\":[{\"DockerId\":\"aaaaaaaaaaaabbbb\",\"Name\":\"sidecar\"},{\"DockerId\":" \
    "\"" WHOLE_ID "\",\"DockerName\":\"ecs-web-12\",\"Name\":\"nginx\"}]}"

static struct arena arena;
static struct ecs_facts facts;
static struct ecs_addition additions[4];
static struct ecs_form form;
static struct report report;
static char why[256];

static void set_up(void)
{
    facts = (struct ecs_facts){0};
    form = (struct ecs_form){.additions = additions};
    report_init(&report);
}

static void tear_down(void)
{
    for (size_t i = 0; i < form.count; i++)
        accessor_free(&additions[i].template);
    report_fini(&report);
    arena_fini(&arena);
}

static void add(const char *key, const char *template)
{
    additions[form.count].key = (char *)(uintptr_t)key;
    additions[form.count].template = accessor_new(template, &report, (struct place){0});
    ck_assert_ptr_nonnull(additions[form.count].template);
    form.count++;
}

static void gives(const char *text)
{
    struct shared_object *block = ecs_block(&form, &facts);

    ck_assert_ptr_nonnull(block);
    ck_assert_msg(slice_is(shared_text(block), text), "%.*s", SLICE_ARG(shared_text(block)));
    shared_unref(&block);
}

static bool cluster(const char *text)
{
    return ecs_cluster_read(slice_of(text), &arena, &facts, why);
}

static bool task(const char *text)
{
    return ecs_task_read(slice_of(text), SLICE(ID), &arena, &facts, why);
}

START_TEST(the_cluster_is_read)
{
    add("c", "$ClusterName");
    add("i", "$ContainerInstanceArn $ContainerInstanceID");
    add("v", "$ECSAgentVersion");
    add("t", "<$TaskID>");
    ck_assert(cluster(CLUSTER));
    gives("{\"c\":\"shop\",\"i\":\"arn:aws:ecs:r:1:container-instance/shop/i9 i9\","
          "\"v\":\"Amazon ECS Agent - v1.30.0\",\"t\":\"<>\"}");
}
END_TEST

START_TEST(the_task_is_read_and_the_container_that_was_asked_for)
{
    add("task", "$TaskARN $TaskID");
    add("definition", "$TaskDefinitionFamily:$TaskDefinitionVersion");
    add("container", "$ECSContainerName.$DockerContainerName.$ContainerID");
    add("cluster", "$ClusterName");
    ck_assert(cluster(CLUSTER));
    ck_assert(task(TASK));
    gives("{\"task\":\"arn:aws:ecs:r:1:task/shop/t7 t7\",\"definition\":\"web:12\","
          "\"container\":\"nginx.ecs-web-12." WHOLE_ID "\",\"cluster\":\"shop\"}");
}
END_TEST

START_TEST(what_is_no_cluster_is_not_taken)
{
    static const char *const texts[] = {
        "",
        "<html>",
        "[]",
        "{}",
        "{\"Cluster\":\"shop\"}",
        "{\"Cluster\":1,\"ContainerInstanceArn\":\"a/b\"}",
        "{\"Cluster\":\"shop\",\"ContainerInstanceArn\":null}", /* it is not registered yet */
        "{\"Cluster\":\"shop\",\"ContainerInstanceArn\":\"arn/\"}",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        ck_assert_msg(!cluster(texts[i]), "taken: %s", texts[i]);
        ck_assert_ptr_nonnull(strstr(why, "has no cluster"));
    }
}
END_TEST

START_TEST(what_is_no_task_is_not_taken_and_changes_nothing)
{
    static const char *const texts[] = {
        "null",
        "{}",
        "{\"Arn\":\"a/b\"}",
        "{\"Arn\":\"a/b\",\"Containers\":{}}",
        "{\"Arn\":\"a/b\",\"Containers\":[]}",
        "{\"Arn\":\"a/b\",\"Containers\":[1,[],{},{\"DockerId\":7}]}",
        "{\"Arn\":\"a/b\",\"Containers\":[{\"DockerId\":\"79c7\"}]}",
        "{\"Arn\":\"b\",\"Containers\":[{\"DockerId\":\"" WHOLE_ID "\"}]}",
    };

    add("t", "$TaskARN");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        ck_assert_msg(!task(texts[i]), "taken: %s", texts[i]);
        ck_assert_ptr_nonnull(strstr(why, "container " ID " has no task"));
        gives("{\"t\":\"\"}");
    }
}
END_TEST

START_TEST(texts_with_escapes_are_read_and_written)
{
    add("a\"b", "$ClusterName");
    ck_assert(cluster("{\"\\u0043luster\":\"s\\u0068op\\n\",\"ContainerInstanceArn\":\"a\\/i\"}"));
    ck_assert(slice_is(facts.values[ECS_CLUSTER_NAME], "shop\n"));
    ck_assert(slice_is(facts.values[ECS_INSTANCE_ID], "i"));
}
END_TEST

START_TEST(an_id_stands_behind_the_prefix)
{
    ck_assert(slice_is(ecs_id_of_tag(SLICE("ecs." WHOLE_ID ".log"), SLICE("ecs.")), ID));
    ck_assert(slice_is(ecs_id_of_tag(SLICE(ID), SLICE("")), ID));
    ck_assert_uint_eq(ecs_id_of_tag(SLICE("ecs.79c796ed2a7"), SLICE("ecs.")).len, 0);
    ck_assert_uint_eq(ecs_id_of_tag(SLICE("abc." WHOLE_ID), SLICE("ecs.")).len, 0);
    ck_assert_uint_eq(ecs_id_of_tag(SLICE("ecs.79c796ed2a&x=1"), SLICE("ecs.")).len, 0);
    ck_assert_uint_eq(ecs_id_of_tag(SLICE("e"), SLICE("ecs.")).len, 0);
}
END_TEST

Suite *suite_plugins_ecs_facts(void);
Suite *suite_plugins_ecs_facts(void)
{
    Suite *suite = suite_create("plugins/ecs_facts");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_cluster_is_read);
    tcase_add_test(tests, the_task_is_read_and_the_container_that_was_asked_for);
    tcase_add_test(tests, what_is_no_cluster_is_not_taken);
    tcase_add_test(tests, what_is_no_task_is_not_taken_and_changes_nothing);
    tcase_add_test(tests, texts_with_escapes_are_read_and_written);
    tcase_add_test(tests, an_id_stands_behind_the_prefix);
    suite_add_tcase(suite, tests);
    return suite;
}
