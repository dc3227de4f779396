/*
 * The nodes that an output's `upstream` names, each with its own host, port and TLS; all else
 * (time limits, keep-alive, who logs in) is the output's.
 *
 * Life     all zero -> upstream_bind -> upstream_fini.
 * Thread   the loop; start-up and reload only.
 */
#ifndef TAILRACE_SERVICE_UPSTREAM_H
#define TAILRACE_SERVICE_UPSTREAM_H

#include "config/tree.h"
#include "service/common.h"

#define UPSTREAM_NODES_MAX 256

struct upstream {
    struct output_keys *keys; /* of each node; only host, port and tls are bound */
    struct http_settings *settings;
    size_t count;
};

/* From the groups "nodes" of the output's section; none leaves it empty. `settings` is what they have
 * in common, and lent for good. False: the report has every mistake. */
bool upstream_bind(struct upstream *upstream, const struct section *output,
                   const struct http_settings *settings, struct report *report);
void upstream_fini(struct upstream *upstream);

#endif
