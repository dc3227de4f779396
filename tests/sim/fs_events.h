/*
 * What inotify would say. For fs.c; the rest of its face is in fs.h.
 */
#ifndef TAILRACE_SIM_FS_EVENTS_H
#define TAILRACE_SIM_FS_EVENTS_H

#include "base/check.h"

/* About the name in the directory with this number; nothing when nobody watches it. */
void fs_event(uint64_t dir_ino, unsigned mask, const char *name);

#endif
