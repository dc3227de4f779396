#include "admin/health.h"

#include "base/memory.h"

static uint64_t interval_s(const struct health *h)
{
    return (h->limits.period_s + HEALTH_SAMPLES_MAX - 1) / HEALTH_SAMPLES_MAX;
}

void health_init(struct health *h, struct health_limits limits)
{
    *h = (struct health){.limits = limits};
    if (h->limits.period_s == 0)
        h->limits.period_s = 1;
    h->capacity = (size_t)(h->limits.period_s / interval_s(h));
    CHECK(h->capacity > 0 && h->capacity <= HEALTH_SAMPLES_MAX);
    h->samples = mem_zalloc(h->capacity, sizeof *h->samples);
}

void health_fini(struct health *h)
{
    MEM_FREE(&h->samples);
}

uint64_t health_interval_ms(const struct health *h)
{
    return interval_s(h) * 1000;
}

void health_sample(struct health *h, struct health_sample sample)
{
    h->samples[h->next] = sample;
    h->next = (h->next + 1) % h->capacity;
    if (h->count < h->capacity)
        h->count++;
    CHECK(h->count <= h->capacity && h->next < h->capacity);
}

struct health_sample health_recent(const struct health *h)
{
    const struct health_sample *newest, *oldest;

    if (h->count == 0)
        return (struct health_sample){0};
    newest = &h->samples[(h->next + h->capacity - 1) % h->capacity];
    oldest = &h->samples[(h->next + h->capacity - h->count) % h->capacity];
    CHECK(newest->errors >= oldest->errors);
    CHECK(newest->retries_failed >= oldest->retries_failed);
    return (struct health_sample){newest->errors - oldest->errors,
                                  newest->retries_failed - oldest->retries_failed};
}

bool health_is_good(const struct health *h)
{
    struct health_sample recent = health_recent(h);

    return recent.errors <= h->limits.errors && recent.retries_failed <= h->limits.retries_failed;
}
