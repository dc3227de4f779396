#include "aws/fetch_self.h"

#include "aws/answer.h"
#include "aws/expiry.h"
#include "aws/pass.h"
#include "aws/sts.h"
#include "base/clock.h"

#include <stdio.h>

/*
 * A hop of a fetch: a role is assumed, with the keys so far or with a token, and its keys take their place.
 *
 * Goes wrong: STS does not answer, or refuses: the fetch ends, with words that name the role and, where it
 * is denied, the policy that it takes. When its Date shows that our clock is off it is asked a second time.
 */

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

    CHECK(f->asking.ask != NULL && f->so_far.hops_done < f->prepared.plan.hop_count);
    f->asking.ask = NULL;
    if (heard->error == 0 && heard->reply.status != 200 && clock_correct(f, &heard->reply)) {
        aws_fetch_go_on(f);
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
        aws_fetch_end(f, false);
        return;
    }
    aws_keys_unref(&f->so_far.keys);
    f->so_far.keys = keys;
    f->so_far.hops_done++;
    aws_fetch_go_on(f);
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

void aws_fetch_assume(struct aws_fetch *f)
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
    f->asking.ask = aws_ask_start(f->loop, &q, on_sts, f);
    buffer_fini(&url);
}
