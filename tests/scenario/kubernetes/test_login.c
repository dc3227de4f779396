#include "kit/patience.h"
#include "plugins/filter_kubernetes/login.h"
#include "scenario/kubernetes/cluster.h"

#include <check.h>
#include <stdio.h>

/* What an API server is asked with, a token of a file or of a command; and by which name. */

/* However long it has failed. */
#define LONGEST_WAIT_MS 65000

static struct cluster c;

static void set_up(void)
{
    tree_plant();
    cluster_open(&c);
}

static void tear_down(void)
{
    cluster_close(&c);
    tree_fell();
}

static void put(const char *uid, const char *labels)
{
    kube_put(c.kube, &(struct kube_pod){.uid = uid, .labels = labels});
}

static char token_path[4096];

static void write_token(const char *text)
{
    tree_write("token", text);
}

static void token_begin(void)
{
    snprintf(token_path, sizeof token_path, "%s", tree_path("token"));
    c.settings.login.token_file = token_path;
    kube_token(c.kube, "first");
    write_token("first\n");
    cluster_begin(&c);
    cluster_await_watch(&c);
}

START_TEST(a_token_is_read_again_when_it_was_replaced)
{
    token_begin();
    cluster_pass_ms(&c, 60000);
    kube_token(c.kube, "second");
    write_token("second one is longer");
    write_token("second");
    kube_end_watches(c.kube);
    cluster_await(&c, KUBE_WATCH, 2, 3000);
    ck_assert_ptr_nonnull(strstr(kube_last(c.kube), "Authorization: Bearer second\r\n"));
    ck_assert_uint_eq(kube_watching(c.kube), 1);
}
END_TEST

START_TEST(a_refused_token_is_read_again_at_once_and_then_slowly)
{
    token_begin();
    cluster_pass_ms(&c, 60000);
    kube_token(c.kube, "second");
    kube_end_watches(c.kube);
    cluster_await(&c, KUBE_WATCH, 2, 3000);
    cluster_pass_ms(&c, 60000);
    ck_assert_uint_le(kube_count(c.kube, KUBE_WATCH), 20);
    write_token("second");
    cluster_pass_ms(&c, LONGEST_WAIT_MS);
    ck_assert_uint_eq(kube_watching(c.kube), 1);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 1);
}
END_TEST

START_TEST(a_command_prints_the_token)
{
    c.settings.login.token_command = (char *)(uintptr_t) "printf ' first '";
    kube_token(c.kube, "first");
    put("u1", "");
    cluster_begin(&c);
    while (kube_watching(c.kube) == 0) {
        clock_advance_ms(100);
        loop_turn(c.loop, job_count(c.loop) > 0);
    }
    cluster_settle(&c);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
}
END_TEST

START_TEST(a_command_that_fails_is_no_end)
{
    c.settings.login.token_command = (char *)(uintptr_t) "exit 3";
    put("u1", "");
    cluster_begin(&c);
    while (kube_watching(c.kube) == 0) {
        clock_advance_ms(100);
        loop_turn(c.loop, job_count(c.loop) > 0);
    }
    ck_assert_uint_eq(kube_count(c.kube, KUBE_LIST), 1);
}
END_TEST

static unsigned runs(void)
{
    char text[256] = "";
    FILE *file = fopen(tree_path("runs"), "r");
    size_t len = file != NULL ? fread(text, 1, sizeof text, file) : 0;

    if (file != NULL)
        fclose(file);
    return (unsigned)len;
}

/* The token's time is ten minutes, and there is none. */
START_TEST(a_command_that_failed_is_run_again_soon)
{
    char command[5000];

    snprintf(command, sizeof command, "printf x >> %s; exit 3", tree_path("runs"));
    c.settings.login.token_command = command;
    cluster_begin(&c);
    while (kube_watching(c.kube) == 0) {
        clock_advance_ms(100);
        loop_turn(c.loop, job_count(c.loop) > 0);
    }
    ck_assert_uint_eq(runs(), 1);
    clock_advance_ms(LOGIN_AGAIN_MS);
    kube_end_watches(c.kube);
    while (kube_count(c.kube, KUBE_WATCH) < 2) {
        clock_advance_ms(100);
        loop_turn(c.loop, job_count(c.loop) > 0);
    }
    ck_assert_uint_eq(runs(), 2);
}
END_TEST

START_TEST(a_command_is_run_again_when_its_token_is_old)
{
    char command[5000];

    snprintf(command, sizeof command, "printf x >> %s; echo t", tree_path("runs"));
    c.settings.login.token_command = command;
    c.settings.login.token_ttl_ms = 60000;
    cluster_begin(&c);
    while (kube_watching(c.kube) == 0) {
        clock_advance_ms(100);
        loop_turn(c.loop, job_count(c.loop) > 0);
    }
    kube_end_watches(c.kube);
    cluster_await(&c, KUBE_WATCH, 2, 15000);
    ck_assert_uint_eq(runs(), 1);
    clock_advance_ms(60000);
    kube_end_watches(c.kube);
    while (kube_count(c.kube, KUBE_WATCH) < 3) {
        clock_advance_ms(100);
        loop_turn(c.loop, job_count(c.loop) > 0);
    }
    ck_assert_uint_eq(runs(), 2);
}
END_TEST

/* A name that no resolver has to ask anybody for. */
#define NO_NAME "0123456789012345678901234567890123456789012345678901234567890123456789.invalid"

static unsigned said(const char *words)
{
    unsigned count = 0;

    for (size_t i = 0; log_recent(i) != NULL; i++)
        count += strstr(log_recent(i), words) != NULL;
    return count;
}

static bool is_asked(void)
{
    struct source_counts counts = source_counts(c.source);

    return counts.lists > counts.unanswered;
}

START_TEST(a_name_that_is_not_found_is_looked_up_so_often_before_it_is_an_error)
{
    struct patience patience;

    c.settings.server.url = (char *)(uintptr_t) "http://" NO_NAME;
    c.settings.server.dns_retries = 3;
    c.settings.server.dns_wait_ms = 2000;
    ck_assert_int_eq(log_open("/dev/null"), 0);
    cluster_begin(&c);
    patience_begin(&patience, c.loop, "three tries");
    while (said("was not found 3 times") == 0) {
        ck_assert_uint_le(clock_ms(), 1000000 + 3000 + 3 * 2100);
        if (!is_asked())
            clock_advance_ms(100);
        cluster_settle(&c);
    }
    patience_end(&patience);
    log_close();
}
END_TEST

Suite *suite_kubernetes_login(void);

Suite *suite_kubernetes_login(void)
{
    Suite *suite = suite_create("kubernetes_login");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_token_is_read_again_when_it_was_replaced);
    tcase_add_test(tcase, a_refused_token_is_read_again_at_once_and_then_slowly);
    tcase_add_test(tcase, a_command_prints_the_token);
    tcase_add_test(tcase, a_command_that_fails_is_no_end);
    tcase_add_test(tcase, a_command_that_failed_is_run_again_soon);
    tcase_add_test(tcase, a_command_is_run_again_when_its_token_is_old);
    tcase_add_test(tcase, a_name_that_is_not_found_is_looked_up_so_often_before_it_is_an_error);
    suite_add_tcase(suite, tcase);
    return suite;
}
