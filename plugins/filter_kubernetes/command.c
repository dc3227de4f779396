#include "plugins/filter_kubernetes/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define REAP_EVERY_MS 10

/* Of what a shell and its commands expect, the agent ignores SIGPIPE, and its workers block signals. */
static void signals_as_usual(posix_spawnattr_t *attributes)
{
    sigset_t none, usual;

    sigemptyset(&none);
    sigfillset(&usual);
    sigdelset(&usual, SIGKILL);
    sigdelset(&usual, SIGSTOP);
    CHECK(posix_spawnattr_setsigmask(attributes, &none) == 0);
    CHECK(posix_spawnattr_setsigdefault(attributes, &usual) == 0);
}

/* In a group of its own, so that what it started can be ended with it. */
static int start(const char *text, int out, pid_t *pid)
{
    char *const arguments[] = {"/bin/sh", "-c", (char *)(uintptr_t)text, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int rc;

    CHECK(posix_spawn_file_actions_init(&actions) == 0 && posix_spawnattr_init(&attributes) == 0);
    CHECK(posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0);
    CHECK(posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) == 0);
    CHECK(posix_spawnattr_setpgroup(&attributes, 0) == 0);
    signals_as_usual(&attributes);
    CHECK(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                    POSIX_SPAWN_SETSIGDEF) == 0);
    rc = posix_spawn(pid, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return -rc;
}

static int read_some(int fd, size_t bytes_max, struct buffer *out)
{
    ssize_t count = read(fd, buffer_reserve(out, 4096), 4096);

    if (count < 0)
        return errno == EINTR ? 1 : -errno;
    buffer_commit(out, (size_t)count);
    if (out->len > bytes_max)
        return -E2BIG;
    return count > 0;
}

/* Until the end of what is printed. */
static int read_all(int fd, struct command_limits limits, struct buffer *out)
{
    uint64_t end_ms = clock_ms() + limits.wait_ms;
    int rc = 1;

    while (rc > 0) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        uint64_t now_ms = clock_ms();
        int left_ms = now_ms < end_ms ? (int)(end_ms - now_ms) : 0;

        rc = poll(&poll_fd, 1, left_ms);
        if (rc == 0)
            return -ETIMEDOUT;
        rc = rc > 0 || errno == EINTR ? read_some(fd, limits.bytes_max, out) : -errno;
    }
    return rc;
}

/* Who prints no more may go on all the same: it gets so long again, and then is ended. */
static int reap(pid_t pid, uint64_t wait_ms)
{
    int status = 0;
    pid_t ended = 0;

    for (uint64_t ms = 0; ended == 0 && ms < wait_ms; ms += REAP_EVERY_MS) {
        ended = waitpid(pid, &status, WNOHANG);
        if (ended == 0)
            (void)poll(NULL, 0, REAP_EVERY_MS);
    }
    if (ended == 0) {
        (void)kill(-pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            continue;
        return -ETIMEDOUT;
    }
    return ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

int command_run(const char *text, struct command_limits limits, struct buffer *out)
{
    int pipes[2], rc, ended;
    pid_t pid;

    if (pipe2(pipes, O_CLOEXEC) < 0)
        return -errno;
    rc = start(text, pipes[1], &pid);
    close(pipes[1]);
    if (rc == 0) {
        rc = read_all(pipes[0], limits, out);
        if (rc < 0)
            (void)kill(-pid, SIGKILL);
        ended = reap(pid, limits.wait_ms);
        rc = rc < 0 ? rc : ended;
    }
    close(pipes[0]);
    return rc;
}
