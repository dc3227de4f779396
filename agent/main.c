/*
 * tailrace: from the command line to the running agent, and out again.
 *
 *   main             what is printed is printed; else the configuration is read
 *   run              the agent is made, started, and runs until
 *   on_signal        a signal, or an input at its end, wants it to stop
 *   on_stopped       all is delivered, or Grace is over, or a second signal came
 *
 * A worker that is stuck in the system cannot keep the process: it leaves without it. Nor can the
 * loop itself be stuck for longer than Grace and a little: service/watchdog.h.
 *
 * Ends with 0 when it was stopped, with 1 when it could not begin.
 */
#include "admin/admin.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/version.h"
#include "config/arguments.h"
#include "loop/loop.h"
#include "output/deliver.h"
#include "service/agent.h"
#include "service/dlq.h"
#include "service/notify.h"
#include "service/process.h"
#include "service/support.h"
#include "service/tell.h"
#include "service/watchdog.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTLE_AFTER_MS 5000
#define SETTLE_TRIES_MAX 12

/* How long what nobody can cancel, a question to the name service for one, is waited for. */
#define FINISH_MS 500

static const char *const default_paths[] = {
    "/fluent-bit/etc/fluent-bit.conf",
    "/etc/tailrace/tailrace.conf",
    NULL,
};

/* The first of them stop it. */
#define STOP_SIGNALS 3
static const int signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGCONT};

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
    run->settle_tries = 0;
    timer_start(run->settle, SETTLE_AFTER_MS);
}

static void watches_start(struct run *run)
{
    struct watchdog_limits limits = {pipeline_grace_ms(pipeline_of(run)), WATCHDOG_MARGIN_MS,
                                     WATCHDOG_HURRY_MS};

    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        run->watches[i] = signal_watch_new(run->loop, signals[i], on_signal, run);
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

    process_log_again(service->log_level, service->log_file);
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
    int rc = service->is_daemon ? process_to_background(report) : 0;

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

static int run(const struct arguments *a, const struct config *config, bool is_dry,
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

/* ---- tasks ---- */

static void print(struct buffer *text)
{
    (void)fwrite(text->data, 1, text->len, stdout);
    buffer_fini(text);
}

static void support_print(const struct config *config)
{
    struct buffer text = {0};

    support_write(config, &text);
    print(&text);
}

/* What is in the tree is looked through even when part of it is wrong. */
static int configured(const struct arguments *a, const struct config *config, int rc,
                      struct report *report)
{
    bool is_dry = a->task == TASK_DRY_RUN || rc < 0;
    int run_rc = run(a, config, is_dry, report);

    if (rc < 0 || run_rc < 0)
        return 1;
    report_print(report);
    if (is_dry)
        (void)fputs("configuration test is successful\n", stderr);
    return 0;
}

static int configure(const struct arguments *a, struct report *report)
{
    struct config *config = NULL;
    int rc = arguments_config(a, report, &config), status = 0;

    if (process_log_level(config, report) < 0)
        rc = -EINVAL;
    if (a->task == TASK_RUN && process_log_file(config, report) < 0)
        rc = -EINVAL;
    if (a->task == TASK_SUPPORT_INFO)
        support_print(config);
    else
        status = configured(a, config, rc, report);
    report_print(report);
    config_free(&config);
    return status;
}

static int nothing_to_do(const struct arguments *a, const char *program)
{
    struct arguments help = {.task = TASK_HELP};
    struct buffer text = {0};

    if (a->config->sections.next != &a->config->sections)
        log_error("tailrace", "there is no input: give a configuration with -c, or one with -i");
    else
        log_error("tailrace", "there is no configuration: -c names one; looked for %s and %s",
                  default_paths[0], default_paths[1]);
    if (tell(&help, program, &text) == 0)
        print(&text);
    return 1;
}

static int task_do(struct arguments *a, const char *program, struct report *report)
{
    bool has_inputs = config_first(a->config, CONFIG_INPUT) != NULL;
    struct buffer text = {0};
    int rc = tell(a, program, &text);

    if (rc != -ENOTSUP) {
        print(&text);
        return rc < 0 ? 1 : 0;
    }
    if (a->workdir != NULL && chdir(a->workdir) < 0) {
        log_error("tailrace", "workdir %s: %s", a->workdir, strerror(errno));
        return 1;
    }
    if (a->config_path == NULL && !has_inputs)
        a->config_path = arguments_default_path(default_paths);
    if (a->config_path == NULL && !has_inputs && a->task != TASK_SUPPORT_INFO)
        return nothing_to_do(a, program);
    return configure(a, report);
}

/* `tailrace dlq ...` */
static int letters_do(char *const *argv, const char *program, struct report *report)
{
    struct dlq_arguments arguments = {0};
    struct buffer text = {0};
    int status = 0;

    if (dlq_arguments_parse(&arguments, argv, report) < 0)
        status = 1;
    else if (arguments.task == DLQ_HELP)
        dlq_help(program, &text);
    else
        status = dlq(&arguments, &text, report);
    print(&text);
    report_print(report);
    return status;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct report report;
    int status;

    mem_tune();
    http_begin();
    process_raise_files();
    process_ignore_pipes();
    (void)setenv("UV_THREADPOOL_SIZE", "2", 0);

    report_init(&report);
    if (argc > 1 && strcmp(argv[1], "dlq") == 0) {
        status = letters_do(argv + 2, argv[0], &report);
    } else if (arguments_parse(&arguments, argv, &report) < 0) {
        report_print(&report);
        status = 1;
    } else {
        status = task_do(&arguments, argc > 0 ? argv[0] : "tailrace", &report);
    }
    arguments_fini(&arguments);
    report_fini(&report);
    log_close();
    return status;
}
