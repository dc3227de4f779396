#include "config_kit.h"

#include "config/address.h"
#include "config/classic.h"

static struct section *output_of(const char *keys)
{
    struct buffer text = {0};

    config_free(&kit.config);
    kit.config = config_new();
    buffer_append_format(&text, "[OUTPUT]\n%s", keys);
    kit_parse_well(classic_parse, buffer_text(&text));
    buffer_fini(&text);
    addresses_spread(kit.config, &kit.report);
    return kit_section(CONFIG_OUTPUT, 0);
}

START_TEST(an_address_becomes_keys)
{
    const struct section *s = output_of("  Name es://10.0.0.1:9201/logs/doc\n");

    kit_expect(s, "name", "es");
    kit_expect(s, "host", "10.0.0.1");
    kit_expect(s, "port", "9201");
    kit_expect(s, "index", "logs");
    kit_expect(s, "type", "doc");
}
END_TEST

START_TEST(what_an_address_lacks_is_left_to_the_keys)
{
    const struct section *s = output_of("  Name ES://search\n  Index mine\n");

    kit_expect(s, "name", "ES");
    kit_expect(s, "host", "search");
    ck_assert_ptr_null(section_get(s, "port"));
    kit_expect(s, "index", "mine");
    s = output_of("  Name elasticsearch://search/alone\n");
    kit_expect(s, "host", "search");
    ck_assert_ptr_null(section_get(s, "index"));
}
END_TEST

START_TEST(keys_count_for_the_place_and_the_address_for_the_index)
{
    const struct section *s =
        output_of("  Name opensearch://a:1/i/t\n  Host b\n  Port 2\n  Index x\n  Type y\n");

    kit_expect(s, "host", "b");
    kit_expect(s, "port", "2");
    kit_expect(s, "index", "i");
    kit_expect(s, "type", "t");
}
END_TEST

START_TEST(a_host_in_brackets_keeps_its_colons)
{
    const struct section *s = output_of("  Name es://[::1]:9201/i/t\n");

    kit_expect(s, "host", "::1");
    kit_expect(s, "port", "9201");
    kit_expect(s, "type", "t");
    kit_expect(output_of("  Name es://[::1]\n"), "host", "::1");
}
END_TEST

START_TEST(who_posts_needs_a_host)
{
    (void)output_of("  Name es://\n");
    kit_expect_error("main:2: 'es://' names no host");
}
END_TEST

START_TEST(a_bracket_must_be_closed)
{
    (void)output_of("  Name es://[::1\n");
    kit_expect_error("main:2: 'es://[::1' names no host");
}
END_TEST

START_TEST(behind_a_bracket_stands_a_port_or_a_path)
{
    ck_assert_ptr_null(section_get(output_of("  Name es://[::1]x:9\n"), "port"));
    kit_expect_error("main:2: 'es://[::1]x:9' names no host");
}
END_TEST

START_TEST(an_output_without_a_back_end_needs_none)
{
    const struct section *s = output_of("  Name stdout://\n");

    kit_expect(s, "name", "stdout");
    ck_assert_uint_eq(kit.report.error_count, 0);
    s = output_of("  Name null://a/b/c\n");
    ck_assert_ptr_null(section_get(s, "index"));
}
END_TEST

START_TEST(an_unknown_name_is_left_to_who_looks_for_it)
{
    kit_expect(output_of("  Name nothing://a:1\n"), "name", "nothing");
    kit_expect(output_of("  Name ://a:1\n"), "name", "://a:1");
    ck_assert_uint_eq(kit.report.error_count, 0);
}
END_TEST

START_TEST(of_an_input_the_name_counts)
{
    kit_parse_well(classic_parse, "[INPUT]\n  Name dummy://x\n[FILTER]\n  Name grep://x\n");
    addresses_spread(kit.config, &kit.report);
    kit_expect(kit_section(CONFIG_INPUT, 0), "name", "dummy");
    kit_expect(kit_section(CONFIG_FILTER, 0), "name", "grep://x");
}
END_TEST

Suite *suite_config_address(void);
Suite *suite_config_address(void)
{
    Suite *suite = suite_create("config/address");
    TCase *tcase = tcase_create("address");

    tcase_add_checked_fixture(tcase, kit_set_up, kit_tear_down);
    tcase_add_test(tcase, an_address_becomes_keys);
    tcase_add_test(tcase, what_an_address_lacks_is_left_to_the_keys);
    tcase_add_test(tcase, keys_count_for_the_place_and_the_address_for_the_index);
    tcase_add_test(tcase, a_host_in_brackets_keeps_its_colons);
    tcase_add_test(tcase, who_posts_needs_a_host);
    tcase_add_test(tcase, a_bracket_must_be_closed);
    tcase_add_test(tcase, behind_a_bracket_stands_a_port_or_a_path);
    tcase_add_test(tcase, an_output_without_a_back_end_needs_none);
    tcase_add_test(tcase, an_unknown_name_is_left_to_who_looks_for_it);
    tcase_add_test(tcase, of_an_input_the_name_counts);
    suite_add_tcase(suite, tcase);
    return suite;
}
