/*
 * Lives of the agent: the real pipeline, from the configuration on, over the fakes. A life ends in
 * order, or by a kill: from then on nothing it does reaches the world, and it is only taken apart.
 *
 * Life     life_begin -> (life_start -> life_stop or life_kill)* -> life_end.
 * Thread   one.
 */
#ifndef TAILRACE_SIM_LIFE_H
#define TAILRACE_SIM_LIFE_H

#include "metrics/metrics.h"
#include "sim/agenda.h"
#include "sim/fs.h"

/* What the configuration says, where the history's dice decide it. */
struct life_traits {
    unsigned output_count;
    unsigned workers;
    uint64_t memory_bytes; /* records_limit */
    uint64_t input_bytes;  /* Mem_Buf_Limit; 0: none */
    uint64_t rotate_wait_s;
    uint64_t refresh_s;
    double flush_s;
    unsigned retry_limit; /* 0: none */
    uint64_t held_bytes;  /* held_limit; 0: none */
    uint64_t grace_s;
};

void life_begin(const struct life_traits *traits);
void life_end(void);

void life_start(void);
bool life_is_on(void);
uint64_t life_age_ms(void);

/* Handles what is due now; whether there was anything. Checks what must hold after each step. */
bool life_turn(void);

/* Says so, and no more: it drains while time passes, and is over when life_is_on says so. */
void life_stop(void);

/* The configuration is read again: another pipeline takes over what this one has open. */
void life_reload(void);
bool life_is_stopping(void);
void life_kill(bool is_power_cut);

/* It is killed: what it still does reaches nobody. */
bool life_is_dead(void);

const struct output_metrics *life_output(unsigned output);
const struct input_metrics *life_input(void);

/* So much of a file that held_limit has no room for was never read: the agent must count that. And
 * whether it has. */
void life_expect_held_loss(struct fs_rest rest);
void life_check_held_losses(void);

/* Over all lives: what the agent says was never read; and what outputs gave up. */
uint64_t life_lost_bytes(void);
uint64_t life_given_up(unsigned output);

#endif
