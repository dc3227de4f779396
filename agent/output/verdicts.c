#include "base/memory.h"
#include "output/output.h"

struct item_verdict *verdicts_item(struct verdicts *v, uint32_t index)
{
    _Static_assert(VERDICT_DELIVERED == 0, "what nobody marked was delivered");
    CHECK(index < v->count);
    if (v->items == NULL)
        v->items = mem_zalloc(v->count, sizeof *v->items);
    return &v->items[index];
}

void verdicts_fini(struct verdicts *v)
{
    for (uint32_t i = 0; v->items != NULL && i < v->count; i++)
        mem_free(v->items[i].reason);
    MEM_FREE(&v->items);
}
