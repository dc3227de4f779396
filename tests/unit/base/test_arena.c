#include "base/arena.h"

#include "kit/stops.h"

START_TEST(pieces_are_aligned_and_apart)
{
    struct arena a;
    char *one, *two;

    arena_init(&a);
    one = arena_alloc(&a, 1);
    two = arena_alloc(&a, 3);
    ck_assert_uint_eq((uintptr_t)one % _Alignof(max_align_t), 0);
    ck_assert_uint_eq((uintptr_t)two % _Alignof(max_align_t), 0);
    ck_assert_int_ge(two - one, 1);
    arena_fini(&a);
}
END_TEST

START_TEST(earlier_pieces_stay_while_the_arena_grows)
{
    struct arena a = {0};
    unsigned *pieces[5000];

    for (unsigned i = 0; i < ARRAY_LEN(pieces); i++) {
        pieces[i] = arena_alloc(&a, sizeof(unsigned) + i % 100);
        *pieces[i] = i;
    }
    for (unsigned i = 0; i < ARRAY_LEN(pieces); i++)
        ck_assert_uint_eq(*pieces[i], i);
    arena_fini(&a);
}
END_TEST

START_TEST(a_piece_larger_than_a_block_fits)
{
    struct arena a = {0};
    size_t bytes = (size_t)3 * 1024 * 1024;
    char *piece = arena_alloc(&a, bytes);

    memset(piece, 'x', bytes);
    ck_assert_int_eq(piece[bytes - 1], 'x');
    arena_fini(&a);
}
END_TEST

START_TEST(a_warm_arena_takes_no_more_memory)
{
    struct arena a = {0};
    struct arena_block *warm;

    arena_alloc(&a, 20000);
    arena_reset(&a);
    warm = a.newest;
    for (unsigned round = 0; round < 10; round++) {
        arena_alloc(&a, 10000);
        arena_alloc(&a, 5000);
        ck_assert_ptr_eq(a.newest, warm);
        arena_reset(&a);
    }
    arena_fini(&a);
}
END_TEST

START_TEST(an_oversized_block_does_not_survive_the_reset)
{
    struct arena a = {0};

    arena_alloc(&a, (size_t)4 * 1024 * 1024);
    arena_reset(&a);
    ck_assert_ptr_null(a.newest);
    arena_reset(&a);
    arena_fini(&a);
}
END_TEST

START_TEST(copies_are_closed_with_nul_and_do_not_follow_the_original)
{
    struct arena a = {0};
    char original[] = "one";
    struct slice copy = arena_copy(&a, slice_make(original, 3));
    const char *text = arena_text(&a, original);

    original[0] = 'X';
    ck_assert(slice_is(copy, "one"));
    ck_assert_int_eq(copy.data[3], '\0');
    ck_assert_str_eq(text, "one");
    ck_assert_str_eq(arena_copy(&a, (struct slice){0}).data, "");
    arena_fini(&a);
}
END_TEST

START_TEST(a_format_is_as_long_as_it_needs_to_be)
{
    struct arena a = {0};
    struct slice text = arena_format(&a, "%s-%05d", "tail", 42);

    ck_assert(slice_is(text, "tail-00042"));
    ck_assert_uint_eq(arena_format(&a, "%050000d", 1).len, 50000);
    arena_fini(&a);
}
END_TEST

START_TEST(an_absurd_size_stops_the_process)
{
    struct arena a = {0};

    arena_alloc(&a, SIZE_MAX - 4);
}
END_TEST

Suite *suite_base_arena(void);

Suite *suite_base_arena(void)
{
    Suite *suite = suite_create("base/arena");
    TCase *use = tcase_create("use"), *stops = stops_create();

    tcase_add_test(use, pieces_are_aligned_and_apart);
    tcase_add_test(use, earlier_pieces_stay_while_the_arena_grows);
    tcase_add_test(use, a_piece_larger_than_a_block_fits);
    tcase_add_test(use, a_warm_arena_takes_no_more_memory);
    tcase_add_test(use, an_oversized_block_does_not_survive_the_reset);
    tcase_add_test(use, copies_are_closed_with_nul_and_do_not_follow_the_original);
    tcase_add_test(use, a_format_is_as_long_as_it_needs_to_be);
    suite_add_tcase(suite, use);
    stops_add(stops, an_absurd_size_stops_the_process);
    suite_add_tcase(suite, stops);
    return suite;
}
