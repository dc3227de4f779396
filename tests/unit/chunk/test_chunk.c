#include "chunk/reader.h"

#include "base/budget.h"
#include "base/clock.h"
#include "base/memory.h"
#include "kit/record.h"
#include "kit/stops.h"

static struct budget budget;
static struct origin origins[2];
static struct chunk *chunk;
static struct record record;
static struct arena arena;
static unsigned freed, told;

static void origin_gone(struct origin *o)
{
    freed++;
    origin_fini(o);
}

static void origin_settled(struct origin *o)
{
    (void)o;
    told++;
}

static const struct origin_ops ops = {.settled = origin_settled, .free = origin_gone};

static void set_up(void)
{
    freed = told = 0;
    budget_init(&budget, NULL, 0);
    origin_init(&origins[0], &ops, SLICE("app.log"), 0);
    origin_init(&origins[1], &ops, SLICE("web.log"), 1000);
    origins[0].budget = origins[1].budget = &budget;
    chunk = chunk_open(3);
    record_init(&record);
}

static void tear_down(void)
{
    chunk_unref(&chunk);
    for (size_t i = 0; i < ARRAY_LEN(origins); i++) {
        struct origin *o = &origins[i];

        origin_unref(&o);
    }
    ck_assert_uint_eq(freed, 2);
    budget_fini(&budget);
    record_fini(&record);
    arena_fini(&arena);
}

static void append(unsigned origin, uint64_t end)
{
    chunk_append(chunk, &origins[origin], origins[origin].tag, &record, end);
}

/* ---- what records share ---- */

static struct shared_object *shared_of(const char *text)
{
    struct json_scanner json;
    struct shared_object *shared;

    json_scanner_init(&json);
    shared = shared_new(slice_of(text), &json);
    json_scanner_fini(&json);
    ck_assert_ptr_nonnull(shared);
    return shared;
}

static void append_shared(struct shared_object *shared, uint64_t end)
{
    record_reset(&record);
    record_add(&record, SLICE("log"), value_text(SLICE("x")));
    record_add_shared(&record, shared);
    append(0, end);
}

START_TEST(what_records_share_is_in_the_chunk_once_and_read_with_each)
{
    struct shared_object *shared = shared_of("{\"pod\":\"p\"}");
    struct chunk_reader reader;
    struct chunk_record read;
    struct chunk_field field;

    append_shared(shared, 10);
    append_shared(shared, 20);
    ck_assert_uint_eq(chunk->shared.count, 1);
    ck_assert_uint_eq(shared->refs, 2);
    shared_unref(&shared);
    chunk_seal(chunk);
    chunk_reader_init(&reader, chunk);
    for (int i = 0; i < 2; i++) {
        ck_assert(chunk_reader_next(&reader, &read));
        ck_assert_uint_eq(read.head.field_count, 2);
        ck_assert(chunk_field_next(&read.fields, &field));
        ck_assert(!field.is_shared);
        ck_assert(chunk_field_next(&read.fields, &field));
        ck_assert(field.is_shared);
        ck_assert_int_eq(field.kind, CHUNK_VALUE_MEMBERS);
        ck_assert(slice_is(field.value, "{\"pod\":\"p\"}"));
        ck_assert(!chunk_field_next(&read.fields, &field));
    }
}
END_TEST

/* Two records of which each has half of `aim` in what they share fill a chunk. */
static void expect_full_at(size_t aim)
{
    size_t bytes = aim / 2;
    char *text = mem_alloc(bytes + 1);
    struct shared_object *shared;

    memset(text, 'x', bytes);
    memcpy(text, "{\"x\":\"", 6);
    memcpy(text + bytes - 2, "\"}", 3);
    shared = shared_of(text);
    append_shared(shared, 10);
    ck_assert(!chunk_is_full(chunk));
    ck_assert_uint_lt(chunk->bytes.capacity, CHUNK_BYTES_AIM);
    append_shared(shared, 20);
    ck_assert(chunk_is_full(chunk));
    shared_unref(&shared);
    mem_free(text);
}

START_TEST(a_chunk_is_full_when_what_its_records_share_makes_long_documents)
{
    expect_full_at(CHUNK_RENDERED_AIM);
}
END_TEST

START_TEST(where_all_outputs_compress_documents_may_come_to_more)
{
    chunk_allow_packed(chunk);
    expect_full_at(CHUNK_PACKED_AIM);
}
END_TEST

/* ---- runs ---- */

START_TEST(records_that_follow_each_other_in_a_file_are_one_run)
{
    append(0, 10);
    append(0, 25);
    append(0, 30);
    ck_assert_uint_eq(chunk->run_count, 1);
    ck_assert_uint_eq(chunk->runs[0].record_count, 3);
    ck_assert_uint_eq(chunk->runs[0].source_bytes, 30);
    ck_assert_uint_eq(origins[0].window.count, 1);
    ck_assert_uint_eq(origins[0].window.issued, 30);
}
END_TEST

START_TEST(bytes_between_two_records_belong_to_the_run)
{
    append(0, 10);
    window_advance(&origins[0].window, 18);
    append(0, 20);
    ck_assert_uint_eq(chunk->run_count, 1);
    chunk_seal(chunk);
    chunk_settle(chunk, 0);
    chunk_settle(chunk, 1);
    ck_assert_uint_eq(origins[0].window.settled, 20);
}
END_TEST

START_TEST(origins_that_take_turns_have_a_run_for_each_turn)
{
    struct chunk_reader reader;
    struct chunk_record read;
    unsigned turns[] = {0, 1, 1, 0, 1};

    for (unsigned i = 0; i < ARRAY_LEN(turns); i++)
        append(turns[i], turns[i] * 1000 + (i + 1) * 10);
    ck_assert_uint_eq(chunk->run_count, 4);
    chunk_seal(chunk);
    chunk_reader_init(&reader, chunk);
    for (unsigned i = 0; i < ARRAY_LEN(turns); i++) {
        ck_assert(chunk_reader_next(&reader, &read));
        ck_assert_ptr_eq(read.run->origin, &origins[turns[i]]);
    }
    chunk_settle(chunk, 0);
    ck_assert_uint_eq(origins[0].window.settled, 0);
    chunk_settle(chunk, 1);
    ck_assert_uint_eq(origins[0].window.settled, 40);
    ck_assert_uint_eq(origins[1].window.settled, 1050);
}
END_TEST

START_TEST(another_tag_is_another_run_and_the_chunk_keeps_it)
{
    char tag[] = "renamed";

    append(0, 10);
    chunk_append(chunk, &origins[0], slice_of(tag), &record, 20);
    chunk_append(chunk, &origins[0], slice_of(tag), &record, 30);
    memset(tag, 'x', sizeof tag - 1);
    ck_assert_uint_eq(chunk->run_count, 2);
    ck_assert(slice_is(chunk->runs[0].tag, "app.log"));
    ck_assert(slice_is(chunk->runs[1].tag, "renamed"));
    ck_assert_ptr_eq(chunk->runs[0].tag.data, origins[0].tag.data);
}
END_TEST

START_TEST(an_origin_in_two_chunks_settles_in_the_order_of_its_bytes)
{
    struct chunk *later;

    append(0, 10);
    chunk_seal(chunk);
    later = chunk_open(1);
    chunk_append(later, &origins[0], origins[0].tag, &record, 20);
    chunk_seal(later);
    chunk_settle(later, 0);
    ck_assert_uint_eq(origins[0].window.settled, 0);
    chunk_settle(chunk, 0);
    ck_assert_uint_eq(origins[0].window.settled, 0);
    chunk_settle(chunk, 1);
    ck_assert_uint_eq(origins[0].window.settled, 20);
    chunk_unref(&later);
}
END_TEST

/* Two chunks are open at once for one origin: its records go to the first, the second, the first. */
START_TEST(a_run_does_not_go_on_when_another_chunk_took_a_record_between)
{
    struct chunk *other = chunk_open(1);

    append(0, 10);
    chunk_append(other, &origins[0], origins[0].tag, &record, 20);
    append(0, 30);
    ck_assert_uint_eq(chunk->run_count, 2);
    ck_assert_uint_eq(origins[0].window.count, 3);
    chunk_seal(chunk);
    chunk_seal(other);
    chunk_settle(chunk, 0);
    chunk_settle(chunk, 1);
    ck_assert_uint_eq(origins[0].window.settled, 10);
    chunk_settle(other, 0);
    ck_assert_uint_eq(origins[0].window.settled, 30);
    chunk_unref(&other);
}
END_TEST

START_TEST(every_settled_run_is_told)
{
    append(0, 10);
    append(1, 1010);
    chunk_seal(chunk);
    chunk_settle(chunk, 0);
    ck_assert_uint_eq(told, 2);
    chunk_settle(chunk, 1);
    ck_assert_uint_eq(told, 4);
}
END_TEST

/* ---- memory and life ---- */

START_TEST(what_the_records_take_is_given_back_with_the_last_reference)
{
    struct chunk *mine;

    kit_record_fill(&record, "{\"a\":1}");
    append(0, 10);
    append(1, 1010);
    append(0, 20);
    ck_assert_uint_eq(budget.used_bytes, chunk->bytes.len);
    chunk_seal(chunk);
    mine = chunk_ref(chunk);
    chunk_unref(&chunk);
    ck_assert_uint_eq(budget.used_bytes, mine->bytes.len);
    chunk_unref(&mine);
    ck_assert_uint_eq(budget.used_bytes, 0);
}
END_TEST

START_TEST(a_chunk_keeps_its_origins)
{
    struct origin *o = &origins[0];

    append(0, 10);
    append(0, 20);
    ck_assert_uint_eq(o->refs, 2);
    chunk_unref(&chunk);
    ck_assert_uint_eq(o->refs, 1);
}
END_TEST

START_TEST(a_sealed_chunk_gives_back_the_room_that_it_does_not_need)
{
    append(0, 10);
    chunk_seal(chunk);
    ck_assert_uint_lt(chunk->bytes.capacity, 1024);
}
END_TEST

START_TEST(a_chunk_is_full_at_its_size)
{
    char *bytes = arena_alloc(&arena, 1000);
    unsigned count = 0;

    memset(bytes, 'x', 1000);
    record_add(&record, SLICE("log"), value_text(slice_make(bytes, 1000)));
    for (; !chunk_is_full(chunk); count++)
        append(0, count + 1);
    ck_assert_uint_ge(chunk->bytes.len, CHUNK_BYTES_AIM);
    ck_assert_uint_lt(chunk->bytes.len, CHUNK_BYTES_AIM + 1100);
    ck_assert_uint_eq(chunk->record_count, count);
}
END_TEST

START_TEST(one_record_may_be_larger_than_a_chunk)
{
    size_t len = 10 << 20;
    char *bytes = mem_alloc(len);

    memset(bytes, 'x', len);
    record_add(&record, SLICE("log"), value_text(slice_make(bytes, len)));
    append(0, 10);
    ck_assert(chunk_is_full(chunk));
    ck_assert_uint_gt(chunk->bytes.len, len);
    ck_assert_uint_eq(budget.used_bytes, chunk->bytes.len);
    mem_free(bytes);
}
END_TEST

/* Files that take turns with every record, empty ones at that: the size bounds the runs. */
START_TEST(a_chunk_of_nothing_but_runs_is_full_too)
{
    uint32_t count = 0;

    for (; !chunk_is_full(chunk); count++)
        append(count & 1, (count & 1) * 1000 + count);
    ck_assert_uint_eq(chunk->run_count, count);
    ck_assert_uint_lt(count, 30000);
}
END_TEST

START_TEST(a_chunk_knows_when_it_was_opened)
{
    struct chunk *later;

    clock_fake(5000, 12 * NS_PER_S);
    later = chunk_open(1);
    clock_real();
    ck_assert_uint_eq(later->opened_ms, 5000);
    ck_assert_int_eq(later->created_wall_ns, 12 * NS_PER_S);
    chunk_unref(&later);
}
END_TEST

/* ---- broken promises ---- */

START_TEST(appending_to_a_sealed_chunk_stops)
{
    chunk_seal(chunk);
    append(0, 10);
}
END_TEST

START_TEST(sealing_twice_stops)
{
    chunk_seal(chunk);
    chunk_seal(chunk);
}
END_TEST

START_TEST(settling_what_is_still_open_stops)
{
    append(0, 10);
    chunk_settle(chunk, 0);
}
END_TEST

START_TEST(a_chunk_for_nobody_stops)
{
    chunk_open(0);
}
END_TEST

Suite *suite_chunk_chunk(void);

Suite *suite_chunk_chunk(void)
{
    Suite *suite = suite_create("chunk/chunk");
    TCase *use = tcase_create("use");
    TCase *stops = stops_create();

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, what_records_share_is_in_the_chunk_once_and_read_with_each);
    tcase_add_test(use, a_chunk_is_full_when_what_its_records_share_makes_long_documents);
    tcase_add_test(use, where_all_outputs_compress_documents_may_come_to_more);
    tcase_add_test(use, records_that_follow_each_other_in_a_file_are_one_run);
    tcase_add_test(use, bytes_between_two_records_belong_to_the_run);
    tcase_add_test(use, origins_that_take_turns_have_a_run_for_each_turn);
    tcase_add_test(use, another_tag_is_another_run_and_the_chunk_keeps_it);
    tcase_add_test(use, an_origin_in_two_chunks_settles_in_the_order_of_its_bytes);
    tcase_add_test(use, a_run_does_not_go_on_when_another_chunk_took_a_record_between);
    tcase_add_test(use, every_settled_run_is_told);
    tcase_add_test(use, what_the_records_take_is_given_back_with_the_last_reference);
    tcase_add_test(use, a_chunk_keeps_its_origins);
    tcase_add_test(use, a_sealed_chunk_gives_back_the_room_that_it_does_not_need);
    tcase_add_test(use, a_chunk_is_full_at_its_size);
    tcase_add_test(use, one_record_may_be_larger_than_a_chunk);
    tcase_add_test(use, a_chunk_of_nothing_but_runs_is_full_too);
    tcase_add_test(use, a_chunk_knows_when_it_was_opened);
    suite_add_tcase(suite, use);

    tcase_add_checked_fixture(stops, set_up, NULL);
    stops_add(stops, appending_to_a_sealed_chunk_stops);
    stops_add(stops, sealing_twice_stops);
    stops_add(stops, settling_what_is_still_open_stops);
    stops_add(stops, a_chunk_for_nobody_stops);
    suite_add_tcase(suite, stops);
    return suite;
}
