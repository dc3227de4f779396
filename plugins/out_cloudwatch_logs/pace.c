#include "plugins/out_cloudwatch_logs/pace.h"

/* After a call that was throttled, and after one that was not: forty of these undo one of those. */
#define GAP_LONGER 1.5
#define GAP_SHORTER 0.99
#define GAP_FIRST_MS 20
#define WAIT_FIRST_MS 100

struct cw_pace {
    struct list link;
    uint32_t refs;
    char *name;
    struct cw_lane lanes[CW_LANE_COUNT];
};

/* The loop's alone. */
static struct list paces = {&paces, &paces};

/* ---- one kind of calls ---- */

static void lane_check(const struct cw_lane *lane)
{
    CHECK(lane->gap_ms >= lane->gap_least_ms && lane->gap_ms <= lane->gap_most_ms);
}

void cw_lane_init(struct cw_lane *lane, enum cw_lane_kind kind)
{
    bool is_put = kind == CW_LANE_PUT;

    *lane = (struct cw_lane){.gap_least_ms = is_put ? 0 : 20, .gap_most_ms = is_put ? 250 : 2000};
    lane->gap_ms = lane->gap_least_ms;
    lane_check(lane);
}

static uint64_t until(const struct cw_lane *lane, uint64_t now_ms)
{
    return lane->next_ms > now_ms ? lane->next_ms - now_ms : 0;
}

static void not_before(struct cw_lane *lane, uint64_t at_ms)
{
    if (lane->next_ms < at_ms)
        lane->next_ms = at_ms;
}

static uint64_t wait_ms(uint32_t throttled, uint64_t dice)
{
    uint64_t bound = WAIT_FIRST_MS;

    for (uint32_t i = 1; i < throttled && bound < CW_PACE_WAIT_MS_MAX; i++)
        bound *= 2;
    if (bound > CW_PACE_WAIT_MS_MAX)
        bound = CW_PACE_WAIT_MS_MAX;
    return bound / 2 + dice % (bound / 2 + 1);
}

uint64_t cw_lane_throttled(struct cw_lane *lane, uint64_t now_ms, uint64_t dice)
{
    if (lane->throttled < UINT32_MAX)
        lane->throttled++;
    lane->gap_ms *= GAP_LONGER;
    if (lane->gap_ms < GAP_FIRST_MS)
        lane->gap_ms = GAP_FIRST_MS;
    if (lane->gap_ms > lane->gap_most_ms)
        lane->gap_ms = lane->gap_most_ms;
    not_before(lane, now_ms + wait_ms(lane->throttled, dice));
    not_before(lane, now_ms + (uint64_t)lane->gap_ms);
    lane_check(lane);
    return until(lane, now_ms);
}

uint64_t cw_lane_answered(struct cw_lane *lane, uint64_t now_ms)
{
    lane->throttled = 0;
    lane->gap_ms *= GAP_SHORTER;
    if (lane->gap_ms < lane->gap_least_ms || lane->gap_ms < 1)
        lane->gap_ms = lane->gap_least_ms;
    not_before(lane, now_ms + (uint64_t)lane->gap_ms);
    lane_check(lane);
    return until(lane, now_ms);
}

uint64_t cw_lane_take(struct cw_lane *lane, uint64_t now_ms)
{
    uint64_t wait;

    not_before(lane, now_ms);
    wait = until(lane, now_ms);
    lane->next_ms += (uint64_t)lane->gap_ms;
    return wait;
}

/* ---- who shares one ---- */

struct cw_pace *cw_pace_ref(const char *name)
{
    struct cw_pace *pace;

    LIST_FOR (it, &paces) {
        pace = CONTAINER_OF(it, struct cw_pace, link);
        if (strcmp(pace->name, name) == 0) {
            pace->refs++;
            return pace;
        }
    }
    pace = mem_zalloc(1, sizeof *pace);
    pace->refs = 1;
    pace->name = mem_text(name);
    for (unsigned i = 0; i < CW_LANE_COUNT; i++)
        cw_lane_init(&pace->lanes[i], (enum cw_lane_kind)i);
    list_add_tail(&paces, &pace->link);
    return pace;
}

void cw_pace_unref(struct cw_pace **address)
{
    struct cw_pace *pace = *address;

    *address = NULL;
    if (pace == NULL)
        return;
    CHECK(pace->refs > 0);
    if (--pace->refs > 0)
        return;
    list_remove(&pace->link);
    MEM_FREE(&pace->name);
    mem_free(pace);
}

struct cw_lane *cw_pace_lane(struct cw_pace *pace, enum cw_step step)
{
    switch (step) {
    case CW_PUT:
        return &pace->lanes[CW_LANE_PUT];
    case CW_STREAM:
        return &pace->lanes[CW_LANE_STREAM];
    default:
        return &pace->lanes[CW_LANE_REST];
    }
}
