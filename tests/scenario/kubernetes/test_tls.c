#include "kit/certs.h"
#include "kit/patience.h"
#include "kit/server.h"
#include "scenario/kubernetes/cluster.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>

/*
 * An API server over TLS whose authorities, and whose tokens, are replaced while the source runs and
 * while requests are under way. "The right authority" signed its certificate, "another" did not.
 */

#define PODS                                                                                    \
    "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{\"metadata\":{" \
    "\"name\":\"web-0\",\"namespace\":\"shop\",\"uid\":\"u1\",\"labels\":{\"app\":\"web\"}}}]}"
#define SPACES                                                                          \
    "{\"kind\":\"NamespaceList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[{" \
    "\"metadata\":{"                                                                    \
    "\"name\":\"shop\",\"labels\":{\"team\":\"a\"}}}]}"

static struct cluster c;
static struct kit_certs *certs;
static struct kit_server *server;
static char ca_path[4096], token_path[4096];

/* What the server's threads and the test share. */
static struct {
    pthread_mutex_t lock;
    char token[64];
    unsigned lists, watches, space_watches, refused;
    bool ends_watches; /* those of pods, at once */
} asked = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool has_token(const struct kit_request *request)
{
    const char *authorization = kit_request_header(request, "Authorization");
    char wanted[96];

    snprintf(wanted, sizeof wanted, "Bearer %s", asked.token);
    return authorization != NULL && strcmp(authorization, wanted) == 0;
}

static struct kit_answer answer_of(const struct kit_request *request)
{
    bool is_watch = strstr(request->path, "watch=1") != NULL;
    bool is_space = strstr(request->path, "/namespaces") != NULL;

    if (!has_token(request)) {
        asked.refused++;
        return (struct kit_answer){.status = 401};
    }
    asked.lists += !is_watch && !is_space;
    asked.watches += is_watch && !is_space;
    asked.space_watches += is_watch && is_space;
    if (is_watch)
        return (struct kit_answer){
            .move = is_space || !asked.ends_watches ? KIT_SILENT : KIT_ANSWER, .body = ""};
    return (struct kit_answer){.body = is_space ? SPACES : PODS};
}

static struct kit_answer rule(void *owner, const struct kit_request *request)
{
    struct kit_answer answer;

    (void)owner;
    pthread_mutex_lock(&asked.lock);
    answer = answer_of(request);
    pthread_mutex_unlock(&asked.lock);
    return answer;
}

static unsigned count_of(const unsigned *count)
{
    unsigned now;

    pthread_mutex_lock(&asked.lock);
    now = *count;
    pthread_mutex_unlock(&asked.lock);
    return now;
}

static void copy_file(const char *from, const char *name)
{
    char text[8192] = "";
    FILE *file = fopen(from, "r");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    fclose(file);
    tree_write(name, text);
}

static void expect_token(const char *token)
{
    pthread_mutex_lock(&asked.lock);
    snprintf(asked.token, sizeof asked.token, "%s", token);
    pthread_mutex_unlock(&asked.lock);
}

static void set_up(void)
{
    tree_plant();
    ck_assert_int_eq(log_open("/dev/null"), 0);
    certs = kit_certs_new("127.0.0.1");
    server = kit_server_start_tls(certs->server, certs->server_key);
    asked.lists = asked.watches = asked.space_watches = asked.refused = 0;
    asked.ends_watches = false;
    expect_token("first");
    kit_server_rule(server, rule, NULL);
    cluster_open(&c);
    snprintf(c.url, sizeof c.url, "https://127.0.0.1:%u", (unsigned)kit_server_port(server));
    snprintf(ca_path, sizeof ca_path, "%s", tree_path("ca.crt"));
    snprintf(token_path, sizeof token_path, "%s", tree_path("token"));
    copy_file(certs->authority, "ca.crt");
    tree_write("token", "first");
    c.settings.server.ca_file = ca_path;
    c.settings.server.verify_hostname = true;
    c.settings.login.token_file = token_path;
}

static void tear_down(void)
{
    cluster_close(&c);
    kit_server_stop(&server);
    kit_certs_free(&certs);
    log_close();
    tree_fell();
}

/* Time passes, and the server's threads have theirs, until it was asked so often. */
static void await(const unsigned *count, unsigned wanted)
{
    struct patience patience;

    patience_begin(&patience, c.loop, "a request over TLS");
    while (count_of(count) < wanted) {
        cluster_pass_ms(&c, 100);
        patience_breathe(c.loop, 1);
    }
    patience_end(&patience);
}

/* The same until the log says something. */
static void await_words(const char *words)
{
    struct patience patience;

    patience_begin(&patience, c.loop, words);
    while (log_recent(0) == NULL || strstr(log_recent(0), words) == NULL) {
        cluster_pass_ms(&c, 100);
        patience_breathe(c.loop, 1);
    }
    patience_end(&patience);
}

START_TEST(pods_come_over_tls)
{
    cluster_begin(&c);
    await(&asked.watches, 1);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
    ck_assert_uint_eq(count_of(&asked.refused), 0);
}
END_TEST

START_TEST(an_authority_that_comes_later_is_taken)
{
    copy_file(certs->other_authority, "ca.crt");
    cluster_begin(&c);
    await_words("Kube_CA_File names its authority");
    ck_assert_uint_eq(count_of(&asked.lists), 0);
    copy_file(certs->authority, "ca.crt");
    await(&asked.watches, 1);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
}
END_TEST

START_TEST(a_folder_of_authorities_will_do)
{
    char name[32];

    c.settings.server.ca_file = NULL;
    c.settings.server.ca_path = ca_path;
    tree_remove("ca.crt");
    snprintf(ca_path, sizeof ca_path, "%s", tree_path("."));
    snprintf(name, sizeof name, "%08lx.0", kit_cert_hash(certs->other_authority));
    copy_file(certs->other_authority, name);
    cluster_begin(&c);
    await_words("certificate");
    ck_assert_uint_eq(count_of(&asked.lists), 0);
    snprintf(name, sizeof name, "%08lx.0", kit_cert_hash(certs->authority));
    copy_file(certs->authority, name);
    await(&asked.watches, 1);
    ck_assert_int_eq(cluster_find(&c, "u1"), POD_KNOWN);
}
END_TEST

START_TEST(a_certificate_that_expired_is_said_in_words)
{
    kit_server_stop(&server);
    server = kit_server_start_tls(certs->expired, certs->expired_key);
    kit_server_rule(server, rule, NULL);
    snprintf(c.url, sizeof c.url, "https://127.0.0.1:%u", (unsigned)kit_server_port(server));
    cluster_begin(&c);
    await_words("certificate has expired, or this machine's clock is wrong");
    ck_assert_uint_eq(count_of(&asked.lists), 0);
}
END_TEST

/* Its certificate is for 127.0.0.1, and is asked for by another name. */
START_TEST(a_vhost_is_the_name_that_the_certificate_has_to_have)
{
    c.settings.server.vhost = (char *)(uintptr_t) "api.example";
    cluster_begin(&c);
    await_words("api.example");
    ck_assert_uint_eq(count_of(&asked.lists), 0);
    cluster_end(&c);
    c.settings.server.verify_hostname = false;
    cluster_begin(&c);
    await(&asked.watches, 1);
}
END_TEST

START_TEST(anybody_is_asked_when_told_so)
{
    copy_file(certs->other_authority, "ca.crt");
    c.settings.server.verify = false;
    cluster_begin(&c);
    await(&asked.watches, 1);
}
END_TEST

START_TEST(half_of_a_file_of_authorities_is_no_end)
{
    tree_write("ca.crt", "-----BEGIN CERTIFICATE-----\nMIIB");
    cluster_begin(&c);
    await_words("does not answer");
    copy_file(certs->authority, "ca.crt");
    await(&asked.watches, 1);
}
END_TEST

/* The watch of the namespaces goes on all the time, by the authority that it began with. */
START_TEST(an_authority_that_is_replaced_counts_while_another_request_is_under_way)
{
    c.settings.wants.namespace_labels = true;
    cluster_begin(&c);
    await(&asked.space_watches, 1);
    pthread_mutex_lock(&asked.lock);
    asked.ends_watches = true;
    pthread_mutex_unlock(&asked.lock);
    cluster_end(&c);
    cluster_begin(&c);
    await(&asked.space_watches, 2);
    await(&asked.watches, 3);
    copy_file(certs->other_authority, "ca.crt");
    await_words("certificate");
    ck_assert_uint_eq(count_of(&asked.space_watches), 2);
    copy_file(certs->authority, "ca.crt");
    await(&asked.watches, count_of(&asked.watches) + 1);
    ck_assert_uint_eq(count_of(&asked.space_watches), 2);
    ck_assert_uint_eq(count_of(&asked.refused), 0);
}
END_TEST

START_TEST(a_token_that_is_replaced_is_used_at_once)
{
    cluster_begin(&c);
    await(&asked.lists, 1);
    pthread_mutex_lock(&asked.lock);
    asked.ends_watches = true;
    pthread_mutex_unlock(&asked.lock);
    cluster_end(&c);
    tree_write("token", "second");
    expect_token("second");
    cluster_begin(&c);
    await(&asked.watches, 2);
    tree_write("token", "the third");
    expect_token("the third");
    await(&asked.watches, count_of(&asked.watches) + 2);
    ck_assert_uint_le(count_of(&asked.refused), 1);
}
END_TEST

Suite *suite_kubernetes_tls(void);

Suite *suite_kubernetes_tls(void)
{
    Suite *suite = suite_create("kubernetes_tls");
    TCase *tcase = tcase_create("all");

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, pods_come_over_tls);
    tcase_add_test(tcase, an_authority_that_comes_later_is_taken);
    tcase_add_test(tcase, a_folder_of_authorities_will_do);
    tcase_add_test(tcase, a_certificate_that_expired_is_said_in_words);
    tcase_add_test(tcase, a_vhost_is_the_name_that_the_certificate_has_to_have);
    tcase_add_test(tcase, anybody_is_asked_when_told_so);
    tcase_add_test(tcase, half_of_a_file_of_authorities_is_no_end);
    tcase_add_test(tcase, an_authority_that_is_replaced_counts_while_another_request_is_under_way);
    tcase_add_test(tcase, a_token_that_is_replaced_is_used_at_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
