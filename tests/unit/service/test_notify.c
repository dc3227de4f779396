#include "service/notify.h"

#include "base/clock.h"
#include "base/log.h"
#include "kit/tree.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* systemd's end is a socket of the test's. Time is the test's. */

#define MESSAGE_BYTES_MAX 512

static struct loop *loop;
static struct notify *notify;
static int manager;
static char message[MESSAGE_BYTES_MAX];

static void manager_open(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);

    ck_assert_uint_lt(len, sizeof address.sun_path);
    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_ge(manager, 0);
    ck_assert_int_eq(bind(manager, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
                     0);
    setenv("NOTIFY_SOCKET", path, 1);
}

/* What systemd has heard since; "" is nothing. */
static const char *heard(void)
{
    ssize_t len = recv(manager, message, sizeof message - 1, 0);

    message[len < 0 ? 0 : len] = '\0';
    return message;
}

static void setup(void)
{
    tree_plant();
    clock_fake(1000, 0);
    log_level_set(LOG_OFF);
    loop = loop_new();
    manager = -1;
}

static void teardown(void)
{
    notify_free(&notify);
    loop_turn(loop, false);
    loop_free(&loop);
    if (manager >= 0)
        close(manager);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    clock_real();
    log_level_set(LOG_INFO);
    tree_fell();
}

static void pass_ms(uint64_t by_ms)
{
    clock_advance_ms(by_ms);
    loop_turn(loop, false);
}

START_TEST(where_nobody_listens_nothing_is_done)
{
    notify = notify_new(loop);

    ck_assert_ptr_null(notify);
    notify_ready(notify, "running");
    notify_reloading(notify);
    notify_stopping(notify, 1);
}
END_TEST

START_TEST(systemd_hears_each_step_of_a_life)
{
    manager_open(tree_path("notify"));
    notify = notify_new(loop);

    notify_ready(notify, "running");
    ck_assert_str_eq(heard(), "READY=1\nSTATUS=running");
    notify_reloading(notify);
    ck_assert_ptr_nonnull(strstr(heard(), "RELOADING=1\n"));
    notify_stopping(notify, 12000);
    ck_assert_ptr_nonnull(strstr(heard(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=12000000\n"));
    ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(an_abstract_socket_is_one_too)
{
    char name[64];

    (void)snprintf(name, sizeof name, "@tailrace-test-%ld", (long)getpid());
    manager_open(name);
    notify = notify_new(loop);

    notify_ready(notify, "running");
    ck_assert_str_eq(heard(), "READY=1\nSTATUS=running");
}
END_TEST

START_TEST(what_the_agent_starts_does_not_speak_for_it)
{
    manager_open(tree_path("notify"));
    setenv("WATCHDOG_USEC", "2000000", 1);
    notify = notify_new(loop);

    ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
    ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
}
END_TEST

START_TEST(the_loop_is_heard_of_twice_in_each_period)
{
    manager_open(tree_path("notify"));
    setenv("WATCHDOG_USEC", "2000000", 1);
    notify = notify_new(loop);

    pass_ms(999);
    ck_assert_str_eq(heard(), "");
    pass_ms(1);
    ck_assert_str_eq(heard(), "WATCHDOG=1");
    pass_ms(1000);
    ck_assert_str_eq(heard(), "WATCHDOG=1");
}
END_TEST

START_TEST(a_period_meant_for_another_process_is_none)
{
    manager_open(tree_path("notify"));
    setenv("WATCHDOG_USEC", "2000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    notify = notify_new(loop);

    pass_ms(4000);
    ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(a_name_that_is_no_sockets_leaves_it_unheard)
{
    char longer[200];

    memset(longer, 'x', sizeof longer - 1);
    longer[0] = '/';
    longer[sizeof longer - 1] = '\0';
    const char *const names[] = {"", "vsock:2:1", "/nowhere/to/be/found", longer};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        ck_assert_ptr_null(notify_new(loop));
    }
}
END_TEST

START_TEST(a_manager_that_goes_away_or_is_full_is_let_be)
{
    manager_open(tree_path("notify"));
    notify = notify_new(loop);

    for (unsigned i = 0; i < 10000; i++)
        notify_reloading(notify);
    close(manager);
    manager = -1;
    notify_ready(notify, "running");
}
END_TEST

Suite *suite_service_notify(void);
Suite *suite_service_notify(void)
{
    Suite *suite = suite_create("service/notify");
    TCase *tests = tcase_create("notify");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, where_nobody_listens_nothing_is_done);
    tcase_add_test(tests, systemd_hears_each_step_of_a_life);
    tcase_add_test(tests, an_abstract_socket_is_one_too);
    tcase_add_test(tests, what_the_agent_starts_does_not_speak_for_it);
    tcase_add_test(tests, the_loop_is_heard_of_twice_in_each_period);
    tcase_add_test(tests, a_period_meant_for_another_process_is_none);
    tcase_add_test(tests, a_name_that_is_no_sockets_leaves_it_unheard);
    tcase_add_test(tests, a_manager_that_goes_away_or_is_full_is_let_be);
    suite_add_tcase(suite, tests);
    return suite;
}
