/*
 * What the DB keeps of a file in our own words, in the note of its row: the id of its stream, how
 * far outputs are where they are not equally far, whether there was nothing left to read of a rotated
 * file, whether lines of the generation before may go on in it, and prints of its first bytes, by which
 * copies are known that are shorter; of a file that could not be opened, when it was written to. The
 * row's offset is the least of all, so that Fluent Bit, or an agent that knows no lanes, loses nothing.
 *
 * Plain values; an output is known by its name, on disk.
 */
#ifndef TAILRACE_PLUGINS_IN_TAIL_NOTE_H
#define TAILRACE_PLUGINS_IN_TAIL_NOTE_H

#include "plugin/follow.h"

struct tail_file;

struct tail_note {
    uint64_t stream_id;              /* 0: not known */
    uint32_t steps[FILE_STEP_COUNT]; /* as in file_identity */
    int64_t modified_ns;             /* 0: it was opened */
    uint64_t together;               /* how far the others are: the furthest of them */
    bool is_first;                   /* no line of the generation before goes on in it */
    bool is_whole;  /* rotated, and every output was done with all of it when it was saved */
    unsigned count; /* of outputs that are less far; 0: `together` is the row's offset */
    struct tail_note_lane {
        unsigned output;
        uint64_t offset;
    } lanes[WINDOW_OUTPUTS_MAX];
};

/* `text` may be NULL. Outputs that fell behind and are none of `lanes` are left out. What names another
 * that is none of them counts for nothing, as it may have another name now; nor does what does not fit
 * the row's offset: somebody else moved that. */
void tail_note_read(const char *text, uint64_t row_offset, const struct lanes *lanes,
                    struct tail_note *note);

/* Of the file as it is. Where that is too long, all outputs go on from the row's offset. */
void tail_note_write(const struct tail_file *file, struct buffer *out);

/* Of one that could not be opened. */
void tail_note_write_unopened(int64_t modified_ns, struct buffer *out);

#endif
