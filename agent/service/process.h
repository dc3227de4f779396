/*
 * What the agent does to its own process: limits, the log it writes, the background.
 *
 * Thread   the main one. process_leave, process_log_check and process_log_again at any time, the others
 *          before there is another.
 */
#ifndef TAILRACE_SERVICE_PROCESS_H
#define TAILRACE_SERVICE_PROCESS_H

#include "config/tree.h"

/* Where standard input, output or error are closed, nothing: no file of ours gets their numbers. */
void process_open_standard_files(void);

/* Every followed file takes a descriptor: asks for as many as are allowed. */
void process_raise_files(void);

/* A broken connection is an error code, not a death. */
void process_ignore_pipes(void);

/* From here until the release, a SIGHUP waits: a reload that comes while the agent still starts is one
 * that it does then, not its end. */
void process_hold_hangups(void);
void process_release_hangups(void);

/* The level of FLB_LOG_LEVEL, else the service's, else info. -EINVAL: the report says which is
 * none. */
MUST_USE int process_log_level(const struct config *config, struct report *report);

/* Whether process_log_level would do, without doing it. */
MUST_USE int process_log_check(const struct config *config, struct report *report);

/* After a reload: the level, and the file, which is opened anew. What is wrong with either is said,
 * and the log goes on as it is. */
void process_log_again(const char *level, const char *path);

/* Logs to the service's log_file from now on, if it has one. Negative: the report says why. */
MUST_USE int process_log_file(const struct config *config, struct report *report);

/* Ends the process as it is, threads that are stuck in the system included, and says so. */
_Noreturn void process_leave(int status);

/* Leaves the terminal: the caller ends, a child goes on. Negative: the report says why. */
MUST_USE int process_to_background(struct report *report);

#endif
