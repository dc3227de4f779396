/*
 * The half of http/ that is curl's: requests go to the back-ends of backend.h, and arrive and are
 * answered at times that the dice choose. A request whose sender dies or gives up may arrive.
 */
#ifndef TAILRACE_SIM_FAKE_HTTP_H
#define TAILRACE_SIM_FAKE_HTTP_H

#include "sim/truth.h"

/* What answers have told the agent in this life, by output. */
struct fake_http_told {
    uint64_t delivered, set_aside, given_up, requests;
};

/* A new life. */
void fake_http_begin(void);
const struct fake_http_told *fake_http_told(unsigned output);
void fake_http_tell_given_up(unsigned output);

/* Requests take so long at most to arrive. */
void fake_http_slow(uint64_t most_ms);

#endif
