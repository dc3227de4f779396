/*
 * A segment is a gapless piece of the journal whose entries are numbered from one source: the origin
 * of their records, with the cursors that stand at certain places of its window.
 *
 *   window   settled ........ mark ........ mark ........ issued
 *
 * The cursor to keep is that of the last mark before `settled`, of the last segment all of whose
 * elders are settled.
 *
 * Life     segment_begin -> segment_mark* -> segment_end; freed when the last chunk lets go of it.
 * Thread   the loop.
 */
#ifndef TAILRACE_IN_SYSTEMD_SEGMENT_H
#define TAILRACE_IN_SYSTEMD_SEGMENT_H

#include "plugin/plugin.h"

struct cursor_mark {
    struct list link;
    uint64_t end;
    char text[];
};

struct segment {
    struct origin origin;
    struct list link;  /* of all that are not settled, in order */
    struct list marks; /* of cursor_mark, in order */
    bool is_ended;     /* a younger one was begun */
    void (*moved)(void *owner);
    void *owner; /* NULL: nobody wants to know any more */
};

/* The parts of a cursor that say where an entry is: its number, and who numbers. */
struct cursor_parts {
    struct slice numbering;
    uint64_t number;
    uint64_t usec; /* of the entry; 0: it does not say */
};

/* False: it is not what journald makes now. */
bool cursor_parse(struct slice cursor, struct cursor_parts *parts_out);

struct segment *segment_begin(struct input *input, uint64_t id, struct list *segments,
                              void (*moved)(void *owner), void *owner);

/* No record comes any more. */
void segment_end(struct segment **segment);

/* An entry that ends at the window's end is where the cursor stands. */
void segment_mark(struct segment *segment, const char *cursor);

/* The newest cursor that all entries before are acknowledged of, once; NULL: none since the last call.
 * The caller frees it. */
char *segments_settled(struct list *segments);

/* Nobody is told any more. */
void segments_forget(struct list *segments);

#endif
