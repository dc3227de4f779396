/*
 * What was said of denials: the first of an action in full, with the line of a policy that would allow
 * it; of those that follow on other resources once in AWS_DENIALS_PAUSE_MS how many they are, and one of
 * them. What is tried again is the same denial, and is not said again.
 *
 * A plain value, all zero at first. Thread: any, one at a time.
 * Limits   AWS_DENIALS_MAX resources are remembered; more may be counted twice.
 */
#ifndef TAILRACE_AWS_DENIALS_H
#define TAILRACE_AWS_DENIALS_H

#include "aws/answer.h"
#include "base/log.h"

#define AWS_DENIALS_MAX 64
#define AWS_DENIED_ACTIONS_MAX 8
#define AWS_DENIALS_PAUSE_MS 60000

struct aws_denials {
    uint64_t resources[AWS_DENIALS_MAX]; /* hashes, with their actions; in turn */
    uint64_t actions[AWS_DENIED_ACTIONS_MAX];
    unsigned resource_count, action_count;
    unsigned unsaid; /* denials of other resources */
    struct log_brake brake;
};

/* One more, or the same again. True: `words` has what is to be said now. */
bool aws_denials_note(struct aws_denials *denials, const struct aws_error *error,
                      struct buffer *words);

#endif
