#include "base/budget.h"
#include "base/clock.h"
#include "chunk/intake.h"
#include "chunk/parcel.h"
#include "filter/chain.h"
#include "filter/route.h"
#include "kit/record.h"
#include "kit/stops.h"

#include <stdio.h>

/* Chunks of one destination each, as long as a call to it. Output 0 wants them and takes *.log,
 * output 1 wants them and takes app.*, output 2 does not and takes web.*. A destination is what a
 * record has under "to"; without it, its tag. */

#define CHUNKS_MAX 64
#define FLUSH_MS 1000
#define CALL_BYTES 10000
#define CALL_RECORDS 50

static const char *const tags[] = {"a.log", "b.log", "app.log", "web.log"};
enum { A, B, TO_TWO, TO_MIXED };

static struct loop *loop;
static struct filter_chain *chain;
static struct route_table *routes;
static struct intake *intake;
static struct budget budget;
static struct input_metrics metrics;
static struct origin origins[4];
static struct chunk *sealed[CHUNKS_MAX];
static unsigned sealed_count;

static void origin_gone(struct origin *o)
{
    origin_fini(o);
}

static const struct origin_ops ops = {.free = origin_gone};

static void on_sealed(void *owner, struct chunk *chunk)
{
    (void)owner;
    ck_assert_uint_lt(sealed_count, CHUNKS_MAX);
    sealed[sealed_count++] = chunk;
}

static uint64_t destination(const void *self, const struct accessor_scope *scope)
{
    struct value value;
    struct slice text;

    ck_assert_ptr_eq(self, &budget);
    if (scope->find(scope->owner, SLICE("to"), &value) &&
        value_as_text(&value, scope->arena, &text))
        return slice_hash(text);
    return slice_hash(scope->tag);
}

static const struct parcel_kind kind = {
    .destination = destination, .call_bytes = CALL_BYTES, .call_records = CALL_RECORDS};
static struct parcel_rule rules[2];

static void set_up(void)
{
    static const struct route_rule routing[] = {{.output = "0", .match = "*.log"},
                                                {.output = "1", .match = "app.*"},
                                                {.output = "2", .match = "web.*"}};
    struct report report;

    clock_fake(5000, 0);
    report_init(&report);
    loop = loop_new();
    chain = filter_chain_new();
    routes = route_table_new(routing, ARRAY_LEN(routing), 1, &report);
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
    intake = intake_new(loop, chain, routes, FLUSH_MS);
    intake_on_sealed(intake, on_sealed, NULL);
    for (unsigned i = 0; i < 2; i++) {
        rules[i] = (struct parcel_rule){.kind = &kind, .self = &budget};
        intake_set_parcels(intake, i, &rules[i]);
    }
}

/* Every output of every chunk is done with it. */
static void settle_all(void)
{
    for (unsigned i = 0; i < sealed_count; i++) {
        for (unsigned output = 0; output < 3; output++)
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

        ck_assert_ptr_null(o->chunking.newest);
        origin_unref(&o);
    }
    route_table_free(&routes);
    filter_chain_free(&chain);
    loop_free(&loop);
    budget_fini(&budget);
    clock_real();
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    loop_turn(loop, false);
}

static void push(unsigned origin, const char *json)
{
    kit_record_fill(intake_record(intake), json);
    intake_push(intake, &origins[origin], origins[origin].window.issued + 10);
}

/* The short way; a record that is only texts. */
static void push_plain(unsigned origin, const char *key, const char *text)
{
    struct plain_record plain;

    plain_init(&plain, 7);
    plain_add(&plain, slice_of(key), slice_of(text));
    intake_push_plain(intake, &origins[origin], &plain, origins[origin].window.issued + 10);
}

/* One of so many bytes, or some more. */
static void push_long(unsigned origin, size_t bytes)
{
    struct buffer json = {0};

    buffer_append_text(&json, "{\"x\":\"");
    for (size_t i = 0; i < bytes; i++)
        buffer_append_byte(&json, 'x');
    buffer_append_text(&json, "\"}");
    push(origin, buffer_text(&json));
    buffer_fini(&json);
}

/* ---- which records share one ---- */

START_TEST(each_destination_has_a_chunk_of_its_own)
{
    push(A, "{\"n\":1}");
    push(B, "{\"n\":1}");
    push(A, "{\"n\":2}");
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 2);
    ck_assert_uint_eq(sealed[0]->record_count + sealed[1]->record_count, 3);
    ck_assert_uint_eq(sealed[0]->run_count, 1);
    ck_assert_uint_eq(sealed[1]->run_count, 1);
}
END_TEST

START_TEST(what_goes_to_one_destination_shares_a_chunk_whatever_its_tag)
{
    push(A, "{\"to\":\"s\"}");
    push(B, "{\"to\":\"s\"}");
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 1);
    ck_assert_uint_eq(sealed[0]->run_count, 2);
}
END_TEST

START_TEST(an_origin_goes_on_with_the_chunk_that_it_began_with)
{
    push(A, "{\"to\":\"s\"}");
    push(A, "{\"to\":\"t\"}");
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 1);
    ck_assert_uint_eq(sealed[0]->record_count, 2);
}
END_TEST

START_TEST(another_tag_of_one_origin_is_another_destination)
{
    kit_record_fill(intake_record(intake), "{\"n\":1}");
    intake_push_as(intake, &origins[A], SLICE("unit-one.log"), 10);
    kit_record_fill(intake_record(intake), "{\"n\":2}");
    intake_push_as(intake, &origins[A], SLICE("unit-two.log"), 20);
    kit_record_fill(intake_record(intake), "{\"n\":3}");
    intake_push_as(intake, &origins[A], SLICE("unit-one.log"), 30);
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 2);
}
END_TEST

START_TEST(a_plain_record_goes_where_the_record_goes_that_it_stands_for)
{
    push_plain(A, "to", "s");
    push(B, "{\"to\":\"s\"}");
    push_plain(B, "to", "s");
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 1);
    ck_assert_uint_eq(sealed[0]->record_count, 3);
}
END_TEST

START_TEST(two_outputs_that_want_parcels_share_them)
{
    push(TO_TWO, "{\"to\":\"s\"}");
    push(TO_TWO, "{\"n\":1}");
    push(A, "{\"to\":\"s\"}");
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 2);
    ck_assert_uint_eq(sealed[0]->outputs + sealed[1]->outputs, 3 + 1);
}
END_TEST

START_TEST(with_an_output_that_wants_none_a_chunk_has_all_destinations)
{
    push(TO_MIXED, "{\"to\":\"s\"}");
    intake_flush(intake);
    push(TO_MIXED, "{\"to\":\"t\"}");
    ck_assert_uint_eq(sealed[0]->aims.bytes, CHUNK_BYTES_AIM);
    ck_assert_ptr_null(sealed[0]->parcel.rule);
    ck_assert_uint_eq(parcel_room(&origins[TO_MIXED]), SIZE_MAX);
}
END_TEST

START_TEST(what_can_be_had_again_does_not_share_one_with_what_cannot)
{
    origins[A].can_repeat = true;
    push(A, "{\"to\":\"s\"}");
    push(B, "{\"to\":\"s\"}");
    intake_flush(intake);
    ck_assert_uint_eq(sealed_count, 2);
}
END_TEST

/* ---- how long it gets ---- */

START_TEST(a_parcel_is_full_at_the_length_of_a_call)
{
    while (sealed_count == 0)
        push_long(A, 300);
    ck_assert_uint_gt(sealed[0]->bytes.len, CALL_BYTES * PARCEL_FILL_PERCENT / 100 - 400);
    ck_assert_uint_lt(sealed[0]->bytes.len, CALL_BYTES * PARCEL_FILL_PERCENT / 100 + 400);
}
END_TEST

START_TEST(a_parcel_is_full_at_the_records_of_a_call)
{
    for (unsigned i = 0; i < CALL_RECORDS; i++) {
        ck_assert_uint_eq(sealed_count, 0);
        push(A, "{\"n\":1}");
    }
    ck_assert_uint_eq(sealed_count, 1);
    ck_assert_uint_eq(sealed[0]->record_count, CALL_RECORDS);
}
END_TEST

START_TEST(what_a_call_came_to_says_how_long_the_next_one_gets)
{
    push_long(A, 300);
    intake_flush(intake);
    parcel_learn(sealed[0], sealed[0]->bytes.len * 2);
    ck_assert_uint_eq(origins[A].chunking.call_permille, 2000);
    push_long(A, 300);
    intake_flush(intake);
    ck_assert_uint_eq(sealed[1]->aims.rendered, CALL_BYTES * PARCEL_FILL_PERCENT / 100 / 2);
}
END_TEST

START_TEST(an_origin_that_sent_nothing_begins_with_what_another_taught)
{
    push_long(A, 300);
    intake_flush(intake);
    parcel_learn(sealed[0], sealed[0]->bytes.len / 2);
    push_long(B, 300);
    intake_flush(intake);
    ck_assert_uint_gt(sealed[1]->aims.rendered, CALL_BYTES * PARCEL_FILL_PERCENT / 100 * 19 / 10);
}
END_TEST

START_TEST(a_chunk_that_comes_to_next_to_nothing_has_a_limit_all_the_same)
{
    push_long(A, 300);
    intake_flush(intake);
    parcel_learn(sealed[0], 1);
    ck_assert_uint_eq(origins[A].chunking.call_permille, PARCEL_PERMILLE_MIN);
    parcel_learn(sealed[0], UINT32_MAX);
    ck_assert_uint_eq(origins[A].chunking.call_permille, PARCEL_PERMILLE_MAX);
    ck_assert_uint_le(parcel_aims(&rules[0], &origins[A]).bytes, PARCEL_BYTES_MAX);
}
END_TEST

START_TEST(the_room_that_is_left_is_told_in_bytes_of_the_source)
{
    size_t before;

    ck_assert_uint_eq(parcel_room(&origins[A]), SIZE_MAX);
    push_long(A, 1000);
    before = parcel_room(&origins[A]);
    ck_assert_uint_gt(before, 60); /* ten bytes of the source for each thousand */
    ck_assert_uint_lt(before, 100);
    push_long(A, 1000);
    ck_assert_uint_lt(parcel_room(&origins[A]), before);
    intake_flush(intake);
    ck_assert_uint_eq(parcel_room(&origins[A]), SIZE_MAX);
}
END_TEST

START_TEST(few_records_that_are_left_are_little_room)
{
    for (unsigned i = 0; i < CALL_RECORDS - 1; i++)
        push(A, "{\"n\":1}");
    ck_assert_uint_eq(parcel_room(&origins[A]), 10);
}
END_TEST

/* ---- how long it waits ---- */

START_TEST(a_parcel_waits_no_longer_than_flush)
{
    push(A, "{\"n\":1}");
    pass_ms(FLUSH_MS - 1);
    ck_assert_uint_eq(sealed_count, 0);
    pass_ms(1);
    ck_assert_uint_eq(sealed_count, 1);
}
END_TEST

START_TEST(a_young_parcel_waits_for_more_when_an_old_one_goes)
{
    push(A, "{\"n\":1}");
    pass_ms(FLUSH_MS - 100);
    push(B, "{\"n\":1}");
    pass_ms(100);
    ck_assert_uint_eq(sealed_count, 1);
    ck_assert_ptr_eq(sealed[0]->runs[0].origin, &origins[A]);
    pass_ms(FLUSH_MS - 101);
    ck_assert_uint_eq(sealed_count, 1);
    pass_ms(1);
    ck_assert_uint_eq(sealed_count, 2);
}
END_TEST

START_TEST(one_that_has_waited_for_half_of_flush_goes_with_the_oldest)
{
    push(A, "{\"n\":1}");
    pass_ms(FLUSH_MS / 2);
    push(B, "{\"n\":1}");
    pass_ms(FLUSH_MS / 2);
    ck_assert_uint_eq(sealed_count, 2);
}
END_TEST

static bool is_behind;

static bool says_behind(const void *owner)
{
    ck_assert_ptr_eq(owner, &is_behind);
    return is_behind;
}

START_TEST(a_parcel_stays_open_while_its_output_has_others_waiting)
{
    is_behind = true;
    rules[0].is_behind = says_behind;
    rules[0].owner = &is_behind;
    push(A, "{\"n\":1}");
    pass_ms(FLUSH_MS);
    pass_ms(FLUSH_MS);
    push(A, "{\"n\":2}");
    ck_assert_uint_eq(sealed_count, 0);
    is_behind = false;
    pass_ms(PARCEL_LOOK_MS);
    ck_assert_uint_eq(sealed_count, 1);
    ck_assert_uint_eq(sealed[0]->record_count, 2);
}
END_TEST

static bool says_sealed(const void *owner)
{
    (void)owner;
    return sealed_count > 0;
}

START_TEST(all_go_together_when_nothing_else_was_waiting_before)
{
    rules[0].is_behind = says_sealed;
    push(A, "{\"n\":1}");
    push(B, "{\"n\":1}");
    push(A, "{\"n\":1}");
    pass_ms(FLUSH_MS);
    ck_assert_uint_eq(sealed_count, 2);
}
END_TEST

START_TEST(it_goes_when_one_of_its_outputs_has_nothing_else_waiting)
{
    is_behind = true;
    rules[0].is_behind = says_behind;
    rules[0].owner = &is_behind;
    push(TO_TWO, "{\"n\":1}");
    pass_ms(FLUSH_MS);
    ck_assert_uint_eq(sealed_count, 1);
}
END_TEST

START_TEST(what_stays_open_is_sealed_when_it_is_full)
{
    is_behind = true;
    rules[0].is_behind = says_behind;
    rules[0].owner = &is_behind;
    push_long(A, 300);
    pass_ms(FLUSH_MS);
    while (sealed_count == 0)
        push_long(A, 300);
    ck_assert_uint_gt(sealed[0]->bytes.len, CALL_BYTES * PARCEL_FILL_PERCENT / 100 - 400);
}
END_TEST

START_TEST(sealing_for_one_lane_leaves_what_others_want_too)
{
    push(TO_TWO, "{\"n\":1}");
    push(A, "{\"n\":1}");
    intake_flush_lane(intake, 1);
    ck_assert_uint_eq(sealed_count, 1);
    ck_assert_uint_eq(sealed[0]->outputs, 1);
}
END_TEST

/* ---- when memory is short ---- */

START_TEST(with_room_enough_nothing_goes_before_its_time)
{
    push_long(A, 1000);
    push_long(B, 2000);
    intake_ease(intake, 2 * 3200);
    ck_assert_uint_eq(sealed_count, 0);
}
END_TEST

START_TEST(the_largest_stays_to_be_filled_and_the_next_one_goes)
{
    push_long(A, 1000);
    push_long(B, 2000);
    push_long(TO_TWO, 3000);
    intake_ease(intake, 2 * 4300);
    ck_assert_uint_eq(sealed_count, 1);
    ck_assert_ptr_eq(sealed[0]->runs[0].origin, &origins[B]);
}
END_TEST

START_TEST(one_that_is_larger_than_all_may_be_goes_itself)
{
    push_long(A, 1000);
    push_long(B, 3000);
    intake_ease(intake, 2 * 2000);
    ck_assert_uint_eq(sealed_count, 1);
    ck_assert_ptr_eq(sealed[0]->runs[0].origin, &origins[B]);
}
END_TEST

START_TEST(without_any_room_all_go)
{
    push_long(A, 100);
    push_long(B, 200);
    push(TO_TWO, "{\"n\":1}");
    intake_ease(intake, 0);
    ck_assert_uint_eq(sealed_count, 3);
}
END_TEST

/* ---- many ---- */

START_TEST(five_thousand_come_and_go_and_leave_nothing)
{
    char tag[32];

    for (unsigned i = 0; i < 5000; i++) {
        snprintf(tag, sizeof tag, "pod-%u.log", i);
        kit_record_fill(intake_record(intake), "{\"n\":1}");
        intake_push_as(intake, &origins[A], slice_of(tag), origins[A].window.issued + 10);
        if (i % 50 == 49) {
            pass_ms(FLUSH_MS);
            ck_assert_uint_eq(sealed_count, 50);
            settle_all();
        }
    }
    ck_assert_uint_eq(budget.used_bytes, 0);
}
END_TEST

START_TEST(one_that_is_not_open_is_not_to_be_removed)
{
    struct parcels parcels = {0};

    push(A, "{\"n\":1}");
    intake_flush(intake);
    parcels_remove(&parcels, sealed[0]);
}
END_TEST

Suite *suite_chunk_parcel(void)
{
    Suite *s = suite_create("chunk/parcel");
    TCase *use = tcase_create("use");
    TCase *bugs = stops_create();

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_checked_fixture(bugs, set_up, tear_down);
    tcase_add_test(use, each_destination_has_a_chunk_of_its_own);
    tcase_add_test(use, what_goes_to_one_destination_shares_a_chunk_whatever_its_tag);
    tcase_add_test(use, an_origin_goes_on_with_the_chunk_that_it_began_with);
    tcase_add_test(use, another_tag_of_one_origin_is_another_destination);
    tcase_add_test(use, a_plain_record_goes_where_the_record_goes_that_it_stands_for);
    tcase_add_test(use, two_outputs_that_want_parcels_share_them);
    tcase_add_test(use, with_an_output_that_wants_none_a_chunk_has_all_destinations);
    tcase_add_test(use, what_can_be_had_again_does_not_share_one_with_what_cannot);
    tcase_add_test(use, a_parcel_is_full_at_the_length_of_a_call);
    tcase_add_test(use, a_parcel_is_full_at_the_records_of_a_call);
    tcase_add_test(use, what_a_call_came_to_says_how_long_the_next_one_gets);
    tcase_add_test(use, an_origin_that_sent_nothing_begins_with_what_another_taught);
    tcase_add_test(use, a_chunk_that_comes_to_next_to_nothing_has_a_limit_all_the_same);
    tcase_add_test(use, the_room_that_is_left_is_told_in_bytes_of_the_source);
    tcase_add_test(use, few_records_that_are_left_are_little_room);
    tcase_add_test(use, a_parcel_waits_no_longer_than_flush);
    tcase_add_test(use, a_young_parcel_waits_for_more_when_an_old_one_goes);
    tcase_add_test(use, one_that_has_waited_for_half_of_flush_goes_with_the_oldest);
    tcase_add_test(use, a_parcel_stays_open_while_its_output_has_others_waiting);
    tcase_add_test(use, all_go_together_when_nothing_else_was_waiting_before);
    tcase_add_test(use, it_goes_when_one_of_its_outputs_has_nothing_else_waiting);
    tcase_add_test(use, what_stays_open_is_sealed_when_it_is_full);
    tcase_add_test(use, sealing_for_one_lane_leaves_what_others_want_too);
    tcase_add_test(use, with_room_enough_nothing_goes_before_its_time);
    tcase_add_test(use, the_largest_stays_to_be_filled_and_the_next_one_goes);
    tcase_add_test(use, one_that_is_larger_than_all_may_be_goes_itself);
    tcase_add_test(use, without_any_room_all_go);
    tcase_add_test(use, five_thousand_come_and_go_and_leave_nothing);
    stops_add(bugs, one_that_is_not_open_is_not_to_be_removed);
    suite_add_tcase(s, use);
    suite_add_tcase(s, bugs);
    return s;
}
