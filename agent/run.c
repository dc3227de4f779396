/*
 *   agent_run        the agent is made, started, and runs until
 *   on_signal        a signal, or an input at its end, wants it to stop
 *   on_stopped       all is delivered, or Grace is over, or a second signal came
 *
 * Meanwhile a signal, or the HTTP server, may have it reload: the configuration is read (on_read), the
 * next pipeline looked at (on_check), and whoever looks at the agent is told of it (on_changed).
 *
 * Goes wrong: it cannot start; then what was started is stopped again, in order.
 */
#include "run.h"

#include "admin/admin.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/version.h"
#include "loop/loop.h"
#include "output/deliver.h"
#include "service/agent.h"
#include "service/notify.h"
#include "service/process.h"
#include "service/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SETTLE_AFTER_MS 5000
#define SETTLE_TRIES_MAX 12

/* How long what nobody can cancel, a question to the name service for one, is waited for. */
#define FINISH_MS 500

/* The first of them stop it. */
#define STOP_SIGNALS 3
static const int signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCONT};

/*
 *   is_started    its signals are watched; from then on it is stopped before it is given back
 *   is_stopping   somebody wants it to end: the next signal of that kind hurries it
 */
struct run {
    const struct arguments *arguments;
    struct loop *loop;
    struct agent *agent;
    struct admin *admin;
    struct notify *notify;
    struct signal_watch *watches[ARRAY_LEN(signals)];
    struct timer *settle;
    unsigned settle_tries;
    bool is_started;
    bool is_stopping;
};

/* ---- running ---- */

static struct pipeline *pipeline_of(const struct run *run)
{
    return agent_pipeline(run->agent);
}

static void on_stopped(void *owner)
{
    struct run *run = owner;
    struct buffer text = {0};

    CHECK(run->is_started);
    pipeline_summary(pipeline_of(run), &text);
    log_info("tailrace", "%s", buffer_text(&text));
    buffer_fini(&text);
    admin_stop(&run->admin);
    loop_stop(run->loop);
}

static void on_signal(void *owner, int signal_number)
{
    struct run *run = owner;

    switch (signal_number) {
    case SIGCONT:
        admin_log_state(pipeline_of(run));
        return;
    case SIGHUP:
        if (agent_reload(run->agent) == RELOAD_BUSY)
            log_info("tailrace", "SIGHUP: a reload is under way, or the agent is stopping");
        return;
    default:
        log_info("tailrace", "caught signal (%s), %s", strsignal(signal_number),
                 run->is_stopping ? "hurrying" : "stopping");
        run->is_stopping = true;
        notify_stopping(run->notify, pipeline_grace_ms(pipeline_of(run)) + WATCHDOG_MARGIN_MS);
        agent_stop(run->agent);
    }
}

static bool outputs_are_idle(const struct run *run)
{
    for (size_t i = 0; i < pipeline_output_count(pipeline_of(run)); i++)
        if (!output_is_idle(pipeline_output(pipeline_of(run), i)))
            return false;
    return true;
}

/* What only starting needed is given back once, in a quiet moment. */
static void on_settle(void *owner)
{
    struct run *run = owner;

    if (outputs_are_idle(run) || ++run->settle_tries == SETTLE_TRIES_MAX)
        mem_settle();
    else
        timer_start(run->settle, SETTLE_AFTER_MS);
}

static void settle_start(struct run *run)
{
    CHECK(run->settle != NULL);
    run->settle_tries = 0;
    timer_start(run->settle, SETTLE_AFTER_MS);
}

static void watches_start(struct run *run)
{
    struct watchdog_limits limits = {pipeline_grace_ms(pipeline_of(run)), WATCHDOG_MARGIN_MS,
                                     WATCHDOG_HURRY_MS};

    _Static_assert(STOP_SIGNALS <= ARRAY_LEN(signals), "the first of them");
    CHECK(!run->is_started && run->settle == NULL);
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        run->watches[i] = signal_watch_new(run->loop, signals[i], on_signal, run);
    process_release_hangups();
    watchdog_start(&limits, signals, STOP_SIGNALS);
    run->settle = timer_new(run->loop, on_settle, run);
    timer_unref(run->settle);
    settle_start(run);
}

/* ---- reloading ---- */

static int on_read(void *owner, struct report *report, struct config **config_out)
{
    const struct run *run = owner;
    int rc;

    notify_reloading(run->notify);
    rc = arguments_config(run->arguments, report, config_out);
    return process_log_check(*config_out, report) < 0 ? -EINVAL : rc;
}

static int on_check(void *owner, struct pipeline *next, struct report *report)
{
    return admin_check(((struct run *)owner)->admin, next, report);
}

/* Opening the log again is what rotation of the log asks for. */
static void on_changed(void *owner)
{
    struct run *run = owner;
    const struct service_keys *service = pipeline_service(pipeline_of(run));

    process_log_again(service->process.log_level, service->process.log_file);
    admin_change(run->admin, pipeline_of(run));
    settle_start(run);
}

static void on_reloaded(void *owner, enum reload_state state, struct report *report)
{
    struct run *run = owner;

    admin_reloaded(run->admin, state, report);
    report_print(report);
    notify_ready(run->notify, state == RELOAD_DONE ? "running, with the configuration read again"
                                                   : "running, with the former configuration");
}

static const struct agent_ops agent_ops = {
    .read = on_read,
    .check = on_check,
    .changed = on_changed,
    .reloaded = on_reloaded,
    .stopped = on_stopped,
};

/* ---- from start to end ---- */

/* False when a worker does not come back: then all is saved, and only leaving is left. */
static bool run_fini(struct run *run)
{
    bool is_stuck;

    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        signal_watch_free(&run->watches[i]);
    timer_free(&run->settle);
    notify_free(&run->notify);
    admin_stop(&run->admin);
    is_stuck = agent_is_stuck(run->agent);
    agent_free(&run->agent);
    if (is_stuck || !loop_finish(run->loop, FINISH_MS))
        return false;
    loop_free(&run->loop);
    return true;
}

static int run_start(struct run *run, struct report *report)
{
    const struct service_keys *service = pipeline_service(pipeline_of(run));
    int rc = service->process.is_daemon ? process_to_background(report) : 0;

    if (rc < 0)
        return rc;
    report_print(report);
    run->notify = notify_new(run->loop);
    log_info("tailrace", "version=%s, compatible with Fluent Bit %s, commit=%s, pid=%ld",
             VERSION_TAILRACE, VERSION_COMPATIBLE, version_commit(), (long)getpid());
    rc = admin_start(run->loop, pipeline_of(run), report, &run->admin);
    if (rc < 0)
        return rc;
    admin_take_reloads(run->admin, run->agent);
    watches_start(run);
    run->is_started = true;
    rc = agent_start(run->agent, report);
    mem_settle();
    if (rc == 0)
        notify_ready(run->notify, "running");
    return rc;
}

/* What was started before something else failed is stopped again, in order. */
static void run_until_stopped(struct run *run, int start_status)
{
    if (!run->is_started)
        return;
    if (start_status < 0)
        agent_stop(run->agent);
    loop_run(run->loop);
}

int agent_run(const struct arguments *a, const struct config *config, bool is_dry,
              struct report *report)
{
    struct run it = {.arguments = a, .loop = loop_new()};
    int rc;

    it.agent = agent_new(it.loop, &agent_ops, &it);
    rc = agent_make(it.agent, config, report);
    if (rc == 0 && !is_dry) {
        rc = run_start(&it, report);
        report_print(report);
        run_until_stopped(&it, rc);
        if (agent_has_failed(it.agent))
            rc = -EINVAL;
    }
    if (!run_fini(&it))
        process_leave(rc < 0);
    return rc;
}
