/*
 * An intake for outputs that want parcels: chunks of one destination each, as long as a call to it.
 * Output 0 wants them and takes *.log, output 1 wants them and takes app.*, output 2 does not and takes
 * web.*. A destination is what a record has under "to"; without it, its tag.
 *
 * Life     parcels_set_up -> the fields, pushes -> parcels_tear_down. Thread: the test's.
 */
#ifndef TAILRACE_UNIT_CHUNK_PARCELS_H
#define TAILRACE_UNIT_CHUNK_PARCELS_H

#include "base/budget.h"
#include "chunk/intake.h"
#include "chunk/parcel.h"
#include "metrics/metrics.h"

#define CHUNKS_MAX 64
#define FLUSH_MS 1000
#define CALL_BYTES 10000
#define CALL_RECORDS 50

/* The origins, of these tags: a.log, b.log, app.log, web.log. */
enum { A, B, TO_TWO, TO_MIXED };

struct parcels_kit {
    struct loop *loop;
    struct filter_chain *chain;
    struct route_table *routes;
    struct intake *intake;
    struct budget budget;
    struct input_metrics metrics;
    struct origin origins[4];
    struct parcel_rule rules[2]; /* of outputs 0 and 1 */
    struct chunk *sealed[CHUNKS_MAX];
    unsigned sealed_count;
};
extern struct parcels_kit parcels;

void parcels_set_up(void);
void parcels_tear_down(void);

uint64_t parcels_destination(const void *self, const struct accessor_scope *scope);

/* Every output of every sealed chunk is done with it. */
void parcels_settle_all(void);
void parcels_pass_ms(uint64_t ms);

/* A record of an origin; under another tag; as a plain one of one text; one of so many bytes or some
 * more. Each has ten bytes of its source. */
void parcels_push(unsigned origin, const char *json);
void parcels_push_as(unsigned origin, const char *tag, const char *json);
void parcels_push_plain(unsigned origin, const char *key, const char *text);
void parcels_push_long(unsigned origin, size_t bytes);

#endif
