#include "base/log.h"
#include "base/memory.h"
#include "kit/server.h"
#include "kit/tree.h"
#include "service/dlq.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* `tailrace dlq` from its command line to what is on the disk and what was sent. Time is real; no
 * test waits for it. */

#define FIRST "d/letters-0000000001.jsonl"
#define LETTER(output, offset, record)                                                     \
    "{\"version\":1,\"set_aside\":\"2023-11-14T22:13:20.123Z\",\"output\":\"" output "\"," \
    "\"status\":400,\"reason\":\"so it is\",\"tag\":\"app\",\"file\":\"/app.log\","        \
    "\"stream\":\"123456789abcdef0\",\"offset\":" offset ","                               \
    "\"time\":\"2023-11-14T22:13:20.123000000Z\",\"record\":" record "}\n"
#define ONE LETTER("es.0", "1", "{\"a\":1}")
#define TWO LETTER("es.0", "2", "{\"a\":2}")
#define THREE LETTER("other", "3", "{\"a\":3}")
#define ITEM(status) \
    "{\"create\":{\"status\":" status ",\"error\":{\"type\":\"t\",\"reason\":\"r\"}}}"

static struct kit_server *server;
static struct buffer out;
static struct report report;
static struct dlq_arguments a;

static void set_up(void)
{
    char config[400];

    log_level_set(LOG_OFF);
    tree_plant();
    tree_folder("d");
    server = kit_server_start();
    kit_server_usual(server, (struct kit_answer){.body = "{\"errors\":false}"});
    (void)snprintf(config, sizeof config,
                   "[SERVICE]\n scheduler.base 0.001\n scheduler.cap 0.001\n"
                   "[INPUT]\n Name dummy\n"
                   "[OUTPUT]\n Name es\n Match *\n Port %u\n"
                   "[OUTPUT]\n Name es\n Alias other\n Match *\n Port %u\n Index others\n",
                   kit_server_port(server), kit_server_port(server));
    tree_write("a.conf", config);
    tree_write(FIRST, ONE TWO THREE);
    report_init(&report);
    a = (struct dlq_arguments){0};
}

static void tear_down(void)
{
    kit_server_stop(&server);
    buffer_fini(&out);
    report_fini(&report);
    tree_fell();
}

/* With the configuration and the directory of the test; the exit status. */
static int run(enum dlq_task task)
{
    static char config[400], directory[400];

    (void)snprintf(config, sizeof config, "%s", tree_path("a.conf"));
    (void)snprintf(directory, sizeof directory, "%s", tree_path("d"));
    a.task = task;
    a.config_path = config;
    a.directory = directory;
    buffer_clear(&out);
    return dlq(&a, &out, &report);
}

static void expect_said(const char *words)
{
    ck_assert_msg(strstr(buffer_text(&out), words) != NULL, "%s\nlacks %s", buffer_text(&out),
                  words);
}

static void expect_left(const char *text)
{
    size_t len;
    const char *bytes = tree_has(FIRST) ? tree_read(FIRST, &len) : (len = 0, "");

    ck_assert_msg(len == strlen(text) && memcmp(bytes, text, len) == 0, "left: %.*s", (int)len,
                  bytes);
}

static const char *sent(unsigned index)
{
    ck_assert_uint_gt(kit_server_requests(server), index);
    return kit_server_request(server, index)->body.data;
}

START_TEST(letters_are_listed_with_their_reasons)
{
    ck_assert_int_eq(run(DLQ_LIST), 0);
    expect_said("1:1  2023-11-14T22:13:20Z  es.0  400  /app.log@1  so it is\n");
    expect_said("1:3  2023-11-14T22:13:20Z  other  400  /app.log@3  so it is\n3 letters in ");
}
END_TEST

START_TEST(lines_that_are_no_letters_are_listed_too)
{
    tree_write(FIRST, ONE "{\"version\":2}\nhalf");
    ck_assert_int_eq(run(DLQ_LIST), 0);
    expect_said("1:2  this line is of a newer version of tailrace\n"
                "1:3  this line was cut or damaged\n1 letters in ");
    expect_said("; 2 lines are none\n");
}
END_TEST

START_TEST(letters_are_shown_as_they_are)
{
    ck_assert_int_eq(run(DLQ_SHOW), 0);
    ck_assert_str_eq(buffer_text(&out), ONE TWO THREE);
    a.output = "other";
    ck_assert_int_eq(run(DLQ_SHOW), 0);
    ck_assert_str_eq(buffer_text(&out), THREE);
}
END_TEST

/* A document and a back-end choose the words of a reason, and a pod the name of its file. */
START_TEST(words_of_others_forge_no_line_and_drive_no_terminal)
{
    static const char line[] =
        "{\"version\":1,\"set_aside\":\"2023-11-14T22:13:20.123Z\",\"output\":\"es.0\","
        "\"status\":400,\"reason\":\"a\\n1:9 b\\u001b[2J\xc2\x9b"
        "31m\xe2\x80\xa8\",\"tag\":\"app\","
        "\"file\":\"/a\\r\\u009bb\",\"stream\":\"123456789abcdef0\",\"offset\":1,"
        "\"time\":\"2023-11-14T22:13:20.123000000Z\",\"record\":{\"a\":\"\xc2\x9b\x7f\"}}\n";

    tree_write(FIRST, line);
    ck_assert_int_eq(run(DLQ_LIST), 0);
    expect_said("  400  /a   b@1  a 1:9 b [2J  31m   \n1 letters in ");
    ck_assert_int_eq(run(DLQ_SHOW), 0);
    expect_said("\\u001b[2J\\u009b31m\\u2028\",");
    expect_said("\"record\":{\"a\":\"\\u009b\\u007f\"}}\n");
}
END_TEST

START_TEST(what_is_dropped_is_gone)
{
    a.ids[0] = (struct dlq_id){1, 2};
    a.id_count = 1;
    ck_assert_int_eq(run(DLQ_DROP), 0);
    expect_said("1 letters dropped from ");
    expect_left(ONE THREE);
    a.id_count = 0;
    a.is_all = true;
    ck_assert_int_eq(run(DLQ_DROP), 0);
    expect_left("");
}
END_TEST

START_TEST(what_is_delivered_is_removed)
{
    a.output = "es.0";
    ck_assert_int_eq(run(DLQ_REPLAY), 0);
    expect_said("2 letters were delivered and removed, 0 stay\n");
    expect_left(THREE);
    ck_assert_str_eq(sent(0),
                     "{\"create\":{\"_index\":\"fluent-bit\",\"_id\":\"VniavN7wAAAAAAAB\"}}\n"
                     "{\"@timestamp\":\"2023-11-14T22:13:20.123Z\",\"a\":1}\n"
                     "{\"create\":{\"_index\":\"fluent-bit\",\"_id\":\"VniavN7wAAAAAAAC\"}}\n"
                     "{\"@timestamp\":\"2023-11-14T22:13:20.123Z\",\"a\":2}\n");
}
END_TEST

START_TEST(letters_go_where_they_came_from_or_where_one_says)
{
    a.ids[0] = (struct dlq_id){1, 3};
    a.id_count = 1;
    ck_assert_int_eq(run(DLQ_REPLAY), 0);
    ck_assert_ptr_nonnull(strstr(sent(0), "\"_index\":\"others\""));
    a.id_count = 0;
    a.to = "other";
    ck_assert_int_eq(run(DLQ_REPLAY), 0);
    ck_assert_ptr_nonnull(strstr(sent(1), "\"_index\":\"others\""));
    expect_left("");
}
END_TEST

START_TEST(what_is_refused_again_stays)
{
    a.output = "es.0";
    kit_server_script(server, (struct kit_answer){.body = "{\"errors\":true,\"items\":[" ITEM(
                                                      "201") "," ITEM("413") "]}"});
    ck_assert_int_eq(run(DLQ_REPLAY), 1);
    expect_said("1:2 was refused again: status 413: t: r\n");
    expect_said("1 letters were delivered and removed, 1 stay\n");
    expect_left(TWO THREE);
}
END_TEST

START_TEST(a_back_end_that_is_down_ends_it_and_all_stay)
{
    a.output = "es.0";
    kit_server_answers(server, 503, 503, 503, 503);
    ck_assert_int_eq(run(DLQ_REPLAY), 1);
    expect_said("1:1 was not delivered: status 503");
    expect_said("0 letters were delivered and removed, 2 stay\n");
    expect_left(ONE TWO THREE);
    ck_assert_uint_eq(kit_server_requests(server), 4);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_sent_as_they_would_have_been)
{
    tree_write(FIRST,
               "{\"version\":1,\"set_aside\":\"2023-11-14T22:13:20.123Z\",\"output\":\"es.0\","
               "\"status\":400,\"reason\":\"so\",\"tag\":\"app\",\"stream\":"
               "\"123456789abcdef0\",\"offset\":1,\"time\":\"2023-11-14T22:13:20.123Z\","
               "\"record\":{\"a\":\"x\\udcff\",\"b\":\"x\\udcff\"},\"escaped\":[\"a\"]}\n");
    ck_assert_int_eq(run(DLQ_REPLAY), 0);
    ck_assert_ptr_nonnull(strstr(sent(0), "\"a\":\"x\xef\xbf\xbd\",\"b\":\"x\\udcff\"}"));
}
END_TEST

START_TEST(what_cannot_be_replayed_stays_and_says_why)
{
    tree_write(FIRST, "half a line\n" LETTER("gone", "1", "{}") "{\"version\":7}\n");
    ck_assert_int_eq(run(DLQ_REPLAY), 1);
    expect_said("1:1 stays: it was cut or damaged\n");
    expect_said("1:2 stays: there is no output gone; name one with --to\n");
    expect_said("1:3 stays: it is of a newer version of tailrace\n");
    expect_left("half a line\n" LETTER("gone", "1", "{}") "{\"version\":7}\n");
    ck_assert_uint_eq(kit_server_requests(server), 0);
}
END_TEST

START_TEST(an_output_that_is_not_there_is_a_mistake)
{
    a.to = "nobody";
    ck_assert_int_eq(run(DLQ_REPLAY), 1);
    ck_assert_uint_eq(report.error_count, 1);
    expect_left(ONE TWO THREE);
}
END_TEST

Suite *suite_service_dlq(void);

Suite *suite_service_dlq(void)
{
    Suite *suite = suite_create("service/dlq");
    TCase *tc = tcase_create("dlq");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, letters_are_listed_with_their_reasons);
    tcase_add_test(tc, lines_that_are_no_letters_are_listed_too);
    tcase_add_test(tc, letters_are_shown_as_they_are);
    tcase_add_test(tc, words_of_others_forge_no_line_and_drive_no_terminal);
    tcase_add_test(tc, what_is_dropped_is_gone);
    tcase_add_test(tc, what_is_delivered_is_removed);
    tcase_add_test(tc, letters_go_where_they_came_from_or_where_one_says);
    tcase_add_test(tc, what_is_refused_again_stays);
    tcase_add_test(tc, a_back_end_that_is_down_ends_it_and_all_stay);
    tcase_add_test(tc, bytes_that_are_no_text_are_sent_as_they_would_have_been);
    tcase_add_test(tc, what_cannot_be_replayed_stays_and_says_why);
    tcase_add_test(tc, an_output_that_is_not_there_is_a_mistake);
    suite_add_tcase(suite, tc);
    return suite;
}
