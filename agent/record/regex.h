/*
 * Regular expressions in Ruby's dialect (see record/regex_ruby.h), run by PCRE2 with its JIT.
 *
 * Life     regex_compile -> regex_match* -> regex_free.
 * Thread   the loop only: all expressions share one PCRE2 match block and one JIT stack.
 * Cost     no allocation per match, but for the first subject that is not UTF-8 (see regex.c).
 * Limits   REGEX_CAPTURES_MAX groups; REGEX_STEPS_MAX steps of backtracking and
 *          REGEX_STACK_BYTES_MAX of stack per match, after which it gives up with REGEX_LIMIT.
 *
 * Subjects may hold any bytes. In one that is not UTF-8 each byte counts as a character.
 */
#ifndef TAILRACE_RECORD_REGEX_H
#define TAILRACE_RECORD_REGEX_H

#include "base/report.h"
#include "base/slice.h"

#include <errno.h>

#define REGEX_CAPTURES_MAX 64
#define REGEX_STEPS_MAX 1000000
#define REGEX_STACK_BYTES_MAX ((size_t)1 << 20)

/* What regex_match returns besides 0. */
#define REGEX_NO_MATCH (-ENOENT)
#define REGEX_LIMIT (-E2BIG)

struct regex;

/* NULL and an error in the report, with the offset in the pattern, when it does not compile. */
struct regex *regex_compile(const char *pattern, struct report *report, struct place place);

/* As regex_compile; matches at the start of the subject only. */
struct regex *regex_compile_anchored(const char *pattern, struct report *report,
                                     struct place place);

/* Accepts NULL; leaves NULL. */
void regex_free(struct regex **regex);

/* The captures of a match: a plain value, good as long as the subject's bytes are. */
struct regex_match {
    const char *subject;
    uint32_t capture_count; /* with capture 0, the whole match */
    uint32_t bounds[REGEX_CAPTURES_MAX][2];
};

/* 0, REGEX_NO_MATCH, or REGEX_LIMIT for a subject that takes too long, which callers count and
 * treat as no match. Finds the first match anywhere in the subject. */
MUST_USE int regex_match(struct regex *regex, struct slice subject, struct regex_match *match);

/* Whether there is a match; REGEX_LIMIT counts as none. */
bool regex_matches(struct regex *regex, struct slice subject);

/* Capture `number`, 0 for the whole match. data is NULL for a group that took no part, or that
 * the expression does not have. */
struct slice regex_capture(const struct regex_match *match, unsigned number);

/* The named groups, in the order in which the names first stand in the pattern; a name that is
 * given twice is listed twice, one right after the other. Names are lent by the regex. */
unsigned regex_name_count(const struct regex *regex);
const char *regex_name(const struct regex *regex, unsigned index);

/* The capture of the named group `index`, data NULL where it took no part. */
struct slice regex_named(const struct regex *regex, const struct regex_match *match,
                         unsigned index);

#endif
