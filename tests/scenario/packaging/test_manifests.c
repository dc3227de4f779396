#include "scenario/packaging/shipped.h"

#include "config/files.h"
#include "kit/tree.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/*
 * What is installed with kubectl: each manifest is YAML, and each configuration in a ConfigMap is
 * understood to the last key by the agent that the image has. The tests run at the top of the tree.
 */

/* True when the ConfigMap had a configuration. */
static bool config_map_do(const struct yaml_node *map, const char *whose)
{
    const struct yaml_node *data = shipped_member(map, "data");

    if (*shipped_text(data, "tailrace.conf") == '\0')
        return false;
    for (const struct yaml_node *file = data->first; file != NULL; file = file->next)
        tree_write(file->key, file->text);
    shipped_understood(tree_path("tailrace.conf"), SHIPPED_NO_WORDS, whose);
    return true;
}

/* What only a cluster knows: any value that can be one. */
static const char *value_given(const char *name)
{
    return strstr(name, "REGION") != NULL ? "eu-west-1" : "given";
}

/* The variables that the manifest's containers have. */
static void variables_set(const struct yaml_node *node)
{
    for (const struct yaml_node *n = node->first; n != NULL; n = n->next) {
        const char *name = shipped_text(n, "name"), *value = shipped_text(n, "value");

        if (node->key != NULL && strcmp(node->key, "env") == 0)
            setenv(name, *value != '\0' ? value : value_given(name), 1);
        else
            variables_set(n);
    }
}

/* How many of a manifest's documents held a configuration. */
static unsigned manifest_do(const char *path)
{
    const struct yaml_node *documents = shipped_documents(path);
    unsigned configurations = 0;

    for (const struct yaml_node *d = documents; d != NULL; d = d->next)
        variables_set(d);
    for (const struct yaml_node *d = documents; d != NULL; d = d->next) {
        ck_assert_msg(*shipped_text(d, "apiVersion") != '\0', "%s: no apiVersion", path);
        ck_assert_msg(*shipped_text(shipped_member(d, "metadata"), "name") != '\0', "%s: no name",
                      path);
        if (strcmp(shipped_text(d, "kind"), "ConfigMap") == 0 && config_map_do(d, path))
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

START_TEST(those_for_cloudwatch_have_configurations_that_are_understood)
{
    ck_assert_uint_eq(manifest_do("../packaging/kubernetes/aws/container-insights.yaml"), 1);
    ck_assert_uint_eq(manifest_do("../packaging/kubernetes/aws/fargate.yaml"), 1);
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
    shipped_understood("../packaging/docker/fluent-bit.conf", SHIPPED_NO_WORDS, "the image");
}
END_TEST

Suite *suite_packaging_manifests(void);
Suite *suite_packaging_manifests(void)
{
    Suite *suite = suite_create("packaging_manifests");
    TCase *manifests = tcase_create("manifests");

    tcase_add_checked_fixture(manifests, shipped_init, shipped_fini);
    tcase_add_test(manifests, the_daemon_set_has_a_configuration_that_is_understood);
    tcase_add_test(manifests, the_sidecar_has_a_configuration_that_is_understood);
    tcase_add_test(manifests, those_for_cloudwatch_have_configurations_that_are_understood);
    tcase_add_test(manifests, every_manifest_is_yaml_with_kinds_and_names);
    tcase_add_test(manifests, the_image_has_a_configuration_that_is_understood);
    suite_add_tcase(suite, manifests);
    return suite;
}
