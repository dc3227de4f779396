#include "kit/chunk.h"
#include "output/deliver.h"

#include "base/log.h"

#include <check.h>
#include <stdio.h>

/* What an output says of its trouble, and when it says that it is over. */

static enum verdict answers[4];
static unsigned asked;

static enum verdict write_as_told(void *self, struct batch *batch, char why[256])
{
    (void)self;
    (void)batch;
    snprintf(why, 256, "answer %u", asked);
    return answers[asked++];
}

static const struct output_plugin plugin = {.name = "told", .write = write_as_told};

static struct loop *loop;
static struct budget budget;
static struct output *output;

static void set_up(void)
{
    struct output_config config = {
        .plugin = &plugin,
        .name = "told.0",
        .component = "output:told:told.0",
        .workers = 1,
        .retry = {.attempts_max = RETRY_UNLIMITED, .base_ms = 1, .cap_ms = 1},
        .budget = &budget,
    };
    char why[256];

    log_level_set(LOG_OFF);
    budget_init(&budget, NULL, 0);
    loop = loop_new();
    output = output_new(loop, &config, why);
    asked = 0;
}

static void tear_down(void)
{
    output_free(&output);
    loop_free(&loop);
    log_level_set(LOG_INFO);
}

static void offer(const char *lines)
{
    struct chunk *chunk = chunk_of_lines("app", lines);

    output_offer(output, chunk);
    chunk_unref(&chunk);
}

static void run_until_idle(void)
{
    while (!output_is_idle(output))
        loop_turn(loop, true);
}

static const char *trouble(void)
{
    int64_t since_ns;

    return output_trouble(output, &since_ns);
}

START_TEST(a_record_refused_alone_keeps_the_back_ends_words)
{
    answers[0] = answers[1] = VERDICT_TOO_LARGE;
    answers[2] = VERDICT_DELIVERED;
    offer("{\"a\":1}\n{\"a\":2}\n");
    while (output_metrics(output)->set_aside_records == 0)
        loop_turn(loop, true);
    ck_assert_str_eq(trouble(), "answer 1");
    run_until_idle();
    ck_assert_str_eq(trouble(), "");
    ck_assert_uint_eq(output_metrics(output)->set_aside_records, 1);
    ck_assert_uint_eq(output_metrics(output)->proc_records, 1);
    ck_assert_uint_eq(output_metrics(output)->errors, 1);
}
END_TEST

START_TEST(what_is_queued_behind_a_busy_worker_is_let_go_of)
{
    answers[0] = VERDICT_RETRY;
    offer("{\"a\":1}\n");
    offer("{\"a\":2}\n");
    offer("{\"a\":3}\n");
    output_let_go(output);
    run_until_idle();
    ck_assert_uint_eq(asked, 1);
    ck_assert_uint_eq(output_metrics(output)->read_records, 0);
    ck_assert_uint_eq(output_metrics(output)->in_flight_bytes, 0);
}
END_TEST

Suite *suite_output_trouble_words(void);
Suite *suite_output_trouble_words(void)
{
    Suite *suite = suite_create("output/trouble_words");
    TCase *words = tcase_create("words");

    tcase_add_checked_fixture(words, set_up, tear_down);
    tcase_add_test(words, a_record_refused_alone_keeps_the_back_ends_words);
    tcase_add_test(words, what_is_queued_behind_a_busy_worker_is_let_go_of);
    suite_add_tcase(suite, words);
    return suite;
}
