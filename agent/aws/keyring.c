#include "aws/keyring.h"

#include "aws/expiry.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"

#include <stdio.h>

/*
 *   ring_fetch     a fetch begins
 *   on_fetched     keys came, and the timer is set for the next fetch. Or they did not, and it is set for
 *                  another try. Listeners are told
 *   aws_keyring_doubt   somebody's answer has refused the keys
 *
 * `now.keys` is NULL until the first keys came, and stays when a fetch fails.
 */

/* Those that run; equal wishes share one. */
static struct list rings;

struct aws_keyring {
    struct list link;
    unsigned refs;
    struct loop *loop;
    struct aws_keyring_settings settings;
    struct arena texts; /* of the settings */
    struct aws_fetch *fetch;
    struct timer *next; /* fetch */
    struct list listeners;
    struct aws_fetched now; /* its texts are the two below */
    char region[AWS_REGION_BYTES_MAX + 1];
    char origin[128];
    struct {
        bool is_doubted;
        uint64_t forced_ms;   /* when an answer last made us fetch; 0: never */
        uint64_t fetched_ms;  /* when a fetch ended last; 0: none has */
        int64_t asked_skew_s; /* as the fetch that is under way was told it */
        unsigned failures;    /* in a row */
    } state;
};

static int64_t wall_s(void)
{
    return clock_wall_ns() / NS_PER_S;
}

static void ring_check(const struct aws_keyring *r)
{
    CHECK(r->refs > 0);
    CHECK(!r->state.is_doubted || r->fetch != NULL);
    CHECK((r->now.keys == NULL) == (r->region[0] == '\0'));
    CHECK(r->fetch != NULL || timer_is_on(r->next));
}

static void ring_unref(struct aws_keyring *r)
{
    ring_check(r);
    if (--r->refs > 0)
        return;
    CHECK(list_is_empty(&r->listeners));
    list_remove(&r->link);
    aws_fetch_cancel(&r->fetch);
    timer_free(&r->next);
    aws_keys_unref(&r->now.keys);
    arena_fini(&r->texts);
    mem_free(r);
}

/* Whoever is told may stop listening, and be the last to have the ring. */
static void listeners_tell(struct aws_keyring *r, const char *why)
{
    struct list telling, *link;

    r->refs++;
    list_init(&telling);
    while ((link = list_take_first(&r->listeners)) != NULL)
        list_add_tail(&telling, link);
    while ((link = list_take_first(&telling)) != NULL) {
        struct aws_listener *listener = CONTAINER_OF(link, struct aws_listener, link);

        list_add_tail(&r->listeners, link);
        listener->told(listener, why);
    }
    ring_unref(r);
}

/* ---- fetches ---- */

static void say_well(struct aws_keyring *r, const struct aws_fetched *got)
{
    const char *component = r->settings.component;
    bool is_new = strcmp(r->origin, got->origin) != 0 || r->state.failures > 0;

    snprintf(r->origin, sizeof r->origin, "%s", got->origin);
    if (!is_new)
        log_debug(component, "AWS credentials were renewed from %s", r->origin);
    else
        log_info(component, "AWS credentials come from %s, for region %s", r->origin, r->region);
}

/* A fetch that has found nothing about the clock does not undo what was found meanwhile. */
static void fetched_well(struct aws_keyring *r, const struct aws_fetched *got)
{
    int64_t skew_s = got->skew_s != r->state.asked_skew_s ? got->skew_s : r->now.skew_s;

    aws_keys_unref(&r->now.keys);
    snprintf(r->region, sizeof r->region, "%s", got->region);
    r->now = *got;
    r->now.region = r->region;
    r->now.origin = r->origin;
    r->now.skew_s = skew_s;
    say_well(r, got);
    r->state.failures = 0;
    timer_start(r->next,
                aws_refresh_ms(wall_s() + r->now.skew_s, r->now.keys->expires_s, random_number()));
}

/* What is well goes on with the old keys; nobody is woken by a second failure of the same kind. */
static void fetched_badly(struct aws_keyring *r, const char *words)
{
    enum log_level level = r->state.failures == 0 ? LOG_WARN : LOG_DEBUG;

    r->state.failures++;
    LOG_AT(level, r->settings.component, "%s%s", words,
           r->now.keys != NULL ? "; those that are there go on being used" : "");
    timer_start(r->next, aws_again_ms(r->state.failures, random_number()));
}

static void on_fetched(void *owner, const struct aws_fetched *got, const char *why)
{
    struct aws_keyring *r = owner;
    char words[AWS_WHY_BYTES + 32];

    r->fetch = NULL;
    r->state.is_doubted = false;
    r->state.fetched_ms = clock_ms() > 0 ? clock_ms() : 1;
    snprintf(words, sizeof words, "no AWS credentials: %s", why != NULL ? why : "");
    if (got != NULL)
        fetched_well(r, got);
    else
        fetched_badly(r, words);
    ring_check(r);
    listeners_tell(r, got != NULL ? NULL : words);
}

static void ring_fetch(struct aws_keyring *r)
{
    struct aws_fetch_wish wish = {.component = r->settings.component,
                                  .wish = r->settings.wish,
                                  .env = r->settings.env,
                                  .skew_s = r->now.skew_s};

    timer_stop(r->next);
    if (r->fetch != NULL)
        return;
    r->state.asked_skew_s = wish.skew_s;
    r->fetch = aws_fetch_start(r->loop, &wish, on_fetched, r);
}

static void on_next(void *owner)
{
    ring_fetch(owner);
}

/* ---- sharing ---- */

static bool texts_equal(const char *a, const char *b)
{
    return slice_equal(slice_of(a), slice_of(b));
}

static bool is_alike(const struct aws_keyring *r, struct loop *loop,
                     const struct aws_keyring_settings *s)
{
    const struct aws_wish *a = &r->settings.wish, *b = &s->wish;

    return r->loop == loop && r->settings.env == s->env && texts_equal(a->profile, b->profile) &&
           texts_equal(a->region, b->region) && texts_equal(a->role_arn, b->role_arn) &&
           texts_equal(a->external_id, b->external_id) &&
           texts_equal(a->sts_endpoint, b->sts_endpoint) &&
           texts_equal(a->credentials_url, b->credentials_url);
}

static struct aws_keyring *ring_find(struct loop *loop, const struct aws_keyring_settings *settings)
{
    LIST_FOR (it, &rings) {
        struct aws_keyring *r = CONTAINER_OF(it, struct aws_keyring, link);

        if (is_alike(r, loop, settings))
            return r;
    }
    return NULL;
}

static void settings_copy(struct aws_keyring *r, const struct aws_keyring_settings *from)
{
    struct aws_keyring_settings *s = &r->settings;
    const char **const texts[] = {
        &s->component,        &s->wish.profile,      &s->wish.region,         &s->wish.role_arn,
        &s->wish.external_id, &s->wish.sts_endpoint, &s->wish.credentials_url};

    *s = *from;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (*texts[i] != NULL)
            *texts[i] = arena_text(&r->texts, *texts[i]);
}

static struct aws_keyring *ring_new(struct loop *loop, const struct aws_keyring_settings *settings)
{
    struct aws_keyring *r = mem_zalloc(1, sizeof *r);

    r->loop = loop;
    settings_copy(r, settings);
    list_init(&r->listeners);
    r->next = timer_new(loop, on_next, r);
    timer_unref(r->next);
    list_add_tail(&rings, &r->link);
    return r;
}

struct aws_keyring *aws_keyring_take(struct loop *loop, const struct aws_keyring_settings *settings)
{
    struct aws_keyring *r;

    if (rings.next == NULL)
        list_init(&rings);
    r = ring_find(loop, settings);
    if (r == NULL)
        r = ring_new(loop, settings);
    r->refs++;
    if (r->state.fetched_ms == 0 || clock_ms() - r->state.fetched_ms > AWS_SHARE_MS)
        ring_fetch(r);
    ring_check(r);
    return r;
}

void aws_keyring_release(struct aws_keyring **address)
{
    struct aws_keyring *r = *address;

    *address = NULL;
    if (r != NULL)
        ring_unref(r);
}

void aws_keyring_listen(struct aws_keyring *r, struct aws_listener *listener)
{
    CHECK(listener->told != NULL);
    list_add_tail(&r->listeners, &listener->link);
}

void aws_keyring_unlisten(struct aws_listener *listener)
{
    list_remove(&listener->link);
}

/* ---- what it has ---- */

const struct aws_fetched *aws_keyring_now(const struct aws_keyring *r)
{
    ring_check(r);
    return r->now.keys != NULL ? &r->now : NULL;
}

bool aws_keyring_is_doubted(const struct aws_keyring *r)
{
    return r->state.is_doubted;
}

bool aws_keyring_doubt(struct aws_keyring *r, const struct aws_keys *keys)
{
    uint64_t now_ms = clock_ms();

    if (r->state.is_doubted || keys != r->now.keys)
        return true;
    if (r->state.forced_ms != 0 && now_ms - r->state.forced_ms < AWS_FORCED_MS_MIN)
        return false;
    r->state.forced_ms = now_ms > 0 ? now_ms : 1;
    ring_fetch(r);
    r->state.is_doubted = true;
    ring_check(r);
    return true;
}

void aws_keyring_correct(struct aws_keyring *r, int64_t skew_s)
{
    if (skew_s == r->now.skew_s)
        return;
    r->now.skew_s = skew_s;
    listeners_tell(r, NULL);
}
