#include "plugins/filter_ecs/facts.h"

#include <stdio.h>

/* Of one fact; names and ARNs of AWS are far below it. */
#define FACT_BYTES_MAX 4096

const char *const ecs_fact_names[ECS_FACT_COUNT + 1] = {
    [ECS_CLUSTER_NAME] = "ClusterName",
    [ECS_INSTANCE_ARN] = "ContainerInstanceArn",
    [ECS_INSTANCE_ID] = "ContainerInstanceID",
    [ECS_AGENT_VERSION] = "ECSAgentVersion",
    [ECS_TASK_ARN] = "TaskARN",
    [ECS_TASK_ID] = "TaskID",
    [ECS_FAMILY] = "TaskDefinitionFamily",
    [ECS_VERSION] = "TaskDefinitionVersion",
    [ECS_CONTAINER_ID] = "ContainerID",
    [ECS_DOCKER_NAME] = "DockerContainerName",
    [ECS_CONTAINER_NAME] = "ECSContainerName",
    [ECS_FACT_COUNT] = NULL,
};

/* ---- reading ---- */

/* The text under a key, in the arena; empty where there is none. */
static struct slice text_at(struct slice object, const char *key, struct arena *arena)
{
    struct slice value;

    if (!json_find(object, slice_of(key), &value) || value.data[0] != '"' ||
        value.len > FACT_BYTES_MAX)
        return (struct slice){0};
    return arena_copy(arena, json_unescape(value, arena));
}

/* What stands behind the last slash of an ARN. */
static struct slice id_of_arn(struct slice arn)
{
    size_t at = arn.len;

    while (at > 0 && arn.data[at - 1] != '/')
        at--;
    return at > 0 ? slice_skip(arn, at) : (struct slice){0};
}

static bool cluster_take(struct slice object, struct arena *arena, struct ecs_facts *out)
{
    struct slice *v = out->values;

    v[ECS_CLUSTER_NAME] = text_at(object, "Cluster", arena);
    v[ECS_INSTANCE_ARN] = text_at(object, "ContainerInstanceArn", arena);
    v[ECS_INSTANCE_ID] = id_of_arn(v[ECS_INSTANCE_ARN]);
    v[ECS_AGENT_VERSION] = text_at(object, "Version", arena);
    return v[ECS_CLUSTER_NAME].len > 0 && v[ECS_INSTANCE_ID].len > 0;
}

static bool container_take(struct slice list, struct slice id, struct arena *arena,
                           struct ecs_facts *out)
{
    struct slice *v = out->values;
    struct slice key, item, docker_id;

    while (json_next(&list, &key, &item)) {
        docker_id = item.data[0] == '{' ? text_at(item, "DockerId", arena) : (struct slice){0};
        if (!slice_begins(docker_id, id))
            continue;
        v[ECS_CONTAINER_ID] = docker_id;
        v[ECS_DOCKER_NAME] = text_at(item, "DockerName", arena);
        v[ECS_CONTAINER_NAME] = text_at(item, "Name", arena);
        return true;
    }
    return false;
}

static bool task_take(struct slice object, struct slice id, struct arena *arena,
                      struct ecs_facts *out)
{
    struct slice *v = out->values;
    struct slice containers;

    v[ECS_TASK_ARN] = text_at(object, "Arn", arena);
    v[ECS_TASK_ID] = id_of_arn(v[ECS_TASK_ARN]);
    v[ECS_FAMILY] = text_at(object, "Family", arena);
    v[ECS_VERSION] = text_at(object, "Version", arena);
    return v[ECS_TASK_ID].len > 0 && json_find(object, SLICE("Containers"), &containers) &&
           containers.data[0] == '[' && container_take(containers, id, arena, out);
}

/* The text as an object in which keys may be looked for. */
static bool object_read(struct slice text, struct arena *arena, struct json_object *out)
{
    struct json_scanner json;
    bool is_object;

    json_scanner_init(&json);
    is_object = json_take_object(&json, text, arena, out) == 0;
    json_scanner_fini(&json);
    return is_object;
}

bool ecs_cluster_read(struct slice text, struct arena *arena, struct ecs_facts *out, char why[256])
{
    struct json_object object;

    *out = (struct ecs_facts){0};
    if (object_read(text, arena, &object) && cluster_take(object.text, arena, out))
        return true;
    snprintf(why, 256, "what came for /v1/metadata has no cluster in it");
    return false;
}

bool ecs_task_read(struct slice text, struct slice id, struct arena *arena, struct ecs_facts *out,
                   char why[256])
{
    struct ecs_facts found = *out;
    struct json_object object;

    CHECK(id.len == ECS_ID_LEN);
    if (object_read(text, arena, &object) && task_take(object.text, id, arena, &found)) {
        *out = found;
        return true;
    }
    snprintf(why, 256, "what came for container %.*s has no task in it", SLICE_ARG(id));
    return false;
}

/* ---- what records get ---- */

static bool fact_find(void *owner, struct slice key, struct value *out)
{
    const struct ecs_facts *facts = owner;

    for (unsigned i = 0; i < ECS_FACT_COUNT; i++)
        if (slice_is(key, ecs_fact_names[i]) && facts->values[i].len > 0) {
            *out = value_text(facts->values[i]);
            return true;
        }
    return false;
}

struct shared_object *ecs_block(const struct ecs_form *form, const struct ecs_facts *facts)
{
    struct arena arena = {0};
    struct accessor_scope scope = {
        .find = fact_find, .owner = (void *)(uintptr_t)facts, .arena = &arena};
    struct shared_object *block = NULL;
    struct json_scanner json;
    struct buffer text = {0};

    for (size_t i = 0; i < form->count; i++) {
        buffer_append_byte(&text, i == 0 ? '{' : ',');
        json_write_text(&text, slice_of(form->additions[i].key));
        buffer_append_byte(&text, ':');
        json_write_text(&text, accessor_render(form->additions[i].template, &scope, NULL));
    }
    if (form->count > 0) {
        buffer_append_byte(&text, '}');
        json_scanner_init(&json);
        block = shared_new(buffer_view(&text), &json);
        json_scanner_fini(&json);
    }
    buffer_fini(&text);
    arena_fini(&arena);
    return block;
}

/* ---- tags ---- */

/* It goes into a query as it is. */
static bool is_id(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!((text.data[i] >= '0' && text.data[i] <= '9') ||
              (text.data[i] >= 'a' && text.data[i] <= 'z') ||
              (text.data[i] >= 'A' && text.data[i] <= 'Z') || text.data[i] == '-'))
            return false;
    return true;
}

struct slice ecs_id_of_tag(struct slice tag, struct slice prefix)
{
    struct slice id = slice_skip(tag, prefix.len);

    if (!slice_begins(tag, prefix) || id.len < ECS_ID_LEN)
        return (struct slice){0};
    id.len = ECS_ID_LEN;
    return is_id(id) ? id : (struct slice){0};
}
