#include "kit/chunk.h"
#include "plugins/out_cloudwatch_logs/template.h"

#include <check.h>

/* Texts with $(...), and what becomes of them for a record. */

static struct report report;
static struct arena arena;
static struct aws_task task;
static struct cw_template *template;
static struct chunk *chunk;
static struct chunk_record record;

static void set_up(void)
{
    report_init(&report);
    arena_init(&arena);
    task = (struct aws_task){0};
    template = NULL;
    chunk = NULL;
}

static void tear_down(void)
{
    cw_template_free(&template);
    chunk_unref(&chunk);
    arena_fini(&arena);
    report_fini(&report);
}

static void take(const char *tag, const char *object)
{
    struct chunk_maker *maker = chunk_maker_new();
    struct batch batch;

    chunk_maker_json(maker, tag, object);
    chunk_unref(&chunk);
    chunk = chunk_maker_seal(&maker);
    batch = chunk_batch(chunk);
    ck_assert(batch_next(&batch, &record));
    batch_fini(&batch);
}

static void compile(const char *text)
{
    cw_template_free(&template);
    template = cw_template_new(text, &report, (struct place){"kit.conf", 2});
}

static const char *rendered(const char *text)
{
    struct accessor_scope scope;
    struct slice out;

    compile(text);
    ck_assert_msg(template != NULL, "%s", buffer_text(&report.text));
    scope = chunk_record_scope(&record, &arena);
    out = cw_template_render(template, &scope, &task);
    return out.data != NULL ? arena_copy(&arena, out).data : NULL;
}

static const struct {
    const char *text, *made;
} table[] = {
    {"plain", "plain"},
    {"$(tag)", "kube.var.log.x"},
    {"$(tag[0])-$(tag[1])", "kube-var"},
    {"a$(tag[3])b", "axb"},
    {"$(tag[4])", NULL},
    {"/eks/$(kubernetes['namespace_name'])/$(kubernetes['labels']['app'])", "/eks/shop/web"},
    {"$(kubernetes['labels']['app.kubernetes.io/name'])", "web2"},
    {"$(kubernetes['labels'][\"odd)key\"])", "odd"},
    {"$(kubernetes['labels']['none'])", NULL},
    {"$(none)x", NULL},
    {"$(my.key)", "dotted"},
    {"$(n)", "12"},
    {"$n ${n} $ $", "$n ${n} $ $"},
    {"$(empty)", NULL},
    {"a$(empty)b", "ab"},
    {"$(list)", NULL},
    {"$(ecs_task_id)", NULL},
};

START_TEST(each_variable_stands_for_its_value)
{
    const char *made;

    take("kube.var.log.x",
         "{\"n\":12,\"my.key\":\"dotted\",\"empty\":\"\",\"list\":[1],\"kubernetes\":{"
         "\"namespace_name\":\"shop\",\"labels\":{\"app\":\"web\","
         "\"app.kubernetes.io/name\":\"web2\",\"odd)key\":\"odd\"}}}");
    made = rendered(table[_i].text);
    ck_assert_msg((made == NULL) == (table[_i].made == NULL), "%s: %s", table[_i].text,
                  made != NULL ? made : "nothing");
    if (made != NULL)
        ck_assert_str_eq(made, table[_i].made);
}
END_TEST

START_TEST(the_last_part_of_the_tag_is_all_that_is_left)
{
    take("a.b.c.d.e.f.g.h.i.j.k", "{\"n\":1}");
    ck_assert_str_eq(rendered("$(tag[8])"), "i");
    ck_assert_str_eq(rendered("$(tag[9])"), "j.k");
    take("a.b", "{\"n\":1}");
    ck_assert_ptr_null(rendered("$(tag[9])"));
}
END_TEST

START_TEST(a_task_is_named_where_it_is_known)
{
    take("a", "{\"n\":1}");
    task = (struct aws_task){
        .id = SLICE("158d"), .arn = SLICE("arn:aws:ecs:x"), .cluster = SLICE("c")};
    ck_assert_str_eq(rendered("$(ecs_cluster)/$(ecs_task_id)"), "c/158d");
    ck_assert_str_eq(rendered("$(ecs_task_arn)"), "arn:aws:ecs:x");
    ck_assert(cw_template_has_task(template));
    ck_assert(!cw_template_has_field(template));
}
END_TEST

START_TEST(a_uuid_stays_the_same_and_another_template_has_another)
{
    char first[CW_UUID_BYTES];

    take("a", "{\"n\":1}");
    ck_assert_uint_eq(strlen(rendered("$(uuid)")), CW_UUID_BYTES - 1);
    memcpy(first, rendered("$(uuid)"), sizeof first);
    ck_assert_str_ne(rendered("$(uuid)"), first);
    ck_assert_uint_eq(
        strspn(first, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
        CW_UUID_BYTES - 1);
}
END_TEST

START_TEST(uuids_sort_by_time)
{
    char first[CW_UUID_BYTES];

    take("a", "{\"n\":1}");
    clock_fake(1000, INT64_C(1700000000) * NS_PER_S);
    memcpy(first, rendered("$(uuid)"), sizeof first);
    clock_advance_ms(2000);
    ck_assert_int_lt(strcmp(first, rendered("$(uuid)")), 0);
    clock_real();
}
END_TEST

static const struct {
    const char *text, *says;
} mistakes[] = {
    {"a$(tag", "without \")\""},         {"$()", "name is missing"},
    {"$(tag[x])", "number from 0 to 9"}, {"$(tag[10])", "number from 0 to 9"},
    {"$(tag[1)", "number from 0 to 9"},  {"$(a['b)", "without \")\""},
    {"$(a[b])", "expected ['key']"},     {"$(a['b']c)", "text after the key"},
};

START_TEST(a_mistake_is_told_with_its_place)
{
    compile(mistakes[_i].text);
    ck_assert_ptr_null(template);
    ck_assert_msg(strstr(buffer_text(&report.text), mistakes[_i].says) != NULL, "%s",
                  buffer_text(&report.text));
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "kit.conf:2"));
}
END_TEST

START_TEST(more_parts_than_there_is_room_for_are_refused)
{
    struct buffer text = {0};

    for (int i = 0; i <= CW_TEMPLATE_PARTS_MAX; i++)
        buffer_append_text(&text, "$(tag)");
    compile(buffer_text(&text));
    ck_assert_ptr_null(template);
    ck_assert_ptr_nonnull(strstr(buffer_text(&report.text), "more than 64 parts"));
    buffer_fini(&text);
}
END_TEST

Suite *suite_plugins_out_cloudwatch_template(void);

Suite *suite_plugins_out_cloudwatch_template(void)
{
    Suite *suite = suite_create("plugins/out_cloudwatch_template");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, each_variable_stands_for_its_value, 0, (int)ARRAY_LEN(table));
    tcase_add_test(tests, the_last_part_of_the_tag_is_all_that_is_left);
    tcase_add_test(tests, a_task_is_named_where_it_is_known);
    tcase_add_test(tests, a_uuid_stays_the_same_and_another_template_has_another);
    tcase_add_test(tests, uuids_sort_by_time);
    tcase_add_loop_test(tests, a_mistake_is_told_with_its_place, 0, (int)ARRAY_LEN(mistakes));
    tcase_add_test(tests, more_parts_than_there_is_room_for_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
