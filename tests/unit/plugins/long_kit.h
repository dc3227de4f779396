/*
 * A log that is long enough for a worker: more lines than the loop reads of a compressed file by itself.
 *
 * Life     long_set_up -> long_start -> long_read_all, as often as wanted -> long_tear_down.
 */
#ifndef TAILRACE_TESTS_UNIT_PLUGINS_LONG_KIT_H
#define TAILRACE_TESTS_UNIT_PLUGINS_LONG_KIT_H

#include "kit/tail.h"

#define LINE_BYTES 64
#define LINES 32768

struct long_kit {
    struct tail_kit tail;
    char *text; /* LINES lines, and room for more */
    const char *exit_on_eof;
};

void long_set_up(struct long_kit *kit);
void long_tear_down(struct long_kit *kit);
void long_start(struct long_kit *kit);

/* What is there is read, then acknowledged; lent as by input_kit_records. */
const char *long_read_all(struct long_kit *kit);

/* Time passes, and a few turns. */
void long_pass_ms(struct long_kit *kit, uint64_t ms);

#endif
