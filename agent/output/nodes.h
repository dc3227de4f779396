/*
 * The places an output may send to: one as a rule, several where Upstream names them.
 *
 * Requests go to the nodes in turn. One that could not be reached, or that answered nothing, is
 * passed over for NODE_REST_MS while there is another, and so costs one request in that time. As
 * long as one node is well the back-end is: only the failure of the last one is the circuit's.
 *
 * Life     nodes_open -> nodes_next, nodes_failed, nodes_answered -> nodes_close, when no call is
 *          under way.
 * Thread   the loop.
 */
#ifndef TAILRACE_OUTPUT_NODES_H
#define TAILRACE_OUTPUT_NODES_H

#include "http/http.h"

#define NODE_REST_MS 10000
#define NODE_WHERE_BYTES 80

struct node {
    struct http_client *client;
    char where[NODE_WHERE_BYTES]; /* "es.example:9200", for the log; a long name is cut */
    uint64_t rests_until_ms;      /* 0: it is well, as far as is known */
};

struct nodes {
    struct node *items;
    size_t count;
    size_t next;
};

/* -EINVAL with `why` filled when a client cannot be made; then there are none. */
MUST_USE int nodes_open(struct nodes *nodes, struct loop *loop,
                        const struct http_settings *settings, size_t count, char why[256]);
void nodes_close(struct nodes *nodes);

/* Whose turn it is: of those that are well, or else the one whose rest is over first. */
struct node *nodes_next(struct nodes *nodes, uint64_t now_ms);

/* The node gave no answer. True: another one is well. */
bool nodes_failed(struct nodes *nodes, struct node *node, uint64_t now_ms);
void nodes_answered(struct node *node);

/* Connections made so far, and calls under way, of all. */
uint64_t nodes_connections(const struct nodes *nodes);
unsigned nodes_calls(const struct nodes *nodes);

#endif
