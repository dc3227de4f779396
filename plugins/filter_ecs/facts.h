/*
 * What the ECS agent says, and what records get of it. Pure.
 *
 * The agent of a container instance tells, at its introspection port:
 *
 *     GET /v1/metadata             {"Cluster", "ContainerInstanceArn", "Version"}
 *     GET /v1/tasks?dockerid=ID    {"Arn", "Family", "Version", "Containers": [{"DockerId",
 *                                  "DockerName", "Name"}, ...]}
 *
 * Templates name these by other names ($ClusterName, ...), which facts_names has.
 */
#ifndef TAILRACE_FILTER_ECS_FACTS_H
#define TAILRACE_FILTER_ECS_FACTS_H

#include "plugin/plugin.h"

/* A container is asked for by the beginning of its id. */
#define ECS_ID_LEN 12

/* Those of the cluster come first. */
enum ecs_fact {
    ECS_CLUSTER_NAME,
    ECS_INSTANCE_ARN,
    ECS_INSTANCE_ID,
    ECS_AGENT_VERSION,
    ECS_CLUSTER_FACTS,
    ECS_TASK_ARN = ECS_CLUSTER_FACTS,
    ECS_TASK_ID,
    ECS_FAMILY,
    ECS_VERSION,
    ECS_CONTAINER_ID,
    ECS_DOCKER_NAME,
    ECS_CONTAINER_NAME,
    ECS_FACT_COUNT,
};

/* As templates have them, without the "$"; NULL behind. */
extern const char *const ecs_fact_names[ECS_FACT_COUNT + 1];

/* Empty: not known. The texts are in an arena of the owner's. */
struct ecs_facts {
    struct slice values[ECS_FACT_COUNT];
};

/* Fills the cluster's facts. False, with `why`, where the text is something else. */
bool ecs_cluster_read(struct slice text, struct arena *arena, struct ecs_facts *out, char why[256]);

/* Fills those of the task and of the container whose id begins so. */
bool ecs_task_read(struct slice text, struct slice id, struct arena *arena, struct ecs_facts *out,
                   char why[256]);

/* What Add says. */
struct ecs_addition {
    char *key;
    struct accessor *template;
};

struct ecs_form {
    struct ecs_addition *additions;
    size_t count;
};

/* The members that records get, one reference; NULL: there are none. What is not known is empty text,
 * as Fluent Bit has it. */
struct shared_object *ecs_block(const struct ecs_form *form, const struct ecs_facts *facts);

/* The id behind the prefix in a tag; empty where the tag has another beginning, or no id. */
struct slice ecs_id_of_tag(struct slice tag, struct slice prefix);

#endif
