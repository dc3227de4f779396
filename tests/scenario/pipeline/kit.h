/*
 * A whole pipeline in a test: a configuration, files in a tree, back-ends by script, and a clock that
 * only the test moves. Nothing sleeps; whatever is under way is waited for by its events.
 *
 *     struct kit *k = kit_start(TAIL_TO_ES);
 *
 *     backend_answers(k->es, 503, 200);
 *     kit_append("app.log", "one\ntwo\n");
 *     kit_pass_ms(k, 1000);
 *     backend_expect(k->es, "one", "two");
 *     kit_expect_bookmark(k, "app.log", 0);
 *     kit_end(&k);
 *
 * In the configuration ${DIR} is the tree, ${DIR}/state a folder that nobody watches, ${PORT} the
 * port of k->es, ${PORT2} that of k->other. After every step the ledger is checked: read =
 * delivered + set aside + given up + in flight, in records and in bytes.
 */
#ifndef TAILRACE_SCENARIO_PIPELINE_KIT_H
#define TAILRACE_SCENARIO_PIPELINE_KIT_H

#include "config/load.h"
#include "kit/tree.h"
#include "loop/loop.h"
#include "scenario/pipeline/backend.h"
#include "service/pipeline.h"

#include <check.h>

#define SERVICE "[SERVICE]\n Flush 1\n Grace 5\n scheduler.base 1\n scheduler.cap 1\n"
#define TAIL                                                                             \
    "[INPUT]\n Name tail\n Tag app\n Path ${DIR}/*.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n"
#define ES(port) "[OUTPUT]\n Name es\n Match *\n Port ${" port "}\n Workers 1\n"
#define TAIL_TO_ES SERVICE TAIL ES("PORT")

struct kit {
    struct loop *loop;
    struct config *config;
    struct pipeline *pipeline;
    struct report report;
    struct backend *es, *other;
    bool is_stopped;
    uint64_t stop_ms;    /* when stopping began */
    unsigned exit_count; /* how often an input wanted the agent to end */
    bool may_hang;       /* calls under way are not waited for: a back-end holds them */
};

/* Plants the tree, opens the back-ends, starts. */
struct kit *kit_start(const char *config);
/* The same with files that are there before. */
struct kit *kit_make(void);
void kit_run(struct kit *k, const char *config);
/* The status of pipeline_start, for what cannot start. */
int kit_try_run(struct kit *k, const char *config);

/* Stops, if that was not done, and fells the tree. Takes the address and leaves NULL. */
void kit_end(struct kit **k);

/* Until nothing is under way and nothing is due. */
void kit_quiet(struct kit *k);

/* Lets time pass, timer by timer. */
void kit_pass_ms(struct kit *k, uint64_t ms);

/* Stops in order; how long that took by the test's clock. The same in two steps, of which the first
 * only says so: nothing is waited for. */
uint64_t kit_stop(struct kit *k);
void kit_stop_begin(struct kit *k);
uint64_t kit_stop_end(struct kit *k);

/* As if the process were killed now: what was not on disk yet is gone. */
void kit_kill(struct kit *k);

/* With the configuration of before. */
void kit_run_again(struct kit *k);

/* The next pipeline, of the same configuration, takes over from this one, as when it is read again. */
void kit_replace(struct kit *k);

void kit_append(struct kit *k, const char *name, const char *text);

/* Where a restart would go on in the file that has this name now. */
uint64_t kit_bookmark(struct kit *k, const char *name);
void kit_expect_bookmark(struct kit *k, const char *name, uint64_t offset);

/* What the output of this index counts. */
const struct output_metrics *kit_counts(struct kit *k, size_t output);
const struct input_metrics *kit_input(struct kit *k);

/* read = delivered + set aside + given up + in flight, and what left by inputs is what left; called by
 * the others. */
void kit_check_ledger(struct kit *k);

/* Fails the test unless the output counts so many. */
void kit_expect_counts(struct kit *k, size_t output, struct output_metrics expected);

#endif
