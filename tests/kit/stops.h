/*
 * Tests of broken promises: the test passes when the process stops at a CHECK. It needs a process
 * of its own, so it is left out under CK_FORK=no.
 */
#ifndef TAILRACE_KIT_STOPS_H
#define TAILRACE_KIT_STOPS_H

#include <check.h>

void tcase_add_stop(TCase *tcase, const TTest *test);

#endif
