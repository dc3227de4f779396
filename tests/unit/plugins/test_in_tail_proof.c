#include "base/memory.h"
#include "kit/intake.h"
#include "kit/plugin.h"
#include "kit/tree.h"
#include "plugins/in_tail/tail.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* A long generation that gzip has compressed is passed up to where it was left, a little at each turn of the
 * loop. */

#define LINE_BYTES 64
#define LINES 32768
#define PACKED "app.log.20261121-01.gz"

/* Of what gzip holds, a file passes no more at one turn of the loop. */
#define TURN_BYTES_MAX ((uint64_t)132 * 1024)

extern const struct input_plugin in_tail;

static struct plugin_kit plugin;
static struct input_kit kit;
static struct tail *self;
static char db[512], pattern[512];
static char *text; /* LINES lines, and room for more */

static const char *exit_on_eof;

static void start(void)
{
    const char *const options[] = {"exit_on_eof",
                                   exit_on_eof,
                                   "path",
                                   pattern,
                                   "read_from_head",
                                   "on",
                                   "inotify_watcher",
                                   "off",
                                   "watcher_interval",
                                   "2s",
                                   "db",
                                   db,
                                   NULL};

    self = plugin_make(&plugin, in_tail.self_bytes, in_tail.options, options);
    ck_assert_int_eq(plugin.status, 0);
    ck_assert_int_eq(in_tail.init(self, &plugin.setup), 0);
    ck_assert_int_eq(in_tail.start(self, &kit.input, &plugin.report), 0);
}

static void stop(void)
{
    in_tail.stop(self);
    in_tail.fini(self);
    plugin_gone(&plugin, self);
    self = NULL;
}

static void set_up(void)
{
    log_level_set(LOG_OFF);
    clock_fake(5000, INT64_C(100) * NS_PER_S);
    input_kit_init(&kit, "app");
    exit_on_eof = "off";
    tree_plant();
    tree_folder("state");
    snprintf(db, sizeof db, "%s", tree_path("state/positions.db"));
    snprintf(pattern, sizeof pattern, "%s", tree_path("*.log"));
    text = mem_zalloc(LINES + 16, LINE_BYTES);
    for (unsigned i = 0; i < LINES; i++)
        snprintf(text + (size_t)i * LINE_BYTES, LINE_BYTES + 1, "%063u\n", i);
}

static void tear_down(void)
{
    stop();
    input_kit_fini(&kit);
    tree_fell();
    mem_free(text);
    clock_real();
    log_level_set(LOG_INFO);
}

/* Until nothing is under way: rows are on the disk, and what is there was read. */
static void settle(void)
{
    for (unsigned i = 0; i < 100 || job_count(kit.loop) > 0; i++) {
        clock_advance_ms(POSITIONS_GAP_MS);
        loop_turn(kit.loop, job_count(kit.loop) > 0);
    }
}

/* What is there is read, then acknowledged; lent as by input_kit_records. */
static const char *read_all(void)
{
    const char *records;

    kit.is_holding = true;
    settle();
    records = input_kit_records(&kit);
    input_kit_settle(&kit);
    settle();
    return records;
}

/* All lines are read and acknowledged; then nobody looks while the file is compressed. */
static void read_and_leave(void)
{
    tree_write("app.log", text);
    start();
    (void)read_all();
    ck_assert_uint_eq(kit.input.metrics.records, LINES);
    stop();
    tree_remove("app.log");
    tree_write("app.log", "the next generation begins with this line\n");
}

static struct tail_file *packed_file(void)
{
    LIST_FOR (it, &self->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (f->source.fd >= 0 && f->source.reader.is_gzip)
            return f;
    }
    return NULL;
}

/* Turns until it stands where it was left; how many there were. */
static unsigned turns_until_proved(void)
{
    struct tail_file *f = packed_file();
    unsigned turns = 0;
    uint64_t before = 0;

    ck_assert_ptr_nonnull(f);
    kit.is_holding = true;
    for (; f != NULL && f->source.proof.is_due; f = packed_file(), turns++) {
        ck_assert_uint_le(f->source.reader.offset, before + TURN_BYTES_MAX);
        before = f->source.reader.offset;
        clock_advance_ms(1);
        loop_turn(kit.loop, false);
        ck_assert_uint_lt(turns, 1000);
    }
    return turns;
}

START_TEST(a_long_way_to_where_it_was_left_is_gone_a_little_at_each_turn)
{
    const char *records;

    read_and_leave();
    snprintf(text + (size_t)LINES * LINE_BYTES, 64, "what came later\n");
    tree_write_gzip(PACKED, text);
    start();
    ck_assert_uint_ge(turns_until_proved(), (unsigned)(LINES * LINE_BYTES / TURN_BYTES_MAX));
    records = read_all();
    ck_assert_ptr_nonnull(strstr(records, "what came later"));
    ck_assert_ptr_nonnull(strstr(records, "the next generation begins"));
    ck_assert_uint_eq(kit.input.metrics.records, LINES + 2);
    ck_assert_uint_eq(kit.input.metrics.lost_bytes, 0);
}
END_TEST

START_TEST(what_is_not_there_yet_is_unread)
{
    read_and_leave();
    snprintf(text + (size_t)LINES * LINE_BYTES, 64, "what came later\n");
    tree_write_gzip(PACKED, text);
    start();
    in_tail.refresh(self);
    ck_assert_uint_ge(kit.input.metrics.unread_bytes, 1);
    ck_assert_uint_eq(file_reader_size(&packed_file()->source.reader, 1 << 20),
                      (uint64_t)LINES * LINE_BYTES + 1);
}
END_TEST

/* As if no row were waited for any more: nothing is ready, and it is not at its place yet. */
START_TEST(nobody_exits_before_it_is_read)
{
    uint32_t waits;

    read_and_leave();
    tree_write_gzip(PACKED, text);
    exit_on_eof = "on";
    start();
    loop_turn(kit.loop, false);
    ck_assert(packed_file()->source.proof.is_due && self->names.is_first_scan_over);
    waits = self->followed.first_wait_count;
    self->followed.first_wait_count = 0;
    tail_exit_look(self, true);
    self->followed.first_wait_count = waits;
    ck_assert_uint_eq(kit.exit_count, 0);
    (void)turns_until_proved();
    (void)read_all();
    ck_assert_uint_eq(kit.exit_count, 1);
}
END_TEST

/* Its first bytes are the same, and those before the place are not. */
START_TEST(one_that_is_another_is_read_from_its_beginning)
{
    uint64_t before;

    read_and_leave();
    text[(size_t)LINES * LINE_BYTES - 5] = '!';
    tree_write_gzip(PACKED, text);
    before = kit.input.metrics.records;
    start();
    ck_assert_uint_gt(turns_until_proved(), 0);
    (void)read_all();
    ck_assert_uint_eq(kit.input.metrics.records - before, LINES + 1);
}
END_TEST

START_TEST(one_that_ends_before_is_read_from_its_beginning)
{
    uint64_t before;

    read_and_leave();
    text[(size_t)(LINES - 10) * LINE_BYTES] = '\0';
    tree_write_gzip(PACKED, text);
    before = kit.input.metrics.records;
    start();
    (void)turns_until_proved();
    (void)read_all();
    ck_assert_uint_eq(kit.input.metrics.records - before, LINES - 10 + 1);
}
END_TEST

/* Killed or stopped on the way, the next one has the same to prove. */
START_TEST(nothing_is_saved_of_it_on_the_way)
{
    read_and_leave();
    snprintf(text + (size_t)LINES * LINE_BYTES, 64, "what came later\n");
    tree_write_gzip(PACKED, text);
    start();
    loop_turn(kit.loop, false);
    kit.is_holding = true;
    ck_assert(packed_file()->source.proof.is_due);
    stop();
    text[(size_t)LINES * LINE_BYTES - 5] = '!';
    tree_write_gzip(PACKED, text);
    start();
    (void)turns_until_proved();
    (void)read_all();
    ck_assert_uint_gt(kit.input.metrics.records, 2 * LINES);
}
END_TEST

/* In its middle. */
static void damage(const char *name)
{
    static const char wrong[64] = "these are not the bytes that gzip has written here, all of them";
    FILE *file = fopen(tree_path(name), "r+b");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    ck_assert_int_eq(fseek(file, ftell(file) / 2, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(wrong, 1, sizeof wrong, file), sizeof wrong);
    ck_assert_int_eq(fclose(file), 0);
}

/* What follows that place is missing. */
START_TEST(one_that_is_damaged_on_the_way_keeps_nobody_waiting)
{
    uint64_t errors = kit.input.metrics.read_errors;

    read_and_leave();
    tree_write_gzip(PACKED, text);
    damage(PACKED);
    start();
    (void)turns_until_proved();
    (void)read_all();
    ck_assert_uint_eq(kit.input.metrics.records, LINES + 1);
    ck_assert_uint_gt(kit.input.metrics.read_errors, errors);
    in_tail.refresh(self);
    ck_assert_uint_eq(kit.input.metrics.unread_bytes, 0);
}
END_TEST

Suite *suite_plugins_in_tail_proof(void);

Suite *suite_plugins_in_tail_proof(void)
{
    Suite *suite = suite_create("plugins/in_tail_proof");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_long_way_to_where_it_was_left_is_gone_a_little_at_each_turn);
    tcase_add_test(tcase, what_is_not_there_yet_is_unread);
    tcase_add_test(tcase, nobody_exits_before_it_is_read);
    tcase_add_test(tcase, one_that_is_another_is_read_from_its_beginning);
    tcase_add_test(tcase, one_that_ends_before_is_read_from_its_beginning);
    tcase_add_test(tcase, nothing_is_saved_of_it_on_the_way);
    tcase_add_test(tcase, one_that_is_damaged_on_the_way_keeps_nobody_waiting);
    suite_add_tcase(suite, tcase);
    return suite;
}
