/*
 * A back-end by script: an HTTP/1.1 server on 127.0.0.1 that says what a test tells it to, in the
 * order it was told, and remembers every request. Behind the script's end it answers 200 and {}.
 *
 *     struct kit_server *server = kit_server_start();
 *
 *     kit_server_answers(server, 503, 200);
 *     ... the code under test posts to kit_server_port(server) ...
 *     kit_server_await(server, loop, 2);
 *     ck_assert_str_eq(kit_server_request(server, 1)->body.data, "one");
 *     kit_server_stop(&server);
 *
 * Thread: it has threads of its own, one a connection; the test calls from its one thread. What
 * kit_server_request lends lives until kit_server_stop. A mistake in the script stops the test.
 */
#ifndef TAILRACE_KIT_SERVER_H
#define TAILRACE_KIT_SERVER_H

#include "base/slice.h"

struct loop;
struct kit_server;

enum kit_move {
    KIT_ANSWER,  /* the whole request is read, then answered; the connection stays open */
    KIT_CHUNKED, /* likewise, the body in chunks */
    KIT_GZIP,    /* likewise, the body compressed */
    KIT_HOLD,    /* likewise, after kit_server_release */
    KIT_LAST,    /* answers, then closes without having said so */
    KIT_EARLY,   /* answers when the head is there, then closes; the body is never read */
    KIT_HALF,    /* answers with half of the body, then closes */
    KIT_CLOSE,   /* reads the request, then closes */
    KIT_RESET,   /* reads the request, then resets the connection */
    KIT_SLAM,    /* resets the connection when the head is there */
    KIT_SILENT,  /* reads the request and says nothing until the client goes */
    KIT_DEAF,    /* reads nothing past the head and says nothing until the client goes */
    KIT_NOISE,   /* sends `body` alone, which need not be HTTP, then closes */
};

/* One answer of the script. The texts are copied. */
struct kit_answer {
    enum kit_move move;
    int status;          /* 0: 200 */
    const char *headers; /* whole lines, "Retry-After: 3\r\n"; NULL: none */
    const char *body;    /* NULL: "{}" */
    size_t body_bytes;   /* not 0: the body again and again, up to this length */
};

struct kit_request {
    char *method;
    char *path;
    char *head;          /* the request line and the header lines */
    struct slice body;   /* with a NUL behind it */
    unsigned connection; /* 0 for the first that was made */
    int answer;          /* the place in the script of what it was answered; -1: behind its end */
};

struct kit_server *kit_server_start(void);

/* On a port that nobody has, as kit_closed_port found it. */
struct kit_server *kit_server_start_at(uint16_t port);

/* With TLS: PEM files of its certificate and key (see kit/certs.h). */
struct kit_server *kit_server_start_tls(const char *cert_file, const char *key_file);

/* The same for clients alone whose certificate this authority signed. */
struct kit_server *kit_server_start_mutual(const char *cert_file, const char *key_file,
                                           const char *authority_file);
void kit_server_stop(struct kit_server **server);

uint16_t kit_server_port(const struct kit_server *server);

/* Adds to the script. */
void kit_server_script(struct kit_server *server, struct kit_answer answer);

/* Adds an answer of each status: kit_server_answers(server, 503, 200). */
#define kit_server_answers(server, ...)                      \
    kit_server_answers_n(server, (const int[]){__VA_ARGS__}, \
                         sizeof((const int[]){__VA_ARGS__}) / sizeof(int))
void kit_server_answers_n(struct kit_server *server, const int *statuses, size_t count);

/* What is said behind the script's end, instead of 200 and {}. Before the first connection. */
void kit_server_usual(struct kit_server *server, struct kit_answer answer);

/* Instead of a script: what to say to each request, which is whole. Runs on the server's threads, one
 * at a time; the texts of the answer live until it is called again. Before the first connection. */
typedef struct kit_answer kit_rule_fn(void *owner, const struct kit_request *request);
void kit_server_rule(struct kit_server *server, kit_rule_fn *rule, void *owner);

/* Lets one answer of KIT_HOLD go, now or when it comes to it. */
void kit_server_release(struct kit_server *server);

/* How much came so far. */
unsigned kit_server_requests(struct kit_server *server);
unsigned kit_server_connections(struct kit_server *server);

/* The request number `index`, from 0, which must have come. */
const struct kit_request *kit_server_request(struct kit_server *server, unsigned index);

/* The value of a header, with a NUL behind it, until the next call; NULL when it was not sent. */
const char *kit_request_header(const struct kit_request *request, const char *name);

/* Turns the loop until so many requests have come. */
void kit_server_await(struct kit_server *server, struct loop *loop, unsigned count);

/* A port on 127.0.0.1 where nobody listens. */
uint16_t kit_closed_port(void);

#endif
