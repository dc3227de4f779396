#include "admin/listen.h"

#include "base/check.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64

/* "::" takes IPv4 too, wherever the system would have it otherwise. */
static int socket_listen(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1, off = 0, rc = 0;

    if (fd < 0)
        return -errno;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
        rc = -errno;
        close(fd);
    }
    return rc < 0 ? rc : fd;
}

int listen_on(const char *host, uint16_t port)
{
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *addresses;
    char service[8];
    int fd = -EADDRNOTAVAIL;

    (void)snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(host, service, &hints, &addresses) != 0)
        return -EADDRNOTAVAIL;
    for (const struct addrinfo *each = addresses; each != NULL && fd < 0; each = each->ai_next)
        fd = socket_listen(each);
    freeaddrinfo(addresses);
    return fd;
}

uint16_t listen_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t bytes = sizeof address;

    if (getsockname(fd, &address.any, &bytes) < 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}
