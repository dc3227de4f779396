#include "admin/server.h"

#include "base/memory.h"

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * The server on the loopback, asked through plain sockets. Time is real; every wait ends with an
 * event of the loop.
 */

#define TURNS_MAX 10000

static struct {
    struct loop *loop;
    struct server *server;
    struct metrics_book book;
    struct budget memory;
    struct health health;
    struct pace pace;
    unsigned reloads_asked_for;
    struct admin_view view;
    struct buffer answer;
} kit;

static void on_refresh(void *owner)
{
    (void)owner;
}

static void on_describe(void *owner, struct buffer *out)
{
    (void)owner;
    buffer_append_text(out, "[]");
}

static const char *on_trouble(void *owner, size_t index, int64_t *since_ns)
{
    (void)owner;
    (void)index;
    *since_ns = 0;
    return "";
}

static enum reload_state on_reload(void *owner)
{
    (void)owner;
    kit.reloads_asked_for++;
    return RELOAD_WAITING;
}

static enum reload_state on_outcome(void *owner, struct slice *words)
{
    (void)owner;
    *words = (struct slice){0};
    return RELOAD_DONE;
}

static void set_up(void)
{
    memset(&kit, 0, sizeof kit);
    metrics_book_init(&kit.book);
    budget_init(&kit.memory, NULL, 1000);
    health_init(&kit.health, (struct health_limits){5, 5, 60});
    kit.view = (struct admin_view){
        .facts.book = &kit.book,
        .facts.memory = &kit.memory,
        .facts.hostname = "node-1",
        .facts.health = &kit.health,
        .facts.pace = &kit.pace,
        .refresh = on_refresh,
        .describe_inputs = on_describe,
        .output_trouble = on_trouble,
    };
    kit.loop = loop_new();
    ck_assert_int_eq(server_start(kit.loop, "127.0.0.1", 0, &kit.view, &kit.server), 0);
}

static void tear_down(void)
{
    server_stop(&kit.server);
    loop_free(&kit.loop);
    health_fini(&kit.health);
    budget_fini(&kit.memory);
    buffer_fini(&kit.answer);
}

/* ---- a client ---- */

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Turns the loop until the server has closed the connection; the whole answer is kept. */
static const char *hear_all(int fd)
{
    buffer_clear(&kit.answer);
    for (unsigned turn = 0; turn < TURNS_MAX; turn++) {
        ssize_t got = recv(fd, buffer_reserve(&kit.answer, 4096), 4096, MSG_DONTWAIT);

        if (got == 0) {
            close(fd);
            return buffer_text(&kit.answer);
        }
        if (got > 0)
            buffer_commit(&kit.answer, (size_t)got);
        else
            loop_turn(kit.loop, false);
    }
    ck_abort_msg("no end of the answer: %s", buffer_text(&kit.answer));
    return NULL;
}

static const char *ask(const char *request)
{
    int fd = connect_to(server_port(kit.server));

    say(fd, request);
    return hear_all(fd);
}

static void expect(const char *answer, const char *part)
{
    ck_assert_msg(strstr(answer, part) != NULL, "%s\nlacks %s", answer, part);
}

/* ---- */

START_TEST(a_page_is_answered)
{
    const char *answer =
        ask("GET /api/v2/reload?x=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    expect(answer, "HTTP/1.1 200 OK\r\n");
    expect(answer, "Content-Type: application/json\r\n");
    expect(answer, "\r\n\r\n{\"hot_reload_count\":0}");
}
END_TEST

START_TEST(an_unknown_path_is_not_found_and_empty)
{
    const char *answer =
        ask("GET /api/v1/uptime/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    expect(answer, "HTTP/1.1 404 Not Found\r\n");
    expect(answer, "Content-Length: 0\r\n");
}
END_TEST

START_TEST(a_method_that_is_not_allowed_is_told_which_are)
{
    const char *answer =
        ask("DELETE /api/v2/reload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    expect(answer, "HTTP/1.1 405 Method Not Allowed\r\n");
    expect(answer, "Allow: GET, POST, PUT\r\n");
}
END_TEST

START_TEST(the_body_of_a_request_is_left_unread)
{
    const char *answer = ask("POST /api/v2/reload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                             "Content-Length: 5\r\n\r\nhello");

    expect(answer, "{\"reload\":\"not enabled\",\"status\":-1}");
}
END_TEST

START_TEST(a_page_in_a_browser_may_look_but_not_reload)
{
    static const char *const origins[] = {"http://evil.example", "null", "http://a"};

    kit.view.reload = on_reload;
    for (size_t i = 0; i < ARRAY_LEN(origins); i++) {
        char request[200];

        (void)snprintf(request, sizeof request,
                       "POST /api/v2/reload HTTP/1.1\r\nHost: a\r\norigin: %s\r\n"
                       "Connection: close\r\n\r\n",
                       origins[i]);
        expect(ask(request), "HTTP/1.1 403 ");
    }
    expect(ask("GET / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\nConnection: close\r\n\r\n"),
           "HTTP/1.1 200 ");
}
END_TEST

/* A server that answers reloads, and one that was asked for one and waits. */
static int ask_to_reload(void)
{
    int fd = connect_to(server_port(kit.server));

    kit.view.reload = on_reload;
    kit.view.reload_outcome = on_outcome;
    say(fd, "POST /api/v2/reload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 100; i++)
        loop_turn(kit.loop, false);
    return fd;
}

START_TEST(who_asks_for_a_reload_is_answered_at_its_end)
{
    char byte;
    int fd = ask_to_reload();

    ck_assert_int_lt(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    expect(ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "\"fluent-bit\"");
    server_resume(kit.server);
    expect(hear_all(fd), "{\"reload\":\"done\",\"status\":0}");
}
END_TEST

START_TEST(who_asks_for_a_reload_may_go_meanwhile)
{
    close(ask_to_reload());
    for (int i = 0; i < 100; i++)
        loop_turn(kit.loop, false);
    server_resume(kit.server);
    expect(ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "\"fluent-bit\"");
}
END_TEST

/* The first is told that its reload has ended while the second asks for another. */
START_TEST(a_second_reload_may_be_asked_for_while_the_first_is_answered)
{
    int first = ask_to_reload(), second = connect_to(server_port(kit.server));

    for (int i = 0; i < 10; i++)
        loop_turn(kit.loop, false);
    say(second, "POST /api/v2/reload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    server_resume(kit.server);
    expect(hear_all(first), "{\"reload\":\"done\",\"status\":0}");
    for (int i = 0; i < 10; i++)
        loop_turn(kit.loop, false);
    server_resume(kit.server);
    expect(hear_all(second), "{\"reload\":\"done\",\"status\":0}");
}
END_TEST

/* Who is told of the end may ask for the next reload at once, and this one has to be over then. */
START_TEST(nobody_is_served_from_within_the_end_of_a_reload)
{
    int first = ask_to_reload(), second = connect_to(server_port(kit.server));
    unsigned before = kit.reloads_asked_for;

    for (int i = 0; i < 10; i++)
        loop_turn(kit.loop, false);
    say(second, "POST /api/v2/reload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    server_resume(kit.server);
    ck_assert_uint_eq(kit.reloads_asked_for, before);
    expect(hear_all(first), "{\"reload\":\"done\",\"status\":0}");
    for (int i = 0; i < 10; i++)
        loop_turn(kit.loop, false);
    ck_assert_uint_eq(kit.reloads_asked_for, before + 1);
    server_resume(kit.server);
    expect(hear_all(second), "{\"reload\":\"done\",\"status\":0}");
}
END_TEST

START_TEST(who_waits_for_a_reload_is_answered_before_the_server_stops)
{
    int fd = ask_to_reload();

    for (int i = 0; i < 10; i++)
        loop_turn(kit.loop, false);
    server_stop(&kit.server);
    expect(hear_all(fd), "{\"reload\":\"done\",\"status\":0}");
}
END_TEST

START_TEST(a_request_may_come_in_pieces)
{
    int fd = connect_to(server_port(kit.server));

    say(fd, "GET / HT");
    for (int i = 0; i < 100; i++)
        loop_turn(kit.loop, false);
    say(fd, "TP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(hear_all(fd), "\"fluent-bit\"");
}
END_TEST

/* More than the server has places for, and none of them ever ends its request. */
START_TEST(those_who_dribble_do_not_keep_others_out)
{
    int slow[4 * SERVER_CONNECTIONS_MAX];

    for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
        slow[i] = connect_to(server_port(kit.server));
        say(slow[i], "GET / HTTP/1.1\r\nX-Slow: ");
        for (int turn = 0; i % 50 == 0 && turn < 100; turn++)
            loop_turn(kit.loop, false);
    }
    expect(ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "200 OK");
    for (size_t i = 0; i < ARRAY_LEN(slow); i++)
        close(slow[i]);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    expect(ask("\x16\x03\x01 what\r\n\r\n"), "400");
    expect(ask("GET / HTTP/1.1\r\nConnection: close\r\nContent-Length: many\r\n\r\n"), "400");
}
END_TEST

START_TEST(the_status_page_comes_whole_and_with_its_policy)
{
    const char *answer = ask("GET /ui HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    expect(answer, "Content-Security-Policy: default-src 'none';");
    expect(answer, "X-Content-Type-Options: nosniff\r\n");
    expect(answer, "</html>");
}
END_TEST

START_TEST(a_port_in_use_is_an_error)
{
    struct server *second = NULL;

    ck_assert_int_eq(
        server_start(kit.loop, "127.0.0.1", server_port(kit.server), &kit.view, &second),
        -EADDRINUSE);
    ck_assert_ptr_null(second);
}
END_TEST

START_TEST(an_address_that_is_none_is_an_error)
{
    struct server *second = NULL;

    ck_assert_int_eq(server_start(kit.loop, "256.1.1.1.", 0, &kit.view, &second), -EADDRNOTAVAIL);
}
END_TEST

START_TEST(the_port_is_free_when_the_server_has_stopped)
{
    uint16_t port = server_port(kit.server);
    int open = connect_to(port);

    loop_turn(kit.loop, false);
    server_stop(&kit.server);
    ck_assert_int_eq(server_start(kit.loop, "127.0.0.1", port, &kit.view, &kit.server), 0);
    close(open);
}
END_TEST

Suite *suite_admin_server(void);
Suite *suite_admin_server(void)
{
    Suite *suite = suite_create("admin/server");
    TCase *requests = tcase_create("requests");
    TCase *life = tcase_create("life");

    tcase_add_checked_fixture(requests, set_up, tear_down);
    tcase_add_test(requests, a_page_is_answered);
    tcase_add_test(requests, an_unknown_path_is_not_found_and_empty);
    tcase_add_test(requests, a_method_that_is_not_allowed_is_told_which_are);
    tcase_add_test(requests, the_body_of_a_request_is_left_unread);
    tcase_add_test(requests, a_page_in_a_browser_may_look_but_not_reload);
    tcase_add_test(requests, who_asks_for_a_reload_is_answered_at_its_end);
    tcase_add_test(requests, who_asks_for_a_reload_may_go_meanwhile);
    tcase_add_test(requests, a_second_reload_may_be_asked_for_while_the_first_is_answered);
    tcase_add_test(requests, nobody_is_served_from_within_the_end_of_a_reload);
    tcase_add_test(requests, who_waits_for_a_reload_is_answered_before_the_server_stops);
    tcase_add_test(requests, a_request_may_come_in_pieces);
    tcase_add_test(requests, those_who_dribble_do_not_keep_others_out);
    tcase_add_test(requests, nonsense_is_refused);
    tcase_add_test(requests, the_status_page_comes_whole_and_with_its_policy);
    tcase_add_checked_fixture(life, set_up, tear_down);
    tcase_add_test(life, a_port_in_use_is_an_error);
    tcase_add_test(life, an_address_that_is_none_is_an_error);
    tcase_add_test(life, the_port_is_free_when_the_server_has_stopped);
    suite_add_tcase(suite, requests);
    suite_add_tcase(suite, life);
    return suite;
}
