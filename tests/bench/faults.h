/*
 * What goes wrong at the sink, on purpose. GET /__faults?NAME=N&NAME=N sets all of it anew; a name
 * that is not there is 0. N of the first two groups is how many of 1,000 requests or documents meet
 * the fault; dice decide which, and the same seed throws them the same way.
 *
 *   of a request     busy 429, unavailable 503, page (a proxy's, with 200), closed (nothing stored,
 *                    no answer), lost (stored, no answer), cut (stored, half an answer), huge
 *                    (stored, an answer of 20 MB)
 *   of a document    item409 (stored, and told as a conflict), item429, item503, item500
 *   of its content   refuse: every Nth number, while it stands as a number in the document, as a
 *                    mapping conflict has it; poison: every Nth number in whatever form. 400 each
 *   of time          delay: milliseconds that each answer is late; down: milliseconds without a
 *                    listener, every connection reset
 *
 * Life: all zero -> faults_set* -> the end of the process.
 */
#ifndef TAILRACE_BENCH_FAULTS_H
#define TAILRACE_BENCH_FAULTS_H

#include "base/slice.h"

enum mishap {
    MISHAP_NONE,
    MISHAP_BUSY,
    MISHAP_UNAVAILABLE,
    MISHAP_PAGE,
    MISHAP_CLOSED,
    MISHAP_LOST,
    MISHAP_CUT,
    MISHAP_HUGE,
    MISHAP_COUNT
};

struct faults {
    uint64_t requests[MISHAP_COUNT]; /* of 1,000 */
    uint64_t item409;
    uint64_t item429;
    uint64_t item500;
    uint64_t item503;
    uint64_t refuse_every;
    uint64_t poison_every;
    uint64_t delay_ms;
    uint64_t down_ms;
    uint32_t random; /* never 0 */
    bool has_item_faults;
};

/* Reads the query of `target`; unknown names are left alone. */
void faults_set(struct faults *f, struct slice target);

/* What happens to the next request. */
enum mishap faults_request(struct faults *f);

/* The status of a document that is about to be stored: 201, or what it gets instead. Is_stored says
 * whether it is stored all the same. */
int faults_item(struct faults *f, struct slice document, bool *is_stored_out);

#endif
