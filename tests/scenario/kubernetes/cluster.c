#include "scenario/kubernetes/cluster.h"

#include "kit/patience.h"

#include <check.h>
#include <stdio.h>

#define TURNS 40

static void on_changed(void *owner, const struct pod *pod)
{
    struct cluster *c = owner;

    c->told += pod != NULL;
    c->told_anything += pod == NULL;
}

void cluster_open(struct cluster *c)
{
    *c = (struct cluster){.loop = loop_new()};
    clock_fake(1000000, INT64_C(1800000000) * NS_PER_S);
    c->kube = kube_start(c->loop);
    snprintf(c->url, sizeof c->url, "http://127.0.0.1:%u", (unsigned)kube_port(c->kube));
    c->settings = (struct source_settings){
        .component = "filter:kubernetes:kubernetes.0",
        .node_name = (char *)(uintptr_t) "n1",
        .server = {.url = c->url, .verify = true, .dns_retries = 6, .dns_wait_ms = 30000},
        .login = {.token_ttl_ms = 600000},
        .wants = {.labels = true, .annotations = true, .owners = true},
    };
}

void cluster_begin(struct cluster *c)
{
    char why[256];

    c->source = source_take(c->loop, &c->settings, why);
    ck_assert_msg(c->source != NULL, "%s", why);
    c->pods = source_pods(c->source);
    c->listener = (struct pods_listener){.changed = on_changed, .owner = c};
    pods_listen(c->pods, &c->listener);
}

void cluster_end(struct cluster *c)
{
    if (c->source == NULL)
        return;
    pods_unlisten(&c->listener);
    source_release(&c->source);
}

void cluster_close(struct cluster *c)
{
    cluster_end(c);
    kube_stop(&c->kube);
    loop_free(&c->loop);
    clock_real();
}

void cluster_settle(struct cluster *c)
{
    for (unsigned i = 0; i < TURNS; i++)
        loop_turn(c->loop, false);
    patience_breathe(c->loop, 1);
}

/* However slow the machine is: the request is on its way. */
static void settle_until(struct cluster *c, enum kube_kind kind, unsigned count)
{
    struct patience patience;

    patience_begin(&patience, c->loop, "a request");
    while (kube_count(c->kube, kind) < count)
        cluster_settle(c);
    patience_end(&patience);
}

void cluster_pass_ms(struct cluster *c, uint64_t ms)
{
    while (ms > 0) {
        uint64_t step_ms = ms < 100 ? ms : 100;

        clock_advance_ms(step_ms);
        cluster_settle(c);
        ms -= step_ms;
    }
}

void cluster_await(struct cluster *c, enum kube_kind kind, unsigned count, uint64_t ms)
{
    cluster_settle(c);
    for (uint64_t passed_ms = 0; passed_ms < ms && kube_count(c->kube, kind) < count;
         passed_ms += 100)
        cluster_pass_ms(c, 100);
    settle_until(c, kind, count);
    cluster_settle(c);
    ck_assert_uint_eq(kube_count(c->kube, kind), count);
}

void cluster_await_watch(struct cluster *c)
{
    cluster_await(c, KUBE_WATCH, 1, 15000);
    ck_assert_uint_ge(kube_watching(c->kube), 1);
}

enum pod_answer cluster_find(struct cluster *c, const char *uid)
{
    struct pod_query query = {
        .uid = slice_of(uid), .namespace_name = SLICE("shop"), .name = SLICE("web-0")};

    return pods_find(c->pods, &query, &c->found);
}

enum pod_answer cluster_find_named(struct cluster *c, const char *name, const char *container_id)
{
    struct pod_query query = {.namespace_name = SLICE("shop"),
                              .name = slice_of(name),
                              .container_id = slice_of(container_id)};

    return pods_find(c->pods, &query, &c->found);
}
