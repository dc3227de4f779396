/*
 * Inside of the kubernetes filter.
 *
 *   options.c     what it can be told
 *   kubernetes.c  its life
 *   apply.c       what becomes of a record
 *   ready.c       logs that are not read before their pod is known
 *   stream.c      what is known of each place that lines come from
 *   identity.c    whose lines they are
 *   block.c       the fields that a pod's lines get
 *   controls.c    what its annotations ask for
 *   wishes.c      of those, what is for whoever reads its files
 *   merge.c       Merge_Log
 *   association.c which service of CloudWatch's a pod belongs to
 *
 * Pods are pods.h's, and where they come from is source.h's.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_H
#define TAILRACE_FILTER_KUBERNETES_H

#include "plugins/filter_kubernetes/association.h"
#include "plugins/filter_kubernetes/block.h"
#include "plugins/filter_kubernetes/source.h"
#include "plugins/filter_kubernetes/stream.h"
#include "plugins/filter_kubernetes/wishes.h"

/* How a container is recognised. */
struct naming_options {
    char *tag_prefix;
    char *regex_parser;
    const struct parser *parser; /* of that name; NULL: the usual form */
    bool use_journal;
    bool use_tag; /* and nothing else is asked for */
    bool use_dummy;
};

/* What a pod's annotations may ask for, and get. */
struct heeds_options {
    bool parser;
    bool exclude;
    struct wishes wishes;        /* of whoever reads its files */
    struct parser_book *parsers; /* that it may name */
};

/* What becomes of lines whose pod is not known. */
enum kube_missing {
    KUBE_MISSING_TAG,  /* they get what their tag tells, and are marked */
    KUBE_MISSING_NONE, /* they get nothing */
};
#define KUBE_MISSING_NAMES "tag|none"

struct wait_options {
    uint64_t wait_ms; /* before a log is read whose pod is not known */
    int missing;      /* enum kube_missing */
};

/* Logs that wait; ready.c. */
struct kube_waiting {
    struct list waiters; /* struct filter_waiter */
    struct timer *timer; /* on while they are to be woken */
};

/* Who is asked about pods. */
struct kube_asking {
    struct source *source; /* NULL where no pods are asked for */
    struct pods *pods;     /* likewise; the source's */
    struct pods_listener listener;
    struct association_listener services; /* linked where they are wanted */
    uint64_t epoch; /* another one whenever answers about pods may have changed */
};

/* Of what is said of many lines. */
struct kube_brakes {
    struct log_brake parser;
    struct log_brake left_out;
    struct log_brake too_many;
};

struct filter_kubernetes {
    struct source_settings settings;
    struct naming_options naming;
    struct merge merge;
    struct block_form form;
    struct wait_options wait;
    struct heeds_options heeds;
    struct kube_asking asking;
    struct streams streams;
    struct kube_waiting waiting;
    struct filter_metrics *metrics;
    const char *component;
    struct kube_brakes brakes;
};

extern const struct option kubernetes_options[];

/* Asks these pods from now on; before any record. They outlive the filter. */
void kubernetes_use(struct filter_kubernetes *k, struct pods *pods);

/* Whom the pods are asked for: of whose lines these are, the pod, or no more than its namespace. */
struct pod_query kubernetes_query(const struct filter_kubernetes *k, const struct identity *id);

/* ---- ready.c ---- */

void kubernetes_waiting_init(struct kube_waiting *w);
void kubernetes_waiting_start(struct kube_waiting *w, struct loop *loop);
void kubernetes_waiting_fini(struct kube_waiting *w);

/* Pods changed: those that wait look again, soon. */
void kubernetes_waiting_stir(struct kube_waiting *w);

/* How long a log is not read whose pod has this answer, at most; 0: it is read. A status that lacks its
 * container comes a second or two after that has started; who waits for one that never comes does so
 * for KUBE_STATUS_WAIT_MS and no more. */
#define KUBE_STATUS_WAIT_MS UINT64_C(5000)

uint64_t kubernetes_wait_ms(enum pod_answer answer, bool lacks_status, uint64_t wait_ms);

uint64_t kubernetes_ready(void *self, const struct filter_run *run, struct filter_waiter *waiter);

#endif
