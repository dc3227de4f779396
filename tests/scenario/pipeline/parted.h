/*
 * Lines that a container runtime wrote in pieces, and a back-end that holds one of them back.
 *
 * Life     parted_hold -> parted_let_go, within a test.
 * Thread   the test's.
 */
#ifndef TAILRACE_SCENARIO_PIPELINE_PARTED_H
#define TAILRACE_SCENARIO_PIPELINE_PARTED_H

#include "scenario/pipeline/kit.h"

#define TIME "2026-11-21T08:18:54.000000000Z "
#define P(text) TIME "stdout P " text "\n"
#define F(text) TIME "stdout F " text "\n"
#define P_ERR(text) TIME "stderr P " text "\n"
#define F_ERR(text) TIME "stderr F " text "\n"
#define TAIL_CRI                                                                           \
    "[INPUT]\n Name tail\n Tag app\n Path ${DIR}/app.log\n DB ${DIR}/state/positions.db\n" \
    " Read_from_Head on\n Rotate_Wait 2\n multiline.parser cri\n"

/* From now on documents with "before" in them are not taken, one with others in a request or alone. */
void parted_hold(struct kit *k);
void parted_let_go(void);

#endif
