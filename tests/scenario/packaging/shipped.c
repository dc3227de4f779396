#include "scenario/packaging/shipped.h"

#include "base/arena.h"
#include "config/files.h"
#include "config/load.h"
#include "kit/report.h"
#include "kit/tree.h"
#include "loop/loop.h"
#include "service/pipeline.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHIPPED_BYTES_MAX ((size_t)1 << 20)

static struct arena arena;
static struct report report;

static const char *const variables[][2] = {
    {"ES_HOST", "elasticsearch"},
    {"ES_PORT", "9200"},
    {"ES_TLS", "off"},
    {"NODE_NAME", "node-1"},
    {"POD_NAME", "pod-1"},
    {"POD_NAMESPACE", "default"},
    {"AWS_REGION", "eu-west-1"},
    {"CLUSTER_NAME", "shop"},
    {"RETENTION_DAYS", "30"},
    {"LOGS_REGION", "eu-west-1"},
    {"LOG_GROUP", "/shop"},
    {"FLUENT_ELASTICSEARCH_HOST", "elasticsearch"},
    {"FLUENT_ELASTICSEARCH_PASSWD", "secret"},
};

void shipped_init(void)
{
    tree_plant();
    arena_init(&arena);
    report_init(&report);
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        ck_assert_int_eq(setenv(variables[i][0], variables[i][1], 1), 0);
    ck_assert_int_eq(chdir("conf"), 0);
}

void shipped_fini(void)
{
    ck_assert_int_eq(chdir(".."), 0);
    report_fini(&report);
    arena_fini(&arena);
    tree_fell();
}

const struct yaml_node *shipped_member(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = map == NULL || map->shape != YAML_MAP ? NULL : map->first;

    while (node != NULL && strcmp(node->key, key) != 0)
        node = node->next;
    return node;
}

const char *shipped_text(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = shipped_member(map, key);

    return node == NULL || node->shape != YAML_SCALAR ? "" : node->text;
}

const struct yaml_node *shipped_documents(const char *path)
{
    struct buffer text = {0};
    const struct yaml_node *documents;

    ck_assert_int_eq(file_read_text(path, SHIPPED_BYTES_MAX, &text), 0);
    documents = yaml_nodes(&arena, arena_copy(&arena, buffer_view(&text)), path, &report);
    ck_assert_msg(report.text.len == 0, "%s", buffer_text(&report.text));
    ck_assert_ptr_nonnull(documents);
    buffer_fini(&text);
    return documents;
}

void shipped_understood(const char *path, enum shipped_words may, const char *whose)
{
    struct config *config = NULL;
    struct loop *loop = loop_new();
    struct pipeline *pipeline;
    int rc = config_load(path, &report, &config);

    ck_assert_msg(rc == 0, "%s: %s", whose, buffer_text(&report.text));
    pipeline = pipeline_new(loop, config, &report, &rc);
    kit_report_forget_folders(&report);
    ck_assert_msg(rc == 0, "%s: %s", whose, buffer_text(&report.text));
    ck_assert_msg(may == SHIPPED_WARNINGS || report.text.len == 0, "%s: %s", whose,
                  buffer_text(&report.text));
    pipeline_free(&pipeline);
    config_free(&config);
    loop_free(&loop);
}
