#include "kit/record.h"
#include "kit/stops.h"
#include "base/clock.h"
#include "unit/chunk/parcels.h"

#include <check.h>
#include <stdio.h>

/* Chunks of one destination each, as long as a call to it (parcels.h). */

/* ---- which records share one ---- */

START_TEST(each_destination_has_a_chunk_of_its_own)
{
    parcels_push(A, "{\"n\":1}");
    parcels_push(B, "{\"n\":1}");
    parcels_push(A, "{\"n\":2}");
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.sealed_count, 2);
    ck_assert_uint_eq(parcels.sealed[0]->record_count + parcels.sealed[1]->record_count, 3);
    ck_assert_uint_eq(parcels.sealed[0]->run_count, 1);
    ck_assert_uint_eq(parcels.sealed[1]->run_count, 1);
}
END_TEST

START_TEST(what_goes_to_one_destination_shares_a_chunk_whatever_its_tag)
{
    parcels_push(A, "{\"to\":\"s\"}");
    parcels_push(B, "{\"to\":\"s\"}");
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_uint_eq(parcels.sealed[0]->run_count, 2);
}
END_TEST

START_TEST(an_origin_goes_on_with_the_chunk_that_it_began_with)
{
    parcels_push(A, "{\"to\":\"s\"}");
    parcels_push(A, "{\"to\":\"t\"}");
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_uint_eq(parcels.sealed[0]->record_count, 2);
}
END_TEST

START_TEST(another_tag_of_one_origin_is_another_destination)
{
    parcels_push_as(A, "unit-one.log", "{\"n\":1}");
    parcels_push_as(A, "unit-two.log", "{\"n\":2}");
    parcels_push_as(A, "unit-one.log", "{\"n\":3}");
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.sealed_count, 2);
}
END_TEST

START_TEST(a_plain_record_goes_where_the_record_goes_that_it_stands_for)
{
    parcels_push_plain(A, "to", "s");
    parcels_push(B, "{\"to\":\"s\"}");
    parcels_push_plain(B, "to", "s");
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_uint_eq(parcels.sealed[0]->record_count, 3);
}
END_TEST

START_TEST(two_outputs_that_want_parcels_share_them)
{
    parcels_push(TO_TWO, "{\"to\":\"s\"}");
    parcels_push(TO_TWO, "{\"n\":1}");
    parcels_push(A, "{\"to\":\"s\"}");
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.sealed_count, 2);
    ck_assert_uint_eq(parcels.sealed[0]->outputs + parcels.sealed[1]->outputs, 3 + 1);
}
END_TEST

START_TEST(what_can_be_had_again_does_not_share_one_with_what_cannot)
{
    parcels.origins[A].can_repeat = true;
    parcels_push(A, "{\"to\":\"s\"}");
    parcels_push(B, "{\"to\":\"s\"}");
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.sealed_count, 2);
}
END_TEST

/* ---- how long it gets ---- */

START_TEST(a_parcel_is_full_at_the_length_of_a_call)
{
    while (parcels.sealed_count == 0)
        parcels_push_long(A, 300);
    ck_assert_uint_gt(parcels.sealed[0]->bytes.len, CALL_BYTES * PARCEL_FILL_PERCENT / 100 - 400);
    ck_assert_uint_lt(parcels.sealed[0]->bytes.len, CALL_BYTES * PARCEL_FILL_PERCENT / 100 + 400);
}
END_TEST

START_TEST(a_parcel_is_full_at_the_records_of_a_call)
{
    for (unsigned i = 0; i < CALL_RECORDS; i++) {
        ck_assert_uint_eq(parcels.sealed_count, 0);
        parcels_push(A, "{\"n\":1}");
    }
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_uint_eq(parcels.sealed[0]->record_count, CALL_RECORDS);
}
END_TEST

START_TEST(what_a_call_came_to_says_how_long_the_next_one_gets)
{
    parcels_push_long(A, 300);
    intake_flush(parcels.intake);
    parcel_learn(parcels.sealed[0], parcels.sealed[0]->bytes.len * 2);
    ck_assert_uint_eq(parcels.origins[A].chunking.call_permille, 2000);
    parcels_push_long(A, 300);
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.sealed[1]->aims.rendered, CALL_BYTES * PARCEL_FILL_PERCENT / 100 / 2);
}
END_TEST

START_TEST(an_origin_that_sent_nothing_begins_with_what_another_taught)
{
    parcels_push_long(A, 300);
    intake_flush(parcels.intake);
    parcel_learn(parcels.sealed[0], parcels.sealed[0]->bytes.len / 2);
    parcels_push_long(B, 300);
    intake_flush(parcels.intake);
    ck_assert_uint_gt(parcels.sealed[1]->aims.rendered,
                      CALL_BYTES * PARCEL_FILL_PERCENT / 100 * 19 / 10);
}
END_TEST

START_TEST(a_chunk_that_comes_to_next_to_nothing_has_a_limit_all_the_same)
{
    parcels_push_long(A, 300);
    intake_flush(parcels.intake);
    parcel_learn(parcels.sealed[0], 1);
    ck_assert_uint_eq(parcels.origins[A].chunking.call_permille, PARCEL_PERMILLE_MIN);
    parcel_learn(parcels.sealed[0], UINT32_MAX);
    ck_assert_uint_eq(parcels.origins[A].chunking.call_permille, PARCEL_PERMILLE_MAX);
    ck_assert_uint_le(parcel_aims(&parcels.rules[0], &parcels.origins[A]).bytes, PARCEL_BYTES_MAX);
}
END_TEST

START_TEST(the_room_that_is_left_is_told_in_bytes_of_the_source)
{
    size_t before;

    ck_assert_uint_eq(parcel_room(&parcels.origins[A]), SIZE_MAX);
    parcels_push_long(A, 1000);
    before = parcel_room(&parcels.origins[A]);
    ck_assert_uint_gt(before, 60); /* ten bytes of the source for each thousand */
    ck_assert_uint_lt(before, 100);
    parcels_push_long(A, 1000);
    ck_assert_uint_lt(parcel_room(&parcels.origins[A]), before);
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcel_room(&parcels.origins[A]), SIZE_MAX);
}
END_TEST

START_TEST(few_records_that_are_left_are_little_room)
{
    for (unsigned i = 0; i < CALL_RECORDS - 1; i++)
        parcels_push(A, "{\"n\":1}");
    ck_assert_uint_eq(parcel_room(&parcels.origins[A]), 10);
}
END_TEST

/* ---- how long it waits ---- */

START_TEST(a_parcel_waits_no_longer_than_flush)
{
    parcels_push(A, "{\"n\":1}");
    parcels_pass_ms(FLUSH_MS - 1);
    ck_assert_uint_eq(parcels.sealed_count, 0);
    parcels_pass_ms(1);
    ck_assert_uint_eq(parcels.sealed_count, 1);
}
END_TEST

START_TEST(a_young_parcel_waits_for_more_when_an_old_one_goes)
{
    parcels_push(A, "{\"n\":1}");
    parcels_pass_ms(FLUSH_MS - 100);
    parcels_push(B, "{\"n\":1}");
    parcels_pass_ms(100);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_ptr_eq(parcels.sealed[0]->runs[0].origin, &parcels.origins[A]);
    parcels_pass_ms(FLUSH_MS - 101);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    parcels_pass_ms(1);
    ck_assert_uint_eq(parcels.sealed_count, 2);
}
END_TEST

START_TEST(one_that_has_waited_for_half_of_flush_goes_with_the_oldest)
{
    parcels_push(A, "{\"n\":1}");
    parcels_pass_ms(FLUSH_MS / 2);
    parcels_push(B, "{\"n\":1}");
    parcels_pass_ms(FLUSH_MS / 2);
    ck_assert_uint_eq(parcels.sealed_count, 2);
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
    parcels.rules[0].is_behind = says_behind;
    parcels.rules[0].owner = &is_behind;
    parcels_push(A, "{\"n\":1}");
    parcels_pass_ms(FLUSH_MS);
    parcels_pass_ms(FLUSH_MS);
    parcels_push(A, "{\"n\":2}");
    ck_assert_uint_eq(parcels.sealed_count, 0);
    is_behind = false;
    parcels_pass_ms(PARCEL_LOOK_MS);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_uint_eq(parcels.sealed[0]->record_count, 2);
}
END_TEST

static bool says_sealed(const void *owner)
{
    (void)owner;
    return parcels.sealed_count > 0;
}

START_TEST(all_go_together_when_nothing_else_was_waiting_before)
{
    parcels.rules[0].is_behind = says_sealed;
    parcels_push(A, "{\"n\":1}");
    parcels_push(B, "{\"n\":1}");
    parcels_push(A, "{\"n\":1}");
    parcels_pass_ms(FLUSH_MS);
    ck_assert_uint_eq(parcels.sealed_count, 2);
}
END_TEST

START_TEST(it_goes_when_one_of_its_outputs_has_nothing_else_waiting)
{
    is_behind = true;
    parcels.rules[0].is_behind = says_behind;
    parcels.rules[0].owner = &is_behind;
    parcels_push(TO_TWO, "{\"n\":1}");
    parcels_pass_ms(FLUSH_MS);
    ck_assert_uint_eq(parcels.sealed_count, 1);
}
END_TEST

START_TEST(what_stays_open_is_sealed_when_it_is_full)
{
    is_behind = true;
    parcels.rules[0].is_behind = says_behind;
    parcels.rules[0].owner = &is_behind;
    parcels_push_long(A, 300);
    parcels_pass_ms(FLUSH_MS);
    while (parcels.sealed_count == 0)
        parcels_push_long(A, 300);
    ck_assert_uint_gt(parcels.sealed[0]->bytes.len, CALL_BYTES * PARCEL_FILL_PERCENT / 100 - 400);
}
END_TEST

START_TEST(sealing_for_one_lane_leaves_what_others_want_too)
{
    parcels_push(TO_TWO, "{\"n\":1}");
    parcels_push(A, "{\"n\":1}");
    intake_ease_lane(parcels.intake, 1, 0);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_uint_eq(parcels.sealed[0]->outputs, 1);
}
END_TEST

/* ---- when memory is short ---- */

START_TEST(with_room_enough_nothing_goes_before_its_time)
{
    parcels_push_long(A, 1000);
    parcels_push_long(B, 2000);
    intake_ease(parcels.intake, 2 * 3200);
    ck_assert_uint_eq(parcels.sealed_count, 0);
}
END_TEST

START_TEST(the_largest_stays_to_be_filled_and_the_next_one_goes)
{
    parcels_push_long(A, 1000);
    parcels_push_long(B, 2000);
    parcels_push_long(TO_TWO, 3000);
    intake_ease(parcels.intake, 2 * 4300);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_ptr_eq(parcels.sealed[0]->runs[0].origin, &parcels.origins[B]);
}
END_TEST

START_TEST(one_that_is_larger_than_all_may_be_goes_itself)
{
    parcels_push_long(A, 1000);
    parcels_push_long(B, 3000);
    intake_ease(parcels.intake, 2 * 2000);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_ptr_eq(parcels.sealed[0]->runs[0].origin, &parcels.origins[B]);
}
END_TEST

START_TEST(for_one_lane_room_is_made_likewise)
{
    parcels_push_long(A, 1000);
    parcels_push_long(B, 2000);
    parcels_push_long(TO_TWO, 3000);
    intake_ease_lane(parcels.intake, 1, 2 * 3200);
    ck_assert_uint_eq(parcels.sealed_count, 0);
    intake_ease_lane(parcels.intake, 1, 2 * 2500);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_ptr_eq(parcels.sealed[0]->runs[0].origin, &parcels.origins[A]);
}
END_TEST

START_TEST(what_goes_to_one_that_is_read_for_alone_may_stay_open)
{
    parcels_push(A, "{\"n\":1}");
    parcels_push(TO_TWO, "{\"n\":1}");
    intake_flush_besides(parcels.intake, 1);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_ptr_eq(parcels.sealed[0]->runs[0].origin, &parcels.origins[TO_TWO]);
    intake_flush_besides(parcels.intake, 2);
    ck_assert_uint_eq(parcels.sealed_count, 2);
}
END_TEST

START_TEST(without_any_room_all_go)
{
    parcels_push_long(A, 100);
    parcels_push_long(B, 200);
    parcels_push(TO_TWO, "{\"n\":1}");
    intake_ease(parcels.intake, 0);
    ck_assert_uint_eq(parcels.sealed_count, 3);
}
END_TEST

/* ---- what room they have ---- */

static struct parcel_kind large;

static void calls_are_large(void)
{
    large = *parcels.rules[0].kind;
    large.call_bytes = 1 << 20;
    parcels.rules[0].kind = &large;
}

static const struct chunk *fill(unsigned origin, size_t bytes)
{
    for (size_t done = 0; done < bytes; done += 1000)
        parcels_push_long(origin, 1000);
    return parcels.origins[origin].chunking.newest;
}

START_TEST(the_budget_holds_the_room_that_no_record_has_filled_yet)
{
    const struct chunk *chunk;

    calls_are_large();
    large.call_records = 10000;
    chunk = fill(A, CHUNK_BYTES_SMALL / 2);
    ck_assert_uint_eq(parcels.budget.used_bytes, chunk->bytes.len);
    chunk = fill(A, CHUNK_BYTES_SMALL);
    ck_assert_uint_eq(parcels.budget.used_bytes, chunk_held_bytes(chunk));
    ck_assert_uint_ge(parcels.budget.used_bytes, 1 << 20);
    ck_assert_uint_ge(chunk->bytes.capacity, 1 << 20);
    chunk = fill(A, (1 << 20) / 2);
    ck_assert_uint_le(parcels.budget.used_bytes, (1 << 20) + 2 * CHUNK_BYTES_SMALL);
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.budget.used_bytes, parcels.sealed[0]->bytes.len);
    ck_assert_uint_lt(parcels.sealed[0]->bytes.capacity,
                      parcels.sealed[0]->bytes.len + CHUNK_BYTES_SMALL);
}
END_TEST

START_TEST(a_small_budget_holds_records_and_what_they_have_grown_by)
{
    const struct chunk *chunk;

    calls_are_large();
    large.call_records = 10000;
    parcels.budget.limit_bytes = 1500 * 1000;
    chunk = fill(A, CHUNK_BYTES_SMALL);
    ck_assert(!chunk->room.is_full);
    ck_assert_uint_eq(parcels.budget.used_bytes, chunk_held_bytes(chunk));
    ck_assert_uint_gt(parcels.budget.used_bytes, chunk->bytes.len);
    ck_assert_uint_le(parcels.budget.used_bytes, chunk->bytes.len * 8 / 5);
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.budget.used_bytes, parcels.sealed[0]->bytes.len);
}
END_TEST

START_TEST(of_those_that_are_open_one_has_all_its_room)
{
    const struct chunk *first, *second;

    calls_are_large();
    large.call_records = 10000;
    first = fill(A, 2 * CHUNK_BYTES_SMALL);
    second = fill(B, 2 * CHUNK_BYTES_SMALL);
    ck_assert(first->room.is_full && !second->room.is_full);
    ck_assert_uint_le(second->bytes.capacity, second->bytes.len * 8 / 5);
    while (parcels.sealed_count == 0)
        parcels_push_long(A, 1000);
    ck_assert_ptr_eq(parcels.sealed[0], first);
    second = fill(B, 2 * CHUNK_BYTES_SMALL);
    ck_assert(second->room.is_full);
}
END_TEST

START_TEST(a_large_one_grows_by_steps_where_memory_is_short)
{
    const struct chunk *chunk;

    calls_are_large();
    large.call_records = 10000;
    parcels.budget.limit_bytes = 1500 * 1000;
    for (size_t bytes = 500 * 1000; bytes < 1000 * 1000; bytes += 100 * 1000) {
        chunk = fill(A, 100 * 1000);
        ck_assert(!chunk->room.is_full);
        if (chunk->bytes.len > 400 * 1000)
            ck_assert_uint_le(chunk->bytes.capacity, chunk->bytes.len + 4 * CHUNK_BYTES_SMALL);
    }
    while (parcels.sealed_count == 0)
        parcels_push_long(A, 1000);
    ck_assert_uint_le(parcels.sealed[0]->bytes.capacity,
                      parcels.sealed[0]->bytes.len + CHUNK_BYTES_SMALL);
}
END_TEST

/* ---- many ---- */

START_TEST(five_thousand_come_and_go_and_leave_nothing)
{
    char tag[32];

    for (unsigned i = 0; i < 5000; i++) {
        snprintf(tag, sizeof tag, "pod-%u.log", i);
        parcels_push_as(A, tag, "{\"n\":1}");
        if (i % 50 == 49) {
            parcels_pass_ms(FLUSH_MS);
            ck_assert_uint_eq(parcels.sealed_count, 50);
            parcels_settle_all();
        }
    }
    ck_assert_uint_eq(parcels.budget.used_bytes, 0);
}
END_TEST

START_TEST(one_that_is_not_open_is_not_to_be_removed)
{
    struct parcels none = {0};

    parcels_push(A, "{\"n\":1}");
    intake_flush(parcels.intake);
    parcels_remove(&none, parcels.sealed[0]);
}
END_TEST

Suite *suite_chunk_parcel(void)
{
    Suite *s = suite_create("chunk/parcel");
    TCase *use = tcase_create("use");
    TCase *bugs = stops_create();

    tcase_add_checked_fixture(use, parcels_set_up, parcels_tear_down);
    tcase_add_checked_fixture(bugs, parcels_set_up, parcels_tear_down);
    tcase_add_test(use, each_destination_has_a_chunk_of_its_own);
    tcase_add_test(use, what_goes_to_one_destination_shares_a_chunk_whatever_its_tag);
    tcase_add_test(use, an_origin_goes_on_with_the_chunk_that_it_began_with);
    tcase_add_test(use, another_tag_of_one_origin_is_another_destination);
    tcase_add_test(use, a_plain_record_goes_where_the_record_goes_that_it_stands_for);
    tcase_add_test(use, two_outputs_that_want_parcels_share_them);
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
    tcase_add_test(use, for_one_lane_room_is_made_likewise);
    tcase_add_test(use, what_goes_to_one_that_is_read_for_alone_may_stay_open);
    tcase_add_test(use, without_any_room_all_go);
    tcase_add_test(use, the_budget_holds_the_room_that_no_record_has_filled_yet);
    tcase_add_test(use, a_small_budget_holds_records_and_what_they_have_grown_by);
    tcase_add_test(use, of_those_that_are_open_one_has_all_its_room);
    tcase_add_test(use, a_large_one_grows_by_steps_where_memory_is_short);
    tcase_add_test(use, five_thousand_come_and_go_and_leave_nothing);
    stops_add(bugs, one_that_is_not_open_is_not_to_be_removed);
    suite_add_tcase(s, use);
    suite_add_tcase(s, bugs);
    return s;
}
