/*
 * The route table: which outputs a tag goes to, by their Match and Match_Regex.
 *
 * An output without either receives nothing, and a warning says so; only where the configuration
 * has exactly one input and one output, an output without either takes every tag.
 *
 * Life     route_table_new -> route_table_outputs* -> route_table_free.
 * Thread   the loop. Pure.
 * Limits   ROUTE_OUTPUTS_MAX outputs.
 */
#ifndef TAILRACE_FILTER_ROUTE_H
#define TAILRACE_FILTER_ROUTE_H

#include "filter/match.h"

/* Outputs are bits of a uint64_t (output_set of ack/window.h). */
#define ROUTE_OUTPUTS_MAX 64

struct route_table;

/* What one output says about its tags. All texts are lent for route_table_new. */
struct route_rule {
    const char *output; /* who, for messages: "output es.0" */
    const char *match;  /* NULL where the configuration has none */
    const char *match_regex;
    struct place place;
};

/* Rule i is that of output i. NULL and errors in the report when an expression does not compile or
 * there are more than ROUTE_OUTPUTS_MAX. */
struct route_table *route_table_new(const struct route_rule *rules, size_t output_count,
                                    size_t input_count, struct report *report);

/* Accepts NULL; leaves NULL. */
void route_table_free(struct route_table **table);

/* The outputs that take this tag, bit i for output i; 0 where nobody does. Costs time in proportion
 * to the outputs: keep the answer for as long as the tag is the same. */
uint64_t route_table_outputs(const struct route_table *table, struct slice tag);

#endif
