/*
 * How far a file has come, for all outputs that it is read for.
 *
 *   settled              reached                 issued
 *   |--- an output owes ---|--- one has not read ---|--- unread ---
 *
 * settled <= reached. Where all read it together it is reached as far as it is issued, but for lines that wait.
 *
 * Thread   the loop.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_REACH_H
#define TAILRACE_PLUGINS_IN_TAIL_REACH_H

#include "plugins/in_tail/file.h"

/* How far the others have read it: no further than its copy goes, when it went on in one. */
uint64_t tail_file_issued(const struct tail_file *file);

/* The offset, or the end of the copy that the file went on in, where that comes before it. */
uint64_t tail_file_not_behind(const struct tail_file *file, uint64_t offset);

/* What lies before this, every output is done with; alone, whatever it was lent (kin.c). */
uint64_t tail_file_settled(const struct tail_file *file);
uint64_t tail_file_settled_alone(const struct tail_file *file);

/* What lies before this was read for every output; so much was read that some output has not. */
uint64_t tail_file_reached(const struct tail_file *file);
uint64_t tail_file_unrepeated_bytes(const struct tail_file *file);

#endif
