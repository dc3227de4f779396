#include "base/memory.h"

#include "kit/stops.h"

#include <string.h>

START_TEST(zeroed_memory_is_zero)
{
    char *bytes = mem_zalloc(100, 3);

    for (int i = 0; i < 300; i++)
        ck_assert_int_eq(bytes[i], 0);
    mem_free(bytes);
}
END_TEST

START_TEST(nothing_is_still_a_place)
{
    void *none = mem_alloc(0), *zero = mem_zalloc(0, 0);

    ck_assert_ptr_nonnull(none);
    ck_assert_ptr_nonnull(zero);
    mem_free(none);
    mem_free(zero);
    mem_free(NULL);
}
END_TEST

START_TEST(resizing_keeps_what_was_there)
{
    int *numbers = mem_resize(NULL, 2, sizeof *numbers);

    numbers[0] = 1;
    numbers[1] = 2;
    numbers = mem_resize(numbers, 1000, sizeof *numbers);
    ck_assert_int_eq(numbers[1], 2);
    MEM_FREE(&numbers);
    ck_assert_ptr_null(numbers);
}
END_TEST

START_TEST(texts_are_copied_and_closed)
{
    char *whole = mem_text("one two"), *part = mem_text_n("one two", 3),
         *none = mem_text_n(NULL, 0);
    char *made = mem_format("%s=%d", "n", 4);

    ck_assert_str_eq(whole, "one two");
    ck_assert_str_eq(part, "one");
    ck_assert_str_eq(none, "");
    ck_assert_str_eq(made, "n=4");
    mem_free(whole);
    mem_free(part);
    mem_free(none);
    mem_free(made);
}
END_TEST

START_TEST(settling_leaves_live_memory_as_it_was)
{
    char *text = mem_text("still here");

    mem_tune();
    mem_settle();
    ck_assert_str_eq(text, "still here");
    mem_free(text);
}
END_TEST

START_TEST(a_size_that_overflows_stops_the_process)
{
    mem_free(mem_resize(NULL, SIZE_MAX / 2, 3));
}
END_TEST

START_TEST(a_broken_promise_stops_the_process)
{
    CHECK(1 + 1 == 3);
}
END_TEST

Suite *suite_base_memory(void);

Suite *suite_base_memory(void)
{
    Suite *suite = suite_create("base/memory");
    TCase *use = tcase_create("use"), *stops = stops_create();

    tcase_add_test(use, zeroed_memory_is_zero);
    tcase_add_test(use, nothing_is_still_a_place);
    tcase_add_test(use, resizing_keeps_what_was_there);
    tcase_add_test(use, texts_are_copied_and_closed);
    tcase_add_test(use, settling_leaves_live_memory_as_it_was);
    suite_add_tcase(suite, use);
    stops_add(stops, a_size_that_overflows_stops_the_process);
    stops_add(stops, a_broken_promise_stops_the_process);
    suite_add_tcase(suite, stops);
    return suite;
}
