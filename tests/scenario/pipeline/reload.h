/*
 * An agent whose configuration is read again while it runs, in the kit's world.
 *
 * Life     reload_set_up -> run_agent -> reload, as often as wanted -> reload_tear_down.
 */
#ifndef TAILRACE_TESTS_SCENARIO_PIPELINE_RELOAD_H
#define TAILRACE_TESTS_SCENARIO_PIPELINE_RELOAD_H

#include "scenario/pipeline/counted.h"
#include "scenario/pipeline/parted.h"
#include "service/agent.h"

#define RELOADS \
    "[SERVICE]\n Flush 1\n Grace 5\n scheduler.base 1\n scheduler.cap 1\n Hot_Reload on\n"
#define WITH_DB RELOADS TAIL ES("PORT")
#define WITHOUT_DB RELOADS "[INPUT]\n Name tail\n Tag app\n Path ${DIR}/*.log\n" ES("PORT")
#define COUNTING RELOADS TAIL COUNTED TO_APP("PORT")

#define GRACE_MS 5000

/* A little more than it takes to notice that all is done. */
#define SOON_MS 50

struct reloads {
    struct kit *k;
    struct agent *agent;
    enum reload_state outcome;
    unsigned outcomes;
    char mistakes[2000];
};
extern struct reloads it;

void reload_set_up(void);
void reload_tear_down(void);

/* The configuration that the next reload reads. */
void reload_configure(const char *config);

void run_agent(const char *config);
void stop_agent(void);

/* Begins one, and lets it come to its end. */
enum reload_state reload(void);

/* Of Elasticsearch, after five seconds. */
void expect_taken(const char *documents);

#endif
