#include "aws/plan.h"

#include <check.h>
#include <stdio.h>

/* The environment is a table, the files are texts. */
#define VARIABLES_MAX 16

static struct {
    const char *name, *value;
} variables[VARIABLES_MAX];
static unsigned variable_count;
static struct aws_known known;
static struct aws_plan plan;
static char why[256];

static const char *env(const char *name)
{
    for (unsigned i = 0; i < variable_count; i++)
        if (strcmp(variables[i].name, name) == 0)
            return variables[i].value;
    return NULL;
}

static void given(const char *name, const char *value)
{
    ck_assert_uint_lt(variable_count, VARIABLES_MAX);
    variables[variable_count].name = name;
    variables[variable_count++].value = value;
}

static void files_are(const char *credentials, const char *config)
{
    known.files = (struct aws_files){slice_of(credentials), slice_of(config)};
}

static void set_up(void)
{
    variable_count = 0;
    known = (struct aws_known){.env = env};
    plan = (struct aws_plan){0};
}

static void tear_down(void)
{
    aws_plan_fini(&plan);
}

static void made(void)
{
    ck_assert_msg(aws_plan_make(&plan, &known, why) == 0, "%s", why);
}

static void refused_for(const char *words)
{
    ck_assert_int_lt(aws_plan_make(&plan, &known, why), 0);
    ck_assert_msg(strstr(why, words) != NULL, "\"%s\" is not in \"%s\"", words, why);
}

static void web_identity_given(void)
{
    given("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token");
    given("AWS_ROLE_ARN", "arn:aws:iam::1:role/pod");
}

/* ---- the order ---- */

START_TEST(an_address_that_is_configured_goes_before_everything)
{
    given("AWS_ACCESS_KEY_ID", "AKIA1");
    given("AWS_SECRET_ACCESS_KEY", "s");
    known.wish.credentials_url = "http://keys.example:8080/v2";
    made();
    ck_assert_int_eq(plan.base, AWS_BASE_CONTAINER);
    ck_assert_str_eq(plan.parts.container.url, "http://keys.example:8080/v2");
    ck_assert_ptr_null(plan.parts.container.token);
}
END_TEST

START_TEST(an_address_that_is_none_is_a_mistake)
{
    known.wish.credentials_url = "http://";
    refused_for("credentials_endpoint is no address");
}
END_TEST

START_TEST(the_environment_comes_first)
{
    given("AWS_ACCESS_KEY_ID", "AKIA1");
    given("AWS_SECRET_ACCESS_KEY", "s");
    given("AWS_SESSION_TOKEN", "t");
    web_identity_given();
    files_are("[default]\naws_access_key_id=AKIA2\naws_secret_access_key=x\n", "");
    made();
    ck_assert_int_eq(plan.base, AWS_BASE_KEYS);
    ck_assert(slice_is(plan.parts.keys.id, "AKIA1"));
    ck_assert(slice_is(plan.parts.keys.token, "t"));
    ck_assert_uint_eq(plan.hop_count, 0);
}
END_TEST

START_TEST(half_a_pair_is_a_mistake_and_not_passed_over)
{
    given("AWS_ACCESS_KEY_ID", "AKIA1");
    web_identity_given();
    refused_for("AWS_SECRET_ACCESS_KEY is not set");
}
END_TEST

START_TEST(then_the_profile)
{
    web_identity_given();
    files_are("[default]\naws_access_key_id=AKIA2\naws_secret_access_key=x\n", "");
    made();
    ck_assert(slice_is(plan.parts.keys.id, "AKIA2"));
}
END_TEST

START_TEST(then_the_web_identity)
{
    web_identity_given();
    given("AWS_ROLE_SESSION_NAME", "me");
    given("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
    files_are("", "[default]\nregion = eu-west-1\n");
    made();
    ck_assert_int_eq(plan.base, AWS_BASE_WEB_IDENTITY);
    ck_assert_str_eq(plan.parts.token_file, "/var/run/token");
    ck_assert_str_eq(plan.hops[0].role_arn, "arn:aws:iam::1:role/pod");
    ck_assert_str_eq(plan.hops[0].session_name, "me");
    ck_assert_str_eq(plan.region, "eu-west-1");
}
END_TEST

START_TEST(a_token_file_without_a_role_is_a_mistake)
{
    given("AWS_WEB_IDENTITY_TOKEN_FILE", "/x");
    refused_for("AWS_ROLE_ARN is not");
}
END_TEST

START_TEST(then_the_container)
{
    given("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1");
    made();
    ck_assert_int_eq(plan.base, AWS_BASE_CONTAINER);
    ck_assert_str_eq(plan.parts.container.url, "http://169.254.170.2/v2/credentials/1");
}
END_TEST

START_TEST(pod_identity_has_a_full_address_and_a_token_file)
{
    given("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials");
    given("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/var/run/pod");
    made();
    ck_assert_int_eq(plan.base, AWS_BASE_CONTAINER);
    ck_assert_str_eq(plan.parts.container.token_file, "/var/run/pod");
}
END_TEST

START_TEST(without_tls_only_agents_are_asked)
{
    given("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://203.0.113.9/v1");
    refused_for("203.0.113.9");
}
END_TEST

START_TEST(where_a_container_may_ask)
{
    static const struct {
        const char *url;
        bool may;
    } urls[] = {{"https://example.org/x", true},
                {"http://127.0.0.1:8080/x", true},
                {"http://127.9.9.9/x", true},
                {"http://localhost:1/x", true},
                {"http://[::1]/x", true},
                {"http://[fd00:ec2::23]/v1/credentials", true},
                {"http://169.254.170.2/x", true},
                {"http://169.254.169.254/x", false},
                {"http://10.0.0.1/x", false},
                {"http://127.0.0.1.example.org/x", false},
                {"http://localhost.example/x", false}};

    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct aws_address address;

        ck_assert_int_eq(aws_address_parse(urls[i].url, &address), 0);
        ck_assert_msg(aws_container_may_ask(&address) == urls[i].may, "%s", urls[i].url);
        aws_address_fini(&address);
    }
}
END_TEST

START_TEST(last_of_all_the_instance)
{
    made();
    ck_assert_int_eq(plan.base, AWS_BASE_METADATA);
    ck_assert_str_eq(plan.metadata.url, "http://169.254.169.254");
    ck_assert(!plan.metadata.may_be_v1);
    ck_assert_ptr_null(plan.region);
}
END_TEST

START_TEST(the_instance_may_be_elsewhere)
{
    given("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6");
    given("AWS_EC2_METADATA_V1_DISABLED", "false");
    made();
    ck_assert_str_eq(plan.metadata.url, "http://[fd00:ec2::254]");
    ck_assert(plan.metadata.may_be_v1);
    aws_plan_fini(&plan);
    given("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:5");
    made();
    ck_assert_str_eq(plan.metadata.url, "http://127.0.0.1:5");
}
END_TEST

START_TEST(nothing_is_left_where_the_instance_may_not_be_asked)
{
    given("AWS_EC2_METADATA_DISABLED", "true");
    given("AWS_REGION", "eu-west-1");
    refused_for("no credentials");
}
END_TEST

START_TEST(an_empty_variable_is_not_set)
{
    given("AWS_ACCESS_KEY_ID", "");
    given("AWS_SECRET_ACCESS_KEY", "");
    made();
    ck_assert_int_eq(plan.base, AWS_BASE_METADATA);
}
END_TEST

/* ---- profiles ---- */

START_TEST(a_named_profile_must_be_there)
{
    given("AWS_PROFILE", "prod");
    web_identity_given();
    refused_for("no profile prod");
}
END_TEST

START_TEST(the_configurations_profile_goes_before_the_environments)
{
    given("AWS_PROFILE", "prod");
    known.wish.profile = "logs";
    files_are("[logs]\naws_access_key_id=AKIA3\naws_secret_access_key=x\n", "");
    made();
    ck_assert(slice_is(plan.parts.keys.id, "AKIA3"));
    ck_assert_str_eq(plan.origin, "profile logs");
}
END_TEST

START_TEST(a_role_is_assumed_with_its_source_profile)
{
    known.wish.profile = "a";
    known.wish.role_arn = "arn:last";
    known.wish.external_id = "x2";
    files_are("[c]\naws_access_key_id=AKIA4\naws_secret_access_key=x\n",
              "[profile a]\nrole_arn=arn:a\nsource_profile=b\nexternal_id=x1\n"
              "[profile b]\nrole_arn=arn:b\nsource_profile=c\nrole_session_name=s1\n");
    made();
    ck_assert(slice_is(plan.parts.keys.id, "AKIA4"));
    ck_assert_uint_eq(plan.hop_count, 3);
    ck_assert_str_eq(plan.hops[0].role_arn, "arn:b");
    ck_assert_str_eq(plan.hops[0].session_name, "s1");
    ck_assert_str_eq(plan.hops[1].role_arn, "arn:a");
    ck_assert_str_eq(plan.hops[1].external_id, "x1");
    ck_assert_str_eq(plan.hops[2].role_arn, "arn:last");
    ck_assert_str_eq(plan.hops[2].external_id, "x2");
    ck_assert_str_eq(plan.hops[2].session_name, "tailrace");
}
END_TEST

START_TEST(profiles_in_a_circle_are_found_out)
{
    known.wish.profile = "a";
    files_are("", "[profile a]\nrole_arn=x\nsource_profile=b\n"
                  "[profile b]\nrole_arn=y\nsource_profile=a\n");
    refused_for("circle");
}
END_TEST

START_TEST(a_profile_may_be_its_own_source)
{
    known.wish.profile = "a";
    files_are("[a]\naws_access_key_id=AKIA5\naws_secret_access_key=x\n",
              "[profile a]\nrole_arn=arn:a\nsource_profile=a\n");
    made();
    ck_assert(slice_is(plan.parts.keys.id, "AKIA5"));
    ck_assert_uint_eq(plan.hop_count, 1);
}
END_TEST

START_TEST(a_roles_source_may_be_the_instance_or_the_container)
{
    known.wish.profile = "a";
    files_are("", "[profile a]\nrole_arn=x\ncredential_source=Ec2InstanceMetadata\n");
    made();
    ck_assert_int_eq(plan.base, AWS_BASE_METADATA);
    ck_assert_uint_eq(plan.hop_count, 1);
    aws_plan_fini(&plan);
    files_are("", "[profile a]\nrole_arn=x\ncredential_source=EcsContainer\n");
    refused_for("which has none");
    aws_plan_fini(&plan);
    files_are("", "[profile a]\nrole_arn=x\ncredential_source=Elsewhere\n");
    refused_for("Elsewhere");
    aws_plan_fini(&plan);
    files_are("", "[profile a]\nrole_arn=x\n");
    refused_for("no source_profile");
}
END_TEST

START_TEST(a_profile_may_have_a_process_or_a_web_identity)
{
    known.wish.profile = "a";
    files_are("", "[profile a]\ncredential_process = /bin/keys --for \"a b\"\n");
    made();
    ck_assert_int_eq(plan.base, AWS_BASE_PROCESS);
    ck_assert_str_eq(plan.parts.command, "/bin/keys --for \"a b\"");
    aws_plan_fini(&plan);
    files_are("", "[profile a]\nrole_arn=x\nweb_identity_token_file=/t\n");
    made();
    ck_assert_int_eq(plan.base, AWS_BASE_WEB_IDENTITY);
}
END_TEST

START_TEST(sso_is_for_people)
{
    known.wish.profile = "a";
    files_are("", "[profile a]\nsso_session = corp\n");
    refused_for("SSO");
}
END_TEST

/* ---- the region, and which hosts ---- */

START_TEST(the_region_is_the_configurations_the_environments_the_profiles)
{
    files_are("", "[default]\nregion = r-3\n");
    made();
    ck_assert_str_eq(plan.region, "r-3");
    aws_plan_fini(&plan);
    given("AWS_DEFAULT_REGION", "r-2");
    made();
    ck_assert_str_eq(plan.region, "r-2");
    aws_plan_fini(&plan);
    given("AWS_REGION", "r-1");
    made();
    ck_assert_str_eq(plan.region, "r-1");
    aws_plan_fini(&plan);
    known.wish.region = "r-0";
    made();
    ck_assert_str_eq(plan.region, "r-0");
}
END_TEST

START_TEST(a_region_that_is_none_is_refused)
{
    known.wish.region = "eu west";
    refused_for("is no region");
}
END_TEST

START_TEST(which_hosts_is_said_by_variables_or_the_profile)
{
    given("AWS_USE_FIPS_ENDPOINT", "true");
    files_are("", "[default]\nuse_dualstack_endpoint = true\n");
    made();
    ck_assert(plan.flavour.is_fips);
    ck_assert(plan.flavour.is_dual_stack);
}
END_TEST

Suite *suite_aws_plan(void)
{
    Suite *suite = suite_create("aws_plan");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, an_address_that_is_configured_goes_before_everything);
    tcase_add_test(tests, an_address_that_is_none_is_a_mistake);
    tcase_add_test(tests, the_environment_comes_first);
    tcase_add_test(tests, half_a_pair_is_a_mistake_and_not_passed_over);
    tcase_add_test(tests, then_the_profile);
    tcase_add_test(tests, then_the_web_identity);
    tcase_add_test(tests, a_token_file_without_a_role_is_a_mistake);
    tcase_add_test(tests, then_the_container);
    tcase_add_test(tests, pod_identity_has_a_full_address_and_a_token_file);
    tcase_add_test(tests, without_tls_only_agents_are_asked);
    tcase_add_test(tests, where_a_container_may_ask);
    tcase_add_test(tests, last_of_all_the_instance);
    tcase_add_test(tests, the_instance_may_be_elsewhere);
    tcase_add_test(tests, nothing_is_left_where_the_instance_may_not_be_asked);
    tcase_add_test(tests, an_empty_variable_is_not_set);
    tcase_add_test(tests, a_named_profile_must_be_there);
    tcase_add_test(tests, the_configurations_profile_goes_before_the_environments);
    tcase_add_test(tests, a_role_is_assumed_with_its_source_profile);
    tcase_add_test(tests, profiles_in_a_circle_are_found_out);
    tcase_add_test(tests, a_profile_may_be_its_own_source);
    tcase_add_test(tests, a_roles_source_may_be_the_instance_or_the_container);
    tcase_add_test(tests, a_profile_may_have_a_process_or_a_web_identity);
    tcase_add_test(tests, sso_is_for_people);
    tcase_add_test(tests, the_region_is_the_configurations_the_environments_the_profiles);
    tcase_add_test(tests, a_region_that_is_none_is_refused);
    tcase_add_test(tests, which_hosts_is_said_by_variables_or_the_profile);
    suite_add_tcase(suite, tests);
    return suite;
}
