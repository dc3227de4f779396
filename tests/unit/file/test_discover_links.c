#include "unit/file/listener.h"

#include "loop/loop.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- links ---- */

static void link_world(void)
{
    tree_write("pods/p/0.log", "one\n");
    tree_link("pods/p/0.log", "containers/p.log");
    listen_to("containers/*.log");
    listener_hears("start containers/p.log;");
}

START_TEST(a_link_is_touched_by_its_target)
{
    link_world();
    tree_append("pods/p/0.log", "two\n");
    listener_hears("touched containers/p.log;");
    tree_write("pods/p/1.log", "");
    listener_hears("");
}
END_TEST

START_TEST(rotation_behind_a_link_replaces)
{
    link_world();
    tree_rename("pods/p/0.log", "pods/p/0.log.20261121-050000");
    tree_write("pods/p/0.log", "");
    listener_hears("replaced containers/p.log;");
}
END_TEST

START_TEST(a_link_knows_the_file_itself)
{
    link_world();
    ck_assert_str_eq(listener.last_real, tree_path("pods/p/0.log"));
    tree_write("b.log", "");
    tree_link("b.log", "containers/p.log");
    listener_hears("replaced containers/p.log;");
    ck_assert_str_eq(listener.last_real, tree_path("b.log"));
    tree_remove("containers/p.log");
    tree_write("containers/p.log", "");
    loop_turn(listener.loop, false);
    ck_assert_str_eq(listener.last_real, tree_path("containers/p.log"));
}
END_TEST

START_TEST(a_link_outlives_the_moment_without_a_target)
{
    link_world();
    tree_rename("pods/p/0.log", "pods/p/0.log.20261121-050000");
    listener_hears("gone containers/p.log;");
    ck_assert_uint_eq(discover_file_count(listener.discover), 0);
    tree_write("pods/p/0.log", "");
    listener_hears("found containers/p.log;");
}
END_TEST

START_TEST(a_link_that_points_elsewhere_replaces)
{
    link_world();
    tree_write("pods/q/0.log", "");
    tree_link("pods/q/0.log", "containers/p.log");
    listener_hears("replaced containers/p.log;");
    tree_append("pods/p/0.log", "x");
    listener_hears("");
    tree_append("pods/q/0.log", "x");
    listener_hears("touched containers/p.log;");
}
END_TEST

START_TEST(links_over_links_are_followed_to_the_end)
{
    tree_write("docker/id/id-json.log", "");
    tree_folder("containers");
    tree_link("docker/id/id-json.log", "pods/p/0.log");
    listen_to("containers/*.log");
    tree_link("pods/p/0.log", "containers/p.log");
    listener_hears("found containers/p.log;");
    tree_append("docker/id/id-json.log", "x");
    listener_hears("touched containers/p.log;");
}
END_TEST

START_TEST(two_links_to_one_file_are_both_touched)
{
    tree_write("real/a.log", "");
    tree_link("real/a.log", "x/1.log");
    tree_link("real/a.log", "x/2.log");
    listen_to("x/*.log");
    buffer_clear(&listener.heard);
    tree_append("real/a.log", "x");
    listener_hears_among("touched x/1.log;");
    listener_hears_among("touched x/2.log;");
    buffer_clear(&listener.heard);
    tree_remove("x/2.log");
    listener_hears("gone x/2.log;");
    tree_append("real/a.log", "x");
    listener_hears("touched x/1.log;");
}
END_TEST

START_TEST(a_link_into_nowhere_is_found_when_it_leads_somewhere)
{
    tree_folder("pods/p");
    tree_link("pods/p/0.log", "containers/p.log");
    listen_to("containers/*.log");
    listener_hears("");
    tree_write("pods/p/0.log", "");
    listener_hears("found containers/p.log;");
}
END_TEST

START_TEST(links_in_a_circle_are_no_files)
{
    tree_link("b.log", "a.log");
    tree_link("a.log", "b.log");
    listen_to("*.log");
    listener_hears("");
    ck_assert_uint_eq(discover_file_count(listener.discover), 0);
}
END_TEST

START_TEST(a_pod_that_went_leaves_nothing_behind)
{
    size_t before;

    tree_folder("pods");
    tree_folder("containers");
    listen_to("containers/*.log");
    before = discover_dir_count(listener.discover);
    tree_write("pods/p/0.log", "");
    tree_link("pods/p/0.log", "containers/p.log");
    listener_hears("found containers/p.log;");
    tree_remove("pods/p");
    listener_hears("gone containers/p.log;");
    tree_remove("containers/p.log");
    listener_hears("");
    ck_assert_uint_eq(discover_dir_count(listener.discover), before);
}
END_TEST

/* ---- polling ---- */

START_TEST(without_inotify_polling_tells_the_same)
{
    listener.is_poll_only = true;
    tree_write("a.log", "one\n");
    listen_to("*.log");
    ck_assert_uint_gt(discover_polled_count(listener.discover), 0);
    listener_hears("start a.log;");
    listener_hears("");
    tree_append("a.log", "two\n");
    listener_hears("touched a.log;");
    tree_write("b.log", "");
    listener_hears("found b.log;");
    tree_rename("b.log", "a.log");
    listener_hears("replaced a.log;gone b.log;");
    tree_remove("a.log");
    listener_hears("gone a.log;");
}
END_TEST

START_TEST(without_inotify_new_directories_are_found_too)
{
    listener.is_poll_only = true;
    tree_folder("pods");
    tree_folder("containers");
    listen_at(tree_path("pods/*/*.log"), NULL);
    tree_write("pods/p/0.log", "");
    listener_hears("found pods/p/0.log;");
    tree_remove("pods/p");
    listener_hears("gone pods/p/0.log;");
    tree_write("pods/p/0.log", "");
    listener_hears("found pods/p/0.log;");
}
END_TEST

START_TEST(without_inotify_links_are_followed_too)
{
    listener.is_poll_only = true;
    link_world();
    tree_append("pods/p/0.log", "two\n");
    listener_hears("touched containers/p.log;");
    tree_rename("pods/p/0.log", "pods/p/0.log.1");
    tree_write("pods/p/0.log", "three\n");
    listener_hears("replaced containers/p.log;");
}
END_TEST

START_TEST(a_directory_without_rights_is_found_into_when_they_come)
{
    if (geteuid() == 0) {
        fprintf(stderr, "left out: root may read every directory\n");
        return;
    }
    tree_write("x/a.log", "");
    ck_assert_int_eq(chmod(tree_path("x"), 0), 0);
    listen_to("x/*.log");
    listener_hears("");
    ck_assert_int_eq(chmod(tree_path("x"), 0755), 0);
    discover_scan(listener.discover);
    listener_hears("found x/a.log;");
}
END_TEST

START_TEST(thousands_of_files_are_found_and_let_go)
{
    char name[64];

    for (int i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "d%d/%d.log", i % 30, i);
        tree_write(name, "x");
    }
    listen_to("*/*.log");
    ck_assert_uint_eq(discover_file_count(listener.discover), 3000);
    buffer_clear(&listener.heard);
    discover_scan(listener.discover);
    listener_hears("");
}
END_TEST

Suite *suite_file_discover_links(void);

static TCase *part(Suite *suite, const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, listener_set_up, listener_tear_down);
    suite_add_tcase(suite, tcase);
    return tcase;
}

Suite *suite_file_discover_links(void)
{
    Suite *suite = suite_create("file/discover_links");
    TCase *links = part(suite, "links");
    TCase *polls = part(suite, "polls");
    TCase *many = part(suite, "many");

    tcase_add_test(links, a_link_is_touched_by_its_target);
    tcase_add_test(links, rotation_behind_a_link_replaces);
    tcase_add_test(links, a_link_knows_the_file_itself);
    tcase_add_test(links, a_link_outlives_the_moment_without_a_target);
    tcase_add_test(links, a_link_that_points_elsewhere_replaces);
    tcase_add_test(links, links_over_links_are_followed_to_the_end);
    tcase_add_test(links, two_links_to_one_file_are_both_touched);
    tcase_add_test(links, a_link_into_nowhere_is_found_when_it_leads_somewhere);
    tcase_add_test(links, links_in_a_circle_are_no_files);
    tcase_add_test(links, a_pod_that_went_leaves_nothing_behind);
    tcase_add_test(polls, without_inotify_polling_tells_the_same);
    tcase_add_test(polls, without_inotify_new_directories_are_found_too);
    tcase_add_test(polls, without_inotify_links_are_followed_too);
    tcase_add_test(polls, a_directory_without_rights_is_found_into_when_they_come);
    tcase_set_timeout(many, 300);
    tcase_add_test(many, thousands_of_files_are_found_and_let_go);
    return suite;
}
