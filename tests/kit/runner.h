/*
 * The runner runs every suite of one test program: build/.../unit or build/.../scenario.
 *
 * A suite is a function `Suite *suite_<folder>_<thing>(void)` in any file under the program's
 * folder; the build lists them all (tests/kit/suites.sh), so a new file needs no registering.
 * TEST_PART=1/2 runs the first of each two suites, so that a second process can run the others.
 * CK_FORK, CK_RUN_SUITE, CK_RUN_CASE and CK_VERBOSITY mean what they mean to Check.
 */
#ifndef TAILRACE_KIT_RUNNER_H
#define TAILRACE_KIT_RUNNER_H

#include <check.h>

typedef Suite *suite_maker(void);

/* Made by the build; ends with NULL. */
extern suite_maker *const suite_makers[];

#endif
