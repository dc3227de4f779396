#include "sim/life.h"

#include "base/clock.h"
#include "base/memory.h"
#include "chunk/chunk.h"
#include "chunk/intake.h"
#include "checkpoint/positions.h"
#include "config/load.h"
#include "plugin/plugin.h"
#include "service/pipeline.h"
#include "sim/backend.h"
#include "sim/dice.h"
#include "sim/fake.h"
#include "sim/fake_database.h"
#include "sim/fake_http.h"
#include "sim/fs.h"
#include "sim/logs.h"
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
    bool is_stopping, is_stopped, is_dead;
    uint64_t start_ms, stop_ms;
    uint64_t turn_ms, turns;
    uint64_t saved_stream;                            /* is on the disk */
    uint64_t lost_bytes, given_up[TRUTH_OUTPUTS_MAX]; /* in lives before this */
    unsigned count;
} life;

/* ---- the configuration ---- */

static void config_write(const struct life_traits *t)
{
    struct buffer text = {0};

    buffer_append_format(&text,
                         "[SERVICE]\n Flush %.3f\n Grace %" PRIu64 "\n records_limit %" PRIu64
                         "\n scheduler.base 1\n scheduler.cap 10\n",
                         t->flush_s, t->grace_s, t->memory_bytes);
    buffer_append_format(&text,
                         "[INPUT]\n Name tail\n Tag app.*\n Path /logs/*.log\n DB /state/db\n"
                         " Read_from_Head on\n Rotate_Wait %" PRIu64 "\n Refresh_Interval %" PRIu64
                         "\n Inotify_Watcher %s\n",
                         t->rotate_wait_s, t->refresh_s, fs_traits()->has_inotify ? "on" : "off");
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

void life_start(void)
{
    int status;

    CHECK(life.pipeline == NULL);
    story("the agent starts, life %u", ++life.count);
    life.is_stopping = life.is_stopped = life.is_dead = false;
    life.start_ms = clock_ms();
    fake_http_begin();
    logs_forget_opened();
    fake_disk_freeze(false);
    life.saved_stream = 0;
    life.loop = loop_new();
    life.pipeline = pipeline_new(life.loop, life.config, &life.report, &status);
    EXPECT(status == 0, "%s", buffer_text(&life.report.text));
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

/* The pipeline has stopped: nothing of it may be left. */
static void life_over(void)
{
    EXPECT(!pipeline_is_stuck(life.pipeline), "stopping ended with a worker still at it");
    pipeline_free(&life.pipeline);
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
        if (life.is_stopped) {
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

/* Where files are told apart by their numbers alone, a row that is gone leaves too little. */
static bool has_identities(void)
{
    return fs_traits()->has_generations || fs_traits()->has_births;
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
    if (is_power_cut && has_identities())
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

/* ---- what passes between the parts ---- */

void __wrap_intake_push(struct intake *intake, struct origin *origin, uint64_t end);
void __real_intake_push(struct intake *intake, struct origin *origin, uint64_t end);
void __wrap_intake_push_plain(struct intake *intake, struct origin *origin,
                              struct plain_record *plain, uint64_t end);
void __real_intake_push_plain(struct intake *intake, struct origin *origin,
                              struct plain_record *plain, uint64_t end);
struct tail_file; /* begins with its origin */
void __wrap_tail_file_left(struct tail_file *file, unsigned output, uint64_t begin);
void __real_tail_file_left(struct tail_file *file, unsigned output, uint64_t begin);
void __wrap_positions_set(struct positions *positions, const struct position *position);
void __real_positions_set(struct positions *positions, const struct position *position);

/* After a kill it is known by its row, whatever the world makes of its file. */
static void stream_expect_saved(uint64_t stream)
{
    if (stream == life.saved_stream || life.is_dead)
        return;
    EXPECT(fake_disk_has_stream(stream) || fake_disk_has_failed(),
           "a record of stream %016" PRIx64 " is there before its row is on the disk", stream);
    life.saved_stream = stream;
}

/* A line is the agent's from here on. */
static void line_take(struct slice text, const struct origin *origin, uint64_t end)
{
    struct line *line = truth_find(text);

    EXPECT(line != NULL, "a record is no line: \"%.*s\"", SLICE_ARG(text));
    truth_check_text(line, text, "in_tail");
    stream_expect_saved(origin->id);
    if (!life.is_dead)
        truth_take(line, origin->lane);
    line->stream = origin->id;
    line->end = end;
}

void __wrap_intake_push(struct intake *intake, struct origin *origin, uint64_t end)
{
    struct value value;

    CHECK(record_find(intake_current(intake), SLICE("log"), &value) && value.kind == VALUE_TEXT);
    line_take(value.text, origin, end);
    __real_intake_push(intake, origin, end);
}

void __wrap_intake_push_plain(struct intake *intake, struct origin *origin,
                              struct plain_record *plain, uint64_t end)
{
    CHECK(plain->count == 1 && slice_is(plain->fields[0].key, "log"));
    line_take(plain->fields[0].text, origin, end);
    __real_intake_push_plain(intake, origin, plain, end);
}

/* What lies in a file no more cannot be read again. */
void __wrap_tail_file_left(struct tail_file *file, unsigned output, uint64_t begin)
{
    __real_tail_file_left(file, output, begin);
    if (life.is_dead)
        return;
    truth_leave(((struct origin *)file)->id, output, begin);
    fs_sweep(true);
}

void __wrap_positions_set(struct positions *positions, const struct position *position)
{
    if (!life.is_dead)
        truth_check_position(strtoull(position->note, NULL, 16), position->offset, "to be saved");
    __real_positions_set(positions, position);
}
