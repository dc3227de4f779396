#include "aws/fetch.h"

#include "aws/answer.h"
#include "aws/ask.h"
#include "aws/expiry.h"
#include "aws/files.h"
#include "aws/metadata.h"
#include "aws/pass.h"
#include "aws/process.h"
#include "aws/sts.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/secret.h"

#include <stdio.h>

/*
 *   aws_fetch_start   a worker reads the shared files and tokens, and makes the plan
 *   on_prepared       the plan is there
 *   fetch_go_on       the next of: the region, the base, each hop; then the end
 *   on_metadata       \
 *   on_container       | somebody has answered
 *   on_process         |
 *   on_sts            /
 *   fetch_end         the only way out but cancelling
 *
 * Goes wrong: the plan (a mistake in what is configured), a token file, whoever is asked. Each ends the
 * fetch, with words. STS is asked a second time when its Date shows that our clock is off.
 */

#define CONTAINER_TOKEN_BYTES_MAX 16384

/* What the worker makes. */
struct prepared {
    struct buffer credentials, config, token;
    struct aws_plan plan;
    int rc;
};

/* What has been had so far. */
struct progress {
    struct aws_keys *keys;
    unsigned hops_done;
    char region[AWS_REGION_BYTES_MAX + 1];
    int64_t skew_s;
    bool is_corrected; /* the clock was, in this fetch */
};

struct aws_fetch {
    struct loop *loop;
    struct aws_fetch_wish wish;
    struct arena texts; /* of the wish */
    aws_fetch_fn *over;
    void *owner;
    struct prepared prepared;
    struct metadata_talk talk;
    struct aws_ask *ask;
    struct aws_process *process;
    struct progress so_far;
    bool is_preparing; /* the worker has it */
    bool is_cancelled;
    char why[AWS_WHY_BYTES];
};

static void fetch_go_on(struct aws_fetch *f);

static void fetch_free(struct aws_fetch *f)
{
    CHECK(!f->is_preparing);
    aws_ask_cancel(&f->ask);
    aws_process_cancel(&f->process);
    aws_keys_unref(&f->so_far.keys);
    aws_plan_fini(&f->prepared.plan);
    secret_buffer_fini(&f->prepared.credentials);
    secret_buffer_fini(&f->prepared.config);
    secret_buffer_fini(&f->prepared.token);
    secret_wipe(f->talk.token, sizeof f->talk.token);
    arena_fini(&f->texts);
    mem_free(f);
}

/* Without keys it has failed, for the reason in `why`. */
static void fetch_end(struct aws_fetch *f, bool is_well)
{
    struct aws_fetched got = {.keys = f->so_far.keys,
                              .region = f->so_far.region,
                              .origin = f->prepared.plan.origin,
                              .skew_s = f->so_far.skew_s,
                              .flavour = f->prepared.plan.flavour};

    CHECK(f->ask == NULL && f->process == NULL);
    CHECK(is_well ? f->so_far.keys != NULL : f->why[0] != '\0');
    if (is_well)
        f->so_far.keys = NULL; /* theirs now */
    f->over(f->owner, is_well ? &got : NULL, is_well ? NULL : f->why);
    fetch_free(f);
}

/* ---- preparing ---- */

static const char *token_path(const struct aws_plan *plan)
{
    return plan->base == AWS_BASE_WEB_IDENTITY ? plan->parts.token_file
                                               : plan->parts.container.token_file;
}

static void prepare_work(void *owner)
{
    struct aws_fetch *f = owner;
    struct prepared *p = &f->prepared;
    struct aws_known known = {.wish = f->wish.wish, .env = f->wish.env};
    const char *path;

    aws_files_read(known.env, &p->credentials, &p->config);
    known.files.credentials = buffer_view(&p->credentials);
    known.files.config = buffer_view(&p->config);
    p->rc = aws_plan_make(&p->plan, &known, f->why);
    path = p->rc == 0 ? token_path(&p->plan) : NULL;
    if (path != NULL)
        p->rc = aws_token_read(path,
                               p->plan.base == AWS_BASE_WEB_IDENTITY ? STS_WEB_TOKEN_BYTES_MAX
                                                                     : CONTAINER_TOKEN_BYTES_MAX,
                               &p->token, f->why);
}

static void on_prepared(void *owner)
{
    struct aws_fetch *f = owner;
    const char *region = f->prepared.plan.region;

    CHECK(f->is_preparing);
    f->is_preparing = false;
    if (f->is_cancelled) {
        fetch_free(f);
        return;
    }
    if (f->prepared.rc < 0) {
        fetch_end(f, false);
        return;
    }
    if (region != NULL)
        snprintf(f->so_far.region, sizeof f->so_far.region, "%s", region);
    f->talk.may_be_v1 = f->prepared.plan.metadata.may_be_v1;
    fetch_go_on(f);
}

/* ---- the instance's metadata ---- */

static void on_metadata(void *owner, const struct aws_heard *heard);

static void metadata_ask(struct aws_fetch *f)
{
    struct aws_question q = {
        .component = f->wish.component, .url = f->prepared.plan.metadata.url, .is_near = true};
    struct http_request made;

    metadata_request(&f->talk, &made);
    q.request = made;
    q.path = mem_text(buffer_text(&made.path));
    f->ask = aws_ask_start(f->loop, &q, on_metadata, f);
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
    if (f->talk.step == METADATA_REGION)
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

    f->ask = NULL;
    switch (metadata_hear(&f->talk, heard, f->why)) {
    case METADATA_GO_ON:
        metadata_ask(f);
        return;
    case METADATA_DONE:
        if (metadata_take(f, buffer_view(&heard->reply.body)))
            fetch_go_on(f);
        else
            fetch_end(f, false);
        return;
    case METADATA_FAILED:
        region_explain(f);
        fetch_end(f, false);
        return;
    }
}

/* ---- a container's agent ---- */

static void on_container(void *owner, const struct aws_heard *heard)
{
    struct aws_fetch *f = owner;
    char words[256] = "";

    f->ask = NULL;
    if (heard->error < 0)
        snprintf(f->why, sizeof f->why, "container credentials: %.200s", heard->why);
    else
        f->so_far.keys = aws_keys_from_json(buffer_view(&heard->reply.body), words);
    if (heard->error == 0 && heard->reply.status != 200)
        aws_keys_unref(&f->so_far.keys);
    if (heard->error == 0 && f->so_far.keys == NULL)
        snprintf(f->why, sizeof f->why, "container credentials: status %d: %.200s",
                 heard->reply.status, words);
    if (f->so_far.keys != NULL)
        fetch_go_on(f);
    else
        fetch_end(f, false);
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
        fetch_end(f, false);
        return;
    }
    http_request_init(&q.request, "GET", "");
    http_request_header(&q.request, "Accept", SLICE("application/json"));
    if (token.len > 0)
        http_request_header(&q.request, "Authorization", token);
    f->ask = aws_ask_start(f->loop, &q, on_container, f);
}

/* ---- a process ---- */

static void on_process(void *owner, struct slice output, const char *why)
{
    struct aws_fetch *f = owner;
    char words[256] = "";

    f->process = NULL;
    if (why != NULL)
        snprintf(f->why, sizeof f->why, "%s", why);
    else if ((f->so_far.keys = aws_keys_from_json(output, words)) == NULL)
        snprintf(f->why, sizeof f->why, "credential_process: %.200s", words);
    if (f->so_far.keys != NULL)
        fetch_go_on(f);
    else
        fetch_end(f, false);
}

/* ---- STS ---- */

/* A wrong clock spoils the signature: once, it is set right. */
static bool clock_correct(struct aws_fetch *f, const struct http_reply *reply)
{
    if (f->so_far.is_corrected || reply->status < 400)
        return false;
    f->so_far.is_corrected = aws_is_skewed(clock_wall_ns() / NS_PER_S, reply->date_s,
                                           f->so_far.skew_s, &f->so_far.skew_s);
    return f->so_far.is_corrected;
}

/* In whose policy the trouble is: what the asker may do, or whom the role trusts. */
static void sts_denied(struct aws_fetch *f, const struct aws_error *error)
{
    struct buffer words = {0};

    aws_denied_explain(error, &words);
    if (f->so_far.keys != NULL)
        snprintf(f->why, sizeof f->why,
                 "STS: %.400s; and the role's trust policy has to name who asks",
                 buffer_text(&words));
    else
        snprintf(
            f->why, sizeof f->why,
            "STS, for %.80s: %.300s; the role's trust policy has to name the issuer of the token, "
            "and the service account that it is of",
            f->prepared.plan.hops[f->so_far.hops_done].role_arn, buffer_text(&words));
    buffer_fini(&words);
}

static void sts_refused(struct aws_fetch *f, const struct http_reply *reply)
{
    struct aws_error error;

    aws_error_read(reply, &error);
    if (aws_trouble_of(&error) == AWS_TROUBLE_DENIED)
        sts_denied(f, &error);
    else
        snprintf(f->why, sizeof f->why, "STS, for %.80s: status %d%s%.60s%s%.180s",
                 f->prepared.plan.hops[f->so_far.hops_done].role_arn, reply->status,
                 error.name[0] != '\0' ? ": " : "", error.name,
                 error.message[0] != '\0' ? ": " : "", error.message);
}

static void on_sts(void *owner, const struct aws_heard *heard)
{
    struct aws_fetch *f = owner;
    struct aws_keys *keys = NULL;
    char words[256] = "";

    f->ask = NULL;
    if (heard->error == 0 && heard->reply.status != 200 && clock_correct(f, &heard->reply)) {
        fetch_go_on(f);
        return;
    }
    if (heard->error < 0)
        snprintf(f->why, sizeof f->why, "STS: %.200s", heard->why);
    else if (heard->reply.status != 200) /* keys in an answer that is an error are none */
        sts_refused(f, &heard->reply);
    else if ((keys = aws_keys_from_xml(buffer_view(&heard->reply.body), words)) == NULL)
        snprintf(f->why, sizeof f->why, "STS, for %.80s: status 200: %.140s",
                 f->prepared.plan.hops[f->so_far.hops_done].role_arn, words);
    if (keys == NULL) {
        fetch_end(f, false);
        return;
    }
    aws_keys_unref(&f->so_far.keys);
    f->so_far.keys = keys;
    f->so_far.hops_done++;
    fetch_go_on(f);
}

static void sts_sign(const struct aws_fetch *f, const char *url, struct http_request *request)
{
    struct aws_address address;
    struct buffer host = {0};
    struct aws_pass *pass;

    if (aws_address_parse(url, &address) < 0)
        return; /* aws_ask_start says so */
    aws_host_header(&host, address.host, address.port, address.has_tls);
    pass = aws_pass_new(&(struct aws_pass_wish){.keys = f->so_far.keys,
                                                .region = f->so_far.region,
                                                .service = "sts",
                                                .host = buffer_text(&host),
                                                .skew_s = f->so_far.skew_s});
    buffer_clear(&request->path);
    buffer_append_text(&request->path, address.path);
    aws_pass_sign(pass, request);
    aws_pass_unref(&pass);
    buffer_fini(&host);
    aws_address_fini(&address);
}

static void sts_ask(struct aws_fetch *f)
{
    const struct aws_plan *plan = &f->prepared.plan;
    const struct aws_hop *hop = &plan->hops[f->so_far.hops_done];
    struct aws_question q = {.component = f->wish.component, .ca_file = aws_ca_of_env(f->wish.env)};
    struct buffer url = {0};

    sts_url(plan, f->so_far.region, &url);
    q.url = buffer_text(&url);
    if (f->so_far.keys == NULL) {
        CHECK(plan->base == AWS_BASE_WEB_IDENTITY && f->so_far.hops_done == 0);
        sts_assume_with_token(hop, buffer_view(&f->prepared.token), &q.request);
    } else {
        sts_assume(hop, &q.request);
        sts_sign(f, q.url, &q.request);
    }
    f->ask = aws_ask_start(f->loop, &q, on_sts, f);
    buffer_fini(&url);
}

/* ---- the order ---- */

static void base_begin(struct aws_fetch *f)
{
    const struct aws_plan *plan = &f->prepared.plan;

    switch (plan->base) {
    case AWS_BASE_KEYS:
        f->so_far.keys = aws_keys_new(&plan->parts.keys, f->why);
        if (f->so_far.keys != NULL)
            fetch_go_on(f);
        else
            fetch_end(f, false);
        return;
    case AWS_BASE_PROCESS:
        f->process = aws_process_start(f->loop, plan->parts.command, on_process, f);
        return;
    case AWS_BASE_WEB_IDENTITY:
        sts_ask(f);
        return;
    case AWS_BASE_CONTAINER:
        container_ask(f);
        return;
    case AWS_BASE_METADATA:
        metadata_begin(&f->talk, METADATA_ROLE);
        metadata_ask(f);
        return;
    }
}

static void fetch_go_on(struct aws_fetch *f)
{
    CHECK(!f->is_preparing && f->ask == NULL && f->process == NULL);
    CHECK(f->so_far.hops_done <= f->prepared.plan.hop_count);
    if (f->so_far.region[0] == '\0') {
        metadata_begin(&f->talk, METADATA_REGION);
        metadata_ask(f);
    } else if (f->so_far.keys == NULL) {
        base_begin(f);
    } else if (f->so_far.hops_done < f->prepared.plan.hop_count) {
        sts_ask(f);
    } else {
        fetch_end(f, true);
    }
}

static void wish_copy(struct aws_fetch *f, const struct aws_fetch_wish *wish)
{
    const char **const texts[] = {&f->wish.component,           &f->wish.wish.profile,
                                  &f->wish.wish.region,         &f->wish.wish.role_arn,
                                  &f->wish.wish.external_id,    &f->wish.wish.sts_endpoint,
                                  &f->wish.wish.credentials_url};

    f->wish = *wish;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (*texts[i] != NULL)
            *texts[i] = arena_text(&f->texts, *texts[i]);
}

struct aws_fetch *aws_fetch_start(struct loop *loop, const struct aws_fetch_wish *wish,
                                  aws_fetch_fn *over, void *owner)
{
    struct aws_fetch *f = mem_zalloc(1, sizeof *f);

    f->loop = loop;
    wish_copy(f, wish);
    f->over = over;
    f->owner = owner;
    f->so_far.skew_s = wish->skew_s;
    f->is_preparing = true;
    job_start(loop, prepare_work, on_prepared, f);
    return f;
}

void aws_fetch_cancel(struct aws_fetch **address)
{
    struct aws_fetch *f = *address;

    *address = NULL;
    if (f == NULL)
        return;
    f->is_cancelled = true;
    if (!f->is_preparing)
        fetch_free(f);
}
