/*
 * Lines that the filter log_to_metrics counts, in any scenario: what it makes of them goes to a file,
 * by an output that never fails.
 *
 *     k = kit_start(SERVICE TAIL COUNTED TO_APP("PORT"));
 *     ...
 *     ck_assert_uint_eq(counted_lines(), 3);
 */
#ifndef TAILRACE_SCENARIO_PIPELINE_COUNTED_H
#define TAILRACE_SCENARIO_PIPELINE_COUNTED_H

#include <stdint.h>

#define COUNTED                                                                      \
    "[FILTER]\n Name log_to_metrics\n Match app\n Tag metrics\n Metric_Name lines\n" \
    " Metric_Description Lines.\n"                                                   \
    "[OUTPUT]\n Name file\n Match metrics\n Path ${DIR}/state\n File counted\n Format plain\n"
#define TO_APP(port) "[OUTPUT]\n Name es\n Match app\n Port ${" port "}\n Workers 1\n"

/* The sum of all documents so far, each of which keeps the format. */
uint64_t counted_lines(void);

#endif
