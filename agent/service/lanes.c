#include "service/lanes.h"

#include "base/clock.h"
#include "base/memory.h"
#include "service/pipeline_self.h"

#include <inttypes.h>
#include <stdio.h>

struct lane_driver {
    struct pipeline *pipeline;
    struct lanes lanes;
    struct budget *shares; /* of each output */
    struct timer *timer;
};

static void on_memory_turned(struct budget *b)
{
    struct pipeline *p = CONTAINER_OF(b, struct pipeline, room.memory);

    if (b->is_full)
        lanes_wake(p);
    pressure_turned(p);
}

static void on_share_turned(struct budget *b)
{
    if (b->is_full)
        lanes_wake(CONTAINER_OF(b->parent, struct pipeline, room.memory));
}

struct lane_driver *lane_driver_new(struct pipeline *p)
{
    struct lane_driver *driver = mem_zalloc(1, sizeof *driver);
    unsigned count = (unsigned)(p->made.output_count < WINDOW_OUTPUTS_MAX ? p->made.output_count
                                                                          : WINDOW_OUTPUTS_MAX);

    CHECK(p->lanes == NULL);
    driver->pipeline = p;
    driver->lanes.count = count;
    driver->lanes.patience_ms = pipeline_grace_ms(p);
    driver->shares = mem_zalloc(count, sizeof *driver->shares);
    for (unsigned i = 0; i < count; i++) {
        budget_init(&driver->shares[i], &p->room.memory, 0);
        driver->shares[i].turned = on_share_turned;
        driver->lanes.items[i].output = p->made.outputs[i].name;
        driver->lanes.items[i].share = &driver->shares[i];
    }
    for (size_t i = 0; i < p->made.input_count; i++)
        p->made.inputs[i].input.lanes = &driver->lanes;
    p->room.memory.turned = on_memory_turned;
    return driver;
}

void lane_driver_free(struct lane_driver **address)
{
    struct lane_driver *driver = *address;

    *address = NULL;
    if (driver == NULL)
        return;
    CHECK(driver->timer == NULL);
    for (unsigned i = 0; i < driver->lanes.count; i++)
        budget_fini(&driver->shares[i]);
    mem_free(driver->shares);
    mem_free(driver);
}

/* ---- looking ---- */

/* What outputs hold of one budget. Of the service's memory every output has its part; of an input's
 * those that its records go to. */
static output_set holders_of(const struct lane_driver *driver, const struct budget *budget)
{
    struct pipeline *p = driver->pipeline;
    struct lane_load loads[WINDOW_OUTPUTS_MAX] = {0};
    output_set concerned = budget == &p->room.memory ? ~UINT64_C(0) : 0;
    unsigned count = driver->lanes.count;

    CHECK(count > 0 && count <= WINDOW_OUTPUTS_MAX);
    CHECK(count <= p->made.started_output_count);
    for (unsigned i = 0; i < count; i++) {
        const struct output *output = p->made.outputs[i].output;
        int64_t since_ns;

        loads[i].held_bytes = output_holds(output, budget, &concerned);
        loads[i].is_away = driver->lanes.away >> i & 1;
        (void)output_trouble(output, &since_ns);
        loads[i].is_in_trouble = since_ns != 0;
    }
    for (unsigned i = 0; i < count; i++)
        loads[i].is_concerned = concerned >> i & 1;
    return lane_holders(loads, count,
                        lane_share(budget_room_bytes(budget), count, CHUNK_BYTES_AIM));
}

/* The outputs that others wait for, in any memory that is full. Whether there is one. */
static bool memory_look(const struct lane_driver *driver, output_set *holders)
{
    struct pipeline *p = driver->pipeline;
    bool is_full = p->room.memory.is_full;

    *holders = is_full ? holders_of(driver, &p->room.memory) : 0;
    for (size_t i = 0; i < p->made.input_count; i++) {
        const struct budget *b = &p->made.inputs[i].budget;

        if (!b->is_full)
            continue;
        is_full = true;
        *holders |= holders_of(driver, b);
    }
    return is_full;
}

/* ---- obeying ---- */

static void inputs_tell(struct pipeline *p, unsigned output, enum lane_event event)
{
    CHECK(output < p->made.output_count);
    for (size_t i = 0; i < p->made.input_count; i++)
        if (p->made.inputs[i].is_started && p->made.inputs[i].plugin->lane != NULL)
            p->made.inputs[i].plugin->lane(p->made.inputs[i].self, output, event);
}

/* What is open is sealed first: it has records of this output, which lets go of them too. */
static void lane_leave(struct lane_driver *driver, unsigned i)
{
    struct pipeline *p = driver->pipeline;
    struct output *output = p->made.outputs[i].output;
    uint64_t held = output_metrics(output)->in_flight_bytes;
    char words[256];

    CHECK((driver->lanes.away >> i & 1) == 0);
    CHECK(driver->lanes.items[i].state == LANE_TOGETHER ||
          driver->lanes.items[i].state == LANE_CATCHING_UP);
    snprintf(words, sizeof words,
             "falls behind: the others wait for memory, %" PRIu64 " KiB of which it has not taken; "
             "that is let go of and read again for it alone, while the others go on",
             held / 1024);
    output_say(output, LOG_WARN, words);
    driver->lanes.items[i].state = LANE_LEAVING;
    driver->lanes.items[i].looks = 0;
    driver->lanes.away |= UINT64_C(1) << i;
    inputs_tell(p, i, LANE_EVENT_LEFT);
    intake_flush(p->path.intake);
    output_leave(output);
}

static void lane_obey(struct lane_driver *driver, unsigned i, enum lane_move move)
{
    struct pipeline *p = driver->pipeline;
    struct lane *lane = &driver->lanes.items[i];

    switch (move) {
    case LANE_STAY:
        return;
    case LANE_LEAVE:
        lane_leave(driver, i);
        return;
    case LANE_LET_GO:
        CHECK(lane->state == LANE_LEAVING);
        lane->state = LANE_AWAY;
        CHECK(driver->lanes.away >> i & 1);
        inputs_tell(p, i, LANE_EVENT_LET_GO);
        return;
    case LANE_CATCH_UP:
        CHECK(lane->state == LANE_AWAY);
        lane->state = LANE_CATCHING_UP;
        driver->lanes.away &= ~(UINT64_C(1) << i);
        inputs_tell(p, i, LANE_EVENT_WELL);
        return;
    case LANE_JOIN:
        CHECK(lane->reader_count == 0);
        CHECK(lane->state == LANE_CATCHING_UP);
        lane->state = LANE_TOGETHER;
        output_say(p->made.outputs[i].output, LOG_INFO, "has caught up with the other outputs");
        return;
    }
}

/* No file is read together for those that are leaving or away, and for no others. */
static void lane_check(const struct lane_driver *driver, unsigned i)
{
    const struct lane *lane = &driver->lanes.items[i];
    bool is_away = lane->state == LANE_LEAVING || lane->state == LANE_AWAY;

    CHECK(is_away == (driver->lanes.away >> i & 1));
    CHECK(lane->level_count <= lane->reader_count);
    CHECK(lane->state != LANE_TOGETHER || lane->reader_count == 0);
}

/* One that fell behind in an earlier life of the agent has readers from the start. */
static void lane_look(struct lane_driver *driver, unsigned i, bool is_waited_for)
{
    struct lane *lane = &driver->lanes.items[i];
    const struct output *output = driver->pipeline->made.outputs[i].output;
    struct lane_seen seen = {
        .is_waited_for = is_waited_for,
        .is_delivering = output_is_delivering(output),
        .has_last_tries = output_has_last_tries(output),
        .has_nothing = output_is_idle(output),
    };

    CHECK(i < driver->lanes.count && output != NULL);
    if (lane->state == LANE_TOGETHER && lane->reader_count > 0)
        lane->state = LANE_CATCHING_UP;
    lane->looks = is_waited_for ? lane->looks + 1 : 0;
    lane_obey(driver, i, lane_plan(lane, &seen));
    lane_check(driver, i);
}

static uint64_t trouble_ms(const struct output *output)
{
    int64_t since_ns, now_ns = clock_wall_ns();

    (void)output_trouble(output, &since_ns);
    return since_ns != 0 && since_ns < now_ns ? (uint64_t)(now_ns - since_ns) / NS_PER_MS : 0;
}

/* What is read for outputs alone gets its part of the service's memory, and of each input's. */
static void shares_set(struct lane_driver *driver)
{
    struct pipeline *p = driver->pipeline;
    struct lane_need needs[WINDOW_OUTPUTS_MAX];
    unsigned count = driver->lanes.count;

    for (unsigned i = 0; i < count; i++) {
        struct lane *lane = &driver->lanes.items[i];
        const struct output *output = p->made.outputs[i].output;

        lane->call_bytes = parcel_call_holds(&p->made.outputs[i].parcels);
        lane->is_delivering = lane_delivers(lane, output_is_delivering(output), trouble_ms(output));
        needs[i] = lane_need_of(lane, driver->shares[i].used_bytes);
    }
    lane_shares(needs, count, budget_room_bytes(&p->room.memory), CHUNK_BYTES_AIM);
    for (unsigned i = 0; i < count; i++)
        budget_limit(&driver->shares[i], needs[i].share_bytes);
    for (size_t i = 0; i < p->made.input_count; i++)
        if (p->made.inputs[i].is_started && p->made.inputs[i].plugin->share != NULL)
            p->made.inputs[i].plugin->share(p->made.inputs[i].self);
}

static void on_look(void *owner)
{
    struct lane_driver *driver = owner;
    output_set holders;
    bool is_needed = memory_look(driver, &holders);

    for (unsigned i = 0; i < driver->lanes.count; i++) {
        lane_look(driver, i, holders >> i & 1);
        is_needed |= driver->lanes.items[i].state != LANE_TOGETHER;
    }
    shares_set(driver);
    if (!is_needed)
        timer_stop(driver->timer);
}

/* ---- when ---- */

void lane_driver_start(struct lane_driver *driver)
{
    CHECK(driver->timer == NULL);
    shares_set(driver);
    driver->timer = timer_new(driver->pipeline->loop, on_look, driver);
    timer_unref(driver->timer);
}

void lane_driver_stop(struct lane_driver *driver)
{
    timer_free(&driver->timer);
}

void lanes_wake(struct pipeline *p)
{
    struct lane_driver *driver = p->lanes;

    if (driver->timer != NULL && driver->lanes.count > 1 && !timer_is_on(driver->timer))
        timer_repeat(driver->timer, LANE_LOOK_MS);
}

/* ---- looking in ---- */

static bool lane_is_apart(const struct lane *lane)
{
    return lane->state != LANE_TOGETHER || lane->reader_count > 0;
}

void lanes_refresh_begin(struct pipeline *p)
{
    for (unsigned i = 0; i < p->lanes->lanes.count; i++)
        p->lanes->lanes.items[i].behind_bytes = p->lanes->lanes.items[i].done_mark = 0;
}

void lanes_refresh_end(struct pipeline *p)
{
    for (unsigned i = 0; i < p->made.started_output_count; i++) {
        struct output_metrics *m = output_metrics(p->made.outputs[i].output);

        const struct lane *lane = &p->lanes->lanes.items[i];

        m->behind_bytes = lane->behind_bytes;
        m->is_behind = lane_is_apart(lane);
    }
}

bool lanes_is_apart(const struct pipeline *p, unsigned output)
{
    return output < p->lanes->lanes.count && lane_is_apart(&p->lanes->lanes.items[output]);
}

uint64_t lanes_done_mark(const struct pipeline *p, unsigned output)
{
    return output < p->lanes->lanes.count ? p->lanes->lanes.items[output].done_mark : 0;
}

bool lanes_have_room(const struct pipeline *p, unsigned output)
{
    if (p->room.memory.is_full)
        return false;
    for (size_t i = 0; i < p->made.input_count; i++)
        if (p->made.inputs[i].budget.is_full)
            return false;
    return output >= p->lanes->lanes.count || !p->lanes->shares[output].is_full;
}
