/*
 * One step of a scripted server's script: an answer, ready to be said. Inside of kit/server.c.
 *
 * Life     step_new -> step_play, any number of times -> step_free. Constant once made.
 */
#ifndef TAILRACE_KIT_SCRIPT_H
#define TAILRACE_KIT_SCRIPT_H

#include "base/buffer.h"
#include "kit/server.h"

struct wire;

struct step {
    enum kit_move move;
    int status;
    char *headers;
    struct buffer body;
};

struct step *step_new(struct kit_answer answer);
void step_free(struct step *step);

/* Whether the request's body is read before this is said. */
bool step_reads_body(const struct step *step);

/* Says it; what KIT_HOLD and KIT_DEAF wait for is the server's matter. True: the connection goes
 * on. */
bool step_play(const struct step *step, struct wire *wire);

#endif
