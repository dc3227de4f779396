#include "chunk/intake.h"

#include "base/budget.h"
#include "base/clock.h"
#include "base/memory.h"
#include "chunk/reader.h"
#include "filter/chain.h"
#include "filter/route.h"
#include "kit/barrier.h"
#include "kit/record.h"
#include "kit/stops.h"

#define CHUNKS_MAX 32

static struct loop *loop;
static struct filter_chain *chain;
static struct route_table *routes;
static struct intake *intake;
static struct budget budget;
static struct input_metrics metrics;
static struct filter_metrics filter_metrics;
static struct origin origins[4];
static struct chunk *sealed[CHUNKS_MAX];
static unsigned sealed_count;
static struct buffer text;

/* Tags and where they go: output 0 takes *.log, output 1 app.*. */
static const char *const tags[] = {"app.log", "web.log", "app.err", "nobody"};
enum { TO_BOTH, TO_FIRST, TO_SECOND, TO_NONE };

static void origin_gone(struct origin *o)
{
    origin_fini(o);
}

static const struct origin_ops ops = {.free = origin_gone};

static void on_sealed(void *owner, struct chunk *chunk)
{
    (void)owner;
    ck_assert(chunk->is_sealed);
    ck_assert_uint_eq(chunk->refs, 1);
    ck_assert_uint_lt(sealed_count, CHUNKS_MAX);
    sealed[sealed_count++] = chunk;
}

/* Drops records that have the key "drop", and adds the key "seen" to others. */
static enum filter_verdict marker_apply(void *self, struct record *record, struct filter_run *run)
{
    struct value value;

    (void)self;
    (void)run;
    if (record_find(record, SLICE("drop"), &value))
        return FILTER_DROP;
    record_add(record, SLICE("seen"), value_bool(true));
    return FILTER_KEEP;
}

static const struct filter_plugin marker = {.name = "marker", .apply = marker_apply};

static void intake_open(uint64_t flush_ms)
{
    intake = intake_new(loop, chain, routes, flush_ms);
    intake_on_sealed(intake, on_sealed, NULL);
}

static void set_up(void)
{
    static const struct route_rule rules[] = {{.output = "0", .match = "*.log"},
                                              {.output = "1", .match = "app.*"}};
    struct report report;

    clock_fake(5000, 0);
    report_init(&report);
    loop = loop_new();
    chain = filter_chain_new();
    filter_chain_add(chain, &marker, NULL,
                     tag_match_new("app.err", NULL, &report, (struct place){0}), &filter_metrics);
    routes = route_table_new(rules, ARRAY_LEN(rules), 1, &report);
    ck_assert_ptr_nonnull(routes);
    report_fini(&report);
    budget_init(&budget, NULL, 0);
    metrics = (struct input_metrics){0};
    for (size_t i = 0; i < ARRAY_LEN(origins); i++) {
        origin_init(&origins[i], &ops, slice_of(tags[i]), 0);
        origins[i].budget = &budget;
        origins[i].metrics = &metrics;
    }
    sealed_count = 0;
    intake_open(1000);
}

/* Every output of every chunk is done with it. */
static void settle_all(void)
{
    for (unsigned i = 0; i < sealed_count; i++) {
        for (unsigned output = 0; output < 2; output++)
            if (sealed[i]->outputs >> output & 1)
                chunk_settle(sealed[i], output);
        chunk_unref(&sealed[i]);
    }
    sealed_count = 0;
}

static void tear_down(void)
{
    intake_flush(intake);
    settle_all();
    intake_free(&intake);
    for (size_t i = 0; i < ARRAY_LEN(origins); i++) {
        struct origin *o = &origins[i];

        origin_unref(&o);
    }
    route_table_free(&routes);
    filter_chain_free(&chain);
    loop_free(&loop);
    budget_fini(&budget);
    buffer_fini(&text);
    clock_real();
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    loop_turn(loop, false);
}

static void push(unsigned origin, const char *json, uint64_t end)
{
    kit_record_fill(intake_record(intake), json);
    intake_push(intake, &origins[origin], end);
}

/* The runs of a sealed chunk: "tag records; ". */
static const char *runs_of(const struct chunk *chunk)
{
    buffer_clear(&text);
    for (uint32_t i = 0; i < chunk->run_count; i++)
        buffer_append_format(&text, "%.*s %u; ", SLICE_ARG(chunk->runs[i].tag),
                             chunk->runs[i].record_count);
    return buffer_text(&text);
}

/* ---- where records go ---- */

START_TEST(records_of_one_route_share_a_chunk)
{
    push(TO_BOTH, "{\"a\":1}", 10);
    push(TO_BOTH, "{\"a\":2}", 20);
    ck_assert_uint_eq(sealed_count, 0);
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 1);
    ck_assert_uint_eq(sealed[0]->outputs, 3);
    ck_assert_str_eq(runs_of(sealed[0]), "app.log 2; ");
    ck_assert_uint_eq(metrics.records, 2);
}
END_TEST

START_TEST(each_set_of_outputs_has_a_chunk_of_its_own)
{
    push(TO_BOTH, "{}", 10);
    push(TO_FIRST, "{}", 10);
    push(TO_SECOND, "{}", 10);
    push(TO_FIRST, "{}", 20);
    push(TO_BOTH, "{}", 20);
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        static const char *const expected[] = {NULL, "web.log 2; ", "app.err 1; ", "app.log 2; "};

        ck_assert_str_eq(runs_of(sealed[i]), expected[sealed[i]->outputs]);
    }
}
END_TEST

START_TEST(a_chunk_may_share_more_when_all_its_outputs_compress)
{
    intake_packed(intake, 1 << 0);
    push(TO_BOTH, "{}", 10);
    push(TO_FIRST, "{}", 10);
    push(TO_SECOND, "{}", 10);
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 3);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(sealed[i]->aims.rendered,
                          sealed[i]->outputs == 1 ? CHUNK_PACKED_AIM : CHUNK_RENDERED_AIM);
}
END_TEST

START_TEST(a_record_without_a_route_is_counted_and_settled)
{
    push(TO_NONE, "{}", 10);
    push(TO_NONE, "{}", 25);
    ck_assert_uint_eq(metrics.unrouted_records, 2);
    ck_assert_uint_eq(metrics.records, 2);
    ck_assert_uint_eq(origins[TO_NONE].window.settled, 25);
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 0);
}
END_TEST

START_TEST(of_doubled_keys_the_last_goes_on)
{
    struct record *record = intake_record(intake);
    struct chunk_reader reader;
    struct chunk_record read;

    record_add(record, SLICE("a"), value_int(1));
    record_add(record, SLICE("a"), value_int(2));
    intake_push(intake, &origins[TO_FIRST], 10);
    intake_flush(intake);
    chunk_reader_init(&reader, sealed[0]);
    ck_assert(chunk_reader_next(&reader, &read));
    ck_assert_uint_eq(read.head.field_count, 1);
}
END_TEST

/* ---- filters ---- */

START_TEST(a_record_that_a_filter_drops_is_settled)
{
    push(TO_SECOND, "{\"drop\":1}", 10);
    ck_assert_uint_eq(origins[TO_SECOND].window.settled, 10);
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 0);
    ck_assert_uint_eq(filter_metrics.drop_records, 1);
    ck_assert_uint_eq(metrics.unrouted_records, 0);
}
END_TEST

START_TEST(a_dropped_record_waits_for_those_before_it)
{
    push(TO_SECOND, "{}", 10);
    push(TO_SECOND, "{\"drop\":1}", 20);
    push(TO_SECOND, "{\"drop\":1}", 30);
    ck_assert_uint_eq(origins[TO_SECOND].window.settled, 0);
    intake_flush(intake);
    push(TO_SECOND, "{\"drop\":1}", 40);
    ck_assert_uint_eq(origins[TO_SECOND].window.settled, 0);
    settle_all();
    ck_assert_uint_eq(origins[TO_SECOND].window.settled, 40);
}
END_TEST

/* ---- when chunks are sealed ---- */

START_TEST(a_full_chunk_is_sealed_at_once)
{
    char *json = mem_format("{\"log\":\"%0*d\"}", 100000, 0);
    uint64_t end = 0;

    while (sealed_count == 0)
        push(TO_FIRST, json, ++end);
    ck_assert_uint_eq(sealed[0]->record_count, end);
    ck_assert_uint_ge(sealed[0]->bytes.len, CHUNK_BYTES_AIM);
    push(TO_FIRST, json, ++end);
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 2);
    ck_assert_uint_eq(sealed[1]->record_count, 1);
    mem_free(json);
}
END_TEST

START_TEST(a_chunk_is_sealed_when_it_is_as_old_as_flush_says)
{
    pass_ms(700);
    push(TO_FIRST, "{}", 10);
    pass_ms(999);
    push(TO_FIRST, "{}", 20);
    ck_assert_uint_eq(sealed_count, 0);
    pass_ms(1);
    ck_assert_uint_eq(sealed_count, 1);
    ck_assert_uint_eq(sealed[0]->record_count, 2);
}
END_TEST

START_TEST(the_next_chunk_has_its_whole_time)
{
    push(TO_FIRST, "{}", 10);
    pass_ms(1000);
    ck_assert_uint_eq(sealed_count, 1);
    pass_ms(500);
    push(TO_FIRST, "{}", 20);
    pass_ms(999);
    ck_assert_uint_eq(sealed_count, 1);
    pass_ms(1);
    ck_assert_uint_eq(sealed_count, 2);
}
END_TEST

START_TEST(no_chunk_grows_older_than_flush_whichever_was_first)
{
    push(TO_FIRST, "{}", 10);
    pass_ms(600);
    push(TO_BOTH, "{}", 10);
    pass_ms(400);
    ck_assert_uint_eq(sealed_count, 2);
    pass_ms(5000);
    ck_assert_uint_eq(sealed_count, 2);
}
END_TEST

START_TEST(nothing_is_due_after_a_flush_by_hand)
{
    push(TO_FIRST, "{}", 10);
    intake_flush(intake);
    pass_ms(999);
    push(TO_FIRST, "{}", 20);
    pass_ms(999);
    ck_assert_uint_eq(sealed_count, 1);
    pass_ms(1);
    ck_assert_uint_eq(sealed_count, 2);
}
END_TEST

START_TEST(flushing_nothing_seals_nothing)
{
    intake_flush(intake);
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 0);
}
END_TEST

START_TEST(an_intake_may_take_over_from_another)
{
    push(TO_BOTH, "{}", 10);
    intake_flush(intake);
    settle_all();
    intake_free(&intake);
    intake_open(1000);
    push(TO_BOTH, "{}", 20);
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 1);
    settle_all();
    ck_assert_uint_eq(origins[TO_BOTH].window.settled, 20);
}
END_TEST

/* ---- lanes ---- */

START_TEST(an_origin_goes_to_the_outputs_of_its_lane)
{
    push(TO_BOTH, "{}", 10);
    origin_lane_set(&origins[TO_BOTH], 1);
    push(TO_BOTH, "{}", 20);
    origin_lane_set(&origins[TO_BOTH], ~UINT64_C(0));
    push(TO_BOTH, "{}", 30);
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 2);
    ck_assert_str_eq(runs_of(sealed[sealed[0]->outputs == 1 ? 0 : 1]), "app.log 1; ");
    ck_assert_str_eq(runs_of(sealed[sealed[0]->outputs == 1 ? 1 : 0]), "app.log 1; app.log 1; ");
    ck_assert_uint_eq(intake_routes(intake, &origins[TO_BOTH]), 3);
    settle_all();
    ck_assert_uint_eq(origins[TO_BOTH].window.settled, 30);
}
END_TEST

/* Whoever reads it for an output that is behind asks by the origin that the others read, if any do. */
START_TEST(an_origin_waits_for_its_filters_whatever_its_lane)
{
    struct filter_waiter waiter = {0};
    struct barrier barrier;

    list_init(&waiter.link);
    barrier_set_up(&barrier, chain);
    origin_lane_set(&origins[TO_SECOND], 1);
    ck_assert_uint_eq(intake_ready(intake, &origins[TO_SECOND], &waiter), BARRIER_WAIT_MS);
    ck_assert_uint_eq(barrier.asked, 1);
    list_remove(&waiter.link);
    ck_assert_uint_eq(intake_ready(intake, &origins[TO_NONE], &waiter), 0);
    ck_assert_uint_eq(barrier.asked, 1);
}
END_TEST

START_TEST(what_may_be_let_go_of_does_not_ride_with_what_may_not)
{
    struct origin *other = &origins[TO_SECOND];

    origins[TO_FIRST].can_leave = true;
    other->tag.len = strlen("x.log"); /* of "app.err", which goes to the first as well */
    memcpy((char *)(uintptr_t)other->tag.data, "x.log", strlen("x.log"));
    push(TO_FIRST, "{}", 10);
    push(TO_SECOND, "{}", 10);
    push(TO_FIRST, "{}", 20);
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 2);
    ck_assert(sealed[0]->can_leave != sealed[1]->can_leave);
    ck_assert(!sealed[0]->can_repeat && !sealed[1]->can_repeat);
}
END_TEST

START_TEST(a_run_gives_back_to_the_budget_that_it_took_from)
{
    struct budget share;

    budget_init(&share, NULL, 0);
    push(TO_FIRST, "{}", 10);
    ck_assert_uint_gt(budget.used_bytes, 0);
    origins[TO_FIRST].budget = &share;
    push(TO_FIRST, "{}", 20);
    intake_flush(intake);
    push(TO_FIRST, "{}", 30);
    ck_assert_uint_gt(share.used_bytes, 0);
    intake_flush(intake);
    settle_all();
    ck_assert_uint_eq(budget.used_bytes, 0);
    ck_assert_uint_eq(share.used_bytes, 0);
    budget_fini(&share);
}
END_TEST

START_TEST(freeing_with_an_open_chunk_stops)
{
    push(TO_FIRST, "{}", 10);
    intake_free(&intake);
}
END_TEST

Suite *suite_chunk_intake(void);

Suite *suite_chunk_intake(void)
{
    Suite *suite = suite_create("chunk/intake");
    TCase *use = tcase_create("use");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, records_of_one_route_share_a_chunk);
    tcase_add_test(use, each_set_of_outputs_has_a_chunk_of_its_own);
    tcase_add_test(use, a_chunk_may_share_more_when_all_its_outputs_compress);
    tcase_add_test(use, a_record_without_a_route_is_counted_and_settled);
    tcase_add_test(use, of_doubled_keys_the_last_goes_on);
    tcase_add_test(use, a_record_that_a_filter_drops_is_settled);
    tcase_add_test(use, a_dropped_record_waits_for_those_before_it);
    tcase_add_test(use, a_full_chunk_is_sealed_at_once);
    tcase_add_test(use, a_chunk_is_sealed_when_it_is_as_old_as_flush_says);
    tcase_add_test(use, the_next_chunk_has_its_whole_time);
    tcase_add_test(use, no_chunk_grows_older_than_flush_whichever_was_first);
    tcase_add_test(use, nothing_is_due_after_a_flush_by_hand);
    tcase_add_test(use, flushing_nothing_seals_nothing);
    tcase_add_test(use, an_intake_may_take_over_from_another);
    tcase_add_test(use, an_origin_goes_to_the_outputs_of_its_lane);
    tcase_add_test(use, an_origin_waits_for_its_filters_whatever_its_lane);
    tcase_add_test(use, what_may_be_let_go_of_does_not_ride_with_what_may_not);
    tcase_add_test(use, a_run_gives_back_to_the_budget_that_it_took_from);
    suite_add_tcase(suite, use);

    tcase_add_checked_fixture(stops, set_up, NULL);
    stops_add(stops, freeing_with_an_open_chunk_stops);
    suite_add_tcase(suite, stops);
    return suite;
}
