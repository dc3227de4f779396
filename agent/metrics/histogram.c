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

uint64_t histogram_below(const struct histogram *h, const struct histogram_bounds *bounds,
                         uint32_t index)
{
    uint64_t sum = 0;

    CHECK(index <= bounds->count);
    for (uint32_t i = 0; i <= index; i++)
        sum += h->counts[i];
    return sum;
}
