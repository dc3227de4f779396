#include "kit/tail.h"
#include "plugins/in_tail/again.h"
#include "plugins/in_tail/file.h"
#include "plugins/in_tail/first.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/open.h"

#include <check.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

/* A file whose first read waits. */

#define POLL_MS 2000
#define RECORD_ONE "app 100.000000000 {\"log\":\"one\"}\n"

static struct tail_kit tail;

static void path_set(char *path, const char *name)
{
    snprintf(path, sizeof tail.db, "%s", tree_path(name));
}

static void set_up(void)
{
    tail_kit_plant(&tail);
    tree_write("app.log", "one\n");
    tail.db[0] = '\0';
    path_set(tail.pattern, "app.log");
}

static void tear_down(void)
{
    tail_kit_fell(&tail);
}

/* The file is open, and nothing of it was read. */
static struct tail_file *start(const char *exit_on_eof)
{
    tail_kit_start(&tail, (const char *const[]){"exit_on_eof", exit_on_eof, "rotate_wait", "1s",
                                                "refresh_interval", "2", NULL});
    return list_is_empty(&tail.self->followed.files)
               ? NULL
               : CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
}

static void turn(void)
{
    loop_turn(tail.kit.loop, false);
    loop_turn(tail.kit.loop, false);
}

static void pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    turn();
}

START_TEST(it_is_read_when_it_is_woken)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 0);
    turn();
    tree_append("app.log", "two\n");
    pass_ms(POLL_MS);
    ck_assert_str_eq(input_kit_records(&tail.kit), "");
    tail_file_wake(f, TAIL_WAIT_POD);
    turn();
    ck_assert_str_eq(input_kit_records(&tail.kit), "app 102.000000000 {\"log\":\"one\"}\n"
                                                   "app 102.000000000 {\"log\":\"two\"}\n");
}
END_TEST

START_TEST(it_waits_for_every_reason)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 0);
    tail_file_wait(f, TAIL_WAIT_ROW, 0);
    tail_file_wake(f, TAIL_WAIT_POD);
    turn();
    ck_assert_str_eq(input_kit_records(&tail.kit), "");
    tail_file_wake(f, TAIL_WAIT_ROW);
    turn();
    ck_assert_str_eq(input_kit_records(&tail.kit), RECORD_ONE);
    ck_assert_uint_eq(tail.self->followed.first_wait_count, 0);
}
END_TEST

/* Looks in between, here the file's own events, do not end it early. */
START_TEST(a_reason_that_has_a_time_is_over_by_itself)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 5000);
    for (unsigned second = 0; second < 4; second++) {
        tail_file_touch(f);
        pass_ms(1000);
        ck_assert_str_eq(input_kit_records(&tail.kit), "");
    }
    pass_ms(1000);
    ck_assert_str_eq(input_kit_records(&tail.kit), "app 105.000000000 {\"log\":\"one\"}\n");
}
END_TEST

START_TEST(the_time_of_one_reason_is_not_that_of_another)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 1000);
    tail_file_wait(f, TAIL_WAIT_ROW, 0);
    pass_ms(10000);
    ck_assert_str_eq(input_kit_records(&tail.kit), "");
    tail_file_wake(f, TAIL_WAIT_ROW);
    turn();
    ck_assert_str_eq(input_kit_records(&tail.kit), "app 110.000000000 {\"log\":\"one\"}\n");
}
END_TEST

START_TEST(what_was_deleted_meanwhile_is_read_whole)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 0);
    tree_remove("app.log");
    for (unsigned second = 0; second < 10; second++)
        pass_ms(1000);
    ck_assert_str_eq(input_kit_records(&tail.kit), "");
    tail_file_wake(f, TAIL_WAIT_POD);
    turn();
    ck_assert_str_eq(input_kit_records(&tail.kit), "app 110.000000000 {\"log\":\"one\"}\n");
}
END_TEST

START_TEST(exit_on_eof_waits_for_it)
{
    struct tail_file *f = start("on");

    tail_file_wait(f, TAIL_WAIT_POD, 0);
    pass_ms(POLL_MS);
    ck_assert_uint_eq(tail.kit.exit_count, 0);
    tail_file_wake(f, TAIL_WAIT_POD);
    turn();
    ck_assert_uint_eq(tail.kit.exit_count, 1);
    ck_assert_str_eq(input_kit_records(&tail.kit), "app 102.000000000 {\"log\":\"one\"}\n");
}
END_TEST

START_TEST(one_that_is_closed_waits_no_more)
{
    struct tail_file *f = start("off");

    tail_file_wait(f, TAIL_WAIT_POD, 1000);
    tail_file_close(f);
    ck_assert_uint_eq(tail.self->followed.first_wait_count, 0);
    pass_ms(1000);
    ck_assert_str_eq(input_kit_records(&tail.kit), "");
}
END_TEST

START_TEST(waking_for_nothing_is_nothing)
{
    struct tail_file *f = start("off");

    tail_file_wake(f, TAIL_WAIT_ROW | TAIL_WAIT_POD);
    turn();
    ck_assert_str_eq(input_kit_records(&tail.kit), RECORD_ONE);
}
END_TEST

/* ---- with a DB ---- */

#define LINE "a-line-that-is-long-enough-to-know-its-file-by"

static struct tail_file *start_with_db(void)
{
    path_set(tail.db, "tail.db");
    tree_remove("app.log");
    return start("off");
}

/* How many rows of this stream are on the disk, as anybody sees them who opens it; NULL: of any. */
static unsigned streams_on_disk(const uint64_t *id)
{
    sqlite3 *sqlite = NULL;
    sqlite3_stmt *query = NULL;
    unsigned count = 0;
    char sql[256], note[20] = "%";

    if (id != NULL)
        snprintf(note, sizeof note, "%016" PRIx64, *id);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM tailrace_files WHERE head_len > 0 AND note LIKE '%s' AND "
             "note NOT LIKE '0000000000000000%%'",
             note);
    ck_assert_int_eq(sqlite3_open_v2(tail.db, &sqlite, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(sqlite, sql, -1, &query, NULL), SQLITE_OK);
    if (sqlite3_step(query) == SQLITE_ROW)
        count = (unsigned)sqlite3_column_int(query, 0);
    sqlite3_finalize(query);
    sqlite3_close(sqlite);
    return count;
}

/* Turn by turn until the record comes; its row is on the disk before. */
static void expect_row_before_record(const uint64_t *id)
{
    bool was_there = false;

    for (;;) {
        const char *records = input_kit_records(&tail.kit);

        ck_assert(*records == '\0' || was_there);
        if (*records != '\0')
            return;
        was_there = streams_on_disk(id) > 0;
        clock_advance_ms(1);
        loop_turn(tail.kit.loop, job_count(tail.kit.loop) > 0);
    }
}

static void settle(void)
{
    for (unsigned i = 0; i < 50 || job_count(tail.kit.loop) > 0; i++) {
        clock_advance_ms(POSITIONS_GAP_MS);
        loop_turn(tail.kit.loop, job_count(tail.kit.loop) > 0);
    }
}

START_TEST(a_new_file_is_read_when_its_row_is_on_the_disk)
{
    start_with_db();
    settle();
    tree_write("app.log", LINE "\n");
    clock_advance_ms(POLL_MS);
    expect_row_before_record(NULL);
}
END_TEST

START_TEST(so_is_one_that_was_found_empty)
{
    start_with_db();
    tree_write("app.log", "");
    clock_advance_ms(POLL_MS);
    settle();
    ck_assert_uint_eq(streams_on_disk(NULL), 0);
    tree_append("app.log", LINE "\n");
    clock_advance_ms(POLL_MS);
    expect_row_before_record(NULL);
}
END_TEST

/* The first piece has no id; the id must not wait for the first ack to be saved. */
START_TEST(so_is_one_whose_first_line_comes_in_pieces)
{
    start_with_db();
    tree_write("app.log", LINE);
    clock_advance_ms(POLL_MS);
    settle();
    ck_assert_uint_eq(streams_on_disk(NULL), 0);
    tree_append("app.log", "\n");
    clock_advance_ms(POLL_MS);
    expect_row_before_record(NULL);
}
END_TEST

START_TEST(so_is_a_last_line_without_an_end)
{
    struct tail_file *f;

    start_with_db();
    tree_write("app.log", LINE);
    clock_advance_ms(POLL_MS);
    settle();
    f = CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
    ck_assert_uint_eq(f->source.state.read, strlen(LINE));
    tree_remove("app.log");
    clock_advance_ms(2000);
    expect_row_before_record(NULL);
}
END_TEST

static void write_lines(const char *name, const char *line, unsigned count)
{
    tree_write(name, "");
    while (count-- > 0)
        tree_append(name, line);
}

/* Truncated before anything of it was read: other documents, under another id, whether its first bytes
 * are as many as before or fewer. */
START_TEST(so_is_one_that_became_another_before_it_was_read)
{
    unsigned lines = _i == 0 ? 40 : 1;

    start_with_db();
    settle();
    write_lines("app.log", LINE "\n", 40);
    clock_advance_ms(POLL_MS);
    loop_turn(tail.kit.loop, false);
    ck_assert(!list_is_empty(&tail.self->followed.files));
    write_lines("app.log", "another-" LINE "\n", lines);
    settle();
    ck_assert_ptr_nonnull(strstr(input_kit_records(&tail.kit), "another-" LINE));
}
END_TEST

/* It was truncated; then lines came whose row could not be saved before the agent was killed. */
START_TEST(one_that_was_empty_when_it_was_saved_does_not_get_that_row_s_id)
{
    struct position position = {.row = 1, .offset = 0, .note = "00000000000000ff"};
    struct file_facts facts;
    struct tail_file *f;
    int fd = tree_open("app.log");

    path_set(tail.db, "tail.db");
    ck_assert_int_eq(file_facts_read(fd, &facts), 0);
    close(fd);
    (void)start("off");
    settle();
    position.name = tail.pattern;
    position.identity.id = facts.id;
    positions_set(tail.self->book.positions, &position);
    ck_assert_int_eq(positions_flush(tail.self->book.positions), 0);
    in_tail.stop(tail.self);
    positions_set(tail.self->book.positions, &position);
    in_tail.fini(tail.self);
    plugin_gone(&tail.plugin, tail.self);
    f = start("off");
    ck_assert_int_eq(f->known.row, 1);
    ck_assert_uint_ne(f->origin.id, 0);
    ck_assert_uint_ne(f->origin.id, 255);
}
END_TEST

/* The first line is too short to tell its file from others; the next ones make up for that, and wait
 * for it. */
START_TEST(a_file_with_a_short_first_line_waits_once_more)
{
    struct tail_file *f;

    start_with_db();
    tree_write("app.log", "short\n");
    clock_advance_ms(POLL_MS);
    expect_row_before_record(NULL);
    settle();
    f = CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
    ck_assert(!f->known.is_saved);
    tree_append("app.log", LINE "\n");
    clock_advance_ms(POLL_MS);
    while (!f->known.is_saved)
        loop_turn(tail.kit.loop, false);
    ck_assert_uint_ne(f->turn.first.waits, 0);
    ck_assert_str_eq(input_kit_records(&tail.kit), "");
    settle();
    ck_assert_str_ne(input_kit_records(&tail.kit), "");
}
END_TEST

START_TEST(one_that_has_such_a_row_does_not_wait)
{
    struct tail_file *f;

    start_with_db();
    tree_write("app.log", LINE "\n");
    clock_advance_ms(POLL_MS);
    expect_row_before_record(NULL);
    tree_append("app.log", "two\n");
    f = CONTAINER_OF(tail.self->followed.files.next, struct tail_file, link);
    tail_file_touch(f);
    loop_turn(tail.kit.loop, false);
    ck_assert_ptr_nonnull(strstr(input_kit_records(&tail.kit), "two"));
}
END_TEST

/* The table is gone: what is read goes out all the same. */
START_TEST(a_row_that_cannot_be_written_stops_nothing)
{
    sqlite3 *sqlite = NULL;

    start_with_db();
    settle();
    ck_assert_int_eq(sqlite3_open(tail.db, &sqlite), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(sqlite, "DROP TABLE tailrace_files;", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(sqlite);
    tree_write("app.log", LINE "\n");
    clock_advance_ms(POLL_MS);
    settle();
    ck_assert_ptr_nonnull(strstr(input_kit_records(&tail.kit), LINE));
}
END_TEST

START_TEST(files_that_come_together_share_their_writes)
{
    struct positions_stats before, after;

    path_set(tail.pattern, "*.log");
    start_with_db();
    settle();
    positions_stats(tail.self->book.positions, &before);
    for (unsigned i = 0; i < 200; i++) {
        char name[16];

        snprintf(name, sizeof name, "n%u.log", i);
        tree_write(name, LINE "\n");
    }
    clock_advance_ms(POLL_MS);
    settle();
    positions_stats(tail.self->book.positions, &after);
    ck_assert_uint_le(after.flushes - before.flushes, 4);
    ck_assert_uint_eq(streams_on_disk(NULL), 200);
}
END_TEST

/* ---- generations that cannot be opened ---- */

/* They are looked for again, and nothing is in the way any more. */
START_TEST(what_is_in_the_way_is_unread_until_it_is_not)
{
    char path[512];
    struct found_file name = {.path = path, .real = path};

    path_set(path, "app.log");
    start("off");
    turn();
    (void)input_kit_records(&tail.kit);
    tail_again_note(tail.self, &name, path, UV_EMFILE);
    tail_again_owe(tail.self, &name, 40);
    in_tail.refresh(tail.self);
    ck_assert_uint_eq(tail.kit.input.metrics.unread_bytes, 40);
    pass_ms(60000);
    in_tail.refresh(tail.self);
    ck_assert_uint_eq(tail.kit.input.metrics.unread_bytes, 0);
}
END_TEST

Suite *suite_plugins_in_tail_first(void);
Suite *suite_plugins_in_tail_first(void)
{
    Suite *suite = suite_create("plugins/in_tail_first");
    TCase *t = tcase_create("a file whose first read waits");
    TCase *row = tcase_create("for its row");
    TCase *again = tcase_create("generations that cannot be opened");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, it_is_read_when_it_is_woken);
    tcase_add_test(t, it_waits_for_every_reason);
    tcase_add_test(t, a_reason_that_has_a_time_is_over_by_itself);
    tcase_add_test(t, the_time_of_one_reason_is_not_that_of_another);
    tcase_add_test(t, what_was_deleted_meanwhile_is_read_whole);
    tcase_add_test(t, exit_on_eof_waits_for_it);
    tcase_add_test(t, one_that_is_closed_waits_no_more);
    tcase_add_test(t, waking_for_nothing_is_nothing);
    tcase_add_checked_fixture(row, set_up, tear_down);
    tcase_add_test(row, a_new_file_is_read_when_its_row_is_on_the_disk);
    tcase_add_test(row, so_is_one_that_was_found_empty);
    tcase_add_test(row, so_is_one_whose_first_line_comes_in_pieces);
    tcase_add_test(row, so_is_a_last_line_without_an_end);
    tcase_add_loop_test(row, so_is_one_that_became_another_before_it_was_read, 0, 2);
    tcase_add_test(row, one_that_was_empty_when_it_was_saved_does_not_get_that_row_s_id);
    tcase_add_test(row, a_file_with_a_short_first_line_waits_once_more);
    tcase_add_test(row, one_that_has_such_a_row_does_not_wait);
    tcase_add_test(row, a_row_that_cannot_be_written_stops_nothing);
    tcase_add_test(row, files_that_come_together_share_their_writes);
    suite_add_tcase(suite, t);
    tcase_add_checked_fixture(again, set_up, tear_down);
    tcase_add_test(again, what_is_in_the_way_is_unread_until_it_is_not);
    suite_add_tcase(suite, row);
    suite_add_tcase(suite, again);
    return suite;
}
