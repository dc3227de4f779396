#include "aws/fetch_self.h"

#include "base/memory.h"

#include <stdio.h>

/*
 * The base of a fetch: who hands out the first keys. Nobody for those that are configured; a program; the
 * container's agent; the instance's metadata, which also say the region where nothing else does. Of a web
 * identity it is STS (fetch_sts.c).
 *
 * Goes wrong: nobody answers, or what came has no keys. Both end the fetch, with words.
 */

/* They came, or did not, for the reason in `why`. */
static void keys_settle(struct aws_fetch *f)
{
    if (f->so_far.keys != NULL)
        aws_fetch_go_on(f);
    else
        aws_fetch_end(f, false);
}

/* ---- the instance's metadata ---- */

static void on_metadata(void *owner, const struct aws_heard *heard);

static void metadata_ask(struct aws_fetch *f)
{
    struct aws_question q = {
        .component = f->wish.component, .url = f->prepared.plan.metadata.url, .is_near = true};
    struct http_request made;

    metadata_request(&f->asking.talk, &made);
    q.request = made;
    q.path = mem_text(buffer_text(&made.path));
    f->asking.ask = aws_ask_start(f->loop, &q, on_metadata, f);
    mem_free((char *)(uintptr_t)q.path);
}

static bool region_take(struct aws_fetch *f, struct slice body)
{
    struct slice region = slice_trim(body);

    if (!aws_region_is_valid(region)) {
        snprintf(f->why, sizeof f->why, "instance metadata: what came is no region");
        return false;
    }
    snprintf(f->so_far.region, sizeof f->so_far.region, "%.*s", SLICE_ARG(region));
    return true;
}

static bool metadata_take(struct aws_fetch *f, struct slice body)
{
    if (f->asking.talk.step == METADATA_REGION)
        return region_take(f, body);
    f->so_far.keys = aws_keys_from_json(body, f->why);
    return f->so_far.keys != NULL;
}

/* Who asks for a region only because none is set should know that. */
static void region_explain(struct aws_fetch *f)
{
    char words[sizeof f->why];

    if (f->so_far.region[0] != '\0' || f->prepared.plan.base == AWS_BASE_METADATA)
        return;
    memcpy(words, f->why, sizeof words);
    snprintf(f->why, sizeof f->why, "no region is set, here or in AWS_REGION; %.200s", words);
}

static void on_metadata(void *owner, const struct aws_heard *heard)
{
    struct aws_fetch *f = owner;

    CHECK(f->asking.ask != NULL);
    f->asking.ask = NULL;
    switch (metadata_hear(&f->asking.talk, heard, f->why)) {
    case METADATA_GO_ON:
        metadata_ask(f);
        return;
    case METADATA_DONE:
        if (metadata_take(f, buffer_view(&heard->reply.body)))
            aws_fetch_go_on(f);
        else
            aws_fetch_end(f, false);
        return;
    case METADATA_FAILED:
        region_explain(f);
        aws_fetch_end(f, false);
        return;
    }
}

/* ---- a container's agent ---- */

static void on_container(void *owner, const struct aws_heard *heard)
{
    struct aws_fetch *f = owner;
    char words[256] = "";

    CHECK(f->asking.ask != NULL && f->so_far.keys == NULL);
    f->asking.ask = NULL;
    if (heard->error < 0)
        snprintf(f->why, sizeof f->why, "container credentials: %.200s", heard->why);
    else
        f->so_far.keys = aws_keys_from_json(buffer_view(&heard->reply.body), words);
    if (heard->error == 0 && heard->reply.status != 200)
        aws_keys_unref(&f->so_far.keys);
    if (heard->error == 0 && f->so_far.keys == NULL)
        snprintf(f->why, sizeof f->why, "container credentials: status %d: %.200s",
                 heard->reply.status, words);
    keys_settle(f);
}

static bool is_header_value(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == '\r' || text.data[i] == '\n')
            return false;
    return true;
}

static void container_ask(struct aws_fetch *f)
{
    const struct aws_container *c = &f->prepared.plan.parts.container;
    struct slice token =
        c->token_file != NULL ? buffer_view(&f->prepared.token) : slice_of(c->token);
    struct aws_question q = {.component = f->wish.component,
                             .url = c->url,
                             .is_near = true,
                             .ca_file = aws_ca_of_env(f->wish.env)};

    if (!is_header_value(token)) {
        snprintf(f->why, sizeof f->why, "container credentials: the token has several lines");
        aws_fetch_end(f, false);
        return;
    }
    http_request_init(&q.request, "GET", "");
    http_request_header(&q.request, "Accept", SLICE("application/json"));
    if (token.len > 0)
        http_request_header(&q.request, "Authorization", token);
    f->asking.ask = aws_ask_start(f->loop, &q, on_container, f);
}

/* ---- a process ---- */

static void on_process(void *owner, struct slice output, const char *why)
{
    struct aws_fetch *f = owner;
    char words[256] = "";

    CHECK(f->asking.process != NULL && f->so_far.keys == NULL);
    f->asking.process = NULL;
    if (why != NULL)
        snprintf(f->why, sizeof f->why, "%s", why);
    else if ((f->so_far.keys = aws_keys_from_json(output, words)) == NULL)
        snprintf(f->why, sizeof f->why, "credential_process: %.200s", words);
    keys_settle(f);
}

/* ---- which of them ---- */

void aws_fetch_region(struct aws_fetch *f)
{
    CHECK(f->so_far.region[0] == '\0');
    metadata_begin(&f->asking.talk, METADATA_REGION);
    metadata_ask(f);
}

void aws_fetch_base(struct aws_fetch *f)
{
    const struct aws_plan *plan = &f->prepared.plan;

    CHECK(f->so_far.keys == NULL && f->so_far.hops_done == 0);
    switch (plan->base) {
    case AWS_BASE_KEYS:
        f->so_far.keys = aws_keys_new(&plan->parts.keys, f->why);
        keys_settle(f);
        return;
    case AWS_BASE_PROCESS:
        f->asking.process = aws_process_start(f->loop, plan->parts.command, on_process, f);
        return;
    case AWS_BASE_WEB_IDENTITY:
        aws_fetch_assume(f);
        return;
    case AWS_BASE_CONTAINER:
        container_ask(f);
        return;
    case AWS_BASE_METADATA:
        metadata_begin(&f->asking.talk, METADATA_ROLE);
        metadata_ask(f);
        return;
    }
}
