#include "kit/intake.h"
#include "kit/plugin.h"
#include "kit/tree.h"
#include "plugins/in_tail/ahead.h"
#include "plugins/in_tail/first.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/tail.h"

#include <check.h>
#include <stdio.h>

/* What is read of a file when it is looked at. */

#define SHORT "one\n"
#define LONG \
    "a line that is longer than the print of what stands before a place in a file is, by far\n"

extern const struct input_plugin in_tail;

static struct plugin_kit plugin;
static struct input_kit kit;
static struct tail *self;

static void set_up(void)
{
    char pattern[512];
    const char *const options[] = {"path", pattern, "read_from_head", "on", "inotify_watcher",
                                   "off",  NULL};

    log_level_set(LOG_OFF);
    clock_fake(5000, INT64_C(100) * NS_PER_S);
    input_kit_init(&kit, "app");
    tree_plant();
    snprintf(pattern, sizeof pattern, "%s", tree_path("*.log"));
    self = plugin_make(&plugin, in_tail.self_bytes, in_tail.options, options);
    ck_assert_int_eq(in_tail.init(self, &plugin.setup), 0);
}

static void tear_down(void)
{
    in_tail.stop(self);
    in_tail.fini(self);
    plugin_gone(&plugin, self);
    input_kit_fini(&kit);
    tree_fell();
    clock_real();
    log_level_set(LOG_INFO);
}

/* The file, read as far as it goes. */
static struct tail_file *followed(const char *content)
{
    tree_write("app.log", content);
    ck_assert_int_eq(in_tail.start(self, &kit.input, &plugin.report), 0);
    for (unsigned i = 0; i < 10; i++)
        loop_turn(kit.loop, false);
    return CONTAINER_OF(self->followed.files.next, struct tail_file, link);
}

static void expect_ahead(struct tail_file *f, const char *bytes)
{
    uint64_t from = tail_source_next(&f->source);
    size_t before;

    ck_assert_int_eq(tail_ahead_take(f, from, strlen(bytes), &before), (int64_t)strlen(bytes));
    ck_assert_uint_le(before, FILE_TAIL_BYTES_MAX);
    ck_assert_str_eq(buffer_text(&self->reading.bytes) + before, bytes);
}

/* The row of a database that was damaged, or that somebody else wrote to. */
START_TEST(a_print_of_more_bytes_than_were_read_is_of_other_bytes)
{
    struct tail_file *f = followed(SHORT);

    tree_append("app.log", "two\n");
    f->known.tail_print.len = (uint32_t)sizeof SHORT;
    ck_assert(tail_ahead_look(f, strlen(SHORT "two\n")));
}
END_TEST

/* Else bytes of another content could be read as if they followed those that were checked. */
START_TEST(what_was_checked_is_what_is_read_whatever_becomes_of_the_file)
{
    struct tail_file *f = followed(LONG);

    tree_append("app.log", "two\n");
    ck_assert(!tail_ahead_look(f, strlen(LONG "two\n")));
    tree_write("app.log", "other bytes, of which there are more than enough, and none is a line of "
                          "the one that was here before it\n");
    expect_ahead(f, "two\n");
    ck_assert(tail_ahead_look(f, 1000));
}
END_TEST

START_TEST(bytes_that_are_others_by_now_are_not_kept)
{
    struct tail_file *f = followed(LONG);

    tree_write("app.log", LONG "two\n");
    ck_assert(!tail_ahead_look(f, strlen(LONG "two\n")));
    tree_write("app.log", "b" LONG "two\n");
    ck_assert(tail_ahead_look(f, strlen("b" LONG "two\n")));
    ck_assert_ptr_null(self->reading.file);
}
END_TEST

START_TEST(a_file_that_ends_before_that_place_has_others)
{
    struct tail_file *f = followed(LONG);

    tree_write("app.log", SHORT);
    ck_assert(tail_ahead_look(f, strlen(LONG "two\n")));
}
END_TEST

START_TEST(an_unfinished_line_is_read_again_with_its_rest)
{
    struct tail_file *f = followed(SHORT "tw");

    ck_assert_uint_eq(f->source.state.unfinished_bytes, 2);
    tree_append("app.log", "o\n");
    ck_assert(!tail_ahead_look(f, strlen(SHORT "two\n")));
    expect_ahead(f, "two\n");
}
END_TEST

/* Few bytes tell little: those before them are at hand. */
START_TEST(the_print_of_a_short_line_is_of_what_stands_before_it_too)
{
    struct tail_file *f = followed(LONG);
    uint64_t size = strlen(LONG SHORT);

    tree_append("app.log", SHORT);
    ck_assert(!tail_ahead_look(f, size));
    ck_assert_int_eq(tail_file_read(f, size, false), strlen(SHORT));
    ck_assert_uint_eq(f->known.tail_print.len, FILE_TAIL_BYTES_MAX);
    ck_assert_int_eq(file_tail_check(f->source.fd, size, f->known.tail_print), 1);
}
END_TEST

START_TEST(nothing_is_read_ahead_that_could_not_be_kept)
{
    struct tail_file *f = followed(LONG);

    tree_append("app.log", SHORT);
    tail_file_wait(f, TAIL_WAIT_POD, 0);
    ck_assert(!tail_ahead_look(f, strlen(LONG SHORT)));
    ck_assert_ptr_null(self->reading.file);
    expect_ahead(f, SHORT);
}
END_TEST

Suite *suite_plugins_in_tail_ahead(void);

Suite *suite_plugins_in_tail_ahead(void)
{
    Suite *suite = suite_create("plugins/in_tail_ahead");
    TCase *use = tcase_create("use");

    tcase_add_checked_fixture(use, set_up, tear_down);
    tcase_add_test(use, a_print_of_more_bytes_than_were_read_is_of_other_bytes);
    tcase_add_test(use, what_was_checked_is_what_is_read_whatever_becomes_of_the_file);
    tcase_add_test(use, bytes_that_are_others_by_now_are_not_kept);
    tcase_add_test(use, a_file_that_ends_before_that_place_has_others);
    tcase_add_test(use, an_unfinished_line_is_read_again_with_its_rest);
    tcase_add_test(use, the_print_of_a_short_line_is_of_what_stands_before_it_too);
    tcase_add_test(use, nothing_is_read_ahead_that_could_not_be_kept);
    suite_add_tcase(suite, use);
    return suite;
}
