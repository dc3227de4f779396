#include "plugins/filter_aws/facts.h"

#include <check.h>

static struct facts facts;
static struct facts_wish wish;
static struct facts_form form;
static struct text_list include, exclude;
static char why[256];

static void set_up(void)
{
    wish = (struct facts_wish){.include = &include, .exclude = &exclude};
    form = (struct facts_form){0};
    why[0] = '\0';
}

static void tear_down(void)
{
    facts_fini(&facts);
    text_list_fini(&include);
    text_list_fini(&exclude);
}

static void want(enum fact fact)
{
    wish.wants[fact] = form.has[fact] = true;
}

static void want_tags(void)
{
    wish.wants_tags = form.has_tags = true;
}

static void name(struct text_list *list, const char *text)
{
    ck_assert_int_eq(text_list_add(list, slice_of(text), (struct place){0}), 0);
}

static void begin(void)
{
    facts_init(&facts, &wish);
    facts_begin(&facts);
}

static void asks(const char *path)
{
    ck_assert_ptr_nonnull(facts_path(&facts));
    ck_assert_str_eq(facts_path(&facts), path);
}

static void hears(const char *body)
{
    ck_assert_msg(facts_hear(&facts, 200, slice_of(body), why), "%s", why);
}

static void hears_status(int status, bool is_well)
{
    ck_assert_int_eq(facts_hear(&facts, status, SLICE("<html>"), why), is_well);
}

static void is_over(void)
{
    ck_assert_ptr_null(facts_path(&facts));
}

static void gives(const char *text)
{
    struct shared_object *block = facts_block(&facts, &form);

    if (text == NULL) {
        ck_assert_ptr_null(block);
        return;
    }
    ck_assert_ptr_nonnull(block);
    ck_assert_msg(slice_is(shared_text(block), text), "%.*s", SLICE_ARG(shared_text(block)));
    shared_unref(&block);
}

#define M "/latest/meta-data/"
#define DOCUMENT "/latest/dynamic/instance-identity/document"

START_TEST(each_thing_has_its_path_and_they_stand_in_fluent_bits_order)
{
    for (unsigned i = 0; i < FACT_COUNT; i++)
        want(i);
    begin();
    asks(M "placement/availability-zone");
    hears("eu-west-1a");
    asks(M "instance-id");
    hears("i-1\n");
    asks(M "instance-type");
    hears("m5.large");
    asks(M "local-ipv4");
    hears("10.0.0.9");
    asks(M "mac");
    hears("0a:ff:12:00:00:01");
    asks(M "network/interfaces/macs/0a:ff:12:00:00:01/vpc-id");
    hears("vpc-7");
    asks(M "ami-id");
    hears("ami-3");
    asks(DOCUMENT);
    hears("{\"accountId\" : \"123456789012\", \"region\":\"eu-west-1\"}");
    asks(M "hostname");
    hears("ip-10-0-0-9.ec2.internal");
    is_over();
    ck_assert(facts_are_answered(&facts));
    gives("{\"az\":\"eu-west-1a\",\"ec2_instance_id\":\"i-1\",\"ec2_instance_type\":\"m5.large\","
          "\"private_ip\":\"10.0.0.9\",\"vpc_id\":\"vpc-7\",\"ami_id\":\"ami-3\","
          "\"account_id\":\"123456789012\",\"hostname\":\"ip-10-0-0-9.ec2.internal\"}");
}
END_TEST

START_TEST(tags_are_asked_for_by_their_names)
{
    want_tags();
    begin();
    asks(M "tags/instance");
    hears("Name\nteam:cost\nwith blank\n");
    asks(M "tags/instance/Name");
    hears("web 3");
    asks(M "tags/instance/team:cost");
    hears("\"sh\303\266p\"\n");
    asks(M "tags/instance/with%20blank");
    hears("");
    is_over();
    gives("{\"Name\":\"web 3\",\"team:cost\":\"\\\"sh\303\266p\\\"\\n\",\"with blank\":\"\"}");
}
END_TEST

START_TEST(only_tags_that_are_included_are_asked_for)
{
    want_tags();
    name(&include, "b");
    name(&include, "z");
    begin();
    hears("a\nb\nc");
    asks(M "tags/instance/b");
    hears("2");
    is_over();
    gives("{\"b\":\"2\"}");
}
END_TEST

START_TEST(tags_that_are_excluded_are_not_asked_for)
{
    want_tags();
    name(&exclude, "a");
    name(&exclude, "c");
    begin();
    hears("a\nb\nc");
    asks(M "tags/instance/b");
    hears("2");
    is_over();
}
END_TEST

START_TEST(an_instance_whose_tags_are_all_excluded_is_known)
{
    want_tags();
    name(&exclude, "a");
    begin();
    hears("a");
    is_over();
    ck_assert(facts_are_answered(&facts));
    gives(NULL);
}
END_TEST

START_TEST(what_is_not_there_is_an_answer_and_the_rest_is_kept)
{
    struct buffer words = {0};

    want(FACT_AZ);
    want(FACT_VPC_ID);
    want_tags();
    begin();
    hears("a1");
    hears_status(404, true);
    asks(M "tags/instance");
    hears_status(404, true);
    is_over();
    ck_assert(facts_are_answered(&facts));
    facts_absent(&facts, &words);
    ck_assert_str_eq(buffer_text(&words), "vpc_id, tags");
    buffer_fini(&words);
    gives("{\"az\":\"a1\"}");
}
END_TEST

START_TEST(the_next_round_asks_only_for_what_is_not_known)
{
    want(FACT_AZ);
    want(FACT_INSTANCE_ID);
    want(FACT_AMI_ID);
    want_tags();
    begin();
    hears("a1");
    hears_status(500, false);
    ck_assert_ptr_nonnull(strstr(why, "status 500 for " M "instance-id"));
    hears_status(404, true);
    hears("t\nu");
    hears("1");
    hears_status(503, false);
    is_over();
    ck_assert(!facts_are_answered(&facts));
    gives("{\"az\":\"a1\",\"t\":\"1\"}");
    facts_begin(&facts);
    asks(M "instance-id");
    hears("i-1");
    asks(M "ami-id");
    hears_status(404, true);
    asks(M "tags/instance/u");
    hears("2");
    is_over();
    ck_assert(facts_are_answered(&facts));
    gives("{\"az\":\"a1\",\"ec2_instance_id\":\"i-1\",\"t\":\"1\",\"u\":\"2\"}");
}
END_TEST

static void refuses(enum fact fact, const char *body)
{
    want(fact);
    begin();
    if (fact == FACT_VPC_ID)
        hears("02:00");
    ck_assert_msg(!facts_hear(&facts, 200, slice_of(body), why), "taken: %s", body);
    ck_assert_ptr_nonnull(strstr(why, "is something else"));
    gives(NULL);
    tear_down();
    set_up();
}

START_TEST(what_is_something_else_is_not_taken)
{
    refuses(FACT_AZ, "<html><body>Please log in</body></html>");
    refuses(FACT_AZ, "");
    refuses(FACT_INSTANCE_ID, "i 1");
    refuses(FACT_VPC_ID, "../../../etc");
    refuses(FACT_ACCOUNT_ID, "not JSON");
    refuses(FACT_ACCOUNT_ID, "{\"accountId\":12}");
    refuses(FACT_ACCOUNT_ID, "{\"accountId\":\"12a\"}");
    refuses(FACT_ACCOUNT_ID, "{\"accountId\":\"\"}");
    refuses(FACT_ACCOUNT_ID, "{}");
}
END_TEST

START_TEST(names_of_tags_that_cannot_be_are_not_taken)
{
    static const char *const bodies[] = {"<html>\n", "a\n..\n", "a/b", "a\n\nb", "a\"b", "\377"};

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        want_tags();
        begin();
        ck_assert_msg(!facts_hear(&facts, 200, slice_of(bodies[i]), why), "taken: %s", bodies[i]);
        is_over();
        gives(NULL);
        tear_down();
        set_up();
    }
}
END_TEST

/* A NUL ends no text, and is in none. */
START_TEST(what_has_a_nul_in_it_is_not_taken)
{
    want(FACT_INSTANCE_ID);
    begin();
    ck_assert(!facts_hear(&facts, 200, slice_make("i-1\0x", 5), why));
    gives(NULL);
}
END_TEST

/* What no path and no name needs an escape for, however odd it is. */
START_TEST(names_of_any_characters_that_a_path_may_have_are_written)
{
    static const char *const names[] = {"a\x7f",        "\xc2\x80",         "\xe2\x80\xa8",
                                        "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf", "az\naz"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        want_tags();
        begin();
        if (facts_hear(&facts, 200, slice_of(names[i]), why))
            while (facts_path(&facts) != NULL)
                (void)facts_hear(&facts, 200, SLICE("\xff\0\x1b\"\\"), why);
        shared_unref(&(struct shared_object *){facts_block(&facts, &form)});
        tear_down();
        set_up();
    }
}
END_TEST

START_TEST(of_too_many_tags_the_first_are_taken)
{
    struct buffer names = {0};

    want_tags();
    begin();
    for (unsigned i = 0; i < TAGS_MAX + 50; i++)
        buffer_append_format(&names, "t%u\n", i);
    hears(buffer_text(&names));
    for (unsigned i = 0; i < TAGS_MAX; i++)
        hears("v");
    is_over();
    buffer_fini(&names);
}
END_TEST

START_TEST(a_value_that_is_too_long_is_left_out)
{
    struct slice long_value = {.data = mem_zalloc(1, TAG_VALUE_BYTES_MAX + 1),
                               .len = TAG_VALUE_BYTES_MAX + 1};

    want_tags();
    begin();
    hears("a");
    ck_assert(!facts_hear(&facts, 200, long_value, why));
    mem_free((char *)(uintptr_t)long_value.data);
}
END_TEST

START_TEST(the_entity_is_there_when_both_parts_are_known)
{
    wish.wants[FACT_INSTANCE_ID] = wish.wants[FACT_ACCOUNT_ID] = true;
    form.has_entity = true;
    begin();
    hears("i-1");
    gives(NULL);
    hears("{\"accountId\":\"123456789012\"}");
    gives("{\"aws_entity_ec2_instance_id\":\"i-1\",\"aws_entity_account_id\":\"123456789012\"}");
}
END_TEST

START_TEST(a_tag_with_the_name_of_a_fact_stands_in_its_place)
{
    want(FACT_AZ);
    want_tags();
    begin();
    hears("a1");
    hears("az\nt");
    hears("mine");
    hears("1");
    gives("{\"az\":\"mine\",\"t\":\"1\"}");
}
END_TEST

Suite *suite_plugins_aws_facts(void);
Suite *suite_plugins_aws_facts(void)
{
    Suite *suite = suite_create("plugins/aws_facts");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, each_thing_has_its_path_and_they_stand_in_fluent_bits_order);
    tcase_add_test(tests, tags_are_asked_for_by_their_names);
    tcase_add_test(tests, only_tags_that_are_included_are_asked_for);
    tcase_add_test(tests, tags_that_are_excluded_are_not_asked_for);
    tcase_add_test(tests, an_instance_whose_tags_are_all_excluded_is_known);
    tcase_add_test(tests, what_is_not_there_is_an_answer_and_the_rest_is_kept);
    tcase_add_test(tests, the_next_round_asks_only_for_what_is_not_known);
    tcase_add_test(tests, what_is_something_else_is_not_taken);
    tcase_add_test(tests, names_of_tags_that_cannot_be_are_not_taken);
    tcase_add_test(tests, what_has_a_nul_in_it_is_not_taken);
    tcase_add_test(tests, names_of_any_characters_that_a_path_may_have_are_written);
    tcase_add_test(tests, of_too_many_tags_the_first_are_taken);
    tcase_add_test(tests, a_value_that_is_too_long_is_left_out);
    tcase_add_test(tests, the_entity_is_there_when_both_parts_are_known);
    tcase_add_test(tests, a_tag_with_the_name_of_a_fact_stands_in_its_place);
    suite_add_tcase(suite, tests);
    return suite;
}
