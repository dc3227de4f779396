#include "config_kit.h"

#include "config/yaml.h"
#include "config/yaml_section.h"

#include <stdio.h>

static void parse(const char *text)
{
    kit_parse(yaml_parse, text);
}

static void parse_well(const char *text)
{
    kit_parse_well(yaml_parse, text);
}

static const char *key_of(const char *key)
{
    return yaml_key(&kit.config->arena, key);
}

START_TEST(the_sections_are_those_of_the_classic_grammar)
{
    parse_well("service:\n"
               "  flush: 0.2\n"
               "  log_level: info\n"
               "pipeline:\n"
               "  inputs:\n"
               "    - name: tail\n"
               "      path: /a\n"
               "    - name: cpu\n"
               "  filters:\n"
               "    - name: grep\n"
               "  outputs:\n"
               "    - name: stdout\n"
               "      match: '*'\n");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "0.2");
    kit_expect(kit_section(CONFIG_INPUT, 0), "path", "/a");
    kit_expect(kit_section(CONFIG_INPUT, 1), "name", "cpu");
    kit_expect(kit_section(CONFIG_FILTER, 0), "name", "grep");
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "match", "*");
}
END_TEST

START_TEST(each_key_knows_its_file_and_line)
{
    const struct section *input;

    parse_well("# head\npipeline:\n  inputs:\n    - name: tail\n\n      tag: x\n");
    input = kit_section(CONFIG_INPUT, 0);
    ck_assert_str_eq(input->place.file, "main");
    ck_assert_uint_eq(input->place.line, 4);
    ck_assert_uint_eq(section_find(input, "tag", NULL)->place.line, 6);
}
END_TEST

START_TEST(camel_case_becomes_snake_case)
{
    ck_assert_str_eq(key_of("memBufLimit"), "mem_buf_limit");
    ck_assert_str_eq(key_of("Mem_Buf_Limit"), "mem_buf_limit");
    ck_assert_str_eq(key_of("MemBufLimit"), "MemBufLimit");
    ck_assert_str_eq(key_of("storage.totalLimit"), "storage.total_limit");
    ck_assert_str_eq(key_of("k8s-logging.Parser"), "k8s-logging.parser");
    ck_assert_str_eq(key_of("flush"), "flush");
    parse_well("pipeline:\n  inputs:\n    - name: tail\n      memBufLimit: 5M\n");
    kit_expect(kit_section(CONFIG_INPUT, 0), "mem_buf_limit", "5M");
}
END_TEST

START_TEST(blanks_around_a_value_are_left_out)
{
    parse_well("pipeline:\n  inputs:\n    - name: \"  tail \"\n      tag: |\n        a b\n");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "tail");
    kit_expect(kit_section(CONFIG_INPUT, 0), "tag", "a b");
}
END_TEST

START_TEST(top_level_keys_have_no_case)
{
    parse_well("Service:\n  flush: 1\nPIPELINE:\n  Inputs:\n  - name: cpu\n");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "1");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "cpu");
}
END_TEST

START_TEST(a_list_sets_its_key_once_for_each_entry)
{
    const struct section *filter;

    parse_well("pipeline:\n  filters:\n    - name: grep\n      regex:\n        - log a\n"
               "        - log b\n");
    filter = kit_section(CONFIG_FILTER, 0);
    ck_assert_uint_eq(filter->property_count, 3);
    ck_assert_str_eq(filter->properties[2].value, "log b");
    ck_assert(filter->properties[2].is_list_item);
    ck_assert(!filter->properties[0].is_list_item);
    ck_assert_uint_eq(filter->properties[2].place.line, 6);
}
END_TEST

START_TEST(values_are_texts_that_know_their_type)
{
    static const struct {
        const char *value;
        enum property_type type;
    } expected[] = {
        {"x", PROPERTY_TEXT},  {"true", PROPERTY_BOOL},  {"true", PROPERTY_TEXT},
        {"-12", PROPERTY_INT}, {"1.5", PROPERTY_DOUBLE}, {"5M", PROPERTY_TEXT},
        {"", PROPERTY_NULL},   {"~", PROPERTY_NULL},     {"", PROPERTY_TEXT},
        {"9", PROPERTY_TEXT},  {"on", PROPERTY_TEXT},    {"-", PROPERTY_TEXT},
    };
    const struct section *service;

    parse_well("service: {a: x, b: true, c: 'true', d: -12, e: 1.5, f: 5M, g: , h: ~, i: '',"
               " j: \"9\", k: on, l: '-'}\n");
    service = kit_section(CONFIG_SERVICE, 0);
    ck_assert_uint_eq(service->property_count, ARRAY_LEN(expected));
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        ck_assert_str_eq(service->properties[i].value, expected[i].value);
        ck_assert_int_eq(service->properties[i].type, expected[i].type);
    }
}
END_TEST

START_TEST(env_is_a_map)
{
    parse_well("env:\n  PORT: 9200\n  Name_X: a b\nservice:\n  http_port: ${PORT}\n");
    section_expand(kit.config, kit_section(CONFIG_SERVICE, 0), &kit.report);
    kit_expect(kit_section(CONFIG_SERVICE, 0), "http_port", "9200");
    ck_assert_str_eq(env_get(&kit.config->env, "Name_X"), "a b");
}
END_TEST

START_TEST(env_is_a_list)
{
    char text[256];

    snprintf(text, sizeof text,
             "env:\n  - name: A\n    value: x\n  - name: B\n    uri: file://%s\n"
             "    refresh_interval: 60\n",
             kit_write("token", "t0\n"));
    parse(text);
    ck_assert_str_eq(env_get(&kit.config->env, "A"), "x");
    ck_assert_str_eq(env_get(&kit.config->env, "B"), "t0");
    kit_expect_warning("'refresh_interval' has no effect");
}
END_TEST

START_TEST(wrong_variables_are_told)
{
    parse("env:\n  - A\n  - name: B\n  - name: C\n    uri: http://x\n"
          "  - name: D\n    uri: file:///nowhere/at/all\n");
    kit_expect_error("main:2: a variable in a list is written");
    kit_expect_error("main:3: the variable 'B' needs a 'value'");
    kit_expect_error("main:4: the variable 'C' needs");
    kit_expect_error("main:6: the variable 'D' names a file that cannot be read");
    ck_assert_uint_eq(kit.report.error_count, 4);
}
END_TEST

START_TEST(a_variable_with_keys_of_its_own_is_an_error)
{
    parse("env:\n  A:\n    b: c\n");
    kit_expect_error("main:2: the variable 'A' must have one value");
}
END_TEST

START_TEST(parsers_and_their_rules_are_read)
{
    const struct section *parser, *rule;

    parse_well("parsers:\n  - name: p\n    format: json\n    timeKey: t\n"
               "multiline_parsers:\n  - name: m\n    type: regex\n    rules:\n"
               "      - state: start_state\n        regex: '/^a/'\n        next_state: cont\n"
               "      - {state: cont, regex: '/^b/', nextState: cont}\n");
    kit_expect(kit_section(CONFIG_PARSER, 0), "time_key", "t");
    parser = kit_section(CONFIG_MULTILINE_PARSER, 0);
    rule = section_group(parser, "rules", NULL);
    kit_expect(rule, "regex", "/^a/");
    rule = section_group(parser, "rules", rule);
    kit_expect(rule, "state", "cont");
    kit_expect(rule, "next_state", "cont");
}
END_TEST

START_TEST(the_other_lists_are_read)
{
    const struct section *upstream;

    parse_well("plugins:\n  - /a.so\n  - /b.so\ncustoms:\n  - name: calyptia\n"
               "stream_processor:\n  - name: s\n    exec: SELECT 1;\n"
               "upstream_servers:\n  - name: u\n    nodes:\n      - name: n1\n        port: 1\n"
               "      - name: n2\nextensions:\n  any: thing\n");
    ck_assert_str_eq(kit_section(CONFIG_PLUGINS, 0)->properties[1].value, "/b.so");
    kit_expect(kit_section(CONFIG_CUSTOM, 0), "name", "calyptia");
    kit_expect(kit_section(CONFIG_STREAM_TASK, 0), "exec", "SELECT 1;");
    upstream = kit_section(CONFIG_UPSTREAM, 0);
    kit_expect(section_group(upstream, "nodes", NULL), "port", "1");
    kit_expect(section_group(upstream, "nodes", section_group(upstream, "nodes", NULL)), "name",
               "n2");
    kit_expect(kit_section(CONFIG_OTHER, 0), "any", "thing");
}
END_TEST

START_TEST(processors_keep_their_order_types_and_conditions)
{
    const struct section *processors, *modifier, *condition, *rule;

    parse_well("pipeline:\n  inputs:\n    - name: tail\n      processors:\n        logs:\n"
               "          - name: content_modifier\n            action: insert\n"
               "            value: 5\n            condition:\n              op: or\n"
               "              rules:\n                - field: $a\n                  op: in\n"
               "                  value: [x, y]\n          - name: grep\n");
    processors = section_group(kit_section(CONFIG_INPUT, 0), "processors", NULL);
    modifier = section_group(processors, "logs", NULL);
    kit_expect(modifier, "name", "content_modifier");
    ck_assert_int_eq(section_find(modifier, "value", NULL)->type, PROPERTY_INT);
    condition = section_group(modifier, "condition", NULL);
    kit_expect(condition, "op", "or");
    rule = section_group(condition, "rules", NULL);
    kit_expect(rule, "field", "$a");
    ck_assert_str_eq(section_find(rule, "value", section_find(rule, "value", NULL))->value, "y");
    kit_expect(section_group(processors, "logs", modifier), "name", "grep");
}
END_TEST

START_TEST(wrong_processors_are_told)
{
    parse("pipeline:\n  inputs:\n    - name: tail\n      processors:\n        log:\n"
          "          - name: x\n        metrics:\n          - action: y\n        traces: z\n"
          "  filters:\n    - name: grep\n      processors:\n        logs: []\n");
    kit_expect_error("main:6: 'log' is nothing that processors work on; did you mean 'logs'?");
    kit_expect_error("main:8: a processor needs a 'name'");
    kit_expect_error("main:9: 'traces' must be a list of processors");
    kit_expect_error("main:12: a filter has no processors");
    ck_assert_uint_eq(kit.report.error_count, 4);
}
END_TEST

START_TEST(routes_are_kept_as_groups)
{
    const struct section *routes, *route;

    parse_well("pipeline:\n  inputs:\n    - name: tail\n      routes:\n        logs:\n"
               "          - name: r\n            condition:\n              default: true\n"
               "            to:\n              outputs: [a, {name: b, fallback: c}]\n");
    routes = section_group(kit_section(CONFIG_INPUT, 0), "routes", NULL);
    route = section_group(routes, "logs", NULL);
    kit_expect(route, "name", "r");
    kit_expect(section_group(route, "condition", NULL), "default", "true");
    kit_expect(section_group(route, "to", NULL), "outputs", "a");
    kit_expect(section_group(section_group(route, "to", NULL), "outputs", NULL), "fallback", "c");
}
END_TEST

START_TEST(telemetry_is_a_group_of_the_service)
{
    parse_well("service:\n  telemetry:\n    metrics:\n      logs:\n        enabled: true\n");
    kit_expect(section_group(
                   section_group(section_group(kit_section(CONFIG_SERVICE, 0), "telemetry", NULL),
                                 "metrics", NULL),
                   "logs", NULL),
               "enabled", "true");
}
END_TEST

START_TEST(keys_below_a_plain_key_are_an_error)
{
    parse("pipeline:\n  outputs:\n    - name: http\n      header:\n        a: b\n"
          "      uri: [[x]]\n");
    kit_expect_error("main:4: 'header' of output must have a value");
    kit_expect_error("main:6: 'uri' must not hold a list in its list");
}
END_TEST

START_TEST(nothing_where_a_list_should_be_is_a_warning)
{
    parse("pipeline:\n  inputs:\n    - name: cpu\n      processors:\n  filters:\n  outputs: ~\n"
          "parsers:\nservice:\nenv:\nincludes:\n");
    kit_expect_warning("main:4: 'processors' is empty");
    kit_expect_warning("main:5: 'filters' is empty");
    kit_expect_warning("main:6: 'outputs' is empty");
    kit_expect_warning("main:7: 'parsers' is empty");
    ck_assert_uint_eq(kit.report.warning_count, 7);
}
END_TEST

START_TEST(a_map_where_a_list_should_be_is_an_error)
{
    parse("pipeline:\n  inputs:\n    name: cpu\n  outputs:\n    - stdout\nservice: fast\n"
          "plugins:\n  - a: b\nincludes:\n  - [x]\n");
    kit_expect_error("main:2: 'inputs' must be a list; begin each entry with '- '");
    kit_expect_error("main:5: an entry of 'outputs' must hold keys with values");
    kit_expect_error("main:6: 'service' must hold keys with values");
    kit_expect_error("main:8: an entry of 'plugins' must be a path");
    kit_expect_error("main:10: an entry of 'includes' must be the name of a file");
}
END_TEST

START_TEST(an_unknown_part_of_a_pipeline_is_an_error)
{
    parse("pipeline:\n  input:\n    - name: cpu\n  zzzzzzzz: 1\n");
    kit_expect_error("main:2: 'input' is no part of a pipeline; did you mean 'inputs'?");
    kit_expect_error("main:4: 'zzzzzzzz' is no part of a pipeline; there are inputs");
}
END_TEST

START_TEST(an_unknown_key_at_the_top_is_kept_and_told)
{
    parse("servise:\n  flush: 1\nzzzzzzzz: 2\n");
    kit_expect(kit_section(CONFIG_OTHER, 0), "flush", "1");
    kit_expect_warning("main:1: 'servise' is left out; did you mean 'service'?");
    kit_expect_warning("main:3: 'zzzzzzzz' is no section known here");
}
END_TEST

START_TEST(a_second_service_adds_to_the_first_with_a_warning)
{
    parse("service:\n  flush: 1\n---\nservice:\n  grace: 9\n");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "1");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "grace", "9");
    kit_expect_warning("main:4: 'service' is given again");
}
END_TEST

START_TEST(an_anchor_that_nothing_refers_to_does_no_harm)
{
    parse_well(
        "service: &s\n  flush: &f 1\npipeline:\n  inputs: &i\n    - &in\n      name: tail\n");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "1");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "tail");
}
END_TEST

START_TEST(an_alias_is_an_error)
{
    parse("service:\n  flush: &f 1\n  grace: *f\n");
    kit_expect_error("main:3: aliases (*name) are not taken");
    ck_assert_uint_eq(kit.report.error_count, 1);
}
END_TEST

START_TEST(what_stands_behind_an_alias_is_looked_at_too)
{
    parse("pipeline:\n  inputs:\n    - <<: *base\n      name: tail\n  outputs: *o\n  filter: x\n");
    kit_expect_error("main:3: aliases (*name) are not taken");
    kit_expect_error("main:5: aliases (*name) are not taken");
    kit_expect_error("main:6: 'filter' is no part of a pipeline");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "tail");
}
END_TEST

START_TEST(an_alias_alone_is_an_error)
{
    parse("service:\n  flush: *f\n");
    kit_expect_error("main:2: aliases (*name) are not taken");
}
END_TEST

START_TEST(text_that_is_no_yaml_is_an_error_with_its_line)
{
    parse("service:\n  flush: 1\npipeline:\n  inputs:\n    - name: [cpu\n  outputs: 5: 6\n");
    kit_expect_error("main:6: this is no YAML:");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "1");
}
END_TEST

START_TEST(a_list_as_a_key_is_an_error)
{
    parse("service:\n  [a, b]: 1\n");
    kit_expect_error("main:2: a key must be a word");
}
END_TEST

START_TEST(too_many_levels_are_an_error)
{
    char text[2 * YAML_DEPTH_MAX + 8] = "a: ";

    memset(text + 3, '[', 2 * YAML_DEPTH_MAX);
    parse(text);
    kit_expect_error("main:1: these are too many levels");
}
END_TEST

START_TEST(a_nul_in_a_value_is_an_error)
{
    parse("service:\n  flush: \"1\\0\"\n");
    kit_expect_error("main:2: this text holds a NUL");
}
END_TEST

START_TEST(an_empty_file_is_an_empty_configuration)
{
    parse_well("");
    parse_well("# nothing\n---\n");
    ck_assert_ptr_null(config_first(kit.config, CONFIG_SERVICE));
}
END_TEST

START_TEST(a_file_without_keys_is_an_error)
{
    parse("- name: cpu\n");
    kit_expect_error("main:1: a configuration in YAML begins with keys");
}
END_TEST

START_TEST(an_include_is_found_beside_the_file_that_includes)
{
    kit_write("a.anything", "pipeline: {inputs: [{name: a}]}\n");
    kit_write("in-c.yaml", "pipeline: {inputs: [{name: c}]}\n");
    kit_write("in-b.yaml", "includes: [a.anything]\npipeline: {inputs: [{name: b}]}\n");
    parse_well("includes:\n  - in-*.yaml\npipeline: {inputs: [{name: d}]}\n");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "a");
    kit_expect(kit_section(CONFIG_INPUT, 1), "name", "b");
    kit_expect(kit_section(CONFIG_INPUT, 2), "name", "c");
    kit_expect(kit_section(CONFIG_INPUT, 3), "name", "d");
    ck_assert_str_eq(kit_section(CONFIG_INPUT, 0)->place.file, kit_path("a.anything"));
}
END_TEST

START_TEST(wrong_includes_are_told)
{
    kit_write("a.yaml", "includes: [a.yaml]\n");
    parse("includes:\n  - a.yaml\n  - gone.yaml\n  - gone-*.yaml\n");
    kit_expect_error("a.yaml:1: cannot read");
    kit_expect_error("included before");
    kit_expect_error("main:3: cannot read");
    kit_expect_error("main:4: no file matches");
    ck_assert_uint_eq(kit.report.error_count, 3);
}
END_TEST

static void add_all(TCase *tcase, const TTest *const *tests)
{
    tcase_add_checked_fixture(tcase, kit_set_up, kit_tear_down);
    for (; *tests != NULL; tests++)
        tcase_add_test(tcase, *tests);
}

Suite *suite_config_yaml(void);
Suite *suite_config_yaml(void)
{
    const TTest *const right[] = {
        the_sections_are_those_of_the_classic_grammar,
        each_key_knows_its_file_and_line,
        camel_case_becomes_snake_case,
        blanks_around_a_value_are_left_out,
        top_level_keys_have_no_case,
        a_list_sets_its_key_once_for_each_entry,
        values_are_texts_that_know_their_type,
        env_is_a_map,
        env_is_a_list,
        parsers_and_their_rules_are_read,
        the_other_lists_are_read,
        processors_keep_their_order_types_and_conditions,
        an_anchor_that_nothing_refers_to_does_no_harm,
        routes_are_kept_as_groups,
        telemetry_is_a_group_of_the_service,
        nothing_where_a_list_should_be_is_a_warning,
        a_second_service_adds_to_the_first_with_a_warning,
        an_empty_file_is_an_empty_configuration,
        an_include_is_found_beside_the_file_that_includes,
        NULL,
    };
    const TTest *const wrong[] = {
        wrong_variables_are_told,
        a_variable_with_keys_of_its_own_is_an_error,
        wrong_processors_are_told,
        keys_below_a_plain_key_are_an_error,
        a_map_where_a_list_should_be_is_an_error,
        an_unknown_part_of_a_pipeline_is_an_error,
        an_unknown_key_at_the_top_is_kept_and_told,
        an_alias_is_an_error,
        what_stands_behind_an_alias_is_looked_at_too,
        an_alias_alone_is_an_error,
        text_that_is_no_yaml_is_an_error_with_its_line,
        a_list_as_a_key_is_an_error,
        too_many_levels_are_an_error,
        a_nul_in_a_value_is_an_error,
        a_file_without_keys_is_an_error,
        wrong_includes_are_told,
        NULL,
    };
    Suite *suite = suite_create("config/yaml");
    TCase *read = tcase_create("read");
    TCase *told = tcase_create("told");

    add_all(read, right);
    add_all(told, wrong);
    suite_add_tcase(suite, read);
    suite_add_tcase(suite, told);
    return suite;
}
