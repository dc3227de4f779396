#include "unit/plugins/long_kit.h"

#include "base/memory.h"

#include <stdio.h>

#define PASS_TURNS 3

void long_set_up(struct long_kit *kit)
{
    tail_kit_plant(&kit->tail);
    kit->exit_on_eof = "off";
    kit->text = mem_zalloc(LINES + 16, LINE_BYTES);
    for (unsigned i = 0; i < LINES; i++)
        snprintf(kit->text + (size_t)i * LINE_BYTES, LINE_BYTES + 1, "%063u\n", i);
}

void long_tear_down(struct long_kit *kit)
{
    tail_kit_fell(&kit->tail);
    mem_free(kit->text);
}

void long_start(struct long_kit *kit)
{
    tail_kit_start(&kit->tail, (const char *const[]){"exit_on_eof", kit->exit_on_eof, NULL});
}

const char *long_read_all(struct long_kit *kit)
{
    struct tail_kit *tail = &kit->tail;
    const char *records;

    tail->kit.is_holding = true;
    tail_kit_settle(tail);
    records = input_kit_records(&tail->kit);
    input_kit_settle(&tail->kit);
    tail_kit_settle(tail);
    return records;
}

void long_pass_ms(struct long_kit *kit, uint64_t ms)
{
    clock_advance_ms(ms);
    for (unsigned i = 0; i < PASS_TURNS; i++)
        loop_turn(kit->tail.kit.loop, false);
}
