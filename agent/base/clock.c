#include "base/clock.h"

#include <time.h>

/* Workers ask for the time while a test moves it. */
static struct {
    _Atomic bool is_fake;
    _Atomic uint64_t monotonic_ms;
    _Atomic int64_t wall_ns;
} fake;

uint64_t clock_ms(void)
{
    struct timespec now;

    if (UNLIKELY(fake.is_fake))
        return fake.monotonic_ms;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)(now.tv_nsec / NS_PER_MS);
}

int64_t clock_wall_ns(void)
{
    struct timespec now;

    if (UNLIKELY(fake.is_fake))
        return fake.wall_ns;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

void clock_fake(uint64_t monotonic_ms, int64_t wall_ns)
{
    fake.is_fake = true;
    fake.monotonic_ms = monotonic_ms;
    fake.wall_ns = wall_ns;
}

void clock_advance_ms(uint64_t by_ms)
{
    CHECK(fake.is_fake);
    fake.monotonic_ms += by_ms;
    fake.wall_ns += (int64_t)by_ms * NS_PER_MS;
}

void clock_real(void)
{
    fake.is_fake = false;
}

bool clock_is_fake(void)
{
    return fake.is_fake;
}
