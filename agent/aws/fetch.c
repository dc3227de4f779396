#include "aws/fetch_self.h"

#include "aws/files.h"
#include "aws/sts.h"
#include "base/memory.h"

#include <stdio.h>

/*
 *   aws_fetch_start   a worker reads the shared files and tokens, and makes the plan
 *   on_prepared       the plan is there
 *   aws_fetch_go_on   the next of: the region, the base (fetch_base.c), each hop (fetch_sts.c); then the end
 *   aws_fetch_end     the only way out but cancelling
 *
 * Goes wrong: the plan (a mistake in what is configured), a token file, whoever is asked. Each ends the
 * fetch, with words.
 */

#define CONTAINER_TOKEN_BYTES_MAX 16384

static void fetch_free(struct aws_fetch *f)
{
    CHECK(!f->is_preparing);
    aws_ask_cancel(&f->asking.ask);
    aws_process_cancel(&f->asking.process);
    aws_keys_unref(&f->so_far.keys);
    aws_plan_fini(&f->prepared.plan);
    secret_buffer_fini(&f->prepared.credentials);
    secret_buffer_fini(&f->prepared.config);
    secret_buffer_fini(&f->prepared.token);
    secret_wipe(f->asking.talk.token, sizeof f->asking.talk.token);
    arena_fini(&f->texts);
    mem_free(f);
}

void aws_fetch_end(struct aws_fetch *f, bool is_well)
{
    struct aws_fetched got = {.keys = f->so_far.keys,
                              .region = f->so_far.region,
                              .origin = f->prepared.plan.origin,
                              .skew_s = f->so_far.skew_s,
                              .flavour = f->prepared.plan.flavour};

    CHECK(f->asking.ask == NULL && f->asking.process == NULL);
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
    struct fetch_prepared *p = &f->prepared;
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
        aws_fetch_end(f, false);
        return;
    }
    if (region != NULL)
        snprintf(f->so_far.region, sizeof f->so_far.region, "%s", region);
    f->asking.talk.may_be_v1 = f->prepared.plan.metadata.may_be_v1;
    aws_fetch_go_on(f);
}

/* ---- the order ---- */

void aws_fetch_go_on(struct aws_fetch *f)
{
    CHECK(!f->is_preparing && f->asking.ask == NULL && f->asking.process == NULL);
    CHECK(f->so_far.hops_done <= f->prepared.plan.hop_count);
    if (f->so_far.region[0] == '\0') {
        aws_fetch_region(f);
    } else if (f->so_far.keys == NULL) {
        aws_fetch_base(f);
    } else if (f->so_far.hops_done < f->prepared.plan.hop_count) {
        aws_fetch_assume(f);
    } else {
        aws_fetch_end(f, true);
    }
}

/* ---- its life ---- */

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
