#include "unit/chunk/parcels.h"

#include "base/clock.h"
#include "filter/chain.h"
#include "filter/route.h"
#include "kit/record.h"

#include <check.h>

static const char *const tags[] = {"a.log", "b.log", "app.log", "web.log"};

struct parcels_kit parcels;

static void origin_gone(struct origin *o)
{
    origin_fini(o);
}

static const struct origin_ops ops = {.free = origin_gone};

static void on_sealed(void *owner, struct chunk *chunk)
{
    (void)owner;
    ck_assert_uint_lt(parcels.sealed_count, CHUNKS_MAX);
    parcels.sealed[parcels.sealed_count++] = chunk;
}

uint64_t parcels_destination(const void *self, const struct accessor_scope *scope)
{
    struct value value;
    struct slice text;

    ck_assert_ptr_eq(self, &parcels.budget);
    if (scope->find(scope->owner, SLICE("to"), &value) &&
        value_as_text(&value, scope->arena, &text))
        return slice_hash(text);
    return slice_hash(scope->tag);
}

static const struct parcel_kind kind = {
    .destination = parcels_destination, .call_bytes = CALL_BYTES, .call_records = CALL_RECORDS};

void parcels_set_up(void)
{
    static const struct route_rule routing[] = {{.output = "0", .match = "*.log"},
                                                {.output = "1", .match = "app.*"},
                                                {.output = "2", .match = "web.*"}};
    struct report report;

    clock_fake(5000, 0);
    report_init(&report);
    parcels.loop = loop_new();
    parcels.chain = filter_chain_new();
    parcels.routes = route_table_new(routing, ARRAY_LEN(routing), 1, &report);
    ck_assert_ptr_nonnull(parcels.routes);
    report_fini(&report);
    budget_init(&parcels.budget, NULL, 0);
    parcels.metrics = (struct input_metrics){0};
    for (size_t i = 0; i < ARRAY_LEN(parcels.origins); i++) {
        origin_init(&parcels.origins[i], &ops, slice_of(tags[i]), 0);
        parcels.origins[i].budget = &parcels.budget;
        parcels.origins[i].metrics = &parcels.metrics;
    }
    parcels.sealed_count = 0;
    parcels.intake = intake_new(parcels.loop, parcels.chain, parcels.routes, FLUSH_MS);
    intake_on_sealed(parcels.intake, on_sealed, NULL);
    for (unsigned i = 0; i < 2; i++) {
        parcels.rules[i] = (struct parcel_rule){.kind = &kind, .self = &parcels.budget};
        intake_set_parcels(parcels.intake, i, &parcels.rules[i]);
    }
}

void parcels_settle_all(void)
{
    for (unsigned i = 0; i < parcels.sealed_count; i++) {
        for (unsigned output = 0; output < 3; output++)
            if (parcels.sealed[i]->outputs >> output & 1)
                chunk_settle(parcels.sealed[i], output);
        chunk_unref(&parcels.sealed[i]);
    }
    parcels.sealed_count = 0;
}

void parcels_tear_down(void)
{
    intake_flush(parcels.intake);
    parcels_settle_all();
    intake_free(&parcels.intake);
    for (size_t i = 0; i < ARRAY_LEN(parcels.origins); i++) {
        struct origin *o = &parcels.origins[i];

        ck_assert_ptr_null(o->chunking.newest);
        origin_unref(&o);
    }
    route_table_free(&parcels.routes);
    filter_chain_free(&parcels.chain);
    loop_free(&parcels.loop);
    budget_fini(&parcels.budget);
    clock_real();
}

void parcels_pass_ms(uint64_t ms)
{
    clock_advance_ms(ms);
    loop_turn(parcels.loop, false);
}

void parcels_push(unsigned origin, const char *json)
{
    kit_record_fill(intake_record(parcels.intake), json);
    intake_push(parcels.intake, &parcels.origins[origin],
                parcels.origins[origin].window.issued + 10);
}

void parcels_push_as(unsigned origin, const char *tag, const char *json)
{
    kit_record_fill(intake_record(parcels.intake), json);
    intake_push_as(parcels.intake, &parcels.origins[origin], slice_of(tag),
                   parcels.origins[origin].window.issued + 10);
}

void parcels_push_plain(unsigned origin, const char *key, const char *text)
{
    struct plain_record plain;

    plain_init(&plain, 7);
    plain_add(&plain, slice_of(key), slice_of(text));
    intake_push_plain(parcels.intake, &parcels.origins[origin], &plain,
                      parcels.origins[origin].window.issued + 10);
}

void parcels_push_long(unsigned origin, size_t bytes)
{
    struct buffer json = {0};

    buffer_append_text(&json, "{\"x\":\"");
    for (size_t i = 0; i < bytes; i++)
        buffer_append_byte(&json, 'x');
    buffer_append_text(&json, "\"}");
    parcels_push(origin, buffer_text(&json));
    buffer_fini(&json);
}
