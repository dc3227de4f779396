#include "plugins/filter_kubernetes/keep.h"

#include "kit/tree.h"

#include <check.h>
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What is kept for the next start is read back as it was, or not at all. */

static struct pods *pods, *again;
static struct buffer bytes;
static struct keep_head head;

static void on_wished(void *owner)
{
    (void)owner;
}

static void set_up(void)
{
    clock_fake(1000000, 0);
    pods = pods_new(true, on_wished, NULL);
    again = pods_new(true, on_wished, NULL);
    head = (struct keep_head){.print = 7, .node = SLICE("n1")};
}

static void tear_down(void)
{
    pods_free(&pods);
    pods_free(&again);
    buffer_fini(&bytes);
    clock_real();
}

static void put(const char *uid)
{
    static const struct pod_container container = {.name = {"main", 4},
                                                   .id = {"c1", 2},
                                                   .last_id = {"c0", 2},
                                                   .image = {"web:1", 5},
                                                   .hash = {"sha256:ab", 9}};
    struct pod_facts facts = {.pod = {.namespace_name = SLICE("shop"),
                                      .name = SLICE("web-0"),
                                      .uid = slice_of(uid),
                                      .labels = SLICE("{\"app\":\"web\"}"),
                                      .annotations = SLICE("{\"x\\t\":\"\\\"y\\\"\"}"),
                                      .owners = SLICE("[{\"kind\":\"ReplicaSet\"}]"),
                                      .node = SLICE("n1"),
                                      .pod_ip = SLICE("10.0.0.1"),
                                      .containers = &container,
                                      .container_count = 1},
                              .config_hash = SLICE("hash")};

    ck_assert(pods_put(pods, &facts));
}

static void save(void)
{
    struct pod_namespace space = {.name = SLICE("shop"), .labels = SLICE("{\"team\":\"x\"}")};
    struct keep_head saved = {
        .print = 7, .saved_ns = 1234, .node = SLICE("n1"), .version = SLICE("1009")};

    put("u1");
    put("u2");
    pods_space_put(pods, &space);
    keep_write(&bytes, &saved, pods);
}

static const struct pod *find(const char *uid)
{
    struct pod_query query = {.uid = slice_of(uid)};
    const struct pod *pod;

    ck_assert_int_eq(pods_find(again, &query, &pod), POD_KNOWN);
    return pod;
}

START_TEST(all_of_it_comes_back)
{
    const struct pod *pod;

    save();
    ck_assert_int_eq(keep_read(buffer_view(&bytes), &head, again), 0);
    ck_assert(slice_is(head.version, "1009"));
    ck_assert_int_eq(head.saved_ns, 1234);
    ck_assert_uint_eq(pods_counts(again).live, 2);
    pod = find("u2");
    ck_assert(slice_is(pod->name, "web-0"));
    ck_assert(slice_is(pod->labels, "{\"app\":\"web\"}"));
    ck_assert(slice_is(pod->annotations, "{\"x\\t\":\"\\\"y\\\"\"}"));
    ck_assert(slice_is(pod->owners, "[{\"kind\":\"ReplicaSet\"}]"));
    ck_assert(slice_is(pod->containers[0].last_id, "c0"));
    ck_assert(slice_is(pod->containers[0].hash, "sha256:ab"));
    ck_assert(slice_is(pod->space->labels, "{\"team\":\"x\"}"));
    find("hash");
}
END_TEST

START_TEST(what_is_written_again_is_the_same)
{
    struct buffer second = {0};
    struct keep_head saved = {
        .print = 7, .saved_ns = 1234, .node = SLICE("n1"), .version = SLICE("1009")};

    save();
    ck_assert_int_eq(keep_read(buffer_view(&bytes), &head, again), 0);
    keep_write(&second, &saved, again);
    ck_assert_uint_eq(second.len, bytes.len);
    buffer_fini(&second);
}
END_TEST

/* Wherever it ends, and whichever byte of it is another one. */
START_TEST(a_damaged_file_is_as_if_it_were_not_there)
{
    save();
    for (size_t len = 0; len < bytes.len; len++)
        ck_assert_int_eq(keep_read(slice_make(bytes.data, len), &head, again), -EBADMSG);
    for (size_t at = 0; at < bytes.len; at++) {
        bytes.data[at] ^= 0x20;
        ck_assert_int_lt(keep_read(buffer_view(&bytes), &head, again), 0);
        bytes.data[at] ^= 0x20;
    }
    ck_assert_uint_eq(pods_counts(again).live, 0);
}
END_TEST

/* With a hash that fits, as somebody would make it who wants to put something into documents. */
START_TEST(lengths_and_texts_are_checked_even_when_the_hash_fits)
{
    save();
    for (size_t at = 16; at < bytes.len; at++) {
        uint64_t hash;
        int rc;

        bytes.data[at] ^= (char)0x81;
        hash = slice_hash(slice_skip(buffer_view(&bytes), 16));
        memcpy(bytes.data + 8, &hash, sizeof hash);
        head = (struct keep_head){.print = 7, .node = SLICE("n1")};
        rc = keep_read(buffer_view(&bytes), &head, again);
        ck_assert(rc == 0 || rc == -EBADMSG || rc == -ESTALE);
        bytes.data[at] ^= (char)0x81;
    }
}
END_TEST

START_TEST(what_other_settings_or_another_node_kept_is_not_used)
{
    save();
    head.print = 8;
    ck_assert_int_eq(keep_read(buffer_view(&bytes), &head, again), -ESTALE);
    head = (struct keep_head){.print = 7, .node = SLICE("n2")};
    ck_assert_int_eq(keep_read(buffer_view(&bytes), &head, again), -ESTALE);
    head = (struct keep_head){.print = 7};
    ck_assert_int_eq(keep_read(buffer_view(&bytes), &head, again), 0);
    ck_assert(slice_is(head.node, "n1"));
}
END_TEST

START_TEST(a_watch_goes_on_from_a_young_file_alone)
{
    head = (struct keep_head){.version = SLICE("7"), .saved_ns = 1000};
    ck_assert(keep_is_fresh(&head, 1000));
    ck_assert(keep_is_fresh(&head, 999 + KEEP_FRESH_MS * NS_PER_MS));
    ck_assert(!keep_is_fresh(&head, 1000 + KEEP_FRESH_MS * NS_PER_MS));
    ck_assert(!keep_is_fresh(&head, 999));
    head.version = SLICE("");
    ck_assert(!keep_is_fresh(&head, 1000));
}
END_TEST

/* ---- the file ---- */

static void save_file(void)
{
    save();
    tree_write_bytes("pods", bytes.data, bytes.len);
}

static int load(void)
{
    return keep_load(tree_path("pods"), &head, again);
}

START_TEST(a_file_that_all_may_write_to_is_not_read)
{
    save_file();
    ck_assert_int_eq(chmod(tree_path("pods"), 0666), 0);
    ck_assert_int_eq(load(), -EPERM);
    ck_assert_uint_eq(pods_counts(again).live, 0);
    ck_assert_int_eq(chmod(tree_path("pods"), 0660), 0); /* as a volume's fsGroup makes it */
    ck_assert_int_eq(load(), 0);
    keep_head_fini(&head);
}
END_TEST

START_TEST(a_file_of_another_user_is_not_read)
{
    save_file();
    if (chown(tree_path("pods"), 12345, 12345) < 0)
        return; /* only root gives files away */
    ck_assert_int_eq(load(), -EPERM);
}
END_TEST

START_TEST(nobody_waits_for_a_pipe_or_follows_a_link)
{
    ck_assert_int_eq(mkfifo(tree_path("pods"), 0600), 0);
    ck_assert_int_eq(load(), -EPERM);
    tree_remove("pods");
    save();
    tree_write_bytes("elsewhere", bytes.data, bytes.len);
    tree_link("elsewhere", "pods");
    ck_assert_int_eq(load(), -ELOOP);
}
END_TEST

static unsigned syncs;

/* Stands in the C library's place: how often anybody waited for a disk. */
int fsync(int fd)
{
    syncs++;
    return (int)syscall(SYS_fsync, fd);
}

START_TEST(who_stops_does_not_wait_for_the_disk_and_all_is_kept)
{
    struct loop *loop = loop_new();
    struct buffer version = {0};
    char *node = NULL;
    struct keep_what what = {.pods = pods, .version = &version, .node = &node, .print = 7};
    struct keep *keep = keep_new(loop, "test", tree_path("pods"), &what);
    struct pod_namespace space = {.name = SLICE("shop"), .labels = SLICE("{}")};

    put("u1");
    pods_space_put(pods, &space);
    syncs = 0;
    keep_free(&keep);
    ck_assert_uint_eq(syncs, 0);
    head.node = SLICE("");
    ck_assert_int_eq(load(), 0);
    (void)find("u1");
    buffer_fini(&version);
    loop_free(&loop);
}
END_TEST

static TCase *files(void)
{
    TCase *tcase = tcase_create("files");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_checked_fixture(tcase, tree_plant, tree_fell);
    tcase_add_test(tcase, a_file_that_all_may_write_to_is_not_read);
    tcase_add_test(tcase, a_file_of_another_user_is_not_read);
    tcase_add_test(tcase, nobody_waits_for_a_pipe_or_follows_a_link);
    tcase_add_test(tcase, who_stops_does_not_wait_for_the_disk_and_all_is_kept);
    return tcase;
}

Suite *suite_plugins_kubernetes_keep(void);

Suite *suite_plugins_kubernetes_keep(void)
{
    Suite *suite = suite_create("plugins_kubernetes_keep");
    TCase *tcase = tcase_create("plugins_kubernetes_keep");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, all_of_it_comes_back);
    tcase_add_test(tcase, what_is_written_again_is_the_same);
    tcase_add_test(tcase, a_damaged_file_is_as_if_it_were_not_there);
    tcase_add_test(tcase, lengths_and_texts_are_checked_even_when_the_hash_fits);
    tcase_add_test(tcase, what_other_settings_or_another_node_kept_is_not_used);
    tcase_add_test(tcase, a_watch_goes_on_from_a_young_file_alone);
    suite_add_tcase(suite, tcase);
    suite_add_tcase(suite, files());
    return suite;
}
