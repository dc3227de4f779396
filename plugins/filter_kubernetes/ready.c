#include "plugins/filter_kubernetes/kubernetes.h"

/*
 * A log whose pod is not known waits, unread: the file is its own buffer.
 *
 *   kubernetes_ready         asked when the log is opened: not yet; its waiter is linked
 *   kubernetes_waiting_stir  pods came or changed
 *   on_stirred               all who wait are woken, and ask again
 *
 * Goes wrong: the pod stays unknown. Whoever waits does so for metadata_wait at most.
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

/* Whoever asks waits, or gets what the pod wishes. */
static enum pod_answer pod_ask(struct filter_kubernetes *k, const struct filter_run *run,
                               struct filter_wishes *wishes)
{
    enum pod_answer answer = POD_KNOWN;
    const struct pod *pod = NULL;
    struct identity id;

    identity_init(&id);
    if (kubernetes_identify(k, run, &id))
        answer = pods_find(k->pods, &id.query, &pod);
    if (pod != NULL && wishes != NULL && wishes_are_heard(&k->wishes))
        wishes_read(&k->wishes, &id, pod, wishes);
    identity_fini(&id);
    return answer;
}

uint64_t kubernetes_ready(void *self, const struct filter_run *run, struct filter_waiter *waiter)
{
    struct filter_kubernetes *k = self;

    if (k->pods == NULL || k->naming.use_journal ||
        pod_ask(k, run, waiter->wishes) != POD_NOT_YET || k->wait.wait_ms == 0)
        return 0;
    list_remove(&waiter->link);
    list_add_tail(&k->waiting.waiters, &waiter->link);
    return k->wait.wait_ms;
}
