#include "config/files.h"
#include "config/load.h"
#include "config/yaml_node.h"
#include "kit/tree.h"
#include "loop/loop.h"
#include "service/catalog.h"
#include "service/pipeline.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What is installed with kubectl: each manifest is YAML, and each configuration in a ConfigMap is
 * understood to the last key by the agent that the image has. The tests run at the top of the tree.
 */

#define MANIFEST_BYTES_MAX ((size_t)1 << 20)

static struct arena arena;
static struct report report;

static const char *const variables[][2] = {
    {"ES_HOST", "elasticsearch"}, {"ES_PORT", "9200"},   {"ES_TLS", "off"},
    {"NODE_NAME", "node-1"},      {"POD_NAME", "pod-1"}, {"POD_NAMESPACE", "default"},
};

static void set_up(void)
{
    tree_plant();
    arena_init(&arena);
    report_init(&report);
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        ck_assert_int_eq(setenv(variables[i][0], variables[i][1], 1), 0);
    ck_assert_int_eq(chdir("conf"), 0); /* which has the parsers, as /etc/tailrace has */
}

static void tear_down(void)
{
    ck_assert_int_eq(chdir(".."), 0);
    report_fini(&report);
    arena_fini(&arena);
    tree_fell();
}

/* ---- YAML ---- */

static const struct yaml_node *member(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = map == NULL || map->shape != YAML_MAP ? NULL : map->first;

    while (node != NULL && strcmp(node->key, key) != 0)
        node = node->next;
    return node;
}

static const char *text_at(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = member(map, key);

    return node == NULL || node->shape != YAML_SCALAR ? "" : node->text;
}

static const struct yaml_node *documents_of(const char *path)
{
    struct buffer text = {0};
    const struct yaml_node *documents;

    ck_assert_int_eq(file_read_text(path, MANIFEST_BYTES_MAX, &text), 0);
    documents = yaml_nodes(&arena, arena_copy(&arena, buffer_view(&text)), path, &report);
    ck_assert_msg(report.text.len == 0, "%s", buffer_text(&report.text));
    ck_assert_ptr_nonnull(documents);
    buffer_fini(&text);
    return documents;
}

/* ---- ConfigMaps ---- */

/* Until the filter is a part of this version, what names it is left out. */
static bool names_what_lacks(const char *text)
{
    struct catalog_entry entry;

    return strcasestr(text, "Name                 kubernetes") != NULL &&
           !catalog_find(CONFIG_FILTER, "kubernetes", &entry);
}

static void expect_understood(const char *path, const char *whose)
{
    struct config *config = NULL;
    struct loop *loop = loop_new();
    struct pipeline *pipeline = NULL;
    int rc = config_load(path, &report, &config);

    ck_assert_msg(rc == 0 && report.text.len == 0, "%s: %s", whose, buffer_text(&report.text));
    pipeline = pipeline_new(loop, config, &report, &rc);
    ck_assert_msg(rc == 0 && report.text.len == 0, "%s: %s", whose, buffer_text(&report.text));
    pipeline_free(&pipeline);
    config_free(&config);
    loop_free(&loop);
}

/* True when it had one. */
static bool config_map_do(const struct yaml_node *map, const char *whose)
{
    const struct yaml_node *data = member(map, "data");

    if (*text_at(data, "tailrace.conf") == '\0')
        return false;
    for (const struct yaml_node *file = data->first; file != NULL; file = file->next)
        tree_write(file->key, names_what_lacks(file->text) ? "" : file->text);
    expect_understood(tree_path("tailrace.conf"), whose);
    return true;
}

/* How many of a manifest's documents held a configuration. */
static unsigned manifest_do(const char *path)
{
    unsigned configurations = 0;

    for (const struct yaml_node *d = documents_of(path); d != NULL; d = d->next) {
        ck_assert_msg(*text_at(d, "apiVersion") != '\0', "%s: a document without apiVersion", path);
        ck_assert_msg(*text_at(member(d, "metadata"), "name") != '\0', "%s: no name", path);
        if (strcmp(text_at(d, "kind"), "ConfigMap") == 0 && config_map_do(d, path))
            configurations++;
    }
    return configurations;
}

START_TEST(the_daemon_set_has_a_configuration_that_is_understood)
{
    ck_assert_uint_eq(manifest_do("../packaging/kubernetes/tailrace.yaml"), 1);
}
END_TEST

START_TEST(the_sidecar_has_a_configuration_that_is_understood)
{
    ck_assert_uint_eq(manifest_do("../packaging/kubernetes/sidecar.yaml"), 1);
}
END_TEST

START_TEST(every_manifest_is_yaml_with_kinds_and_names)
{
    static const char *const patterns[] = {"../packaging/kubernetes/*.yaml",
                                           "../packaging/kubernetes/*/*.yaml"};

    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        glob_t paths;

        ck_assert_int_eq(path_glob(patterns[i], &paths), 0);
        ck_assert_uint_gt(paths.gl_pathc, 0);
        for (size_t at = 0; at < paths.gl_pathc; at++)
            (void)manifest_do(paths.gl_pathv[at]);
        globfree(&paths);
    }
}
END_TEST

START_TEST(the_image_has_a_configuration_that_is_understood)
{
    expect_understood("../packaging/docker/fluent-bit.conf", "the image");
}
END_TEST

Suite *suite_packaging_manifests(void);
Suite *suite_packaging_manifests(void)
{
    Suite *suite = suite_create("packaging_manifests");
    TCase *manifests = tcase_create("manifests");

    tcase_add_checked_fixture(manifests, set_up, tear_down);
    tcase_add_test(manifests, the_daemon_set_has_a_configuration_that_is_understood);
    tcase_add_test(manifests, the_sidecar_has_a_configuration_that_is_understood);
    tcase_add_test(manifests, every_manifest_is_yaml_with_kinds_and_names);
    tcase_add_test(manifests, the_image_has_a_configuration_that_is_understood);
    suite_add_tcase(suite, manifests);
    return suite;
}
