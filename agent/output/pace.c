#include "output/pace.h"

#include "base/check.h"
#include "base/list.h"
#include "base/memory.h"

#include <string.h>

/* Behind a call that was throttled, and behind one that was not: forty of these undo one of those. */
#define GAP_LONGER 1.5
#define GAP_SHORTER 0.99
#define GAP_FIRST_MS 20
#define HOLD_FIRST_MS 100
#define SECOND_MS 1000

struct call_pace {
    struct list link;
    uint32_t refs;
    char *name;
    unsigned lane_count;
    struct call_lane lanes[PACE_LANES_MAX];
};

/* The loop's alone. */
static struct list paces = {&paces, &paces};

/* ---- the second ---- */

static void lane_check(const struct call_lane *lane)
{
    CHECK(lane->gap_ms >= lane->limits.gap_least_ms && lane->gap_ms <= lane->limits.gap_most_ms);
    CHECK(lane->held_from_ms <= lane->held_till_ms);
}

/* The gap in whole milliseconds, that is no shorter. */
static uint64_t gap_of(const struct call_lane *lane)
{
    uint64_t whole = (uint64_t)lane->gap_ms;

    return (double)whole < lane->gap_ms ? whole + 1 : whole;
}

/* How many gaps begin in a second; 0: more than are kept. */
static uint64_t calls_a_second(const struct call_lane *lane)
{
    uint64_t gap_ms = gap_of(lane), calls;

    if (gap_ms == 0)
        return 0;
    calls = (SECOND_MS + gap_ms - 1) / gap_ms;
    return calls <= PACE_STARTS_MAX ? calls : 0;
}

/* When the last but so many began. */
static uint64_t start_before(const struct call_lane *lane, uint64_t calls)
{
    CHECK(calls > 0 && calls <= PACE_STARTS_MAX && calls <= lane->started);
    return lane->starts_ms[(lane->started - calls) % PACE_STARTS_MAX];
}

/* When a call that was started has no place any more, at the soonest. */
static uint64_t place_free_ms(const struct call_lane *lane, uint64_t number, uint64_t now_ms)
{
    uint64_t end_ms = lane->ends_ms[(number - 1) % PACE_STARTS_MAX];

    return (end_ms == PACE_UNDER_WAY ? now_ms + 1 : end_ms) + SECOND_MS;
}

/* When one of so many places is free: those that are taken are sorted by when they get free. */
static uint64_t place_has_room_ms(const struct call_lane *lane, uint64_t calls, uint64_t now_ms)
{
    uint64_t free_ms[PACE_STARTS_MAX], count = 0;
    uint64_t first = lane->started > PACE_STARTS_MAX ? lane->started - PACE_STARTS_MAX : 0;

    for (uint64_t number = first + 1; number <= lane->started; number++) {
        uint64_t ms = place_free_ms(lane, number, now_ms), at = count;

        if (ms <= now_ms)
            continue;
        for (count++; at > 0 && free_ms[at - 1] > ms; at--)
            free_ms[at] = free_ms[at - 1];
        free_ms[at] = ms;
    }
    CHECK(calls > 0 && count <= PACE_STARTS_MAX);
    return count < calls ? 0 : free_ms[count - calls];
}

/* From when on one more start leaves every second within its number. */
static uint64_t second_has_room_ms(const struct call_lane *lane, uint64_t now_ms)
{
    uint64_t calls = calls_a_second(lane);

    if (calls == 0 || lane->started < calls)
        return 0;
    return lane->is_told ? place_has_room_ms(lane, calls, now_ms)
                         : start_before(lane, calls) + SECOND_MS;
}

static uint64_t started_lately(const struct call_lane *lane, uint64_t now_ms)
{
    uint64_t count = 0;

    while (count < PACE_STARTS_MAX && count < lane->started &&
           start_before(lane, count + 1) + SECOND_MS > now_ms)
        count++;
    return count;
}

/* ---- turns ---- */

void call_lane_init(struct call_lane *lane, struct lane_limits limits)
{
    CHECK(limits.gap_least_ms <= limits.gap_most_ms);
    *lane = (struct call_lane){.limits = limits, .gap_ms = limits.gap_least_ms};
    lane_check(lane);
}

void call_lane_tell(struct call_lane *lane, uint32_t calls)
{
    uint32_t least_ms = calls > 0 ? (SECOND_MS + calls - 1) / calls : 0;

    lane->is_told |= calls > 0;
    if (least_ms > lane->limits.gap_least_ms)
        lane->limits.gap_least_ms = least_ms;
    if (least_ms > lane->limits.gap_most_ms)
        lane->limits.gap_most_ms = least_ms;
    if (lane->gap_ms < lane->limits.gap_least_ms)
        lane->gap_ms = lane->limits.gap_least_ms;
    lane_check(lane);
}

static uint64_t later(uint64_t one_ms, uint64_t other_ms)
{
    return one_ms > other_ms ? one_ms : other_ms;
}

static uint64_t held_till(const struct call_lane *lane, uint64_t patience_ms)
{
    uint64_t held_ms = lane->held_till_ms - lane->held_from_ms;

    return lane->held_from_ms + (held_ms < patience_ms ? held_ms : patience_ms);
}

uint64_t call_lane_start_ms(const struct call_lane *lane, uint64_t now_ms, uint64_t patience_ms)
{
    return later(held_till(lane, patience_ms), second_has_room_ms(lane, now_ms));
}

uint64_t call_lane_wait_ms(const struct call_lane *lane, uint64_t now_ms, uint64_t patience_ms)
{
    uint64_t at_ms = later(lane->turn_ms, call_lane_start_ms(lane, now_ms, patience_ms));

    return at_ms > now_ms ? at_ms - now_ms : 0;
}

void call_lane_take(struct call_lane *lane, uint64_t now_ms)
{
    CHECK(lane->turn_ms <= now_ms);
    lane->turn_ms = now_ms + gap_of(lane);
}

uint64_t call_lane_reserve(struct call_lane *lane, uint64_t now_ms, uint64_t patience_ms)
{
    uint64_t wait_ms = call_lane_wait_ms(lane, now_ms, patience_ms);
    uint64_t next_ms = wait_ms + gap_of(lane);

    lane->turn_ms = now_ms + (next_ms < PACE_TURNS_MS_MAX ? next_ms : PACE_TURNS_MS_MAX);
    return wait_ms;
}

bool call_lane_start(struct call_lane *lane, uint64_t now_ms, uint64_t patience_ms)
{
    if (call_lane_start_ms(lane, now_ms, patience_ms) > now_ms)
        return false;
    lane->starts_ms[lane->started % PACE_STARTS_MAX] = now_ms;
    lane->ends_ms[lane->started++ % PACE_STARTS_MAX] = PACE_UNDER_WAY;
    lane->turn_ms = later(lane->turn_ms, now_ms + gap_of(lane));
    CHECK(calls_a_second(lane) == 0 || started_lately(lane, now_ms) <= calls_a_second(lane));
    return true;
}

/* It ended within a millisecond, which is over with the next one. */
void call_lane_end(struct call_lane *lane, uint64_t number, uint64_t now_ms)
{
    CHECK(number > 0 && number <= lane->started);
    if (lane->started - number >= PACE_STARTS_MAX)
        return;
    CHECK(lane->ends_ms[(number - 1) % PACE_STARTS_MAX] == PACE_UNDER_WAY);
    lane->ends_ms[(number - 1) % PACE_STARTS_MAX] = now_ms + 1;
}

/* ---- what is heard ---- */

static uint64_t hold_ms(uint32_t throttled, uint64_t dice)
{
    uint64_t bound = HOLD_FIRST_MS;

    CHECK(throttled > 0);
    for (uint32_t i = 1; i < throttled && bound < PACE_HOLD_MS_MAX; i++)
        bound *= 2;
    if (bound > PACE_HOLD_MS_MAX)
        bound = PACE_HOLD_MS_MAX;
    return bound / 2 + dice % (bound / 2 + 1);
}

static void gap_grow(struct call_lane *lane, double gap_ms)
{
    if (lane->gap_ms < gap_ms)
        lane->gap_ms = gap_ms;
    if (lane->gap_ms > lane->limits.gap_most_ms)
        lane->gap_ms = lane->limits.gap_most_ms;
}

/* What is told of while there is a hold went out before it began: it is the same news. */
uint64_t call_lane_throttled(struct call_lane *lane, uint64_t now_ms, uint64_t dice)
{
    uint64_t lately = started_lately(lane, now_ms);

    if (lane->held_till_ms > now_ms)
        return call_lane_wait_ms(lane, now_ms, PACE_PATIENT);
    if (lane->throttled < UINT32_MAX)
        lane->throttled++;
    gap_grow(lane, lane->gap_ms * GAP_LONGER);
    gap_grow(lane, GAP_FIRST_MS);
    if (lately > lane->throttled)
        gap_grow(lane, SECOND_MS / (double)(lately - lane->throttled));
    lane->held_from_ms = now_ms;
    lane->held_till_ms = now_ms + hold_ms(lane->throttled, dice);
    lane_check(lane);
    return call_lane_wait_ms(lane, now_ms, PACE_PATIENT);
}

void call_lane_answered(struct call_lane *lane)
{
    lane->throttled = 0;
    lane->gap_ms *= GAP_SHORTER;
    if (lane->gap_ms < lane->limits.gap_least_ms || lane->gap_ms < 1)
        lane->gap_ms = lane->limits.gap_least_ms;
    lane_check(lane);
}

/* ---- who shares one ---- */

static struct call_pace *pace_new(const char *name, unsigned lane_count)
{
    struct call_pace *pace = mem_zalloc(1, sizeof *pace);

    pace->name = mem_text(name);
    pace->lane_count = lane_count;
    list_add_tail(&paces, &pace->link);
    return pace;
}

static void pace_free(struct call_pace *pace)
{
    CHECK(pace->refs == 0);
    list_remove(&pace->link);
    MEM_FREE(&pace->name);
    mem_free(pace);
}

static struct call_pace *pace_find(const char *name)
{
    LIST_FOR (it, &paces) {
        struct call_pace *pace = CONTAINER_OF(it, struct call_pace, link);

        if (strcmp(pace->name, name) == 0)
            return pace;
    }
    return NULL;
}

/* Who had it before told limits that are theirs no more. */
static void lane_renew(struct call_lane *lane, struct lane_limits limits)
{
    double gap_ms = lane->gap_ms;

    CHECK(limits.gap_least_ms <= limits.gap_most_ms);
    lane->limits = limits;
    lane->is_told = false;
    lane->gap_ms = gap_ms > limits.gap_most_ms ? limits.gap_most_ms : gap_ms;
    if (lane->gap_ms < limits.gap_least_ms)
        lane->gap_ms = limits.gap_least_ms;
    lane_check(lane);
}

struct call_pace *call_pace_ref(const char *name, const struct lane_limits *limits,
                                unsigned lane_count)
{
    struct call_pace *pace = pace_find(name);

    CHECK(lane_count > 0 && lane_count <= PACE_LANES_MAX);
    if (pace == NULL)
        pace = pace_new(name, lane_count);
    CHECK(pace->lane_count == lane_count);
    if (pace->refs++ == 0)
        for (unsigned i = 0; i < lane_count; i++)
            lane_renew(&pace->lanes[i], limits[i]);
    return pace;
}

/* Of those that nobody has the ones that were given back last are kept: they are the last in the list. */
static void paces_forget(unsigned kept)
{
    for (struct list *it = paces.prev; it != &paces;) {
        struct call_pace *pace = CONTAINER_OF(it, struct call_pace, link);

        it = it->prev;
        if (pace->refs > 0)
            continue;
        if (kept == 0)
            pace_free(pace);
        else
            kept--;
    }
}

void call_paces_forget(void)
{
    paces_forget(0);
}

void call_pace_unref(struct call_pace **address)
{
    struct call_pace *pace = *address;

    *address = NULL;
    if (pace == NULL)
        return;
    CHECK(pace->refs > 0);
    if (--pace->refs > 0)
        return;
    list_remove(&pace->link);
    list_add_tail(&paces, &pace->link);
    paces_forget(PACES_KEPT_MAX);
}

struct call_lane *call_pace_lane(struct call_pace *pace, unsigned index)
{
    CHECK(index < pace->lane_count);
    return &pace->lanes[index];
}
