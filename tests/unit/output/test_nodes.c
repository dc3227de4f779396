#include "output/nodes.h"

#include <check.h>

static struct node three[3];
static struct nodes nodes;

static void set_up(void)
{
    for (size_t i = 0; i < ARRAY_LEN(three); i++)
        three[i] = (struct node){0};
    nodes = (struct nodes){.items = three, .count = ARRAY_LEN(three)};
}

static long turn(uint64_t now_ms)
{
    return nodes_next(&nodes, now_ms) - three;
}

START_TEST(they_take_turns)
{
    for (long i = 0; i < 7; i++)
        ck_assert_int_eq(turn(5), i % 3);
}
END_TEST

START_TEST(one_that_failed_is_passed_over_for_a_while)
{
    ck_assert_int_eq(turn(1000), 0);
    ck_assert(nodes_failed(&nodes, &three[0], 1000));
    ck_assert_int_eq(turn(1000), 1);
    ck_assert_int_eq(turn(1000), 2);
    ck_assert_int_eq(turn(1000 + NODE_REST_MS - 1), 1);
    ck_assert_int_eq(turn(1000 + NODE_REST_MS - 1), 2);
    ck_assert_int_eq(turn(1000 + NODE_REST_MS), 0);
}
END_TEST

START_TEST(one_that_answers_is_well_at_once)
{
    ck_assert(nodes_failed(&nodes, &three[0], 1000));
    nodes_answered(&three[0]);
    ck_assert_int_eq(turn(1001), 0);
}
END_TEST

START_TEST(when_all_have_failed_the_first_of_them_is_asked)
{
    ck_assert(nodes_failed(&nodes, &three[1], 1000));
    ck_assert(nodes_failed(&nodes, &three[2], 1100));
    ck_assert(!nodes_failed(&nodes, &three[0], 1200));
    ck_assert_int_eq(turn(1300), 1);
    ck_assert(!nodes_failed(&nodes, &three[1], 1300));
    ck_assert_int_eq(turn(1400), 2);
}
END_TEST

START_TEST(one_alone_is_asked_always)
{
    nodes.count = 1;
    ck_assert(!nodes_failed(&nodes, &three[0], 1000));
    ck_assert_int_eq(turn(1000), 0);
    ck_assert_int_eq(turn(1000), 0);
}
END_TEST

Suite *suite_output_nodes(void);
Suite *suite_output_nodes(void)
{
    Suite *suite = suite_create("output/nodes");
    TCase *turns = tcase_create("turns");

    tcase_add_checked_fixture(turns, set_up, NULL);
    tcase_add_test(turns, they_take_turns);
    tcase_add_test(turns, one_that_failed_is_passed_over_for_a_while);
    tcase_add_test(turns, one_that_answers_is_well_at_once);
    tcase_add_test(turns, when_all_have_failed_the_first_of_them_is_asked);
    tcase_add_test(turns, one_alone_is_asked_always);
    suite_add_tcase(suite, turns);
    return suite;
}
