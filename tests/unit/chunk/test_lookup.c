#include "chunk/lookup.h"

#include "base/budget.h"
#include "kit/record.h"

#include <check.h>

static struct origin origin;
static struct budget budget;
static struct chunk *chunk;
static struct record record;
static struct chunk_record in_chunk;
static struct arena arena;

static void origin_free(struct origin *o)
{
    origin_fini(o);
}

static const struct origin_ops ops = {.free = origin_free};

/* The record of `record`, as it lies in a chunk. */
static void put(void)
{
    struct chunk_reader reader;

    chunk_append(chunk, &origin, SLICE("kube.app"), &record, 10);
    chunk_seal(chunk);
    chunk_reader_init(&reader, chunk);
    ck_assert(chunk_reader_next(&reader, &in_chunk));
}

static void set_up(void)
{
    budget_init(&budget, NULL, 0);
    origin_init(&origin, &ops, SLICE("kube.app"), 0);
    origin.budget = &budget;
    chunk = chunk_open(1);
    record_init(&record);
    kit_record_fill(&record, "{\"log\":\"x\",\"in\":{\"a\":[1,{\"b\":2}]},\"\\u0001k\":3}");
    record_add(&record, SLICE("text"), value_text(SLICE("\xff raw")));
    record_add(&record, SLICE("n"), value_int(-5));
    record_add(&record, SLICE("json"), value_json(SLICE("[1]")));
    put();
}

static void tear_down(void)
{
    struct origin *o = &origin;

    chunk_settle(chunk, 0);
    chunk_unref(&chunk);
    origin_unref(&o);
    budget_fini(&budget);
    record_fini(&record);
    arena_fini(&arena);
}

static const char *found(const char *key)
{
    struct value value;

    if (!chunk_record_find(&in_chunk, slice_of(key), &value))
        return NULL;
    return kit_value_text(&value, &arena);
}

START_TEST(a_field_is_found_whatever_it_is)
{
    ck_assert_str_eq(found("log"), "\"x\"");
    ck_assert_str_eq(found("in"), "{\"a\":[1,{\"b\":2}]}");
    ck_assert_str_eq(found("\x01k"), "3");
    ck_assert_str_eq(found("text"), "\"\xef\xbf\xbd raw\"");
    ck_assert_str_eq(found("n"), "-5");
    ck_assert_str_eq(found("json"), "[1]");
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
    ck_assert_ptr_null(found("gone"));
    ck_assert_ptr_null(found("lo"));
    ck_assert_ptr_null(found("a"));
    ck_assert_ptr_null(found(""));
}
END_TEST

START_TEST(templates_are_rendered_from_a_chunk)
{
    struct accessor_scope scope = chunk_record_scope(&in_chunk, &arena);
    struct report report;
    struct accessor *accessor;
    bool lacks;

    report_init(&report);
    accessor = accessor_new("$TAG[1]/$in['a'][1]['b']$n $log", &report, (struct place){0});
    ck_assert(slice_is(accessor_render(accessor, &scope, &lacks), "app/2-5 x"));
    ck_assert(!lacks);
    accessor_free(&accessor);
    report_fini(&report);
}
END_TEST

START_TEST(a_key_at_the_top_level_costs_no_memory)
{
    found("gone");
    ck_assert_ptr_null(arena.newest);
}
END_TEST

Suite *suite_chunk_lookup(void)
{
    Suite *suite = suite_create("chunk/lookup");
    TCase *tcase = tcase_create("lookup");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_field_is_found_whatever_it_is);
    tcase_add_test(tcase, what_is_not_there_is_not_found);
    tcase_add_test(tcase, templates_are_rendered_from_a_chunk);
    tcase_add_test(tcase, a_key_at_the_top_level_costs_no_memory);
    suite_add_tcase(suite, tcase);
    return suite;
}
