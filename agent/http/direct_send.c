/*
 * The head and the body go to the kernel from where they lie, in one system call as far as it takes
 * them: nothing is copied together before.
 *
 * A short count says that there is no room for more, so nothing is tried until the loop says that
 * there is. As long as more is to come, the kernel is told so (MSG_MORE) and sends whole segments
 * only: the small ones that pieces would end in cost a tenth.
 */
#include "http/direct.h"
#include "http/request_head.h"

#include "base/secret.h"

#include <errno.h>
#include <sys/socket.h>

/* Head and body. */
#define PIECES_MAX 2

void outgoing_begin(struct exchange *x)
{
    const struct http_request *request = &x->call->request;
    const struct http_settings *s = &x->call->client->own.s;

    x->out.head_at = 0;
    x->out.body_at = 0;
    x->out.error = 0;
    if (x->out.head.len == 0)
        request_head(request, s->host, s->port, &x->out.head);
    x->out.left = x->out.head.len + request->body.len;
    CHECK(x->out.left > 0);
}

/* What comes next; how many pieces. */
static unsigned pieces_next(const struct exchange *x, struct iovec pieces[PIECES_MAX])
{
    const struct outgoing *out = &x->out;
    const struct buffer *body = &x->call->request.body;
    unsigned count = 0;

    if (out->head_at < out->head.len)
        pieces[count++] = (struct iovec){.iov_base = out->head.data + out->head_at,
                                         .iov_len = out->head.len - out->head_at};
    if (out->body_at < body->len)
        pieces[count++] = (struct iovec){.iov_base = body->data + out->body_at,
                                         .iov_len = body->len - out->body_at};
    return count;
}

/* How long they are together, cut off at the most that goes out at once. */
static size_t pieces_cut(struct iovec *pieces, unsigned *count)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < *count; i++) {
        if (pieces[i].iov_len >= SEND_STEP_BYTES_MAX - bytes) {
            pieces[i].iov_len = SEND_STEP_BYTES_MAX - bytes;
            *count = i + 1;
            return SEND_STEP_BYTES_MAX;
        }
        bytes += pieces[i].iov_len;
    }
    return bytes;
}

static void sent(struct exchange *x, size_t bytes)
{
    struct outgoing *out = &x->out;
    size_t of_head = out->head.len - out->head_at;

    CHECK(bytes <= out->left);
    out->left -= bytes;
    of_head = of_head < bytes ? of_head : bytes;
    out->head_at += of_head;
    out->body_at += bytes - of_head;
    CHECK(out->body_at <= x->call->request.body.len);
    call_moved(x->call);
}

/* How much the kernel took of what it was asked to; negative: an errno. */
static ssize_t send_some(struct exchange *x, size_t *asked)
{
    struct iovec pieces[PIECES_MAX];
    unsigned count = pieces_next(x, pieces);
    struct msghdr message = {.msg_iov = pieces};
    ssize_t rc;

    *asked = pieces_cut(pieces, &count);
    CHECK(*asked > 0 && *asked <= x->out.left);
    message.msg_iovlen = count;
    do
        rc = sendmsg(x->tcp->fd, &message,
                     MSG_NOSIGNAL | MSG_DONTWAIT | (*asked < x->out.left ? MSG_MORE : 0));
    while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : rc;
}

void exchange_send(struct exchange *x)
{
    size_t asked = 0, in_step = 0;

    CHECK(x->tcp != NULL && x->out.error == 0);
    while (x->out.left > 0 && in_step < SEND_STEP_BYTES_MAX) {
        ssize_t rc = send_some(x, &asked);

        if (rc == -EAGAIN || rc == -EWOULDBLOCK)
            return;
        if (rc < 0) {
            x->out.error = (int)rc;
            return;
        }
        sent(x, (size_t)rc);
        in_step += (size_t)rc;
        if ((size_t)rc < asked)
            return;
    }
}
