/*
 * The service account's token: from its file, read again when that changes, or from what a command
 * prints, run again after its time.
 *
 * The file is looked at before every request, which are few: the kubelet replaces it long before the
 * token ends. A refused token (401) is read again at once. A command runs on a worker and is ended
 * after LOGIN_COMMAND_S seconds; until it has ended once there is no token, and requests wait. One that
 * failed is run again after LOGIN_AGAIN_MS, not after the token's time.
 *
 * Life     login_init -> login_is_ready, login_token, login_doubt* -> login_fini.
 * Thread   the loop. Limits: a token of LOGIN_BYTES_MAX. The token is never logged.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_LOGIN_H
#define TAILRACE_FILTER_KUBERNETES_LOGIN_H

#include "plugins/filter_kubernetes/source.h"

#include <sys/stat.h>

#define LOGIN_BYTES_MAX ((size_t)64 << 10)
#define LOGIN_COMMAND_S 10

/* After a command that failed, or printed nothing, the next one; the token that there is stays
 * meanwhile. */
#define LOGIN_AGAIN_MS UINT64_C(10000)

/* A command has ended: who waited may go on. */
typedef void login_came_fn(void *owner);

struct login_run; /* of the command */

struct login {
    struct loop *loop;
    const char *component;
    const struct source_login *settings;
    login_came_fn *came;
    void *owner;
    struct buffer token; /* empty: none */
    struct stat seen;    /* the file that it is from */
    uint64_t next_ms;    /* when the command is run again; 0: it was not yet */
    bool is_doubted;
    bool was_said; /* that there is none */
    struct login_run *run;
};

/* `settings` and `component` are lent for the login's life. */
void login_init(struct login *login, struct loop *loop, const char *component,
                const struct source_login *settings);
void login_fini(struct login *login);

/* False: a command is running, and `came` will be called. */
bool login_is_ready(struct login *login);

/* Lent until the loop turns; empty where there is none. */
struct slice login_token(struct login *login);

/* It was refused. */
void login_doubt(struct login *login);

#endif
