/*
 * The disk under the positions: what was committed is there after a kill. After a power cut it may
 * be what was there a few commits ago, as SQLite with a WAL and synchronous=NORMAL promises no more,
 * but nothing older than what was synced or secured.
 */
#ifndef TAILRACE_SIM_FAKE_DATABASE_H
#define TAILRACE_SIM_FAKE_DATABASE_H

#include "base/check.h"

/* An empty disk. */
void fake_disk_begin(void);
void fake_disk_end(void);

/* Nothing is written from now on, although the agent believes so: it is dead. */
void fake_disk_freeze(bool is_frozen);
void fake_disk_fill(bool is_full);

/* Some of the last commits never happened. How many. */
unsigned fake_disk_cut_power(void);

/* Tells the story every row. */
void fake_disk_say(void);

/* Whether a row was saved under a name that begins so. */
bool fake_disk_knows(const char *path);

/* Whether a row was saved for a file with these, or with that number alone. */
bool fake_disk_has_file(uint64_t ino, uint64_t generation);

/* Whether a row was saved for that stream. */
bool fake_disk_has_stream(uint64_t stream);

/* Whether a write has failed since the database was opened. */
bool fake_disk_has_failed(void);

/* Holds every saved position against the truth. */
void fake_disk_check(void);

#endif
