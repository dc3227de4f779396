#include "plugins/filter_kubernetes/apply.h"

/*
 * A log whose pod is not known, or whose container the pod's status does not have, waits, unread: the
 * file is its own buffer.
 *
 *   kubernetes_ready         asked when the log is opened: not yet; its waiter is linked
 *   kubernetes_waiting_stir  pods came or changed
 *   on_stirred               all who wait are woken, and ask again
 *
 * Goes wrong: the pod stays unknown, or its status does not come. Whoever waits does so for
 * metadata_wait, or KUBE_STATUS_WAIT_MS, at most.
 */

/* Pods come in crowds: who waits looks once for all that came in this time. */
#define STIR_MS 20

static void on_stirred(void *owner)
{
    struct kube_waiting *w = owner;
    struct list woken;

    /* Whoever is not ready still is linked again, behind these. */
    list_init(&woken);
    while (!list_is_empty(&w->waiters))
        list_add_tail(&woken, list_take_first(&w->waiters));
    while (!list_is_empty(&woken)) {
        struct filter_waiter *waiter =
            CONTAINER_OF(list_take_first(&woken), struct filter_waiter, link);

        waiter->wake(waiter->owner);
    }
}

void kubernetes_waiting_init(struct kube_waiting *w)
{
    list_init(&w->waiters);
    w->timer = NULL;
}

void kubernetes_waiting_start(struct kube_waiting *w, struct loop *loop)
{
    w->timer = timer_new(loop, on_stirred, w);
    timer_unref(w->timer);
}

void kubernetes_waiting_fini(struct kube_waiting *w)
{
    while (w->waiters.next != NULL && list_take_first(&w->waiters) != NULL)
        continue;
    timer_free(&w->timer);
}

void kubernetes_waiting_stir(struct kube_waiting *w)
{
    if (!list_is_empty(&w->waiters) && w->timer != NULL && !timer_is_on(w->timer))
        timer_start(w->timer, STIR_MS);
}

uint64_t kubernetes_wait_ms(enum pod_answer answer, bool lacks_status, uint64_t wait_ms)
{
    if (answer == POD_NOT_YET)
        return wait_ms;
    if (answer != POD_KNOWN || !lacks_status)
        return 0;
    return wait_ms < KUBE_STATUS_WAIT_MS ? wait_ms : KUBE_STATUS_WAIT_MS;
}

/* What the fields of its container are made of may be on the way. */
static bool lacks_status(const struct filter_kubernetes *k, const struct pod *pod,
                         const struct pod_query *query)
{
    return !k->form.is_namespace_only && pods_way(k->asking.pods) == PODS_WATCHED &&
           !pod_tells(pod, query);
}

/* Whoever asks waits so long, or gets what the pod wishes. */
static uint64_t pod_ask(struct filter_kubernetes *k, const struct filter_run *run,
                        struct filter_wishes *wishes)
{
    enum pod_answer answer = POD_NEVER;
    const struct pod *pod = NULL;
    struct pod_query query;
    bool lacks = false;
    struct identity id;

    identity_init(&id);
    if (kubernetes_identify(k, run, &id)) {
        query = kubernetes_query(k, &id);
        answer = pods_find(k->asking.pods, &query, &pod);
    }
    if (pod != NULL) {
        lacks = lacks_status(k, pod, &id.query);
        if (wishes != NULL && wishes_are_heard(&k->heeds.wishes))
            wishes_read(&k->heeds.wishes, &id, pod, wishes);
    }
    identity_fini(&id);
    return kubernetes_wait_ms(answer, lacks, k->wait.wait_ms);
}

/* A journal is of all pods, so it waits for those that are there at the start. One by one they are asked
 * for when it names them, and no sooner. */
static uint64_t journal_ask(const struct filter_kubernetes *k)
{
    bool is_known = pods_way(k->asking.pods) == PODS_ASKED_FOR || pods_have_begun(k->asking.pods);

    return is_known ? 0 : k->wait.wait_ms;
}

uint64_t kubernetes_ready(void *self, const struct filter_run *run, struct filter_waiter *waiter)
{
    struct filter_kubernetes *k = self;
    uint64_t wait_ms;

    if (k->asking.pods == NULL)
        return 0;
    wait_ms = k->naming.use_journal ? journal_ask(k) : pod_ask(k, run, waiter->wishes);
    if (wait_ms == 0)
        return 0;
    list_remove(&waiter->link);
    list_add_tail(&k->waiting.waiters, &waiter->link);
    return wait_ms;
}
