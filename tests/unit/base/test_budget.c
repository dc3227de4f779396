#include "base/budget.h"

#include "kit/stops.h"

static struct budget service, input;

struct waiting {
    struct budget_waiter waiter;
    unsigned told;
    bool asks_again;
};

static struct waiting first, second;

static void on_room(struct budget_waiter *w)
{
    struct waiting *waiting = CONTAINER_OF(w, struct waiting, waiter);

    waiting->told++;
    if (waiting->asks_again && !budget_has_room(&input))
        budget_wait(&input, w);
}

static void set_up(void)
{
    budget_init(&service, NULL, 1000);
    budget_init(&input, &service, 400);
    first = second = (struct waiting){0};
    budget_waiter_init(&first.waiter, on_room);
    budget_waiter_init(&second.waiter, on_room);
}

static void tear_down(void)
{
    budget_waiter_stop(&first.waiter);
    budget_waiter_stop(&second.waiter);
    budget_fini(&input);
    budget_fini(&service);
}

/* ---- counting ---- */

START_TEST(what_is_taken_counts_in_every_budget_above)
{
    budget_take(&input, 100);
    budget_take(&service, 50);
    ck_assert_uint_eq(input.used_bytes, 100);
    ck_assert_uint_eq(service.used_bytes, 150);
    budget_give(&input, 100);
    ck_assert_uint_eq(input.used_bytes, 0);
    ck_assert_uint_eq(service.used_bytes, 50);
    budget_give(&service, 50);
}
END_TEST

START_TEST(what_waits_is_taken_like_all_else)
{
    budget_wait_bytes(&input, 0, 100);
    budget_wait_bytes(&input, 100, 300);
    ck_assert_uint_eq(input.used_bytes, 300);
    ck_assert_uint_eq(service.waiting_bytes, 300);
    budget_wait_bytes(&input, 300, 40);
    ck_assert_uint_eq(service.used_bytes, 40);
    budget_wait_bytes(&input, 40, 0);
    ck_assert_uint_eq(input.waiting_bytes, 0);
}
END_TEST

START_TEST(too_much_that_waits_is_told_here_and_above)
{
    budget_wait_bytes(&input, 0, 240);
    ck_assert(!budget_is_clogged(&input));
    budget_wait_bytes(&input, 240, 241);
    ck_assert(budget_is_clogged(&input));
    ck_assert(!budget_is_clogged(&service));
    budget_wait_bytes(&input, 241, 1);
    budget_wait_bytes(&service, 0, 600);
    ck_assert(budget_is_clogged(&input));
    budget_wait_bytes(&service, 600, 0);
    budget_wait_bytes(&input, 1, 0);
}
END_TEST

START_TEST(half_of_what_may_wait_is_much)
{
    budget_wait_bytes(&input, 0, 120);
    ck_assert(!budget_waits_much(&input));
    budget_wait_bytes(&input, 120, 121);
    ck_assert(budget_waits_much(&input));
    budget_wait_bytes(&input, 121, 0);
}
END_TEST

START_TEST(there_is_one_guest_below_a_budget)
{
    struct budget other;

    budget_init(&other, &service, 400);
    ck_assert(budget_guest_enter(&input));
    ck_assert(!budget_guest_enter(&input));
    ck_assert(!budget_guest_enter(&other));
    budget_guest_leave(&input);
    ck_assert(budget_guest_enter(&other));
    budget_guest_leave(&other);
    budget_fini(&other);
}
END_TEST

/* Neither lines that wait nor requests make it heavy. */
START_TEST(a_budget_with_few_records_is_light)
{
    budget_wait_bytes(&input, 0, 390);
    budget_take(&input, 240);
    ck_assert(budget_is_light(&input));
    budget_take(&input, 1);
    ck_assert(!budget_is_light(&input));
    budget_give(&input, 241);
    budget_take(&service, 601);
    ck_assert(!budget_is_light(&input));
    budget_give(&service, 601);
    budget_wait_bytes(&input, 390, 0);
}
END_TEST

START_TEST(much_that_waits_costs_twice_what_it_is)
{
    struct budget large;

    budget_init(&large, NULL, UINT64_C(1) << 30);
    budget_wait_bytes(&large, 0, BUDGET_WAITING_FEW);
    ck_assert_uint_eq(large.used_bytes, BUDGET_WAITING_FEW);
    budget_wait_bytes(&large, 0, 1000);
    ck_assert_uint_eq(large.used_bytes, BUDGET_WAITING_FEW + 2000);
    budget_wait_bytes(&large, BUDGET_WAITING_FEW, 0);
    ck_assert_uint_eq(large.used_bytes, 1000);
    budget_wait_bytes(&large, 1000, 0);
    budget_fini(&large);
}
END_TEST

START_TEST(the_recent_peak_is_asked_again_and_again)
{
    budget_take(&service, 300);
    budget_give(&service, 200);
    ck_assert_uint_eq(budget_recent_peak(&service), 300);
    ck_assert_uint_eq(budget_recent_peak(&service), 100);
    budget_give(&service, 100);
}
END_TEST

START_TEST(room_for_requests_is_kept_free)
{
    budget_reserve(&service, 300);
    budget_take(&service, 699);
    ck_assert(budget_has_room(&service));
    budget_take(&service, 1);
    ck_assert(!budget_has_room(&service));
    budget_take_request(&service, 300);
    ck_assert_uint_eq(service.used_bytes, 1000);
    budget_give(&service, 175);
    ck_assert(budget_has_room(&service));
    budget_give_request(&service, 300);
    ck_assert(budget_has_room(&service));
    budget_give(&service, 525);
}
END_TEST

START_TEST(requests_above_what_is_reserved_take_from_the_rest)
{
    budget_reserve(&service, 300);
    budget_take(&service, 600);
    budget_take_request(&service, 400);
    ck_assert(!budget_has_room(&service));
    budget_give_request(&service, 400);
    budget_give(&service, 600);
}
END_TEST

START_TEST(at_most_half_is_reserved)
{
    budget_reserve(&service, 400);
    budget_reserve(&service, 400);
    budget_take(&service, 499);
    ck_assert(budget_has_room(&service));
    budget_give(&service, 499);
}
END_TEST

START_TEST(the_peak_stays_when_the_load_is_over)
{
    budget_take(&input, 300);
    budget_give(&input, 200);
    budget_take(&input, 100);
    ck_assert_uint_eq(input.peak_bytes, 300);
    ck_assert_uint_eq(service.peak_bytes, 300);
    budget_give(&input, 200);
}
END_TEST

START_TEST(a_budget_never_refuses_what_was_read)
{
    budget_take(&input, 5000);
    ck_assert_uint_eq(input.used_bytes, 5000);
    budget_give(&input, 5000);
}
END_TEST

/* ---- room ---- */

START_TEST(there_is_room_below_the_limit_and_none_at_it)
{
    budget_take(&input, 399);
    ck_assert(budget_has_room(&input));
    budget_take(&input, 1);
    ck_assert(!budget_has_room(&input));
    ck_assert(budget_has_room(&service));
    budget_give(&input, 400);
}
END_TEST

START_TEST(an_input_has_no_room_when_the_service_has_none)
{
    budget_take(&service, 1000);
    ck_assert(!budget_has_room(&input));
    budget_give(&service, 1000);
    ck_assert(budget_has_room(&input));
}
END_TEST

START_TEST(a_budget_without_a_limit_always_has_room)
{
    struct budget endless;

    budget_init(&endless, NULL, 0);
    budget_take(&endless, (size_t)1 << 40);
    ck_assert(budget_has_room(&endless));
    budget_give(&endless, (size_t)1 << 40);
    budget_fini(&endless);
}
END_TEST

START_TEST(room_comes_back_at_three_quarters)
{
    budget_take(&input, 400);
    ck_assert(!budget_has_room(&input));
    budget_give(&input, 99);
    ck_assert(!budget_has_room(&input));
    budget_give(&input, 1);
    ck_assert(budget_has_room(&input));
    budget_give(&input, 300);
}
END_TEST

START_TEST(what_was_full_unseen_does_not_wait_for_three_quarters)
{
    budget_take(&input, 400);
    budget_give(&input, 1);
    ck_assert(budget_has_room(&input));
    budget_give(&input, 399);
}
END_TEST

static unsigned turns;

static void on_turned(struct budget *b)
{
    ck_assert_ptr_eq(b, &input);
    ck_assert(b->is_full == (turns % 2 == 0));
    turns++;
}

START_TEST(whoever_wants_to_know_hears_of_full_and_of_room)
{
    turns = 0;
    input.turned = on_turned;
    budget_take(&input, 400);
    ck_assert_uint_eq(turns, 0);
    ck_assert(!budget_has_room(&input));
    ck_assert(!budget_has_room(&input));
    ck_assert_uint_eq(turns, 1);
    budget_give(&input, 100);
    ck_assert_uint_eq(turns, 2);
    budget_give(&input, 300);
    ck_assert_uint_eq(turns, 2);
}
END_TEST

/* ---- waiting ---- */

START_TEST(who_waits_is_told_once_and_in_order)
{
    budget_take(&input, 400);
    budget_wait(&input, &first.waiter);
    budget_wait(&input, &second.waiter);
    budget_give(&input, 50);
    ck_assert_uint_eq(first.told, 0);
    budget_give(&input, 50);
    ck_assert_uint_eq(first.told, 1);
    ck_assert_uint_eq(second.told, 1);
    budget_give(&input, 300);
    ck_assert_uint_eq(first.told, 1);
}
END_TEST

START_TEST(who_waits_is_told_where_the_limit_grows)
{
    budget_take(&input, 400);
    budget_wait(&input, &first.waiter);
    budget_limit(&input, 420);
    ck_assert_uint_eq(first.told, 0);
    budget_limit(&input, 600);
    ck_assert_uint_eq(first.told, 1);
    ck_assert(budget_has_room(&input));
    budget_give(&input, 400);
}
END_TEST

START_TEST(below_what_is_held_there_is_no_room)
{
    budget_take(&input, 200);
    budget_limit(&input, 100);
    ck_assert(!budget_has_room(&input));
    budget_wait(&input, &first.waiter);
    budget_give(&input, 125);
    ck_assert_uint_eq(first.told, 1);
    budget_give(&input, 75);
}
END_TEST

START_TEST(who_waits_for_the_service_is_told_by_it)
{
    budget_take(&service, 1000);
    budget_wait(&input, &first.waiter);
    budget_give(&service, 250);
    ck_assert_uint_eq(first.told, 1);
    budget_give(&service, 750);
}
END_TEST

/* The input is told that it has room, sees that the service has none, and waits for that. */
START_TEST(who_was_told_may_find_the_next_budget_full)
{
    first.asks_again = true;
    budget_take(&input, 400);
    budget_wait(&input, &first.waiter);
    budget_take(&service, 900);
    budget_give(&input, 100);
    ck_assert_uint_eq(first.told, 1);
    ck_assert(list_is_linked(&first.waiter.link));
    budget_give(&service, 900);
    ck_assert_uint_eq(first.told, 2);
    ck_assert(!list_is_linked(&first.waiter.link));
    budget_give(&input, 300);
}
END_TEST

START_TEST(who_is_told_may_wait_again_and_is_not_told_twice_for_one_gift)
{
    first.asks_again = true;
    budget_take(&input, 400);
    budget_wait(&input, &first.waiter);
    budget_take(&input, 400);
    budget_give(&input, 500);
    ck_assert_uint_eq(first.told, 1);
    ck_assert(!list_is_linked(&first.waiter.link));
    budget_give(&input, 300);
}
END_TEST

START_TEST(waiting_twice_is_waiting_once)
{
    budget_take(&input, 400);
    budget_wait(&input, &first.waiter);
    budget_wait(&input, &first.waiter);
    budget_give(&input, 400);
    ck_assert_uint_eq(first.told, 1);
}
END_TEST

START_TEST(who_stopped_waiting_is_not_told)
{
    budget_take(&input, 400);
    budget_wait(&input, &first.waiter);
    budget_waiter_stop(&first.waiter);
    budget_give(&input, 400);
    ck_assert_uint_eq(first.told, 0);
}
END_TEST

/* ---- broken promises ---- */

START_TEST(giving_more_than_was_taken_stops)
{
    budget_take(&input, 10);
    budget_give(&input, 11);
}
END_TEST

START_TEST(waiting_where_there_is_room_stops)
{
    budget_wait(&input, &first.waiter);
}
END_TEST

START_TEST(ending_with_something_taken_stops)
{
    budget_take(&input, 10);
    budget_fini(&input);
}
END_TEST

Suite *suite_base_budget(void);

Suite *suite_base_budget(void)
{
    Suite *suite = suite_create("base/budget");
    TCase *use = tcase_create("use");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, what_is_taken_counts_in_every_budget_above);
    tcase_add_test(use, what_waits_is_taken_like_all_else);
    tcase_add_test(use, too_much_that_waits_is_told_here_and_above);
    tcase_add_test(use, much_that_waits_costs_twice_what_it_is);
    tcase_add_test(use, half_of_what_may_wait_is_much);
    tcase_add_test(use, there_is_one_guest_below_a_budget);
    tcase_add_test(use, a_budget_with_few_records_is_light);
    tcase_add_test(use, the_recent_peak_is_asked_again_and_again);
    tcase_add_test(use, room_for_requests_is_kept_free);
    tcase_add_test(use, requests_above_what_is_reserved_take_from_the_rest);
    tcase_add_test(use, at_most_half_is_reserved);
    tcase_add_test(use, the_peak_stays_when_the_load_is_over);
    tcase_add_test(use, a_budget_never_refuses_what_was_read);
    tcase_add_test(use, there_is_room_below_the_limit_and_none_at_it);
    tcase_add_test(use, an_input_has_no_room_when_the_service_has_none);
    tcase_add_test(use, a_budget_without_a_limit_always_has_room);
    tcase_add_test(use, room_comes_back_at_three_quarters);
    tcase_add_test(use, what_was_full_unseen_does_not_wait_for_three_quarters);
    tcase_add_test(use, whoever_wants_to_know_hears_of_full_and_of_room);
    tcase_add_test(use, who_waits_is_told_once_and_in_order);
    tcase_add_test(use, who_waits_is_told_where_the_limit_grows);
    tcase_add_test(use, below_what_is_held_there_is_no_room);
    tcase_add_test(use, who_waits_for_the_service_is_told_by_it);
    tcase_add_test(use, who_was_told_may_find_the_next_budget_full);
    tcase_add_test(use, who_is_told_may_wait_again_and_is_not_told_twice_for_one_gift);
    tcase_add_test(use, waiting_twice_is_waiting_once);
    tcase_add_test(use, who_stopped_waiting_is_not_told);
    suite_add_tcase(suite, use);

    tcase_add_checked_fixture(stops, set_up, NULL);
    stops_add(stops, giving_more_than_was_taken_stops);
    stops_add(stops, waiting_where_there_is_room_stops);
    stops_add(stops, ending_with_something_taken_stops);
    suite_add_tcase(suite, stops);
    return suite;
}
