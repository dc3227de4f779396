/*
 * What the fakes know of each other. They stand in for what touches the outside: loop/ (libuv), the
 * half of http/ that is curl's, checkpoint/database (SQLite), and the system calls of everybody
 * else, which the linker leads to fake_calls.c. The rest of the agent is linked as it ships.
 */
#ifndef TAILRACE_SIM_FAKE_H
#define TAILRACE_SIM_FAKE_H

#include "base/check.h"

struct loop;

/* Asks every poll of the loop; whether one was ready. */
bool fake_loop_polls(struct loop *loop);

/* Jobs take no time any more. */
void fake_loop_hurry(struct loop *loop);

/* Whether the descriptor, which is inotify's, has an event. */
bool fake_fd_is_readable(int fd);

#endif
