#include "sim/life.h"

#include "base/clock.h"
#include "base/memory.h"
#include "chunk/chunk.h"
#include "checkpoint/positions.h"
#include "config/load.h"
#include "service/pipeline.h"
#include "sim/backend.h"
#include "sim/dice.h"
#include "sim/fake.h"
#include "sim/fake_database.h"
#include "sim/fake_http.h"
#include "sim/fs.h"
#include "sim/logs.h"
#include "sim/pieces.h"
#include "sim/seams.h"
#include "sim/story.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG "/etc/sim.conf"

/* Stopping takes Grace, and a moment for workers. */
#define STOP_SLACK_MS 2000

/* Many short lines take more room in a chunk than in a file; more again in a body. */
#define READ_SLACK_BYTES ((uint64_t)768 << 10)
#define BODY_SLACK_BYTES ((uint64_t)512 << 10)

/* Turns at one instant. */
#define TURNS_MAX 20000

static struct {
    struct life_traits traits;
    struct config *config;
    struct report report;
    struct loop *loop;
    struct pipeline *pipeline;
    bool is_stopping, is_stopped, is_dead, is_reloading;
    uint64_t start_ms, stop_ms;
    int64_t handed_over_ns;
    struct fs_rest held_loss; /* that this pipeline is to count */
    uint64_t turn_ms, turns;
    uint64_t lost_bytes, given_up[TRUTH_OUTPUTS_MAX]; /* in lives before this */
    unsigned count;
} life;

/* ---- the configuration ---- */

static void config_write(const struct life_traits *t)
{
    struct buffer text = {0};

    buffer_append_format(&text,
                         "[SERVICE]\n Flush %.3f\n Grace %" PRIu64 "\n records_limit %" PRIu64
                         "\n held_limit %" PRIu64 "\n scheduler.base 1\n scheduler.cap 10\n",
                         t->flush_s, t->grace_s, t->memory_bytes, t->held_bytes);
    buffer_append_format(&text,
                         "[INPUT]\n Name tail\n Tag app.*\n Path /logs/*.log\n DB /state/db\n"
                         " Read_from_Head on\n Rotate_Wait %" PRIu64 "\n Refresh_Interval %" PRIu64
                         "\n Inotify_Watcher %s\n",
                         t->rotate_wait_s, t->refresh_s, fs_traits()->has_inotify ? "on" : "off");
    buffer_append_text(&text, pieces_config());
    if (t->input_bytes > 0)
        buffer_append_format(&text, " Mem_Buf_Limit %" PRIu64 "\n", t->input_bytes);
    for (unsigned i = 0; i < t->output_count; i++) {
        buffer_append_format(&text,
                             "[OUTPUT]\n Name es\n Match *\n Port %u\n Workers %u\n Retry_Limit ",
                             BACKEND_PORT + i, t->workers);
        if (t->retry_limit > 0)
            buffer_append_format(&text, "%u\n", t->retry_limit);
        else
            buffer_append_text(&text, "no_limits\n");
    }
    buffer_append_text(&text, pieces_sections());
    fs_append(fs_make(CONFIG, FS_FILE), buffer_view(&text));
    buffer_fini(&text);
}

void life_begin(const struct life_traits *traits)
{
    memset(&life, 0, sizeof life);
    life.traits = *traits;
    config_write(traits);
    report_init(&life.report);
    EXPECT(config_load(CONFIG, &life.report, &life.config) == 0, "%s",
           buffer_text(&life.report.text));
}

void life_end(void)
{
    CHECK(life.pipeline == NULL);
    config_free(&life.config);
    report_fini(&life.report);
}

/* ---- beginning ---- */

static void on_exit_wanted(void *owner)
{
    (void)owner;
}

static void pipeline_make(void)
{
    int status;

    fake_http_begin();
    life.held_loss = (struct fs_rest){0};
    life.is_stopping = life.is_stopped = life.is_reloading = false;
    life.pipeline = pipeline_new(life.loop, life.config, &life.report, &status);
    EXPECT(status == 0, "%s", buffer_text(&life.report.text));
}

void life_start(void)
{
    int status;

    CHECK(life.pipeline == NULL);
    story("the agent starts, life %u", ++life.count);
    if (getenv("SIM_LOG") != NULL)
        fake_disk_say();
    life.is_dead = false;
    life.start_ms = clock_ms();
    logs_forget_opened();
    fake_disk_freeze(false);
    seams_begin();
    life.loop = loop_new();
    pipeline_make();
    status = pipeline_start(life.pipeline, &life.report, on_exit_wanted, NULL);
    EXPECT(status == 0, "%s", buffer_text(&life.report.text));
}

bool life_is_on(void)
{
    return life.pipeline != NULL;
}

uint64_t life_age_ms(void)
{
    return clock_ms() - life.start_ms;
}

bool life_is_stopping(void)
{
    return life.is_stopping;
}

bool life_is_dead(void)
{
    return life.is_dead;
}

/* ---- what must hold after each step ---- */

const struct output_metrics *life_output(unsigned output)
{
    return output_metrics(pipeline_output(life.pipeline, output));
}

static const struct input_metrics *the_input(void)
{
    return CONTAINER_OF(pipeline_metrics(life.pipeline)->inputs.next, struct input_metrics, link);
}

const struct input_metrics *life_input(void)
{
    pipeline_refresh(life.pipeline);
    return the_input();
}

/* There is one input: what an output did away with is its. */
static void check_routes(const struct output_metrics *m, unsigned output)
{
    const struct route_metrics *route = &the_input()->routes[output];

    EXPECT(route->records == m->proc_records && route->drop_records == m->dropped_records,
           "output %u counts %" PRIu64 " delivered and %" PRIu64
           " dropped of the input, and %" PRIu64 " and %" PRIu64 " of all",
           output, route->records, route->drop_records, m->proc_records, m->dropped_records);
}

static void check_ledger(unsigned output)
{
    const struct output_metrics *m = life_output(output);
    const struct fake_http_told *told = fake_http_told(output);

    EXPECT(m->read_records ==
               m->proc_records + m->set_aside_records + m->given_up_records + m->in_flight_records,
           "the ledger of output %u does not balance in records", output);
    EXPECT(m->read_bytes ==
               m->proc_bytes + m->set_aside_bytes + m->given_up_bytes + m->in_flight_bytes,
           "the ledger of output %u does not balance in bytes", output);
    EXPECT(m->proc_records == told->delivered,
           "output %u counts %" PRIu64 " as delivered, and was told so of %" PRIu64, output,
           m->proc_records, told->delivered);
    EXPECT(m->limit_records == told->given_up && m->given_up_records == told->given_up,
           "output %u counts %" PRIu64 " records as dropped, and gave up %" PRIu64, output,
           m->given_up_records, told->given_up);
    EXPECT(m->set_aside_records == told->set_aside,
           "output %u counts %" PRIu64 " as set aside, and was told so of %" PRIu64, output,
           m->set_aside_records, told->set_aside);
    check_routes(m, output);
}

/* What one read brings in may go past the limit, and the bodies of the requests under way. */
static void check_memory(void)
{
    const struct budget *memory = pipeline_memory(life.pipeline);
    uint64_t limit = life.traits.memory_bytes, workers = life.traits.workers;
    uint64_t slack = READ_SLACK_BYTES + BODY_SLACK_BYTES * workers * life.traits.output_count;

    EXPECT(memory->used_bytes <= limit + slack, "%" PRIu64 " bytes are held, the limit is %" PRIu64,
           memory->used_bytes, limit);
}

static void life_check(void)
{
    for (unsigned i = 0; i < life.traits.output_count; i++)
        check_ledger(i);
    check_memory();
}

/* ---- ending ---- */

static void on_stopped(void *owner)
{
    (void)owner;
    life.is_stopped = true;
}

static void life_reckon(void)
{
    life.lost_bytes += life_input()->lost_bytes;
    for (unsigned i = 0; i < life.traits.output_count; i++)
        life.given_up[i] += life_output(i)->given_up_records;
}

static void on_chunk(void *owner, const struct chunk *chunk)
{
    (void)owner;
    story_fail("a chunk of %u records outlived the pipeline", chunk->record_count);
}

/* Of a file that cannot be read by the time it is counted only the bytes are known. */
static bool are_lines_counted(const struct input_metrics *m)
{
    if (getenv("SIM_TROUBLE") != NULL)
        return m->held_dropped_lines <= life.held_loss.lines;
    return m->held_dropped_lines == life.held_loss.lines;
}

/* Nothing is counted that was not let go of. */
void life_expect_held_loss(struct fs_rest rest)
{
    story("  let go of: %" PRIu64 " bytes, %" PRIu64 " lines", rest.bytes, rest.lines);
    life.held_loss.bytes += rest.bytes;
    life.held_loss.lines += rest.lines;
}

void life_check_held_losses(void)
{
    const struct input_metrics *m = life_input();

    EXPECT(m->held_dropped_bytes == life.held_loss.bytes && are_lines_counted(m),
           "%" PRIu64 " bytes, %" PRIu64 " lines were let go of, and counted are %" PRIu64
           " and %" PRIu64,
           life.held_loss.bytes, life.held_loss.lines, m->held_dropped_bytes,
           m->held_dropped_lines);
}

/* Descriptors and positions go to the next one; what is not delivered, it reads again. */
static void life_hand_over(void)
{
    int status;

    story("another pipeline takes over");
    life_reckon();
    positions_keep(true);
    pipeline_free(&life.pipeline);
    truth_forget_taken();
    fs_sweep(true);
    pipeline_make();
    pipeline_takes_over(life.pipeline, life.handed_over_ns);
    status = pipeline_start(life.pipeline, &life.report, on_exit_wanted, NULL);
    EXPECT(status == 0, "%s", buffer_text(&life.report.text));
    positions_keep(false);
}

/* The pipeline has stopped: nothing of it may be left. */
static void life_over(void)
{
    EXPECT(!pipeline_is_stuck(life.pipeline), "stopping ended with a worker still at it");
    pipeline_free(&life.pipeline);
    positions_keep(false);
    while (job_count(life.loop) > 0) {
        if (agenda_turn())
            continue;
        EXPECT(agenda_next_ms() != UINT64_MAX, "a job never ends");
        clock_advance_ms(agenda_next_ms() - clock_ms());
    }
    chunks_each(on_chunk, NULL);
    loop_free(&life.loop);
    EXPECT(fs_open_count() == 0, "%u descriptors are left open", fs_open_count());
    truth_forget_taken();
    truth_forget_streams(fake_disk_has_stream);
    logs_forget_opened();
    fs_sweep(false);
    fake_disk_check();
    life.is_stopping = false;
}

bool life_turn(void)
{
    bool has_happened = agenda_turn();

    if (life.pipeline != NULL) {
        has_happened |= fake_loop_polls(life.loop);
        if (!life.is_dead)
            life_check();
    }
    if (clock_ms() != life.turn_ms) {
        life.turn_ms = clock_ms();
        life.turns = 0;
    }
    EXPECT(life.turns++ < TURNS_MAX, "the agent spins");
    if (life.is_stopping && !life.is_dead) {
        if (life.is_stopped && life.is_reloading) {
            life_hand_over();
        } else if (life.is_stopped) {
            story("the agent has stopped");
            life_reckon();
            life_over();
        } else {
            EXPECT(clock_ms() - life.stop_ms <= life.traits.grace_s * 1000 + STOP_SLACK_MS,
                   "the agent does not stop");
        }
    }
    return has_happened;
}

void life_stop(void)
{
    CHECK(life.pipeline != NULL && !life.is_stopping);
    story("the agent is told to stop");
    life.is_stopping = true;
    life.stop_ms = clock_ms();
    pipeline_stop(life.pipeline, on_stopped, NULL);
}

void life_reload(void)
{
    CHECK(life.pipeline != NULL && !life.is_stopping);
    story("the configuration is read again");
    life.is_stopping = life.is_reloading = true;
    life.stop_ms = clock_ms();
    life.handed_over_ns = clock_wall_ns();
    pipeline_hand_over(life.pipeline, on_stopped, NULL);
}

void life_kill(bool is_power_cut)
{
    story(is_power_cut ? "the power is cut" : "the agent is killed");
    life_reckon();
    life.is_dead = true;
    fake_disk_freeze(true);
    if (!life.is_stopping)
        pipeline_stop(life.pipeline, on_stopped, NULL);
    life.is_stopping = true;
    pipeline_hurry(life.pipeline);
    fake_loop_hurry(life.loop);
    while (!life.is_stopped) {
        if (agenda_turn() || fake_loop_polls(life.loop))
            continue;
        clock_advance_ms(agenda_next_ms() - clock_ms());
    }
    /* Where files are told apart by their numbers alone, a row that is gone leaves too little. */
    if (is_power_cut && fs_has_identities())
        story("  %u commits are gone", fake_disk_cut_power());
    life_over();
}

uint64_t life_lost_bytes(void)
{
    return life.lost_bytes;
}

uint64_t life_given_up(unsigned output)
{
    return life.given_up[output];
}
