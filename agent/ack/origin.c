#include "ack/origin.h"

#include "base/clock.h"
#include "base/memory.h"

#include <sys/random.h>
#include <unistd.h>

void origin_init(struct origin *o, const struct origin_ops *ops, struct slice tag, uint64_t offset)
{
    CHECK(ops != NULL && ops->free != NULL);
    *o = (struct origin){
        .ops = ops,
        .refs = 1,
        .lane = ~UINT64_C(0),
        .tag = slice_make(mem_text_n(tag.data, tag.len), tag.len),
    };
    window_init(&o->window, offset);
}

/* Far from where 48 bits end, which is what ids take of an offset. */
#define FIRST_OFFSET_MAX (UINT64_C(1) << 47)

void origin_init_once(struct origin *o, const struct origin_ops *ops, struct slice tag)
{
    uint64_t dice[2];

    if (getrandom(dice, sizeof dice, GRND_NONBLOCK) != (ssize_t)sizeof dice) {
        dice[0] = (uint64_t)clock_wall_ns();
        dice[1] = dice[0] ^ (uint64_t)(uintptr_t)o ^ (uint64_t)getpid() << 24;
    }
    origin_init(o, ops, tag, dice[0] % FIRST_OFFSET_MAX);
    o->id = dice[1] | 1; /* 0 would mean that records have none */
    CHECK(o->id != 0 && o->window.issued < FIRST_OFFSET_MAX);
}

void origin_lane_set(struct origin *o, output_set lane)
{
    CHECK(o->refs > 0);
    o->lane = lane;
    o->route.by = NULL;
}

const char *origin_file(const struct origin *o)
{
    return o->ops->file != NULL ? o->ops->file(o) : NULL;
}

const char *origin_real_file(const struct origin *o)
{
    return o->ops->real_file != NULL ? o->ops->real_file(o) : NULL;
}

void origin_fini(struct origin *o)
{
    CHECK(o->refs == 0);
    mem_free((char *)(uintptr_t)o->tag.data);
    o->tag = (struct slice){0};
    window_fini(&o->window);
}

struct origin *origin_ref(struct origin *o)
{
    CHECK(o->refs > 0);
    o->refs++;
    return o;
}

void origin_unref(struct origin **address)
{
    struct origin *o = *address;

    *address = NULL;
    if (o == NULL)
        return;
    CHECK(o->refs > 0);
    if (--o->refs == 0)
        o->ops->free(o);
}
