/*
 * Where tags lead to that are not their origin's own: a unit of the journal, a tag that a filter gave.
 * Found once for each tag and source, and kept.
 *
 * Life     all zero -> tag_routes_find* -> tag_routes_fini.
 * Thread   the loop.
 * Limits   TAG_ROUTES_MAX are kept; when there are more, all are forgotten and found anew. Tags longer
 *          than TAG_ROUTE_BYTES_MAX are found each time.
 */
#ifndef TAILRACE_CHUNK_TAG_ROUTES_H
#define TAILRACE_CHUNK_TAG_ROUTES_H

#include "ack/window.h"
#include "base/map.h"

#define TAG_ROUTES_MAX 4096
#define TAG_ROUTE_BYTES_MAX 512

struct filter_chain;
struct filter_selection;
struct route_table;

struct tag_route {
    const struct filter_selection *selection;
    output_set outputs; /* whatever lane the origin is read for */
};

struct tag_routes {
    struct map map; /* tag and source, to a tag_route */
};

/* `source` is compared alone (filter_chain_select). */
struct tag_route tag_routes_find(struct tag_routes *routes, struct filter_chain *chain,
                                 const struct route_table *table, struct slice tag,
                                 const void *source);
void tag_routes_fini(struct tag_routes *routes);

#endif
