#include "plugins/out_file/append.h"
#include "plugins/out_file/destination.h"
#include "unit/plugins/file_kit.h"

#include <check.h>
#include <errno.h>
#include <unistd.h>

static struct file_kit kit;

static void set_up(void)
{
    clock_fake(1000, CHUNK_KIT_NS);
    file_kit_init(&kit);
}

static void tear_down(void)
{
    file_kit_fini(&kit);
    clock_real();
}

#define MAKE(...) FILE_KIT_MAKE(&kit, "format", "plain", "mkdir", "on", __VA_ARGS__)

static void write_lines(const char *lines)
{
    ck_assert_int_eq(file_kit_write(&kit, chunk_of_lines("a.b", lines)), VERDICT_DELIVERED);
}

static const char *content(const char *name)
{
    const char *text = tree_read(name, NULL);

    return text != NULL ? text : "(not there)";
}

/* Whether making it fails, and says this. */
static bool is_refused(const char *const *options, const char *text)
{
    return file_kit_make(&kit, options) == -EINVAL && plugin_report_says(&kit.plugin, text);
}

START_TEST(fields_and_parts_of_the_tag_name_files)
{
    MAKE("file", "$k['pod']/$TAG[1]-$n.log");
    write_lines("{\"n\":1,\"k\":{\"pod\":\"p\"}}\n{\"n\":2,\"k\":{\"pod\":\"q\"}}\n"
                "{\"n\":1,\"k\":{\"pod\":\"p\"}}\n");
    ck_assert_str_eq(content("p/b-1.log"), "{\"n\":1,\"k\":{\"pod\":\"p\"}}\n"
                                           "{\"n\":1,\"k\":{\"pod\":\"p\"}}\n");
    ck_assert_str_eq(content("q/b-2.log"), "{\"n\":2,\"k\":{\"pod\":\"q\"}}\n");
}
END_TEST

START_TEST(a_record_without_the_field_is_set_aside)
{
    MAKE("file", "$f");
    write_lines("{\"f\":\"x\"}\n{\"g\":1}\n{\"f\":\"x\"}\n");
    ck_assert_str_eq(content("x"), "{\"f\":\"x\"}\n{\"f\":\"x\"}\n");
    ck_assert_uint_eq(kit.states[0], RECORD_WAITING);
    ck_assert_uint_eq(kit.states[1], RECORD_SKIPPED);
    MAKE("file", "$f", "on_missing_field", "drop");
    write_lines("{\"g\":1}\n");
    ck_assert_uint_eq(kit.states[0], RECORD_SKIPPED);
}
END_TEST

START_TEST(a_record_without_the_field_may_fall_back)
{
    MAKE("file", "$f", "on_missing_field", "fallback", "fallback_file", "rest");
    write_lines("{\"g\":1}\n");
    ck_assert_str_eq(content("rest"), "{\"g\":1}\n");
    ck_assert_uint_eq(kit.states[0], RECORD_WAITING);
    MAKE("file", "$f", "on_missing_field", "fallback", "fallback_file", "rest", "fallback_path",
         tree_path("else"));
    write_lines("{\"g\":2}\n");
    ck_assert_str_eq(content("else/rest"), "{\"g\":2}\n");
}
END_TEST

START_TEST(no_field_leads_out_of_the_path)
{
    static const char *const bad[] = {
        "{\"f\":\"..\"}\n", "{\"f\":\"../x\"}\n", "{\"f\":\"x/..\"}\n",      "{\"f\":\".\"}\n",
        "{\"f\":\"\"}\n",   "{\"f\":\"x/\"}\n",   "{\"f\":\"a\\u0000b\"}\n", "{\"f\":\"a\\nb\"}\n",
    };

    MAKE("file", "$f", "on_missing_field", "fallback", "fallback_file", "rest");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        write_lines(bad[i]);
        ck_assert_msg(tree_has("rest"), "%s", bad[i]);
        ck_assert_int_eq(unlink(tree_path("rest")), 0);
    }
    write_lines("{\"f\":\"/etc/x\"}\n");
    ck_assert_str_eq(content("etc/x"), "{\"f\":\"/etc/x\"}\n");
}
END_TEST

START_TEST(there_are_only_so_many_dynamic_files)
{
    MAKE("file", "$f", "max_dynamic_files", "2", "on_limit_reached", "fallback", "fallback_file",
         "rest");
    write_lines("{\"f\":1}\n{\"f\":2}\n{\"f\":3}\n{\"f\":1}\n");
    ck_assert_str_eq(tree_list(), "1\n2\nrest\n");
    ck_assert_str_eq(content("rest"), "{\"f\":3}\n");

    clock_advance_ms(DESTINATION_IDLE_MS / 2);
    write_lines("{\"f\":2}\n");
    clock_advance_ms(DESTINATION_IDLE_MS / 2 + 1);
    write_lines("{\"f\":3}\n{\"f\":4}\n");
    ck_assert_str_eq(tree_list(), "1\n2\n3\nrest\n");
}
END_TEST

START_TEST(dates_are_those_of_the_record)
{
    MAKE("file", "$n.%Y%m%d-%H%M%S%%", "enable_strftime", "on");
    write_lines("{\"n\":\"%Y\"}\n{\"n\":2}\n");
    ck_assert_str_eq(tree_list(), "%Y.20231114-221320%\n2.20231114-221321%\n");
}
END_TEST

START_TEST(a_percent_sign_is_text_unless_asked_for)
{
    MAKE("file", "100%Y");
    write_lines("{}\n");
    ck_assert_str_eq(tree_list(), "100%Y\n");
}
END_TEST

START_TEST(mistakes_are_found_at_the_start)
{
    static const char *const no_fallback[] = {"file", "$f", "on_limit_reached", "fallback", NULL};
    static const char *const only_variable[] = {"path", "$f", NULL};
    static const char *const open_bracket[] = {"file", "$f['x", NULL};
    static const char *const long_date[] = {
        "file", "%A%A%A%A%A%A%A%A%A%A%A%A%A%A%A%A%A%A%A%A%A%A%A%A", "enable_strftime", "on", NULL};

    ck_assert(is_refused(no_fallback, "fallback_file is needed"));
    ck_assert(is_refused(only_variable, "must begin with a folder"));
    ck_assert(file_kit_make(&kit, open_bracket) == -EINVAL);
    ck_assert(is_refused(long_date, "makes a date of more than"));
}
END_TEST

START_TEST(a_tag_becomes_a_name)
{
    struct buffer name = {0};

    destination_of_tag(SLICE("kube.var/log/../\xc3\xa9 x:y-z_1/."), &name);
    ck_assert_str_eq(buffer_text(&name), "kube.var/log/_/___x_y-z_1/_");
    buffer_fini(&name);
}
END_TEST

START_TEST(what_somebody_else_appended_is_not_cut_off)
{
    struct appended done;
    int fd;

    ck_assert_int_eq(append_open(tree_path("t"), false, &fd), 0);
    ck_assert_int_eq(append_text(fd, SLICE("ours"), &done), 0);
    ck_assert_int_eq(append_take_back(tree_path("t"), &done), 0);
    ck_assert_str_eq(content("t"), "");
    ck_assert_int_eq(append_text(fd, SLICE("ours"), &done), 0);
    tree_append("t", "theirs");
    ck_assert_int_eq(append_take_back(tree_path("t"), &done), -EBUSY);
    ck_assert_str_eq(content("t"), "ourstheirs");
    close(fd);
    ck_assert_int_eq(unlink(tree_path("t")), 0);
    ck_assert_int_eq(append_take_back(tree_path("t"), &done), -ENOENT);
}
END_TEST

Suite *suite_plugins_out_file_destination(void)
{
    Suite *suite = suite_create("plugins/out_file_destination");
    TCase *names = tcase_create("names");

    tcase_add_checked_fixture(names, set_up, tear_down);
    tcase_add_test(names, fields_and_parts_of_the_tag_name_files);
    tcase_add_test(names, a_record_without_the_field_is_set_aside);
    tcase_add_test(names, a_record_without_the_field_may_fall_back);
    tcase_add_test(names, no_field_leads_out_of_the_path);
    tcase_add_test(names, there_are_only_so_many_dynamic_files);
    tcase_add_test(names, dates_are_those_of_the_record);
    tcase_add_test(names, a_percent_sign_is_text_unless_asked_for);
    tcase_add_test(names, mistakes_are_found_at_the_start);
    tcase_add_test(names, a_tag_becomes_a_name);
    tcase_add_test(names, what_somebody_else_appended_is_not_cut_off);
    suite_add_tcase(suite, names);
    return suite;
}
