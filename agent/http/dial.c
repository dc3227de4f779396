/*
 *   dial_start   the addresses are looked up, the first is tried
 *   next_try     a socket, from the source's address, that connects
 *   on_ready     a try has ended: well, or the next is made at once
 *   on_wait      one has said nothing for a while: the next is made beside it; or none could even be
 *                begun, which is told from here
 *   dial_end     the only way out but dial_free: closes the other tries and tells the owner
 */
#include "http/dial.h"

#include "base/memory.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

struct
try {
    struct dial *dial;
    struct poll *poll;
    int fd; /* -1: over */
};

struct dial {
    struct loop *loop;
    dial_fn *done;
    void *owner;
    struct timer *wait;
    const char *source;
    int error; /* of the try that failed last */
    unsigned count, begun, under_way;
    union names_address addresses[RESOLVE_ADDRESSES_MAX];
    struct try tries[RESOLVE_ADDRESSES_MAX];
};

/* ---- a peer that is gone ---- */

/* A peer that has gone without a word is noticed: while bytes of ours are under way by their not
 * being acknowledged, else by probes. The limit lies below the kernel's next try, so a path that
 * comes back is used again within seconds: by that try, or by a new connection.
 *
 * The kernel counts a peer that acknowledges, but has no room, the same way: one that reads nothing
 * for so long, with more under way than it has room for, loses the connection before the IO timeout.
 * The request was not sent whole then, and is sent again. */
#define UNACKNOWLEDGED_MS 12000
#define PROBE_AFTER_S 6
#define PROBE_EVERY_S 3
#define PROBES_MAX 2

int dial_socket(int family, int type, int protocol)
{
    static const struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, PROBE_AFTER_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, PROBE_EVERY_S},
        {IPPROTO_TCP, TCP_KEEPCNT, PROBES_MAX},
        {IPPROTO_TCP, TCP_NODELAY, 1},
    };
    int fd = socket(family, type | SOCK_CLOEXEC, protocol);

    if (fd < 0)
        return -errno;
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        (void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                         sizeof options[i].value);
    return fd;
}

/* ---- a try ---- */

static int bind_source(const char *source, int fd)
{
    union names_address from;

    if (source == NULL)
        return 0;
    CHECK(names_address_read(slice_of(source), 0, &from));
    return bind(fd, &from.any, (socklen_t)names_address_bytes(&from)) < 0 ? -errno : 0;
}

/* A descriptor that connects, or is connected; or a negative code. */
static int connect_begin(const union names_address *to, const char *source)
{
    int fd = dial_socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int rc;

    if (fd < 0)
        return fd;
    rc = bind_source(source, fd);
    if (rc == 0 && connect(fd, &to->any, (socklen_t)names_address_bytes(to)) < 0 &&
        errno != EINPROGRESS && errno != EINTR)
        rc = -errno;
    if (rc == 0)
        return fd;
    close(fd);
    return rc;
}

static void on_ready(void *owner, int status, int events);

/* Whether one was begun; those that fail at once are passed over. */
static bool next_try(struct dial *d)
{
    CHECK(d->under_way <= d->begun && d->begun <= d->count);
    while (d->begun < d->count) {
        struct try *try = &d->tries[d->begun];
        int fd = connect_begin(&d->addresses[d->begun++], d->source);

        if (fd < 0) {
            d->error = fd;
            continue;
        }
        *try = (struct try){.dial = d, .fd = fd, .poll = poll_new(d->loop, fd, on_ready, try)};
        CHECK(try->poll != NULL);
        poll_start(try->poll, POLL_WRITABLE);
        d->under_way++;
        if (d->begun < d->count)
            timer_start(d->wait, DIAL_NEXT_MS);
        return true;
    }
    return false;
}

/* Its descriptor, which nobody watches any more. */
static int try_take(struct try *try)
{
    int fd = try->fd;

    CHECK(fd >= 0 && try->dial->under_way > 0);
    poll_free(&try->poll);
    try->fd = -1;
    try->dial->under_way--;
    return fd;
}

static void dial_end(struct dial *d, int fd)
{
    dial_fn *done = d->done;
    void *owner = d->owner;

    CHECK(fd >= 0 || d->under_way == 0);
    dial_free(&d);
    done(owner, fd);
}

static void on_ready(void *owner, int status, int events)
{
    struct try *try = owner;
    struct dial *d = try->dial;
    socklen_t len = sizeof(int);
    int error = 0;
    int fd = try_take(try);

    (void)status;
    (void)events;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = errno;
    if (error == 0) {
        dial_end(d, fd);
        return;
    }
    close(fd);
    d->error = -error;
    if (!next_try(d) && d->under_way == 0)
        dial_end(d, d->error);
}

static void on_wait(void *owner)
{
    struct dial *d = owner;

    if (!next_try(d) && d->under_way == 0)
        dial_end(d, d->error);
}

struct dial *dial_start(struct loop *loop, const struct names *names, const char *source,
                        dial_fn *done, void *owner)
{
    struct dial *d = mem_zalloc(1, sizeof *d);

    d->loop = loop;
    d->done = done;
    d->owner = owner;
    d->source = source;
    d->wait = timer_new(loop, on_wait, d);
    d->count = names_addresses(names, d->addresses);
    for (unsigned i = 0; i < d->count; i++)
        d->tries[i].fd = -1;
    if (!next_try(d))
        timer_start(d->wait, 0);
    return d;
}

void dial_free(struct dial **address)
{
    struct dial *d = *address;

    *address = NULL;
    if (d == NULL)
        return;
    for (unsigned i = 0; i < d->begun; i++)
        if (d->tries[i].fd >= 0)
            close(try_take(&d->tries[i]));
    CHECK(d->under_way == 0);
    timer_free(&d->wait);
    mem_free(d);
}
