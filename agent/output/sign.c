#include "output/sign.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdio.h>
#include <uv.h>

/*
 * Requests that are signed for AWS. The pass is taken on the loop before a worker encodes, so that the
 * worker has nothing to ask for; the next attempt takes the next one. A signature is for one host, so
 * each node has a signer, and which node's turn it is is settled when the pass is taken.
 */

static struct aws_signer *signer_make(struct output *output,
                                      const struct aws_signer_settings *wished,
                                      const struct http_settings *http)
{
    struct aws_signer_settings settings = *wished;
    char region[AWS_REGION_BYTES_MAX + 1];

    settings.component = output->config.component;
    settings.host = http->host;
    settings.port = http->port;
    settings.has_tls = http->tls != NULL;
    if (settings.wish.region == NULL) {
        struct slice said = aws_region_of_host(slice_of(http->host));

        snprintf(region, sizeof region, "%.*s", SLICE_ARG(said));
        settings.wish.region = said.len > 0 ? region : NULL;
    }
    return aws_signer_new(output->loop, &settings);
}

void sign_open(struct output *output)
{
    const struct output_config *config = &output->config;
    const struct aws_signer_settings *wished =
        config->plugin->aws != NULL ? config->plugin->aws(config->self) : NULL;
    const struct http_settings *nodes = config->nodes;
    struct signers *signers = &output->signers;

    CHECK(output->signers.count == 0);
    if (wished == NULL)
        return;
    if (config->node_count == 0)
        nodes = config->plugin->settings(config->self);
    signers->count = config->node_count > 0 ? config->node_count : 1;
    signers->items = mem_zalloc(signers->count, sizeof(struct aws_signer *));
    for (size_t i = 0; i < signers->count; i++)
        signers->items[i] = signer_make(output, wished, &nodes[i]);
}

void sign_close(struct output *output)
{
    struct signers *signers = &output->signers;

    for (size_t i = 0; i < signers->count; i++)
        aws_signer_free(&signers->items[i]);
    MEM_FREE(&signers->items);
    signers->count = 0;
}

/* The one of the node whose turn it is. */
static struct aws_signer *signer_of(const struct delivery *d)
{
    const struct output *output = d->output;
    size_t index = (size_t)(d->sending.node - output->nodes.items);

    CHECK(index < output->signers.count && output->signers.count == output->nodes.count);
    return output->signers.items[index];
}

static void on_keys(struct aws_waiter *waiter, struct aws_pass *pass, const char *why)
{
    struct delivery *d = CONTAINER_OF(waiter, struct delivery, sending.signing.waiter);

    CHECK(d->sending.signing.is_waiting && d->sending.signing.pass == NULL);
    d->sending.signing.is_waiting = false;
    d->sending.signing.pass = pass;
    delivery_keyed(d, pass != NULL ? NULL : why);
}

bool sign_is_ready(struct delivery *d)
{
    struct signing *signing = &d->sending.signing;

    CHECK(d->flow.is_under_way);
    CHECK(!signing->is_waiting);
    if (d->output->signers.count == 0 || signing->pass != NULL)
        return true;
    d->sending.node = nodes_next(&d->output->nodes, clock_ms());
    signing->pass = aws_signer_pass(signer_of(d));
    if (signing->pass != NULL)
        return true;
    signing->is_waiting = true;
    signing->waiter.told = on_keys;
    aws_signer_wait(signer_of(d), &signing->waiter);
    return false;
}

void sign_request(struct delivery *d)
{
    if (d->sending.signing.pass == NULL)
        return;
    CHECK(d->sending.node != NULL);
    aws_pass_sign(d->sending.signing.pass, &d->made.request);
}

bool sign_heard(struct delivery *d, const struct http_reply *reply)
{
    struct signing *signing = &d->sending.signing;
    bool is_again;

    if (signing->pass == NULL)
        return false;
    is_again = aws_signer_heard(signer_of(d), signing->pass, reply) && !signing->was_again;
    signing->was_again = is_again;
    return is_again;
}

void sign_forget(struct delivery *d)
{
    CHECK(!d->sending.signing.is_waiting || d->sending.signing.pass == NULL);
    if (d->sending.signing.is_waiting)
        aws_signer_forget(&d->sending.signing.waiter);
    d->sending.signing.is_waiting = false;
    aws_pass_unref(&d->sending.signing.pass);
}
