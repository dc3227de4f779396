/*
 * Where the lines of a text end: the places of its line feeds, in order, found sixty-four bytes at a
 * time and noted ahead, so that going from line to line is a look into a list.
 *
 * A search for each line costs more than its bytes: the call, and one wrong guess of the processor
 * about how far the line goes.
 *
 * Life     line_feeds_init -> line_feeds_next* ; nothing to free. The text is lent.
 * Thread   its owner's. Pure.
 * Limits   LINE_FEEDS_MAX places are known ahead; texts of less than 4 GiB.
 */
#ifndef TAILRACE_LINE_FEEDS_H
#define TAILRACE_LINE_FEEDS_H

#include "record/json_marks.h"

/* Places are noted until there are so many; the block that brings the last ones may add some. */
#define LINE_FEEDS_MAX 64

struct line_feeds {
    struct slice text;
    size_t seen_bytes;       /* of the text, so far */
    enum json_marks_way way; /* how blocks are looked at; the best that the processor has */
    const uint32_t *next;
    const uint32_t *end;
    uint32_t at[LINE_FEEDS_MAX + 64 + 1];
};

/* From this byte on, which may be the text's end. */
void line_feeds_init(struct line_feeds *feeds, struct slice text, size_t from);

/* Notes more, the length of the text behind the last one. */
void line_feeds_look(struct line_feeds *feeds);

/* The place of the next one; behind the last one, and ever after, the length of the text. */
static inline size_t line_feeds_next(struct line_feeds *feeds)
{
    if (UNLIKELY(feeds->next == feeds->end))
        line_feeds_look(feeds);
    return *feeds->next++;
}

#endif
