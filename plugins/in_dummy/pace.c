#include "plugins/in_dummy/pace.h"

uint64_t pace_interval_ns(int64_t interval_sec, int64_t interval_nsec, int64_t rate)
{
    if (interval_sec > 0 || interval_nsec > 0)
        return (interval_sec > 0 ? (uint64_t)interval_sec * NS_PER_S : 0) +
               (interval_nsec > 0 ? (uint64_t)interval_nsec : 0);
    if (rate <= 0)
        return NS_PER_S;
    return rate < NS_PER_S ? (uint64_t)(NS_PER_S / rate) : 1;
}

void pace_start(struct pace *pace, uint64_t now_ms)
{
    CHECK(pace->interval_ns > 0);
    pace->start_ms = now_ms;
    pace->passed = 0;
}

uint64_t pace_due(struct pace *pace, uint64_t now_ms)
{
    uint64_t passed = (now_ms - pace->start_ms) * NS_PER_MS / pace->interval_ns;
    uint64_t due = passed - pace->passed, due_max = NS_PER_S / pace->interval_ns;

    pace->passed = passed;
    if (due_max == 0)
        due_max = 1;
    return due < due_max ? due : due_max;
}

uint64_t pace_every_ms(const struct pace *pace)
{
    uint64_t every_ms = pace->interval_ns / NS_PER_MS;

    return every_ms > 0 ? every_ms : 1;
}
