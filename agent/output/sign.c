#include "output/delivery.h"

#include <stdio.h>
#include <uv.h>

/*
 * Requests that are signed for AWS. The pass is taken on the loop before a worker encodes, so that the
 * worker has nothing to ask for; the next attempt takes the next one.
 */

int sign_open(struct output *output, char why[256])
{
    const struct output_plugin *plugin = output->config.plugin;
    const struct aws_signer_settings *wished =
        plugin->aws != NULL ? plugin->aws(output->config.self) : NULL;
    const struct http_settings *http;
    struct aws_signer_settings settings;

    if (wished == NULL)
        return 0;
    if (output->config.node_count > 0) {
        snprintf(why, 256, "a signature for AWS is for one host, and Upstream names several");
        return UV_EINVAL;
    }
    http = plugin->settings(output->config.self);
    settings = *wished;
    settings.component = output->config.component;
    settings.host = http->host;
    settings.port = http->port;
    settings.has_tls = http->tls != NULL;
    output->signer = aws_signer_new(output->loop, &settings);
    return 0;
}

static void on_keys(struct aws_waiter *waiter, struct aws_pass *pass, const char *why)
{
    struct delivery *d = CONTAINER_OF(waiter, struct delivery, signing.waiter);

    CHECK(d->signing.is_waiting && d->signing.pass == NULL);
    d->signing.is_waiting = false;
    d->signing.pass = pass;
    delivery_keyed(d, pass != NULL ? NULL : why);
}

bool sign_is_ready(struct delivery *d)
{
    struct signing *signing = &d->signing;

    CHECK(!signing->is_waiting);
    if (d->output->signer == NULL || signing->pass != NULL)
        return true;
    signing->pass = aws_signer_pass(d->output->signer);
    if (signing->pass != NULL)
        return true;
    signing->is_waiting = true;
    signing->waiter.told = on_keys;
    aws_signer_wait(d->output->signer, &signing->waiter);
    return false;
}

void sign_request(struct delivery *d)
{
    if (d->signing.pass == NULL)
        return;
    http_request_flatten(&d->request);
    aws_pass_sign(d->signing.pass, &d->request);
}

bool sign_heard(struct delivery *d, const struct http_reply *reply)
{
    struct signing *signing = &d->signing;
    bool is_again;

    if (signing->pass == NULL)
        return false;
    is_again = aws_signer_heard(d->output->signer, signing->pass, reply) && !signing->was_again;
    signing->was_again = is_again;
    return is_again;
}

void sign_forget(struct delivery *d)
{
    if (d->signing.is_waiting)
        aws_signer_forget(&d->signing.waiter);
    d->signing.is_waiting = false;
    aws_pass_unref(&d->signing.pass);
}
