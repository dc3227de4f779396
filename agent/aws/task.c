#include "aws/task.h"

#include "aws/ask.h"
#include "base/memory.h"
#include "record/json.h"

#include <stdio.h>

struct aws_task_ask {
    struct aws_ask *ask;
    aws_task_fn *heard;
    void *owner;
};

/* ---- reading ---- */

static struct slice text_of(struct slice object, const char *key, struct arena *arena)
{
    struct slice value;

    if (!json_find(object, slice_of(key), &value) || value.data[0] != '"')
        return (struct slice){0};
    return json_unescape(value, arena);
}

static struct slice behind_last_slash(struct slice text)
{
    for (size_t i = text.len; i > 0; i--)
        if (text.data[i - 1] == '/')
            return slice_skip(text, i);
    return text;
}

bool aws_task_read(struct slice body, struct arena *arena, struct aws_task *out)
{
    struct json_scanner scanner;
    struct json_object object;
    int rc;

    *out = (struct aws_task){0};
    body = slice_trim(body);
    json_scanner_init(&scanner);
    rc = json_check_object(&scanner, body, &object);
    json_scanner_fini(&scanner);
    if (rc < 0)
        return false;
    out->arn = text_of(body, "TaskARN", arena);
    out->id = behind_last_slash(out->arn);
    out->cluster = behind_last_slash(text_of(body, "Cluster", arena)); /* a name, or an ARN */
    return out->id.len > 0;
}

/* ---- asking ---- */

const char *aws_task_url(aws_env_fn *env)
{
    const char *url = env("ECS_CONTAINER_METADATA_URI_V4");

    if (url == NULL || url[0] == '\0')
        url = env("ECS_CONTAINER_METADATA_URI");
    return url != NULL && url[0] != '\0' ? url : NULL;
}

static void on_heard(void *owner, const struct aws_heard *heard)
{
    struct aws_task_ask *ask = owner;
    aws_task_fn *told = ask->heard;
    void *to = ask->owner;
    struct arena arena = {0};
    struct aws_task task;
    char why[320];
    bool is_well = heard->error == 0 && heard->reply.status == 200 &&
                   aws_task_read(buffer_view(&heard->reply.body), &arena, &task);

    mem_free(ask);
    if (heard->error < 0)
        snprintf(why, sizeof why, "the ECS task's metadata: %.256s", heard->why);
    else
        snprintf(why, sizeof why, "the ECS task's metadata: status %d%s", heard->reply.status,
                 heard->reply.status == 200 ? ", and no TaskARN in it" : "");
    told(to, is_well ? &task : NULL, is_well ? NULL : why);
    arena_fini(&arena);
}

struct aws_task_ask *aws_task_start(struct loop *loop, const char *component, aws_env_fn *env,
                                    aws_task_fn *heard, void *owner)
{
    struct aws_task_ask *ask = mem_zalloc(1, sizeof *ask);
    struct aws_question question = {.component = component, .is_near = true};
    char *url;

    CHECK(aws_task_url(env) != NULL);
    url = mem_format("%s/task", aws_task_url(env));
    question.url = url;
    http_request_init(&question.request, "GET", "/");
    ask->heard = heard;
    ask->owner = owner;
    ask->ask = aws_ask_start(loop, &question, on_heard, ask);
    mem_free(url);
    return ask;
}

void aws_task_cancel(struct aws_task_ask **address)
{
    struct aws_task_ask *ask = *address;

    *address = NULL;
    if (ask == NULL)
        return;
    aws_ask_cancel(&ask->ask);
    mem_free(ask);
}
