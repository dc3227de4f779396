#include "base/memory.h"
#include "kit/stuck.h"
#include "plugins/in_tail/file.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/twin.h"
#include "plugins/in_tail/way.h"
#include "unit/plugins/long_kit.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

/* A long generation that gzip has compressed is brought to where it was left by a worker; meanwhile the
 * loop goes on. */

#define PACKED "app.log.20261121-01.gz"

static struct long_kit kit;

static void set_up(void)
{
    long_set_up(&kit);
}

static void tear_down(void)
{
    long_tear_down(&kit);
}

/* All lines are read and acknowledged; then nobody looks while the file is compressed. */
static void read_and_leave(void)
{
    tree_write("app.log", kit.text);
    long_start(&kit);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES);
    tail_kit_stop(&kit.tail);
    tree_remove("app.log");
    tree_write("app.log", "the next generation begins with this line\n");
}

static struct tail_file *packed_file(void)
{
    LIST_FOR (it, &kit.tail.self->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (f->source.fd >= 0 && f->source.reader.is_gzip)
            return f;
    }
    return NULL;
}

/* Turns until no file is on the way; how many there were. */
static unsigned turns_until_there(void)
{
    struct tail_file *f = packed_file();
    unsigned turns = 0;

    ck_assert_ptr_nonnull(f);
    kit.tail.kit.is_holding = true;
    for (; f != NULL && f->source.way != NULL; f = packed_file(), turns++) {
        clock_advance_ms(1);
        loop_turn(kit.tail.kit.loop, job_count(kit.tail.kit.loop) > 0);
        ck_assert_uint_lt(turns, 1000);
    }
    return turns;
}

static void pack_more(void)
{
    snprintf(kit.text + (size_t)LINES * LINE_BYTES, 64, "what came later\n");
    tree_write_gzip(PACKED, kit.text);
}

START_TEST(it_is_read_on_where_it_was_left)
{
    const char *records;

    read_and_leave();
    pack_more();
    long_start(&kit);
    ck_assert_ptr_nonnull(packed_file()->source.way);
    ck_assert_uint_gt(turns_until_there(), 0);
    records = long_read_all(&kit);
    ck_assert_ptr_nonnull(strstr(records, "what came later"));
    ck_assert_ptr_nonnull(strstr(records, "the next generation begins"));
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 2);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.lost_bytes, 0);
}
END_TEST

START_TEST(what_is_not_there_yet_is_unread)
{
    read_and_leave();
    pack_more();
    long_start(&kit);
    in_tail.refresh(kit.tail.self);
    ck_assert_uint_ge(kit.tail.kit.input.metrics.unread_bytes, 1);
    ck_assert_uint_eq(file_reader_size(&packed_file()->source.reader, 1 << 20),
                      (uint64_t)LINES * LINE_BYTES + 1);
}
END_TEST

START_TEST(nobody_exits_before_it_is_read)
{
    unsigned turns = 0;

    read_and_leave();
    pack_more();
    kit.exit_on_eof = "on";
    long_start(&kit);
    kit.tail.kit.is_holding = true;
    for (; kit.tail.kit.exit_count == 0; turns++) {
        clock_advance_ms(1);
        loop_turn(kit.tail.kit.loop, job_count(kit.tail.kit.loop) > 0);
        ck_assert_uint_lt(turns, 100000);
    }
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 2);
    (void)long_read_all(&kit);
}
END_TEST

/* Its first bytes are the same, and those before the place are not. */
START_TEST(one_that_is_another_is_read_from_its_beginning)
{
    uint64_t before;

    read_and_leave();
    kit.text[(size_t)LINES * LINE_BYTES - 5] = '!';
    tree_write_gzip(PACKED, kit.text);
    before = kit.tail.kit.input.metrics.records;
    long_start(&kit);
    ck_assert_uint_gt(turns_until_there(), 0);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records - before, LINES + 1);
}
END_TEST

START_TEST(one_that_ends_before_is_read_from_its_beginning)
{
    uint64_t before;

    read_and_leave();
    kit.text[(size_t)(LINES - 10) * LINE_BYTES] = '\0';
    tree_write_gzip(PACKED, kit.text);
    before = kit.tail.kit.input.metrics.records;
    long_start(&kit);
    (void)turns_until_there();
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records - before, LINES - 10 + 1);
}
END_TEST

/* Killed or stopped on the way, the next one has the same to prove. */
START_TEST(nothing_is_saved_of_it_on_the_way)
{
    read_and_leave();
    pack_more();
    long_start(&kit);
    kit.tail.kit.is_holding = true;
    ck_assert_ptr_nonnull(packed_file()->source.way);
    tail_kit_stop(&kit.tail);
    kit.text[(size_t)LINES * LINE_BYTES - 5] = '!';
    tree_write_gzip(PACKED, kit.text);
    long_start(&kit);
    (void)turns_until_there();
    (void)long_read_all(&kit);
    ck_assert_uint_gt(kit.tail.kit.input.metrics.records, 2 * LINES);
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
    uint64_t errors = kit.tail.kit.input.metrics.read_errors;

    read_and_leave();
    tree_write_gzip(PACKED, kit.text);
    damage(PACKED);
    long_start(&kit);
    (void)turns_until_there();
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 1);
    ck_assert_uint_gt(kit.tail.kit.input.metrics.read_errors, errors);
    in_tail.refresh(kit.tail.self);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.unread_bytes, 0);
}
END_TEST

/* It is followed under its own name, so it stays. */
START_TEST(one_that_was_damaged_is_read_on_when_good_bytes_are_in_their_place)
{
    snprintf(kit.tail.pattern, sizeof kit.tail.pattern, "%s", tree_path("*.gz"));
    tree_write_gzip(PACKED, kit.text);
    long_start(&kit);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES);
    tail_kit_stop(&kit.tail);
    pack_more();
    damage(PACKED);
    long_start(&kit);
    (void)long_read_all(&kit);
    ck_assert_int_eq(packed_file()->source.trouble.code, -EBADMSG);
    pack_more();
    clock_advance_ms(FILE_TROUBLE_WAIT_MAX_MS);
    (void)turns_until_there();
    ck_assert_ptr_nonnull(strstr(long_read_all(&kit), "what came later"));
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 1);
}
END_TEST

/* ---- all workers are stuck in what a disk does not finish ---- */

START_TEST(a_disk_that_does_not_answer_is_said_and_it_is_read_when_it_does)
{
    read_and_leave();
    pack_more();
    workers_stick(kit.tail.kit.loop);
    long_start(&kit);
    kit.tail.kit.is_holding = true;
    long_pass_ms(&kit, 29000);
    ck_assert_int_eq(packed_file()->source.trouble.code, 0);
    long_pass_ms(&kit, 1001);
    ck_assert_int_eq(packed_file()->source.trouble.code, UV_ETIMEDOUT);
    ck_assert_ptr_nonnull(packed_file()->source.way);
    workers_free(kit.tail.kit.loop);
    (void)long_read_all(&kit);
    ck_assert_int_eq(packed_file() == NULL ? 0 : packed_file()->source.trouble.code, 0);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 2);
}
END_TEST

/* What a worker does for a tail that is gone is forgotten. */
START_TEST(a_tail_that_stops_waits_for_no_worker)
{
    read_and_leave();
    pack_more();
    workers_stick(kit.tail.kit.loop);
    long_start(&kit);
    ck_assert_ptr_nonnull(kit.tail.self->ways.now);
    tail_kit_stop(&kit.tail);
    ck_assert_uint_gt(job_count(kit.tail.kit.loop), STUCK_JOBS);
    workers_free(kit.tail.kit.loop);
    long_start(&kit);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 2);
}
END_TEST

/* ---- the configuration is read again ---- */

static void hand_on(void)
{
    kit.tail.kit.input.is_replaced = true;
    tail_kit_stop(&kit.tail);
    kit.tail.kit.input.is_replaced = false;
    kit.tail.kit.input.since_ns = clock_wall_ns();
    long_start(&kit);
}

START_TEST(who_takes_over_proves_it_though_it_is_deleted_meanwhile)
{
    read_and_leave();
    pack_more();
    long_start(&kit);
    ck_assert_ptr_nonnull(packed_file()->source.way);
    tree_remove(PACKED);
    hand_on();
    ck_assert_ptr_nonnull(tail_way_unproved(packed_file()));
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 2);
}
END_TEST

START_TEST(who_takes_over_sees_that_it_is_another)
{
    uint64_t before;

    read_and_leave();
    kit.text[(size_t)LINES * LINE_BYTES - 5] = '!';
    tree_write_gzip(PACKED, kit.text);
    before = kit.tail.kit.input.metrics.records;
    long_start(&kit);
    hand_on();
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records - before, LINES + 1);
}
END_TEST

/* ---- several ---- */

/* What is left of them all, with the first bytes that make them differ. */
static void read_three_and_leave(void)
{
    static const char *const names[] = {"a.log", "b.log", "c.log"};

    for (unsigned i = 0; i < 3; i++) {
        kit.text[0] = names[i][0];
        kit.text[(size_t)(i == 2 ? LINES / 8 : LINES) * LINE_BYTES] = '\0';
        tree_write(names[i], kit.text);
    }
    long_start(&kit);
    (void)long_read_all(&kit);
    tail_kit_stop(&kit.tail);
    for (unsigned i = 0; i < 3; i++) {
        char *packed = mem_format("%s.1.gz", names[i]);

        kit.text[0] = names[i][0];
        kit.text[(size_t)LINES / 8 * LINE_BYTES] = '0';
        if (i < 2)
            snprintf(kit.text + (size_t)LINES * LINE_BYTES, 64, "what came later\n");
        else
            snprintf(kit.text + (size_t)LINES / 8 * LINE_BYTES, 64, "what came later\n");
        tree_write_gzip(packed, kit.text);
        tree_write(names[i], "next\n");
        mem_free(packed);
    }
}

static struct tail_file *file_on_the_way(char first)
{
    LIST_FOR (it, &kit.tail.self->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (f->source.way != NULL && strrchr(f->log.path, '/')[1] == first)
            return f;
    }
    return NULL;
}

/* So an agent that is killed again and again gets some of them done each time. */
START_TEST(of_several_one_is_gone_at_a_time_and_the_shortest_is_next)
{
    read_three_and_leave();
    kit.tail.kit.is_holding = true;
    long_start(&kit);
    for (unsigned i = 0; i < 10000 && file_on_the_way('c') != NULL; i++) {
        ck_assert(file_on_the_way('a') != NULL || file_on_the_way('b') != NULL);
        loop_turn(kit.tail.kit.loop, true);
    }
    ck_assert_ptr_null(file_on_the_way('c'));
    ck_assert((file_on_the_way('a') != NULL) + (file_on_the_way('b') != NULL) >= 1);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, 2 * LINES + LINES / 8 + 6);
}
END_TEST

/* That there are no descriptors is not said of each file. */
static bool is_in_trouble(char first)
{
    const struct tail_file *f = file_on_the_way(first);

    return f != NULL && f->source.trouble.count > 0;
}

static bool any_in_trouble(void)
{
    return is_in_trouble('a') || is_in_trouble('b') || is_in_trouble('c');
}

START_TEST(without_a_descriptor_it_is_tried_again)
{
    struct rlimit before, none;

    read_three_and_leave();
    kit.tail.kit.is_holding = true;
    long_start(&kit);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){1, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    for (unsigned i = 0; i < 10000 && !any_in_trouble(); i++)
        loop_turn(kit.tail.kit.loop, true);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert(any_in_trouble());
    long_pass_ms(&kit, 5000);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, 2 * LINES + LINES / 8 + 6);
}
END_TEST

/* ---- one that gzip has made before anybody looked ---- */

static void log_rotate(void)
{
    kit.tail.kit.is_holding = true;
    tree_rename("app.log", "app.log.1");
    tree_write_gzip("app.log.1.gz", kit.text);
    tree_remove("app.log.1");
    tree_write("app.log", "next\n");
}

/* A few bytes of it were there when it was opened; written, renamed and compressed before it was looked at
 * again it is known by what it has, and is not read a second time as its .gz. */
START_TEST(what_was_written_since_tells_an_open_file_from_its_gzip)
{
    char first[] = "0000000000";

    tree_write("app.log", first);
    long_start(&kit);
    (void)long_read_all(&kit);
    tree_append("app.log", kit.text + strlen(first));
    log_rotate();
    long_pass_ms(&kit, 2000);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 1);
    ck_assert_ptr_null(packed_file());
}
END_TEST

/* It is looked at once more before we are told that it was renamed: nothing was truncated. */
START_TEST(a_log_that_was_renamed_just_now_has_no_copies)
{
    tree_write("app.log", "");
    long_start(&kit);
    (void)long_read_all(&kit);
    tree_append("app.log", kit.text);
    log_rotate();
    tail_file_touch(CONTAINER_OF(kit.tail.self->followed.files.next, struct tail_file, link));
    loop_turn(kit.tail.kit.loop, false);
    ck_assert_ptr_null(packed_file());
    long_pass_ms(&kit, 2000);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 1);
}
END_TEST

/* ---- one that is looked for in its .gz ---- */

/* The last line is not finished. What is read of it is put back where the file's only output falls behind,
 * which may be while a worker holds the two against each other. */
START_TEST(one_that_an_output_puts_back_meanwhile_goes_on_in_its_gzip)
{
    struct tail_file *f;

    snprintf(kit.text + (size_t)LINES * LINE_BYTES, 64, "the beginning");
    tree_write("app.log", kit.text);
    long_start(&kit);
    (void)long_read_all(&kit);
    f = CONTAINER_OF(kit.tail.self->followed.files.next, struct tail_file, link);
    ck_assert_uint_eq(f->source.state.unfinished_bytes, strlen("the beginning"));
    log_rotate();
    ck_assert(tail_twin_seek(f));
    f->source.state.unfinished_bytes = 0;
    f->source.state.read = f->origin.window.issued;
    while (f->ending.twin != NULL)
        loop_turn(kit.tail.kit.loop, true);
    ck_assert(f->source.reader.is_gzip);
    long_pass_ms(&kit, 2000);
    (void)long_read_all(&kit);
    long_pass_ms(&kit, 10000);
    (void)long_read_all(&kit);
    ck_assert_uint_eq(kit.tail.kit.input.metrics.records, LINES + 2);
}
END_TEST

/* Else nobody would ever read it: it is on no way, and no event comes for a file that is finished. */
START_TEST(one_that_is_put_back_to_its_beginning_is_read_at_once)
{
    struct follow_state state;
    struct tail_file *f;

    read_and_leave();
    pack_more();
    long_start(&kit);
    (void)turns_until_there();
    f = packed_file();
    ck_assert_ptr_nonnull(f);
    state = f->source.state;
    f->source.state.unfinished_bytes = 0;
    f->source.state.read = 0;
    ck_assert(!tail_way_is_due(f));
    ck_assert(file_reader_is_near(&f->source.reader, 0));
    f->source.state = state;
}
END_TEST

Suite *suite_plugins_in_tail_way(void);

Suite *suite_plugins_in_tail_way(void)
{
    Suite *suite = suite_create("plugins/in_tail_way");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, it_is_read_on_where_it_was_left);
    tcase_add_test(tcase, one_that_is_put_back_to_its_beginning_is_read_at_once);
    tcase_add_test(tcase, what_is_not_there_yet_is_unread);
    tcase_add_test(tcase, nobody_exits_before_it_is_read);
    tcase_add_test(tcase, one_that_is_another_is_read_from_its_beginning);
    tcase_add_test(tcase, one_that_ends_before_is_read_from_its_beginning);
    tcase_add_test(tcase, nothing_is_saved_of_it_on_the_way);
    tcase_add_test(tcase, one_that_is_damaged_on_the_way_keeps_nobody_waiting);
    tcase_add_test(tcase, one_that_was_damaged_is_read_on_when_good_bytes_are_in_their_place);
    tcase_add_test(tcase, a_disk_that_does_not_answer_is_said_and_it_is_read_when_it_does);
    tcase_add_test(tcase, a_tail_that_stops_waits_for_no_worker);
    tcase_add_test(tcase, without_a_descriptor_it_is_tried_again);
    tcase_add_test(tcase, who_takes_over_proves_it_though_it_is_deleted_meanwhile);
    tcase_add_test(tcase, who_takes_over_sees_that_it_is_another);
    tcase_add_test(tcase, of_several_one_is_gone_at_a_time_and_the_shortest_is_next);
    tcase_add_test(tcase, what_was_written_since_tells_an_open_file_from_its_gzip);
    tcase_add_test(tcase, a_log_that_was_renamed_just_now_has_no_copies);
    tcase_add_test(tcase, one_that_an_output_puts_back_meanwhile_goes_on_in_its_gzip);
    suite_add_tcase(suite, tcase);
    return suite;
}
