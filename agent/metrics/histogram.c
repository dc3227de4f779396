#include "metrics/histogram.h"

#include "base/check.h"

void histogram_add(struct histogram *h, const struct histogram_bounds *bounds, uint64_t ms)
{
    uint32_t i = 0;

    CHECK(bounds->count <= HISTOGRAM_BOUNDS_MAX);
    while (i < bounds->count && ms > bounds->upper_ms[i])
        i++;
    h->counts[i]++;
    h->sum_ms += ms;
}

void histogram_bounds_check(const struct histogram_bounds *bounds)
{
    CHECK(bounds->count > 0 && bounds->count <= HISTOGRAM_BOUNDS_MAX);
    for (uint32_t i = 1; i < bounds->count; i++)
        CHECK(bounds->upper_ms[i - 1] < bounds->upper_ms[i]);
}

uint64_t histogram_below(const struct histogram *h, const struct histogram_bounds *bounds,
                         uint32_t index)
{
    uint64_t sum = 0;

    CHECK(index <= bounds->count);
    for (uint32_t i = 0; i <= index; i++)
        sum += h->counts[i];
    return sum;
}
