/*
 * What the files of the lines share. Nobody else includes this.
 *
 *   lines.c         bytes to lines, and a line to a record
 *   lines_joined.c  lines that belong together: into a joiner, and out of it as records
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_LINES_SELF_H
#define TAILRACE_PLUGINS_IN_TAIL_LINES_SELF_H

#include "plugins/in_tail/lines.h"

/* A line and where it stands in its file. */
struct line {
    struct slice text;
    uint64_t offset;
    uint64_t end;     /* with its line feed */
    size_t cut_bytes; /* left out, because it was too long */
};

/* Where the bookmark may stand once a record is acknowledged that ends there. */
static inline uint64_t line_bookmark(const struct tail_file *f, uint64_t end)
{
    return UNLIKELY(f->kin.is_lent) && f->kin.lent_from < end ? f->kin.lent_from : end;
}

/* ---- lines.c ---- */

/* The line is a record: what the parser makes of it, or its text; with the keys of the next one. */
void line_fill(struct tail_file *file, struct record *record, const struct line *line);

/* Path_Key and Offset_Key; and how much of it was left out. */
void line_add_keys(struct tail_file *file, struct record *record, const struct line *line);

/* ---- lines_joined.c ---- */

/* As the file's rules say: it waits, is a record by itself, or ends others. */
void line_join(struct tail_file *file, const struct line *line);

#endif
