#include "base/clock.h"
#include "metrics/exposition.h"
#include "scenario/pipeline/kit.h"

#include <stdio.h>
#include <stdlib.h>

/* What a scraper sees: which input's records went to which output, how long that took, and that the
 * page does not grow with the files that came and went. */

#define OTHER_TAIL "[INPUT]\n Name tail\n Alias other\n Tag other\n Path ${DIR}/other/*.txt\n"
#define OUTPUT_TO(port, match) \
    "[OUTPUT]\n Name es\n Match " match "\n Port ${" port "}\n Workers 1\n"

static struct kit *k;

static void tear_down(void)
{
    kit_end(&k);
}

static const struct route_metrics *route_of(size_t input, size_t output)
{
    const struct list *it = pipeline_metrics(k->pipeline)->inputs.next;

    while (input-- > 0)
        it = it->next;
    return &CONTAINER_OF(it, const struct input_metrics, link)->routes[output];
}

/* ---- what went where ---- */

START_TEST(each_pair_of_an_input_and_an_output_counts_its_own_records)
{
    k = kit_make();
    tree_folder("other");
    kit_run(k, SERVICE TAIL OTHER_TAIL ES("PORT") OUTPUT_TO("PORT2", "other"));
    kit_append(k, "app.log", "one\ntwo\n");
    kit_append(k, "other/o.txt", "three\n");
    kit_pass_ms(k, 3000);
    ck_assert_uint_eq(route_of(0, 0)->records, 2);
    ck_assert_uint_eq(route_of(1, 0)->records, 1);
    ck_assert_uint_eq(route_of(0, 1)->records, 0);
    ck_assert_uint_eq(route_of(1, 1)->records, 1);
    ck_assert_uint_eq(route_of(1, 0)->bytes, route_of(1, 1)->bytes);
    ck_assert_uint_eq(route_of(0, 0)->bytes + route_of(1, 0)->bytes, kit_counts(k, 0)->proc_bytes);
}
END_TEST

START_TEST(what_is_refused_counts_as_dropped_between_its_input_and_its_output)
{
    k = kit_start(TAIL_TO_ES);
    backend_items(k->es, 201, 400, 201);
    backend_items(k->es, 400);
    kit_append(k, "app.log", "one\ntwo\nthree\n");
    kit_pass_ms(k, 3000);
    ck_assert_uint_eq(route_of(0, 0)->records, 2);
    ck_assert_uint_eq(route_of(0, 0)->drop_records, 1);
    ck_assert_uint_gt(route_of(0, 0)->drop_bytes, 0);
    ck_assert_uint_eq(route_of(0, 0)->latency.counts[1], 1);
}
END_TEST

/* ---- how long it took ---- */

static uint64_t latencies(const struct route_metrics *route)
{
    const struct histogram_bounds *bounds = route_latency_metric.bounds;

    return histogram_below(&route->latency, bounds, bounds->count);
}

START_TEST(latency_is_from_the_first_record_of_a_chunk_to_its_delivery)
{
    k = kit_start(TAIL_TO_ES);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 2000);
    ck_assert_uint_eq(route_of(0, 0)->latency.counts[1], 1); /* Flush 1 */
    ck_assert_uint_eq(route_of(0, 0)->latency.sum_ms, 1000);
}
END_TEST

START_TEST(latency_has_the_time_of_retries)
{
    k = kit_start(TAIL_TO_ES);
    backend_down(k->es);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 12000);
    ck_assert_uint_eq(latencies(route_of(0, 0)), 0);
    backend_up(k->es);
    kit_pass_ms(k, 7000);
    ck_assert_uint_eq(latencies(route_of(0, 0)), 1);
    ck_assert_uint_eq(route_of(0, 0)->latency.counts[6], 1); /* 10 to 20 s */
    ck_assert_uint_ge(route_of(0, 0)->latency.sum_ms, 12000);
}
END_TEST

/* One request at a time: the second chunk waits until the first is given up. */
START_TEST(a_chunk_that_waits_for_a_place_says_how_long)
{
    k = kit_start(TAIL_TO_ES);
    k->may_hang = true;
    backend_says(k->es, (struct kit_answer){.move = KIT_SILENT});
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 1000);
    backend_expect(k->es, "one");
    ck_assert_uint_eq(kit_counts(k, 0)->wait.counts[0], 1);
    kit_append(k, "app.log", "two\n");
    kit_pass_ms(k, 4000);
    backend_down(k->es);
    k->may_hang = false;
    kit_quiet(k);
    backend_up(k->es);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(backend_taken_count(k->es), 2);
    ck_assert_uint_ge(kit_counts(k, 0)->wait.sum_ms, 3000);
    ck_assert_uint_eq(kit_counts(k, 0)->wait.counts[7], 1); /* 2 to 5 s */
}
END_TEST

START_TEST(capacity_is_what_an_output_leaves_of_the_room_for_records)
{
    k = kit_start(SERVICE " records_limit 1M\n" TAIL ES("PORT"));
    backend_down(k->es);
    for (unsigned i = 0; i < 100; i++) {
        char line[2002];

        snprintf(line, sizeof line, "%02000u\n", i);
        tree_append("app.log", line);
    }
    kit_pass_ms(k, 3000);
    ck_assert_uint_gt(kit_counts(k, 0)->capacity_percent, 70);
    ck_assert_uint_lt(kit_counts(k, 0)->capacity_percent, 82);
    backend_up(k->es);
    kit_pass_ms(k, 5000);
    ck_assert_uint_eq(kit_counts(k, 0)->capacity_percent, 100);
}
END_TEST

START_TEST(what_left_an_output_behind_is_counted_when_it_is_delivered)
{
    k = kit_start(TAIL_TO_ES);
    backend_down(k->es);
    kit_append(k, "app.log", "one\n");
    kit_pass_ms(k, 2000);
    kit_stop(k);
    backend_up(k->es);
    kit_run_again(k);
    kit_pass_ms(k, 2000);
    ck_assert_uint_eq(route_of(0, 0)->records, 1);
    ck_assert_uint_eq(route_of(0, 0)->drop_records, 0);
    ck_assert_uint_eq(latencies(route_of(0, 0)), 1);
}
END_TEST

/* ---- pods that come and go ---- */

/* As many as a busy machine makes and removes in a few seconds; PODS=10000 for a node's year. */
#define PODS 2000
#define PODS_AT_ONCE 250
#define TAIL_PODS                                                                               \
    "[INPUT]\n Name tail\n Tag kube.*\n Path ${DIR}/*.log\n"                                    \
    " Read_from_Head on\n Rotate_Wait 1\n Refresh_Interval 5\n"                                 \
    "[FILTER]\n Name record_modifier\n Match kube.*\n Record node here\n[OUTPUT]\n Name null\n" \
    " Match *\n"

/* The page without its numbers: "a{b="c"} 5" becomes "a{b="c"} ". */
static void append_series(struct buffer *out)
{
    const struct metrics_facts facts = {.hostname = "node", .now_ns = clock_wall_ns()};
    struct buffer page = {0};
    struct slice rest, line;

    pipeline_refresh(k->pipeline);
    exposition_write(pipeline_metrics(k->pipeline), &facts, EXPOSITION_V2, &page);
    rest = buffer_view(&page);
    while (slice_next(&rest, '\n', &line)) {
        size_t len = line.len;

        while (len > 0 && line.data[len - 1] != ' ' && line.data[0] != '#')
            len--;
        buffer_append(out, slice_make(line.data, len));
        buffer_append_byte(out, '\n');
    }
    buffer_fini(&page);
}

static void pod_name(unsigned pod, char name[64])
{
    snprintf(name, 64, "pod-%08x_default_app-%08x.log", pod * 2654435761u, pod);
}

static unsigned pods_wanted(void)
{
    const char *text = getenv("PODS");

    return text != NULL ? (unsigned)strtoul(text, NULL, 10) : PODS;
}

static void pods_come_and_go(unsigned from, unsigned count)
{
    char name[64];

    for (unsigned i = from; i < from + count; i++) {
        pod_name(i, name);
        tree_append(name, "line\n");
    }
    kit_pass_ms(k, 2000);
    for (unsigned i = from; i < from + count; i++) {
        pod_name(i, name);
        tree_remove(name);
    }
    kit_pass_ms(k, 10000);
}

START_TEST(the_page_does_not_grow_with_the_pods_that_came_and_went)
{
    struct buffer before = {0}, after = {0};
    unsigned pods = pods_wanted();

    k = kit_start(SERVICE TAIL_PODS);
    pods_come_and_go(0, 1);
    append_series(&before);
    for (unsigned i = 1; i < pods; i += PODS_AT_ONCE)
        pods_come_and_go(i, i + PODS_AT_ONCE > pods ? pods - i : PODS_AT_ONCE);
    ck_assert_uint_eq(kit_counts(k, 0)->proc_records, pods);
    ck_assert_uint_eq(kit_input(k)->files_closed, pods);
    append_series(&after);
    ck_assert_str_eq(buffer_text(&after), buffer_text(&before));
    buffer_fini(&before);
    buffer_fini(&after);
}
END_TEST

Suite *suite_pipeline_metrics(void);

Suite *suite_pipeline_metrics(void)
{
    Suite *suite = suite_create("pipeline/metrics");
    TCase *routes = tcase_create("routes");
    TCase *times = tcase_create("times");
    TCase *pods = tcase_create("pods");

    tcase_add_checked_fixture(routes, NULL, tear_down);
    tcase_add_test(routes, each_pair_of_an_input_and_an_output_counts_its_own_records);
    tcase_add_test(routes, what_is_refused_counts_as_dropped_between_its_input_and_its_output);
    suite_add_tcase(suite, routes);

    tcase_add_checked_fixture(times, NULL, tear_down);
    tcase_add_test(times, latency_is_from_the_first_record_of_a_chunk_to_its_delivery);
    tcase_add_test(times, latency_has_the_time_of_retries);
    tcase_add_test(times, a_chunk_that_waits_for_a_place_says_how_long);
    tcase_add_test(times, capacity_is_what_an_output_leaves_of_the_room_for_records);
    tcase_add_test(times, what_left_an_output_behind_is_counted_when_it_is_delivered);
    suite_add_tcase(suite, times);

    tcase_add_checked_fixture(pods, NULL, tear_down);
    tcase_set_timeout(pods, 120);
    tcase_add_test(pods, the_page_does_not_grow_with_the_pods_that_came_and_went);
    suite_add_tcase(suite, pods);
    return suite;
}
