/*
 * A credential_process: a program that prints keys. It is run as it is written, without a shell: the
 * line is cut at blanks, quotes keep them together, and nothing else in it means anything.
 *
 * Life     aws_process_start -> one aws_process_fn, or aws_process_cancel before it.
 * Thread   the loop; what it prints is read as it comes.
 * Limits   AWS_PROCESS_S seconds, AWS_PROCESS_BYTES_MAX of output, then it is killed, with what it has
 *          started. What it writes to its standard error goes to the agent's.
 */
#ifndef TAILRACE_AWS_PROCESS_H
#define TAILRACE_AWS_PROCESS_H

#include "base/arena.h"
#include "base/buffer.h"
#include "loop/loop.h"

#define AWS_PROCESS_S 30
#define AWS_PROCESS_BYTES_MAX ((size_t)64 << 10)
#define AWS_PROCESS_WORDS_MAX 64

struct aws_process;

/* `why` NULL: it ended well, and printed `output`, which is wiped afterwards. */
typedef void aws_process_fn(void *owner, struct slice output, const char *why);

/* Never calls back before it returns. */
struct aws_process *aws_process_start(struct loop *loop, const char *command, aws_process_fn *over,
                                      void *owner);
void aws_process_cancel(struct aws_process **process); /* takes the address; NULL is fine */

/* Pure: the words of a command, closed with NULL, in the arena; NULL where a quote is not closed, where
 * there is no word, or too many. '…' keeps all, "…" all but \" and \\. */
char **aws_process_words(const char *command, struct arena *arena);

#endif
