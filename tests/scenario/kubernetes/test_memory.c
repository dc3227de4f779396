#include "plugins/filter_kubernetes/pods_fill.h"
#include "scenario/kubernetes/cluster.h"

#include <check.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

/* What pods cost that look like real ones: nine kilobytes as they come, with five labels, four
 * annotations and an owner. METADATA_ALOUD=1 prints it. */

static struct cluster c;

static void put_pods(unsigned count)
{
    char uid[48], name[64], labels[320], annotations[640];

    for (unsigned i = 0; i < count; i++) {
        snprintf(uid, sizeof uid, "0d9b8c7e-5a43-4c21-8f10-%012u", i);
        snprintf(name, sizeof name, "payments-api-7d9c6b5f4d-%05u", i);
        snprintf(
            labels, sizeof labels,
            "\"app.kubernetes.io/name\":\"payments-api\",\"app.kubernetes.io/instance\":\"%u\","
            "\"app.kubernetes.io/version\":\"1.27.3\",\"pod-template-hash\":\"7d9c6b5f4d\","
            "\"topology.kubernetes.io/zone\":\"eu-central-1a\"",
            i);
        snprintf(annotations, sizeof annotations,
                 "\"checksum/config\":\"%064u\",\"prometheus.io/scrape\":\"true\","
                 "\"cni.projectcalico.org/podIP\":\"10.1.2.3/32\",\"kubernetes.io/psp\":\"eks\"",
                 i);
        kube_put(c.kube, &(struct kube_pod){.uid = uid,
                                            .name = name,
                                            .labels = labels,
                                            .annotations = annotations,
                                            .container_id = uid});
    }
}

/* How much the heap has grown when all of them are known. Nothing is said of a heap that is not the
 * C library's (sanitizers). */
static size_t cost(unsigned count)
{
    size_t before, after;

    cluster_open(&c);
    put_pods(count);
    before = mallinfo2().uordblks;
    cluster_begin(&c);
    cluster_await_watch(&c);
    after = mallinfo2().uordblks;
    ck_assert_uint_eq(pods_counts(c.pods).live, count);
    if (getenv("METADATA_ALOUD") != NULL)
        printf("%u pods: %zu KiB of the heap, %zu KiB of it texts and their heads\n", count,
               (after - before) / 1024, pods_counts(c.pods).bytes / 1024);
    cluster_close(&c);
    return after > before ? after - before : 0;
}

START_TEST(a_hundred_and_ten_pods_cost_less_than_a_mebibyte)
{
    ck_assert_uint_le(cost(110), 1U << 20);
}
END_TEST

START_TEST(five_hundred_pods_cost_less_than_four_mebibytes)
{
    ck_assert_uint_le(cost(500), 4U << 20);
}
END_TEST

Suite *suite_kubernetes_memory(void);

Suite *suite_kubernetes_memory(void)
{
    Suite *suite = suite_create("kubernetes_memory");
    TCase *tcase = tcase_create("kubernetes_memory");

    tcase_add_test(tcase, a_hundred_and_ten_pods_cost_less_than_a_mebibyte);
    tcase_add_test(tcase, five_hundred_pods_cost_less_than_four_mebibytes);
    suite_add_tcase(suite, tcase);
    return suite;
}
