#include "scenario/http/caller.h"

#include "kit/certs.h"

#include <check.h>
#include <uv.h>

static struct caller c;
static struct kit_certs *certs;
static struct http_tls tls;

/* The server's certificate is for `name`. */
static void open_for(const char *name)
{
    caller_open(&c);
    kit_server_stop(&c.server);
    certs = kit_certs_new(name);
    c.server = kit_server_start_tls(certs->server, certs->server_key);
    tls = (struct http_tls){
        .verify = true,
        .verify_hostname = true,
        .ca_file = certs->authority,
    };
    c.settings.port = kit_server_port(c.server);
    c.settings.tls = &tls;
}

static void set_up(void)
{
    open_for("127.0.0.1");
}

static void set_up_misnamed(void)
{
    open_for("logs.example");
}

static void tear_down(void)
{
    caller_close(&c);
    kit_certs_free(&certs);
}

static void expect_delivered(void)
{
    caller_connect(&c);
    caller_post(&c, "one\n");
    ck_assert_str_eq(c.outcome.why, "");
    ck_assert_int_eq(c.outcome.status, 200);
}

static void expect_tls_error(const char *part)
{
    caller_connect(&c);
    caller_post(&c, "one\n");
    ck_assert_int_eq(c.outcome.error, UV_EPROTO);
    ck_assert_msg(strncmp(c.outcome.why, "[tls] error: ", 13) == 0, "%s", c.outcome.why);
    ck_assert_msg(strstr(c.outcome.why, part) != NULL, "%s", c.outcome.why);
    ck_assert_uint_eq(kit_server_requests(c.server), 0);
}

/* ---- whom we trust ---- */

START_TEST(a_known_authority_is_trusted)
{
    expect_delivered();
    caller_post_large(&c, 5 << 20);
    ck_assert_int_eq(c.outcome.status, 200);
    ck_assert_uint_eq(kit_server_request(c.server, 1)->body.len, 5 << 20);
    ck_assert_uint_eq(kit_server_connections(c.server), 1);
}
END_TEST

START_TEST(an_unknown_authority_is_refused)
{
    tls.ca_file = certs->other_authority;
    expect_tls_error("certificate");
}
END_TEST

START_TEST(without_a_file_the_system_is_asked_and_does_not_know_it)
{
    tls.ca_file = NULL;
    expect_tls_error("tls.ca_file");
}
END_TEST

START_TEST(anybody_is_trusted_when_told_so)
{
    tls.ca_file = NULL;
    tls.verify = false;
    expect_delivered();
}
END_TEST

START_TEST(another_name_is_refused)
{
    expect_tls_error("127.0.0.1");
}
END_TEST

START_TEST(another_name_will_do_when_told_so)
{
    tls.verify_hostname = false;
    expect_delivered();
}
END_TEST

START_TEST(a_vhost_is_verified_in_place_of_the_host)
{
    tls.vhost = "logs.example";
    expect_delivered();
    ck_assert_int_eq(
        strncmp(kit_request_header(kit_server_request(c.server, 0), "Host"), "127.0.0.1:", 10), 0);
    ck_assert_int_eq(caller_post(&c, "two\n")->status, 200);
    ck_assert_uint_eq(kit_server_connections(c.server), 1);
}
END_TEST

START_TEST(a_vhost_that_is_not_the_servers_is_refused)
{
    tls.vhost = "other.example";
    expect_tls_error("other.example");
}
END_TEST

/* ---- versions, ciphers, our own certificate ---- */

START_TEST(versions_within_reach_will_do)
{
    tls.min_version = "TLSv1.2";
    tls.max_version = "tlsv1.3";
    expect_delivered();
}
END_TEST

START_TEST(ciphers_of_both_kinds_are_passed_on)
{
    tls.ciphers = "TLS_AES_128_GCM_SHA256";
    expect_delivered();
    http_client_free(&c.client);
    tls.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    tls.max_version = "TLSv1.2";
    expect_delivered();
}
END_TEST

START_TEST(ciphers_that_nobody_knows_are_told)
{
    tls.ciphers = "NO-SUCH-CIPHER";
    expect_tls_error("cipher");
}
END_TEST

START_TEST(a_locked_key_opens_with_its_password)
{
    tls.crt_file = certs->client;
    tls.key_file = certs->client_locked_key;
    tls.key_passwd = KIT_KEY_PASSWORD;
    expect_delivered();
}
END_TEST

/* ---- the other side is no TLS ---- */

START_TEST(a_server_without_tls_is_told_apart)
{
    struct kit_server *plain = kit_server_start();

    kit_server_script(plain, (struct kit_answer){.move = KIT_NOISE});
    c.settings.port = kit_server_port(plain);
    caller_connect(&c);
    caller_limits(&c, 100, 0, 0);
    caller_post(&c, "one\n");
    /* It waits for the end of a head that never comes. */
    ck_assert_int_eq(c.outcome.error, UV_ETIMEDOUT);
    ck_assert_str_eq(c.outcome.why, "timed out after 0 seconds (connect timeout)");
    kit_server_stop(&plain);
}
END_TEST

START_TEST(plain_http_to_a_tls_server_is_trouble)
{
    c.settings.tls = NULL;
    caller_connect(&c);
    ck_assert_int_lt(caller_post(&c, "one\n")->error, 0);
}
END_TEST

/* ---- what is wrong before any connection ---- */

static char empty[] = "/dev/null";

static void expect_refused(const char *part)
{
    char why[256];

    ck_assert_ptr_null(http_client_new(c.loop, &c.settings, why));
    ck_assert_msg(strstr(why, part) != NULL, "%s", why);
}

START_TEST(a_file_that_is_not_there_is_told)
{
    tls.ca_file = "/nonexistent/ca.pem";
    expect_refused("[tls] error: ca_file '/nonexistent/ca.pem': no such file or directory");
}
END_TEST

START_TEST(a_file_without_a_certificate_is_told)
{
    tls.ca_file = empty;
    expect_refused("ca_file '/dev/null': there is no certificate in PEM format in it");
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_told)
{
    tls.ca_path = "/nonexistent";
    expect_refused("ca_path '/nonexistent': no such file or directory");
}
END_TEST

START_TEST(a_key_without_its_certificate_is_told)
{
    tls.key_file = certs->client_key;
    expect_refused("it needs its certificate, crt_file");
}
END_TEST

START_TEST(a_certificate_without_its_key_is_told)
{
    tls.crt_file = certs->client;
    expect_refused("there is no key in it that opens without a key_passwd");
}
END_TEST

START_TEST(the_key_of_another_certificate_is_told)
{
    tls.crt_file = certs->client;
    tls.key_file = certs->server_key;
    expect_refused("it is not the key of crt_file");
}
END_TEST

START_TEST(a_wrong_password_is_told_and_not_repeated)
{
    char why[256];

    tls.crt_file = certs->client;
    tls.key_file = certs->client_locked_key;
    tls.key_passwd = "hunter2";
    ck_assert_ptr_null(http_client_new(c.loop, &c.settings, why));
    ck_assert_ptr_nonnull(strstr(why, "there is no key in it that key_passwd opens"));
    ck_assert_ptr_null(strstr(why, "hunter2"));
}
END_TEST

START_TEST(a_version_that_nobody_knows_is_told)
{
    tls.min_version = "TLSv2";
    expect_refused("min_version 'TLSv2': it is none of");
    tls.min_version = "TLSv1.3";
    tls.max_version = "TLSv1.2";
    expect_refused("min_version 'TLSv1.3': it is above max_version");
}
END_TEST

static void add_trust(Suite *suite)
{
    TCase *named = tcase_create("named");
    TCase *misnamed = tcase_create("misnamed");

    tcase_add_checked_fixture(named, set_up, tear_down);
    tcase_add_test(named, a_known_authority_is_trusted);
    tcase_add_test(named, an_unknown_authority_is_refused);
    tcase_add_test(named, without_a_file_the_system_is_asked_and_does_not_know_it);
    tcase_add_test(named, anybody_is_trusted_when_told_so);
    tcase_add_test(named, versions_within_reach_will_do);
    tcase_add_test(named, ciphers_of_both_kinds_are_passed_on);
    tcase_add_test(named, ciphers_that_nobody_knows_are_told);
    tcase_add_test(named, a_locked_key_opens_with_its_password);
    tcase_add_test(named, a_server_without_tls_is_told_apart);
    tcase_add_test(named, plain_http_to_a_tls_server_is_trouble);
    suite_add_tcase(suite, named);

    tcase_add_checked_fixture(misnamed, set_up_misnamed, tear_down);
    tcase_add_test(misnamed, another_name_is_refused);
    tcase_add_test(misnamed, another_name_will_do_when_told_so);
    tcase_add_test(misnamed, a_vhost_is_verified_in_place_of_the_host);
    tcase_add_test(misnamed, a_vhost_that_is_not_the_servers_is_refused);
    suite_add_tcase(suite, misnamed);
}

Suite *suite_http_tls(void)
{
    Suite *suite = suite_create("http/tls");
    TCase *refused = tcase_create("refused");

    add_trust(suite);
    tcase_add_checked_fixture(refused, set_up, tear_down);
    tcase_add_test(refused, a_file_that_is_not_there_is_told);
    tcase_add_test(refused, a_file_without_a_certificate_is_told);
    tcase_add_test(refused, a_folder_that_is_not_there_is_told);
    tcase_add_test(refused, a_key_without_its_certificate_is_told);
    tcase_add_test(refused, a_certificate_without_its_key_is_told);
    tcase_add_test(refused, the_key_of_another_certificate_is_told);
    tcase_add_test(refused, a_wrong_password_is_told_and_not_repeated);
    tcase_add_test(refused, a_version_that_nobody_knows_is_told);
    suite_add_tcase(suite, refused);
    return suite;
}
