#include "aws/signer.h"

#include "aws/expiry.h"
#include "aws/fetch.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

/*
 *   signer_fetch    a fetch begins; before the first one the ECS task is asked for, if it is wanted
 *   on_fetched      keys came: a pass is made of them, waiters get it, and the timer is set for the
 *                   next fetch. Or they did not: waiters are told, and the timer is set for another try
 *   aws_signer_heard   the service has refused the keys or the clock
 *
 * `pass` is NULL until the first keys came, and stays when a fetch fails. While `is_doubted` it is not
 * given to anybody, until the fetch that is under way ends.
 */

struct own_settings {
    struct aws_signer_settings s;
    struct arena texts;
};

/* Whom it asks, and how that went. */
struct asking {
    struct aws_fetch *fetch;
    struct aws_task_ask *task;
    bool knows_task;
    struct timer *next;
    uint64_t forced_ms; /* when an answer last made us fetch; 0: never */
    unsigned failures;  /* in a row */
};

/* Hashes of what was said of denials last, in turn. */
struct denials {
    uint64_t hashes[AWS_DENIALS_MAX];
    unsigned count;
};

struct aws_signer {
    struct loop *loop;
    struct own_settings own;
    struct asking asking;
    struct list waiters;
    struct aws_pass *pass;
    bool is_doubted;
    int64_t skew_s;
    struct aws_flavour flavour;
    struct denials denials;
    char region[AWS_REGION_BYTES_MAX + 1];
    char origin[128];
};

static const char *process_env(const char *name)
{
    return getenv(name);
}

static uint64_t dice(void)
{
    uint64_t number = 0;

    if (uv_random(NULL, NULL, &number, sizeof number, 0, NULL) < 0)
        number = (uint64_t)clock_wall_ns();
    return number;
}

static int64_t wall_s(void)
{
    return clock_wall_ns() / NS_PER_S;
}

static void signer_check(const struct aws_signer *s)
{
    CHECK(!s->is_doubted || s->asking.fetch != NULL);
    CHECK((s->pass == NULL) == (s->region[0] == '\0'));
}

/* ---- passes ---- */

static void host_write(const struct aws_signer *s, struct buffer *out)
{
    const struct aws_signer_settings *own = &s->own.s;

    if (own->host != NULL)
        aws_host_header(out, own->host, own->port, own->has_tls);
    else
        aws_host(out, own->service, s->region, s->flavour);
}

static void pass_make(struct aws_signer *s, struct aws_keys *keys)
{
    struct buffer host = {0};
    struct aws_pass *pass;

    host_write(s, &host);
    pass = aws_pass_new(&(struct aws_pass_wish){.keys = keys,
                                                .region = s->region,
                                                .service = s->own.s.service,
                                                .host = buffer_text(&host),
                                                .skew_s = s->skew_s,
                                                .has_hash = s->own.s.has_hash});
    aws_pass_unref(&s->pass);
    s->pass = pass;
    buffer_fini(&host);
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

        waiter->told(waiter, s->pass != NULL ? aws_pass_ref(s->pass) : NULL,
                     s->pass != NULL ? NULL : why);
    }
}

/* ---- fetches ---- */

static void say_well(struct aws_signer *s, const struct aws_fetched *got)
{
    const char *component = s->own.s.component;
    bool is_new = strcmp(s->origin, got->origin) != 0 || s->asking.failures > 0;

    snprintf(s->origin, sizeof s->origin, "%s", got->origin);
    if (!is_new)
        log_debug(component, "AWS credentials were renewed from %s", s->origin);
    else
        log_info(component, "AWS credentials come from %s, for region %s", s->origin, s->region);
}

static void fetched_well(struct aws_signer *s, const struct aws_fetched *got)
{
    struct aws_keys *keys = got->keys;

    s->skew_s = got->skew_s;
    s->flavour = got->flavour;
    snprintf(s->region, sizeof s->region, "%s", got->region);
    pass_make(s, keys);
    say_well(s, got);
    s->asking.failures = 0;
    timer_start(s->asking.next, aws_refresh_ms(wall_s() + s->skew_s, keys->expires_s, dice()));
    aws_keys_unref(&keys);
}

/* What is well goes on with the old keys; nobody is woken by a second failure of the same kind. */
static void fetched_badly(struct aws_signer *s, const char *words)
{
    enum log_level level = s->asking.failures == 0 ? LOG_WARN : LOG_DEBUG;

    s->asking.failures++;
    LOG_AT(level, s->own.s.component, "%s%s", words,
           s->pass != NULL ? "; those that are there go on being used" : "");
    timer_start(s->asking.next, aws_again_ms(s->asking.failures, dice()));
}

static void on_fetched(void *owner, const struct aws_fetched *got, const char *why)
{
    struct aws_signer *s = owner;
    char words[300];

    s->asking.fetch = NULL;
    s->is_doubted = false;
    snprintf(words, sizeof words, "no AWS credentials: %s", why != NULL ? why : "");
    if (got != NULL)
        fetched_well(s, got);
    else
        fetched_badly(s, words);
    signer_check(s);
    waiters_tell(s, words);
}

static void keys_fetch(struct aws_signer *s)
{
    struct aws_fetch_wish wish = {.component = s->own.s.component,
                                  .wish = s->own.s.wish,
                                  .env = s->own.s.env,
                                  .skew_s = s->skew_s};

    if (s->asking.fetch == NULL)
        s->asking.fetch = aws_fetch_start(s->loop, &wish, on_fetched, s);
}

static void on_task(void *owner, const struct aws_task *task, const char *why)
{
    struct aws_signer *s = owner;

    s->asking.task = NULL;
    if (task == NULL) {
        fetched_badly(s, why);
        waiters_tell(s, why);
        return;
    }
    s->asking.knows_task = true;
    s->own.s.task_heard(s->own.s.task_owner, task, NULL);
    keys_fetch(s);
}

static bool task_is_wanted(const struct aws_signer *s)
{
    return !s->asking.knows_task && s->own.s.task_heard != NULL &&
           aws_task_url(s->own.s.env) != NULL;
}

static void signer_fetch(struct aws_signer *s)
{
    timer_stop(s->asking.next);
    if (!task_is_wanted(s))
        keys_fetch(s);
    else if (s->asking.task == NULL)
        s->asking.task = aws_task_start(s->loop, s->own.s.component, s->own.s.env, on_task, s);
}

static void on_next(void *owner)
{
    signer_fetch(owner);
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

    CHECK(settings->service != NULL);
    s->loop = loop;
    settings_copy(&s->own, settings);
    list_init(&s->waiters);
    s->asking.next = timer_new(loop, on_next, s);
    timer_unref(s->asking.next);
    signer_fetch(s);
    return s;
}

void aws_signer_free(struct aws_signer **address)
{
    struct aws_signer *s = *address;

    *address = NULL;
    if (s == NULL)
        return;
    CHECK(list_is_empty(&s->waiters));
    aws_fetch_cancel(&s->asking.fetch);
    aws_task_cancel(&s->asking.task);
    timer_free(&s->asking.next);
    aws_pass_unref(&s->pass);
    arena_fini(&s->own.texts);
    mem_free(s);
}

struct aws_pass *aws_signer_pass(struct aws_signer *s)
{
    signer_check(s);
    return s->pass != NULL && !s->is_doubted ? aws_pass_ref(s->pass) : NULL;
}

void aws_signer_wait(struct aws_signer *s, struct aws_waiter *waiter)
{
    CHECK(waiter->told != NULL);
    list_add_tail(&s->waiters, &waiter->link);
    CHECK(s->asking.fetch != NULL || s->asking.task != NULL ||
          timer_is_on(s->asking.next)); /* each tells it in the end */
}

void aws_signer_forget(struct aws_waiter *waiter)
{
    list_remove(&waiter->link);
}

const char *aws_signer_origin(const struct aws_signer *s)
{
    return s->origin;
}

const char *aws_signer_region(const struct aws_signer *s)
{
    return s->region;
}

/* ---- what the service says ---- */

/* The keys were refused. Newer ones may be there already; else they are fetched, not too often. */
static bool keys_doubt(struct aws_signer *s, const struct aws_pass *pass)
{
    uint64_t now_ms = clock_ms();

    if (s->asking.fetch != NULL && s->is_doubted)
        return true;
    if (aws_pass_keys(pass) != aws_pass_keys(s->pass))
        return true;
    if (s->asking.forced_ms != 0 && now_ms - s->asking.forced_ms < AWS_FORCED_MS_MIN)
        return false;
    s->asking.forced_ms = now_ms > 0 ? now_ms : 1;
    signer_fetch(s);
    s->is_doubted = true;
    return true;
}

static bool clock_doubt(struct aws_signer *s, const struct aws_pass *pass, int64_t date_s)
{
    struct aws_keys *keys;

    if (!aws_is_skewed(wall_s(), date_s, aws_pass_skew_s(pass), &s->skew_s))
        return false;
    log_warn(
        s->own.s.component,
        "the clock of this machine is off by %lld seconds, by AWS's Date; signatures are dated "
        "by AWS's clock from now on",
        (long long)-s->skew_s);
    keys = aws_keys_ref((struct aws_keys *)(uintptr_t)aws_pass_keys(s->pass));
    pass_make(s, keys);
    aws_keys_unref(&keys);
    return true;
}

static bool denial_was_said(const struct aws_signer *s, uint64_t hash)
{
    for (unsigned i = 0; i < s->denials.count && i < AWS_DENIALS_MAX; i++)
        if (s->denials.hashes[i] == hash)
            return true;
    return false;
}

/* Said once for each action and resource: which, and what would allow it. */
static void denial_say(struct aws_signer *s, const struct aws_error *error)
{
    struct buffer words = {0};
    uint64_t hash;

    aws_denied_explain(error, &words);
    hash = slice_hash(buffer_view(&words));
    if (!denial_was_said(s, hash)) {
        log_error(s->own.s.component, "%s", buffer_text(&words));
        s->denials.hashes[s->denials.count++ % AWS_DENIALS_MAX] = hash;
    }
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
