#include "aws/signer.h"

#include "aws/expiry.h"
#include "aws/keyring.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>

/*
 *   on_keys         the keyring has other keys, or could not get any: a pass is made, and waiters get it
 *   on_task         the ECS task is known, which is asked for first where it is wanted
 *   aws_signer_heard   the service has refused the keys or the clock
 *
 * `pass` is NULL until the first keys came, and stays when a fetch fails. While the keyring doubts its
 * keys, or the task is not known, it is not given to anybody.
 */

struct own_settings {
    struct aws_signer_settings s;
    struct arena texts;
};

/* The ECS task, where it is wanted. */
struct task_wish {
    struct aws_task_ask *ask; /* that is under way */
    struct timer *again;
    unsigned failures;
    bool is_open; /* it is wanted, and not known yet */
};

struct aws_signer {
    struct loop *loop;
    struct own_settings own;
    struct aws_keyring *ring;
    struct aws_listener listener;
    struct task_wish task;
    struct list waiters;
    struct aws_pass *pass;
    struct aws_denials denials;
};

static const char *process_env(const char *name)
{
    return getenv(name);
}

static int64_t wall_s(void)
{
    return clock_wall_ns() / NS_PER_S;
}

static void signer_check(const struct aws_signer *s)
{
    CHECK(s->ring != NULL);
    CHECK(s->pass == NULL || aws_keyring_now(s->ring) != NULL);
    CHECK(!s->task.is_open || s->task.ask != NULL || timer_is_on(s->task.again));
}

/* ---- passes ---- */

static void host_write(const struct aws_signer *s, const struct aws_fetched *now,
                       struct buffer *out)
{
    const struct aws_signer_settings *own = &s->own.s;

    if (own->host != NULL)
        aws_host_header(out, own->host, own->port, own->has_tls);
    else
        aws_host(out, own->service, now->region, now->flavour);
}

/* Of what the keyring has. */
static void pass_make(struct aws_signer *s)
{
    const struct aws_fetched *now = aws_keyring_now(s->ring);
    struct buffer host = {0};

    CHECK(now != NULL);
    host_write(s, now, &host);
    aws_pass_unref(&s->pass);
    s->pass = aws_pass_new(&(struct aws_pass_wish){.keys = now->keys,
                                                   .region = now->region,
                                                   .service = s->own.s.service,
                                                   .host = buffer_text(&host),
                                                   .skew_s = now->skew_s,
                                                   .has_hash = s->own.s.has_hash});
    buffer_fini(&host);
}

static bool may_give(const struct aws_signer *s)
{
    return s->pass != NULL && !s->task.is_open && !aws_keyring_is_doubted(s->ring);
}

/* Owners may wait again, or free what they wait with, while they are told. */
static void waiters_tell(struct aws_signer *s, const char *why)
{
    struct list telling, *link;

    list_init(&telling);
    while ((link = list_take_first(&s->waiters)) != NULL)
        list_add_tail(&telling, link);
    while ((link = list_take_first(&telling)) != NULL) {
        struct aws_waiter *waiter = CONTAINER_OF(link, struct aws_waiter, link);

        if (may_give(s))
            waiter->told(waiter, aws_pass_ref(s->pass), NULL);
        else if (why != NULL)
            waiter->told(waiter, NULL, why);
        else
            list_add_tail(&s->waiters, link); /* what was there is doubted since */
    }
}

/* What could not be renewed goes on being used. */
static void on_keys(struct aws_listener *listener, const char *why)
{
    struct aws_signer *s = CONTAINER_OF(listener, struct aws_signer, listener);

    if (why == NULL)
        pass_make(s);
    signer_check(s);
    if (why != NULL || may_give(s))
        waiters_tell(s, why);
}

/* ---- the ECS task ---- */

static void on_task(void *owner, const struct aws_task *task, const char *why)
{
    struct aws_signer *s = owner;

    s->task.ask = NULL;
    if (task == NULL) {
        LOG_AT(s->task.failures == 0 ? LOG_WARN : LOG_DEBUG, s->own.s.component, "%s", why);
        s->task.failures++;
        timer_start(s->task.again, aws_again_ms(s->task.failures, random_number()));
        waiters_tell(s, why);
        return;
    }
    s->task.is_open = false;
    s->own.s.task_heard(s->own.s.task_owner, task, NULL);
    signer_check(s);
    if (may_give(s))
        waiters_tell(s, NULL);
}

static void on_again(void *owner)
{
    struct aws_signer *s = owner;

    CHECK(s->task.is_open && s->task.ask == NULL);
    s->task.ask = aws_task_start(s->loop, s->own.s.component, s->own.s.env, on_task, s);
}

/* ---- the signer ---- */

static void settings_copy(struct own_settings *own, const struct aws_signer_settings *from)
{
    struct aws_signer_settings *s = &own->s;
    const char **const texts[] = {
        &s->component,        &s->service,           &s->host,
        &s->wish.profile,     &s->wish.region,       &s->wish.role_arn,
        &s->wish.external_id, &s->wish.sts_endpoint, &s->wish.credentials_url};

    *s = *from;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (*texts[i] != NULL)
            *texts[i] = arena_text(&own->texts, *texts[i]);
    if (s->env == NULL)
        s->env = process_env;
}

struct aws_signer *aws_signer_new(struct loop *loop, const struct aws_signer_settings *settings)
{
    struct aws_signer *s = mem_zalloc(1, sizeof *s);
    struct aws_keyring_settings wish;

    CHECK(settings->service != NULL);
    s->loop = loop;
    settings_copy(&s->own, settings);
    wish = (struct aws_keyring_settings){
        .component = s->own.s.component, .wish = s->own.s.wish, .env = s->own.s.env};
    list_init(&s->waiters);
    s->task.again = timer_new(loop, on_again, s);
    timer_unref(s->task.again);
    s->task.is_open = s->own.s.task_heard != NULL && aws_task_url(s->own.s.env) != NULL;
    if (s->task.is_open)
        on_again(s);
    s->ring = aws_keyring_take(loop, &wish);
    s->listener.told = on_keys;
    aws_keyring_listen(s->ring, &s->listener);
    if (aws_keyring_now(s->ring) != NULL)
        pass_make(s);
    signer_check(s);
    return s;
}

void aws_signer_free(struct aws_signer **address)
{
    struct aws_signer *s = *address;

    *address = NULL;
    if (s == NULL)
        return;
    CHECK(list_is_empty(&s->waiters));
    aws_keyring_unlisten(&s->listener);
    aws_keyring_release(&s->ring);
    aws_task_cancel(&s->task.ask);
    timer_free(&s->task.again);
    aws_pass_unref(&s->pass);
    arena_fini(&s->own.texts);
    mem_free(s);
}

struct aws_pass *aws_signer_pass(struct aws_signer *s)
{
    signer_check(s);
    return may_give(s) ? aws_pass_ref(s->pass) : NULL;
}

/* The keyring tells it in the end, or the task does. */
void aws_signer_wait(struct aws_signer *s, struct aws_waiter *waiter)
{
    CHECK(waiter->told != NULL);
    list_add_tail(&s->waiters, &waiter->link);
    signer_check(s);
}

void aws_signer_forget(struct aws_waiter *waiter)
{
    list_remove(&waiter->link);
}

const char *aws_signer_origin(const struct aws_signer *s)
{
    const struct aws_fetched *now = aws_keyring_now(s->ring);

    return now != NULL ? now->origin : "";
}

const char *aws_signer_region(const struct aws_signer *s)
{
    const struct aws_fetched *now = aws_keyring_now(s->ring);

    return now != NULL ? now->region : "";
}

/* ---- what the service says ---- */

/* The keys were refused. Newer ones may be there already; else they are fetched, not too often. */
static bool keys_doubt(struct aws_signer *s, const struct aws_pass *pass)
{
    return aws_keyring_doubt(s->ring, aws_pass_keys(pass));
}

/* It may have been corrected since this request was signed. */
static bool clock_doubt(struct aws_signer *s, const struct aws_pass *pass, int64_t date_s)
{
    int64_t skew_s;

    if (!aws_is_skewed(wall_s(), date_s, aws_pass_skew_s(pass), &skew_s))
        return false;
    if (aws_pass_skew_s(pass) != aws_pass_skew_s(s->pass))
        return true;
    log_warn(
        s->own.s.component,
        "the clock of this machine is off by %lld seconds, by AWS's Date; signatures are dated "
        "by AWS's clock from now on",
        (long long)-skew_s);
    aws_keyring_correct(s->ring, skew_s);
    return true;
}

static void denial_say(struct aws_signer *s, const struct aws_error *error)
{
    struct buffer words = {0};

    if (aws_denials_note(&s->denials, error, &words))
        log_error(s->own.s.component, "%s", buffer_text(&words));
    buffer_fini(&words);
}

bool aws_signer_heard(struct aws_signer *s, const struct aws_pass *pass,
                      const struct http_reply *reply)
{
    struct aws_error error;

    if (reply->status < 400 || reply->status >= 500)
        return false;
    aws_error_read(reply, &error);
    switch (aws_trouble_of(&error)) {
    case AWS_TROUBLE_EXPIRED:
    case AWS_TROUBLE_KEYS:
        return keys_doubt(s, pass);
    case AWS_TROUBLE_SIGNATURE:
        return clock_doubt(s, pass, reply->date_s) || keys_doubt(s, pass);
    case AWS_TROUBLE_DENIED:
        denial_say(s, &error);
        return false;
    default:
        return false;
    }
}
