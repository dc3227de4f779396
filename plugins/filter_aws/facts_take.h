/*
 * What an answer of the metadata service means, for the step that the round is at. Whoever answers may
 * be somebody else: a page where a number should be, names that would mean something in a path or in a
 * document, are not taken.
 *
 * Inside of the facts (plugins/filter_aws/facts.h), and as pure.
 */
#ifndef TAILRACE_FILTER_AWS_FACTS_TAKE_H
#define TAILRACE_FILTER_AWS_FACTS_TAKE_H

#include "plugins/filter_aws/facts.h"

/* Keeps what came for the step. False: it is something else, and nothing was kept. */
bool facts_take(struct facts *facts, struct slice body);

/* There is no such thing: that is an answer too. */
void facts_take_absence(struct facts *facts);

#endif
