#include "kit/patience.h"
#include "kit/server.h"
#include "plugins/filter_kubernetes/sync.h"
#include "scenario/kubernetes/cluster.h"

#include <check.h>
#include <stdio.h>

/* Lists that come in pages, from a server that may not know their end. */

static struct cluster c;
static struct kit_server *server;

static struct kit_answer endless(void *owner, const struct kit_request *request)
{
    (void)owner;
    (void)request;
    return (struct kit_answer){
        .body = "{\"items\":[],\"metadata\":{\"resourceVersion\":\"1\",\"continue\":\"more\"}}"};
}

static void set_up(void)
{
    ck_assert_int_eq(log_open("/dev/null"), 0);
    cluster_open(&c);
    server = kit_server_start();
    snprintf(c.url, sizeof c.url, "http://127.0.0.1:%u", (unsigned)kit_server_port(server));
}

static void tear_down(void)
{
    cluster_close(&c);
    kit_server_stop(&server);
    log_close();
}

static void await_words(const char *words)
{
    struct patience patience;

    patience_begin(&patience, c.loop, words);
    while (log_recent(0) == NULL || strstr(log_recent(0), words) == NULL)
        cluster_settle(&c);
    patience_end(&patience);
}

START_TEST(a_list_without_an_end_has_failed_and_is_not_asked_for_at_once)
{
    kit_server_rule(server, endless, NULL);
    cluster_begin(&c);
    clock_advance_ms(3100); /* and then none: a list that failed is soon begun again */
    cluster_settle(&c);
    kit_server_await(server, c.loop, SYNC_PAGES_MAX);
    await_words("its list has no end");
    ck_assert_uint_eq(kit_server_requests(server), SYNC_PAGES_MAX);
    cluster_pass_ms(&c, 900);
    ck_assert_uint_eq(kit_server_requests(server), SYNC_PAGES_MAX);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_NOT_YET);
}
END_TEST

/* Of a page that breaks off behind its end the next one is known. Who began with that would take the pods of
 * the first for deleted. */
START_TEST(a_list_whose_first_page_breaks_off_is_begun_at_its_first_page)
{
    kit_server_script(
        server, (struct kit_answer){.body = "{\"items\":[],\"metadata\":{\"resourceVersion\":\"1\","
                                            "\"continue\":\"more\"}}]"});
    cluster_begin(&c);
    clock_advance_ms(3100);
    cluster_settle(&c);
    await_words("the answer is not what an API server says");
    cluster_pass_ms(&c, 5000);
    kit_server_await(server, c.loop, 2);
    ck_assert_ptr_nonnull(strstr(kit_server_request(server, 1)->path, "resourceVersion=0"));
    ck_assert_ptr_null(strstr(kit_server_request(server, 1)->path, "continue="));
}
END_TEST

/* Else it would pass for the whole list, and the pods of the pages behind it for deleted. */
START_TEST(a_list_that_goes_on_nobody_knows_where_has_failed)
{
    kit_server_script(
        server, (struct kit_answer){.body = "{\"items\":[],\"metadata\":{\"resourceVersion\":\"1\","
                                            "\"continue\":\"a&b\"}}"});
    cluster_begin(&c);
    clock_advance_ms(3100);
    cluster_settle(&c);
    await_words("there is no whole list in its answer");
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_NOT_YET);
    cluster_pass_ms(&c, 5000);
    kit_server_await(server, c.loop, 2);
    ck_assert_ptr_nonnull(strstr(kit_server_request(server, 1)->path, "resourceVersion=0"));
}
END_TEST

Suite *suite_kubernetes_pages(void);

Suite *suite_kubernetes_pages(void)
{
    Suite *suite = suite_create("kubernetes_pages");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_list_without_an_end_has_failed_and_is_not_asked_for_at_once);
    tcase_add_test(tcase, a_list_whose_first_page_breaks_off_is_begun_at_its_first_page);
    tcase_add_test(tcase, a_list_that_goes_on_nobody_knows_where_has_failed);
    suite_add_tcase(suite, tcase);
    return suite;
}
