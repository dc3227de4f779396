#include "kit/certs.h"
#include "kit/patience.h"
#include "kit/server.h"
#include "plugins/filter_kubernetes/association.h"
#include "scenario/kubernetes/cluster.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * A CloudWatch agent by script, over TLS, that answers those alone whose certificate "the authority"
 * signed; and an API server that is asked which platform this is.
 */

#define SHOP "{\"web-0\":{\"ServiceName\":\"shop\",\"Environment\":\"prod\"}}"
#define CART "{\"web-0\":{\"ServiceName\":\"cart\",\"Environment\":\"prod\"}}"
#define EVERY_S 6
#define ON_TIME_MS (EVERY_S * 1100 + 200)

static struct cluster c;
static struct kit_certs *certs;
static struct kit_server *agent;
static struct association *association;
static struct association_listener listener;
static unsigned told;
static bool awaits_limit;
static char ca_path[4096], preload[4096];

static void on_changed(void *owner)
{
    (void)owner;
    told++;
}

static void set_up(void)
{
    tree_plant();
    ck_assert_int_eq(log_open("/dev/null"), 0);
    unsetenv("CLUSTER_NAME");
    certs = kit_certs_new("127.0.0.1");
    agent = kit_server_start_mutual(certs->server, certs->server_key, certs->authority);
    told = 0;
    awaits_limit = false;
    cluster_open(&c);
    snprintf(ca_path, sizeof ca_path, "%s", certs->authority);
    snprintf(preload, sizeof preload, "%s", tree_path("services"));
    c.settings.association = (struct association_settings){
        .is_on = true,
        .host = (char *)(uintptr_t) "127.0.0.1",
        .port = kit_server_port(agent),
        .path = (char *)(uintptr_t) "/kubernetes/pod-to-service-env-map",
        .every_s = EVERY_S,
        .ca_file = ca_path,
        .crt_file = certs->client,
        .key_file = certs->client_key,
        .verify = true,
    };
}

static void tear_down(void)
{
    if (association != NULL)
        association_unlisten(&listener);
    association = NULL;
    cluster_close(&c);
    kit_server_stop(&agent);
    kit_certs_free(&certs);
    log_close();
    tree_fell();
}

static void begin(void)
{
    cluster_begin(&c);
    association = source_association(c.source);
    listener = (struct association_listener){.changed = on_changed};
    association_listen(association, &listener);
}

static void say(const char *body)
{
    kit_server_script(agent, (struct kit_answer){.body = body});
}

/* While the agent is asked no time passes, however slow the machine is, unless its limit is awaited. */
static void step(uint64_t *left_ms)
{
    uint64_t ms = *left_ms < 100 ? *left_ms : 100;

    if (association_is_asking(association) && !awaits_limit)
        ms = 0;
    *left_ms -= ms;
    if (ms > 0)
        cluster_pass_ms(&c, ms);
    else
        cluster_settle(&c);
}

/* Time passes until it is so, at most `ms`; what is under way then comes to its end. */
#define AWAIT(ms, what, condition)               \
    do {                                         \
        struct patience patience;                \
        uint64_t left_ms = ms;                   \
                                                 \
        patience_begin(&patience, c.loop, what); \
        while (!(condition))                     \
            step(&left_ms);                      \
        patience_end(&patience);                 \
    } while (0)

static struct block_entity entity(const char *pod_name)
{
    struct block_entity found;

    association_entity(association, slice_of(pod_name), NULL, &found);
    return found;
}

static bool is_of(const char *pod_name, const char *service)
{
    return slice_is(entity(pod_name).name, service);
}

static unsigned said(const char *words)
{
    unsigned count = 0;

    for (size_t i = 0; log_recent(i) != NULL; i++)
        count += strstr(log_recent(i), words) != NULL;
    return count;
}

/* ---- services ---- */

START_TEST(a_service_comes_over_tls_with_our_certificate)
{
    say(SHOP);
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "the service", is_of("web-0", "shop"));
    ck_assert(slice_is(entity("web-0").environment, "prod"));
    ck_assert_uint_eq(entity("web-1").name.len, 0);
    ck_assert_str_eq(kit_server_request(agent, 0)->path, "/kubernetes/pod-to-service-env-map");
    ck_assert_uint_eq(said("CloudWatch"), 0);
}
END_TEST

START_TEST(a_service_that_changes_is_known_after_the_interval)
{
    c.settings.association.platform = (char *)(uintptr_t) "eks";
    say(SHOP);
    say(SHOP);
    say(CART);
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "the service", is_of("web-0", "shop"));
    AWAIT(ON_TIME_MS, "the same again", kit_server_requests(agent) == 2);
    AWAIT(ON_TIME_MS, "the other", is_of("web-0", "cart"));
    ck_assert_uint_eq(told, 2);
    ck_assert_uint_eq(kit_server_requests(agent), 3);
}
END_TEST

START_TEST(a_service_that_is_not_told_any_more_is_good_for_its_time)
{
    c.settings.association.ttl_s = 2 * EVERY_S;
    say(SHOP);
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "the service", is_of("web-0", "shop"));
    AWAIT(ON_TIME_MS, "a second answer", kit_server_requests(agent) == 2);
    ck_assert(is_of("web-0", "shop"));
    AWAIT(3 * ON_TIME_MS, "its end", is_of("web-0", ""));
}
END_TEST

START_TEST(a_file_takes_the_agents_place)
{
    c.settings.association.preload = preload;
    tree_write("services.map", SHOP);
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "the service", is_of("web-0", "shop"));
    ck_assert_uint_eq(kit_server_requests(agent), 0);
    tree_remove("services.map");
    say(CART);
    AWAIT(ON_TIME_MS, "the agent's word", is_of("web-0", "cart"));
}
END_TEST

START_TEST(equal_settings_have_one_association)
{
    struct source *other;
    char why[256];

    begin();
    other = source_take(c.loop, &c.settings, why);
    ck_assert_ptr_eq(source_association(other), association);
    source_release(&other);
    c.settings.association.every_s = 5;
    other = source_take(c.loop, &c.settings, why);
    ck_assert_ptr_ne(source_association(other), association);
    source_release(&other);
    c.settings.association = (struct association_settings){0};
    other = source_take(c.loop, &c.settings, why);
    ck_assert_ptr_null(source_association(other));
    source_release(&other);
}
END_TEST

/* ---- trouble ---- */

/* Said once, and over once; nothing that was known is lost. */
static void expect_one_word(const char *why)
{
    say(SHOP);
    AWAIT(8 * ON_TIME_MS, "the service", is_of("web-0", "shop"));
    ck_assert_uint_eq(said("does not tell the services"), 1);
    ck_assert_msg(said(why) == 1, "%s", log_recent(0));
    ck_assert_str_eq(association_trouble(association), "");
}

static void fail_with(struct kit_answer answer, const char *why)
{
    kit_server_script(agent, answer);
    kit_server_script(agent, answer);
    begin();
    AWAIT(3 * ON_TIME_MS, "two tries", kit_server_requests(agent) == 2);
    AWAIT(0, "the second one's end", strstr(association_trouble(association), why) != NULL);
    expect_one_word(why);
}

START_TEST(a_status_is_said_once)
{
    fail_with((struct kit_answer){.status = 404}, "status 404");
}
END_TEST

START_TEST(an_answer_that_is_no_json_is_said_once)
{
    fail_with((struct kit_answer){.body = "<html>"}, "no object of JSON");
}
END_TEST

START_TEST(an_answer_without_an_end_is_refused)
{
    fail_with((struct kit_answer){.body = " ", .body_bytes = ASSOCIATION_BYTES_MAX + 1},
              "larger than");
}
END_TEST

START_TEST(an_agent_that_says_nothing_is_waited_for_and_no_longer)
{
    kit_server_script(agent, (struct kit_answer){.move = KIT_SILENT});
    awaits_limit = true;
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS + (ASSOCIATION_CALL_S + 1) * 1000, "the time limit",
          strstr(association_trouble(association), "response timeout") != NULL);
    awaits_limit = false;
    expect_one_word("response timeout");
}
END_TEST

static unsigned asked(void)
{
    struct buffer text = {0};
    unsigned count = 0;

    association_describe(association, &text);
    ck_assert_int_eq(sscanf(strstr(buffer_text(&text), "\"asked\""), "\"asked\":%u", &count), 1);
    buffer_fini(&text);
    return count;
}

/* After one interval, 1, 2, 4 and then 8 each: in 60 of them that is 11 times. */
START_TEST(an_agent_that_is_not_there_is_asked_less_and_less)
{
    uint64_t rest_ms = 360000;

    c.settings.association.port = kit_closed_port();
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "trouble", association_trouble(association)[0] != '\0');
    while (rest_ms > 0)
        step(&rest_ms);
    ck_assert_uint_eq(said("does not tell the services"), 1);
    ck_assert_uint_ge(asked(), 9);
    ck_assert_uint_le(asked(), 13);
}
END_TEST

START_TEST(certificates_that_come_later_are_taken)
{
    c.settings.association.crt_file = (char *)(uintptr_t)tree_path("not-there.crt");
    snprintf(preload, sizeof preload, "%s", c.settings.association.crt_file);
    c.settings.association.crt_file = preload;
    say(SHOP);
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "trouble", association_trouble(association)[0] != '\0');
    ck_assert_uint_eq(kit_server_connections(agent), 0);
    ck_assert_int_eq(symlink(certs->client, preload), 0);
    AWAIT(2 * ON_TIME_MS, "the service", is_of("web-0", "shop"));
    ck_assert_uint_eq(said("does not tell the services"), 1);
}
END_TEST

START_TEST(an_agent_of_another_authority_is_not_asked)
{
    snprintf(ca_path, sizeof ca_path, "%s", certs->other_authority);
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "trouble", association_trouble(association)[0] != '\0');
    ck_assert_uint_eq(said("certificate"), 1);
    ck_assert_uint_eq(said("aws_pod_association_host_server_ca_file names its authority"), 1);
    ck_assert_uint_eq(kit_server_requests(agent), 0);
}
END_TEST

START_TEST(an_agent_of_another_authority_will_do_when_told_so)
{
    snprintf(ca_path, sizeof ca_path, "%s", certs->other_authority);
    c.settings.association.verify = false;
    say(SHOP);
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "the service", is_of("web-0", "shop"));
}
END_TEST

START_TEST(an_end_while_the_agent_is_asked_is_clean)
{
    kit_server_script(agent, (struct kit_answer){.move = KIT_SILENT});
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "a request", kit_server_requests(agent) == 1);
}
END_TEST

/* ---- the platform ---- */

static bool is_platform(const char *name)
{
    return slice_is(entity("web-0").platform, name);
}

START_TEST(a_cluster_with_aws_auth_is_of_eks)
{
    kube_fail(c.kube, KUBE_OTHER, 200, 1);
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "the platform", is_platform("eks"));
    ck_assert_uint_ge(told, 1);
    AWAIT(ON_TIME_MS, "a second time", kit_server_requests(agent) == 2);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_OTHER), 1);
}
END_TEST

START_TEST(a_cluster_without_it_is_any)
{
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "the platform", is_platform("k8s"));
    ck_assert_uint_eq(said("aws_entity_platform"), 0);
}
END_TEST

START_TEST(a_right_that_lacks_is_said_once_in_words)
{
    kube_forbid(c.kube, KUBE_OTHER, true);
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "the platform", is_platform("k8s"));
    AWAIT(ON_TIME_MS, "a second time", kit_server_requests(agent) == 2);
    ck_assert_uint_eq(said("the verb get on configmaps"), 1);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_OTHER), 1);
}
END_TEST

START_TEST(a_server_that_fails_is_asked_again_and_nothing_is_guessed)
{
    kube_fail(c.kube, KUBE_OTHER, 500, 1);
    begin();
    AWAIT(ASSOCIATION_SPREAD_MS, "a first try", kube_count(c.kube, KUBE_OTHER) == 1);
    ck_assert(is_platform(""));
    AWAIT(ON_TIME_MS, "the platform", is_platform("k8s"));
}
END_TEST

START_TEST(a_platform_that_is_set_is_not_asked_for)
{
    c.settings.association.platform = (char *)(uintptr_t) "eks";
    setenv("CLUSTER_NAME", "prod", true);
    begin();
    ck_assert(is_platform("eks"));
    ck_assert(slice_is(entity("web-0").cluster, "prod"));
    AWAIT(ASSOCIATION_SPREAD_MS, "a request", kit_server_requests(agent) == 1);
    ck_assert_uint_eq(kube_count(c.kube, KUBE_OTHER), 0);
    unsetenv("CLUSTER_NAME");
}
END_TEST

/* ---- settings ---- */

static void expect_refused(const char *words)
{
    char why[256] = "";

    ck_assert_int_lt(source_check(&c.settings, why), 0);
    ck_assert_msg(strstr(why, words) != NULL, "%s", why);
}

START_TEST(settings_that_cannot_be_used_are_refused_in_words)
{
    struct association_settings good = c.settings.association;

    c.settings.association.port = 70000;
    expect_refused("aws_pod_association_port");
    c.settings.association = good;
    c.settings.association.host = (char *)(uintptr_t) "";
    expect_refused("aws_pod_association_host");
    c.settings.association = good;
    c.settings.association.path = (char *)(uintptr_t) "services";
    expect_refused("slash");
    c.settings.association = good;
    c.settings.association.every_s = 0;
    expect_refused("refresh_interval");
    c.settings.association.every_s = INT64_MAX;
    expect_refused("refresh_interval");
    c.settings.association = good;
    c.settings.association.ttl_s = -1;
    expect_refused("map_ttl");
    c.settings.association.ttl_s = INT64_MAX;
    expect_refused("map_ttl");
    c.settings.association = good;
    c.settings.association.platform = (char *)(uintptr_t) "gke";
    expect_refused("eks and k8s");
    c.settings.association.is_on = false;
    {
        char why[256];

        ck_assert_int_eq(source_check(&c.settings, why), 0);
    }
}
END_TEST

Suite *suite_kubernetes_association(void);

Suite *suite_kubernetes_association(void)
{
    Suite *suite = suite_create("kubernetes_association");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_service_comes_over_tls_with_our_certificate);
    tcase_add_test(tcase, a_service_that_changes_is_known_after_the_interval);
    tcase_add_test(tcase, a_service_that_is_not_told_any_more_is_good_for_its_time);
    tcase_add_test(tcase, a_file_takes_the_agents_place);
    tcase_add_test(tcase, equal_settings_have_one_association);
    tcase_add_test(tcase, a_status_is_said_once);
    tcase_add_test(tcase, an_answer_that_is_no_json_is_said_once);
    tcase_add_test(tcase, an_answer_without_an_end_is_refused);
    tcase_add_test(tcase, an_agent_that_says_nothing_is_waited_for_and_no_longer);
    tcase_add_test(tcase, an_agent_that_is_not_there_is_asked_less_and_less);
    tcase_add_test(tcase, certificates_that_come_later_are_taken);
    tcase_add_test(tcase, an_agent_of_another_authority_is_not_asked);
    tcase_add_test(tcase, an_agent_of_another_authority_will_do_when_told_so);
    tcase_add_test(tcase, an_end_while_the_agent_is_asked_is_clean);
    tcase_add_test(tcase, a_cluster_with_aws_auth_is_of_eks);
    tcase_add_test(tcase, a_cluster_without_it_is_any);
    tcase_add_test(tcase, a_right_that_lacks_is_said_once_in_words);
    tcase_add_test(tcase, a_server_that_fails_is_asked_again_and_nothing_is_guessed);
    tcase_add_test(tcase, a_platform_that_is_set_is_not_asked_for);
    tcase_add_test(tcase, settings_that_cannot_be_used_are_refused_in_words);
    suite_add_tcase(suite, tcase);
    return suite;
}
