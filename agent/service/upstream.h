/*
 * The nodes that an output's `upstream` names, each with its own host, port and TLS. A node may
 * also have keys of the plugin, which count for what is sent to it; all else is the output's:
 * what the plugin has besides, time limits, keep-alive.
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
    const struct output_plugin *plugin;
    void **selves; /* the plugin of each node that has keys of its own, else NULL; fini is ours */
    bool has_selves;
    size_t count;
};

/* From the groups "nodes" of the output's section; none leaves it empty. `in_common` is what they have
 * in common, and lent for good; so is the plugin that `setup` was for. False: the report has every
 * mistake. */
bool upstream_bind(struct upstream *upstream, const struct section *output,
                   const struct output_plugin *plugin, const struct plugin_setup *setup,
                   const struct http_settings *in_common);
void upstream_fini(struct upstream *upstream);

#endif
