/*
 * Tests of broken promises: such a test passes when the process stops at a CHECK. It needs a
 * process of its own, so it is left out under CK_FORK=no.
 */
#ifndef TAILRACE_KIT_STOPS_H
#define TAILRACE_KIT_STOPS_H

#include <check.h>

/* A test case for these alone: what the process says when it stops is not shown. */
TCase *stops_create(void);
void stops_add(TCase *stops, const TTest *test);

#endif
