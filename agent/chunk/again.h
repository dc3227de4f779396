/*
 * Records that filters sent through the chain again, while those that they came of are still there:
 * one for each round, made when it is needed and used for all later records.
 *
 * Life     all zero -> again_at* -> again_fini.
 * Thread   the loop.
 * Limits   INTAKE_AGAIN_MAX rounds.
 */
#ifndef TAILRACE_CHUNK_AGAIN_H
#define TAILRACE_CHUNK_AGAIN_H

#include "chunk/intake.h"

struct again {
    struct record record;
    struct json_scanner json;
};

struct agains {
    struct again *items[INTAKE_AGAIN_MAX];
};

/* `round` counts from 0, and each has one before it. */
struct again *again_at(struct agains *agains, unsigned round);
void again_fini(struct agains *agains);

#endif
