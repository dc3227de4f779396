#include "config_kit.h"

#include "config/load.h"

#define OUT(upstream) "[OUTPUT]\n  Name es\n  Match *\n  Upstream " upstream "\n"
#define TWO_NODES                                                                \
    "[UPSTREAM]\n  Name both\n\n[NODE]\n  Name one\n  Host 10.0.0.1\n  Port 9\n" \
    "[NODE]\n  Name two\n  Host 10.0.0.2\n  Port ${PORT_OF_TWO}\n"

static void load(const char *name)
{
    config_free(&kit.config);
    (void)!config_load(kit_path(name), &kit.report, &kit.config);
}

static void expect_two_nodes(const struct section *output)
{
    const struct section *node = section_group(output, "nodes", NULL);

    ck_assert_msg(kit.report.text.len == 0, "%s", buffer_text(&kit.report.text));
    kit_expect(node, "host", "10.0.0.1");
    node = section_group(output, "nodes", node);
    kit_expect(node, "host", "10.0.0.2");
    kit_expect(node, "port", "7");
    ck_assert_ptr_null(section_group(output, "nodes", node));
}

START_TEST(an_output_has_the_nodes_of_the_file_that_it_names)
{
    kit_write("nodes.conf", "@SET PORT_OF_TWO=7\n" TWO_NODES);
    kit_write("a.conf", OUT("nodes.conf"));
    load("a.conf");
    expect_two_nodes(kit_section(CONFIG_OUTPUT, 0));
}
END_TEST

START_TEST(two_outputs_may_name_one_file)
{
    kit_write("nodes.conf", "@SET PORT_OF_TWO=7\n" TWO_NODES);
    kit_write("a.conf", OUT("nodes.conf") OUT("nodes.conf"));
    load("a.conf");
    expect_two_nodes(kit_section(CONFIG_OUTPUT, 0));
    expect_two_nodes(kit_section(CONFIG_OUTPUT, 1));
}
END_TEST

START_TEST(an_upstream_of_the_same_file_is_named)
{
    kit_write("a.yaml", "upstream_servers:\n  - name: both\n    nodes:\n"
                        "      - {name: one, host: 10.0.0.1, port: 9}\n"
                        "      - {name: two, host: 10.0.0.2, port: 7}\n"
                        "pipeline:\n  outputs:\n    - {name: es, match: '*', upstream: both}\n");
    load("a.yaml");
    expect_two_nodes(kit_section(CONFIG_OUTPUT, 0));
}
END_TEST

START_TEST(a_file_that_is_not_there_is_said_at_the_key)
{
    kit_write("a.conf", OUT("missing.conf"));
    load("a.conf");
    kit_expect_error("a.conf:4: ");
}
END_TEST

START_TEST(an_upstream_without_nodes_is_a_mistake)
{
    kit_write("nodes.conf", "[UPSTREAM]\n  Name empty\n");
    kit_write("a.conf", OUT("nodes.conf"));
    load("a.conf");
    kit_expect_error("this upstream has no [NODE]");
}
END_TEST

START_TEST(a_file_without_an_upstream_is_a_mistake)
{
    kit_write("nodes.conf", "# nothing yet\n");
    kit_write("a.conf", OUT("nodes.conf"));
    load("a.conf");
    kit_expect_error("a.conf:4: nodes.conf has no [UPSTREAM]");
}
END_TEST

Suite *suite_config_upstream(void);
Suite *suite_config_upstream(void)
{
    Suite *suite = suite_create("config/upstream");
    TCase *nodes = tcase_create("nodes");

    tcase_add_checked_fixture(nodes, kit_set_up, kit_tear_down);
    tcase_add_test(nodes, an_output_has_the_nodes_of_the_file_that_it_names);
    tcase_add_test(nodes, two_outputs_may_name_one_file);
    tcase_add_test(nodes, an_upstream_of_the_same_file_is_named);
    tcase_add_test(nodes, a_file_that_is_not_there_is_said_at_the_key);
    tcase_add_test(nodes, an_upstream_without_nodes_is_a_mistake);
    tcase_add_test(nodes, a_file_without_an_upstream_is_a_mistake);
    suite_add_tcase(suite, nodes);
    return suite;
}
