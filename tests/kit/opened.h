/*
 * Counts what is opened in one folder, by anybody: what a piece of work costs, without a clock.
 *
 * Life     opened_begin -> opened_end. Thread: the test's. There is one.
 */
#ifndef TAILRACE_KIT_OPENED_H
#define TAILRACE_KIT_OPENED_H

struct opened {
    unsigned files, listings;
};

void opened_begin(const char *path);
struct opened opened_end(void);

#endif
