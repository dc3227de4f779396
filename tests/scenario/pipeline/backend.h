/*
 * A stand-in for Elasticsearch in a scenario: it answers as the test says, and behind that takes
 * every document. It remembers what it was sent and what it took.
 *
 *     backend_answers(k->es, 503, 200);      whole answers, in order
 *     backend_items(k->es, 201, 429, 400);   one answer, an item for each document
 *     ...
 *     backend_expect(k->es, "one", "two");   the next request, and no more than it
 *
 * A document is known by its field "log". Names of documents that a story is about are short, so
 * texts longer than DOCUMENT_SHOWN_MAX are cut.
 *
 * Life     backend_open -> backend_down, backend_up* -> backend_close. Thread: the test's.
 */
#ifndef TAILRACE_SCENARIO_PIPELINE_BACKEND_H
#define TAILRACE_SCENARIO_PIPELINE_BACKEND_H

#include "base/buffer.h"
#include "kit/server.h"

#define DOCUMENT_SHOWN_MAX 40
#define BACKEND_ANSWERS_MAX 4096

struct kit;

/* One answer that was or will be given: which documents it takes. */
struct backend_answer {
    int status;      /* of the whole; 0: none that says something */
    uint16_t *items; /* a status each; NULL: all are taken when the whole is well */
    size_t item_count;
};

struct backend {
    struct kit *kit;
    struct kit_server *server; /* NULL while it is down */
    uint16_t port;
    int port_fd;     /* keeps it while it is down */
    unsigned come;   /* requests that were read, over all lives of the server */
    unsigned before; /* of those, the ones of earlier lives */
    unsigned seen;   /* of those, the ones that the test has looked at */
    struct buffer requests[BACKEND_ANSWERS_MAX]; /* "one two " each */
    struct buffer actions;                       /* "text action\n" of every document sent */
    struct buffer taken;                         /* "one two " of what was taken */
    struct backend_answer answers[BACKEND_ANSWERS_MAX];
    unsigned answer_count;
    unsigned answers_before; /* of those, the ones of earlier lives */
};

void backend_open(struct backend *b, struct kit *kit);
void backend_close(struct backend *b);

/* Nobody listens, connections are gone; and listens again on the same port. */
void backend_down(struct backend *b);
void backend_up(struct backend *b);

#define backend_answers(b, ...)                      \
    backend_answers_n(b, (const int[]){__VA_ARGS__}, \
                      sizeof((const int[]){__VA_ARGS__}) / sizeof(int))
void backend_answers_n(struct backend *b, const int *statuses, size_t count);

#define backend_items(b, ...) \
    backend_items_n(b, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))
void backend_items_n(struct backend *b, const int *statuses, size_t count);

/* An answer that says nothing of what was taken: half of one, none, HTML... */
void backend_says(struct backend *b, struct kit_answer answer);

/* Fails the test unless the next request comes and has exactly these documents. */
#define backend_expect(b, ...) backend_expect_n(b, (const char *const[]){__VA_ARGS__, NULL})
void backend_expect_n(struct backend *b, const char *const *documents);

/* Waits for the next request; how many documents it has. */
unsigned backend_next(struct backend *b);

/* Fails the test when a request came that was not looked at. */
void backend_expect_silence(struct backend *b);

/* What was taken so far, "one two ", in order; of what was sent twice the second is not shown when
 * its id is the first's. */
const char *backend_taken(struct backend *b);

/* How many documents that is. */
unsigned backend_taken_count(struct backend *b);

#endif
