/*
 * What an answer of the API server or of the kubelet says, once it is cut (cut.h) to what is wanted:
 * a pod, a namespace, an event of a watch, the end of a list, or a Status that says what is wrong.
 *
 * Life     what is read is lent by the text and the arena.
 * Thread   its owner's. Pure.
 * Limits   POD_CONTAINERS_MAX containers of a pod; more are left out.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_FACTS_H
#define TAILRACE_FILTER_KUBERNETES_FACTS_H

#include "plugins/filter_kubernetes/cut.h"
#include "plugins/filter_kubernetes/source.h"

#define POD_CONTAINERS_MAX 256

/* Of every answer there is: lists, events, single objects, Status. */
extern const struct cut_shape facts_shape[];

/* What stands at the top of a document, an item or the object of an event. Empty where it is not. */
struct facts {
    struct slice event;   /* "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR" */
    struct slice object;  /* the event's */
    struct slice version; /* metadata.resourceVersion */
    struct slice more;    /* metadata.continue */
    struct slice reason;  /* a Status's: "Expired", "Forbidden" */
    struct slice message;
    int code; /* a Status's, or 0 */
};

/* A pod, and what is needed besides to tell it from others. */
struct pod_facts {
    struct pod pod;           /* version 0, no space */
    struct slice config_hash; /* of a static pod: its UID in paths */
};

struct facts_reader {
    struct json_scanner json;
    struct arena arena; /* the reader's; reset with each text */
    const struct source_wants *wants;
};

void facts_reader_init(struct facts_reader *reader, const struct source_wants *wants);
void facts_reader_fini(struct facts_reader *reader);

/* -EINVAL when the text is not JSON. What is read is lent until the next facts_read. */
MUST_USE int facts_read(struct facts_reader *reader, struct slice text, struct facts *out);

/* A pod or a namespace from a text that facts_read has accepted: its own, or its event's object.
 * -EINVAL when it has no name. */
MUST_USE int facts_read_pod(struct facts_reader *reader, struct slice object,
                            struct pod_facts *out);
MUST_USE int facts_read_space(struct facts_reader *reader, struct slice object,
                              struct pod_namespace *out);

/* An object of texts, with the keys that begin like one of `prefixes` alone; empty where none does.
 * The same slice when prefixes is NULL. */
struct slice facts_with_prefixes(struct slice object, const char *const *prefixes,
                                 struct arena *arena);

#endif
