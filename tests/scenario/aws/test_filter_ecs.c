#include "plugins/filter_ecs/containers.h"

#include "kit/filter.h"
#include "kit/patience.h"
#include "kit/server.h"

#include <check.h>
#include <pthread.h>
#include <stdio.h>

/* The filter ecs against a scripted agent. Time is the test's. */

extern const struct filter_plugin filter_ecs;

#define ID "79c796ed2a7f"
#define TAG "ecs." ID "864f485c.log"
#define WAIT_MS 5000

/* What the agent does; its server's threads read it. */
struct rules {
    int status;         /* of everything; 0: as usual */
    unsigned lacks;     /* how often it knows no task yet */
    bool is_registered; /* it has a cluster */
    bool is_silent;
    const char *long_of; /* its answer is without measure */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rules rules;
static struct kit_server *server;
static struct loop *loop;
static struct kit_filter f;
static struct filter_metrics metrics;
static struct filter_waiter waiter;
static uint64_t waited_ms; /* what ready said last */
static char port[8];
static uint64_t warnings;

static struct kit_answer rule_under_lock(const struct kit_request *request)
{
    static char body[512];
    struct kit_answer answer = {.status = rules.status, .body = body};

    if (rules.is_silent)
        return (struct kit_answer){.move = KIT_SILENT};
    snprintf(body, sizeof body, "{}");
    if (strcmp(request->path, "/v1/metadata") == 0) {
        snprintf(body, sizeof body,
                 "{\"Cluster\":\"shop\",\"ContainerInstanceArn\":%s,\"Version\":\"v1\"}",
                 rules.is_registered ? "\"arn:c/i9\"" : "null");
    } else if (rules.long_of != NULL && strstr(request->path, rules.long_of) != NULL) {
        answer.body_bytes = AWS_ASK_BYTES_MAX + 1;
    } else if (rules.lacks > 0) {
        rules.lacks--;
        answer.status = 404;
    } else if (strncmp(request->path, "/v1/tasks?dockerid=", 19) == 0) {
        snprintf(body, sizeof body,
                 "{\"Arn\":\"arn:t/task-%s\",\"Containers\":[{\"DockerId\":\"%s00\","
                 "\"Name\":\"nginx\"}]}",
                 request->path + 19, request->path + 19);
    }
    return answer;
}

static struct kit_answer rule(void *owner, const struct kit_request *request)
{
    struct kit_answer answer;

    (void)owner;
    pthread_mutex_lock(&lock);
    answer = rule_under_lock(request);
    pthread_mutex_unlock(&lock);
    return answer;
}

static void rules_set(struct rules to)
{
    pthread_mutex_lock(&lock);
    rules = to;
    pthread_mutex_unlock(&lock);
}

static void set_up(void)
{
    clock_fake(1000, INT64_C(1795276800) * NS_PER_S);
    rules_set((struct rules){.is_registered = true});
    server = kit_server_start();
    kit_server_rule(server, rule, NULL);
    snprintf(port, sizeof port, "%u", kit_server_port(server));
    loop = loop_new();
    metrics = (struct filter_metrics){0};
    waiter = (struct filter_waiter){0};
    list_init(&waiter.link);
    warnings = log_count(LOG_WARN);
}

static void tear_down(void)
{
    list_remove(&waiter.link);
    kit_filter_close(&f);
    kit_server_stop(&server);
    loop_free(&loop);
    clock_real();
}

/* A file asks again when it is woken. */
static void on_woken(void *owner)
{
    struct filter_run run = {.tag = f.tag, .json = &f.json};

    (void)owner;
    waited_ms = filter_ecs.ready(f.self, &run, &waiter);
}

static void start(const char *const *keys)
{
    struct filter_host host = {.loop = loop, .metrics = &metrics};

    kit_filter_open(&f, &filter_ecs, keys);
    ck_assert_int_eq(filter_ecs.start(f.self, &host, &f.report), 0);
    f.tag = SLICE(TAG);
    waiter.wake = on_woken;
    on_woken(NULL);
}

#define USUAL                                                                              \
    "ecs_meta_port", port, "ecs_tag_prefix", "ecs.", "add", "cluster $ClusterName", "Add", \
        "task $TaskID"
#define START() start(KIT_KEYS(USUAL))
#define START_WITH(...) start(KIT_KEYS(USUAL, __VA_ARGS__))

static void await_ready(void)
{
    struct patience patience;

    patience_begin(&patience, loop, "the task");
    while (waited_ms != 0)
        loop_turn(loop, true);
    patience_end(&patience);
}

static const char *status(void)
{
    static struct buffer text;

    buffer_clear(&text);
    filter_ecs.describe(f.self, &text);
    return buffer_text(&text);
}

static void await_status(const char *words)
{
    struct patience patience;

    patience_begin(&patience, loop, words);
    while (strstr(status(), words) == NULL)
        loop_turn(loop, true);
    patience_end(&patience);
}

static void gives(const char *members)
{
    char expected[256];

    snprintf(expected, sizeof expected, "{\"log\":\"up\"%s%s}", members[0] != '\0' ? "," : "",
             members);
    ck_assert_str_eq(kit_filter_apply(&f, "{\"log\":\"up\"}"), expected);
}

#define CLUSTER_ALONE "\"cluster\":\"shop\",\"task\":\"\""
#define WHOLE "\"cluster\":\"shop\",\"task\":\"task-" ID "\""

/* Passes time while nothing is asked, and waits for the answer to what is asked then. */
static void pass(uint64_t ms)
{
    clock_advance_ms(ms);
    loop_turn(loop, false);
    await_status("\"is_asking\":false");
}

START_TEST(a_log_waits_for_its_task_and_its_records_get_it)
{
    START();
    ck_assert_uint_eq(waited_ms, WAIT_MS);
    await_ready();
    gives(WHOLE);
    gives(WHOLE);
    ck_assert_uint_eq(kit_server_requests(server), 2);
    ck_assert_uint_eq(metrics.unlabelled_records, 0);
    ck_assert_uint_eq(log_count(LOG_WARN), warnings);
}
END_TEST

START_TEST(a_plain_record_gets_the_same)
{
    struct filter_run run = {.tag = SLICE(TAG)};
    struct plain_record plain;

    START();
    await_ready();
    plain_init(&plain, 1);
    plain_add(&plain, SLICE("log"), SLICE("up"));
    ck_assert_int_eq(filter_ecs.apply_plain(f.self, &plain, &run), PLAIN_KEEP);
    ck_assert(slice_is(shared_text(plain.shared), "{" WHOLE "}"));
    plain_init(&plain, 1);
    plain_add(&plain, SLICE("task"), SLICE("mine"));
    ck_assert_int_eq(filter_ecs.apply_plain(f.self, &plain, &run), PLAIN_FILL);
}
END_TEST

START_TEST(records_that_come_first_go_without_and_are_counted)
{
    START_WITH("metadata_wait", "0");
    ck_assert_uint_eq(waited_ms, 0);
    gives("");
    await_status("\"cluster\":\"shop\"");
    gives(CLUSTER_ALONE);
    ck_assert_uint_eq(metrics.unlabelled_records, 2);
    await_status("\"awaited\":0");
    gives(WHOLE);
}
END_TEST

START_TEST(with_the_cluster_alone_no_task_is_asked_for)
{
    START_WITH("cluster_metadata_only", "On");
    await_ready();
    gives(CLUSTER_ALONE);
    f.tag = SLICE("host.messages");
    gives(CLUSTER_ALONE);
    ck_assert_uint_eq(kit_server_requests(server), 1);
    ck_assert_uint_eq(log_count(LOG_WARN), warnings);
}
END_TEST

START_TEST(a_tag_without_an_id_gets_the_cluster_and_is_said_once)
{
    START();
    await_ready();
    f.tag = SLICE("host.messages");
    gives(CLUSTER_ALONE);
    gives(CLUSTER_ALONE);
    ck_assert_uint_eq(log_count(LOG_WARN) - warnings, 1);
    ck_assert_ptr_nonnull(strstr(log_recent(0), "the tag host.messages is not ecs_tag_prefix"));
    ck_assert_uint_eq(metrics.unlabelled_records, 0);
}
END_TEST

START_TEST(a_container_that_has_just_begun_is_asked_for_again)
{
    rules_set((struct rules){.is_registered = true, .lacks = 1});
    START();
    kit_server_await(server, loop, 2);
    await_status("\"is_asking\":false");
    ck_assert_uint_eq(waited_ms, WAIT_MS);
    pass(1000);
    ck_assert_uint_eq(waited_ms, 0);
    gives(WHOLE);
    ck_assert_uint_eq(kit_server_requests(server), 3);
}
END_TEST

START_TEST(a_container_without_a_task_gets_the_cluster_until_the_time_is_over)
{
    rules_set((struct rules){.is_registered = true, .lacks = 1});
    START_WITH("agent_endpoint_retries", "0", "ecs_meta_cache_ttl", "10m");
    await_ready();
    gives(CLUSTER_ALONE);
    ck_assert_uint_eq(metrics.unlabelled_records, 0);
    pass(599 * 1000);
    gives(CLUSTER_ALONE);
    ck_assert_uint_eq(kit_server_requests(server), 2);
    pass(1000);
    gives(CLUSTER_ALONE);
    await_status("\"is_asking\":false");
    gives(WHOLE);
}
END_TEST

START_TEST(an_agent_that_is_away_is_said_once_and_nobody_waits_for_it)
{
    rules_set((struct rules){.status = 503});
    START();
    await_ready();
    gives("");
    ck_assert_uint_eq(metrics.unlabelled_records, 1);
    pass(2000);
    ck_assert_uint_eq(kit_server_requests(server), 2);
    ck_assert_uint_eq(log_count(LOG_WARN) - warnings, 1);
    rules_set((struct rules){.is_registered = true});
    pass(4000);
    await_status("\"awaited\":0");
    gives(WHOLE);
}
END_TEST

START_TEST(an_agent_that_is_away_for_a_moment_is_not_held_against_a_container)
{
    START_WITH("metadata_wait", "0");
    await_status("\"cluster\":\"shop\"");
    rules_set((struct rules){.is_registered = true, .status = 500});
    gives(CLUSTER_ALONE);
    for (int i = 0; i < 4; i++)
        pass(60000);
    ck_assert_ptr_nonnull(strstr(status(), "\"awaited\":1"));
    rules_set((struct rules){.is_registered = true});
    pass(60000);
    gives(WHOLE);
}
END_TEST

START_TEST(an_agent_that_says_nothing_holds_up_nothing)
{
    rules_set((struct rules){.is_silent = true});
    START();
    kit_server_await(server, loop, 1);
    clock_advance_ms(AWS_NEAR_ANSWER_S * 1000);
    await_ready();
    gives("");
    ck_assert_uint_eq(log_count(LOG_WARN) - warnings, 1);
}
END_TEST

START_TEST(an_agent_that_is_not_registered_yet_is_asked_again)
{
    rules_set((struct rules){.is_registered = false});
    START();
    await_ready();
    ck_assert_ptr_nonnull(strstr(status(), "has no cluster in it"));
    rules_set((struct rules){.is_registered = true});
    pass(2000);
    ck_assert_ptr_nonnull(strstr(status(), "\"cluster\":\"shop\""));
}
END_TEST

START_TEST(an_answer_without_measure_is_said_once_and_the_next_container_is_asked_for)
{
    rules_set((struct rules){.is_registered = true, .long_of = "long"});
    START_WITH("metadata_wait", "0");
    await_status("\"cluster\":\"shop\"");
    f.tag = SLICE("ecs.long00000001");
    gives(CLUSTER_ALONE);
    f.tag = SLICE("ecs.long00000002");
    gives(CLUSTER_ALONE);
    f.tag = SLICE(TAG);
    gives(CLUSTER_ALONE);
    await_status("\"awaited\":0");
    gives(WHOLE);
    f.tag = SLICE("ecs.long00000001");
    gives(CLUSTER_ALONE);
    ck_assert_ptr_nonnull(strstr(status(), "\"trouble\":null"));
    ck_assert_uint_eq(kit_server_requests(server), 4);
    ck_assert_uint_eq(log_count(LOG_WARN) - warnings, 1);
}
END_TEST

/* Who lacks a task is asked for again when its second is over, and keeps nobody new waiting. */
START_TEST(new_containers_are_asked_for_before_those_that_wait_to_be_asked_again)
{
    char tag[64];

    rules_set((struct rules){.is_registered = true, .lacks = 20});
    START_WITH("metadata_wait", "0", "agent_endpoint_retries", "5");
    await_status("\"cluster\":\"shop\"");
    for (unsigned i = 0; i < 20; i++) {
        snprintf(tag, sizeof tag, "ecs.%012u", i);
        f.tag = slice_of(tag);
        gives(CLUSTER_ALONE);
        await_status("\"is_asking\":false");
    }
    f.tag = SLICE(TAG);
    gives(CLUSTER_ALONE);
    await_status("\"awaited\":20,");
    gives(WHOLE);
    clock_advance_ms(1000);
    await_status("\"awaited\":0,");
    ck_assert_uint_eq(kit_server_requests(server), 1 + 20 + 1 + 20);
}
END_TEST

START_TEST(containers_come_and_go_and_memory_has_a_bound)
{
    char tag[64];

    START_WITH("metadata_wait", "0");
    await_status("\"cluster\":\"shop\"");
    for (unsigned i = 0; i < 3 * ECS_CONTAINERS_MAX; i++) {
        snprintf(tag, sizeof tag, "ecs.%012u", i);
        f.tag = slice_of(tag);
        gives(CLUSTER_ALONE);
    }
    ck_assert_ptr_nonnull(strstr(status(), "\"containers\":1024,"));
    clock_advance_ms(3600 * 1000 + 1);
    f.tag = SLICE(TAG);
    gives(CLUSTER_ALONE);
    ck_assert_ptr_nonnull(strstr(status(), "\"containers\":2,")); /* one is under way */
}
END_TEST

START_TEST(what_adds_nothing_asks_nobody)
{
    start(KIT_KEYS("ecs_meta_port", port));
    ck_assert_uint_eq(f.report.warning_count, 1);
    gives("");
    ck_assert_uint_eq(kit_server_requests(server), 0);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    kit_filter_refuses(&filter_ecs, KIT_KEYS("Add", "task"), "give a key and a template");
    kit_filter_refuses(&filter_ecs, KIT_KEYS("Add", "a\"b $TaskID"), "a quote, a backslash");
    kit_filter_refuses(&filter_ecs, KIT_KEYS("Add", "\"task $TaskID"), "a quote is not closed");
    kit_filter_refuses(&filter_ecs, KIT_KEYS("Add", "a $TaskID['b"), "TaskID");
    kit_filter_refuses(&filter_ecs, KIT_KEYS("ecs_meta_port", "0"), "ecs_meta_port is 0");
    kit_filter_refuses(&filter_ecs, KIT_KEYS("agent_endpoint_retries", "-1"),
                       "agent_endpoint_retries is -1");
    kit_filter_open(&f, &filter_ecs, KIT_KEYS("Add", "task $TaskId"));
    ck_assert_uint_eq(f.report.warning_count, 1);
    ck_assert_ptr_nonnull(strstr(buffer_text(&f.report.text), "did you mean $TaskID"));
}
END_TEST

START_TEST(a_filter_may_go_while_it_asks)
{
    START();
    ck_assert_uint_eq(waited_ms, WAIT_MS);
}
END_TEST

Suite *suite_aws_filter_ecs(void);
Suite *suite_aws_filter_ecs(void)
{
    Suite *suite = suite_create("aws/filter_ecs");
    TCase *tests = tcase_create("all");

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_log_waits_for_its_task_and_its_records_get_it);
    tcase_add_test(tests, a_plain_record_gets_the_same);
    tcase_add_test(tests, records_that_come_first_go_without_and_are_counted);
    tcase_add_test(tests, with_the_cluster_alone_no_task_is_asked_for);
    tcase_add_test(tests, a_tag_without_an_id_gets_the_cluster_and_is_said_once);
    tcase_add_test(tests, a_container_that_has_just_begun_is_asked_for_again);
    tcase_add_test(tests, a_container_without_a_task_gets_the_cluster_until_the_time_is_over);
    tcase_add_test(tests, an_agent_that_is_away_is_said_once_and_nobody_waits_for_it);
    tcase_add_test(tests, an_agent_that_is_away_for_a_moment_is_not_held_against_a_container);
    tcase_add_test(tests, an_agent_that_says_nothing_holds_up_nothing);
    tcase_add_test(tests, an_agent_that_is_not_registered_yet_is_asked_again);
    tcase_add_test(tests,
                   an_answer_without_measure_is_said_once_and_the_next_container_is_asked_for);
    tcase_add_test(tests, new_containers_are_asked_for_before_those_that_wait_to_be_asked_again);
    tcase_add_test(tests, containers_come_and_go_and_memory_has_a_bound);
    tcase_add_test(tests, what_adds_nothing_asks_nobody);
    tcase_add_test(tests, what_cannot_be_is_refused);
    tcase_add_test(tests, a_filter_may_go_while_it_asks);
    suite_add_tcase(suite, tests);
    return suite;
}
