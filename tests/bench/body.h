/*
 * The bodies of the lines that everything here is measured with: flat JSON objects of three to
 * thirteen members, as services write them. Pure: the same random state gives the same body.
 */
#ifndef TAILRACE_BENCH_BODY_H
#define TAILRACE_BENCH_BODY_H

#include "base/buffer.h"

#define BODY_RANDOM_FIRST 2463534242u

/* A number below `below`; `*random`, never 0, moves on. */
uint32_t body_draw(uint32_t *random, uint32_t below);

/* Appends one body, without a line break. */
void body_append(struct buffer *text, uint32_t *random, uint64_t number, int64_t now_ns);

#endif
