#include "plugins/filter_aws/instance.h"

#include <stdio.h>
#include <stdlib.h>

/*
 *   instance_take   the first round begins
 *   round_begin     a token, if there is none, then one question after the other
 *   on_heard        an answer: the next question, or the end
 *   round_end       the only way out but releasing: listeners are told, and the timer is set for the
 *                   next round, if one is needed
 *   on_again        the timer
 *
 * Goes wrong: nobody answers, the token is refused, something else is there. Each is said once.
 */

#define RETRY_FIRST_MS UINT64_C(1000)

/* Those that run; equal settings share one. */
static struct list instances;

/*
 *   between rounds   no question, no path to ask for; the timer, where something is missing
 *   in a round       one question, for the path that the facts are at; no timer
 */
struct instance {
    struct list link;
    unsigned refs;
    struct loop *loop;
    struct instance_kept kept;
    struct metadata_talk talk;
    struct aws_ask *ask; /* NULL between rounds */
    struct timer *again;
    struct facts facts;
    struct list listeners;
    struct {
        bool was_asked;
        bool has_trouble; /* in the round that runs */
        bool was_absent;  /* it was said what is not there */
        unsigned failures;
        unsigned rounds;
        char trouble[256]; /* empty: none */
    } state;
};

static void instance_check(const struct instance *i)
{
    CHECK(i->refs > 0);
    CHECK((i->ask != NULL) == (facts_path(&i->facts) != NULL));
    CHECK(i->ask == NULL || !timer_is_on(i->again));
}

static const char *env(const char *name)
{
    return getenv(name);
}

/* ---- the end of a round ---- */

static void say_absent(struct instance *i)
{
    struct buffer words = {0};
    bool lacks_tags = i->facts.wish.wants_tags && i->facts.tags_state == FACT_ABSENT;

    facts_absent(&i->facts, &words);
    if (words.len > 0 && !i->state.was_absent)
        log_warn(i->kept.s.component,
                 "the instance's metadata does not have %s; records go without%s",
                 buffer_text(&words),
                 lacks_tags ? "; it has tags when they are turned on: InstanceMetadataTags=enabled"
                            : "");
    i->state.was_absent = words.len > 0;
    buffer_fini(&words);
}

static void say_end(struct instance *i, bool is_well)
{
    const char *id = i->facts.values[FACT_INSTANCE_ID];
    enum log_level level = i->state.failures == 0 ? LOG_WARN : LOG_DEBUG;

    if (!is_well)
        LOG_AT(level, i->kept.s.component, "%s; records go without what is not known",
               i->state.trouble);
    else if (!i->state.was_asked || i->state.failures > 0)
        log_info(i->kept.s.component, "the instance's metadata is known%s%s",
                 id != NULL ? ": " : "", id != NULL ? id : "");
    say_absent(i);
}

static uint64_t again_ms(const struct instance *i)
{
    struct retry_policy policy = {.base_ms = RETRY_FIRST_MS, .cap_ms = i->kept.s.retry_ms};

    CHECK(i->kept.s.retry_ms >= RETRY_FIRST_MS);
    if (i->state.failures > 0)
        return retry_wait_ms(&policy, i->state.failures - 1, random_number());
    return i->kept.s.retry_ms - random_number() % (i->kept.s.retry_ms / 4 + 1);
}

static void listeners_tell(struct instance *i)
{
    LIST_FOR_SAFE (it, after, &i->listeners) {
        struct instance_listener *listener = CONTAINER_OF(it, struct instance_listener, link);

        listener->changed(listener->owner);
    }
}

static void round_end(struct instance *i)
{
    struct buffer absent = {0};
    bool is_well = !i->state.has_trouble;

    CHECK(i->ask == NULL);
    CHECK(is_well == (i->state.trouble[0] == '\0'));
    say_end(i, is_well);
    i->state.failures = is_well ? 0 : i->state.failures + 1;
    i->state.was_asked = true;
    i->state.rounds++;
    facts_absent(&i->facts, &absent);
    if (!is_well || absent.len > 0)
        timer_start(i->again, again_ms(i));
    buffer_fini(&absent);
    instance_check(i);
    listeners_tell(i);
}

/* ---- a round ---- */

static void on_heard(void *owner, const struct aws_heard *heard);

static void question_ask(struct instance *i)
{
    struct aws_question q = {.component = i->kept.s.component, .is_near = true};
    struct aws_metadata place;
    struct http_request made;

    (void)aws_metadata_find(env, &place); /* it may be asked: first_round has looked */
    q.url = place.url;
    metadata_request(&i->talk, &made);
    q.request = made;
    q.path = mem_text(buffer_text(&made.path));
    i->ask = aws_ask_start(i->loop, &q, on_heard, i);
    mem_free((char *)(uintptr_t)q.path);
}

static void trouble_note(struct instance *i, const char *why)
{
    if (!i->state.has_trouble)
        snprintf(i->state.trouble, sizeof i->state.trouble, "%s", why);
    i->state.has_trouble = true;
}

static void round_go_on(struct instance *i)
{
    const char *path = facts_path(&i->facts);

    if (path == NULL) {
        round_end(i);
        return;
    }
    metadata_begin_at(&i->talk, path);
    question_ask(i);
}

static void round_begin(struct instance *i)
{
    CHECK(i->ask == NULL);
    i->state.has_trouble = false;
    i->state.trouble[0] = '\0';
    timer_stop(i->again);
    facts_begin(&i->facts);
    CHECK(facts_path(&i->facts) != NULL); /* a filter that wants nothing takes no instance */
    round_go_on(i);
}

/* Nobody is there, or nothing is told to us: more questions would get no more answers. */
static bool is_hopeless(const struct instance *i, const struct aws_heard *heard)
{
    int status = heard->reply.status;

    return heard->error < 0 || i->talk.step != METADATA_PATH || status == 401 || status == 403;
}

static void on_heard(void *owner, const struct aws_heard *heard)
{
    struct instance *i = owner;
    char why[256] = "";
    enum metadata_move move = metadata_hear(&i->talk, heard, why);

    i->ask = NULL;
    if (move == METADATA_GO_ON) {
        question_ask(i);
        return;
    }
    if (move == METADATA_FAILED && is_hopeless(i, heard)) {
        trouble_note(i, why);
        facts_stop(&i->facts);
    } else if (!facts_hear(&i->facts, heard->reply.status, buffer_view(&heard->reply.body), why)) {
        trouble_note(i, why);
    }
    round_go_on(i);
}

static void on_again(void *owner)
{
    round_begin(owner);
}

/* ---- sharing ---- */

static struct instance *instance_find(struct loop *loop, const struct instance_settings *settings)
{
    LIST_FOR (it, &instances) {
        struct instance *i = CONTAINER_OF(it, struct instance, link);

        if (i->loop == loop && instance_asks_alike(&i->kept, settings))
            return i;
    }
    return NULL;
}

static struct instance *instance_new(struct loop *loop, const struct instance_settings *settings)
{
    struct instance *i = mem_zalloc(1, sizeof *i);

    i->loop = loop;
    instance_keeps(&i->kept, settings);
    list_init(&i->listeners);
    i->again = timer_new(loop, on_again, i);
    timer_unref(i->again);
    facts_init(&i->facts, &i->kept.s.wish);
    i->talk.is_v1 = i->talk.may_be_v1 = settings->is_v1;
    list_add_tail(&instances, &i->link);
    return i;
}

/* The environment may forbid it: then all stays as it is. */
static void first_round(struct instance *i)
{
    struct aws_metadata place;

    if (aws_metadata_find(env, &place)) {
        round_begin(i);
        return;
    }
    i->state.was_asked = true;
    snprintf(i->state.trouble, sizeof i->state.trouble,
             "AWS_EC2_METADATA_DISABLED forbids to ask the instance");
    log_warn(i->kept.s.component, "%s; records go without its metadata", i->state.trouble);
}

struct instance *instance_take(struct loop *loop, const struct instance_settings *settings)
{
    struct instance *i;

    if (instances.next == NULL)
        list_init(&instances);
    i = instance_find(loop, settings);
    if (i == NULL) {
        i = instance_new(loop, settings);
        first_round(i);
    }
    i->refs++;
    instance_check(i);
    return i;
}

void instance_release(struct instance **address)
{
    struct instance *i = *address;

    *address = NULL;
    instance_check(i);
    if (--i->refs > 0)
        return;
    CHECK(list_is_empty(&i->listeners));
    list_remove(&i->link);
    aws_ask_cancel(&i->ask);
    timer_free(&i->again);
    secret_wipe(i->talk.token, sizeof i->talk.token);
    facts_fini(&i->facts);
    instance_kept_fini(&i->kept);
    mem_free(i);
}

void instance_listen(struct instance *i, struct instance_listener *listener)
{
    CHECK(listener->changed != NULL);
    list_add_tail(&i->listeners, &listener->link);
}

void instance_unlisten(struct instance_listener *listener)
{
    list_remove(&listener->link);
}

const struct facts *instance_facts(const struct instance *i)
{
    return &i->facts;
}

bool instance_was_asked(const struct instance *i)
{
    return i->state.was_asked;
}

void instance_describe(const struct instance *i, struct buffer *out)
{
    struct buffer absent = {0};

    facts_absent(&i->facts, &absent);
    buffer_append_text(out, "{\"source\":\"the instance's metadata\",\"instance\":");
    if (i->facts.values[FACT_INSTANCE_ID] != NULL)
        json_write_text(out, slice_of(i->facts.values[FACT_INSTANCE_ID]));
    else
        buffer_append_text(out, "null");
    buffer_append_format(out, ",\"rounds\":%u,\"is_known\":%s,\"absent\":", i->state.rounds,
                         facts_are_answered(&i->facts) ? "true" : "false");
    json_write_text(out, buffer_view(&absent));
    buffer_append_text(out, ",\"trouble\":");
    if (i->state.trouble[0] != '\0')
        json_write_text(out, slice_of(i->state.trouble));
    else
        buffer_append_text(out, "null");
    buffer_append_byte(out, '}');
    buffer_fini(&absent);
}
