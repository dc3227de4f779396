#include "service/pressure.h"

#include "base/clock.h"
#include "service/pipeline_self.h"

#include <inttypes.h>

/* Who holds most of the memory: an output, or the lines that wait for what belongs to them. */
static uint64_t holder_find(const struct pipeline *p, const char **name_out)
{
    uint64_t most = p->room.memory.waiting_bytes;

    *name_out = "lines that wait for their end";
    for (size_t i = 0; i < p->made.started_output_count; i++) {
        uint64_t bytes = output_metrics(p->made.outputs[i].output)->in_flight_bytes;

        if (bytes <= most)
            continue;
        most = bytes;
        *name_out = p->made.outputs[i].name;
    }
    return most;
}

static void on_long(void *owner)
{
    struct pipeline *p = owner;
    struct pressure *pressure = &p->room.pressure;
    const char *key = p->service.memory.records_bytes > 0 ? "records_limit" : "memory_limit";
    const char *holder;
    uint64_t bytes = holder_find(p, &holder), held;

    CHECK(pressure->since_ms <= clock_ms());
    if (!log_brake_open(&pressure->brake, PRESSURE_INTERVAL_MS, &held))
        return;
    pressure->was_said = true;
    log_warn("tailrace",
             "reading has waited for memory for %" PRIu64 " s: of the %" PRIu64
             " KiB for records %" PRIu64 " KiB are held by %s; look what keeps it, or raise %s "
             "(reading goes on by itself when there is room)",
             (clock_ms() - pressure->since_ms) / 1000, p->room.memory.limit_bytes / 1024,
             bytes / 1024, holder, key);
}

void pressure_start(struct pipeline *p)
{
    CHECK(p->room.pressure.timer == NULL);
    p->room.pressure.timer = timer_new(p->loop, on_long, p);
    timer_unref(p->room.pressure.timer);
}

void pressure_stop(struct pipeline *p)
{
    timer_free(&p->room.pressure.timer);
}

void pressure_turned(struct pipeline *p)
{
    struct pressure *pressure = &p->room.pressure;

    if (pressure->timer == NULL)
        return;
    if (p->room.memory.is_full) {
        pressure->since_ms = clock_ms();
        timer_start(pressure->timer, PRESSURE_AFTER_MS);
        intake_ease(p->path.intake, budget_room_bytes(&p->room.memory)); /* may turn it back */
        return;
    }
    timer_stop(pressure->timer);
    if (!pressure->was_said)
        return;
    pressure->was_said = false;
    log_info("tailrace", "there is memory again, and reading goes on, after %" PRIu64 " s",
             (clock_ms() - pressure->since_ms) / 1000);
}
