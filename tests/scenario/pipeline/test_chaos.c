#include "base/memory.h"
#include "scenario/pipeline/kit.h"

#include <stdlib.h>

/*
 * Everything at once, in an order that dice say: lines come, logs are rotated, back-ends answer this
 * and that or are away, the agent is stopped, killed and started again. In the end every line was
 * taken, and none twice. KIT_SEED runs one more seed than usual; KIT_COPIES rotates by copy and
 * truncation too.
 */

#define SEEDS 12
#define STEPS 60

struct chaos {
    uint64_t dice;
    unsigned line_count;
    unsigned rotations;
};

static struct kit *k;
static struct chaos c;

static unsigned roll(unsigned below)
{
    c.dice ^= c.dice << 13;
    c.dice ^= c.dice >> 7;
    c.dice ^= c.dice << 17;
    return (unsigned)(c.dice >> 32) % below;
}

static const char *const names[] = {"app.log", "web.log", "job.log"};

static const char *some_log(void)
{
    return names[roll(ARRAY_LEN(names))];
}

static void lines_come(void)
{
    const char *name = some_log();

    for (unsigned i = 1 + roll(5); i > 0; i--) {
        char *line = mem_format("line-%u.%0*d\n", c.line_count++, 1 + (int)roll(80), 0);

        tree_append(name, line);
        mem_free(line);
    }
    kit_quiet(k);
}

static void log_is_moved(const char *name, const char *to)
{
    tree_rename(name, to);
    if (roll(2))
        tree_append(name, "");
}

static void log_is_copied(const char *name, const char *to)
{
    tree_copy(name, to);
    tree_truncate(name, 0);
}

static void log_is_rotated(void)
{
    const char *name = some_log();
    char *to;

    if (!tree_has(name))
        return;
    /* A log that comes and goes while the watcher rests was never seen. */
    kit_pass_ms(k, 200);
    to = mem_format("%s.%u", name, ++c.rotations);
    if (getenv("KIT_COPIES") != NULL && roll(3) == 0)
        log_is_copied(name, to);
    else
        log_is_moved(name, to);
    mem_free(to);
    kit_quiet(k);
}

static void answer_is_odd(void)
{
    static const struct kit_answer answers[] = {
        {.status = 429, .headers = "Retry-After: 2\r\n"}, {.body = "<html>"},  {.body = ""},
        {.move = KIT_HALF, .body = "{\"errors\":false}"}, {.move = KIT_CLOSE}, {.move = KIT_RESET},
    };

    if (k->es->server == NULL)
        return;
    if (roll(3) == 0)
        backend_answers(k->es, 503, 200, 401);
    else
        backend_says(k->es, answers[roll(ARRAY_LEN(answers))]);
}

static void back_end_comes_or_goes(void)
{
    if (k->es->server != NULL)
        backend_down(k->es);
    else
        backend_up(k->es);
    kit_quiet(k);
}

static void step(void)
{
    switch (roll(12)) {
    case 0:
        log_is_rotated();
        return;
    case 1:
    case 2:
        answer_is_odd();
        return;
    case 3:
        back_end_comes_or_goes();
        return;
    case 4:
        kit_kill(k);
        kit_run_again(k);
        return;
    case 5:
        kit_stop(k);
        kit_run_again(k);
        return;
    case 6:
    case 7:
    case 8:
        kit_pass_ms(k, roll(3000));
        return;
    default:
        lines_come();
    }
}

static void expect_all_taken_once(void)
{
    for (unsigned i = 0; i < c.line_count; i++) {
        char *line = mem_format("line-%u.", i);

        ck_assert_msg(strstr(backend_taken(k->es), line) != NULL, "%s is lost", line);
        mem_free(line);
    }
    ck_assert_uint_eq(backend_taken_count(k->es), c.line_count);
}

static void chaos(uint64_t seed)
{
    c = (struct chaos){.dice = UINT64_C(0x9e3779b97f4a7c15) * (seed + 1)};
    k = kit_start(SERVICE TAIL " Rotate_Wait 2\n Refresh_Interval 5\n" ES("PORT"));
    for (unsigned i = 0; i < STEPS; i++)
        step();
    if (k->es->server == NULL)
        backend_up(k->es);
    /* The generations of a log are looked for beside it. */
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        tree_append(names[i], "");
    kit_pass_ms(k, 60000);
    expect_all_taken_once();
    kit_end(&k);
}

START_TEST(whatever_happens_every_line_is_taken_once)
{
    chaos((uint64_t)_i);
}
END_TEST

START_TEST(the_same_for_one_more_seed)
{
    const char *seed = getenv("KIT_SEED");

    if (seed != NULL)
        chaos(strtoull(seed, NULL, 10));
}
END_TEST

Suite *suite_pipeline_chaos(void);

Suite *suite_pipeline_chaos(void)
{
    Suite *suite = suite_create("pipeline/chaos");
    TCase *cases = tcase_create("chaos");
    TCase *seed = tcase_create("seed");

    tcase_add_loop_test(cases, whatever_happens_every_line_is_taken_once, 0, SEEDS);
    suite_add_tcase(suite, cases);

    tcase_add_test(seed, the_same_for_one_more_seed);
    suite_add_tcase(suite, seed);
    return suite;
}
