#include "plugins/filter_ecs/agent.h"
#include "plugins/filter_ecs/containers.h"

#include <errno.h>
#include <stdio.h>

/*
 *   ecs_agent_new    the cluster is asked for
 *   on_cluster       it is known, or will be asked for again
 *   ecs_agent_find   a container that is new is put into the queue
 *   go_on            the next of a queue that is due is asked for, unless somebody is; else the timer
 *   on_task          its task is known, or there is none, or it is asked for again
 *   on_due           the timer
 *
 * Goes wrong: nobody answers, or with 5xx. All wait then, and the first of the queue is tried again. An
 * answer that is longer than anybody reads is that container's own trouble.
 */

#define TRIES_APART_MS UINT64_C(1000)
#define NONE_MS_MIN UINT64_C(60000)

static const struct retry_policy patience = {.base_ms = 1000, .cap_ms = 60000};

struct ecs_agent {
    struct loop *loop;
    struct ecs_settings settings;
    struct arena texts; /* of the cluster */
    struct ecs_facts cluster;
    struct shared_object *block; /* of the cluster alone */
    struct containers containers;
    struct aws_ask *ask;
    struct timer *due;
    bool has_cluster;
    unsigned failures; /* of the agent, in a row */
    bool was_length_said;
    char trouble[256];
};

static void go_on(struct ecs_agent *a);

static void agent_check(const struct ecs_agent *a)
{
    CHECK(a->containers.asked == NULL || (a->ask != NULL && a->has_cluster));
    CHECK((a->failures > 0) == (a->trouble[0] != '\0'));
    CHECK(a->has_cluster || a->block == NULL);
}

enum ecs_answer ecs_agent_find(struct ecs_agent *a, struct slice id, struct shared_object **block)
{
    struct container *c;
    bool is_new;

    *block = a->block;
    if (id.len == 0)
        return a->has_cluster ? ECS_KNOWN : ECS_NOT_YET;
    c = containers_find(&a->containers, id, &is_new);
    if (LIKELY(c->answer == ECS_KNOWN))
        *block = c->block;
    else if (is_new)
        go_on(a);
    return c->answer;
}

/* ---- trouble ---- */

static void trouble_is(struct ecs_agent *a, const char *why)
{
    LOG_AT(a->failures == 0 ? LOG_WARN : LOG_DEBUG, a->settings.component,
           "the ECS agent at %s:%u: %s; records go without what is not known", a->settings.host,
           a->settings.port, why);
    snprintf(a->trouble, sizeof a->trouble, "%s", why);
    a->failures++;
    timer_start(a->due, retry_wait_ms(&patience, a->failures - 1, random_number()));
}

static void trouble_is_over(struct ecs_agent *a)
{
    if (a->failures > 0)
        log_info(a->settings.component, "the ECS agent at %s:%u answers again", a->settings.host,
                 a->settings.port);
    a->failures = 0;
    a->trouble[0] = '\0';
}

/* Whether it was the agent that failed, and not what was asked for. */
static bool is_agents(const struct aws_heard *heard, char why[256])
{
    if (heard->error < 0)
        snprintf(why, 256, "%.250s", heard->why);
    else if (heard->reply.status >= 500 || heard->reply.status == 429)
        snprintf(why, 256, "status %d", heard->reply.status);
    else
        return false;
    return true;
}

/* ---- questions ---- */

static void question_ask(struct ecs_agent *a, const char *path, aws_ask_fn *heard)
{
    struct buffer url = {0};
    struct aws_question q = {.component = a->settings.component, .path = path, .is_near = true};

    CHECK(a->ask == NULL);
    timer_stop(a->due);
    buffer_append_text(&url, "http://");
    aws_host_header(&url, a->settings.host, a->settings.port, false);
    q.url = buffer_text(&url);
    http_request_init(&q.request, "GET", "");
    a->ask = aws_ask_start(a->loop, &q, heard, a);
    buffer_fini(&url);
}

static void on_cluster(void *owner, const struct aws_heard *heard)
{
    struct ecs_agent *a = owner;
    char why[256] = "";
    bool is_known = false;

    a->ask = NULL;
    if (!is_agents(heard, why) && heard->reply.status == 200)
        is_known = ecs_cluster_read(buffer_view(&heard->reply.body), &a->texts, &a->cluster, why);
    else if (why[0] == '\0')
        snprintf(why, sizeof why, "status %d for /v1/metadata", heard->reply.status);
    if (is_known) {
        trouble_is_over(a);
        a->has_cluster = true;
        a->block = ecs_block(a->settings.form, &a->cluster);
        log_info(a->settings.component, "this is container instance %.*s of ECS cluster %.*s",
                 SLICE_ARG(a->cluster.values[ECS_INSTANCE_ID]),
                 SLICE_ARG(a->cluster.values[ECS_CLUSTER_NAME]));
    } else {
        arena_reset(&a->texts);
        trouble_is(a, why);
    }
    agent_check(a);
    a->settings.changed(a->settings.owner);
    if (is_known)
        go_on(a);
}

static void task_is_none(struct ecs_agent *a, struct container *c, const char *why)
{
    container_answer(c, ECS_NONE);
    c->due_ms = clock_ms() + (a->settings.ttl_ms > NONE_MS_MIN ? a->settings.ttl_ms : NONE_MS_MIN);
    log_info(a->settings.component, "container %s: %s; it gets the cluster's metadata", c->id, why);
}

/* It may not know one that has just begun. */
static void task_lacks(struct ecs_agent *a, struct container *c, const char *why)
{
    if (++c->failures < a->settings.tries)
        container_queue(&a->containers.again, c, TRIES_APART_MS);
    else
        task_is_none(a, c, why);
}

/* It would be as long the next time. */
static void task_is_too_long(struct ecs_agent *a, struct container *c)
{
    LOG_AT(a->was_length_said ? LOG_DEBUG : LOG_WARN, a->settings.component,
           "the ECS agent's answer for container %s has more than %zu bytes and is not read; such "
           "containers get the cluster's metadata",
           c->id, AWS_ASK_BYTES_MAX);
    a->was_length_said = true;
    task_is_none(a, c, "the answer is too long");
}

static void task_hear(struct ecs_agent *a, struct container *c, const struct http_reply *reply)
{
    struct ecs_facts facts = a->cluster;
    struct arena arena = {0};
    char why[256] = "the ECS agent knows no task of it";

    if (reply->status == 200 &&
        ecs_task_read(buffer_view(&reply->body), slice_of(c->id), &arena, &facts, why)) {
        shared_unref(&c->block);
        c->block = ecs_block(a->settings.form, &facts);
        container_answer(c, ECS_KNOWN);
    } else {
        task_lacks(a, c, why);
    }
    arena_fini(&arena);
}

static void on_task(void *owner, const struct aws_heard *heard)
{
    struct ecs_agent *a = owner;
    struct container *c = a->containers.asked;
    char why[256] = "";

    CHECK(c != NULL && c->answer == ECS_NOT_YET);
    a->ask = NULL;
    a->containers.asked = NULL;
    if (heard->error == -E2BIG) {
        trouble_is_over(a);
        task_is_too_long(a, c);
    } else if (is_agents(heard, why)) {
        trouble_is(a, why);
    } else {
        trouble_is_over(a);
        task_hear(a, c, &heard->reply);
    }
    agent_check(a);
    a->settings.changed(a->settings.owner);
    go_on(a);
}

static void task_ask(struct ecs_agent *a, struct container *c)
{
    char path[64];

    CHECK(a->containers.asked == NULL && a->has_cluster);
    snprintf(path, sizeof path, "/v1/tasks?dockerid=%s", c->id);
    a->containers.asked = c;
    question_ask(a, path, on_task);
}

/* After trouble the timer says when. */
static void go_on(struct ecs_agent *a)
{
    struct container *again = containers_first(&a->containers.again);
    uint64_t now_ms = clock_ms();

    if (a->ask != NULL || !a->has_cluster || (a->failures > 0 && timer_is_on(a->due)))
        return;
    if (again != NULL && again->due_ms <= now_ms)
        task_ask(a, again);
    else if (!list_is_empty(&a->containers.news))
        task_ask(a, containers_first(&a->containers.news));
    else if (again != NULL)
        timer_start(a->due, again->due_ms - now_ms);
}

static void on_due(void *owner)
{
    struct ecs_agent *a = owner;

    if (a->has_cluster)
        go_on(a);
    else
        question_ask(a, "/v1/metadata", on_cluster);
}

/* ---- its life ---- */

struct ecs_agent *ecs_agent_new(struct loop *loop, const struct ecs_settings *settings)
{
    struct ecs_agent *a = mem_zalloc(1, sizeof *a);

    CHECK(settings->tries > 0 && settings->changed != NULL);
    a->loop = loop;
    a->settings = *settings;
    containers_init(&a->containers, settings->ttl_ms);
    a->due = timer_new(loop, on_due, a);
    timer_unref(a->due);
    on_due(a);
    return a;
}

void ecs_agent_free(struct ecs_agent **address)
{
    struct ecs_agent *a = *address;

    *address = NULL;
    if (a == NULL)
        return;
    aws_ask_cancel(&a->ask);
    containers_fini(&a->containers);
    timer_free(&a->due);
    shared_unref(&a->block);
    arena_fini(&a->texts);
    mem_free(a);
}

bool ecs_agent_is_in_trouble(const struct ecs_agent *a)
{
    return a->failures > 0;
}

void ecs_agent_describe(const struct ecs_agent *a, struct buffer *out)
{
    buffer_append_text(out, "{\"source\":\"the ECS agent\",\"cluster\":");
    if (a->has_cluster)
        json_write_text(out, a->cluster.values[ECS_CLUSTER_NAME]);
    else
        buffer_append_text(out, "null");
    buffer_append_format(out, ",\"containers\":%zu,\"awaited\":%zu,\"is_asking\":%s,\"trouble\":",
                         a->containers.by_id.count, containers_waiting(&a->containers),
                         a->ask != NULL ? "true" : "false");
    if (a->trouble[0] != '\0')
        json_write_text(out, slice_of(a->trouble));
    else
        buffer_append_text(out, "null");
    buffer_append_byte(out, '}');
}
