#include "kit/intake.h"

#include "filter/chain.h"
#include "filter/route.h"

/* Longer than any test: the kit seals by hand. */
#define FLUSH_MS 3600000

static void show(struct input_kit *kit, const struct chunk_record *record)
{
    struct render render = {0};

    buffer_append(&kit->text, record->run->tag);
    buffer_append_byte(&kit->text, ' ');
    render_seconds(record->head.time_ns, &kit->text);
    buffer_append_byte(&kit->text, ' ');
    if (record->metadata.len > 0) {
        buffer_append(&kit->text, record->metadata);
        buffer_append_byte(&kit->text, ' ');
    }
    render_json(&render, record, &kit->text);
    buffer_append_byte(&kit->text, '\n');
}

static void on_sealed(void *owner, struct chunk *chunk)
{
    struct input_kit *kit = owner;
    struct batch batch = {.chunk = chunk, .count = chunk->record_count};
    struct chunk_record record;

    batch_rewind(&batch);
    while (batch_next(&batch, &record))
        show(kit, &record);
    CHECK(kit->held_count < INPUT_KIT_CHUNKS_MAX);
    kit->held[kit->held_count++] = chunk;
    if (!kit->is_holding)
        input_kit_settle(kit);
}

static void on_exit_wanted(struct input *input)
{
    CONTAINER_OF(input, struct input_kit, input)->exit_count++;
}

static void on_let_go(struct input *input)
{
    CONTAINER_OF(input, struct input_kit, input)->let_go_count++;
}

void input_kit_init(struct input_kit *kit, const char *tag)
{
    struct route_rule rule = {.output = "kit", .match = "*"};
    struct report report;

    report_init(&report);
    *kit = (struct input_kit){0};
    budget_init(&kit->budget, NULL, 0);
    kit->loop = loop_new();
    kit->chain = filter_chain_new();
    kit->routes = route_table_new(&rule, 1, 1, &report);
    CHECK(kit->routes != NULL);
    kit->input = (struct input){
        .name = "kit.0",
        .component = "input:kit:kit.0",
        .tag = tag,
        .loop = kit->loop,
        .intake = intake_new(kit->loop, kit->chain, kit->routes, FLUSH_MS),
        .budget = &kit->budget,
        .exit_wanted = on_exit_wanted,
        .let_go = on_let_go,
    };
    intake_on_sealed(kit->input.intake, on_sealed, kit);
    report_fini(&report);
}

void input_kit_settle(struct input_kit *kit)
{
    kit->is_holding = false;
    while (kit->held_count > 0) {
        struct chunk *chunk = kit->held[--kit->held_count];

        chunk_settle(chunk, 0);
        chunk_unref(&chunk);
    }
}

const char *input_kit_records(struct input_kit *kit)
{
    buffer_clear(&kit->text);
    intake_flush(kit->input.intake);
    return buffer_text(&kit->text);
}

void input_kit_fini(struct input_kit *kit)
{
    intake_flush(kit->input.intake);
    input_kit_settle(kit);
    intake_free(&kit->input.intake);
    route_table_free(&kit->routes);
    filter_chain_free(&kit->chain);
    loop_free(&kit->loop);
    budget_fini(&kit->budget);
    buffer_fini(&kit->text);
}
