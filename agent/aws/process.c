#include "aws/process.h"

#include "base/memory.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

/*
 *   aws_process_start   the program runs, its output comes through a pipe
 *   on_output           some of it; at its end the program is nearly over
 *   on_tick             whether it is over; whether its time is
 *   process_end         the only way out but cancelling
 *
 * Goes wrong: it cannot be started; it prints too much; it does not end (killed); it says that it
 * failed.
 */

#define TICK_MS 20
#define MS_PER_S 1000

struct aws_process {
    struct loop *loop;
    struct poll *poll;
    struct timer *tick;
    int fd;    /* what it prints; -1: all of it was read */
    pid_t pid; /* 0: it never ran, or was waited for */
    unsigned ticks_left;
    struct buffer output;
    aws_process_fn *over;
    void *owner;
    char why[256];
};

/* Kills it with all that it started, and waits: a killed process is over at once. */
static void process_kill(struct aws_process *p)
{
    if (p->pid <= 0)
        return;
    (void)kill(-p->pid, SIGKILL);
    (void)kill(p->pid, SIGKILL);
    while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    p->pid = 0;
}

static void output_close(struct aws_process *p)
{
    poll_free(&p->poll);
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
}

static void process_free(struct aws_process *p)
{
    process_kill(p);
    output_close(p);
    timer_free(&p->tick);
    secret_buffer_fini(&p->output);
    mem_free(p);
}

static void process_end(struct aws_process *p)
{
    aws_process_fn *over = p->over;
    struct buffer output = p->output;
    void *owner = p->owner;
    char why[256];

    memcpy(why, p->why, sizeof why);
    p->output = (struct buffer){0};
    process_free(p);
    over(owner, why[0] != '\0' ? (struct slice){0} : buffer_view(&output),
         why[0] != '\0' ? why : NULL);
    secret_buffer_fini(&output);
}

static void fail(struct aws_process *p, const char *words)
{
    snprintf(p->why, sizeof p->why, "credential_process %.200s", words);
    output_close(p);
    process_kill(p);
    timer_start(p->tick, 0);
}

/* Whether it is over; then `why` says where it did not end well. */
static bool is_over(struct aws_process *p)
{
    int status = 0;

    if (p->pid == 0)
        return true;
    if (waitpid(p->pid, &status, WNOHANG) != p->pid)
        return false;
    (void)kill(-p->pid, SIGKILL); /* what it left behind */
    p->pid = 0;
    if (WIFSIGNALED(status))
        snprintf(p->why, sizeof p->why, "credential_process ended by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        snprintf(p->why, sizeof p->why, "credential_process ended with status %d",
                 WEXITSTATUS(status));
    return true;
}

static void on_tick(void *owner)
{
    struct aws_process *p = owner;

    if (p->fd < 0 && is_over(p)) {
        process_end(p);
        return;
    }
    CHECK(p->ticks_left > 0);
    if (--p->ticks_left == 0) {
        snprintf(p->why, sizeof p->why, "credential_process did not end within %d seconds",
                 AWS_PROCESS_S);
        process_end(p);
        return;
    }
    timer_start(p->tick, TICK_MS);
}

static void on_output(void *owner, int status, int events)
{
    struct aws_process *p = owner;
    ssize_t count;

    (void)status;
    (void)events;
    if (p->output.len >= AWS_PROCESS_BYTES_MAX) {
        fail(p, "printed too much");
        return;
    }
    /* The buffer has all its room from the start: nothing of it stays behind where it has moved. */
    count = read(p->fd, p->output.data + p->output.len, AWS_PROCESS_BYTES_MAX - p->output.len);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0)
        output_close(p);
    else
        buffer_commit(&p->output, (size_t)count);
}

/* ---- start ---- */

/* The program's name alone: its arguments may be secret. */
static void fail_to_run(struct aws_process *p, const char *program, int error)
{
    char words[200];

    snprintf(words, sizeof words, "cannot run %.120s: %s", program, uv_strerror(error));
    fail(p, words);
}

/* Its own group, to be killed with what it starts; the signals as they are at first. */
static void attributes_set(posix_spawnattr_t *attributes)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    CHECK(posix_spawnattr_init(attributes) == 0);
    CHECK(posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                                   POSIX_SPAWN_SETSIGDEF) == 0);
    CHECK(posix_spawnattr_setpgroup(attributes, 0) == 0);
    CHECK(posix_spawnattr_setsigmask(attributes, &none) == 0);
    CHECK(posix_spawnattr_setsigdefault(attributes, &all) == 0);
}

static int process_spawn(struct aws_process *p, char **words, int output)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int rc;

    attributes_set(&attributes);
    CHECK(posix_spawn_file_actions_init(&files) == 0);
    CHECK(posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0);
    CHECK(posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO) == 0);
    rc = posix_spawnp(&p->pid, words[0], &files, &attributes, words, environ);
    if (rc != 0)
        p->pid = 0;
    (void)posix_spawn_file_actions_destroy(&files);
    (void)posix_spawnattr_destroy(&attributes);
    return -rc;
}

static int process_run(struct aws_process *p, char **words)
{
    int fds[2];
    int rc;

    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    p->fd = fds[0];
    /* The program's end of the pipe waits, as programs expect it. */
    (void)fcntl(fds[1], F_SETFL, 0);
    rc = process_spawn(p, words, fds[1]);
    close(fds[1]);
    if (rc < 0)
        return rc;
    p->poll = poll_new(p->loop, p->fd, on_output, p);
    CHECK(p->poll != NULL);
    poll_start(p->poll, POLL_READABLE);
    return 0;
}

struct aws_process *aws_process_start(struct loop *loop, const char *command, aws_process_fn *over,
                                      void *owner)
{
    struct aws_process *p = mem_zalloc(1, sizeof *p);
    struct arena arena = {0};
    char **words = aws_process_words(command, &arena);
    int rc;

    p->loop = loop;
    p->fd = -1;
    p->over = over;
    p->owner = owner;
    p->ticks_left = AWS_PROCESS_S * MS_PER_S / TICK_MS;
    p->tick = timer_new(loop, on_tick, p);
    buffer_init(&p->output, AWS_PROCESS_BYTES_MAX);
    rc = words != NULL ? process_run(p, words) : 0;
    if (words == NULL)
        fail(p, "is no command: a quote is not closed, or there is nothing");
    else if (rc < 0)
        fail_to_run(p, words[0], rc);
    else
        timer_start(p->tick, TICK_MS);
    arena_fini(&arena);
    return p;
}

void aws_process_cancel(struct aws_process **address)
{
    struct aws_process *p = *address;

    *address = NULL;
    if (p != NULL)
        process_free(p);
}
