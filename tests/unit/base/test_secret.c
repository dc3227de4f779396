#include "base/secret.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(a_secret_is_zeroed_at_first)
{
    char *secret = secret_alloc(10000);

    for (size_t i = 0; i < 10000; i++)
        ck_assert_int_eq(secret[i], 0);
    memset(secret, 'x', 10000);
    secret_free(secret);
    secret_free(NULL);
}
END_TEST

/* The flags of the pages that `piece` lies in, as the kernel shows them: "dd" is not dumped. */
static bool is_left_out_of_dumps(const void *piece)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    uintptr_t from, to, at = (uintptr_t)piece;
    bool is_inside = false, is_left_out = false;
    char line[512];

    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            is_inside = from <= at && at < to;
        else if (is_inside && strncmp(line, "VmFlags:", 8) == 0)
            is_left_out = strstr(line, " dd") != NULL;
    }
    fclose(maps);
    return is_left_out;
}

START_TEST(a_core_dump_has_no_secret)
{
    char *secret = secret_alloc(10);

    ck_assert(is_left_out_of_dumps(secret));
    secret_free(secret);
}
END_TEST

START_TEST(a_buffer_is_wiped_with_all_its_room)
{
    struct buffer b = {0};

    buffer_append_text(&b, "secret");
    buffer_clear(&b);
    secret_buffer_fini(&b);
    ck_assert_ptr_null(b.data);
    secret_buffer_fini(&b);
}
END_TEST

START_TEST(what_the_heap_takes_back_is_wiped)
{
    char *piece = secret_heap_alloc(64), *grown;

    memset(piece, 's', 64);
    grown = secret_heap_resize(piece, 4000);
    for (int i = 0; i < 64; i++)
        ck_assert_int_eq(grown[i], 's');
    ck_assert_ptr_ne(grown, piece); /* and `piece` was wiped, which nobody may look at */
    ck_assert_ptr_eq(secret_heap_resize(grown, 3990), grown);
    secret_heap_free(grown);
    secret_heap_free(secret_heap_resize(NULL, 10));
    secret_heap_free(NULL);
}
END_TEST

Suite *suite_base_secret(void)
{
    Suite *suite = suite_create("base_secret");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, a_secret_is_zeroed_at_first);
    tcase_add_test(tests, a_core_dump_has_no_secret);
    tcase_add_test(tests, what_the_heap_takes_back_is_wiped);
    tcase_add_test(tests, a_buffer_is_wiped_with_all_its_room);
    suite_add_tcase(suite, tests);
    return suite;
}
