#include "service/agent.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "checkpoint/positions.h"
#include "output/pace.h"
#include "service/watchdog.h"

#include <errno.h>
#include <inttypes.h>

/*
 * A reload, step by step:
 *
 *   agent_reload        the configuration is read, the next pipeline is made and looked at
 *   on_former_stopped   the one that ran has saved everything and goes; the next one starts
 *   reload_end          all is well; or, when the next one could not start:
 *   on_next_stopped     what did start of it has stopped; the former is made again, and starts
 *
 * Stopping meanwhile: the pipeline that is stopping goes on with it, and nothing starts any more.
 */

struct reload {
    bool is_on;
    struct pipeline *next; /* until it starts */
    struct config *config; /* its own; or, while it is stopped again, the former's */
    const struct config *former;
    struct report report;
    uint64_t count; /* of those that went well */
    int64_t handed_over_ns;
};

/*
 *   own            the pipeline's config, or NULL: somebody lends that
 *   reload.next    only while a reload is on
 *   is_stopped     only once is_stopping; nothing is reloaded any more
 */
struct agent {
    struct loop *loop;
    const struct agent_ops *ops;
    void *owner;
    struct pipeline *pipeline;
    const struct config *config; /* the pipeline's */
    struct config *own;
    struct reload reload;
    bool is_stopping, is_stopped;
    bool has_failed; /* neither configuration starts */
};

static void agent_check(const struct agent *agent)
{
    const struct reload *reload = &agent->reload;

    CHECK(agent->own == NULL || agent->own == agent->config);
    CHECK(reload->is_on || reload->next == NULL);
    CHECK(reload->is_on || reload->config == NULL);
    CHECK(!agent->is_stopped || (agent->is_stopping && !reload->is_on));
    CHECK(agent->pipeline != NULL || reload->next == NULL);
}

static void on_exit_wanted(void *owner)
{
    struct agent *agent = owner;

    if (!agent->is_stopping)
        agent_stop(agent);
}

/* ---- life ---- */

struct agent *agent_new(struct loop *loop, const struct agent_ops *ops, void *owner)
{
    struct agent *agent = mem_zalloc(1, sizeof *agent);

    agent->loop = loop;
    agent->ops = ops;
    agent->owner = owner;
    report_init(&agent->reload.report);
    return agent;
}

int agent_make(struct agent *agent, const struct config *config, struct report *report)
{
    int rc;

    CHECK(agent->pipeline == NULL && agent->own == NULL);
    agent->config = config;
    agent->pipeline = pipeline_new(agent->loop, config, report, &rc);
    return rc;
}

int agent_start(struct agent *agent, struct report *report)
{
    CHECK(agent->pipeline != NULL && !agent->is_stopping);
    return pipeline_start(agent->pipeline, report, on_exit_wanted, agent);
}

bool agent_is_stuck(const struct agent *agent)
{
    return pipeline_is_stuck(agent->pipeline);
}

void agent_free(struct agent **address)
{
    struct agent *agent = *address;

    *address = NULL;
    if (agent_is_stuck(agent)) {
        pipeline_leave(agent->pipeline);
        return;
    }
    pipeline_free(&agent->reload.next);
    pipeline_free(&agent->pipeline);
    call_paces_forget();
    config_free(&agent->reload.config);
    config_free(&agent->own);
    report_fini(&agent->reload.report);
    mem_free(agent);
}

bool agent_has_failed(const struct agent *agent)
{
    return agent->has_failed;
}

struct pipeline *agent_pipeline(const struct agent *agent)
{
    return agent->pipeline;
}

uint64_t agent_reload_count(const struct agent *agent)
{
    return agent->reload.count;
}

/* ---- reloading ---- */

static void summary_log(struct agent *agent)
{
    struct buffer text = {0};

    pipeline_summary(agent->pipeline, &text);
    log_info("tailrace", "%s", buffer_text(&text));
    buffer_fini(&text);
}

static void reload_end(struct agent *agent, enum reload_state state)
{
    struct report report = agent->reload.report;

    CHECK(agent->reload.is_on && agent->reload.next == NULL);
    report_init(&agent->reload.report);
    positions_keep(false);
    config_free(&agent->reload.config);
    if (!agent->is_stopping)
        watchdog_disarm();
    agent->ops->reloaded(agent->owner, state, &report);
    agent->reload.is_on = false;
    agent_check(agent);
    report_fini(&report);
    if (state == RELOAD_DONE)
        log_info("tailrace", "reloaded; this was number %" PRIu64, agent->reload.count);
    else
        log_error("tailrace", "not reloaded: %s",
                  agent->is_stopping || agent->has_failed
                      ? "the agent is stopping"
                      : "still running with the configuration of before");
}

static void stopped_set(struct agent *agent)
{
    CHECK(agent->is_stopping && !agent->is_stopped);
    agent->is_stopped = true;
    agent_check(agent);
    agent->ops->stopped(agent->owner);
}

/* The agent is to end before the reload has. */
static void reload_abandon(struct agent *agent)
{
    CHECK(agent->is_stopping && !agent->is_stopped);
    pipeline_free(&agent->reload.next);
    reload_end(agent, RELOAD_REFUSED);
    stopped_set(agent);
}

/* What pipeline there is now starts. */
static int pipeline_take_over(struct agent *agent)
{
    int rc;

    CHECK(agent->reload.next == NULL && !agent->is_stopping);
    watchdog_grace(pipeline_grace_ms(agent->pipeline));
    pipeline_takes_over(agent->pipeline, agent->reload.handed_over_ns);
    agent->ops->changed(agent->owner);
    rc = pipeline_start(agent->pipeline, &agent->reload.report, on_exit_wanted, agent);
    return rc;
}

static void on_next_stopped(void *owner)
{
    struct agent *agent = owner;
    int rc, made;

    CHECK(agent->reload.is_on && agent->reload.next == NULL && agent->reload.former != NULL);
    if (agent->is_stopping) {
        reload_abandon(agent);
        return;
    }
    positions_keep(true);
    pipeline_free(&agent->pipeline);
    config_free(&agent->own);
    agent->own = agent->reload.config;
    agent->reload.config = NULL;
    agent->config = agent->reload.former;
    agent->pipeline = pipeline_new(agent->loop, agent->config, &agent->reload.report, &made);
    rc = made < 0 ? made : pipeline_take_over(agent);
    if (made < 0)
        agent->ops->changed(agent->owner); /* who looks at the one that is gone looks at this */
    agent->has_failed = rc < 0;
    if (rc < 0)
        report_error(&agent->reload.report, (struct place){0},
                     "the former configuration does not start any more either; stopping");
    reload_end(agent, RELOAD_REFUSED);
    if (made < 0) { /* nothing runs that had to be stopped */
        agent->is_stopping = true;
        stopped_set(agent);
    } else if (rc < 0) {
        agent_stop(agent);
    }
}

/* From here on `next_config` is the former's, in case that it must come back. */
static void configs_swap(struct agent *agent)
{
    struct config *former = agent->own;

    CHECK(agent->reload.config != NULL);
    agent->reload.former = agent->config;
    agent->config = agent->own = agent->reload.config;
    agent->reload.config = former;
}

static void on_former_stopped(void *owner)
{
    struct agent *agent = owner;
    int rc;

    CHECK(agent->reload.is_on && agent->reload.next != NULL);
    if (agent->is_stopping) {
        reload_abandon(agent);
        return;
    }
    summary_log(agent);
    positions_keep(true);
    pipeline_free(&agent->pipeline);
    agent->pipeline = agent->reload.next;
    agent->reload.next = NULL;
    configs_swap(agent);
    rc = pipeline_take_over(agent);
    if (rc < 0) {
        pipeline_hand_over(agent->pipeline, on_next_stopped, agent);
        return;
    }
    agent->reload.count++;
    reload_end(agent, RELOAD_DONE);
}

static int next_make(struct agent *agent)
{
    int rc = agent->ops->read(agent->owner, &agent->reload.report, &agent->reload.config);
    int made;

    CHECK(agent->reload.next == NULL);
    agent->reload.next =
        pipeline_new(agent->loop, agent->reload.config, &agent->reload.report, &made);
    if (rc == 0)
        rc = made;
    if (rc == 0)
        rc = agent->ops->check(agent->owner, agent->reload.next, &agent->reload.report);
    return rc;
}

enum reload_state agent_reload(struct agent *agent)
{
    const struct service_keys *service = pipeline_service(agent->pipeline);

    if (agent->reload.is_on || agent->is_stopping)
        return RELOAD_BUSY;
    if (!service->reload.is_on) {
        log_warn("tailrace", "reloading is not enabled: set Hot_Reload, or start with -Y");
        return RELOAD_DISABLED;
    }
    agent->reload.is_on = true;
    if (service->reload.timeout_s > 0)
        watchdog_arm((uint64_t)service->reload.timeout_s * 1000);
    if (next_make(agent) < 0) {
        pipeline_free(&agent->reload.next);
        reload_end(agent, RELOAD_REFUSED);
        return RELOAD_REFUSED;
    }
    log_info("tailrace",
             "reloading: what was read is delivered, then the new configuration counts");
    agent->reload.handed_over_ns = clock_wall_ns();
    agent_check(agent);
    pipeline_hand_over(agent->pipeline, on_former_stopped, agent);
    return RELOAD_WAITING;
}

/* ---- stopping ---- */

static void on_stopped(void *owner)
{
    stopped_set(owner);
}

void agent_stop(struct agent *agent)
{
    if (agent->is_stopping) {
        pipeline_hurry(agent->pipeline);
        return;
    }
    agent->is_stopping = true;
    watchdog_arm(pipeline_grace_ms(agent->pipeline) + WATCHDOG_MARGIN_MS);
    if (agent->reload.is_on)
        pipeline_keep(agent->pipeline);
    else
        pipeline_stop(agent->pipeline, on_stopped, agent);
}
