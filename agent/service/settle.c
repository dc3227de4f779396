#include "service/settle.h"

#include "base/budget.h"
#include "base/memory.h"
#include "loop/loop.h"

static void on_settle(void *owner)
{
    struct settle *s = owner;
    bool is_quiet = !s->was_stirred;

    CHECK(s->timer != NULL && s->memory != NULL);
    s->was_stirred = false;
    s->was_loaded |= budget_recent_peak(s->memory) >= SETTLE_PEAK_BYTES;
    if (s->memory->used_bytes <= SETTLE_USED_BYTES_MAX && (is_quiet || s->was_loaded)) {
        s->was_loaded = false;
        mem_settle();
        if (is_quiet)
            return;
    }
    timer_start(s->timer, SETTLE_AFTER_MS);
}

void settle_start(struct settle *s, struct loop *loop, struct budget *memory)
{
    CHECK(s->timer == NULL);
    s->memory = memory;
    s->timer = timer_new(loop, on_settle, s);
    timer_unref(s->timer);
}

void settle_stop(struct settle *s)
{
    timer_free(&s->timer);
}

void settle_stir(struct settle *s)
{
    CHECK(s->timer != NULL);
    s->was_stirred = true;
    if (!timer_is_on(s->timer))
        timer_start(s->timer, SETTLE_AFTER_MS);
}
