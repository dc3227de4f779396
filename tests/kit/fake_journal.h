/*
 * A journal in memory, behind the functions of libsystemd: entries that a test writes, with cursors
 * like journald's. It counts how often it was opened.
 *
 * Life     fake_journal_open -> fake_journal_write, vacuum, damage* -> fake_journal_close. Thread: the
 *          test's. There is one.
 */
#ifndef TAILRACE_KIT_FAKE_JOURNAL_H
#define TAILRACE_KIT_FAKE_JOURNAL_H

#include "plugins/in_systemd/library.h"

#include <stdbool.h>

/* Takes libsystemd's place until it is closed. */
void fake_journal_open(void);
void fake_journal_close(void);

/* Appends an entry: "NAME=value" texts, up to a NULL. Whoever reads is woken. */
void fake_journal_write(const char *const *fields);

/* The oldest entries go. */
void fake_journal_vacuum(unsigned count);

/* Entries that are written from now on are numbered by somebody else, from 1. */
void fake_journal_renumber(const char *numbering);

/* The fields of this entry, counted from the first that was ever written, cannot be read; nor, where
 * `is_wall`, can anything be read past it without going by time. */
void fake_journal_damage(unsigned index, bool is_wall);

unsigned fake_journal_opened(void);

#endif
