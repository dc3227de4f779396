/*
 * The agent: the pipeline that runs, from its start through reloads to its end.
 *
 *   agent_make     a pipeline of a configuration; nothing outside is touched
 *   agent_start    it opens and reads
 *   agent_reload   the next pipeline is made of the configuration as it is now, beside the one that
 *                  runs. Then that one reads no more, delivers within Grace, lets go of the rest and
 *                  saves its positions; and the next one goes on from there
 *   agent_stop     no more reading; what was read is delivered within Grace
 *
 * A reload that goes wrong changes nothing: a mistake in the configuration is found before anything
 * is stopped, and where the next pipeline cannot start, the former is made again of its own
 * configuration. Nothing is lost or doubled by it that was read from files. Records of sources that
 * cannot be read again are delivered within Grace or counted as dropped.
 *
 * Life     agent_new -> agent_make -> agent_start -> agent_stop, and when `stopped` came agent_free.
 * Thread   the loop. Limits: one reload at a time.
 */
#ifndef TAILRACE_SERVICE_AGENT_H
#define TAILRACE_SERVICE_AGENT_H

#include "service/pipeline.h"

enum reload_state {
    RELOAD_DONE,
    RELOAD_WAITING,  /* it is under way; what becomes of it is told */
    RELOAD_BUSY,     /* another one is under way, or the agent stops */
    RELOAD_DISABLED, /* Hot_Reload is off */
    RELOAD_REFUSED,  /* there was a mistake: all is as it was */
};

struct agent;

struct agent_ops {
    /* Reads the configuration anew. Always gives a tree; negative when the report got an error. */
    MUST_USE int (*read)(void *owner, struct report *report, struct config **config_out);
    /* Whether the next one may have what is not a pipeline's, ports for one. Negative: the report
     * says why. */
    MUST_USE int (*check)(void *owner, struct pipeline *next, struct report *report);
    /* agent_pipeline is another one from now on; it starts right after. */
    void (*changed)(void *owner);
    /* A reload has ended. The report is lent, and to be printed. */
    void (*reloaded)(void *owner, enum reload_state state, struct report *report);
    void (*stopped)(void *owner);
};

struct agent *agent_new(struct loop *loop, const struct agent_ops *ops, void *owner);

/* The config is lent and outlives the agent. Negative when the report got an error. */
MUST_USE int agent_make(struct agent *agent, const struct config *config, struct report *report);
MUST_USE int agent_start(struct agent *agent, struct report *report);

/* A worker that does not come back keeps the memory it holds: when agent_is_stuck, what has to be
 * saved is saved, and the process must end without running the loop again. */
bool agent_is_stuck(const struct agent *agent);
void agent_free(struct agent **agent);

/* Whether it stops because after a reload neither configuration started. */
bool agent_has_failed(const struct agent *agent);

struct pipeline *agent_pipeline(const struct agent *agent);

/* Reloads so far that went well. */
uint64_t agent_reload_count(const struct agent *agent);

/* RELOAD_WAITING when it has begun; RELOAD_REFUSED and why, like the end of one that has begun, are
 * told by `reloaded`, here before this returns. */
enum reload_state agent_reload(struct agent *agent);

/* Once: stops, and `stopped` comes. Again: what is not delivered now is let go of. */
void agent_stop(struct agent *agent);

#endif
