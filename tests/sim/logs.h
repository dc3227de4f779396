/*
 * The logs of a history, and what becomes of them: written, rotated by renaming or by copying and
 * truncating, compressed, deleted.
 *
 * Thread   one. Limits LOGS_MAX logs, LOG_GENERATIONS_MAX generations each.
 */
#ifndef TAILRACE_SIM_LOGS_H
#define TAILRACE_SIM_LOGS_H

#include "sim/fs.h"

#define LOGS_MAX 4
#define LOG_GENERATIONS_MAX 5

struct log_traits {
    bool is_copied;      /* copytruncate; else renamed */
    bool is_dated;       /* app.log-20261121-120000; else app.log.1 */
    bool is_compressed;  /* from the second generation on */
    unsigned kept_count; /* generations */
};

void logs_begin(void);

/* A few lines, perhaps with an unfinished one at the end. */
void logs_write(void);
void logs_write_much(void);
void logs_finish_lines(void);

/* One step of a rotation; the next comes with the next call. */
void logs_rotate(void);
void logs_rotate_finish(void);
void logs_compress(void);
void logs_delete(void);

/* The agent has opened this, or set a row of it; and it remembers nothing, as it begins anew. */
void logs_note_opened(const char *path);
void logs_forget_opened(void);

/* Whether the file of this name is an earlier generation of a log that the agent has never seen: it
 * was there before it, as far as it can tell, and is left alone. */
bool logs_leave_alone(const char *path);

/* A file cannot be opened or read for a while; and everything can. */
void logs_break(void);
void logs_heal(void);

#endif
