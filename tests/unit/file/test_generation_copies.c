#include "file/generations.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "kit/tree.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE(n) "2026-11-21T05:00:0" #n ".000000001Z stdout F a line of this generation\n"

static struct generations generations;
static struct generation_saved saved[10];
static size_t saved_count;
static struct buffer words;

static void set_up(void)
{
    tree_plant();
    saved_count = 0;
}

static void tear_down(void)
{
    generations_free(&generations);
    buffer_fini(&words);
    tree_fell();
}

/* Remembers `offset` in the file as it is now; the row is the order of remembering, from 1. */
static struct generation_saved *save(const char *name, uint64_t offset)
{
    struct generation_saved *s = &saved[saved_count++];
    struct file_facts facts;
    int fd = tree_open(name);

    *s = (struct generation_saved){.key = (int64_t)saved_count, .offset = offset};
    ck_assert_int_eq(file_facts_read(fd, &facts), 0);
    ck_assert_int_eq(file_head_renew(fd, &s->identity), 0);
    s->identity.id = facts.id;
    close(fd);
    return s;
}

/* What kubelet does with a generation one rotation later. */
static void compress(const char *name, const char *text)
{
    char packed[200];

    snprintf(packed, sizeof packed, "%s.gz", name);
    tree_write_gzip(packed, text);
    tree_remove(name);
}

static void name_add(const char *path)
{
    const char *slash = strrchr(path, '/');

    buffer_append_format(&words, "%s%s", words.len > 0 ? " " : "", slash + 1);
}

/* "name@offset#row" of what is to be read, in order. */
static void expect_plan(const char *path, const char *text)
{
    struct generation_plan plan;

    generations_free(&generations);
    ck_assert_int_eq(generations_read(tree_path(path), &generations), 0);
    generation_plan(&generations, saved, saved_count, &plan);
    buffer_clear(&words);
    for (size_t i = 0; i < plan.count; i++) {
        const struct generation_read *r = &plan.reads[i];

        name_add(generations.items[r->index].path);
        buffer_append_format(&words, "@%d", (int)r->offset);
        if (r->key != 0)
            buffer_append_format(&words, "#%d", (int)r->key);
        if (r->is_new)
            buffer_append_text(&words, "?");
    }
    ck_assert_str_eq(buffer_text(&words), text);
}

static void age(const char *name, int64_t modified_s)
{
    struct timespec times[2] = {{.tv_sec = modified_s}, {.tv_sec = modified_s}};

    ck_assert_int_eq(utimensat(AT_FDCWD, tree_path(name), times, 0), 0);
}

START_TEST(a_copy_not_yet_truncated_is_not_read_though_an_older_one_is_known)
{
    tree_write("a.log.2", LINE(0));
    save("a.log.2", strlen(LINE(0)))->is_done = true;
    tree_write("a.log", LINE(1) LINE(2));
    save("a.log", 10);
    tree_write("a.log.1", LINE(1));
    expect_plan("a.log", "a.log@10#2");
}
END_TEST

/* It has the log's first bytes, and not those before its own end. */
START_TEST(a_generation_that_only_begins_as_the_log_does_is_read)
{
    tree_write("a.log.2", LINE(0));
    save("a.log.2", strlen(LINE(0)))->is_done = true;
    for (int i = 0; i < 20; i++) {
        tree_append("a.log", LINE(1));
        tree_append("a.log.1", LINE(1));
    }
    tree_append("a.log", LINE(2) LINE(4));
    save("a.log", 10);
    tree_append("a.log.1", LINE(3));
    expect_plan("a.log", "a.log.1@0 a.log@10#2");
}
END_TEST

/* More came after it was made, and was read. */
START_TEST(a_copy_is_read_no_further_than_it_goes)
{
    tree_write("a.log", LINE(1) LINE(2));
    save("a.log", strlen(LINE(1) LINE(2)));
    tree_write("a.log.1", LINE(1));
    tree_truncate("a.log", 0);
    tree_append("a.log", LINE(3));
    expect_plan("a.log", "a.log.1@66#1 a.log@0");
    saved[0].is_done = true;
    expect_plan("a.log", "a.log@0");
    tree_remove("a.log.1");
    tree_write_gzip("a.log.1.gz", LINE(1));
    expect_plan("a.log", "a.log@0");
}
END_TEST

/* Nothing tells what it became, but that it was written to since. */
START_TEST(a_file_that_nobody_could_open_is_read_when_it_has_another_number)
{
    struct generation_saved *s;

    tree_write("a.log.3", LINE(0));
    age("a.log.3", 1000);
    tree_write("a.log", LINE(1));
    s = save("a.log", 0);
    s->identity = (struct file_identity){.id = s->identity.id};
    s->is_untouched = true;
    s->known_ns = 2000 * NS_PER_S;
    compress("a.log", LINE(1));
    tree_rename("a.log.gz", "a.log.2.gz");
    tree_write("a.log.1", LINE(2));
    save("a.log.1", 10);
    tree_write("a.log", LINE(3));
    expect_plan("a.log", "a.log.2.gz@0 a.log.1@10#2 a.log@0");
}
END_TEST

START_TEST(a_row_with_a_print_comes_before_one_that_has_the_number_alone)
{
    struct generation_saved *s;

    tree_write("a.log.1", LINE(1) LINE(2));
    save("a.log.1", 10);
    s = save("a.log.1", 0);
    s->identity = (struct file_identity){.id = s->identity.id};
    tree_write("a.log", LINE(3));
    expect_plan("a.log", "a.log.1@10#1 a.log@0");
}
END_TEST

Suite *suite_file_generation_copies(void);
Suite *suite_file_generation_copies(void)
{
    Suite *suite = suite_create("file/generation_copies");
    TCase *plans = tcase_create("plans");

    tcase_add_checked_fixture(plans, set_up, tear_down);
    tcase_add_test(plans, a_copy_not_yet_truncated_is_not_read_though_an_older_one_is_known);
    tcase_add_test(plans, a_generation_that_only_begins_as_the_log_does_is_read);
    tcase_add_test(plans, a_copy_is_read_no_further_than_it_goes);
    tcase_add_test(plans, a_file_that_nobody_could_open_is_read_when_it_has_another_number);
    tcase_add_test(plans, a_row_with_a_print_comes_before_one_that_has_the_number_alone);
    suite_add_tcase(suite, plans);
    return suite;
}
