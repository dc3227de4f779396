/*
 * The intake takes records from inputs: through the filter chain, to the open chunk of their
 * route.
 *
 *   input -> intake_push -> chain -> route (which outputs match the tag) -> chunk -> sealed
 *
 * A chunk is sealed when it is full or as old as Flush says, and given to `sealed`. Outputs that want
 * parcels (parcel.h) have one open for each of their destinations.
 *
 * Life     intake_new -> intake_push* -> intake_flush -> intake_free.
 * Thread   the loop.
 * Limits   one open chunk per route, and apart from it those of origins that cannot repeat or cannot
 *          leave an output behind; routes are as many as there are different sets of matching
 *          outputs. Of parcels, one for each destination, within what intake_ease leaves. It never
 *          refuses: inputs ask their budget before they read.
 */
#ifndef TAILRACE_CHUNK_INTAKE_H
#define TAILRACE_CHUNK_INTAKE_H

#include "chunk/chunk.h"
#include "loop/loop.h"

/* How often a record may get another tag. */
#define INTAKE_AGAIN_MAX 8

struct intake;
struct filter_chain;
struct filter_waiter;
struct parcel_rule;
struct route_table;

/* Takes the chunk, sealed and with one reference. */
typedef void chunk_sealed_fn(void *owner, struct chunk *chunk);

/* `chain` and `routes` are lent and outlive the intake. */
struct intake *intake_new(struct loop *loop, struct filter_chain *chain, struct route_table *routes,
                          uint64_t flush_ms);
void intake_on_sealed(struct intake *intake, chunk_sealed_fn *sealed, void *owner);

/* These outputs compress: chunks that go to no other may share more. Before the first record. */
void intake_packed(struct intake *intake, output_set packing);

/* This output wants parcels. Lent; outlives the chunks. */
void intake_set_parcels(struct intake *intake, unsigned output, struct parcel_rule *rule);

/* Nothing is open any more (intake_flush). */
void intake_free(struct intake **intake);

/* ---- what is open ---- */

/* Memory is short: seals parcels, the largest first but for the one that will be full soonest, until
 * those that are open hold half of this at the most. */
void intake_ease(struct intake *intake, uint64_t room_bytes);

/* The same of what goes to none but these outputs, which have so much: chunks that are no parcels are
 * sealed, as nothing more comes for them before they are gone. */
void intake_ease_lane(struct intake *intake, output_set lane, uint64_t room_bytes);

/* Seals what goes to others than to one of these outputs alone. */
void intake_flush_besides(struct intake *intake, output_set alone);

/* Seals every open chunk now. */
void intake_flush(struct intake *intake);

/* ---- records ---- */

/* Whether the origin's first record may come, whatever lane it is read for: 0, or how many ms to wait at
 * most (filter/filter.h). */
uint64_t intake_ready(struct intake *intake, struct origin *origin, struct filter_waiter *waiter);

/* The record to fill, empty. There is one; it is good until the next call of this or of push. */
struct record *intake_record(struct intake *intake);

/* The same record again, as it was filled so far. */
struct record *intake_current(struct intake *intake);

/* The scanner that inputs may use between two pushes. */
struct json_scanner *intake_json(struct intake *intake);

/* Takes the record that intake_record lent: its bytes end at `end` in the origin. Without a route
 * it is counted (unrouted_records) and gone, and its bytes are settled with those around them. */
void intake_push(struct intake *intake, struct origin *origin, uint64_t end);

/* A plain record, lent for the call: it becomes the document that a record filled with it
 * and pushed would become, for less. */
void intake_push_plain(struct intake *intake, struct origin *origin, struct plain_record *plain,
                       uint64_t end);

/* As intake_push, under a tag that is not the origin's; copied where it is kept. */
void intake_push_as(struct intake *intake, struct origin *origin, struct slice tag, uint64_t end);

/* As intake_push, through no filter: for what a filter made (chunk/emitter.h), so not from within one. How
 * many bytes of a chunk it takes up; 0 without a route, which the origin's tag has or has not. */
size_t intake_push_made(struct intake *intake, struct origin *origin, uint64_t end);
bool intake_takes(struct intake *intake, struct origin *origin);

/* The outputs that may get records of this origin, whatever it is read for: those that take its tag, or
 * all, where a filter may give them others. */
output_set intake_routes(struct intake *intake, const struct origin *origin);

#endif
