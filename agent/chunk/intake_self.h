/*
 * What the files of the intake share. Nobody else includes this.
 *
 *   intake.c        records: through the filters, and into the open chunk of their outputs
 *   intake_close.c  the open chunks: when they are sealed, and handed on
 */
#ifndef TAILRACE_CHUNK_INTAKE_SELF_H
#define TAILRACE_CHUNK_INTAKE_SELF_H

#include "base/log.h"
#include "chunk/again.h"
#include "chunk/intake.h"
#include "chunk/open_chunks.h"
#include "chunk/parcel.h"
#include "chunk/tag_routes.h"

/* The timer runs while a chunk or a parcel is open. */
struct intake_sealing {
    struct timer *timer;
    uint64_t flush_ms;
    chunk_sealed_fn *sealed;
    void *owner;
};

struct intake {
    struct filter_chain *chain;
    struct route_table *routes;
    struct tag_routes tags; /* of tags that are no origin's */
    struct open_chunks open;
    struct parcels parcels; /* likewise open */
    struct intake_sealing sealing;
    struct record record; /* that is lent to be filled */
    struct json_scanner json;
    struct agains again; /* records that got another tag */
    struct log_brake rounds;
};

/* ---- intake_close.c ---- */

void intake_sealing_init(struct intake *intake, struct loop *loop, uint64_t flush_ms);

/* Nothing is open. */
void intake_sealing_fini(struct intake *intake);

/* A chunk was opened, maybe the first. */
void intake_watch(struct intake *intake);

/* Seals it and hands it on. */
void intake_close(struct intake *intake, struct chunk *chunk);

#endif
