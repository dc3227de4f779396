#include "service/census.h"

#include "base/budget.h"
#include "chunk/chunk.h"

#include <check.h>

/* Two inputs and the chunks that hold their records. */

static struct metrics_book book;
static struct input_metrics tail, dummy;
static struct budget budget;
static struct origin files[2], generator;

static void on_free(struct origin *origin)
{
    origin_fini(origin);
}

static void origin_make(struct origin *origin, struct input_metrics *metrics)
{
    static const struct origin_ops ops = {.free = on_free};

    origin_init(origin, &ops, SLICE("tag"), 0);
    origin->metrics = metrics;
    origin->budget = &budget;
    origin->route.outputs = 1;
}

static void origin_end(struct origin *origin)
{
    origin_unref(&origin);
}

static void set_up(void)
{
    tail = (struct input_metrics){.name = "tail.0"};
    dummy = (struct input_metrics){.name = "dummy.0"};
    metrics_book_init(&book);
    metrics_add_input(&book, &tail);
    metrics_add_input(&book, &dummy);
    budget_init(&budget, NULL, 0);
    origin_make(&files[0], &tail);
    origin_make(&files[1], &tail);
    origin_make(&generator, &dummy);
}

static void tear_down(void)
{
    origin_end(&files[0]);
    origin_end(&files[1]);
    origin_end(&generator);
    budget_fini(&budget);
}

static void append(struct chunk *chunk, struct origin *origin)
{
    struct record record = {0};

    record_add(&record, SLICE("log"), value_text(SLICE("hello")));
    chunk_append(chunk, origin, origin->tag, &record, 1);
    record_fini(&record);
}

START_TEST(nothing_lives_at_first)
{
    census_take(&book);
    ck_assert_uint_eq(book.chunks, 0);
    ck_assert_uint_eq(tail.chunks, 0);
}
END_TEST

START_TEST(a_chunk_counts_once_for_each_input_in_it)
{
    struct chunk *chunk = chunk_open(1);

    append(chunk, &files[0]);
    append(chunk, &generator);
    append(chunk, &files[1]);
    append(chunk, &generator);
    census_take(&book);
    census_take(&book);
    ck_assert_uint_eq(book.chunks, 1);
    ck_assert_uint_eq(dummy.chunks, 1);
    ck_assert_uint_eq(tail.chunks, 1);
    ck_assert_uint_eq(tail.chunks_busy, 0);
    ck_assert_uint_eq(tail.chunks_busy_bytes, 0);
    chunk_unref(&chunk);
}
END_TEST

START_TEST(a_sealed_chunk_is_busy_and_a_freed_one_is_gone)
{
    struct chunk *open = chunk_open(1), *sealed = chunk_open(1);

    append(sealed, &generator);
    chunk_seal(sealed);
    append(open, &files[0]);
    census_take(&book);
    ck_assert_uint_eq(book.chunks, 2);
    ck_assert_uint_eq(dummy.chunks, 1);
    ck_assert_uint_eq(dummy.chunks_busy, 1);
    ck_assert_uint_eq(dummy.chunks_busy_bytes, budget.used_bytes - open->runs[0].memory_bytes);
    ck_assert_uint_eq(tail.chunks_busy, 0);
    chunk_unref(&sealed);
    census_take(&book);
    ck_assert_uint_eq(book.chunks, 1);
    ck_assert_uint_eq(dummy.chunks, 0);
    chunk_unref(&open);
}
END_TEST

Suite *suite_service_census(void);
Suite *suite_service_census(void)
{
    Suite *suite = suite_create("service/census");
    TCase *chunks = tcase_create("chunks");

    tcase_add_checked_fixture(chunks, set_up, tear_down);
    tcase_add_test(chunks, nothing_lives_at_first);
    tcase_add_test(chunks, a_chunk_counts_once_for_each_input_in_it);
    tcase_add_test(chunks, a_sealed_chunk_is_busy_and_a_freed_one_is_gone);
    suite_add_tcase(suite, chunks);
    return suite;
}
