#include "plugins/filter_kubernetes/login.h"

#include "plugins/filter_kubernetes/command.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

/*
 *   login_is_ready   the file has changed: it is read; the command's token is old: it is begun
 *   run_work         on a worker
 *   on_ran           what was printed is the token; who waits is told
 *
 * Goes wrong: no file, or nothing in it (said once; requests go without a token, which a proxy of
 * kubectl's does not mind); the command fails (said; the old token stays).
 *
 * A login that ends while its command runs leaves the run behind, which then ends alone.
 */
struct login_run {
    struct login *login; /* NULL: nobody waits any more */
    char *command;
    struct buffer out;
    int status;
};

void login_init(struct login *login, struct loop *loop, const char *component,
                const struct source_login *settings)
{
    *login = (struct login){.loop = loop, .component = component, .settings = settings};
}

void login_fini(struct login *login)
{
    if (login->run != NULL)
        login->run->login = NULL;
    secret_buffer_fini(&login->token);
    *login = (struct login){0};
}

static void say_once(struct login *login, const char *what, const char *why)
{
    if (!login->was_said)
        log_warn(login->component, "no token from %s: %s", what, why);
    login->was_said = true;
}

/* False: there is none in it. */
static bool take(struct login *login, struct slice text, const char *from)
{
    struct slice token = slice_trim(text);

    if (token.len == 0) {
        say_once(login, from, "there is nothing in it");
        return false;
    }
    secret_buffer_fini(&login->token);
    buffer_append(&login->token, token);
    login->is_doubted = login->was_said = false;
    return true;
}

/* ---- the file ---- */

static bool is_seen(const struct login *login, const struct stat *now)
{
    const struct stat *seen = &login->seen;

    return now->st_ino == seen->st_ino && now->st_size == seen->st_size &&
           now->st_mtim.tv_sec == seen->st_mtim.tv_sec &&
           now->st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
}

static void read_file(struct login *login, int fd, const struct stat *now)
{
    char *text = mem_alloc(LOGIN_BYTES_MAX);
    ssize_t count = read(fd, text, LOGIN_BYTES_MAX);

    login->seen = *now;
    if (count < 0)
        say_once(login, login->settings->token_file, uv_strerror(-errno));
    else
        (void)take(login, slice_make(text, (size_t)count), login->settings->token_file);
    secret_wipe(text, LOGIN_BYTES_MAX);
    mem_free(text);
}

static void look_at_file(struct login *login)
{
    const char *path = login->settings->token_file;
    struct stat now;
    int fd;

    if (path == NULL || path[0] == '\0')
        return;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        say_once(login, path, uv_strerror(-errno));
        return;
    }
    if (fstat(fd, &now) == 0 && (login->is_doubted || !is_seen(login, &now)))
        read_file(login, fd, &now);
    close(fd);
}

/* ---- the command ---- */

static void run_work(void *owner)
{
    struct login_run *run = owner;
    struct command_limits limits = {.wait_ms = LOGIN_COMMAND_S * 1000,
                                    .bytes_max = LOGIN_BYTES_MAX};

    run->status = command_run(run->command, limits, &run->out);
}

/* Sooner than after the token's time where it brought none. */
static void ran(struct login *login, const struct login_run *run)
{
    uint64_t ttl_ms = login->settings->token_ttl_ms;
    bool is_taken = false;

    if (run->status < 0)
        say_once(login, "Kube_Token_Command",
                 run->status == -ECHILD ? "it failed" : uv_strerror(run->status));
    else
        is_taken = take(login, buffer_view(&run->out), "Kube_Token_Command");
    if (!is_taken && ttl_ms > LOGIN_AGAIN_MS)
        ttl_ms = LOGIN_AGAIN_MS;
    login->next_ms = clock_ms() + ttl_ms;
    login->is_doubted = false;
}

static void on_ran(void *owner)
{
    struct login_run *run = owner;
    struct login *login = run->login;

    CHECK(login == NULL || login->run == run);
    if (login != NULL) {
        login->run = NULL;
        ran(login, run);
    }
    secret_buffer_fini(&run->out);
    mem_free(run->command);
    mem_free(run);
    if (login != NULL)
        login->came(login->owner);
}

static bool is_old(const struct login *login)
{
    return login->next_ms == 0 || login->is_doubted || clock_ms() >= login->next_ms;
}

static void run_command(struct login *login)
{
    struct login_run *run;

    if (login->run != NULL || !is_old(login))
        return;
    run = mem_zalloc(1, sizeof *run);
    run->login = login;
    run->command = mem_text(login->settings->token_command);
    login->run = run;
    job_start(login->loop, run_work, on_ran, run);
}

/* ---- asking ---- */

bool login_is_ready(struct login *login)
{
    if (login->settings->token_command == NULL) {
        look_at_file(login);
        login->is_doubted = false;
        return true;
    }
    run_command(login);
    return login->run == NULL;
}

struct slice login_token(struct login *login)
{
    return buffer_view(&login->token);
}

void login_doubt(struct login *login)
{
    login->is_doubted = true;
}
