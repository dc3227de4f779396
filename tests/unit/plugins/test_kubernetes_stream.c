#include "plugins/filter_kubernetes/stream.h"

#include <check.h>
#include <stdio.h>

static struct streams streams;
static struct json_scanner json;

static void set_up(void)
{
    clock_fake(1000, 0);
    streams_init(&streams);
    json_scanner_init(&json);
}

static void tear_down(void)
{
    streams_fini(&streams);
    json_scanner_fini(&json);
    clock_real();
}

static struct stream *find(uint64_t origin_id, bool *is_new_out)
{
    return streams_find(&streams, origin_id, SLICE("kube.web"), is_new_out);
}

static bool is_new(uint64_t origin_id)
{
    bool is_it;

    (void)find(origin_id, &is_it);
    return is_it;
}

/* A stream with a block of about so many bytes. */
static void add(uint64_t origin_id, unsigned bytes)
{
    bool is_it;
    struct stream *stream = find(origin_id, &is_it);
    char *text = mem_format("{\"a\":\"%0*u\"}", (int)bytes, 1);

    stream->made.block = shared_new(slice_of(text), &json);
    ck_assert_ptr_nonnull(stream->made.block);
    mem_free(text);
}

START_TEST(one_that_was_found_is_kept)
{
    ck_assert(is_new(1));
    ck_assert(is_new(2));
    ck_assert(!is_new(1));
    ck_assert(!is_new(2));
}
END_TEST

START_TEST(one_that_nobody_asked_for_in_a_long_time_goes)
{
    ck_assert(is_new(1));
    clock_advance_ms(STREAM_IDLE_MS);
    ck_assert(is_new(2));
    ck_assert(is_new(1));
}
END_TEST

START_TEST(large_blocks_push_out_the_least_recent)
{
    for (uint64_t i = 1; i <= 100; i++)
        add(i, 100000);
    ck_assert_uint_le(streams.block_bytes, STREAM_BLOCKS_BYTES_MAX);
    ck_assert(!is_new(100));
    ck_assert(!is_new(70));
    ck_assert(is_new(1));
}
END_TEST

START_TEST(small_ones_do_not)
{
    for (uint64_t i = 1; i <= 1000; i++)
        add(i, 1000);
    ck_assert(!is_new(1));
}
END_TEST

Suite *suite_plugins_kubernetes_stream(void);
Suite *suite_plugins_kubernetes_stream(void)
{
    Suite *suite = suite_create("plugins/kubernetes_stream");
    TCase *kept = tcase_create("kept");

    tcase_add_checked_fixture(kept, set_up, tear_down);
    tcase_add_test(kept, one_that_was_found_is_kept);
    tcase_add_test(kept, one_that_nobody_asked_for_in_a_long_time_goes);
    tcase_add_test(kept, large_blocks_push_out_the_least_recent);
    tcase_add_test(kept, small_ones_do_not);
    suite_add_tcase(suite, kept);
    return suite;
}
