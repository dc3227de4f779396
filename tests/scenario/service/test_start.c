#include "service/pipeline.h"

#include "admin/admin.h"
#include "base/log.h"
#include "config/arguments.h"
#include "config/reading.h"
#include "config/yaml.h"
#include "loop/loop.h"
#include "metrics/table.h"

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A pipeline from the command line: started, stopped, and stopped again when it could not start.
 * Time is real; every wait ends with an event of the loop. */

#define TURNS_MAX 10000

static struct {
    struct loop *loop;
    struct config *config;
    struct pipeline *pipeline;
    struct admin *admin;
    struct report report;
    bool is_stopped;
} kit;

static void set_up(void)
{
    memset(&kit, 0, sizeof kit);
    report_init(&kit.report);
    kit.loop = loop_new();
}

static void tear_down(void)
{
    admin_stop(&kit.admin);
    pipeline_free(&kit.pipeline);
    config_free(&kit.config);
    report_fini(&kit.report);
    loop_free(&kit.loop);
}

static int try_to_make(char *const *argv)
{
    struct arguments arguments = {0};
    int status;

    ck_assert_int_eq(arguments_parse(&arguments, argv, &kit.report), 0);
    ck_assert_int_eq(arguments_config(&arguments, &kit.report, &kit.config), 0);
    arguments_fini(&arguments);
    kit.pipeline = pipeline_new(kit.loop, kit.config, &kit.report, &status);
    return status;
}

static void make(char *const *argv)
{
    ck_assert_int_eq(try_to_make(argv), 0);
}
#define MAKE(...) make((char *const[]){"tailrace", __VA_ARGS__, NULL})

static void make_of_yaml(const char *yaml)
{
    struct reading reading = {.report = &kit.report};
    int status;

    reading.config = kit.config = config_new();
    yaml_parse(&reading, slice_of(yaml), "a.yaml");
    kit.pipeline = pipeline_new(kit.loop, kit.config, &kit.report, &status);
    ck_assert_int_eq(status, 0);
}

static void on_exit_wanted(void *owner)
{
    (void)owner;
}

static void on_stopped(void *owner)
{
    (void)owner;
    kit.is_stopped = true;
}

static int start(void)
{
    return pipeline_start(kit.pipeline, &kit.report, on_exit_wanted, NULL);
}

static void stop(void)
{
    pipeline_stop(kit.pipeline, on_stopped, NULL);
    for (unsigned turn = 0; turn < TURNS_MAX && !kit.is_stopped; turn++)
        loop_turn(kit.loop, true);
    ck_assert(kit.is_stopped);
}

static void expect_report(const char *part)
{
    struct buffer *text = &kit.report.text;

    ck_assert_msg(memmem(text->data, text->len, part, strlen(part)) != NULL, "lacks %s", part);
}

static void expect_summary(const char *part)
{
    struct buffer text = {0};

    pipeline_summary(kit.pipeline, &text);
    ck_assert_msg(strstr(buffer_text(&text), part) != NULL, "%s", buffer_text(&text));
    buffer_fini(&text);
}

START_TEST(what_came_in_is_delivered_before_the_end)
{
    MAKE("-i", "dummy", "-p", "samples=1", "-p", "flush_on_startup=on", "-o", "null", "-m", "*");
    ck_assert_int_eq(start(), 0);
    while (metric_sum(&pipeline_metrics(kit.pipeline)->inputs,
                      offsetof(struct input_metrics, records)) == 0)
        loop_turn(kit.loop, true);
    stop();
    expect_summary("null.0: read 1 = delivered 1 + ");
}
END_TEST

START_TEST(a_processor_sees_the_records_of_its_input_alone)
{
    make_of_yaml("pipeline:\n"
                 "  inputs:\n"
                 "    - {name: dummy, samples: 1, flush_on_startup: on, processors: {logs: [\n"
                 "        {name: grep, regex: message .}, {name: grep, exclude: message dummy}]}}\n"
                 "    - {name: dummy, samples: 1, flush_on_startup: on}\n"
                 "  outputs:\n"
                 "    - {name: 'null', match: '*'}\n");
    ck_assert_int_eq(start(), 0);
    while (metric_sum(&pipeline_metrics(kit.pipeline)->inputs,
                      offsetof(struct input_metrics, records)) < 2)
        loop_turn(kit.loop, true);
    stop();
    expect_summary("null.0: read 1 = delivered 1 + ");
}
END_TEST

/* It comes of no input then. */
START_TEST(a_record_under_a_new_tag_passes_no_processor)
{
    make_of_yaml(
        "pipeline:\n"
        "  inputs:\n"
        "    - {name: dummy, tag: a, samples: 1, flush_on_startup: on, processors: {logs: [\n"
        "        {name: rewrite_tag, rule: '$message dummy new.$TAG false'}]}}\n"
        "  outputs:\n"
        "    - {name: 'null', match: new.a}\n");
    ck_assert_int_eq(start(), 0);
    while (metric_sum(&pipeline_metrics(kit.pipeline)->inputs,
                      offsetof(struct input_metrics, records)) < 1)
        loop_turn(kit.loop, true);
    stop();
    expect_summary("null.0: read 1 = delivered 1 + ");
}
END_TEST

/* As Fluent Bit counts them: who names filter.1 in a dashboard finds the same one. */
START_TEST(an_inactive_filter_has_its_number_all_the_same)
{
    const struct list *filters;

    make_of_yaml("pipeline:\n"
                 "  inputs:\n"
                 "    - {name: dummy}\n"
                 "  filters:\n"
                 "    - {name: grep, match: '*', active: false}\n"
                 "    - {name: nest, match: '*', operation: lift, nested_under: a}\n"
                 "  outputs:\n"
                 "    - {name: 'null', match: '*'}\n");
    filters = &pipeline_metrics(kit.pipeline)->filters;
    ck_assert_str_eq(CONTAINER_OF(filters->next, struct filter_metrics, link)->name, "nest.1");
    ck_assert_ptr_eq(filters->next->next, filters);
}
END_TEST

START_TEST(a_dry_run_finds_every_output_that_could_not_start)
{
    char *const argv[] = {"tailrace",
                          "-i",
                          "dummy",
                          "-o",
                          "es",
                          "-m",
                          "*",
                          "-p",
                          "tls=on",
                          "-p",
                          "tls.ca_file=/no/such/file",
                          "-o",
                          "es",
                          "-m",
                          "*",
                          "-p",
                          "tls=on",
                          "-p",
                          "tls.min_version=TLSv9",
                          "-o",
                          "es",
                          "-m",
                          "*",
                          "-p",
                          "net.source_address=here",
                          NULL};

    ck_assert_int_lt(try_to_make(argv), 0);
    ck_assert_uint_eq(kit.report.error_count, 3);
    expect_report("output es.0 cannot start: [tls] error: ca_file '/no/such/file'");
    expect_report("output es.1 cannot start: [tls] error: min_version 'TLSv9'");
    expect_report("output es.2 cannot start: source_address 'here' is no address");
}
END_TEST

/* Every plugin of which an option is required, and of which none is given. */
START_TEST(a_plugin_that_lacks_what_it_must_have_is_not_made)
{
    char *const argv[] = {"tailrace",        "-i", "tail", "-F", "parser",     "-m", "*", "-F",
                          "log_to_metrics",  "-m", "*",    "-o", "cloudwatch", "-m", "*", "-o",
                          "cloudwatch_logs", "-m", "*",    NULL};

    ck_assert_int_lt(try_to_make(argv), 0);
    expect_report("tail: 'path' must be set");
    expect_report("parser: 'key_name' must be set");
    expect_report("log_to_metrics: 'metric_description' must be set");
    expect_report("cloudwatch: 'region' must be set");
    expect_report("cloudwatch_logs: 'log_group_name' must be set");
}
END_TEST

START_TEST(an_output_that_cannot_start_stops_the_others)
{
    char folder[] = "/tmp/tailrace-start-XXXXXX", ca_path[64];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(ca_path, sizeof ca_path, "tls.ca_path=%s", folder);
    MAKE("-i", "dummy", "-o", "null", "-m", "*", "-o", "es", "-m", "*", "-p", "tls=on", "-p",
         ca_path);
    ck_assert_int_eq(rmdir(folder), 0);
    ck_assert_int_lt(start(), 0);
    expect_report("output es.1 cannot start");
    ck_assert_uint_eq(pipeline_output_count(kit.pipeline), 1);
    stop();
    expect_summary("null.0: read 0 = ");
}
END_TEST

START_TEST(an_input_that_cannot_start_stops_the_others)
{
    MAKE("-i", "dummy", "-i", "tail", "-p", "path=/no/*.log", "-p", "db=/no/such/folder/db", "-o",
         "null", "-m", "*");
    ck_assert_int_lt(start(), 0);
    expect_report("/no/such/folder/db");
    stop();
}
END_TEST

/* Words that scripts around Fluent Bit look for. */
START_TEST(an_input_that_waits_for_memory_says_so)
{
    const struct list *inputs;

    MAKE("-f", "1", "-i", "dummy", "-p", "rate=1000", "-p", "mem_buf_limit=1", "-o", "null", "-m",
         "*");
    ck_assert_int_eq(start(), 0);
    inputs = &pipeline_metrics(kit.pipeline)->inputs;
    while (metric_sum(inputs, offsetof(struct input_metrics, is_paused)) == 0) {
        loop_turn(kit.loop, true);
        pipeline_refresh(kit.pipeline);
    }
    ck_assert_ptr_nonnull(log_recent(0));
    ck_assert_ptr_nonnull(strstr(log_recent(0), "[input] dummy.0 paused (mem buf overlimit)"));
    stop();
}
END_TEST

START_TEST(without_http_server_nothing_listens)
{
    MAKE("-i", "dummy", "-o", "null", "-m", "*");
    ck_assert_int_eq(admin_start(kit.loop, kit.pipeline, &kit.report, &kit.admin), 0);
    ck_assert_uint_eq(admin_port(kit.admin), 0);
}
END_TEST

START_TEST(a_port_in_use_is_told_with_its_address)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char port[8];

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, bytes), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
    (void)snprintf(port, sizeof port, "%u", ntohs(address.sin_port));
    MAKE("-H", "-L", "127.0.0.1", "-P", port, "-i", "dummy", "-o", "null", "-m", "*");
    ck_assert_int_lt(admin_start(kit.loop, kit.pipeline, &kit.report, &kit.admin), 0);
    expect_report("the HTTP server cannot listen on 127.0.0.1:");
    expect_report("; set another http_port, or stop what has this one");
    expect_report("Address already in use");
    ck_assert_ptr_null(kit.admin);
    close(fd);
}
END_TEST

START_TEST(the_server_looks_at_a_running_pipeline_and_goes_before_it)
{
    MAKE("-H", "-L", "127.0.0.1", "-P", "0", "-i", "dummy", "-o", "null", "-m", "*");
    ck_assert_int_eq(admin_start(kit.loop, kit.pipeline, &kit.report, &kit.admin), 0);
    ck_assert_uint_gt(admin_port(kit.admin), 0);
    ck_assert_int_eq(start(), 0);
    admin_log_state(kit.pipeline);
    stop();
}
END_TEST

Suite *suite_service_start(void);
Suite *suite_service_start(void)
{
    Suite *suite = suite_create("service/start");
    TCase *pipeline = tcase_create("pipeline");
    TCase *server = tcase_create("server");

    tcase_add_checked_fixture(pipeline, set_up, tear_down);
    tcase_add_test(pipeline, what_came_in_is_delivered_before_the_end);
    tcase_add_test(pipeline, a_processor_sees_the_records_of_its_input_alone);
    tcase_add_test(pipeline, a_record_under_a_new_tag_passes_no_processor);
    tcase_add_test(pipeline, an_inactive_filter_has_its_number_all_the_same);
    tcase_add_test(pipeline, a_dry_run_finds_every_output_that_could_not_start);
    tcase_add_test(pipeline, a_plugin_that_lacks_what_it_must_have_is_not_made);
    tcase_add_test(pipeline, an_output_that_cannot_start_stops_the_others);
    tcase_add_test(pipeline, an_input_that_cannot_start_stops_the_others);
    tcase_add_test(pipeline, an_input_that_waits_for_memory_says_so);
    tcase_add_checked_fixture(server, set_up, tear_down);
    tcase_add_test(server, without_http_server_nothing_listens);
    tcase_add_test(server, a_port_in_use_is_told_with_its_address);
    tcase_add_test(server, the_server_looks_at_a_running_pipeline_and_goes_before_it);
    suite_add_tcase(suite, pipeline);
    suite_add_tcase(suite, server);
    return suite;
}
