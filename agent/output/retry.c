#include "output/retry.h"

uint64_t retry_wait_ms(const struct retry_policy *policy, uint32_t attempts, uint64_t dice)
{
    uint64_t bound = policy->base_ms;

    CHECK(policy->base_ms > 0 && policy->base_ms <= policy->cap_ms);
    for (uint32_t i = 0; i <= attempts && bound < policy->cap_ms; i++)
        bound *= 2;
    if (bound > policy->cap_ms)
        bound = policy->cap_ms;
    CHECK(bound >= policy->base_ms && bound <= policy->cap_ms);
    return policy->base_ms + dice % (bound - policy->base_ms + 1);
}

static struct retry_plan plan_wait(const struct retry_policy *policy, uint32_t attempts,
                                   uint64_t asked_ms, uint64_t dice)
{
    uint64_t wait_ms = retry_wait_ms(policy, attempts, dice);

    if (asked_ms > RETRY_AFTER_MAX_MS)
        asked_ms = RETRY_AFTER_MAX_MS;
    if (wait_ms < asked_ms)
        wait_ms = asked_ms;
    CHECK(wait_ms >= policy->base_ms);
    return (struct retry_plan){.move = RETRY_WAIT, .wait_ms = wait_ms};
}

struct retry_plan retry_next(const struct retry_policy *policy, enum verdict verdict,
                             uint32_t attempts, uint64_t asked_ms, uint64_t dice)
{
    CHECK(verdict != VERDICT_AGAIN);
    if (verdict == VERDICT_DELIVERED)
        return (struct retry_plan){.move = RETRY_DONE};
    if (verdict == VERDICT_REFUSED)
        return (struct retry_plan){.move = RETRY_SET_ASIDE};
    if (verdict == VERDICT_TOO_LARGE)
        return (struct retry_plan){.move = RETRY_HALVE};
    if (policy->attempts_max != RETRY_UNLIMITED && attempts >= policy->attempts_max)
        return (struct retry_plan){.move = RETRY_GIVE_UP};
    return plan_wait(policy, attempts, asked_ms, dice);
}
