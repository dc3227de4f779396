#include "scenario/pipeline/kit.h"

#define UPSTREAM                                                                 \
    SERVICE TAIL "[OUTPUT]\n Name es\n Match *\n Host 203.0.113.1\n Workers 1\n" \
                 " Upstream ${DIR}/state/nodes.conf\n"
#define NODES                                                                     \
    "[UPSTREAM]\n Name both\n[NODE]\n Name one\n Host 127.0.0.1\n Port ${PORT}\n" \
    "[NODE]\n Name two\n Host 127.0.0.1\n Port ${PORT2}\n"
#define APART                                                                     \
    "[UPSTREAM]\n Name both\n[NODE]\n Name one\n Host 127.0.0.1\n Port ${PORT}\n" \
    " Index first\n[NODE]\n Name two\n Host 127.0.0.1\n Port ${PORT2}\n"

static struct kit *k;

static void set_up(void)
{
    k = kit_make();
    tree_write("state/nodes.conf", NODES);
    kit_run(k, UPSTREAM);
}

static void set_up_apart(void)
{
    k = kit_make();
    tree_write("state/nodes.conf", APART);
    kit_run(k, UPSTREAM " Index common\n");
}

static void tear_down(void)
{
    kit_end(&k);
}

static void send(const char *line)
{
    kit_append(k, "app.log", line);
    kit_pass_ms(k, 1000);
}

START_TEST(requests_go_to_the_nodes_in_turn)
{
    send("one\n");
    send("two\n");
    send("three\n");
    backend_expect(k->es, "one");
    backend_expect(k->es, "three");
    backend_expect(k->other, "two");
}
END_TEST

START_TEST(one_that_is_down_costs_one_try_and_no_line)
{
    backend_down(k->es);
    send("one\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->other, "one");
    send("two\n");
    send("three\n");
    backend_expect(k->other, "two");
    backend_expect(k->other, "three");
    ck_assert_uint_eq(kit_counts(k, 0)->retries, 1);
    backend_up(k->es);
    kit_pass_ms(k, 10000);
    send("four\n");
    backend_expect(k->es, "four");
}
END_TEST

START_TEST(with_all_of_them_down_the_lines_wait)
{
    backend_down(k->es);
    backend_down(k->other);
    send("one\n");
    kit_pass_ms(k, 30000);
    kit_expect_bookmark(k, "app.log", 0);
    backend_up(k->other);
    kit_pass_ms(k, 30000);
    backend_expect(k->other, "one");
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

static void expect_index(struct backend *b, const char *index)
{
    ck_assert_msg(strstr(buffer_text(&b->actions), index) != NULL, "%s", buffer_text(&b->actions));
}

START_TEST(a_node_may_have_keys_of_its_own)
{
    send("one\n");
    send("two\n");
    backend_expect(k->es, "one");
    backend_expect(k->other, "two");
    expect_index(k->es, "\"_index\":\"first\"");
    expect_index(k->other, "\"_index\":\"common\"");
}
END_TEST

START_TEST(a_key_that_a_variable_left_empty_is_the_outputs)
{
    kit_end(&k);
    k = kit_make();
    tree_write("state/nodes.conf", NODES " Index ${NOT_SET_ANYWHERE}\n HTTP_User u\n");
    kit_run(k, UPSTREAM " Index common\n");
    send("one\n");
    send("two\n");
    backend_expect(k->other, "two");
    expect_index(k->other, "\"_index\":\"common\"");
}
END_TEST

START_TEST(what_is_under_way_to_a_node_with_keys_is_let_go_of_at_the_end)
{
    backend_says(k->es, (struct kit_answer){.move = KIT_HOLD});
    k->may_hang = true;
    send("one\n");
    ck_assert_uint_eq(kit_counts(k, 0)->in_flight_records, 1);
    kit_stop(k);
    kit_expect_bookmark(k, "app.log", 0);
}
END_TEST

START_TEST(what_is_tried_again_is_made_for_the_node_that_gets_it)
{
    backend_down(k->es);
    send("one\n");
    kit_pass_ms(k, 2000);
    backend_expect(k->other, "one");
    expect_index(k->other, "\"_index\":\"common\"");
}
END_TEST

Suite *suite_pipeline_upstream(void);
Suite *suite_pipeline_upstream(void)
{
    Suite *suite = suite_create("pipeline/upstream");
    TCase *nodes = tcase_create("nodes");
    TCase *apart = tcase_create("apart");

    tcase_add_checked_fixture(nodes, set_up, tear_down);
    tcase_add_test(nodes, requests_go_to_the_nodes_in_turn);
    tcase_add_test(nodes, one_that_is_down_costs_one_try_and_no_line);
    tcase_add_test(nodes, with_all_of_them_down_the_lines_wait);
    tcase_add_checked_fixture(apart, set_up_apart, tear_down);
    tcase_add_test(apart, a_node_may_have_keys_of_its_own);
    tcase_add_test(apart, a_key_that_a_variable_left_empty_is_the_outputs);
    tcase_add_test(apart, what_is_under_way_to_a_node_with_keys_is_let_go_of_at_the_end);
    tcase_add_test(apart, what_is_tried_again_is_made_for_the_node_that_gets_it);
    suite_add_tcase(suite, nodes);
    suite_add_tcase(suite, apart);
    return suite;
}
