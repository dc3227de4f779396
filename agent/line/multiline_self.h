/*
 * A multiline definition as it is once compiled: what multiline_compile.c makes and multiline.c runs.
 * Nobody else looks inside; see line/multiline.h. Constant from then on.
 */
#ifndef TAILRACE_LINE_MULTILINE_SELF_H
#define TAILRACE_LINE_MULTILINE_SELF_H

#include "line/multiline.h"

#define START_BIT ((multiline_state)1)

enum multiline_type { TYPE_REGEX, TYPE_ENDSWITH, TYPE_EQUAL };

/* States are bits, so a rule's states and the states that the last rule named are compared at
 * once. */
struct rule {
    multiline_state from;
    multiline_state next;
    struct regex *regex;
};

/*
 *   regex            rules, the first of them for START_BIT; no match
 *   endswith, equal  a match, not empty; no rules
 */
struct multiline {
    char *name;
    enum multiline_type type;
    bool is_negated;
    struct slice match;         /* owned */
    struct multiline_keys keys; /* owned */
    enum multiline_frame frame;
    const struct parser *parser;
    uint64_t flush_ms;
    struct rule *rules;
    size_t rule_count;
};

#endif
