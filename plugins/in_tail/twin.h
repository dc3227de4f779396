/*
 * What a file goes on in when its name is gone and another file has all its bytes: gzip's of it, for one.
 *
 * Life     tail_twin_seek -> the file goes on there, or is alone; tail_twin_leave at any time.
 * Thread   the loop; a worker holds the two against each other.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_TWIN_H
#define TAILRACE_PLUGINS_IN_TAIL_TWIN_H

#include "plugins/in_tail/file.h"

/* Whether another file may have all its bytes, gzip's of it for one: then that is looked into, and the
 * file goes on there, or stays and is alone. True as well where that cannot be looked at now, and is to be
 * asked again. */
bool tail_twin_seek(struct tail_file *file);

/* It is not to go on anywhere else. */
void tail_twin_leave(struct tail_file *file);

#endif
