/*
 * tailrace: from the command line to the running agent, and out again.
 *
 *   main         what is printed is printed, dead letters are seen to; else
 *   configure    the configuration is read, and looked through even when part of it is wrong
 *   agent_run    the agent runs until it is stopped (run.h)
 *
 * Ends with 0 when it was stopped, with 1 when it could not begin.
 */
#include "base/crash.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/arguments.h"
#include "http/http.h"
#include "run.h"
#include "service/dlq.h"
#include "service/process.h"
#include "service/support.h"
#include "service/tell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const default_paths[] = {
    "/fluent-bit/etc/fluent-bit.conf",
    "/etc/tailrace/tailrace.conf",
    NULL,
};

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
    int run_rc = agent_run(a, config, is_dry, report);

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

    process_release_hangups();
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

    process_hold_hangups();
    process_open_standard_files();
    crash_prepare();
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
