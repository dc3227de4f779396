#include "record/shared.h"

#include "kit/record.h"
#include "kit/stops.h"

#include <check.h>

static struct json_scanner json;
static struct record record;

static void set_up(void)
{
    json_scanner_init(&json);
    record_init(&record);
}

static void tear_down(void)
{
    record_fini(&record);
    json_scanner_fini(&json);
}

START_TEST(a_shared_object_keeps_its_own_text)
{
    char text[] = "{\"a\":1,\"b\":{\"c\":[2]}}";
    struct shared_object *shared = shared_new(slice_of(text), &json);

    memset(text, 'x', sizeof text);
    ck_assert_ptr_nonnull(shared);
    ck_assert(slice_is(shared_text(shared), "{\"a\":1,\"b\":{\"c\":[2]}}"));
    shared_unref(&shared);
    ck_assert_ptr_null(shared);
}
END_TEST

START_TEST(what_needs_repair_is_repaired_before_it_is_shared)
{
    struct shared_object *shared = shared_new(SLICE("{\"a\":\"\xff\",\"a\":2}"), &json);

    ck_assert_ptr_nonnull(shared);
    ck_assert(slice_is(shared_text(shared), "{\"a\":2}"));
    shared_unref(&shared);
}
END_TEST

START_TEST(what_has_no_members_is_not_shared)
{
    static const char *const texts[] = {"{}", "[1]", "{\"a\":", "", "1"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_ptr_null(shared_new(slice_of(texts[i]), &json));
}
END_TEST

START_TEST(its_members_are_fields_of_a_record)
{
    struct shared_object *shared = shared_new(SLICE("{\"k\":{\"pod\":\"p\"},\"n\":1}"), &json);
    struct value value;

    record_add(&record, SLICE("log"), value_text(SLICE("x")));
    record_add_shared(&record, shared);
    ck_assert_uint_eq(record.root.count, 2);
    ck_assert(record_find(&record, SLICE("n"), &value));
    ck_assert(slice_is(value.text, "1"));
    record_unfold(&record);
    ck_assert_uint_eq(record.root.count, 3);
    ck_assert_str_eq(kit_record_text(&record), "{\"log\":\"x\",\"k\":{\"pod\":\"p\"},\"n\":1}");
    shared_unref(&shared);
}
END_TEST

START_TEST(of_a_name_that_was_there_already_the_shared_one_stays)
{
    struct shared_object *shared = shared_new(SLICE("{\"k\":1}"), &json);

    kit_record_fill(&record, "{\"k\":2,\"l\":3}");
    record_add_shared(&record, shared);
    record_drop_doubles(&record);
    ck_assert_str_eq(kit_record_text(&record), "{\"l\":3,\"k\":1}");
    shared_unref(&shared);
}
END_TEST

START_TEST(a_reference_that_nobody_has_cannot_be_given_back)
{
    struct shared_object freed = {.refs = 0}, *shared = &freed;

    shared_unref(&shared);
}
END_TEST

Suite *suite_record_shared(void);

Suite *suite_record_shared(void)
{
    Suite *suite = suite_create("record/shared");
    TCase *tcase = tcase_create("all"), *stops = stops_create();

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_shared_object_keeps_its_own_text);
    tcase_add_test(tcase, what_needs_repair_is_repaired_before_it_is_shared);
    tcase_add_test(tcase, what_has_no_members_is_not_shared);
    tcase_add_test(tcase, its_members_are_fields_of_a_record);
    tcase_add_test(tcase, of_a_name_that_was_there_already_the_shared_one_stays);
    suite_add_tcase(suite, tcase);
    stops_add(stops, a_reference_that_nobody_has_cannot_be_given_back);
    suite_add_tcase(suite, stops);
    return suite;
}
