/*
 * How the API server and the kubelet are asked: the clients, the login, and the books of it.
 *
 * A client is made when it is first needed, so that files of TLS that are not there yet are waited
 * for like anything else, and made anew when the authorities' file has changed. Requests that are
 * under way then (a watch of the namespaces, beside the one of the pods) go on by the one that they
 * began with.
 *
 * Life     wire_open -> wire_get* -> wire_close when no call is under way. Thread: the loop.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_WIRE_H
#define TAILRACE_FILTER_KUBERNETES_WIRE_H

#include "plugins/filter_kubernetes/login.h"
#include "plugins/filter_kubernetes/url.h"

enum wire_kind {
    WIRE_LIST,
    WIRE_WATCH,
    WIRE_ONE,
    WIRE_KUBELET,
};

#define WIRE_KINDS 4

/* No byte comes for so long, and the watch is over: bookmarks come about once a minute, and the
 * server ends a watch after WIRE_WATCH_S and up to half as much more. */
#define WIRE_WATCH_S 300U

struct wire_stamp {
    struct stat file; /* of the authorities */
    bool is_there;
};

struct wire {
    struct loop *loop;
    const char *component;
    const struct source_server *server;
    struct login login;
    struct http_client *clients[WIRE_KINDS];
    struct http_client
        *retired[WIRE_KINDS]; /* until what they have under way is over; NULL: none */
    struct wire_stamp stamps[WIRE_KINDS];
    struct source_counts counts;
};

struct wire_ask {
    enum wire_kind kind;
    const char *path;
    http_body_fn *body;
    http_done_fn *done;
    void *owner;
};

/* `settings` live as long. */
void wire_open(struct wire *wire, struct loop *loop, const struct source_settings *settings);
void wire_close(struct wire *wire);

/* NULL with words where it cannot be asked now. Never calls back before it returns. */
struct http_call *wire_get(struct wire *wire, const struct wire_ask *ask, char why[256]);

/* Why there is no answer, in words; of TLS it is said with the filter's own options what helps. */
void wire_words(int error, const char *why, const char *authority_option, char words[256]);

/* What the answer was counts, too. `status` 0: none came. */
void wire_count(struct wire *wire, int status);

#endif
