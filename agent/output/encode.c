#include "output/encode.h"

#include "output/sign.h"

/* The first step of an attempt: a request is made of the records that are left. */

static void encode_work(void *owner)
{
    struct delivery *d = owner;
    const struct output_config *config = &d->output->config;

    batch_rewind(&d->batch);
    d->made.status = config->plugin->encode(delivery_self(d), &d->batch, &d->made.request);
    CHECK(d->made.status <= 0);
    if (d->made.status == 0)
        sign_request(d);
}

/* A signature is made of the whole body, which is no light work. */
static bool is_light(const struct delivery *d)
{
    const struct output_config *config = &d->output->config;

    return d->sending.signing.pass == NULL && config->plugin->is_light != NULL &&
           config->plugin->is_light(delivery_self(d));
}

void encode_start(struct delivery *d, job_fn *encoded)
{
    CHECK(d->flow.is_under_way);
    CHECK(!d->sending.signing.is_waiting);
    CHECK(d->sending.call == NULL && d->made.body_bytes == 0);
    if (is_light(d))
        job_soon(d->output->loop, encode_work, encoded, d);
    else
        job_start(d->output->loop, encode_work, encoded, d);
}
