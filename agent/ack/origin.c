#include "ack/origin.h"

#include "base/memory.h"

void origin_init(struct origin *o, const struct origin_ops *ops, struct slice tag, uint64_t offset)
{
    *o = (struct origin){
        .ops = ops,
        .refs = 1,
        .tag = slice_make(mem_text_n(tag.data, tag.len), tag.len),
    };
    window_init(&o->window, offset);
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
