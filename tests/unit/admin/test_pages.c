#include "admin_kit.h"

#include "base/clock.h"
#include "record/json.h"

#include <string.h>

/* Asks with GET and expects a good answer that is JSON where it says so. */
static void ask_well(const char *path)
{
    struct json_scanner scanner;
    struct json_object object;

    admin_kit_ask("GET", path);
    ck_assert_uint_eq(admin_kit.page.status, 200);
    if (strcmp(admin_kit.page.type, "application/json") != 0)
        return;
    (void)admin_kit_body();
    json_scanner_init(&scanner);
    ck_assert_msg(json_check_object(&scanner, buffer_view(&admin_kit.page.body), &object) == 0,
                  "%s", admin_kit_body());
    json_scanner_fini(&scanner);
}

START_TEST(every_path_answers)
{
    static const char *const paths[] = {
        "/",
        "/api/v1/uptime",
        "/api/v1/metrics",
        "/api/v1/metrics/prometheus",
        "/api/v1/storage",
        "/api/v1/plugins",
        "/api/v1/health",
        "/api/v2/metrics",
        "/api/v2/metrics/prometheus",
        "/api/v2/health",
        "/api/v2/reload",
        "/api/tailrace/live",
        "/api/tailrace/status",
        "/ui",
    };

    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        ask_well(paths[i]);
}
END_TEST

START_TEST(paths_are_matched_exactly)
{
    static const char *const paths[] = {"/api/v1/uptime/", "/api/v1", "//", "", "/UI"};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        admin_kit_ask("GET", paths[i]);
        ck_assert_uint_eq(admin_kit.page.status, 404);
        ck_assert_str_eq(admin_kit_body(), "");
    }
}
END_TEST

START_TEST(the_first_page_says_which_version_this_is_like)
{
    ask_well("/");
    admin_kit_expect_body("{\"fluent-bit\":{\"version\":\"5.1.1\",\"edition\":\"Community\"");
}
END_TEST

START_TEST(the_uptime_is_told_in_seconds_and_in_words)
{
    clock_advance_ms(((86400 * 2 + 3600 + 60 * 5) * UINT64_C(1000)) + 1500);
    ask_well("/api/v1/uptime");
    ck_assert_str_eq(admin_kit_body(), "{\"uptime_sec\":176701,\"uptime_hr\":\"Fluent Bit has been "
                                       "running:  2 days, 1 hour, 5 minutes and 1 second\"}");
}
END_TEST

START_TEST(metrics_are_brought_up_to_date_and_grouped_by_instance)
{
    ask_well("/api/v1/metrics");
    ck_assert_uint_eq(admin_kit.refreshed, 1);
    admin_kit_expect_body("{\"input\":{\"tail.0\":{\"bytes\":700,\"records\":7,");
    admin_kit_expect_body("\"filter\":{\"grep.0\":{\"records\":0,");
    admin_kit_expect_body("\"output\":{\"es \\\"one\\\"\":{\"proc_records\":5,\"proc_bytes\":500,"
                          "\"errors\":0,\"retries\":0,\"retries_failed\":0,\"dropped_records\":0,"
                          "\"retried_records\":0}}}");
}
END_TEST

START_TEST(storage_shows_sizes_in_binary_units)
{
    admin_kit.input.memory_bytes = 1536;
    admin_kit.input.memory_limit_bytes = 5 * 1024 * 1024;
    admin_kit.input.is_paused = 1;
    ask_well("/api/v1/storage");
    admin_kit_expect_body("\"tail.0\":{\"status\":{\"overlimit\":true,\"mem_size\":\"1.5K\","
                          "\"mem_limit\":\"5.0M\"}");
}
END_TEST

START_TEST(storage_shows_chunks)
{
    admin_kit.book.chunks = 3;
    admin_kit.input.chunks = 2;
    admin_kit.input.chunks_busy = 1;
    admin_kit.input.chunks_busy_bytes = 700;
    ask_well("/api/v1/storage");
    admin_kit_expect_body("{\"storage_layer\":{\"chunks\":{\"total_chunks\":3,\"mem_chunks\":3,"
                          "\"fs_chunks\":0,");
    admin_kit_expect_body("\"chunks\":{\"total\":2,\"up\":2,\"down\":0,\"busy\":1,"
                          "\"busy_size\":\"700b\"}");
}
END_TEST

START_TEST(health_goes_by_its_rule)
{
    ask_well("/api/v1/health");
    ck_assert_str_eq(admin_kit_body(), "ok\n");
    health_sample(&admin_kit.health, (struct health_sample){0, 0});
    health_sample(&admin_kit.health, (struct health_sample){6, 0});
    admin_kit_ask("GET", "/api/v1/health");
    ck_assert_uint_eq(admin_kit.page.status, 500);
    ck_assert_str_eq(admin_kit_body(), "error\n");
    admin_kit_ask("GET", "/api/v2/health");
    ck_assert_uint_eq(admin_kit.page.status, 500);
    ck_assert_str_eq(admin_kit_body(),
                     "{\"status\":\"error\",\"errors\":6,\"retries_failed\":0,\"error_limit\":5,"
                     "\"retry_failure_limit\":5,\"period_limit\":60}");
}
END_TEST

START_TEST(without_health_check_only_its_second_version_is_there)
{
    admin_kit.view.facts.has_health_check = false;
    admin_kit_ask("GET", "/api/v1/health");
    ck_assert_uint_eq(admin_kit.page.status, 404);
    ask_well("/api/v2/health");
}
END_TEST

static void expect_reload(enum reload_state state, unsigned status, const char *body)
{
    admin_kit.reload = state;
    admin_kit_ask("PUT", "/api/v2/reload");
    ck_assert_uint_eq(admin_kit.page.status, status);
    ck_assert_str_eq(admin_kit_body(), body);
}

START_TEST(only_what_a_start_anew_may_end_fails_liveness)
{
    health_sample(&admin_kit.health, (struct health_sample){0, 0});
    health_sample(&admin_kit.health, (struct health_sample){6, 0});
    ask_well("/api/tailrace/live");
    ck_assert_str_eq(admin_kit_body(), "{\"status\":\"ok\"}");
    admin_kit.standstill = "output es.0 has stood still for 300 s";
    ask_well("/api/tailrace/live");
    ck_assert_str_eq(admin_kit_body(), "{\"status\":\"ok\",\"standstill\":\"output es.0 has "
                                       "stood still for 300 s\"}");
    admin_kit.wants_restart = true;
    admin_kit_ask("GET", "/api/tailrace/live");
    ck_assert_uint_eq(admin_kit.page.status, 500);
    ck_assert_str_eq(admin_kit_body(), "{\"status\":\"error\",\"standstill\":\"output es.0 has "
                                       "stood still for 300 s\"}");
}
END_TEST

START_TEST(standing_still_is_not_healthy)
{
    admin_kit.standstill =
        "output es.0 has stood still for 300 s; its back-end's last word: \"no\"";
    admin_kit_ask("GET", "/api/v1/health");
    ck_assert_uint_eq(admin_kit.page.status, 500);
    ck_assert_str_eq(admin_kit_body(), "error\n");
    admin_kit_ask("GET", "/api/v2/health");
    ck_assert_uint_eq(admin_kit.page.status, 500);
    admin_kit_expect_body("{\"status\":\"error\",\"errors\":0,");
    admin_kit_expect_body(
        "\"period_limit\":60,\"standstill\":\"output es.0 has stood still for 300 s; "
        "its back-end's last word: \\\"no\\\"\"}");
    ask_well("/api/tailrace/status");
    admin_kit_expect_body("No: output es.0 has stood still for 300 s; its back-end's last word: "
                          "\\\"no\\\".\"");
}
END_TEST

START_TEST(what_becomes_of_a_reload_is_told)
{
    static const char words[] = "a.conf:3: no such \"key\"\0a.conf:4: nor that";

    admin_kit.mistakes = slice_make(words, sizeof words);
    expect_reload(RELOAD_DONE, 200, "{\"reload\":\"done\",\"status\":0}");
    expect_reload(RELOAD_BUSY, 400, "{\"reload\":\"in progress\",\"status\":-2}");
    expect_reload(RELOAD_REFUSED, 400,
                  "{\"reload\":\"failed\",\"status\":-3,\"errors\":["
                  "\"a.conf:3: no such \\\"key\\\"\",\"a.conf:4: nor that\"]}");
    admin_kit.view.facts.reload_count = 7;
    ask_well("/api/v2/reload");
    ck_assert_str_eq(admin_kit_body(), "{\"hot_reload_count\":7}");
    ask_well("/api/v2/metrics/prometheus");
    admin_kit_expect_body("fluentbit_hot_reloaded_times{hostname=\"node-1\"} 7\n");
}
END_TEST

START_TEST(a_reload_under_way_is_waited_for)
{
    admin_kit.reload = RELOAD_WAITING;
    admin_kit_ask("POST", "/api/v2/reload");
    ck_assert(admin_kit.page.is_waiting);
    pages_outcome(&admin_kit.view, &admin_kit.page);
    ck_assert_uint_eq(admin_kit.page.status, 400);
    ck_assert_str_eq(admin_kit_body(), "{\"reload\":\"failed\",\"status\":-3,\"errors\":[]}");
}
END_TEST

START_TEST(reloading_is_counted_and_not_enabled)
{
    ask_well("/api/v2/reload");
    ck_assert_str_eq(admin_kit_body(), "{\"hot_reload_count\":0}");
    admin_kit_ask("POST", "/api/v2/reload");
    ck_assert_uint_eq(admin_kit.page.status, 200);
    ck_assert_str_eq(admin_kit_body(), "{\"reload\":\"not enabled\",\"status\":-1}");
    admin_kit_ask("DELETE", "/api/v2/reload");
    ck_assert_uint_eq(admin_kit.page.status, 405);
    ck_assert_str_eq(admin_kit.page.allow, "GET, POST, PUT");
}
END_TEST

START_TEST(the_status_page_runs_its_own_script_alone)
{
    ask_well("/ui");
    ck_assert_ptr_nonnull(strstr(admin_kit.page.policy, "default-src 'none'"));
    ck_assert_ptr_nonnull(strstr(admin_kit.page.policy, "script-src 'sha256-"));
    ck_assert_ptr_null(strstr(admin_kit.page.policy, "unsafe"));
    ck_assert_ptr_null(memmem(admin_kit.page.fixed.data, admin_kit.page.fixed.len, "innerHTML", 9));
    ck_assert_ptr_null(memmem(admin_kit.page.fixed.data, admin_kit.page.fixed.len, " style=", 7));
}
END_TEST

START_TEST(a_policy_names_the_digest_of_what_is_inside)
{
    char policy[POLICY_BYTES_MAX];

    policy_of(SLICE("<style>a{}</style><script>abc</script>"), policy);
    ck_assert_ptr_nonnull(
        strstr(policy, "script-src 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=';"));
}
END_TEST

/* ---- the status document ---- */

START_TEST(the_status_has_all_counters_and_the_verdict)
{
    admin_kit.follows = "[{\"files\":[]}]";
    admin_kit.input.unread_bytes = 12;
    ask_well("/api/tailrace/status");
    admin_kit_expect_body("\"verdict\":{\"state\":\"good\",\"text\":\"Yes: ");
    admin_kit_expect_body("\"inputs\":[{\"name\":\"tail.0\",\"plugin\":\"tail\",");
    admin_kit_expect_body("\"tailrace_input_unread_bytes\":12");
    admin_kit_expect_body("\"tailrace_output_delivered_records_total\":5");
    admin_kit_expect_body("\"follows\":[{\"files\":[]}]");
}
END_TEST

START_TEST(what_others_wrote_is_escaped)
{
    admin_kit.trouble = "</script>\"\n\x01\xff";
    clock_advance_ms(90000);
    ask_well("/api/tailrace/status");
    admin_kit_expect_body("</script>\\\"\\n\\u0001\xef\xbf\xbd");
    admin_kit_expect_body("\"trouble_s\":90");
    admin_kit_expect_body("\"state\":\"bad\"");
}
END_TEST

START_TEST(an_output_says_where_its_keys_come_from)
{
    ask_well("/api/tailrace/status");
    ck_assert_ptr_null(strstr(buffer_text(&admin_kit.page.body), "\"credentials\""));
    admin_kit.login = "profile \"node\"";
    ask_well("/api/tailrace/status");
    admin_kit_expect_body("\"credentials\":\"profile \\\"node\\\"\",\"region\":\"eu-west-1\"");
}
END_TEST

Suite *suite_admin_pages(void);
Suite *suite_admin_pages(void)
{
    Suite *suite = suite_create("admin/pages");
    TCase *pages = tcase_create("pages");
    TCase *status = tcase_create("status");

    tcase_add_checked_fixture(pages, admin_kit_set_up, admin_kit_tear_down);
    tcase_add_test(pages, every_path_answers);
    tcase_add_test(pages, paths_are_matched_exactly);
    tcase_add_test(pages, the_first_page_says_which_version_this_is_like);
    tcase_add_test(pages, the_uptime_is_told_in_seconds_and_in_words);
    tcase_add_test(pages, metrics_are_brought_up_to_date_and_grouped_by_instance);
    tcase_add_test(pages, storage_shows_sizes_in_binary_units);
    tcase_add_test(pages, storage_shows_chunks);
    tcase_add_test(pages, health_goes_by_its_rule);
    tcase_add_test(pages, without_health_check_only_its_second_version_is_there);
    tcase_add_test(pages, reloading_is_counted_and_not_enabled);
    tcase_add_test(pages, standing_still_is_not_healthy);
    tcase_add_test(pages, only_what_a_start_anew_may_end_fails_liveness);
    tcase_add_test(pages, what_becomes_of_a_reload_is_told);
    tcase_add_test(pages, a_reload_under_way_is_waited_for);
    tcase_add_test(pages, the_status_page_runs_its_own_script_alone);
    tcase_add_test(pages, a_policy_names_the_digest_of_what_is_inside);
    tcase_add_checked_fixture(status, admin_kit_set_up, admin_kit_tear_down);
    tcase_add_test(status, the_status_has_all_counters_and_the_verdict);
    tcase_add_test(status, what_others_wrote_is_escaped);
    tcase_add_test(status, an_output_says_where_its_keys_come_from);
    suite_add_tcase(suite, pages);
    suite_add_tcase(suite, status);
    return suite;
}
