/*
 * What the scenarios of a signer share: a loop, a scripted AWS, a signer that asks it, and what a
 * waiter was told. The clock stands still; HOME is a tree, and the environment has nothing of AWS's
 * but where instance metadata is.
 *
 * Life     signer_kit_open -> (rules and settings changed) -> signer_kit_await* -> signer_kit_close.
 */
#ifndef TAILRACE_SCENARIO_AWS_SIGNER_KIT_H
#define TAILRACE_SCENARIO_AWS_SIGNER_KIT_H

#include "aws/signer.h"
#include "base/clock.h"
#include "kit/aws.h"

#define NOW INT64_C(1795276800)
#define MINUTE_MS 60000

struct told {
    struct aws_waiter waiter;
    struct aws_pass *pass;
    char why[AWS_WHY_BYTES + 32];
    bool is_told;
};

struct signer_kit {
    struct loop *loop;
    struct kit_aws aws;
    struct kit_aws_rules rules; /* given to kit_aws_set by the test */
    struct aws_signer_settings settings;
    struct aws_signer *signer;
    struct told told;
};

extern struct signer_kit signer_kit;

void signer_kit_open(void);
void signer_kit_close(void);

/* Makes the signer, if there is none, and waits with its waiter; _await turns the loop until it is
 * told. */
void signer_kit_begin(void);
void signer_kit_await(void);
void signer_kit_turn(const bool *is_so, const char *what);

/* The waiter got keys with this id; or got none, for a reason with these words. */
void signer_kit_has(const char *id);
void signer_kit_lacks(const char *words);

#endif
