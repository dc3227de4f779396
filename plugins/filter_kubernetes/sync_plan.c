#include "plugins/filter_kubernetes/sync_plan.h"

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void sync_plan_start(struct sync_plan *plan, const struct sync_policy *policy, bool has_version,
                     uint64_t now_ms, uint64_t dice)
{
    CHECK(policy->list_sooner_ms >= SYNC_BASE_MS && policy->list_every_ms >= SYNC_BASE_MS);
    *plan = (struct sync_plan){
        .policy = policy,
        .mode = policy->can_watch ? SYNC_BY_WATCH : SYNC_BY_LIST,
        .has_version = has_version && policy->can_watch,
        .next_ms = now_ms + dice % (policy->spread_ms + 1),
    };
}

struct sync_next sync_plan_next(const struct sync_plan *plan, bool is_wished)
{
    uint64_t at_ms = plan->next_ms;
    uint64_t sooner_ms = plan->began_ms + plan->policy->list_sooner_ms;

    if (plan->busy != SYNC_NOTHING)
        return (struct sync_next){SYNC_NOTHING, UINT64_MAX};
    if (plan->mode == SYNC_BY_WATCH && plan->has_version)
        return (struct sync_next){SYNC_WATCH, at_ms};
    if (plan->mode == SYNC_BY_LIST && is_wished && plan->failures == 0 && sooner_ms < at_ms &&
        plan->began_ms != 0)
        at_ms = sooner_ms;
    return (struct sync_next){SYNC_LIST, at_ms};
}

void sync_plan_begin(struct sync_plan *plan, enum sync_move move, uint64_t now_ms)
{
    CHECK(plan->busy == SYNC_NOTHING && move != SYNC_NOTHING);
    CHECK(move != SYNC_WATCH || plan->has_version);
    plan->busy = move;
    plan->began_ms = now_ms;
}

uint64_t sync_wait_ms(unsigned failures, uint64_t asked_ms, uint64_t dice)
{
    static const struct retry_policy policy = {.base_ms = SYNC_BASE_MS, .cap_ms = SYNC_CAP_MS};
    uint64_t wait_ms;

    CHECK(failures > 0);
    wait_ms = retry_wait_ms(&policy, failures - 1, dice);
    if (asked_ms == 0)
        return wait_ms;
    if (asked_ms > RETRY_AFTER_MAX_MS)
        asked_ms = RETRY_AFTER_MAX_MS;
    return later(wait_ms, asked_ms + dice % (asked_ms / 2 + 1));
}

/* No sooner than a second after the last request. */
static void go_at(struct sync_plan *plan, uint64_t at_ms)
{
    plan->next_ms = later(at_ms, plan->began_ms + SYNC_BASE_MS);
}

static void fail(struct sync_plan *plan, uint64_t asked_ms, uint64_t now_ms, uint64_t dice)
{
    plan->failures++;
    go_at(plan, now_ms + sync_wait_ms(plan->failures, asked_ms, dice));
}

static void succeed(struct sync_plan *plan)
{
    plan->failures = 0;
    plan->was_gone = plan->was_login = false;
}

/* Between nine and eleven tenths of the interval. */
static uint64_t list_again_ms(const struct sync_plan *plan, uint64_t dice)
{
    uint64_t every_ms = plan->policy->list_every_ms;

    return every_ms - every_ms / 10 + dice % (every_ms / 5 + 1);
}

/* The list is whole: watch from there, or list again later. */
static void list_done(struct sync_plan *plan, uint64_t now_ms, uint64_t dice)
{
    plan->failures = 0;
    plan->was_login = false;
    if (plan->mode == SYNC_BY_ONE ||
        (plan->mode == SYNC_BY_LIST && plan->policy->can_watch && now_ms >= plan->try_mode_ms))
        plan->mode = plan->policy->can_watch ? SYNC_BY_WATCH : SYNC_BY_LIST;
    plan->has_version = plan->mode == SYNC_BY_WATCH;
    if (plan->mode == SYNC_BY_WATCH)
        plan->next_ms = now_ms;
    else
        go_at(plan, now_ms + list_again_ms(plan, dice));
}

static void watch_done(struct sync_plan *plan, uint64_t now_ms, uint64_t dice)
{
    if (now_ms - plan->began_ms < SYNC_WATCH_SHORT_MS) {
        fail(plan, 0, now_ms, dice);
        return;
    }
    succeed(plan);
    go_at(plan, now_ms + dice % SYNC_BASE_MS);
}

/* A watch that went well for a while and is then too old is no failure, nor is it the first time. */
static void gone(struct sync_plan *plan, enum sync_move was, uint64_t now_ms, uint64_t dice)
{
    bool is_first = was == SYNC_WATCH && !plan->was_gone;

    plan->has_version = false;
    plan->was_gone = true;
    if (is_first)
        go_at(plan, now_ms + dice % SYNC_GONE_SPREAD_MS);
    else
        fail(plan, 0, now_ms, dice);
}

static void denied(struct sync_plan *plan, enum sync_move was, uint64_t now_ms, uint64_t dice)
{
    if (was == SYNC_LIST && !plan->policy->can_one) {
        fail(plan, SYNC_CAP_MS, now_ms, dice);
        return;
    }
    plan->failures = 0;
    plan->has_version = false;
    plan->mode = was == SYNC_WATCH ? SYNC_BY_LIST : SYNC_BY_ONE;
    plan->try_mode_ms = now_ms + SYNC_ALLOWED_AGAIN_MS + dice % SYNC_CAP_MS;
    go_at(plan, was == SYNC_WATCH ? now_ms + list_again_ms(plan, dice) : plan->try_mode_ms);
}

/* The first time a newer token may do. */
static void login(struct sync_plan *plan, uint64_t now_ms, uint64_t dice)
{
    if (plan->was_login) {
        fail(plan, 0, now_ms, dice);
        return;
    }
    plan->was_login = true;
    go_at(plan, now_ms);
}

void sync_plan_end(struct sync_plan *plan, enum sync_end end, uint64_t asked_ms, uint64_t now_ms,
                   uint64_t dice)
{
    enum sync_move was = plan->busy;

    CHECK(was != SYNC_NOTHING && now_ms >= plan->began_ms);
    plan->busy = SYNC_NOTHING;
    if (was == SYNC_WATCH && now_ms - plan->began_ms >= SYNC_WATCH_SHORT_MS)
        succeed(plan);
    if (end == SYNC_DONE && was == SYNC_LIST)
        list_done(plan, now_ms, dice);
    else if (end == SYNC_DONE)
        watch_done(plan, now_ms, dice);
    else if (end == SYNC_GONE)
        gone(plan, was, now_ms, dice);
    else if (end == SYNC_DENIED)
        denied(plan, was, now_ms, dice);
    else if (end == SYNC_LOGIN)
        login(plan, now_ms, dice);
    else
        fail(plan, asked_ms, now_ms, dice);
    CHECK(plan->busy == SYNC_NOTHING);
}
