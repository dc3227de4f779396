/*
 * What passes between the parts of the agent, told to the truth (seams.c).
 *
 * Thread   one.
 */
#ifndef TAILRACE_SIM_SEAMS_H
#define TAILRACE_SIM_SEAMS_H

/* A new life. */
void seams_begin(void);

#endif
