#include "chunk/tag_routes.h"

#include "base/memory.h"
#include "filter/chain.h"
#include "filter/route.h"

static struct tag_route route_of(struct filter_chain *chain, const struct route_table *table,
                                 struct slice tag, const void *source)
{
    return (struct tag_route){
        .selection = filter_chain_select(chain, tag, source),
        .outputs = route_table_outputs(table, tag),
    };
}

void tag_routes_fini(struct tag_routes *routes)
{
    size_t at = 0;
    struct slice key;
    void *route;

    while (map_next(&routes->map, &at, &key, &route))
        mem_free(route);
    map_fini(&routes->map);
    map_init(&routes->map);
}

struct tag_route tag_routes_find(struct tag_routes *routes, struct filter_chain *chain,
                                 const struct route_table *table, struct slice tag,
                                 const void *source)
{
    char key_bytes[sizeof source + TAG_ROUTE_BYTES_MAX];
    struct slice key = slice_make(key_bytes, sizeof source + tag.len);
    struct tag_route *route;

    if (tag.len > TAG_ROUTE_BYTES_MAX)
        return route_of(chain, table, tag, source);
    memcpy(key_bytes, &source, sizeof source);
    if (tag.len > 0)
        memcpy(key_bytes + sizeof source, tag.data, tag.len);
    route = map_get(&routes->map, key);
    if (route != NULL)
        return *route;
    if (routes->map.count >= TAG_ROUTES_MAX)
        tag_routes_fini(routes);
    route = mem_alloc(sizeof *route);
    CHECK(routes->map.count < TAG_ROUTES_MAX);
    *route = route_of(chain, table, tag, source);
    CHECK(map_put(&routes->map, key, route) == NULL);
    return *route;
}
