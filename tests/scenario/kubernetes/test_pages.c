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
    kit_server_rule(server, endless, NULL);
    snprintf(c.url, sizeof c.url, "http://127.0.0.1:%u", (unsigned)kit_server_port(server));
}

static void tear_down(void)
{
    cluster_close(&c);
    kit_server_stop(&server);
    log_close();
}

START_TEST(a_list_without_an_end_has_failed_and_is_not_asked_for_at_once)
{
    struct patience patience;

    cluster_begin(&c);
    clock_advance_ms(3100); /* and then none: a list that failed is soon begun again */
    cluster_settle(&c);
    kit_server_await(server, c.loop, SYNC_PAGES_MAX);
    patience_begin(&patience, c.loop, "words for a list without an end");
    while (log_recent(0) == NULL || strstr(log_recent(0), "its list has no end") == NULL)
        cluster_settle(&c);
    patience_end(&patience);
    ck_assert_uint_eq(kit_server_requests(server), SYNC_PAGES_MAX);
    cluster_pass_ms(&c, 900);
    ck_assert_uint_eq(kit_server_requests(server), SYNC_PAGES_MAX);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_NOT_YET);
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
    suite_add_tcase(suite, tcase);
    return suite;
}
