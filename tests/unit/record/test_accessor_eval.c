#include "record/accessor_eval.h"

#include "kit/record.h"

#include <check.h>

static struct record record;
static struct report report;
static struct accessor *accessor;

static void set_up(void)
{
    record_init(&record);
    report_init(&report);
    kit_record_fill(&record, "{\"log\":\"x\\ny\",\"n\":-7,\"f\":1.5,\"yes\":true,\"no\":null,"
                             "\"kubernetes\":{\"labels\":{\"a.b/c\":\"app\",\"n\":12},"
                             "\"list\":[{\"k\":\"v\"},2]}}");
    record_add(&record, SLICE("text"), value_text(SLICE("plain")));
    record_add(&record, SLICE("real"), value_double(0.25));
    record_add(&record, SLICE("bin"), value_msgpack(SLICE("\xc4\x02\x01\xab")));
    record_add(&record, SLICE("wide"), value_json(SLICE("{ \"a\" : [ 1, \"b c\" ] }")));
    record_add(&record, SLICE("packed"),
               value_msgpack(kit_msgpack("{\"s\":\"t\",\"d\":2.0,\"i\":[1]}", &record.arena)));
}

static void tear_down(void)
{
    accessor_free(&accessor);
    report_fini(&report);
    record_fini(&record);
}

/* The value that a key leads to as JSON text, or NULL. */
static const char *value_of(const char *key)
{
    struct value value;

    accessor_free(&accessor);
    accessor = accessor_new_key(key, &report, (struct place){0});
    ck_assert_ptr_nonnull(accessor);
    if (!accessor_value(accessor, &record, &value))
        return NULL;
    return kit_value_text(&value, &record.arena);
}

static void expect(const char *template_text, const char *text, bool is_missing)
{
    struct accessor_scope scope = accessor_scope_of(&record, SLICE("kube.pod.app"));
    struct slice rendered;
    bool lacks;

    accessor_free(&accessor);
    accessor = accessor_new(template_text, &report, (struct place){0});
    ck_assert_ptr_nonnull(accessor);
    rendered = accessor_render(accessor, &scope, &lacks);
    ck_assert_msg(slice_is(rendered, text), "%s gives '%.*s'", template_text, SLICE_ARG(rendered));
    ck_assert_int_eq(lacks, is_missing);
    rendered = accessor_render(accessor, &scope, NULL);
    ck_assert(slice_is(rendered, text));
}

START_TEST(a_path_leads_through_maps_and_arrays)
{
    ck_assert_str_eq(value_of("log"), "\"x\\ny\"");
    ck_assert_str_eq(value_of("$kubernetes['labels']['a.b/c']"), "\"app\"");
    ck_assert_str_eq(value_of("$kubernetes['list'][0]['k']"), "\"v\"");
    ck_assert_str_eq(value_of("$kubernetes['list'][1]"), "2");
    ck_assert_str_eq(value_of("$packed['i'][0]"), "1");
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
    ck_assert_ptr_null(value_of("gone"));
    ck_assert_ptr_null(value_of("$kubernetes['gone']"));
    ck_assert_ptr_null(value_of("$kubernetes['list'][2]"));
    ck_assert_ptr_null(value_of("$kubernetes[0]"));
    ck_assert_ptr_null(value_of("$log[0]"));
}
END_TEST

/* Configurations rely on it: "log" may be a text or, merged, a map. */
START_TEST(a_key_of_what_is_no_map_is_the_value_itself)
{
    ck_assert_str_eq(value_of("$log['message']['deeper']"), "\"x\\ny\"");
    ck_assert_str_eq(value_of("$kubernetes['list']['k']"), "[{\"k\":\"v\"},2]");
}
END_TEST

START_TEST(values_of_all_kinds_are_rendered)
{
    expect("$log", "x\ny", false);
    expect("$text:$n", "plain:-7", false);
    expect("$f $real", "1.500000 0.250000", false);
    expect("$yes,$no", "true,null", false);
    expect("$bin", "01ab", false);
    expect("$packed['s'].$packed['d']", "t.2.000000", false);
    expect("$kubernetes['labels']", "{\"a.b/c\":\"app\",\"n\":12}", false);
    expect("$kubernetes['labels']['n']", "12", false);
    expect("$wide", "{\"a\":[1,\"b c\"]}", false);
}
END_TEST

START_TEST(what_is_missing_is_empty_and_told)
{
    expect("<$gone>", "<>", true);
    expect("<$kubernetes['list']>", "<>", true);
    expect("<$packed['i']>", "<>", true);
    expect("$log[0]-$n", "--7", true);
}
END_TEST

START_TEST(the_tag_and_its_parts_are_rendered)
{
    expect("$TAG", "kube.pod.app", false);
    expect("a.$TAG[1].$TAG[2]", "a.pod.app", false);
    expect("<$TAG[3]>", "<>", true);
}
END_TEST

START_TEST(text_alone_is_lent_as_it_is)
{
    expect("just text", "just text", false);
    expect("", "", false);
}
END_TEST

START_TEST(captures_are_rendered)
{
    struct accessor_scope scope = accessor_scope_of(&record, SLICE("t"));
    struct regex_match match = {.subject = "ab-cd", .capture_count = 2, .bounds = {{0, 5}, {3, 5}}};
    bool lacks;

    accessor = accessor_new("$1.$0", &report, (struct place){0});
    ck_assert(slice_is(accessor_render(accessor, &scope, &lacks), "."));
    ck_assert(lacks);
    scope.match = &match;
    ck_assert(slice_is(accessor_render(accessor, &scope, &lacks), "cd.ab-cd"));
    ck_assert(!lacks);
}
END_TEST

Suite *suite_record_accessor_eval(void)
{
    Suite *suite = suite_create("record/accessor_eval");
    TCase *tcase = tcase_create("accessor_eval");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_path_leads_through_maps_and_arrays);
    tcase_add_test(tcase, what_is_not_there_is_not_found);
    tcase_add_test(tcase, a_key_of_what_is_no_map_is_the_value_itself);
    tcase_add_test(tcase, values_of_all_kinds_are_rendered);
    tcase_add_test(tcase, what_is_missing_is_empty_and_told);
    tcase_add_test(tcase, the_tag_and_its_parts_are_rendered);
    tcase_add_test(tcase, text_alone_is_lent_as_it_is);
    tcase_add_test(tcase, captures_are_rendered);
    suite_add_tcase(suite, tcase);
    return suite;
}
