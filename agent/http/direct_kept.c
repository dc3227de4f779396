#include "http/direct.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS_PER_S UINT64_C(1000)

/* The poll's owner. */
struct tcp *tcp_new(struct exchange *x, int fd, poll_fn *ready)
{
    struct tcp *tcp = mem_zalloc(1, sizeof *tcp);

    CHECK(fd >= 0);
    tcp->fd = fd;
    tcp->made_ms = clock_ms();
    tcp->poll = poll_new(x->call->client->loop, fd, ready, tcp);
    CHECK(tcp->poll != NULL);
    list_init(&tcp->link);
    return tcp;
}

void tcp_free(struct tcp **address)
{
    struct tcp *tcp = *address;

    *address = NULL;
    if (tcp == NULL)
        return;
    CHECK(!list_is_linked(&tcp->link));
    poll_free(&tcp->poll);
    close(tcp->fd);
    mem_free(tcp);
}

void tcp_watch(struct tcp *tcp, int events)
{
    if (events == tcp->events)
        return;
    tcp->events = events;
    if (events == 0)
        poll_stop(tcp->poll);
    else
        poll_start(tcp->poll, events);
}

/* ---- idle ones ---- */

static struct tcp *kept_remove(struct direct *direct, struct list *link)
{
    CHECK(direct->kept_count > 0);
    direct->kept_count--;
    list_remove(link);
    return CONTAINER_OF(link, struct tcp, link);
}

static void kept_drop(struct direct *direct, struct list *link)
{
    struct tcp *tcp = kept_remove(direct, link);

    tcp_free(&tcp);
}

/* Nothing may have come since the last answer: neither an end nor bytes, which would be taken for the
 * next one. */
static bool is_silent(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

static bool is_usable(const struct http_client *client, const struct tcp *tcp)
{
    uint64_t now_ms = clock_ms();

    return now_ms - tcp->idle_ms <= client->own.s.keepalive_idle_s * MS_PER_S &&
           now_ms - tcp->made_ms <= CONNECTION_LIFE_S * MS_PER_S && is_silent(tcp->fd);
}

struct tcp *kept_take(struct http_client *client)
{
    struct direct *direct = client->direct;

    while (!list_is_empty(&direct->kept)) {
        struct tcp *tcp = kept_remove(direct, direct->kept.prev);

        if (is_usable(client, tcp))
            return tcp;
        tcp_free(&tcp);
    }
    CHECK(direct->kept_count == 0);
    return NULL;
}

static bool is_worth_keeping(const struct http_settings *s, const struct tcp *tcp)
{
    return s->keepalive &&
           (s->keepalive_max_recycle == 0 || tcp->requests < s->keepalive_max_recycle);
}

void kept_put(struct http_client *client, struct tcp **address)
{
    struct direct *direct = client->direct;
    struct tcp *tcp = *address;

    if (!is_worth_keeping(&client->own.s, tcp)) {
        tcp_free(address);
        return;
    }
    *address = NULL;
    tcp->exchange = NULL;
    tcp->idle_ms = clock_ms();
    tcp_watch(tcp, 0);
    list_add_tail(&direct->kept, &tcp->link);
    if (++direct->kept_count > KEPT_MAX)
        kept_drop(direct, direct->kept.next);
}

void kept_close(struct direct *direct)
{
    while (!list_is_empty(&direct->kept))
        kept_drop(direct, direct->kept.next);
    CHECK(direct->kept_count == 0);
}
