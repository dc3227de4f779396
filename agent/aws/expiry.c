#include "aws/expiry.h"

#define MS_PER_S 1000
#define AGAIN_MS_MIN 1000
#define AGAIN_MS_MAX 60000
#define PAST_MS_MIN 60000

uint64_t aws_refresh_ms(int64_t now_s, int64_t expires_s, uint64_t dice)
{
    uint64_t left_ms, lead_ms, lead_max_ms = AWS_REFRESH_LEAD_S * MS_PER_S;

    if (expires_s == 0)
        return AWS_LOOK_AGAIN_S * MS_PER_S;
    if (expires_s <= now_s)
        return PAST_MS_MIN + dice % PAST_MS_MIN;
    left_ms = (uint64_t)(expires_s - now_s) * MS_PER_S;
    lead_ms = left_ms / 4 < lead_max_ms ? left_ms / 4 : lead_max_ms;
    lead_ms += dice % (lead_ms / 5 + 1);
    CHECK(lead_ms <= left_ms);
    return left_ms - lead_ms;
}

uint64_t aws_again_ms(unsigned failures, uint64_t dice)
{
    uint64_t wait_ms = AGAIN_MS_MAX;

    CHECK(failures > 0);
    if (failures < 7 && (uint64_t)AGAIN_MS_MIN << (failures - 1) < wait_ms)
        wait_ms = (uint64_t)AGAIN_MS_MIN << (failures - 1);
    return wait_ms / 2 + dice % (wait_ms / 2 + 1);
}

bool aws_is_skewed(int64_t now_s, int64_t date_s, int64_t skew_s, int64_t *skew_s_out)
{
    int64_t off_s = date_s - (now_s + skew_s);

    if (date_s == 0 || (off_s <= AWS_SKEW_S_MAX && off_s >= -AWS_SKEW_S_MAX))
        return false;
    *skew_s_out = date_s - now_s;
    return true;
}
