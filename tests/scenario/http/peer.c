#include "scenario/http/peer.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long the test's end waits before the client's is looked after again. */
#define TURN_MS 2

/* Listens there, and says where that is. */
static int listen_at(const char *address, uint16_t port, int most, struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t len = sizeof *at;
    int yes = 1;

    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(inet_pton(AF_INET, address, &at->sin_addr), 1);
    ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)at, len), 0);
    ck_assert_int_eq(listen(fd, most), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)at, &len), 0);
    return fd;
}

void peer_open(struct peer *peer, struct loop *loop, const char *address, uint16_t port)
{
    struct sockaddr_in at;

    *peer = (struct peer){.loop = loop, .fd = -1};
    peer->listener = listen_at(address, port, 8, &at);
    peer->port = ntohs(at.sin_port);
}

void peer_close(struct peer *peer)
{
    peer_leave(peer);
    close(peer->listener);
    buffer_fini(&peer->heard);
}

/* The client's turn, then ours. */
static bool is_ready(const struct peer *peer, int fd, int wait_ms)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    loop_turn(peer->loop, false);
    return poll(&one, 1, wait_ms) > 0;
}

bool peer_has_caller(const struct peer *peer)
{
    return is_ready(peer, peer->listener, 0);
}

void peer_accept(struct peer *peer)
{
    while (!is_ready(peer, peer->listener, TURN_MS))
        continue;
    peer_leave(peer);
    peer->fd = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    ck_assert_int_ge(peer->fd, 0);
    buffer_clear(&peer->heard);
}

/* False at the client's end. */
static bool hear_some(struct peer *peer)
{
    char bytes[16384];
    ssize_t count;

    while (!is_ready(peer, peer->fd, TURN_MS))
        continue;
    count = recv(peer->fd, bytes, sizeof bytes, 0);
    if (count <= 0)
        return false;
    buffer_append(&peer->heard, slice_make(bytes, (size_t)count));
    return true;
}

void peer_hear(struct peer *peer, size_t bytes)
{
    while (peer->heard.len < bytes)
        ck_assert(hear_some(peer));
}

/* How long what is being heard will be; 0: that is not known yet. */
static size_t request_bytes(const struct buffer *heard)
{
    static const char name[] = "Content-Length: ";
    const char *end = heard->len > 0 ? memmem(heard->data, heard->len, "\r\n\r\n", 4) : NULL;
    const char *length;

    if (end == NULL)
        return 0;
    length = memmem(heard->data, (size_t)(end - heard->data), name, sizeof name - 1);
    return (size_t)(end + 4 - heard->data) +
           (length != NULL ? strtoul(length + sizeof name - 1, NULL, 10) : 0);
}

void peer_hear_request(struct peer *peer)
{
    while (request_bytes(&peer->heard) == 0 || peer->heard.len < request_bytes(&peer->heard))
        ck_assert(hear_some(peer));
}

void peer_hear_end(struct peer *peer)
{
    while (hear_some(peer))
        continue;
}

void peer_say_bytes(struct peer *peer, struct slice bytes)
{
    ck_assert_int_eq(send(peer->fd, bytes.data, bytes.len, MSG_NOSIGNAL), (int)bytes.len);
}

void peer_say(struct peer *peer, const char *text)
{
    peer_say_bytes(peer, slice_of(text));
}

void peer_leave(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
}

void peer_reset(struct peer *peer)
{
    struct linger at_once = {.l_onoff = 1};

    ck_assert_int_eq(setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    peer_leave(peer);
}

/* ---- a port that is full ---- */

void full_port_open(struct full_port *full, const char *address, uint16_t port)
{
    struct sockaddr_in at;

    full->listener = listen_at(address, port, 0, &at);
    full->port = ntohs(at.sin_port);
    for (size_t i = 0; i < ARRAY_LEN(full->fillers); i++) {
        full->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(full->fillers[i], (struct sockaddr *)&at, sizeof at);
    }
}

void full_port_close(struct full_port *full)
{
    for (size_t i = 0; i < ARRAY_LEN(full->fillers); i++)
        close(full->fillers[i]);
    close(full->listener);
}
