#include "service/process.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void process_open_standard_files(void)
{
    int fd = open("/dev/null", O_RDWR);

    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = dup(fd);
    if (fd >= 0)
        close(fd);
}

void process_raise_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void process_ignore_pipes(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file past its limit is an error like a full disk */
}

static void hangups_mask(int how)
{
    sigset_t hangup;

    sigemptyset(&hangup);
    sigaddset(&hangup, SIGHUP);
    CHECK(pthread_sigmask(how, &hangup, NULL) == 0);
}

void process_hold_hangups(void)
{
    hangups_mask(SIG_BLOCK);
}

void process_release_hangups(void)
{
    hangups_mask(SIG_UNBLOCK);
}

static void standard_files_close(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return;
    for (int standard = STDIN_FILENO; standard <= STDERR_FILENO; standard++)
        (void)dup2(fd, standard);
    if (fd > STDERR_FILENO)
        close(fd);
}

int process_to_background(struct report *report)
{
    pid_t child = fork();

    if (child < 0) {
        report_error(report, (struct place){0}, "daemon: %s", strerror(errno));
        return -EAGAIN;
    }
    if (child > 0)
        _exit(0);
    (void)setsid();
    (void)umask(022);
    standard_files_close();
    return 0;
}

/* What the service says last; its value is NULL where it says nothing. The log is needed before
 * its keys are bound. */
static struct property service_said(const struct config *config, const char *key)
{
    const struct section *service = config_first(config, CONFIG_SERVICE);
    const struct property *p = NULL;
    struct property said = {0};

    while (service != NULL && (p = section_find(service, key, p)) != NULL)
        said = *p;
    return said;
}

/* The environment has the last word. */
static int level_read(const struct config *config, struct report *report, enum log_level *level_out)
{
    const char *from_env = getenv("FLB_LOG_LEVEL");
    bool is_env = from_env != NULL && from_env[0] != '\0';
    struct property said = service_said(config, "log_level");

    *level_out = LOG_INFO;
    if (is_env)
        said = (struct property){.value = from_env};
    if (said.value != NULL && log_level_parse(said.value, level_out) < 0) {
        report_error(report, said.place,
                     "%s is \"%s\"; it is off, error, warn, info, debug or trace",
                     is_env ? "FLB_LOG_LEVEL" : "log_level", said.value);
        return -EINVAL;
    }
    return 0;
}

int process_log_check(const struct config *config, struct report *report)
{
    enum log_level level;

    return level_read(config, report, &level);
}

int process_log_level(const struct config *config, struct report *report)
{
    enum log_level level;
    int rc = level_read(config, report, &level);

    if (rc == 0)
        log_level_set(level);
    return rc;
}

int process_log_file(const struct config *config, struct report *report)
{
    struct property said = service_said(config, "log_file");
    const char *path = said.value;
    int rc = path == NULL ? 0 : log_open(path);

    if (rc < 0)
        report_error(report, said.place, "log_file %s: %s", path, strerror(-rc));
    return rc;
}

void process_log_again(const char *level_name, const char *path)
{
    const char *from_env = getenv("FLB_LOG_LEVEL");
    enum log_level level;
    int rc = path == NULL ? 0 : log_open(path);

    if (rc < 0)
        log_error("tailrace", "log_file %s: %s; the log goes on where it was", path, strerror(-rc));
    if (from_env != NULL && from_env[0] != '\0')
        return;
    if (log_level_parse(level_name, &level) < 0)
        log_error("tailrace", "log_level is \"%s\"; the level stays", level_name);
    else
        log_level_set(level);
}

void process_leave(int status)
{
    log_warn("tailrace", "a worker does not come back from the system; leaving without it");
    log_close();
    _exit(status);
}
