#include "plugins/in_tail/note.h"

#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/reach.h"
#include "plugins/in_tail/tail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/*
 * The note of a row:
 *
 *   note  := stream [ " /" step* ] [ " ^" ] [ " whole" | " " together lane+ ] | "0" " @" modified
 *   lane  := " " offset ( ":" | "+" ) name
 *
 * A lane with ":" is that of an output which fell behind, one with "+" of an output that had not
 * acknowledged yet what another of those that the file is read for together had.
 *
 * The stream is 16 hexadecimal digits, a step 8 of them, other numbers are decimal; "^": no line
 * of the generation before goes on in it. Of a name, bytes that are no letters, digits, points, dashes
 * or underscores are written as %XX. Whoever knows nothing of lanes, of steps, or of "^", reads no
 * further: then the row's offset counts for all outputs, which is the least.
 */

static const char whole[] = " whole", first[] = " ^";

static bool is_plain(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '-' || byte == '_';
}

static void append_name(struct buffer *out, const char *name)
{
    for (; *name != '\0'; name++) {
        if (is_plain(*name))
            buffer_append_byte(out, *name);
        else
            buffer_append_format(out, "%%%02X", (unsigned char)*name);
    }
}

/* ---- writing ---- */

/* A note is written with each save of each file: printf takes ten times as long. */
static void append_hex(struct buffer *out, uint64_t number, unsigned digits)
{
    char *at = buffer_reserve(out, digits);

    for (unsigned i = digits; i-- > 0; number >>= 4)
        at[i] = "0123456789abcdef"[number & 15];
    CHECK(number == 0);
    buffer_commit(out, digits);
}

static void append_lane(const struct tail_file *f, unsigned output, uint64_t offset, char mark,
                        struct buffer *out)
{
    CHECK(output < f->tail->input->lanes->count);
    buffer_append_format(out, " %" PRIu64 "%c", offset, mark);
    append_name(out, f->tail->input->lanes->items[output].output);
}

/* Those that the file is read for together, and that have not acknowledged all of it. None where it
 * cannot be read for one alone, as lines of the file before are in its records, or where filters say
 * where its records go. */
static output_set outputs_together(const struct tail_file *f)
{
    const struct origin *o = &f->origin;

    if (f->tail->lanes.shares == NULL || o->window.count == 0 || !o->can_leave ||
        f->kin.lender != NULL || f->source.copy_bytes > 0 || o->route.by == NULL ||
        o->route.may_turn)
        return 0;
    return o->route.outputs;
}

/* Where the furthest of them is, if no record reaches over that byte. */
static uint64_t place_together(const struct tail_file *f, output_set together)
{
    uint64_t furthest = f->origin.window.settled;

    if (together != 0)
        furthest = window_furthest(&f->origin.window, together);
    return f->lines.joined_to <= furthest ? furthest : f->origin.window.settled;
}

static void append_lanes(const struct tail_file *f, struct buffer *out)
{
    output_set together = outputs_together(f);
    uint64_t place = place_together(f, together);

    CHECK(place >= f->origin.window.settled);
    if (list_is_empty(&f->readers.laggards) && place == f->origin.window.settled)
        return;
    buffer_append_format(out, " %" PRIu64, tail_file_not_behind(f, place));
    LIST_FOR (it, (struct list *)(uintptr_t)&f->readers.laggards) {
        const struct tail_laggard *l = CONTAINER_OF(it, struct tail_laggard, link);

        append_lane(f, l->output, tail_file_not_behind(f, l->file.origin.window.settled), ':', out);
    }
    for (unsigned output = 0; together != 0; output++, together >>= 1)
        if ((together & 1) && window_bookmark(&f->origin.window, output) < place)
            append_lane(f, output, window_bookmark(&f->origin.window, output), '+', out);
}

/* A row is not `done` before Rotate_Wait is over: more may come. */
static bool is_whole(const struct tail_file *f)
{
    struct file_facts facts;

    return f->source.state.is_rotated && f->source.state.read == f->origin.window.settled &&
           file_state_read(f->source.fd, &facts) == 0 &&
           file_reader_size(&f->source.reader, facts.size_bytes) == f->source.state.read;
}

static void append_steps(const struct tail_file *f, struct buffer *out)
{
    if (f->known.identity.steps[0] == 0)
        return;
    buffer_append_text(out, " /");
    for (unsigned i = 0; i < FILE_STEP_COUNT && f->known.identity.steps[i] != 0; i++)
        append_hex(out, f->known.identity.steps[i], 8);
}

void tail_note_write(const struct tail_file *f, struct buffer *out)
{
    size_t alone;

    append_hex(out, f->origin.id, 16);
    append_steps(f, out);
    if (f->kin.is_first)
        buffer_append_text(out, first);
    alone = out->len;
    append_lanes(f, out);
    if (out->len == alone && is_whole(f))
        buffer_append_text(out, whole);
    if (out->len > POSITIONS_NOTE_BYTES_MAX)
        out->len = alone;
}

void tail_note_write_unopened(int64_t modified_ns, struct buffer *out)
{
    buffer_append_format(out, "0 @%" PRId64, modified_ns);
}

/* ---- reading ---- */

/* WINDOW_OUTPUTS_MAX: there is no such output. */
static unsigned output_of(const struct lanes *lanes, struct slice escaped)
{
    unsigned output = 0;
    struct buffer name = {0};

    for (; lanes != NULL && output < lanes->count; output++) {
        buffer_clear(&name);
        append_name(&name, lanes->items[output].output);
        if (slice_equal(buffer_view(&name), escaped))
            break;
    }
    buffer_fini(&name);
    return lanes != NULL && output < lanes->count ? output : WINDOW_OUTPUTS_MAX;
}

/* An output that fell behind twice in short time may be named twice: the earlier place counts. */
static void note_lane(struct tail_note *note, unsigned output, uint64_t offset)
{
    unsigned i = 0;

    while (i < note->count && note->lanes[i].output != output)
        i++;
    CHECK(i < ARRAY_LEN(note->lanes));
    if (i == note->count)
        note->lanes[note->count++] = (struct tail_note_lane){output, offset};
    else if (offset < note->lanes[i].offset)
        note->lanes[i].offset = offset;
}

/* "offset:name": where it ends, or NULL. The smallest offset of all goes to `*least`. */
static const char *lane_read(const char *text, const struct lanes *lanes, struct tail_note *note,
                             uint64_t *least)
{
    char *mark;
    uint64_t offset = strtoull(text, &mark, 10);
    size_t len;
    unsigned output;

    if (mark == text || (*mark != ':' && *mark != '+'))
        return NULL;
    len = strcspn(mark + 1, " ");
    output = output_of(lanes, slice_make(mark + 1, len));
    if (*mark == '+' && output == WINDOW_OUTPUTS_MAX)
        return NULL;
    if (offset < *least)
        *least = offset;
    if (output < WINDOW_OUTPUTS_MAX)
        note_lane(note, output, offset);
    return mark + 1 + len;
}

static bool lanes_read(const char *text, uint64_t row_offset, const struct lanes *lanes,
                       struct tail_note *note)
{
    char *after;
    uint64_t least = note->together = strtoull(text, &after, 10);
    const char *at = after;

    if (at == text || *at != ' ')
        return false;
    while (at != NULL && *at == ' ')
        at = lane_read(at + 1, lanes, note, &least);
    return at != NULL && *at == '\0' && least == row_offset;
}

/* Where they end. */
static const char *steps_read(const char *text, struct tail_note *note)
{
    for (unsigned i = 0; i < FILE_STEP_COUNT && strspn(text, "0123456789abcdef") >= 8; i++) {
        char digits[9] = {0};

        memcpy(digits, text, 8);
        note->steps[i] = (uint32_t)strtoul(digits, NULL, 16);
        text += 8;
    }
    return text;
}

void tail_note_read(const char *text, uint64_t row_offset, const struct lanes *lanes,
                    struct tail_note *note)
{
    char *after = NULL;

    *note = (struct tail_note){.together = row_offset};
    if (text == NULL)
        return;
    note->stream_id = strtoull(text, &after, 16);
    text = after;
    if (strncmp(text, " @", 2) == 0)
        note->modified_ns = strtoll(text + 2, NULL, 10);
    if (strncmp(text, " /", 2) == 0)
        text = steps_read(text + 2, note);
    note->is_first = strncmp(text, first, sizeof first - 1) == 0;
    if (note->is_first)
        text += sizeof first - 1;
    note->is_whole = strcmp(text, whole) == 0;
    if (*text != ' ' || lanes_read(text + 1, row_offset, lanes, note))
        return;
    note->together = row_offset;
    note->count = 0;
}
