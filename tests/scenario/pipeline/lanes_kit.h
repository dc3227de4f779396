/*
 * A stage for outputs that fall behind: lines with numbers of their own, so many that memory does not
 * hold them, to two back-ends or three.
 *
 *     tcase_add_checked_fixture(tcase, lanes_set_up, lanes_tear_down);
 *     ...
 *     stage.k = kit_start(LANES_BOTH);
 *     backend_down(stage.k->other);
 *     lanes_write_much("app.log");
 *     backend_up(stage.k->other);
 *     lanes_expect_together();
 *     lanes_expect_all(stage.k->other);
 */
#ifndef TAILRACE_SCENARIO_LANES_KIT_H
#define TAILRACE_SCENARIO_LANES_KIT_H

#include "scenario/pipeline/kit.h"

#define LANES_SMALL " records_limit 1M\n"
#define LANES_LINE_BYTES 4000
#define LANES_STEP_LINES 75

/* Flush, and as long as others are waited for. */
#define LANES_LATENCY_MS 1300

#define LANES_BOTH SERVICE LANES_SMALL TAIL ES("PORT") ES("PORT2")

extern struct lanes_stage {
    struct kit *k;
    struct backend *third; /* where there is one */
    unsigned lines;        /* that were written so far */
} stage;

void lanes_set_up(void);
void lanes_tear_down(void);

/* Makes the kit too; PORT3 is its port. */
void lanes_open_third(void);

void lanes_write(const char *name, unsigned count);

/* Half a dozen times the memory, in steps, each of which is at the first back-end in time. */
void lanes_write_much(const char *name);

/* What gzip makes of a file with all lines that were written so far. */
void lanes_compress(const char *from, const char *to);

/* Every line that was written, and no other, and none twice. */
void lanes_expect_all(struct backend *b);

/* In the end no output is behind, and nobody holds anything. */
void lanes_expect_together(void);

const struct output_metrics *lanes_counts(size_t output);

/* The saved one, once it had time to be saved. */
uint64_t lanes_position(const char *name);

#endif
