/*
 * When everything was read, for Exit_On_Eof.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_EXIT_H
#define TAILRACE_PLUGINS_IN_TAIL_EXIT_H

#include <stdbool.h>

struct tail;

/* Nothing that is read for all outputs has more to read now; nor, when `is_read`, what is read for one
 * of them alone. Wants to exit if that was all, and looks again by itself when it was not. */
void tail_exit_look(struct tail *tail, bool is_read);

#endif
