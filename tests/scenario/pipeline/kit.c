#include "scenario/pipeline/kit.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "checkpoint/positions.h"
#include "kit/patience.h"
#include "loop/loop_internal.h"

#include <stdlib.h>

#define START_MS 1000000
#define START_NS (INT64_C(1700000000) * NS_PER_S)

/* Turns in which nothing happened, until nothing is thought to be under way. */
#define IDLE_TURNS 3

/* ---- from the configuration to a running pipeline ---- */

struct kit *kit_make(void)
{
    struct kit *k = mem_zalloc(1, sizeof *k);
    char port[8];

    log_level_set(getenv("KIT_LOG") ? LOG_INFO : LOG_OFF);
    clock_fake(START_MS, START_NS);
    tree_plant();
    tree_folder("state");
    k->loop = loop_new();
    k->es = mem_zalloc(1, sizeof *k->es);
    k->other = mem_zalloc(1, sizeof *k->other);
    backend_open(k->es, k);
    backend_open(k->other, k);
    setenv("DIR", tree_path(""), true);
    snprintf(port, sizeof port, "%u", k->es->port);
    setenv("PORT", port, true);
    snprintf(port, sizeof port, "%u", k->other->port);
    setenv("PORT2", port, true);
    report_init(&k->report);
    return k;
}

static void on_exit_wanted(void *owner)
{
    struct kit *k = owner;

    k->exit_count++;
}

/* `since_ns` is when the one stopped that it takes over from; 0: it does from none. */
static int pipeline_run(struct kit *k, int64_t since_ns)
{
    int status;

    k->is_stopped = false;
    k->pipeline = pipeline_new(k->loop, k->config, &k->report, &status);
    ck_assert_msg(status == 0, "%s", buffer_text(&k->report.text));
    if (since_ns != 0)
        pipeline_takes_over(k->pipeline, since_ns);
    return pipeline_start(k->pipeline, &k->report, on_exit_wanted, k);
}

int kit_try_run(struct kit *k, const char *config)
{
    config_free(&k->config);
    tree_write("kit.conf", config);
    ck_assert_msg(config_load(tree_path("kit.conf"), &k->report, &k->config) == 0, "%s",
                  buffer_text(&k->report.text));
    return pipeline_run(k, 0);
}

void kit_run(struct kit *k, const char *config)
{
    ck_assert_msg(kit_try_run(k, config) == 0, "%s", buffer_text(&k->report.text));
    kit_quiet(k);
}

void kit_run_again(struct kit *k)
{
    ck_assert_msg(pipeline_run(k, 0) == 0, "%s", buffer_text(&k->report.text));
    kit_quiet(k);
}

struct kit *kit_start(const char *config)
{
    struct kit *k = kit_make();

    kit_run(k, config);
    return k;
}

/* ---- time and quiet ---- */

static unsigned calls_under_way(const struct kit *k)
{
    unsigned count = 0;

    for (size_t i = 0; k->pipeline != NULL && i < pipeline_output_count(k->pipeline); i++)
        count += (unsigned)output_metrics(pipeline_output(k->pipeline, i))->connections_busy;
    return count;
}

static bool is_busy(const struct kit *k)
{
    return job_count(k->loop) > 0 || (!k->may_hang && calls_under_way(k) > 0);
}

static bool is_due(const struct kit *k)
{
    return timers_next_ms(k->loop) <= clock_ms();
}

void kit_quiet(struct kit *k)
{
    struct patience patience;
    unsigned idle_turns = 0;

    patience_begin(&patience, k->loop, "quiet");
    while (idle_turns < IDLE_TURNS) {
        idle_turns = is_busy(k) || is_due(k) ? 0 : idle_turns + 1;
        loop_turn(k->loop, is_busy(k));
    }
    patience_end(&patience);
    if (k->pipeline != NULL)
        kit_check_ledger(k);
}

void kit_pass_ms(struct kit *k, uint64_t ms)
{
    uint64_t until_ms = clock_ms() + ms, next_ms;

    kit_quiet(k);
    while ((next_ms = timers_next_ms(k->loop)) <= until_ms) {
        if (next_ms > clock_ms())
            clock_advance_ms(next_ms - clock_ms());
        kit_quiet(k);
    }
    clock_advance_ms(until_ms - clock_ms());
}

/* ---- the end ---- */

static void on_stopped(void *owner)
{
    struct kit *k = owner;

    k->is_stopped = true;
}

/* The pipeline is freed, and what it left to the pool is done. */
static void pipeline_gone(struct kit *k)
{
    kit_check_ledger(k);
    pipeline_free(&k->pipeline);
    kit_quiet(k);
}

void kit_stop_begin(struct kit *k)
{
    k->stop_ms = clock_ms();
    pipeline_stop(k->pipeline, on_stopped, k);
}

uint64_t kit_stop_end(struct kit *k)
{
    uint64_t took_ms;

    kit_quiet(k);
    while (!k->is_stopped) {
        ck_assert_uint_le(clock_ms() - k->stop_ms, 60000);
        kit_pass_ms(k, 10);
    }
    took_ms = clock_ms() - k->stop_ms;
    pipeline_gone(k);
    return took_ms;
}

uint64_t kit_stop(struct kit *k)
{
    kit_stop_begin(k);
    return kit_stop_end(k);
}

void kit_replace(struct kit *k)
{
    int64_t since_ns = clock_wall_ns();

    k->stop_ms = clock_ms();
    pipeline_hand_over(k->pipeline, on_stopped, k);
    kit_stop_end(k);
    ck_assert_msg(pipeline_run(k, since_ns) == 0, "%s", buffer_text(&k->report.text));
    kit_quiet(k);
}

static void file_swap(const char *from, const char *to)
{
    if (tree_has(to))
        tree_remove(to);
    if (tree_has(from))
        tree_copy(from, to);
}

/* What is on disk now is there again when the pipeline has gone, whatever it wrote meanwhile. */
void kit_kill(struct kit *k)
{
    bool could_hang = k->may_hang;

    file_swap("state/positions.db", "state/kept");
    file_swap("state/positions.db-wal", "state/kept-wal");
    k->may_hang = true;
    kit_stop_begin(k);
    pipeline_hurry(k->pipeline);
    kit_stop_end(k);
    k->may_hang = could_hang;
    file_swap("state/none", "state/positions.db-shm");
    file_swap("state/kept", "state/positions.db");
    file_swap("state/kept-wal", "state/positions.db-wal");
}

void kit_end(struct kit **address)
{
    struct kit *k = *address;

    *address = NULL;
    if (k->pipeline != NULL)
        kit_stop(k);
    backend_close(k->es);
    backend_close(k->other);
    mem_free(k->es);
    mem_free(k->other);
    config_free(&k->config);
    report_fini(&k->report);
    loop_free(&k->loop);
    mem_free(k);
    tree_fell();
    clock_real();
    log_level_set(LOG_INFO);
}

/* ---- files and bookmarks ---- */

void kit_append(struct kit *k, const char *name, const char *text)
{
    tree_append(name, text);
    kit_quiet(k);
}

struct search {
    const char *path;
    uint64_t offset;
};

static bool on_position(void *owner, const struct position *position)
{
    struct search *search = owner;

    if (position->is_rotated || strcmp(position->name, search->path) != 0)
        return true;
    search->offset = position->offset;
    return false;
}

uint64_t kit_bookmark(struct kit *k, const char *name)
{
    struct positions_config config = {.path = tree_path("state/positions.db")};
    struct search search = {.path = tree_path(name)};
    struct positions *positions;

    kit_quiet(k);
    ck_assert_int_eq(positions_open(k->loop, &config, &k->report, (struct place){0}, &positions),
                     0);
    ck_assert_int_eq(positions_find_path(positions, search.path, on_position, &search), 0);
    positions_close(&positions);
    return search.offset;
}

void kit_expect_bookmark(struct kit *k, const char *name, uint64_t offset)
{
    uint64_t bookmark = kit_bookmark(k, name);

    ck_assert_uint_eq(bookmark, offset);
}

/* ---- the ledger ---- */

const struct output_metrics *kit_counts(struct kit *k, size_t output)
{
    return output_metrics(pipeline_output(k->pipeline, output));
}

const struct input_metrics *kit_input(struct kit *k)
{
    pipeline_refresh(k->pipeline);
    return CONTAINER_OF(pipeline_metrics(k->pipeline)->inputs.next, struct input_metrics, link);
}

/* Each record that an output delivered or dropped is one of an input's. */
static void check_routes(struct kit *k, size_t output)
{
    const struct output_metrics *m = kit_counts(k, output);
    uint64_t records = 0, drop_records = 0;

    LIST_FOR (it, &pipeline_metrics(k->pipeline)->inputs) {
        const struct input_metrics *input = CONTAINER_OF(it, struct input_metrics, link);

        records += input->routes[output].records;
        drop_records += input->routes[output].drop_records;
    }
    ck_assert_uint_eq(m->proc_records, records);
    ck_assert_uint_eq(m->dropped_records, drop_records);
}

void kit_check_ledger(struct kit *k)
{
    for (size_t i = 0; i < pipeline_output_count(k->pipeline); i++) {
        const struct output_metrics *m = kit_counts(k, i);
        bool is_idle = output_is_idle(pipeline_output(k->pipeline, i));

        ck_assert_uint_eq(m->read_records, m->proc_records + m->set_aside_records +
                                               m->given_up_records + m->in_flight_records);
        ck_assert_uint_eq(m->read_bytes, m->proc_bytes + m->set_aside_bytes + m->given_up_bytes +
                                             m->in_flight_bytes);
        ck_assert_uint_eq(m->dropped_records, m->set_aside_records + m->given_up_records);
        ck_assert_int_eq(m->in_flight_records == 0, is_idle);
        ck_assert_int_eq(m->in_flight_bytes == 0, is_idle);
        check_routes(k, i);
    }
}

void kit_expect_counts(struct kit *k, size_t output, struct output_metrics expected)
{
    const struct output_metrics *m;

    kit_quiet(k);
    m = kit_counts(k, output);
    ck_assert_uint_eq(m->read_records, expected.read_records);
    ck_assert_uint_eq(m->proc_records, expected.proc_records);
    ck_assert_uint_eq(m->set_aside_records, expected.set_aside_records);
    ck_assert_uint_eq(m->given_up_records, expected.given_up_records);
    ck_assert_uint_eq(m->in_flight_records, expected.in_flight_records);
}
