/*
 * The loop: one thread that owns all state, and the pool of workers that lends it hands. The only
 * folder that opens and closes libuv handles; everybody else sees timers, polls, jobs and signals.
 *
 * Life     loop_new -> loop_run -> (loop_stop) -> loop_free, after everything made on it was freed.
 * Thread   loop_run's. Only job_fn runs elsewhere.
 *
 * Every *_free takes the address and leaves NULL; no callback comes after it. The handle itself
 * closes later, inside the loop.
 */
#ifndef TAILRACE_LOOP_LOOP_H
#define TAILRACE_LOOP_LOOP_H

#include "base/check.h"

struct loop;
struct uv_loop_s;

struct loop *loop_new(void);

/* Waits for jobs that are under way. */
void loop_free(struct loop **loop);

/* Runs until nothing is left to wait for, but no longer than `wait_ms`. False: a worker is stuck in
 * what the system does not finish, and loop_free would wait for it. */
MUST_USE bool loop_finish(struct loop *loop, uint64_t wait_ms);

/* Runs until loop_stop, or until nothing is left to wait for. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Handles what is due and returns; for tests. `may_wait` waits for the next event, unless a timer
 * has fired. */
void loop_turn(struct loop *loop, bool may_wait);

struct uv_loop_s *loop_uv(struct loop *loop);

/* ---- timers: under the fake clock (base/clock.h) only loop_turn fires them ---- */

struct timer;
typedef void timer_fn(void *owner);

struct timer *timer_new(struct loop *loop, timer_fn *fired, void *owner);
void timer_free(struct timer **timer);

/* Fires once, in `wait_ms`; starting again moves it. */
void timer_start(struct timer *timer, uint64_t wait_ms);

/* The same, unless it fires before that anyway. */
void timer_start_sooner(struct timer *timer, uint64_t wait_ms);

/* Fires again and again. */
void timer_repeat(struct timer *timer, uint64_t every_ms);
void timer_stop(struct timer *timer);
bool timer_is_on(const struct timer *timer);

/* An idle timer does not keep loop_run going. */
void timer_unref(struct timer *timer);

/* ---- polls: a file descriptor that becomes readable or writable ---- */

#define POLL_READABLE 1
#define POLL_WRITABLE 2

struct poll;
/* `status` is negative when the descriptor failed. */
typedef void poll_fn(void *owner, int status, int events);

/* NULL where the descriptor cannot be polled (a plain file). The descriptor stays the caller's. */
struct poll *poll_new(struct loop *loop, int fd, poll_fn *ready, void *owner);
void poll_free(struct poll **poll);
void poll_start(struct poll *poll, int events);
void poll_stop(struct poll *poll);

/* ---- jobs: work for the pool ---- */

typedef void job_fn(void *owner);

/* `work` runs on a worker and must touch nothing but what `owner` lends it; `done` runs on the loop
 * afterwards, always. */
void job_start(struct loop *loop, job_fn *work, job_fn *done, void *owner);

/* The same for work that is over sooner than a worker would have heard of it: both run on the loop, in
 * its next step, one after the other. Not from within. */
void job_soon(struct loop *loop, job_fn *work, job_fn *done, void *owner);

/* How many jobs are under way. */
unsigned job_count(const struct loop *loop);

/* ---- signals ---- */

struct signal_watch;
typedef void signal_fn(void *owner, int signal_number);

/* Keeps loop_run going until it is freed: an agent whose inputs are all quiet still waits to be
 * told to stop. */
struct signal_watch *signal_watch_new(struct loop *loop, int signal_number, signal_fn *came,
                                      void *owner);
void signal_watch_free(struct signal_watch **watch);

#endif
