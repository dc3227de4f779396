#include "scenario/packaging/shipped.h"

#include "config/files.h"
#include "kit/tree.h"

#include <check.h>
#include <string.h>

/*
 * What the chart's values make of a configuration. Helm itself is asked by tests/packaging/try; here
 * a template is no more than the value that it names. The tests run at the top of the tree.
 */

#define CHART "../packaging/helm/tailrace/"
#define TEXT_BYTES_MAX ((size_t)1 << 20)

/* The folders of the image; the files of both are here. */
static const char *const folders[] = {"/fluent-bit/etc/conf/", "/fluent-bit/etc/"};

/* What a secret holds is not here; any folder of authorities can be read. */
static const struct slice secret_key = SLICE("tls.ca_file /tls/ca.crt");

static const struct yaml_node *values, *defaults;

static const char *value_of(const char *key)
{
    const char *text = shipped_text(values, key);

    return *text != '\0' ? text : shipped_text(defaults, key);
}

/* "{{ .Values.flush }}" is what the value says, any other template a word. */
static void put_template(struct slice inside, struct buffer *out)
{
    const struct slice values_of = SLICE(".Values.");
    char key[64];

    inside = slice_trim(inside);
    if (!slice_begins(inside, values_of) || inside.len - values_of.len >= sizeof key) {
        buffer_append_text(out, "word");
        return;
    }
    memcpy(key, inside.data + values_of.len, inside.len - values_of.len);
    key[inside.len - values_of.len] = '\0';
    buffer_append_text(out, value_of(key));
}

/* The length of what stands here and does not stay as it is; 0: it stays. */
static size_t put_other(const char *at, struct buffer *out)
{
    const char *end = strncmp(at, "{{", 2) == 0 ? strstr(at, "}}") : NULL;

    if (end != NULL) {
        put_template((struct slice){at + 2, (size_t)(end - at) - 2}, out);
        return (size_t)(end - at) + 2;
    }
    if (strncmp(at, secret_key.data, secret_key.len) == 0) {
        buffer_append_text(out, "tls.ca_path /");
        return secret_key.len;
    }
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        if (strncmp(at, folders[i], strlen(folders[i])) == 0)
            return strlen(folders[i]);
    return 0;
}

static void put_text(const char *text, struct buffer *out)
{
    while (*text != '\0') {
        size_t bytes = put_other(text, out);

        if (bytes == 0)
            buffer_append_byte(out, *text);
        text += bytes == 0 ? 1 : bytes;
    }
}

static const char *config_text(const char *part)
{
    const struct yaml_node *said = shipped_member(shipped_member(values, "config"), part);

    return shipped_text(shipped_member(said != NULL ? values : defaults, "config"), part);
}

static void write_part(const char *part, const char *name)
{
    struct buffer text = {0};

    put_text(config_text(part), &text);
    tree_write(name, buffer_text(&text));
    buffer_fini(&text);
}

static void expect_understood(const char *path, enum shipped_words may)
{
    defaults = shipped_documents(CHART "values.yaml");
    values = shipped_documents(path);
    write_part("service", "service.conf");
    write_part("inputs", "inputs.conf");
    write_part("filters", "filters.conf");
    write_part("outputs", "outputs.conf");
    write_part("customParsers", "custom_parsers.conf");
    tree_write("fluent-bit.conf", "@INCLUDE service.conf\n@INCLUDE inputs.conf\n"
                                  "@INCLUDE filters.conf\n@INCLUDE outputs.conf\n");
    shipped_understood(tree_path("fluent-bit.conf"), may, path);
}

START_TEST(the_charts_own_values_make_a_configuration_that_is_understood)
{
    expect_understood(CHART "values.yaml", SHIPPED_NO_WORDS);
}
END_TEST

/* storage.path and its kin mean nothing here, which is said. */
START_TEST(values_of_fluent_bits_chart_make_one_too)
{
    expect_understood(CHART "ci/fluent-bit-values.yaml", SHIPPED_WARNINGS);
}
END_TEST

START_TEST(so_do_those_of_a_deployment)
{
    expect_understood(CHART "ci/deployment-values.yaml", SHIPPED_NO_WORDS);
}
END_TEST

START_TEST(so_do_those_for_cloudwatch)
{
    expect_understood(CHART "ci/eks-values.yaml", SHIPPED_NO_WORDS);
}
END_TEST

/* JSON is YAML, and read by the same reader. */
START_TEST(the_schema_knows_every_value_that_there_is)
{
    const struct yaml_node *known =
        shipped_member(shipped_documents(CHART "values.schema.json"), "properties");

    ck_assert_ptr_nonnull(known);
    for (const struct yaml_node *v = shipped_documents(CHART "values.yaml")->first; v; v = v->next)
        ck_assert_msg(shipped_member(known, v->key) != NULL, "the schema lacks %s", v->key);
}
END_TEST

/* A panel or an alert over a name that nothing prints would be empty, and nobody would see why. */
START_TEST(dashboard_and_alerts_ask_for_metrics_that_there_are)
{
    static const char *const paths[] = {CHART "dashboards/tailrace.json", CHART "rules.yaml"};
    static const char *const sources[] = {"../agent/metrics/table.c",
                                          "../agent/metrics/exposition.c"};
    struct buffer text = {0}, code = {0};
    unsigned names = 0;

    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        ck_assert_int_eq(file_read_text(sources[i], TEXT_BYTES_MAX, &code), 0);
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        ck_assert_int_eq(file_read_text(paths[i], TEXT_BYTES_MAX, &text), 0);
    for (const char *at = buffer_text(&text); *at != '\0'; at++) {
        size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz_");
        char name[128] = "";

        if (len > 0 && len < sizeof name) {
            memcpy(name, at, len);
            if (len > strlen("_bucket") && strcmp(name + len - strlen("_bucket"), "_bucket") == 0)
                name[len - strlen("_bucket")] = '\0';
        }
        if (strncmp(name, "tailrace_", 9) == 0 || strncmp(name, "fluentbit_", 10) == 0) {
            ck_assert_msg(strstr(buffer_text(&code), name) != NULL, "nothing prints %s", name);
            names++;
        }
        at += len > 0 ? len - 1 : 0;
    }
    ck_assert_uint_gt(names, 10);
    buffer_fini(&code);
    buffer_fini(&text);
}
END_TEST

Suite *suite_packaging_chart(void);
Suite *suite_packaging_chart(void)
{
    Suite *suite = suite_create("packaging_chart");
    TCase *chart = tcase_create("chart");

    tcase_add_checked_fixture(chart, shipped_init, shipped_fini);
    tcase_add_test(chart, the_charts_own_values_make_a_configuration_that_is_understood);
    tcase_add_test(chart, values_of_fluent_bits_chart_make_one_too);
    tcase_add_test(chart, so_do_those_of_a_deployment);
    tcase_add_test(chart, so_do_those_for_cloudwatch);
    tcase_add_test(chart, the_schema_knows_every_value_that_there_is);
    tcase_add_test(chart, dashboard_and_alerts_ask_for_metrics_that_there_are);
    suite_add_tcase(suite, chart);
    return suite;
}
