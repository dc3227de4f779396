#include "scenario/pipeline/kit.h"

#define RULE(rule) "[FILTER]\n Name rewrite_tag\n Match app\n Rule " rule "\n"
#define TO(match, port) "[OUTPUT]\n Name es\n Match " match "\n Port ${" port "}\n Workers 1\n"

static struct kit *k;

static void tear_down(void)
{
    kit_end(&k);
}

static void send(const char *lines)
{
    kit_append(k, "app.log", lines);
    kit_pass_ms(k, 1000);
}

START_TEST(what_matches_goes_to_who_takes_the_new_tag)
{
    k = kit_start(SERVICE TAIL RULE("$log ^e(.) err.$1.$TAG false") TO("app", "PORT")
                      TO("err.x.app", "PORT2"));
    send("one\nex\ntwo\ney\n");
    backend_expect(k->es, "one", "two");
    backend_expect(k->other, "ex");
    kit_pass_ms(k, 5000);
    kit_expect_bookmark(k, "app.log", 14);
}
END_TEST

START_TEST(what_is_kept_goes_to_both)
{
    k = kit_start(SERVICE TAIL RULE("$log ^e err true") TO("app", "PORT") TO("err", "PORT2"));
    send("one\nex\n");
    backend_expect(k->es, "one", "ex");
    backend_expect(k->other, "ex");
}
END_TEST

START_TEST(both_documents_have_ids_of_their_own)
{
    k = kit_start(SERVICE TAIL RULE("$log ^e err true") TO("*", "PORT"));
    send("ex\n");
    ck_assert_uint_eq(backend_taken_count(k->es), 2);
}
END_TEST

START_TEST(a_tag_that_no_output_takes_may_lead_to_one)
{
    k = kit_start(SERVICE TAIL RULE("$log . err false") TO("err", "PORT"));
    send("one\n");
    backend_expect(k->es, "one");
    kit_expect_bookmark(k, "app.log", 4);
}
END_TEST

START_TEST(the_bookmark_waits_for_the_copy)
{
    k = kit_start(SERVICE TAIL RULE("$log . err true") TO("app", "PORT") TO("err", "PORT2"));
    backend_down(k->other);
    send("one\ntwo\n");
    kit_pass_ms(k, 3000);
    backend_expect(k->es, "one", "two");
    kit_expect_bookmark(k, "app.log", 0);
    kit_kill(k);
    backend_up(k->other);
    kit_run_again(k);
    kit_pass_ms(k, 5000);
    ck_assert_str_eq(backend_taken(k->other), "one two ");
    kit_expect_bookmark(k, "app.log", 8);
}
END_TEST

START_TEST(what_goes_on_under_another_tag_is_counted)
{
    const struct filter_metrics *filter;

    k = kit_start(SERVICE TAIL RULE("$log ^e err false") TO("*", "PORT"));
    send("one\nex\ntwo\ney\n");
    filter = CONTAINER_OF(pipeline_metrics(k->pipeline)->filters.next, struct filter_metrics, link);
    ck_assert_uint_eq(filter->emit_records, 2);
    ck_assert_uint_eq(filter->drop_records, 2);
}
END_TEST

START_TEST(the_new_tag_goes_through_all_filters)
{
    k = kit_start(SERVICE TAIL "[FILTER]\n Name grep\n Match err\n Exclude log ^ex$\n" RULE(
        "$log ^e err false") TO("err", "PORT"));
    send("ex\ney\n");
    backend_expect(k->es, "ey");
}
END_TEST

START_TEST(what_would_go_round_for_ever_stays)
{
    k = kit_start(
        SERVICE TAIL
        "[FILTER]\n Name rewrite_tag\n Match *\n Rule $log . r.$TAG false\n" TO("*", "PORT"));
    send("one\n");
    backend_expect(k->es, "one");
}
END_TEST

START_TEST(a_copy_is_not_changed_by_what_comes_after_it)
{
    k = kit_start(SERVICE TAIL RULE(
        "$log ^e err true") "[FILTER]\n Name modify\n Match app\n Set log changed\n" TO("app",
                                                                                        "PORT")
                      TO("err", "PORT2"));
    send("ex\n");
    backend_expect(k->es, "changed");
    backend_expect(k->other, "ex");
}
END_TEST

Suite *suite_pipeline_retag(void);
Suite *suite_pipeline_retag(void)
{
    Suite *suite = suite_create("pipeline/retag");
    TCase *tags = tcase_create("tags");

    tcase_add_checked_fixture(tags, NULL, tear_down);
    tcase_add_test(tags, what_matches_goes_to_who_takes_the_new_tag);
    tcase_add_test(tags, what_is_kept_goes_to_both);
    tcase_add_test(tags, both_documents_have_ids_of_their_own);
    tcase_add_test(tags, a_tag_that_no_output_takes_may_lead_to_one);
    tcase_add_test(tags, the_bookmark_waits_for_the_copy);
    tcase_add_test(tags, what_goes_on_under_another_tag_is_counted);
    tcase_add_test(tags, the_new_tag_goes_through_all_filters);
    tcase_add_test(tags, what_would_go_round_for_ever_stays);
    tcase_add_test(tags, a_copy_is_not_changed_by_what_comes_after_it);
    suite_add_tcase(suite, tags);
    return suite;
}
