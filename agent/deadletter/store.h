/*
 * The agent's store of dead letters: takes letters on the loop, writes them on a worker, and says
 * when they are on the disk, so that nothing is acknowledged before.
 *
 *   add       copies the letter, and has it written as soon as a worker is free
 *   wait      calls back when what was added is on the disk, or is lost
 *
 * It never stops the flow: what cannot be written (no directory, a full disk, a disk that does not
 * answer within LETTER_WAIT_MS) counts as lost, is said once, and whoever waited goes on.
 *
 * Life     letter_store_new -> (letter_store_open) -> add, wait* -> letter_store_free, when nobody
 *          waits.
 * Thread   the loop.
 * Limits   the folder's (struct letter_limits); in memory what was added and not written yet, which
 *          is not more than the chunks under way.
 */
#ifndef TAILRACE_DEADLETTER_STORE_H
#define TAILRACE_DEADLETTER_STORE_H

#include "deadletter/sink.h"
#include "loop/loop.h"
#include "metrics/metrics.h"

#define LETTER_WAIT_MS 10000
#define LETTERS_RECENT_MAX 20

struct letter_store;

/* The directory is opened with the first letter, unless letter_store_open does it before.
 * The metrics are lent and outlive the store. */
struct letter_store *letter_store_new(struct loop *loop, const char *path, uint64_t bytes_max,
                                      struct letter_metrics *metrics);
void letter_store_free(struct letter_store **store);

/* At the start, for a directory that was asked for. -EBUSY: another agent that runs has it. */
MUST_USE int letter_store_open(struct letter_store *store, char why[256]);

/* Whether no worker writes, or none that is to be waited for: the directory is free for the next store
 * once this one is freed. */
bool letter_store_is_idle(const struct letter_store *store);

struct letter_sink *letter_store_sink(struct letter_store *store);
const char *letter_store_path(const struct letter_store *store);

/* The last letters as lines of JSON without their records, newest first; NULL past the end. */
const char *letter_store_recent(const struct letter_store *store, size_t index);

#endif
