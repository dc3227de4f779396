/*
 * Inside of deliver: what an output and a delivery are, and what becomes of records. For the files
 * of this folder only.
 *
 *   deliver.c   the story of one chunk
 *   judged.c    what becomes of it by a verdict
 *   wait.c      what waits to be tried again
 *   turn.c      calls that have a pace: whose turn it is
 *   output.c    how an output begins and ends
 *   encode.c    where the request is made
 *   sign.c      requests that are signed for AWS: keys, and what is said of them
 *   gate.c      how many may begin, and when: the circuit, obeyed
 *   leave.c     what an output lets go of when it falls behind
 *   account.c   the books: every record that leaves a delivery goes through one of its functions, so
 *               that the ledger of metrics.h balances at any moment
 *   words.c     what is said of it
 *   flow.c      what is measured: which input's records left, and how long that took
 */
#ifndef TAILRACE_OUTPUT_DELIVERY_H
#define TAILRACE_OUTPUT_DELIVERY_H

#include "base/log.h"
#include "metrics/table.h"
#include "output/circuit.h"
#include "output/deliver.h"
#include "output/nodes.h"

#define WHY_BYTES_MAX 256

/* Between two tries while stopping, as Grace is seconds. */
#define STOPPING_WAIT_MS 1000

/* What an answer may have in memory: for any request, and for each of its records. */
#define REPLY_BYTES_ANY ((size_t)64 << 10)
#define REPLY_BYTES_EACH ((size_t)1 << 10)

/* What keeps an output from delivering. It is said in words, not too often, and when it is over,
 * if it was said. */
struct trouble {
    char text[WHY_BYTES_MAX];
    int64_t since_ns; /* wall clock; 0: all is well */
    bool was_said;
    struct log_brake brake;
};

/* One for each node; none: requests are not signed. */
struct signers {
    struct aws_signer **items;
    size_t count;
};

/* Who has its turn. */
struct places {
    struct list queue;      /* of delivery.link, for a place; empty while one is free */
    struct list deliveries; /* that have a place, or wait to be tried again */
    unsigned under_way;     /* that have one: never more than config.workers */
    bool is_pumping;        /* whoever set it begins what may begin, and then clears it */
};

/* The gate. */
struct opening {
    struct circuit circuit;
    struct timer *timer; /* when the circuit lets the next one begin; NULL: none waits */
    struct log_brake brake;
};

/* In the log, not too often. */
struct output_words {
    struct trouble trouble;
    struct log_brake refusals; /* of records, while others are taken */
    struct log_brake as_texts; /* of those that go once more as text */
    struct log_brake losses;   /* Retry_Limit was reached */
};

struct output {
    struct output_config config;
    struct loop *loop;
    struct nodes nodes; /* none: it writes in its own way */
    struct signers signers;
    struct output_metrics metrics;
    struct places places;
    struct opening opening;
    struct output_words said;
    bool is_stopping;
    bool is_letting_go;
    bool is_delivering; /* the last request was taken */
    bool is_answered;   /* the last one was, by somebody who takes records, or asks for fewer */
    uint64_t answers;   /* so many were */
};

/* A run of a chunk, and how many records the runs before it have. */
struct run_cursor {
    uint32_t run;
    uint32_t records_before;
};

/* Of an output that signs. */
struct signing {
    struct aws_pass *pass; /* for the attempt; NULL between them */
    struct aws_waiter waiter;
    bool is_waiting; /* for keys */
    bool was_again;  /* the last answer was about keys or clock, and it is sent again for that */
};

/* How far it has come; flow.c. */
struct delivery_flow {
    struct run_cursor counted; /* the run that records were counted out of last */
    uint64_t offered_ms;
    bool is_new;        /* had no place yet */
    bool is_under_way;  /* has a place */
    bool has_turn;      /* of the pace, for the call that comes next */
    bool has_delivered; /* a record at least */
};

/* What was tried, for the next try. */
struct delivery_tries {
    uint32_t attempts;  /* for Retry_Limit */
    uint32_t fruitless; /* the last of them, in which nothing was taken: for the wait */
    uint32_t busy;      /* of the attempts, those that met a back-end that was busy */
    uint32_t again;     /* requests in a row that settled nothing and called for another */
    uint64_t rest_ms;   /* before what VERDICT_AGAIN calls for; 0: at once */
    bool is_busy;       /* the last of them */
    bool is_last;       /* the output has left the others meanwhile: it is not tried again */
};

/* What the plugin has made of the batch. */
struct delivery_made {
    int status;
    enum verdict verdict; /* of what was written */
    struct http_request request;
    size_t body_bytes; /* taken from the budget */
};

/* On its way. */
struct delivery_sending {
    struct http_call *call;
    struct node *node;      /* that the call goes to; its body may be made for that one only */
    struct call_lane *lane; /* whose pace it keeps, and its number there; NULL: none */
    uint64_t number;
    struct signing signing;
};

/* What came of it last. */
struct delivery_answer {
    char why[WHY_BYTES_MAX];
    unsigned status; /* of the answer that `why` is about; 0: none */
    bool is_success; /* one began with 2xx, whether it came to an end or not */
};

/* Records that the back-end refused. */
struct delivery_aside {
    struct letter_waiter waiter;
    bool has_letters; /* some records went to config.letters */
};

struct delivery {
    struct list link;
    struct output *output;
    struct chunk *chunk;
    struct batch batch;
    struct timer *timer;
    struct delivery_flow flow;
    struct delivery_tries tries;
    struct delivery_made made;
    struct delivery_sending sending;
    struct delivery_answer answer;
    struct delivery_aside aside;
};

/* ---- deliver.c ---- */

/* The output falls behind: the records that are left are read again for it. */
void delivery_leave(struct delivery *d);

/* The records that are left stay unacknowledged: they will be read again, if anybody can. */
void delivery_let_go(struct delivery *d);

/* Gives its place to another. */
void delivery_pause(struct delivery *d);

/* The plugin as it is configured for the node that was chosen. */
void *delivery_self(const struct delivery *d);

/* Tries the records that wait in the batch. */
void delivery_attempt(struct delivery *d);

/* The only way out: the chunk's spans are settled, or not; frees it. */
void delivery_end(struct delivery *d, bool is_settled);

/* Begins what may begin. */
void output_pump(struct output *output);

/* Keys came, or `why` they did not. */
void delivery_keyed(struct delivery *d, const char *why);

#endif
