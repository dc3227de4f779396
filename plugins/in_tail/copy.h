/*
 * What copytruncate made of a file that was truncated: its copy is sought, in the folder and in what gzip
 * made of it, and the file goes on there with what was not read yet; else that is lost, and counted.
 *
 * Life     tail_copy_seek -> turns -> the file is restarted; tail_copy_leave at any time.
 * Thread   the loop; a worker looks into what is compressed.
 * Limits   a worker looks for one file of an input at a time, the others wait for their turn. A disk
 *          that does not answer for half a minute ends the search: the next start looks again.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_COPY_H
#define TAILRACE_PLUGINS_IN_TAIL_COPY_H

#include "plugins/in_tail/file.h"

/* It was truncated: its copy is sought, then it is restarted. `lost_bytes` as the plan says. False: that
 * is done, and the pointer is not good any more; else it is not read meanwhile. */
bool tail_copy_seek(struct tail_file *file, uint64_t lost_bytes);

/* Its turn, while its copy is sought. False: it was restarted, as a disk does not answer. */
bool tail_copy_turn(struct tail_file *file);

/* It is not to be restarted any more. */
void tail_copy_leave(struct tail_file *file);

/* Every file is closed; what a worker still looks into is forgotten when it comes back. */
void tail_copies_leave(struct tail *tail);

#endif
