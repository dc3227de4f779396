/*
 * Which tags a filter or an output takes: its Match and Match_Regex.
 *
 * Match is a text where each "*" stands for any bytes, none included; the rest is literal, case
 * counts, and the whole tag must match. It costs time in proportion to the tag. Match_Regex must
 * match at the start of the tag and take at least one byte; it need not reach the end. A tag is
 * accepted when either does; the expression is tried first.
 *
 * Life     tag_match_new -> tag_match_accepts* -> tag_match_free.
 * Thread   the loop (see record/regex.h).
 */
#ifndef TAILRACE_FILTER_MATCH_H
#define TAILRACE_FILTER_MATCH_H

#include "base/report.h"
#include "base/slice.h"

struct tag_match;

/* `wildcard` and `regex` are copied; each may be NULL, and with both NULL nothing is accepted.
 * NULL and an error in the report when the expression does not compile. */
struct tag_match *tag_match_new(const char *wildcard, const char *regex, struct report *report,
                                struct place place);

/* Accepts NULL; leaves NULL. */
void tag_match_free(struct tag_match **match);

bool tag_match_accepts(const struct tag_match *match, struct slice tag);

/* The wildcard alone. */
bool wildcard_matches(struct slice pattern, struct slice text);

#endif
