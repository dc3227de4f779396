#include "file/pace.h"

#define US_PER_MS UINT64_C(1000)
#define US_PER_S UINT64_C(1000000)

/* Pauses end late, and in whole milliseconds: that little is made up for. Nobody saves up more by
 * reading nothing. */
#define SLACK_US (20 * US_PER_MS)

void pace_took(struct pace *pace, uint64_t bytes, uint64_t bytes_per_s, uint64_t now_ms)
{
    uint64_t now_us = now_ms * US_PER_MS, least_us = now_us > SLACK_US ? now_us - SLACK_US : 0;

    CHECK(bytes_per_s > 0 && bytes < UINT64_MAX / US_PER_S);
    if (pace->due_us < least_us)
        pace->due_us = least_us;
    pace->due_us += bytes * US_PER_S / bytes_per_s;
}

uint64_t pace_pause_ms(const struct pace *pace, uint64_t now_ms)
{
    uint64_t now_us = now_ms * US_PER_MS;

    return pace->due_us <= now_us ? 0 : (pace->due_us - now_us + US_PER_MS - 1) / US_PER_MS;
}

size_t pace_read_bytes(uint64_t bytes_per_s, size_t want)
{
    uint64_t most = bytes_per_s / PACE_READS_A_SECOND;

    CHECK(bytes_per_s > 0);
    if (most < PACE_READ_BYTES_MIN)
        most = PACE_READ_BYTES_MIN;
    return want < most ? want : (size_t)most;
}
