#include "aws/ask.h"

#include "base/memory.h"
#include "base/secret.h"

#include <stdio.h>
#include <uv.h>

/*
 *   aws_ask_start   the client is made, and the request goes out
 *   on_reply        the answer is copied; its client may not be freed from here
 *   on_over         the only way out but cancelling: frees all, then tells the owner
 *
 * Goes wrong: the address is none, or the client cannot be made (a CA file that cannot be read): the
 * owner is told, as if nobody had answered.
 */

struct aws_ask {
    struct loop *loop;
    struct http_client *client;
    struct http_call *call;
    struct timer *over;
    aws_ask_fn *told;
    void *owner;
    struct aws_heard heard;
};

static void ask_free(struct aws_ask *ask)
{
    timer_free(&ask->over);
    if (ask->call != NULL)
        http_call_cancel(&ask->call);
    http_client_free(&ask->client);
    secret_buffer_fini(&ask->heard.reply.body);
    mem_free(ask);
}

static void on_over(void *owner)
{
    struct aws_ask *ask = owner;
    aws_ask_fn *told = ask->told;
    void *to = ask->owner;
    struct aws_heard heard = ask->heard;

    ask->heard.reply.body = (struct buffer){0};
    ask_free(ask);
    told(to, &heard);
    secret_buffer_fini(&heard.reply.body);
}

/* The client's advice is of an output's options, which do not count here. */
static void words_keep(struct aws_ask *ask, int error, const char *why)
{
    const char *advice = strchr(why, ';');

    if (error == UV_EPROTO && advice != NULL)
        snprintf(ask->heard.why, sizeof ask->heard.why, "%.*s; AWS_CA_BUNDLE names its authority",
                 (int)(advice - why), why);
    else
        snprintf(ask->heard.why, sizeof ask->heard.why, "%s", why);
}

static void on_reply(void *owner, struct http_call *call, int error, const char *why)
{
    struct aws_ask *ask = owner;
    const struct http_reply *reply = http_call_reply(call);

    ask->call = NULL;
    ask->heard.error = error;
    ask->heard.was_connected = http_call_was_connected(call);
    if (error < 0) {
        words_keep(ask, error, why);
    } else {
        ask->heard.reply = *reply;
        ask->heard.reply.body = (struct buffer){0};
        buffer_append(&ask->heard.reply.body, buffer_view(&reply->body));
        secret_wipe(reply->body.data, reply->body.len);
    }
    timer_start(ask->over, 0);
}

static struct http_client *client_for(struct loop *loop, const struct aws_question *q,
                                      const struct aws_address *address, char why[256])
{
    struct http_tls tls = {.verify = true, .verify_hostname = true, .ca_file = q->ca_file};
    struct http_settings settings = {
        .component = q->component,
        .host = address->host,
        .port = address->port,
        .tls = address->has_tls ? &tls : NULL,
        .proxy_env_ignore = q->is_near,
        .connect_timeout_s = q->is_near ? AWS_NEAR_CONNECT_S : AWS_FAR_CONNECT_S,
        .io_timeout_s = q->is_near ? AWS_NEAR_ANSWER_S : AWS_FAR_ANSWER_S,
        .response_timeout_s = q->is_near ? AWS_NEAR_ANSWER_S : AWS_FAR_ANSWER_S,
        .reply_bytes_max = AWS_ASK_BYTES_MAX,
    };

    return http_client_new(loop, &settings, why);
}

static void send_to(struct aws_ask *ask, struct aws_question *q, const struct aws_address *address)
{
    ask->client = client_for(ask->loop, q, address, ask->heard.why);
    if (ask->client == NULL)
        return;
    buffer_clear(&q->request.path);
    buffer_append_text(&q->request.path, q->path != NULL ? q->path : address->path);
    ask->call = http_call_start(ask->client, &q->request, on_reply, ask);
}

struct aws_ask *aws_ask_start(struct loop *loop, struct aws_question *question, aws_ask_fn *heard,
                              void *owner)
{
    struct aws_ask *ask = mem_zalloc(1, sizeof *ask);
    struct aws_address address = {0};

    ask->loop = loop;
    ask->told = heard;
    ask->owner = owner;
    ask->over = timer_new(loop, on_over, ask);
    if (aws_address_parse(question->url, &address) < 0)
        snprintf(ask->heard.why, sizeof ask->heard.why, "%.200s is no address", question->url);
    else
        send_to(ask, question, &address);
    aws_address_fini(&address);
    http_request_fini(&question->request);
    if (ask->call == NULL) {
        ask->heard.error = UV_EINVAL;
        timer_start(ask->over, 0);
    }
    return ask;
}

void aws_ask_cancel(struct aws_ask **address)
{
    struct aws_ask *ask = *address;

    *address = NULL;
    if (ask != NULL)
        ask_free(ask);
}
