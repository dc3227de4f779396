#include "kit/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

bool wire_init(struct wire *wire, int fd, struct ssl_ctx_st *context)
{
    int yes = 1;

    *wire = (struct wire){.fd = fd};
    CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0);
    if (context == NULL)
        return true;
    wire->tls = SSL_new(context);
    CHECK(wire->tls != NULL);
    CHECK(SSL_set_fd(wire->tls, fd) == 1);
    return SSL_accept(wire->tls) == 1;
}

void wire_fini(struct wire *wire)
{
    if (wire->tls != NULL) {
        SSL_shutdown(wire->tls);
        SSL_free(wire->tls);
    }
    close(wire->fd);
}

size_t wire_read(struct wire *wire, char *into, size_t bytes_max)
{
    ssize_t count;

    if (wire->tls != NULL)
        count = SSL_read(wire->tls, into, (int)bytes_max);
    else
        do
            count = recv(wire->fd, into, bytes_max, 0);
        while (count < 0 && errno == EINTR);
    return count > 0 ? (size_t)count : 0;
}

bool wire_write(struct wire *wire, struct slice bytes)
{
    while (bytes.len > 0) {
        ssize_t count = wire->tls != NULL ? SSL_write(wire->tls, bytes.data, (int)bytes.len)
                                          : send(wire->fd, bytes.data, bytes.len, MSG_NOSIGNAL);

        if (count < 0 && errno == EINTR && wire->tls == NULL)
            continue;
        if (count <= 0)
            return false;
        bytes = slice_skip(bytes, (size_t)count);
    }
    return true;
}

void wire_wake(struct wire *wire)
{
    shutdown(wire->fd, SHUT_RDWR);
}

void wire_break(struct wire *wire)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    CHECK(setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) == 0);
}

struct ssl_ctx_st *wire_context_new(const char *cert_file, const char *key_file)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    CHECK(context != NULL);
    CHECK(SSL_CTX_use_certificate_chain_file(context, cert_file) == 1);
    CHECK(SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) == 1);
    return context;
}

void wire_context_demand(struct ssl_ctx_st *context, const char *authority_file)
{
    CHECK(SSL_CTX_load_verify_locations(context, authority_file, NULL) == 1);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

void wire_context_free(struct ssl_ctx_st *context)
{
    SSL_CTX_free(context);
}
