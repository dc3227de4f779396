#include "config_kit.h"

#include "config/classic.h"

static void parse(const char *text)
{
    kit_parse(classic_parse, text);
}

static void parse_well(const char *text)
{
    kit_parse_well(classic_parse, text);
}

START_TEST(sections_and_keys_stand_in_order)
{
    const struct section *input;

    parse_well("[SERVICE]\n    Flush 5\n\n[INPUT]\n    Name tail\n    Path /a\n    Path /b\n"
               "[INPUT]\n    Name  cpu\n");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "5");
    input = kit_section(CONFIG_INPUT, 0);
    ck_assert_uint_eq(input->property_count, 3);
    kit_expect(input, "PATH", "/a");
    ck_assert_str_eq(input->properties[2].value, "/b");
    kit_expect(kit_section(CONFIG_INPUT, 1), "name", "cpu");
    ck_assert_ptr_null(config_next(kit.config, kit_section(CONFIG_INPUT, 1)));
}
END_TEST

START_TEST(each_key_knows_its_file_and_line)
{
    const struct section *input;

    parse_well("# head\n\n[INPUT]\n    # why\n    Name tail\n");
    input = kit_section(CONFIG_INPUT, 0);
    ck_assert_str_eq(input->place.file, "main");
    ck_assert_uint_eq(input->place.line, 3);
    ck_assert_uint_eq(input->properties[0].place.line, 5);
}
END_TEST

START_TEST(all_values_of_a_key_are_found)
{
    const struct section *filter;
    const struct property *p;

    parse_well("[FILTER]\n  Name modify\n  Add a 1\n  Remove b\n  add c 2\n");
    filter = kit_section(CONFIG_FILTER, 0);
    p = section_find(filter, "Add", NULL);
    ck_assert_str_eq(p->value, "a 1");
    p = section_find(filter, "Add", p);
    ck_assert_str_eq(p->value, "c 2");
    ck_assert_ptr_null(section_find(filter, "Add", p));
}
END_TEST

START_TEST(keys_become_lower_case_and_values_stay)
{
    parse_well("[FILTER]\n    Name grep\n    Regex   log  ^A  \"B\" # c  \n");
    ck_assert_str_eq(kit_section(CONFIG_FILTER, 0)->properties[1].key, "regex");
    kit_expect(kit_section(CONFIG_FILTER, 0), "regex", "log  ^A  \"B\" # c");
}
END_TEST

START_TEST(a_carriage_return_ends_a_line_and_a_newline_may_lack_at_the_end)
{
    parse_well("[INPUT]\r\n    Name tail\r\n\r\n    Tag kube.*");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "tail");
    kit_expect(kit_section(CONFIG_INPUT, 0), "tag", "kube.*");
}
END_TEST

START_TEST(a_tab_behind_a_key_is_taken_with_one_warning)
{
    parse("[INPUT]\n    Name\ttail\n    Tag\tx\n");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "tail");
    kit_expect_warning("main:2: a tab stands behind the key 'name'");
    ck_assert_uint_eq(kit.report.warning_count, 1);
}
END_TEST

START_TEST(a_colon_behind_a_key_is_left_out_with_a_warning)
{
    parse("[OUTPUT]\n    Name es\n    tls: On\n");
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "tls", "On");
    ck_assert_uint_eq(kit.report.warning_count, 1);
    kit_expect_warning("'tls:'");
}
END_TEST

START_TEST(any_indentation_is_taken_with_one_warning)
{
    parse("[INPUT]\n    Name tail\n   Tag a\n\tPath /b\n  \n[OUTPUT]\n Name null\n");
    ck_assert_uint_eq(kit_section(CONFIG_INPUT, 0)->property_count, 3);
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "name", "null");
    kit_expect_warning("main:3: the indentation changes here");
    ck_assert_uint_eq(kit.report.warning_count, 1);
}
END_TEST

START_TEST(twice_the_indentation_under_a_name_is_a_group)
{
    const struct section *output, *group;

    parse_well("[OUTPUT]\n  Name null\n  [processors]\n    Logs x\n    Kind y\n  Match *\n");
    output = kit_section(CONFIG_OUTPUT, 0);
    group = section_group(output, "processors", NULL);
    ck_assert_ptr_nonnull(group);
    kit_expect(group, "logs", "x");
    kit_expect(group, "kind", "y");
    kit_expect(output, "match", "*");
    kit_expect(output, "logs", NULL);
    ck_assert_ptr_null(section_group(output, "processors", group));
}
END_TEST

START_TEST(twice_the_indentation_without_a_group_is_one_more_key)
{
    parse("[OUTPUT]\n  Name null\n    Match *\n");
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "match", "*");
    kit_expect_warning("main:3");
}
END_TEST

START_TEST(a_key_in_the_first_column_is_an_error)
{
    parse("[INPUT]\nName tail\n");
    kit_expect_error("main:2: 'Name tail' must be indented");
}
END_TEST

START_TEST(a_key_without_a_value_is_an_error)
{
    parse("[INPUT]\n    Name tail\n    Parser  \n    Tag\n");
    kit_expect_error("main:3: the key 'parser' has no value");
    kit_expect_error("main:4: the key 'tag' has no value");
}
END_TEST

START_TEST(keys_before_any_section_are_told_once)
{
    parse("service:\n  flush: 1\npipeline:\n");
    kit_expect_error("main:1: 'service:' stands outside of any section");
    ck_assert_uint_eq(kit.report.error_count, 1);
}
END_TEST

START_TEST(a_section_without_keys_is_a_warning)
{
    parse("[INPUT]\n[OUTPUT]\n    Name null\n[FILTER]\n");
    kit_expect_warning("main:1: [INPUT] has no keys");
    kit_expect_warning("main:4: [FILTER] has no keys");
}
END_TEST

START_TEST(a_section_without_its_bracket_is_one_error)
{
    parse("[INPUT\n    Name tail\n    Tag x\n[]\n    Name tail\n[OUTPUT]\n    Name null\n");
    kit_expect_error("main:1: '[INPUT' has no closing ']'");
    kit_expect_error("main:4: '[]' names no section");
    ck_assert_uint_eq(kit.report.error_count, 2);
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "name", "null");
}
END_TEST

START_TEST(section_names_have_no_case_and_text_behind_them_is_left_out)
{
    parse_well("[input] the first\n    Name tail\n[Outputs]\n    Name null\n");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "tail");
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "name", "null");
}
END_TEST

START_TEST(a_short_section_name_means_the_first_that_begins_so)
{
    parse("[serv]\n    Flush 1\n[IN]\n    Name tail\n[P]\n    Name x\n[M]\n    Name y\n");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "1");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "tail");
    kit_expect(kit_section(CONFIG_PARSER, 0), "name", "x");
    kit_expect(kit_section(CONFIG_MULTILINE_PARSER, 0), "name", "y");
    kit_expect_warning("[serv] is read as [SERVICE]");
}
END_TEST

START_TEST(an_unknown_section_is_kept_and_told)
{
    parse("[FITLER]\n    Name grep\n");
    kit_expect(kit_section(CONFIG_OTHER, 0), "name", "grep");
    kit_expect_warning("main:1: [FITLER] is left out; did you mean [FILTER]?");
}
END_TEST

START_TEST(a_second_service_adds_to_the_first)
{
    parse_well("[SERVICE]\n    Flush 1\n[SERVICE]\n    Grace 9\n");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "flush", "1");
    kit_expect(kit_section(CONFIG_SERVICE, 0), "grace", "9");
    ck_assert_ptr_null(config_next(kit.config, kit_section(CONFIG_SERVICE, 0)));
}
END_TEST

START_TEST(rules_of_a_multiline_parser_are_groups)
{
    const struct section *parser, *rule;

    parse_well("[MULTILINE_PARSER]\n    name x\n"
               "    rule \"start_state\" \"/^\\d+ \\\"go\\\"/\" \"cont\"\n"
               "    rule      \"cont\"          \"/^\\s+at/\"   \"cont\"\n");
    parser = kit_section(CONFIG_MULTILINE_PARSER, 0);
    rule = section_group(parser, "rules", NULL);
    kit_expect(rule, "state", "start_state");
    kit_expect(rule, "regex", "/^\\d+ \"go\"/");
    kit_expect(rule, "next_state", "cont");
    rule = section_group(parser, "rules", rule);
    kit_expect(rule, "regex", "/^\\s+at/");
    ck_assert_uint_eq(rule->place.line, 4);
    kit_expect(parser, "rule", NULL);
}
END_TEST

START_TEST(a_rule_without_three_parts_is_an_error)
{
    parse("[MULTILINE_PARSER]\n    name x\n    rule \"start_state\" \"/a/\"\n    rule \"a\n");
    kit_expect_error("main:3: '\"start_state\" \"/a/\"' is no rule");
    kit_expect_error("main:4: '\"a' is no rule");
}
END_TEST

START_TEST(nodes_belong_to_the_upstream_before_them)
{
    const struct section *upstream, *node;

    parse_well("[UPSTREAM]\n    name balance\n[NODE]\n    name a\n    host 10.0.0.1\n"
               "[NODE]\n    name b\n");
    upstream = kit_section(CONFIG_UPSTREAM, 0);
    node = section_group(upstream, "nodes", NULL);
    kit_expect(node, "host", "10.0.0.1");
    kit_expect(section_group(upstream, "nodes", node), "name", "b");
}
END_TEST

START_TEST(a_node_without_an_upstream_is_an_error)
{
    parse("[NODE]\n    name a\n");
    kit_expect_error("main:1: [NODE] must follow an [UPSTREAM]");
    ck_assert_uint_eq(kit.report.error_count, 1);
}
END_TEST

START_TEST(set_counts_wherever_it_stands_and_the_last_counts_most)
{
    parse_well("[INPUT]\n    Name tail\n    Path ${WHERE}\n@SET WHERE=/a\n@set WHERE=/b=c \n");
    ck_assert_str_eq(env_get(&kit.config->env, "WHERE"), "/b=c");
    section_expand(kit.config, kit_section(CONFIG_INPUT, 0), &kit.report);
    kit_expect(kit_section(CONFIG_INPUT, 0), "path", "/b=c");
}
END_TEST

START_TEST(an_indented_set_is_a_key)
{
    parse_well("[INPUT]\n    Name tail\n    @SET a=b\n");
    kit_expect(kit_section(CONFIG_INPUT, 0), "@set", "a=b");
}
END_TEST

START_TEST(wrong_commands_are_told)
{
    parse("@SET\n@SET novalue\n@SET =x\n@SET a=file:///nowhere/at/all\n");
    kit_expect_error("main:1: '@SET' is followed by nothing");
    kit_expect_error("main:2: '@SET novalue' has no name and value");
    kit_expect_error("main:3");
    kit_expect_error("main:4: '@SET a' names a file that cannot be read: No such file");
    ck_assert_uint_eq(kit.report.error_count, 4);
}
END_TEST

START_TEST(an_unknown_command_is_a_warning)
{
    parse("@TEST a=b\n");
    kit_expect_warning("main:1: '@TEST' means nothing");
}
END_TEST

START_TEST(an_include_is_found_beside_the_main_file)
{
    kit_write("in.conf", "[INPUT]\n  Name tail\n");
    parse_well("@INCLUDE in.conf\n[OUTPUT]\n    Name null\n");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "tail");
    ck_assert_str_eq(kit_section(CONFIG_INPUT, 0)->place.file, kit_path("in.conf"));
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "name", "null");
}
END_TEST

START_TEST(an_include_leaves_the_section_around_it_open)
{
    kit_write("in.conf", "[INPUT]\n  Name tail\n");
    parse_well("[OUTPUT]\n    Name null\n@include in.conf\n    Match *\n");
    kit_expect(kit_section(CONFIG_OUTPUT, 0), "match", "*");
    kit_expect(kit_section(CONFIG_INPUT, 0), "match", NULL);
}
END_TEST

START_TEST(an_include_with_a_star_reads_sorted_by_name)
{
    kit_write("in-b.conf", "[INPUT]\n  Name b\n");
    kit_write("in-a.conf", "[INPUT]\n  Name a\n");
    kit_write("other.conf", "[INPUT]\n  Name c\n");
    parse_well("@INCLUDE in-*.conf\n");
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "a");
    kit_expect(kit_section(CONFIG_INPUT, 1), "name", "b");
    ck_assert_ptr_null(config_next(kit.config, kit_section(CONFIG_INPUT, 1)));
}
END_TEST

START_TEST(a_missing_include_is_an_error)
{
    kit_path("");
    parse("@INCLUDE gone.conf\n@INCLUDE gone-*.conf\n@INCLUDE .\n");
    kit_expect_error("main:1: cannot read");
    kit_expect_error("gone.conf': No such file");
    kit_expect_error("main:2: no file matches");
    kit_expect_error("main:3: cannot read '.': Is a directory");
}
END_TEST

START_TEST(a_file_that_includes_itself_is_an_error)
{
    kit_write("a.conf", "@INCLUDE b.conf\n");
    kit_write("b.conf", "@INCLUDE a.conf\n");
    parse("@INCLUDE a.conf\n");
    kit_expect_error("b.conf:1: cannot read");
    kit_expect_error("included before");
}
END_TEST

START_TEST(a_file_included_twice_is_an_error)
{
    kit_write("a.conf", "[INPUT]\n  Name tail\n");
    parse("@INCLUDE a.conf\n@INCLUDE ./a.conf\n");
    kit_expect_error("main:2: cannot read");
    ck_assert_uint_eq(kit.report.error_count, 1);
}
END_TEST

Suite *suite_config_classic(void);
Suite *suite_config_classic(void)
{
    Suite *suite = suite_create("config/classic");
    TCase *lines = tcase_create("lines");
    TCase *sections = tcase_create("sections");
    TCase *commands = tcase_create("commands");

    tcase_add_checked_fixture(lines, kit_set_up, kit_tear_down);
    tcase_add_test(lines, sections_and_keys_stand_in_order);
    tcase_add_test(lines, each_key_knows_its_file_and_line);
    tcase_add_test(lines, all_values_of_a_key_are_found);
    tcase_add_test(lines, keys_become_lower_case_and_values_stay);
    tcase_add_test(lines, a_carriage_return_ends_a_line_and_a_newline_may_lack_at_the_end);
    tcase_add_test(lines, a_tab_behind_a_key_is_taken_with_one_warning);
    tcase_add_test(lines, a_colon_behind_a_key_is_left_out_with_a_warning);
    tcase_add_test(lines, any_indentation_is_taken_with_one_warning);
    tcase_add_test(lines, twice_the_indentation_under_a_name_is_a_group);
    tcase_add_test(lines, twice_the_indentation_without_a_group_is_one_more_key);
    tcase_add_test(lines, a_key_in_the_first_column_is_an_error);
    tcase_add_test(lines, a_key_without_a_value_is_an_error);
    tcase_add_test(lines, keys_before_any_section_are_told_once);
    suite_add_tcase(suite, lines);

    tcase_add_checked_fixture(sections, kit_set_up, kit_tear_down);
    tcase_add_test(sections, a_section_without_keys_is_a_warning);
    tcase_add_test(sections, a_section_without_its_bracket_is_one_error);
    tcase_add_test(sections, section_names_have_no_case_and_text_behind_them_is_left_out);
    tcase_add_test(sections, a_short_section_name_means_the_first_that_begins_so);
    tcase_add_test(sections, an_unknown_section_is_kept_and_told);
    tcase_add_test(sections, a_second_service_adds_to_the_first);
    tcase_add_test(sections, rules_of_a_multiline_parser_are_groups);
    tcase_add_test(sections, a_rule_without_three_parts_is_an_error);
    tcase_add_test(sections, nodes_belong_to_the_upstream_before_them);
    tcase_add_test(sections, a_node_without_an_upstream_is_an_error);
    suite_add_tcase(suite, sections);

    tcase_add_checked_fixture(commands, kit_set_up, kit_tear_down);
    tcase_add_test(commands, set_counts_wherever_it_stands_and_the_last_counts_most);
    tcase_add_test(commands, an_indented_set_is_a_key);
    tcase_add_test(commands, wrong_commands_are_told);
    tcase_add_test(commands, an_unknown_command_is_a_warning);
    tcase_add_test(commands, an_include_is_found_beside_the_main_file);
    tcase_add_test(commands, an_include_leaves_the_section_around_it_open);
    tcase_add_test(commands, an_include_with_a_star_reads_sorted_by_name);
    tcase_add_test(commands, a_missing_include_is_an_error);
    tcase_add_test(commands, a_file_that_includes_itself_is_an_error);
    tcase_add_test(commands, a_file_included_twice_is_an_error);
    suite_add_tcase(suite, commands);
    return suite;
}
