#include "service/notify.h"

#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_VARIABLE "NOTIFY_SOCKET"
#define PERIOD_VARIABLE "WATCHDOG_USEC"
#define PROCESS_VARIABLE "WATCHDOG_PID"

#define MESSAGE_BYTES_MAX 256
#define US_PER_MS 1000
#define NUMBER_BASE 10

struct notify {
    int fd;             /* connected */
    struct timer *beat; /* NULL: nobody waits for it */
};

static void notify_send(struct notify *notify, const char *message)
{
    size_t len = strlen(message);

    CHECK(len > 0 && len < MESSAGE_BYTES_MAX);
    if (send(notify->fd, message, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        log_debug("tailrace", "systemd was not told '%s': %s", message, strerror(errno));
}

/* -1: there is nobody. '@' stands for the abstract name space. */
static int socket_open(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path), bytes = offsetof(struct sockaddr_un, sun_path) + len;
    int fd;

    if ((path[0] != '/' && path[0] != '@') || len >= sizeof address.sun_path) {
        log_warn("tailrace", SOCKET_VARIABLE " is no socket's name: %s", path);
        return -1;
    }
    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, (socklen_t)bytes) == 0)
        return fd;
    log_warn("tailrace", SOCKET_VARIABLE " %s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static uint64_t number_of(const char *variable)
{
    const char *text = getenv(variable);

    return text == NULL ? 0 : strtoull(text, NULL, NUMBER_BASE);
}

/* How often systemd wants to hear of this process, at least; 0: it does not. */
static uint64_t period_ms(void)
{
    uint64_t process = number_of(PROCESS_VARIABLE);

    if (process != 0 && process != (uint64_t)getpid())
        return 0;
    return number_of(PERIOD_VARIABLE) / US_PER_MS;
}

static void on_beat(void *owner)
{
    notify_send(owner, "WATCHDOG=1");
}

static void beat_start(struct notify *notify, struct loop *loop, uint64_t every_ms)
{
    CHECK(every_ms > 0);
    notify->beat = timer_new(loop, on_beat, notify);
    timer_unref(notify->beat);
    timer_repeat(notify->beat, every_ms);
}

struct notify *notify_new(struct loop *loop)
{
    const char *path = getenv(SOCKET_VARIABLE);
    struct notify *notify = NULL;
    int fd = path == NULL || path[0] == '\0' ? -1 : socket_open(path);

    if (fd >= 0) {
        notify = mem_zalloc(1, sizeof *notify);
        notify->fd = fd;
        /* Twice as often as it has to, so that one that comes late is no harm. */
        if (period_ms() > 1)
            beat_start(notify, loop, period_ms() / 2);
    }
    (void)unsetenv(SOCKET_VARIABLE);
    (void)unsetenv(PERIOD_VARIABLE);
    (void)unsetenv(PROCESS_VARIABLE);
    return notify;
}

void notify_free(struct notify **notify)
{
    if (*notify == NULL)
        return;
    timer_free(&(*notify)->beat);
    close((*notify)->fd);
    MEM_FREE(notify);
}

void notify_ready(struct notify *notify, const char *status)
{
    char message[MESSAGE_BYTES_MAX];

    if (notify == NULL)
        return;
    (void)snprintf(message, sizeof message, "READY=1\nSTATUS=%s", status);
    notify_send(notify, message);
}

void notify_reloading(struct notify *notify)
{
    if (notify != NULL)
        notify_send(notify, "RELOADING=1\nSTATUS=reading the configuration again");
}

void notify_stopping(struct notify *notify, uint64_t within_ms)
{
    char message[MESSAGE_BYTES_MAX];

    if (notify == NULL)
        return;
    (void)snprintf(message, sizeof message,
                   "STOPPING=1\nEXTEND_TIMEOUT_USEC=%llu\nSTATUS=delivering what was read",
                   (unsigned long long)within_ms * US_PER_MS);
    notify_send(notify, message);
}
