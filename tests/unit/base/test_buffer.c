#include "base/buffer.h"

#include "kit/stops.h"

START_TEST(an_all_zero_buffer_is_empty_and_usable)
{
    struct buffer b = {0};

    ck_assert_uint_eq(buffer_view(&b).len, 0);
    ck_assert_str_eq(buffer_text(&b), "");
    buffer_append(&b, SLICE("one"));
    ck_assert(slice_is(buffer_view(&b), "one"));
    buffer_fini(&b);
    ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(appending_keeps_the_order)
{
    struct buffer b;

    buffer_init(&b, 0);
    buffer_append_text(&b, "a=");
    buffer_append_format(&b, "%d/%s", 12, "x");
    buffer_append_byte(&b, ';');
    buffer_append(&b, (struct slice){0});
    ck_assert_str_eq(buffer_text(&b), "a=12/x;");
    buffer_fini(&b);
}
END_TEST

START_TEST(bytes_survive_many_growths)
{
    struct buffer b = {0};

    for (unsigned i = 0; i < 100000; i++)
        buffer_append_byte(&b, (char)(i % 251));
    ck_assert_uint_eq(b.len, 100000);
    for (unsigned i = 0; i < 100000; i++)
        ck_assert_int_eq(b.data[i], (char)(i % 251));
    buffer_fini(&b);
}
END_TEST

START_TEST(room_is_made_for_so_many_bytes_and_no_more)
{
    struct buffer b = {0};

    buffer_append_text(&b, "one");
    buffer_make_room(&b, 5000);
    ck_assert_uint_eq(b.capacity, 5000);
    buffer_make_room(&b, 4000);
    ck_assert_uint_eq(b.capacity, 5000);
    ck_assert_str_eq(buffer_text(&b), "one");
    buffer_fini(&b);
}
END_TEST

START_TEST(a_formatted_text_longer_than_the_room_fits)
{
    struct buffer b;

    buffer_init(&b, 4);
    buffer_append_format(&b, "%0200d", 7);
    ck_assert_uint_eq(b.len, 200);
    ck_assert_int_eq(b.data[199], '7');
    buffer_fini(&b);
}
END_TEST

START_TEST(the_closing_nul_is_not_counted)
{
    struct buffer b = {0};

    buffer_append_text(&b, "one");
    ck_assert_str_eq(buffer_text(&b), "one");
    buffer_append_text(&b, "two");
    ck_assert_str_eq(buffer_text(&b), "onetwo");
    ck_assert_uint_eq(b.len, 6);
    buffer_fini(&b);
}
END_TEST

START_TEST(what_was_written_into_the_reserve_counts_when_committed)
{
    struct buffer b = {0};

    memcpy(buffer_reserve(&b, 10), "0123456789", 10);
    ck_assert_uint_eq(b.len, 0);
    buffer_commit(&b, 4);
    ck_assert(slice_is(buffer_view(&b), "0123"));
    buffer_fini(&b);
}
END_TEST

START_TEST(clearing_keeps_the_room)
{
    struct buffer b;
    size_t capacity;

    buffer_init(&b, 1000);
    buffer_append_text(&b, "one");
    capacity = b.capacity;
    buffer_clear(&b);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_uint_eq(b.capacity, capacity);
    buffer_fini(&b);
}
END_TEST

START_TEST(dropping_the_front_moves_the_rest_down)
{
    struct buffer b = {0};

    buffer_append_text(&b, "one two");
    buffer_drop_front(&b, 4);
    ck_assert_str_eq(buffer_text(&b), "two");
    buffer_drop_front(&b, 3);
    ck_assert_uint_eq(b.len, 0);
    buffer_fini(&b);
}
END_TEST

START_TEST(shrinking_leaves_the_bytes_and_no_spare_room)
{
    struct buffer b;

    buffer_init(&b, 5000);
    buffer_append_text(&b, "one");
    buffer_shrink(&b, 0);
    ck_assert(slice_is(buffer_view(&b), "one"));
    ck_assert_uint_eq(b.capacity, 3);
    buffer_clear(&b);
    buffer_shrink(&b, 0);
    ck_assert_ptr_null(b.data);
}
END_TEST

START_TEST(committing_more_than_the_room_stops_the_process)
{
    struct buffer b;

    buffer_init(&b, 8);
    buffer_commit(&b, b.capacity + 1);
}
END_TEST

START_TEST(dropping_more_than_there_is_stops_the_process)
{
    struct buffer b = {0};

    buffer_append_text(&b, "one");
    buffer_drop_front(&b, 4);
}
END_TEST

START_TEST(growing_past_the_limit_stops_the_process)
{
    struct buffer b = {0};

    buffer_reserve(&b, BUFFER_BYTES_MAX + 1);
}
END_TEST

Suite *suite_base_buffer(void);

Suite *suite_base_buffer(void)
{
    Suite *suite = suite_create("base/buffer");
    TCase *use = tcase_create("use"), *stops = stops_create();

    tcase_add_test(use, an_all_zero_buffer_is_empty_and_usable);
    tcase_add_test(use, appending_keeps_the_order);
    tcase_add_test(use, bytes_survive_many_growths);
    tcase_add_test(use, room_is_made_for_so_many_bytes_and_no_more);
    tcase_add_test(use, a_formatted_text_longer_than_the_room_fits);
    tcase_add_test(use, the_closing_nul_is_not_counted);
    tcase_add_test(use, what_was_written_into_the_reserve_counts_when_committed);
    tcase_add_test(use, clearing_keeps_the_room);
    tcase_add_test(use, dropping_the_front_moves_the_rest_down);
    tcase_add_test(use, shrinking_leaves_the_bytes_and_no_spare_room);
    suite_add_tcase(suite, use);
    stops_add(stops, committing_more_than_the_room_stops_the_process);
    stops_add(stops, dropping_more_than_there_is_stops_the_process);
    stops_add(stops, growing_past_the_limit_stops_the_process);
    suite_add_tcase(suite, stops);
    return suite;
}
