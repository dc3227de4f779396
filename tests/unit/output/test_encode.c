#include "output/deliver.h"

#include "base/log.h"
#include "kit/chunk.h"

#include <check.h>
#include <pthread.h>
#include <uv.h>

/* On which thread an output encodes. This one never makes a request: no batch is to its liking. */

static pthread_t encoder;
static unsigned encoded;
static bool is_light;

static struct loop *loop;
static struct budget budget;
static struct output *output;
static struct chunk *chunk;

static int encode_nothing(const void *self, struct batch *batch, struct http_request *request)
{
    (void)self;
    (void)batch;
    http_request_init(request, "POST", "/");
    encoder = pthread_self();
    encoded++;
    return UV_EINVAL;
}

static bool light_as_told(const void *self)
{
    (void)self;
    return is_light;
}

static const struct http_settings *nowhere(const void *self)
{
    static const struct http_settings settings = {
        .component = "output:picky:picky.0",
        .host = "127.0.0.1",
        .port = 1,
    };

    (void)self;
    return &settings;
}

static const struct output_plugin plugin = {
    .name = "picky",
    .encode = encode_nothing,
    .is_light = light_as_told,
    .settings = nowhere,
};

static const struct output_plugin silent_plugin = {
    .name = "picky",
    .encode = encode_nothing,
    .settings = nowhere,
};

static void set_up(void)
{
    log_level_set(LOG_OFF);
    budget_init(&budget, NULL, 0);
    loop = loop_new();
    encoded = 0;
    is_light = true;
}

static void tear_down(void)
{
    ck_assert_uint_eq(chunk->refs, 1);
    chunk_unref(&chunk);
    output_free(&output);
    loop_free(&loop);
    log_level_set(LOG_INFO);
}

static void offer_to(const struct output_plugin *to)
{
    struct output_config config = {
        .plugin = to,
        .name = "picky.0",
        .component = "output:picky:picky.0",
        .workers = 1,
        .retry = {RETRY_UNLIMITED, 100, 100},
        .budget = &budget,
    };
    char why[256];

    output = output_new(loop, &config, why);
    chunk = chunk_of_lines("app", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    output_offer(output, chunk);
}

static void expect_set_aside(void)
{
    while (job_count(loop) > 0)
        loop_turn(loop, true);
    ck_assert_uint_eq(encoded, 1);
    ck_assert_uint_eq(output_metrics(output)->set_aside_records, 3);
    ck_assert(output_is_idle(output));
}

START_TEST(what_is_light_is_encoded_on_the_loop_but_not_at_once)
{
    offer_to(&plugin);
    ck_assert_uint_eq(encoded, 0);
    expect_set_aside();
    ck_assert(pthread_equal(encoder, pthread_self()));
}
END_TEST

START_TEST(what_is_not_light_is_encoded_by_a_worker)
{
    is_light = false;
    offer_to(&plugin);
    expect_set_aside();
    ck_assert(!pthread_equal(encoder, pthread_self()));
}
END_TEST

START_TEST(an_output_that_says_nothing_is_encoded_by_a_worker)
{
    offer_to(&silent_plugin);
    expect_set_aside();
    ck_assert(!pthread_equal(encoder, pthread_self()));
}
END_TEST

Suite *suite_output_encode(void);
Suite *suite_output_encode(void)
{
    Suite *suite = suite_create("output/encode");
    TCase *thread = tcase_create("thread");

    tcase_add_checked_fixture(thread, set_up, tear_down);
    tcase_add_test(thread, what_is_light_is_encoded_on_the_loop_but_not_at_once);
    tcase_add_test(thread, what_is_not_light_is_encoded_by_a_worker);
    tcase_add_test(thread, an_output_that_says_nothing_is_encoded_by_a_worker);
    suite_add_tcase(suite, thread);
    return suite;
}
