/*
 * The ECS task that this process is a container of: who says so is the agent of its machine, at an
 * address in the environment (ECS_CONTAINER_METADATA_URI_V4, or _URI of old).
 *
 * Life     aws_task_start -> one aws_task_fn, or aws_task_cancel before it.
 * Thread   the loop. Limits: those of a question to somebody near (aws/ask.h).
 */
#ifndef TAILRACE_AWS_TASK_H
#define TAILRACE_AWS_TASK_H

#include "aws/plan.h"
#include "loop/loop.h"

/* Lent. */
struct aws_task {
    struct slice arn;     /* "arn:aws:ecs:eu-west-1:1:task/shop/158d1c80" */
    struct slice id;      /* "158d1c80" */
    struct slice cluster; /* "shop" */
};

/* `task` NULL: it could not be had, and `why` says why. */
typedef void aws_task_fn(void *owner, const struct aws_task *task, const char *why);

struct aws_task_ask;

/* Where to ask; NULL: this is no container of a task. */
const char *aws_task_url(aws_env_fn *env);

/* Where there is a task. Never calls back before it returns. */
struct aws_task_ask *aws_task_start(struct loop *loop, const char *component, aws_env_fn *env,
                                    aws_task_fn *heard, void *owner);
void aws_task_cancel(struct aws_task_ask **ask); /* takes the address; NULL is fine */

/* What the agent's answer says, decoded into the arena. False where it names no task. Pure. */
bool aws_task_read(struct slice body, struct arena *arena, struct aws_task *out);

#endif
