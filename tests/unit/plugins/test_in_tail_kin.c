#include "base/memory.h"
#include "kit/tail.h"
#include "plugins/in_tail/file.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Which generation a line that rotation parted goes on in, when one of them cannot be read. */

#define POLL_MS 2000
#define PIECE(text) "{\"log\":\"" text "\"}\n"
#define LAST(text) "{\"log\":\"" text "\\n\"}\n"

static struct tail_kit tail;
static const char *joins, *joined_by;

static void set_up(void)
{
    tail_kit_plant(&tail);
    joins = "docker_mode";
    joined_by = "on";
}

static void tear_down(void)
{
    tail_kit_fell(&tail);
}

static void start(void)
{
    tail_kit_start(&tail, (const char *const[]){"rotate_wait", "5s", joins, joined_by, NULL});
}

/* The configuration is read again. */
static void hand_over(void)
{
    positions_keep(true);
    tail.kit.input.is_replaced = true;
    tail_kit_stop(&tail);
    tail.kit.input.is_replaced = false;
    tail.kit.input.since_ns = clock_wall_ns();
    start();
    positions_keep(false);
}

/* What is there by then was found and, where it can be, read; its rows are on the disk. */
static void pass_ms(uint64_t ms)
{
    for (uint64_t at = 0; at < ms || job_count(tail.kit.loop) > 0; at += POSITIONS_GAP_MS) {
        clock_advance_ms(POSITIONS_GAP_MS);
        loop_turn(tail.kit.loop, job_count(tail.kit.loop) > 0);
    }
}

static void expect_records(const char *first, const char *second)
{
    const char *records = input_kit_records(&tail.kit);
    const char *at = strstr(records, first);

    ck_assert_msg(at != NULL, "%s is not in %s", first, records);
    ck_assert_msg(strstr(at, second) != NULL, "%s does not follow in %s", second, records);
}

/* Its size and its numbers can be asked for, its bytes cannot. */
static void source_open(struct tail_file *f, const char *name, int flags)
{
    int fd = open(tree_path(name), flags | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_ge(dup2(fd, f->source.fd), 0);
    close(fd);
}

static struct tail_file *youngest(void)
{
    return CONTAINER_OF(tail.self->followed.files.prev, struct tail_file, link);
}

/* The one after it, which did not wait for it, is read and closed: the next is not its next. Found by the
 * simulation, SIM_TROUBLE seed 64608. */
START_TEST(a_file_that_could_not_be_read_does_not_go_on_in_the_one_after_the_next)
{
    struct tail_file *elder;

    tree_write("app.log", LAST("before"));
    start();
    pass_ms(POLL_MS);
    elder = youngest();
    source_open(elder, "app.log", O_WRONLY);
    tree_append("app.log", PIECE("one,"));
    tree_rename("app.log", "app.log.2");
    tree_write("app.log", LAST("two"));
    pass_ms(2 * POLL_MS);
    expect_records("before", "two");
    ck_assert(youngest()->kin.is_first);
    tree_rename("app.log", "app.log.1");
    pass_ms(10 * POLL_MS);
    ck_assert_uint_eq(tail.kit.input.metrics.files_closed, 1);
    tree_write("app.log", "");
    pass_ms(2 * POLL_MS);
    source_open(elder, "app.log.2", O_RDONLY);
    while (elder->source.trouble.code != 0)
        pass_ms(100);
    tree_append("app.log", LAST("three"));
    pass_ms(10 * POLL_MS);
    expect_records("three", "one,");
}
END_TEST

/* The log itself, handed on, is no generation before it, though its name is yet to be found. SIM_PIECES
 * SIM_TROUBLE seed 56007. */
START_TEST(a_generation_that_is_found_after_a_reload_does_not_go_on_from_the_log)
{
    tail.kit.is_holding = true;
    tree_write("app.log", LAST("two"));
    start();
    pass_ms(POLL_MS);
    tail_kit_stop(&tail);
    tree_rename("app.log", "hidden");
    tree_write("app.log", PIECE("one,"));
    start();
    pass_ms(POLL_MS);
    tree_rename("hidden", "app.log.1");
    (void)input_kit_records(&tail.kit);
    hand_over();
    pass_ms(10 * POLL_MS);
    expect_records("two", "one,");
}
END_TEST

/* The next one had none of it, and is done with; the first is read again. SIM_PIECES seed 84051. */
START_TEST(a_file_whose_next_was_read_does_not_go_on_in_the_one_after_it_when_it_is_read_again)
{
    struct chunk *first;

    tail.kit.is_holding = true;
    tree_write("app.log", LAST("before") PIECE("one,"));
    start();
    pass_ms(POLL_MS);
    tree_rename("app.log", "app.log.2");
    pass_ms(3 * POLL_MS);
    expect_records("before", "one,");
    ck_assert_uint_eq(tail.kit.held_count, 1);
    first = tail.kit.held[--tail.kit.held_count];
    tail.kit.is_holding = false;
    tree_write("app.log", LAST("two"));
    pass_ms(2 * POLL_MS);
    expect_records("two", "");
    tree_rename("app.log", "app.log.1");
    pass_ms(5 * POLL_MS);
    ck_assert_uint_eq(tail.kit.input.metrics.files_closed, 1);
    tree_write("app.log", "");
    pass_ms(2 * POLL_MS);
    tree_append("app.log", LAST("three"));
    hand_over();
    pass_ms(10 * POLL_MS);
    expect_records("three", "one,");
    tail.kit.held[tail.kit.held_count++] = first;
}
END_TEST

/* ---- what was lent waits, and the next one has records ---- */

#define CRI "2026-11-21T08:18:54.000000000Z "
#define WAITING_BYTES 6000

/* "app.log.1" ends with a long piece of one stream, "app.log" has a whole line of the other. */
static struct tail_file *lent_heir(void)
{
    char *piece = mem_format(CRI "stdout P %0*d\n", WAITING_BYTES, 0);

    joins = "multiline.parser";
    joined_by = "cri";
    tree_write("app.log", CRI "stdout F before\n");
    start();
    pass_ms(POLL_MS);
    tree_append("app.log", piece);
    pass_ms(POLL_MS / 2);
    tree_rename("app.log", "app.log.1");
    tree_write("app.log", CRI "stderr F two\n");
    pass_ms(POLL_MS);
    expect_records("before", "two");
    ck_assert_ptr_nonnull(youngest()->kin.lender);
    ck_assert_uint_eq(youngest()->origin.window.issued, 0);
    mem_free(piece);
    return youngest();
}

/* Or an output that fell behind would join there, and never have it. SIM_PIECES seed 96400. */
START_TEST(a_record_before_which_nothing_counts_as_done_is_one_that_reaches_over_that)
{
    struct tail_file *heir = lent_heir();

    ck_assert_uint_gt(heir->lines.joined_to, heir->origin.window.issued);
}
END_TEST

/* Or it would be held for ever. SIM_PIECES seed 96400. */
START_TEST(a_file_is_done_with_when_what_it_was_lent_went_on_for_want_of_memory)
{
    struct tail_file *heir = lent_heir();

    tail.kit.budget.limit_bytes = tail.kit.budget.waiting_bytes * 3 / 2;
    tail.kit.budget.has_guest = true; /* another input's */
    tree_write("web.log", CRI "stdout P other\n");
    discover_scan(tail.self->names.discover);
    pass_ms(100);
    ck_assert_ptr_null(heir->lines.joiner);
    ck_assert_uint_eq(heir->origin.window.issued, heir->source.state.read);
    tail.kit.budget.has_guest = false;
    tail.kit.budget.limit_bytes = 0;
}
END_TEST

Suite *suite_plugins_in_tail_kin(void);
Suite *suite_plugins_in_tail_kin(void)
{
    Suite *suite = suite_create("plugins/in_tail_kin");
    TCase *t = tcase_create("kin");

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_file_that_could_not_be_read_does_not_go_on_in_the_one_after_the_next);
    tcase_add_test(t, a_generation_that_is_found_after_a_reload_does_not_go_on_from_the_log);
    tcase_add_test(
        t, a_file_whose_next_was_read_does_not_go_on_in_the_one_after_it_when_it_is_read_again);
    tcase_add_test(t, a_record_before_which_nothing_counts_as_done_is_one_that_reaches_over_that);
    tcase_add_test(t, a_file_is_done_with_when_what_it_was_lent_went_on_for_want_of_memory);
    suite_add_tcase(suite, t);
    return suite;
}
