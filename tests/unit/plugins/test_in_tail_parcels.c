#include "kit/intake.h"
#include "kit/plugin.h"
#include "kit/tree.h"
#include "plugins/in_tail/tail.h"

#include <check.h>
#include <stdio.h>

/* Files that have much to read, for an output that wants a chunk for each of them. */

#define FILES 6
#define LINES 15000
#define LINE_BYTES 100
#define CALL_BYTES 400000

extern const struct input_plugin in_tail;

static struct plugin_kit plugin;
static struct input_kit kit;
static struct tail *self;
static struct parcel_rule rule;

static uint64_t destination(const void *owner, const struct accessor_scope *scope)
{
    (void)owner;
    return slice_hash(scope->tag);
}

static const struct parcel_kind kind = {
    .destination = destination, .call_bytes = CALL_BYTES, .call_records = 1000000};

static void write_files(void)
{
    struct buffer text = {0};
    char name[16];

    for (int i = 0; i < LINES; i++)
        buffer_append_format(&text, "%0*d\n", LINE_BYTES - 1, i);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "%d.log", i);
        tree_write_bytes(name, text.data, text.len);
    }
    buffer_fini(&text);
}

static void set_up(void)
{
    log_level_set(LOG_OFF);
    clock_fake(5000, INT64_C(100) * NS_PER_S);
    input_kit_init(&kit, "app.*");
    kit.is_holding = true;
    rule = (struct parcel_rule){.kind = &kind};
    intake_set_parcels(kit.input.intake, 0, &rule);
    tree_plant();
    write_files();
}

static void start(void)
{
    self = plugin_make(&plugin, in_tail.self_bytes, in_tail.options,
                       (const char *[]){"path", tree_path("*.log"), "tag", "app.*",
                                        "read_from_head", "on", "inotify_watcher", "off", NULL});
    ck_assert_int_eq(in_tail.init(self, &plugin.setup), 0);
    ck_assert_int_eq(in_tail.start(self, &kit.input, &plugin.report), 0);
}

static void tear_down(void)
{
    in_tail.stop(self);
    in_tail.fini(self);
    input_kit_fini(&kit);
    plugin_gone(&plugin, self);
    tree_fell();
    clock_real();
    log_level_set(LOG_INFO);
}

static void turns(unsigned count)
{
    while (count-- > 0)
        loop_turn(kit.loop, false);
}

/* The outputs are done with all chunks that were sealed, and more may be held. */
static void settle(void)
{
    input_kit_settle(&kit);
    kit.is_holding = true;
}

static uint64_t sealed_bytes(void)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < kit.held_count; i++)
        sum += kit.held[i]->bytes.len;
    return sum;
}

/* Sealed for being full: all but what is left of each file, when its end is read. */
static unsigned sealed_short(void)
{
    unsigned count = 0;

    for (size_t i = 0; i < kit.held_count; i++)
        count += kit.held[i]->bytes.len < (size_t)CALL_BYTES * PARCEL_FILL_PERCENT / 100;
    return count;
}

START_TEST(each_turn_of_a_file_is_one_chunk)
{
    start();
    turns(20);
    for (size_t i = 0; i < kit.held_count; i++)
        ck_assert_uint_eq(kit.held[i]->run_count, 1);
    ck_assert_uint_gt(kit.held_count, FILES * 2);
    ck_assert_uint_eq(sealed_short(), 0);
    for (size_t i = 0; i + 1 < FILES; i++)
        ck_assert_ptr_ne(kit.held[i]->runs[0].origin, kit.held[i + 1]->runs[0].origin);
    intake_flush(kit.input.intake);
    ck_assert_uint_le(sealed_short(), FILES);
}
END_TEST

START_TEST(what_is_read_beyond_a_full_chunk_is_little)
{
    kit.budget.limit_bytes = CALL_BYTES * 3;
    start();
    turns(3);
    ck_assert_uint_gt(kit.held_count, 0);
    ck_assert_uint_lt(kit.budget.used_bytes - sealed_bytes(), CALL_BYTES + (96 << 10));
}
END_TEST

/* Memory for three chunks, one of them with room that is not filled yet, and six files that want one
 * each: 23 chunks, of which each file's last may be short. */
START_TEST(short_memory_makes_no_short_chunks)
{
    uint64_t all_bytes = 0;
    unsigned short_count = 0;

    kit.budget.limit_bytes = CALL_BYTES * 3;
    start();
    for (int i = 0; i < 100; i++) {
        turns(3);
        ck_assert_uint_lt(kit.budget.used_bytes, CALL_BYTES * 4);
        all_bytes += sealed_bytes();
        short_count += sealed_short();
        settle();
    }
    ck_assert_uint_gt(all_bytes, (uint64_t)FILES * LINES * LINE_BYTES);
    ck_assert_uint_le(short_count, 3);
}
END_TEST

/* A chunk is never as long as a call: there is no room for that. */
START_TEST(reading_goes_on_where_memory_is_less_than_a_call)
{
    unsigned count = 0;

    kit.budget.limit_bytes = CALL_BYTES / 4;
    start();
    for (int i = 0; i < 300; i++) {
        turns(3);
        for (size_t chunk = 0; chunk < kit.held_count; chunk++)
            count += kit.held[chunk]->record_count;
        settle();
    }
    intake_flush(kit.input.intake);
    for (size_t chunk = 0; chunk < kit.held_count; chunk++)
        count += kit.held[chunk]->record_count;
    ck_assert_uint_eq(count, FILES * LINES);
}
END_TEST

Suite *suite_plugins_in_tail_parcels(void)
{
    Suite *s = suite_create("plugins/in_tail_parcels");
    TCase *use = tcase_create("use");

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, each_turn_of_a_file_is_one_chunk);
    tcase_add_test(use, what_is_read_beyond_a_full_chunk_is_little);
    tcase_add_test(use, short_memory_makes_no_short_chunks);
    tcase_add_test(use, reading_goes_on_where_memory_is_less_than_a_call);
    suite_add_tcase(s, use);
    return s;
}
