#include "plugins/filter_kubernetes/identity.h"

#include "kit/tree.h"

#include <check.h>
#include <stdio.h>

/* Whose lines a tag, a path or a name in the journal tells of. */

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UID "1f0dd9c5-7d3e-4a3c-9a63-5eed5eed5eed"
#define PREFIX "kube.var.log.containers."
#define SKIP (sizeof PREFIX - 1)

static struct identity id;
static char shown[8192];

static void set_up(void)
{
    identity_init(&id);
}

static void tear_down(void)
{
    identity_fini(&id);
}

/* NAMESPACE POD CONTAINER ID UID, a dash for what is not known. */
static const char *show(void)
{
    const struct slice texts[] = {id.query.namespace_name, id.query.name, id.query.container,
                                  id.query.container_id, id.query.uid};
    size_t at = 0;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        at += (size_t)snprintf(shown + at, sizeof shown - at, "%s%.*s", i ? " " : "",
                               texts[i].len ? (int)texts[i].len : 1,
                               texts[i].len ? texts[i].data : "-");
    return shown;
}

static void expect_tag(const char *tag, const char *expected)
{
    identity_fini(&id);
    ck_assert_msg(identity_from_tag(&id, slice_of(tag), SKIP) == (expected != NULL), "%s", tag);
    if (expected != NULL)
        ck_assert_str_eq(show(), expected);
    else
        ck_assert_str_eq(show(), "- - - - -");
}

START_TEST(a_tag_tells_pod_namespace_container_and_id)
{
    expect_tag(PREFIX "web-0_shop_main-" ID ".log", "shop web-0 main " ID " -");
    expect_tag(PREFIX "a.b-c.d_shop_main-" ID ".log", "shop a.b-c.d main " ID " -");
    expect_tag(PREFIX "web_shop_a-b_c-" ID ".log", "shop web a-b_c " ID " -");
}
END_TEST

/* Fluent Bit skips as many bytes as the prefix has, whatever they are, and searches in the rest. */
START_TEST(what_stands_before_the_names_does_not_count)
{
    expect_tag("x12345678901234567890123web-0_shop_main-" ID ".log", "shop web-0 main " ID " -");
    expect_tag(PREFIX "Aweb-0_shop_main-" ID ".log", "shop web-0 main " ID " -");
    expect_tag(PREFIX "-.-web_shop_main-" ID ".log", "shop web main " ID " -");
    expect_tag(PREFIX "x.-web_shop_main-" ID ".log", "shop web main " ID " -");
}
END_TEST

START_TEST(a_tag_of_no_container_tells_nothing)
{
    static const char *const tags[] = {
        "",
        "node",
        PREFIX,
        PREFIX "x",
        PREFIX "web-0_shop_main.log",
        PREFIX "web-0_shop_main-" ID,
        PREFIX "web-0_shop_main-" ID ".log.1",
        PREFIX "web-0_shop-" ID ".log",
        PREFIX "_shop_main-" ID ".log",
        PREFIX "web-0__main-" ID ".log",
        PREFIX "web-0_shop_-" ID ".log",
        PREFIX "web-_shop_main" ID ".log",
        PREFIX "-" ID ".log",
        PREFIX ID ".log",
        "kube.var.log.syslog.and.more.of.it.log",
    };

    for (size_t i = 0; i < ARRAY_LEN(tags); i++)
        expect_tag(tags[i], NULL);
}
END_TEST

START_TEST(a_tag_of_a_path_below_pods_tells_the_uid)
{
    expect_tag("kube.var.log.pods.shop_web-0_" UID ".main.0.log", "shop web-0 main - " UID);
    expect_tag("kube.var.log.pods.shop_a.b_" UID ".main.12.log.20260102-030405",
               "shop a.b main - " UID);
    expect_tag("kube.var.log.pods.shop_web-0_" UID ".main.log", NULL);
    expect_tag("kube.var.log.pods.shop_web-0_short.main.0.log", NULL);
    expect_tag("kube.var.log.pods._web-0_" UID ".main.0.log", NULL);
}
END_TEST

START_TEST(a_path_below_pods_tells_the_uid)
{
    ck_assert(identity_from_path(&id, SLICE("/var/log/pods/shop_web-0_" UID "/main/3.log")));
    ck_assert_str_eq(show(), "shop web-0 main - " UID);
}
END_TEST

/* A static pod's folder has a hash. */
START_TEST(a_static_pods_hash_is_its_uid)
{
    ck_assert(identity_from_path(
        &id, SLICE("/p/kube-system_etcd-n1_0123456789abcdef0123456789abcdef/etcd/0.log")));
    ck_assert_str_eq(show(), "kube-system etcd-n1 etcd - 0123456789abcdef0123456789abcdef");
}
END_TEST

START_TEST(other_paths_tell_nothing)
{
    static const char *const paths[] = {
        "",
        "/",
        "0.log",
        "/var/log/syslog",
        "/var/log/pods/shop_web-0_" UID "/main/x.log",
        "/var/log/pods/shop_" UID "/main/0.log",
        "/var/log/pods/" UID "/main/0.log",
        "main/0.log",
        "/shop_web-0_" UID "/0.log",
        "/_web_" UID "/main/0.log",
    };

    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        ck_assert_msg(!identity_from_path(&id, slice_of(paths[i])), "%s", paths[i]);
    ck_assert_str_eq(show(), "- - - - -");
}
END_TEST

START_TEST(a_path_of_another_pod_adds_nothing)
{
    ck_assert(identity_from_tag(&id, SLICE(PREFIX "web-0_shop_main-" ID ".log"), SKIP));
    ck_assert(!identity_from_path(&id, SLICE("/p/shop_db-0_" UID "/main/0.log")));
    ck_assert(!identity_from_path(&id, SLICE("/p/other_web-0_" UID "/main/0.log")));
    ck_assert_str_eq(show(), "shop web-0 main " ID " -");
    ck_assert(identity_from_path(&id, SLICE("/p/shop_web-0_" UID "/main/0.log")));
    ck_assert_str_eq(show(), "shop web-0 main " ID " " UID);
}
END_TEST

START_TEST(where_a_log_really_lay_tells_the_uid)
{
    ck_assert(identity_from_file(&id, SLICE("/var/log/containers/web-0_shop_main-" ID ".log"),
                                 SLICE("/var/log/pods/shop_web-0_" UID "/main/0.log")));
    ck_assert_str_eq(show(), "shop web-0 main " ID " " UID);
}
END_TEST

/* The name has 251 bytes and ".log": nothing of the id that could be recognised. */
START_TEST(names_that_were_cut_are_told_in_full_by_the_link)
{
    const char *name = "web-0_shop_main-0123456789.log";

    tree_plant();
    tree_link("pods/shop_web-0_" UID "/main/0.log", name);
    ck_assert(
        identity_from_file(&id, slice_of(tree_path(name)), SLICE("/var/lib/docker/x/x-json.log")));
    ck_assert_str_eq(show(), "shop web-0 main - " UID);
    tree_fell();
}
END_TEST

START_TEST(a_name_in_the_journal_tells_all_but_the_id)
{
    ck_assert(identity_from_journal(&id, SLICE("k8s_main.1a2b_web-0_shop_" UID "_0")));
    identity_add_id(&id, SLICE(ID));
    ck_assert_str_eq(show(), "shop web-0 main " ID " " UID);
    ck_assert(slice_is(id.container_hash, "1a2b"));
}
END_TEST

START_TEST(a_name_in_the_journal_may_have_no_hash)
{
    ck_assert(identity_from_journal(&id, SLICE("k8s_main_web-0_shop_" UID "_0")));
    ck_assert_str_eq(show(), "shop web-0 main - " UID);
    ck_assert_uint_eq(id.container_hash.len, 0);
}
END_TEST

START_TEST(other_names_in_the_journal_tell_nothing)
{
    static const char *const names[] = {"",
                                        "sshd",
                                        "k8s_main_web-0_shop_" UID,
                                        "_____",
                                        "k8s__p_n_u_0",
                                        "k8s_.h_p_n_u_0",
                                        "k8s_c_p_n_u_"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        ck_assert_msg(!identity_from_journal(&id, slice_of(names[i])), "%s", names[i]);
    ck_assert_str_eq(show(), "- - - - -");
}
END_TEST

START_TEST(a_text_that_is_too_long_tells_nothing)
{
    char *text = mem_alloc(IDENTITY_BYTES_MAX + 1);

    memset(text, 'a', IDENTITY_BYTES_MAX + 1);
    ck_assert(!identity_from_tag(&id, slice_make(text, IDENTITY_BYTES_MAX + 1), 0));
    ck_assert(!identity_from_path(&id, slice_make(text, IDENTITY_BYTES_MAX + 1)));
    ck_assert(!identity_from_journal(&id, slice_make(text, IDENTITY_BYTES_MAX + 1)));
    mem_free(text);
}
END_TEST

Suite *suite_plugins_kubernetes_identity(void);

Suite *suite_plugins_kubernetes_identity(void)
{
    Suite *suite = suite_create("plugins/kubernetes_identity");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_tag_tells_pod_namespace_container_and_id);
    tcase_add_test(tcase, what_stands_before_the_names_does_not_count);
    tcase_add_test(tcase, a_tag_of_no_container_tells_nothing);
    tcase_add_test(tcase, a_tag_of_a_path_below_pods_tells_the_uid);
    tcase_add_test(tcase, a_path_below_pods_tells_the_uid);
    tcase_add_test(tcase, a_static_pods_hash_is_its_uid);
    tcase_add_test(tcase, other_paths_tell_nothing);
    tcase_add_test(tcase, a_path_of_another_pod_adds_nothing);
    tcase_add_test(tcase, where_a_log_really_lay_tells_the_uid);
    tcase_add_test(tcase, names_that_were_cut_are_told_in_full_by_the_link);
    tcase_add_test(tcase, a_name_in_the_journal_tells_all_but_the_id);
    tcase_add_test(tcase, a_name_in_the_journal_may_have_no_hash);
    tcase_add_test(tcase, other_names_in_the_journal_tell_nothing);
    tcase_add_test(tcase, a_text_that_is_too_long_tells_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
