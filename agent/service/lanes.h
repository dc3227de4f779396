/*
 * Looks whether outputs keep others waiting, and does what ack/lane.h says: an output that stands
 * still lets go of what it holds, and inputs read it again for it alone.
 *
 *   lanes_wake   some memory is full, or what an output's own readers may hold: from now on it looks
 *                every LANE_LOOK_MS, until no memory is full and no output is behind
 *
 * Life     lane_driver_new with the pipeline -> start -> stop -> free. Thread: the loop.
 * Limits   nothing is done for a pipeline of one output, nor about records that no input reads again
 *          (what a socket gave): those stay until their output takes them, and keep their memory.
 */
#ifndef TAILRACE_SERVICE_LANES_H
#define TAILRACE_SERVICE_LANES_H

#include <stdbool.h>
#include <stdint.h>

struct lane_driver;
struct pipeline;

/* The pipeline's inputs, outputs and memory are there; gives every input its lanes. Starts when all outputs
 * have. */
struct lane_driver *lane_driver_new(struct pipeline *pipeline);
void lane_driver_start(struct lane_driver *driver);
void lane_driver_stop(struct lane_driver *driver);
void lane_driver_free(struct lane_driver **driver);

/* For budgets that turned. */
void lanes_wake(struct pipeline *pipeline);

/* Brings the outputs' metrics up to date: before inputs have reckoned theirs, and after. */
void lanes_refresh_begin(struct pipeline *pipeline);
void lanes_refresh_end(struct pipeline *pipeline);

/* Whether files are read for the output alone, and there may be some that it has not. */
bool lanes_is_apart(const struct pipeline *pipeline, unsigned output);

/* Another one when these readers were done with something, since it was brought up to date last. */
uint64_t lanes_done_mark(const struct pipeline *pipeline, unsigned output);

/* Whether no memory is full that they need: its share, an input's, the service's. */
bool lanes_have_room(const struct pipeline *pipeline, unsigned output);

#endif
