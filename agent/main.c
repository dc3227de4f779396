/*
 * tailrace: from the command line to the running agent, and out again.
 *
 *   main             what is printed is printed; else the configuration is read
 *   run              the pipeline is made, started, and runs until
 *   on_stop_wanted   a signal, or an input at its end, wants it to stop
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
#include "service/pipeline.h"
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
    struct loop *loop;
    struct pipeline *pipeline;
    struct admin *admin;
    struct signal_watch *watches[ARRAY_LEN(signals)];
    struct timer *settle;
    unsigned settle_tries;
    bool is_started;
    bool is_stopping;
};

/* ---- looking in ---- */

static void summary_log(struct run *run)
{
    struct buffer text = {0};

    pipeline_summary(run->pipeline, &text);
    log_info("tailrace", "%s", buffer_text(&text));
    buffer_fini(&text);
}

/* ---- running ---- */

static uint64_t grace_ms(const struct run *run)
{
    int64_t grace_s = pipeline_service(run->pipeline)->grace_s;

    return grace_s > 0 ? (uint64_t)grace_s * 1000 : 0;
}

static void on_stopped(void *owner)
{
    struct run *run = owner;

    summary_log(run);
    admin_stop(&run->admin);
    loop_stop(run->loop);
}

static void on_stop_wanted(void *owner)
{
    struct run *run = owner;

    if (run->is_stopping) {
        pipeline_hurry(run->pipeline);
        return;
    }
    run->is_stopping = true;
    watchdog_arm(grace_ms(run) + WATCHDOG_MARGIN_MS);
    timer_stop(run->settle);
    pipeline_stop(run->pipeline, on_stopped, run);
}

static void on_signal(void *owner, int signal_number)
{
    struct run *run = owner;

    switch (signal_number) {
    case SIGCONT:
        admin_log_state(run->pipeline);
        return;
    case SIGHUP:
        log_warn("tailrace", "SIGHUP: reloading is not part of this version; still running with "
                             "the configuration of the start");
        return;
    default:
        log_info("tailrace", "caught signal (%s), %s", strsignal(signal_number),
                 run->is_stopping ? "hurrying" : "stopping");
        on_stop_wanted(run);
    }
}

static bool outputs_are_idle(const struct run *run)
{
    for (size_t i = 0; i < pipeline_output_count(run->pipeline); i++)
        if (!output_is_idle(pipeline_output(run->pipeline, i)))
            return false;
    return true;
}

/* What only start-up needed is given back once, in a quiet moment. */
static void on_settle(void *owner)
{
    struct run *run = owner;

    if (outputs_are_idle(run) || ++run->settle_tries == SETTLE_TRIES_MAX)
        mem_settle();
    else
        timer_start(run->settle, SETTLE_AFTER_MS);
}

static void watches_start(struct run *run)
{
    struct watchdog_limits limits = {grace_ms(run), WATCHDOG_MARGIN_MS, WATCHDOG_HURRY_MS};

    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        run->watches[i] = signal_watch_new(run->loop, signals[i], on_signal, run);
    watchdog_start(&limits, signals, STOP_SIGNALS);
    run->settle = timer_new(run->loop, on_settle, run);
    timer_unref(run->settle);
    timer_start(run->settle, SETTLE_AFTER_MS);
}

/* False when a worker does not come back: then all is saved, and only leaving is left. */
static bool run_fini(struct run *run)
{
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        signal_watch_free(&run->watches[i]);
    timer_free(&run->settle);
    admin_stop(&run->admin);
    if (pipeline_is_stuck(run->pipeline)) {
        pipeline_leave(run->pipeline);
        return false;
    }
    pipeline_free(&run->pipeline);
    if (!loop_finish(run->loop, FINISH_MS))
        return false;
    loop_free(&run->loop);
    return true;
}

static int run_start(struct run *run, struct report *report)
{
    const struct service_keys *service = pipeline_service(run->pipeline);
    int rc = service->is_daemon ? process_to_background(report) : 0;

    if (rc < 0)
        return rc;
    report_print(report);
    log_info("tailrace", "version=%s, compatible with Fluent Bit %s, commit=%s, pid=%ld",
             VERSION_TAILRACE, VERSION_COMPATIBLE, version_commit(), (long)getpid());
    rc = admin_start(run->loop, run->pipeline, report, &run->admin);
    if (rc < 0)
        return rc;
    watches_start(run);
    run->is_started = true;
    rc = pipeline_start(run->pipeline, report, on_stop_wanted, run);
    mem_settle();
    return rc;
}

/* What was started before something else failed is stopped again, in order. */
static void run_until_stopped(struct run *run, int start_status)
{
    if (!run->is_started)
        return;
    if (start_status < 0)
        on_stop_wanted(run);
    loop_run(run->loop);
}

static int run(const struct config *config, bool is_dry, struct report *report)
{
    struct run it = {.loop = loop_new()};
    int rc;

    it.pipeline = pipeline_new(it.loop, config, report, &rc);
    if (rc == 0 && !is_dry) {
        rc = run_start(&it, report);
        report_print(report);
        run_until_stopped(&it, rc);
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
    int run_rc = run(config, is_dry, report);

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

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct report report;
    int status;

    mem_tune();
    process_raise_files();
    process_ignore_pipes();
    (void)setenv("UV_THREADPOOL_SIZE", "2", 0);

    report_init(&report);
    if (arguments_parse(&arguments, argv, &report) < 0) {
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
