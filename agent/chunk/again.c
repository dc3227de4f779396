#include "chunk/again.h"

#include "base/memory.h"

struct again *again_at(struct agains *agains, unsigned round)
{
    struct again **again = &agains->items[round];

    CHECK(round < INTAKE_AGAIN_MAX);
    CHECK(round == 0 || agains->items[round - 1] != NULL);
    if (*again == NULL) {
        *again = mem_zalloc(1, sizeof **again);
        record_init(&(*again)->record);
        json_scanner_init(&(*again)->json);
    }
    return *again;
}

void again_fini(struct agains *agains)
{
    for (unsigned i = 0; i < INTAKE_AGAIN_MAX && agains->items[i] != NULL; i++) {
        record_fini(&agains->items[i]->record);
        json_scanner_fini(&agains->items[i]->json);
        MEM_FREE(&agains->items[i]);
    }
}
