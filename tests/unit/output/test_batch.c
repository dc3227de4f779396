#include "base/memory.h"
#include "output/batch.h"

#include "kit/chunk.h"
#include "kit/stops.h"

#define RECORDS 6

static struct chunk *chunk;
static uint8_t states[RECORDS];
static struct batch batch;

static void set_up(void)
{
    chunk = chunk_of_lines("app.log", "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n"
                                      "{\"n\":5}\n");
    ck_assert_uint_eq(chunk->record_count, RECORDS);
    memset(states, RECORD_WAITING, sizeof states);
    batch = (struct batch){.chunk = chunk, .states = states, .count = RECORDS};
    batch_rewind(&batch);
}

static void tear_down(void)
{
    chunk_unref(&chunk);
}

/* Which records the batch lends, a digit each; it begins anew. */
static const char *walk(void)
{
    static char digits[RECORDS + 1];
    struct chunk_record record;
    size_t count = 0;

    batch_rewind(&batch);
    while (batch_next(&batch, &record)) {
        int64_t second = (record.head.time_ns - CHUNK_KIT_NS) / 1000000000;

        ck_assert_uint_lt(count, RECORDS);
        digits[count++] = (char)('0' + second);
    }
    digits[count] = '\0';
    return digits;
}

START_TEST(a_batch_lends_the_records_of_its_part)
{
    ck_assert_str_eq(walk(), "012345");
    batch.first = 2;
    batch.count = 3;
    ck_assert_str_eq(walk(), "234");
    batch.first = RECORDS;
    batch.count = 0;
    ck_assert_str_eq(walk(), "");
}
END_TEST

START_TEST(records_that_are_done_are_passed_over)
{
    states[0] = states[3] = states[5] = RECORD_DONE;
    ck_assert_str_eq(walk(), "124");
    ck_assert_uint_eq(batch_waiting(&batch), 3);
}
END_TEST

START_TEST(what_is_held_is_in_no_request_until_the_batch_is_walked_again)
{
    states[0] = RECORD_DONE;
    batch_hold(&batch, 2);
    batch_hold(&batch, 4);
    ck_assert_uint_eq(batch_waiting(&batch), 3);
    ck_assert_str_eq(walk(), "12345");
    ck_assert(!batch_release(&batch));
}
END_TEST

START_TEST(what_is_skipped_by_its_index_has_its_reason)
{
    batch_skip_at(&batch, 3, "empty");
    ck_assert_uint_eq(states[3], RECORD_SKIPPED);
    ck_assert_str_eq(batch.refusals[3].reason, "empty");
    batch.states = NULL; /* the test's */
    batch_fini(&batch);
}
END_TEST

START_TEST(a_batch_without_states_lends_all)
{
    batch.states = NULL;
    ck_assert_str_eq(walk(), "012345");
    ck_assert_uint_eq(batch_waiting(&batch), RECORDS);
}
END_TEST

START_TEST(what_is_skipped_is_not_lent_again)
{
    struct chunk_record record;

    ck_assert(batch_next(&batch, &record));
    ck_assert(batch_next(&batch, &record));
    batch_skip(&batch);
    ck_assert_uint_eq(states[1], RECORD_SKIPPED);
    ck_assert_uint_eq(batch_waiting(&batch), RECORDS - 1);
    ck_assert_str_eq(walk(), "02345");
}
END_TEST

START_TEST(skipping_means_the_record_itself_behind_others_that_are_done)
{
    struct chunk_record record;

    states[0] = states[1] = RECORD_DONE;
    batch_rewind(&batch);
    ck_assert(batch_next(&batch, &record));
    batch_skip(&batch);
    ck_assert_uint_eq(states[2], RECORD_SKIPPED);
}
END_TEST

START_TEST(only_the_part_is_counted)
{
    states[2] = RECORD_DONE;
    batch.first = 1;
    batch.count = 3;
    ck_assert_uint_eq(batch_waiting(&batch), 2);
}
END_TEST

START_TEST(skipping_before_any_record_was_lent_stops)
{
    batch_skip(&batch);
}
END_TEST

START_TEST(skipping_where_nobody_keeps_states_begins_to_keep_them)
{
    struct chunk_record record;

    batch.states = NULL;
    batch_next(&batch, &record);
    batch_skip(&batch);
    ck_assert_uint_eq(batch.states[batch.first], RECORD_SKIPPED);
    mem_free(batch.states);
}
END_TEST

START_TEST(a_refused_record_waits_as_text_as_long_as_something_new_is_said)
{
    static const char *const said[] = {"one", "two", "three", "four"};

    batch.states = NULL;
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(batch_refuse(&batch, 2, (struct refusal){mem_text(said[i]), 400, 0}, true),
                         i < 3);
        ck_assert_uint_eq(batch_waiting(&batch), i < 3 ? RECORDS : RECORDS - 1);
    }
    ck_assert_str_eq(batch.refusals[2].reason, "one; as text: two; as text: three; as text: four");
    ck_assert(batch_refuse(&batch, 3, (struct refusal){mem_text("one"), 400, 0}, true));
    ck_assert(!batch_refuse(&batch, 3, (struct refusal){mem_text("one"), 400, 0}, true));
    ck_assert_str_eq(batch.refusals[3].reason, "one");
    ck_assert(!batch_refuse(&batch, 4, (struct refusal){mem_text("one"), 413, 0}, false));
    ck_assert_uint_eq(batch_states(&batch)[4], RECORD_REFUSED);
    ck_assert_uint_eq(batch.refusals[4].status, 413);
    batch_fini(&batch);
}
END_TEST

Suite *suite_output_batch(void);

Suite *suite_output_batch(void)
{
    Suite *suite = suite_create("output/batch");
    TCase *use = tcase_create("use");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, a_batch_lends_the_records_of_its_part);
    tcase_add_test(use, skipping_where_nobody_keeps_states_begins_to_keep_them);
    tcase_add_test(use, records_that_are_done_are_passed_over);
    tcase_add_test(use, what_is_held_is_in_no_request_until_the_batch_is_walked_again);
    tcase_add_test(use, what_is_skipped_by_its_index_has_its_reason);
    tcase_add_test(use, a_refused_record_waits_as_text_as_long_as_something_new_is_said);
    tcase_add_test(use, a_batch_without_states_lends_all);
    tcase_add_test(use, what_is_skipped_is_not_lent_again);
    tcase_add_test(use, skipping_means_the_record_itself_behind_others_that_are_done);
    tcase_add_test(use, only_the_part_is_counted);
    suite_add_tcase(suite, use);

    tcase_add_checked_fixture(stops, set_up, tear_down);
    stops_add(stops, skipping_before_any_record_was_lent_stops);
    suite_add_tcase(suite, stops);
    return suite;
}
