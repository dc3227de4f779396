#include "output/nodes.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void where_set(struct node *node, const struct http_settings *settings)
{
    bool has_colons = strchr(settings->host, ':') != NULL;

    snprintf(node->where, sizeof node->where, "%s%.64s%s:%u", has_colons ? "[" : "", settings->host,
             has_colons ? "]" : "", settings->port);
}

int nodes_open(struct nodes *nodes, struct loop *loop, const struct http_settings *settings,
               size_t count, char why[256])
{
    CHECK(count > 0);
    *nodes = (struct nodes){.items = mem_zalloc(count, sizeof *nodes->items)};
    for (size_t i = 0; i < count; i++) {
        nodes->items[i].client = http_client_new(loop, &settings[i], why);
        if (nodes->items[i].client == NULL) {
            nodes_close(nodes);
            return -EINVAL;
        }
        where_set(&nodes->items[i], &settings[i]);
        nodes->count++;
    }
    return 0;
}

void nodes_close(struct nodes *nodes)
{
    CHECK(nodes->count == 0 || nodes->items != NULL);
    for (size_t i = 0; i < nodes->count; i++)
        http_client_free(&nodes->items[i].client);
    mem_free(nodes->items);
    *nodes = (struct nodes){0};
}

static bool is_well(const struct node *node, uint64_t now_ms)
{
    return node->rests_until_ms <= now_ms;
}

struct node *nodes_next(struct nodes *nodes, uint64_t now_ms)
{
    struct node *found = NULL;

    CHECK(nodes->count > 0);
    for (size_t i = 0; i < nodes->count; i++) {
        struct node *node = &nodes->items[(nodes->next + i) % nodes->count];

        if (found == NULL || node->rests_until_ms < found->rests_until_ms)
            found = node;
        if (is_well(node, now_ms)) {
            found = node;
            break;
        }
    }
    nodes->next = (size_t)(found - nodes->items + 1) % nodes->count;
    CHECK(nodes->next < nodes->count);
    return found;
}

bool nodes_failed(struct nodes *nodes, struct node *node, uint64_t now_ms)
{
    CHECK(node >= nodes->items && node < nodes->items + nodes->count);
    node->rests_until_ms = now_ms + NODE_REST_MS;
    for (size_t i = 0; i < nodes->count; i++)
        if (is_well(&nodes->items[i], now_ms))
            return true;
    return false;
}

void nodes_answered(struct node *node)
{
    node->rests_until_ms = 0;
}

uint64_t nodes_connections(const struct nodes *nodes)
{
    uint64_t count = 0;

    for (size_t i = 0; i < nodes->count; i++)
        count += http_client_connections(nodes->items[i].client);
    return count;
}

unsigned nodes_calls(const struct nodes *nodes)
{
    unsigned count = 0;

    for (size_t i = 0; i < nodes->count; i++)
        count += http_client_calls(nodes->items[i].client);
    return count;
}
