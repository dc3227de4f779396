/*
 * Kube_URL: "https://kubernetes.default.svc:443". Pure.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_URL_H
#define TAILRACE_FILTER_KUBERNETES_URL_H

#include "plugins/filter_kubernetes/source.h"

struct kube_url {
    char host[256]; /* without brackets */
    uint16_t port;  /* 443, or 80 without TLS, where none is given */
    bool is_tls;
};

/* -EINVAL with words. A path behind the port is not part of it, but a slash may be. */
MUST_USE int kube_url_parse(const char *text, struct kube_url *out, char why[256]);

/* Of Kubelet_Host and Kubelet_Port. With "http://" before the host it is asked without TLS, as its
 * read-only port wants it. -EINVAL with words. */
MUST_USE int kubelet_address(const struct source_server *server, struct kube_url *out,
                             char why[256]);

#endif
