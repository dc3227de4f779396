#include "base/clock.h"
#include "kit/chunk.h"
#include "output/account.h"

#include <check.h>
#include <string.h>

/* A chunk of two inputs: three records of `a`, two of `b`, one of `a`. */

static struct output output;
static struct input_metrics a, b;
static struct route_metrics a_routes[2], b_routes[2]; /* the output is the second */
static struct delivery d;

static struct chunk *chunk_make(void)
{
    struct chunk_maker *maker = chunk_maker_new();
    const char tags[] = "aaabba";

    for (const char *tag = tags; *tag != '\0'; tag++)
        chunk_maker_json(maker, *tag == 'a' ? "a" : "b", "{\"log\":\"four\"}");
    return chunk_maker_seal(&maker);
}

static void set_up(void)
{
    clock_fake(1000, 0);
    a = b = (struct input_metrics){0};
    memset(a_routes, 0, sizeof a_routes);
    memset(b_routes, 0, sizeof b_routes);
    a.routes = a_routes;
    b.routes = b_routes;
    output = (struct output){.config.index = 1};
    d = (struct delivery){.output = &output, .chunk = chunk_make()};
    ck_assert_uint_eq(d.chunk->run_count, 3);
    d.chunk->runs[0].origin->metrics = &a;
    d.chunk->runs[1].origin->metrics = &b;
    d.chunk->runs[2].origin->metrics = &a;
}

static void tear_down(void)
{
    chunk_settle(d.chunk, 0);
    chunk_unref(&d.chunk);
    clock_real();
}

START_TEST(each_input_has_its_own_records_of_a_chunk)
{
    uint64_t record_bytes = d.chunk->bytes.len / 6;

    flow_count(&d, 0, 6, WAY_DELIVERED);
    ck_assert_uint_eq(a_routes[1].records, 4);
    ck_assert_uint_eq(a_routes[1].bytes, 4 * record_bytes);
    ck_assert_uint_eq(b_routes[1].records, 2);
    ck_assert_uint_eq(b_routes[1].bytes, 2 * record_bytes);
    ck_assert_uint_eq(a_routes[0].records + b_routes[0].records, 0);
}
END_TEST

START_TEST(parts_of_a_chunk_are_counted_in_any_order)
{
    flow_count(&d, 2, 2, WAY_DELIVERED); /* a b */
    flow_count(&d, 5, 1, WAY_DELIVERED); /* a */
    flow_count(&d, 0, 1, WAY_DROPPED);   /* a */
    flow_count(&d, 4, 1, WAY_DROPPED);   /* b */
    flow_count(&d, 1, 1, WAY_BACK);
    ck_assert_uint_eq(a_routes[1].records, 2);
    ck_assert_uint_eq(a_routes[1].drop_records, 1);
    ck_assert_uint_eq(b_routes[1].records, 1);
    ck_assert_uint_eq(b_routes[1].drop_records, 1);
}
END_TEST

START_TEST(bytes_of_parts_are_the_bytes_of_the_whole)
{
    d.chunk->runs[0].memory_bytes += 2; /* three records that are not of one length */
    for (uint32_t i = 0; i < 6; i++)
        flow_count(&d, i, 1, i == 2 ? WAY_DROPPED : WAY_DELIVERED);
    ck_assert_uint_eq(a_routes[1].bytes + a_routes[1].drop_bytes,
                      d.chunk->runs[0].memory_bytes + d.chunk->runs[2].memory_bytes);
    d.chunk->runs[0].memory_bytes -= 2;
}
END_TEST

START_TEST(latency_is_counted_once_for_each_input_of_a_chunk)
{
    flow_count(&d, 0, 6, WAY_DELIVERED);
    clock_advance_ms(1700);
    flow_end(&d);
    ck_assert_uint_eq(a_routes[1].latency.counts[3], 1);
    ck_assert_uint_eq(a_routes[1].latency.sum_ms, 1700);
    ck_assert_uint_eq(b_routes[1].latency.sum_ms, 1700);
    clock_advance_ms(300);
    flow_end(&d);
    ck_assert_uint_eq(a_routes[1].latency.counts[3], 2);
    ck_assert_uint_eq(output.metrics.deliveries, 2);
}
END_TEST

START_TEST(a_chunk_of_which_nothing_was_delivered_has_no_latency)
{
    flow_count(&d, 0, 6, WAY_DROPPED);
    clock_advance_ms(1700);
    flow_end(&d);
    ck_assert_uint_eq(a_routes[1].latency.sum_ms + b_routes[1].latency.sum_ms, 0);
    ck_assert_uint_eq(a_routes[1].drop_records, 4);
}
END_TEST

START_TEST(the_wait_is_that_for_the_first_place)
{
    flow_offer(&d);
    clock_advance_ms(600);
    flow_begin(&d);
    clock_advance_ms(600);
    flow_begin(&d);
    ck_assert_uint_eq(output.metrics.wait.sum_ms, 600);
    ck_assert_uint_eq(output.metrics.wait.counts[5], 1);
}
END_TEST

START_TEST(inputs_that_nobody_counts_are_left_out)
{
    a.routes = NULL;
    d.chunk->runs[1].origin->metrics = NULL;
    flow_count(&d, 0, 6, WAY_DELIVERED);
    flow_end(&d);
    ck_assert_uint_eq(a_routes[1].records + b_routes[1].records, 0);
}
END_TEST

START_TEST(capacity_is_what_others_and_nobody_hold)
{
    struct budget budget;

    ck_assert_uint_eq(output_metrics(&output)->capacity_percent, 100);
    budget_init(&budget, NULL, 1000);
    output.config.budget = &budget;
    output.metrics.in_flight_bytes = 250;
    ck_assert_uint_eq(output_metrics(&output)->capacity_percent, 75);
    output.metrics.in_flight_bytes = 1001;
    ck_assert_uint_eq(output_metrics(&output)->capacity_percent, 0);
    budget_fini(&budget);
    budget_init(&budget, NULL, 0);
    ck_assert_uint_eq(output_metrics(&output)->capacity_percent, 100);
    budget_fini(&budget);
}
END_TEST

Suite *suite_output_flow(void);
Suite *suite_output_flow(void)
{
    Suite *suite = suite_create("output/flow");
    TCase *tc = tcase_create("flow");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, each_input_has_its_own_records_of_a_chunk);
    tcase_add_test(tc, parts_of_a_chunk_are_counted_in_any_order);
    tcase_add_test(tc, bytes_of_parts_are_the_bytes_of_the_whole);
    tcase_add_test(tc, latency_is_counted_once_for_each_input_of_a_chunk);
    tcase_add_test(tc, a_chunk_of_which_nothing_was_delivered_has_no_latency);
    tcase_add_test(tc, the_wait_is_that_for_the_first_place);
    tcase_add_test(tc, inputs_that_nobody_counts_are_left_out);
    tcase_add_test(tc, capacity_is_what_others_and_nobody_hold);
    suite_add_tcase(suite, tc);
    return suite;
}
