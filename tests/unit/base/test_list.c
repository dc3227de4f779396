#include "base/list.h"

#include <check.h>

struct item {
    int number;
    struct list link;
};

static struct list head;
static struct item items[3];

static void three_items(void)
{
    list_init(&head);
    for (int i = 0; i < 3; i++) {
        items[i].number = i;
        list_init(&items[i].link);
        list_add_tail(&head, &items[i].link);
    }
}

/* The members in order, as one number: 12 for items 1 and 2. */
static int order(void)
{
    int sum = 0;

    LIST_FOR (it, &head)
        sum = sum * 10 + CONTAINER_OF(it, struct item, link)->number;
    return sum;
}

START_TEST(members_stand_in_the_order_they_were_added)
{
    ck_assert_int_eq(order(), 12);
    list_remove(&items[0].link);
    list_add_tail(&head, &items[0].link);
    ck_assert_int_eq(order(), 120);
}
END_TEST

START_TEST(removing_twice_does_nothing)
{
    list_remove(&items[1].link);
    ck_assert(!list_is_linked(&items[1].link));
    list_remove(&items[1].link);
    ck_assert(list_is_linked(&items[0].link));
    ck_assert_int_eq(order(), 2);
}
END_TEST

START_TEST(taking_empties_the_list_from_the_front)
{
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_eq(list_take_first(&head), &items[i].link);
    ck_assert_ptr_null(list_take_first(&head));
    ck_assert(list_is_empty(&head));
}
END_TEST

START_TEST(a_list_takes_over_the_members_of_another)
{
    struct list other, last;

    list_init(&other);
    list_add_all(&other, &head);
    ck_assert(list_is_empty(&head));
    list_add_all(&head, &other);
    list_add_tail(&other, &last);
    list_add_all(&head, &other);
    list_add_all(&head, &other);
    ck_assert(list_is_empty(&other));
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_eq(list_take_first(&head), &items[i].link);
    ck_assert_ptr_eq(list_take_first(&head), &last);
    ck_assert(list_is_empty(&head) && !list_is_linked(&last));
}
END_TEST

START_TEST(a_member_may_leave_while_the_list_is_walked)
{
    LIST_FOR_SAFE (it, after, &head)
        list_remove(it);
    ck_assert(list_is_empty(&head));
}
END_TEST

Suite *suite_base_list(void);

Suite *suite_base_list(void)
{
    Suite *suite = suite_create("base/list");
    TCase *use = tcase_create("use");

    tcase_add_checked_fixture(use, three_items, NULL);
    tcase_add_test(use, members_stand_in_the_order_they_were_added);
    tcase_add_test(use, removing_twice_does_nothing);
    tcase_add_test(use, taking_empties_the_list_from_the_front);
    tcase_add_test(use, a_list_takes_over_the_members_of_another);
    tcase_add_test(use, a_member_may_leave_while_the_list_is_walked);
    suite_add_tcase(suite, use);
    return suite;
}
