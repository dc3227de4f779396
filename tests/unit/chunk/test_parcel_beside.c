#include "base/clock.h"
#include "chunk/lookup.h"
#include "chunk/reader.h"
#include "unit/chunk/parcels.h"

#include <check.h>
#include <stdio.h>

/* Parcels whose records go to an output besides that wants none (parcels.h): what was not filled goes
 * together. */

/* How many destinations a sealed chunk has, each of them in one piece: they are its records' "to". */
static unsigned pieces(const struct chunk *chunk)
{
    struct chunk_reader reader;
    struct chunk_record record;
    struct arena arena = {0};
    uint64_t seen[CHUNKS_MAX * 2];
    unsigned count = 0;

    for (chunk_reader_init(&reader, chunk); chunk_reader_next(&reader, &record);) {
        struct accessor_scope scope = chunk_record_scope(&record, &arena);
        uint64_t to = parcels_destination(&parcels.budget, &scope);

        if (count > 0 && seen[count - 1] == to)
            continue;
        for (unsigned i = 0; i < count; i++)
            ck_assert_uint_ne(seen[i], to);
        ck_assert_uint_lt(count, ARRAY_LEN(seen));
        seen[count++] = to;
    }
    arena_fini(&arena);
    return count;
}

static void push_tag(unsigned origin, const char *tag, unsigned number)
{
    char json[32];

    snprintf(json, sizeof json, "{\"n\":%u}", number);
    parcels_push_as(origin, tag, json);
}

START_TEST(what_was_not_filled_in_time_goes_together_each_destination_in_one_piece)
{
    for (unsigned round = 0; round < 3; round++) {
        push_tag(TO_MIXED, "web.a.log", round);
        push_tag(TO_MIXED, "web.b.log", round);
        push_tag(TO_MIXED, "web.c.log", round);
    }
    parcels_pass_ms(FLUSH_MS);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_uint_eq(parcels.sealed[0]->record_count, 9);
    ck_assert_uint_eq(pieces(parcels.sealed[0]), 3);
    ck_assert_uint_eq(parcels.sealed[0]->outputs, 1 + 4);
    ck_assert_uint_eq(parcels.origins[TO_MIXED].window.issued, 90);
    parcels_settle_all();
    ck_assert_uint_eq(parcels.origins[TO_MIXED].window.settled, 90);
    ck_assert_uint_eq(parcels.budget.used_bytes, 0);
}
END_TEST

START_TEST(what_is_full_goes_alone)
{
    push_tag(TO_MIXED, "web.a.log", 1);
    for (unsigned i = 0; i < CALL_RECORDS; i++)
        push_tag(TO_MIXED, "web.b.log", i);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_uint_eq(pieces(parcels.sealed[0]), 1);
    ck_assert_uint_eq(parcels.sealed[0]->record_count, CALL_RECORDS);
    ck_assert_ptr_nonnull(parcels.sealed[0]->parcel.rule);
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.sealed_count, 2);
    ck_assert_uint_eq(parcels.sealed[1]->record_count, 1);
}
END_TEST

START_TEST(what_goes_together_is_no_longer_than_another_chunk)
{
    static struct parcel_kind large;
    char tag[16];

    large = *parcels.rules[0].kind;
    large.call_bytes = 1 << 20;
    parcels.rules[0].kind = &large;
    for (unsigned i = 0; i < 5; i++) {
        snprintf(tag, sizeof tag, "web.%u.log", i);
        for (unsigned n = 0; n < 2; n++) {
            struct buffer json = {0};

            buffer_append_format(&json, "{\"x\":\"%0*d\"}", 100000, 0);
            parcels_push_as(TO_MIXED, tag, buffer_text(&json));
            buffer_fini(&json);
        }
    }
    ck_assert_uint_eq(parcels.sealed_count, 0);
    intake_flush(parcels.intake);
    ck_assert_uint_eq(parcels.sealed_count, 3);
    for (unsigned i = 0; i < parcels.sealed_count; i++)
        ck_assert_uint_le(parcels.sealed[i]->bytes.len, CHUNK_BYTES_AIM);
}
END_TEST

START_TEST(so_many_go_together_and_no_more)
{
    char tag[16];

    for (unsigned i = 0; i < PARCELS_TOGETHER_MAX * 2 + 1; i++) {
        snprintf(tag, sizeof tag, "web.%u.log", i);
        push_tag(TO_MIXED, tag, i);
    }
    parcels_pass_ms(FLUSH_MS);
    ck_assert_uint_eq(parcels.sealed_count, 3);
    ck_assert_uint_eq(pieces(parcels.sealed[0]), PARCELS_TOGETHER_MAX);
    ck_assert_uint_eq(pieces(parcels.sealed[1]), PARCELS_TOGETHER_MAX);
    ck_assert_uint_eq(pieces(parcels.sealed[2]), 1);
}
END_TEST

START_TEST(what_goes_elsewhere_or_cannot_be_had_again_goes_apart)
{
    parcels_push(TO_MIXED, "{\"n\":1}");
    parcels_push(A, "{\"n\":1}");
    parcels.origins[TO_MIXED].can_repeat = true;
    push_tag(TO_MIXED, "web.a.log", 1);
    parcels_pass_ms(FLUSH_MS);
    ck_assert_uint_eq(parcels.sealed_count, 3);
}
END_TEST

START_TEST(it_is_as_old_as_the_oldest_that_is_in_it)
{
    uint64_t began_ms = clock_ms();

    push_tag(TO_MIXED, "web.a.log", 1);
    parcels_pass_ms(FLUSH_MS / 2);
    push_tag(TO_MIXED, "web.b.log", 1);
    parcels_pass_ms(FLUSH_MS / 2);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    ck_assert_uint_eq(parcels.sealed[0]->opened_ms, began_ms);
}
END_TEST

static bool says_behind(const void *owner)
{
    (void)owner;
    return true;
}

START_TEST(the_others_do_not_wait_for_the_output_that_is_behind)
{
    parcels.rules[0].is_behind = says_behind;
    parcels_push(TO_MIXED, "{\"n\":1}");
    parcels_pass_ms(FLUSH_MS);
    ck_assert_uint_eq(parcels.sealed_count, 1);
}
END_TEST

START_TEST(where_memory_is_short_they_go_together_too)
{
    push_tag(TO_MIXED, "web.a.log", 1);
    push_tag(TO_MIXED, "web.b.log", 1);
    parcels_push(A, "{\"n\":1}");
    intake_ease(parcels.intake, 0);
    ck_assert_uint_eq(parcels.sealed_count, 2);
    ck_assert_uint_eq(parcels.sealed[0]->record_count + parcels.sealed[1]->record_count, 3);
}
END_TEST

START_TEST(a_record_behind_goes_into_another_chunk)
{
    push_tag(TO_MIXED, "web.a.log", 1);
    parcels_pass_ms(FLUSH_MS);
    push_tag(TO_MIXED, "web.a.log", 2);
    ck_assert_uint_eq(parcels.sealed_count, 1);
    intake_ease_lane(parcels.intake, 1 + 4, 0);
    ck_assert_uint_eq(parcels.sealed_count, 2);
    ck_assert_uint_eq(parcels.sealed[1]->record_count, 1);
}
END_TEST

Suite *suite_chunk_parcel_beside(void);

Suite *suite_chunk_parcel_beside(void)
{
    Suite *s = suite_create("chunk/parcel_beside");
    TCase *use = tcase_create("use");

    tcase_add_checked_fixture(use, parcels_set_up, parcels_tear_down);
    tcase_add_test(use, what_was_not_filled_in_time_goes_together_each_destination_in_one_piece);
    tcase_add_test(use, what_is_full_goes_alone);
    tcase_add_test(use, what_goes_together_is_no_longer_than_another_chunk);
    tcase_add_test(use, so_many_go_together_and_no_more);
    tcase_add_test(use, what_goes_elsewhere_or_cannot_be_had_again_goes_apart);
    tcase_add_test(use, it_is_as_old_as_the_oldest_that_is_in_it);
    tcase_add_test(use, the_others_do_not_wait_for_the_output_that_is_behind);
    tcase_add_test(use, where_memory_is_short_they_go_together_too);
    tcase_add_test(use, a_record_behind_goes_into_another_chunk);
    suite_add_tcase(s, use);
    return s;
}
