#include "sim/truth.h"

#include "base/memory.h"
#include "sim/story.h"

#include <inttypes.h>
#include <stdio.h>

#define LINE_BYTES_MAX 8192

static struct {
    struct line *lines;
    size_t count;
    unsigned output_count;
    uint32_t sweeps;
    bool may_part_all, are_rows_missing;
    struct slice rest, between;
    char text[LINE_BYTES_MAX + 1];
} truth;

void truth_begin(unsigned output_count)
{
    if (truth.lines == NULL)
        truth.lines = mem_zalloc(TRUTH_LINES_MAX, sizeof *truth.lines);
    truth.count = 0;
    truth.output_count = output_count;
    truth.sweeps = 0;
    truth.may_part_all = truth.are_rows_missing = false;
}

void truth_end(void)
{
    MEM_FREE(&truth.lines);
}

unsigned truth_output_count(void)
{
    return truth.output_count;
}

struct line *truth_new_line(uint32_t bytes, enum line_kind kind)
{
    struct line *line = &truth.lines[truth.count];

    CHECK(truth.count < TRUTH_LINES_MAX && bytes >= TRUTH_NUMBER_BYTES && bytes < LINE_BYTES_MAX);
    *line = (struct line){.number = (uint32_t)truth.count++, .bytes = bytes, .kind = kind};
    line->group = line->behind = line->number;
    return line;
}

size_t truth_line_count(void)
{
    return truth.count;
}

struct line *truth_line(size_t number)
{
    return &truth.lines[number];
}

/* No two lines have the same ones in a row: files are told apart by those before some place. */
static char letter(const struct line *line, uint32_t at)
{
    uint32_t mixed = (line->number * 2048 + at) * 2654435761U;

    return (char)('a' + (mixed >> 16) % 26);
}

struct slice truth_text(const struct line *line, uint32_t from, uint32_t count)
{
    char number[TRUTH_NUMBER_BYTES + 1];

    CHECK(from + count <= line->bytes + 1);
    snprintf(number, sizeof number, "L%06u:", line->number);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = from + i;

        truth.text[i] = at == line->bytes        ? '\n'
                        : at < sizeof number - 1 ? number[at]
                                                 : letter(line, at);
    }
    return slice_make(truth.text, count);
}

/* ---- pieces ---- */

void truth_join(const char *rest, const char *between)
{
    truth.rest = rest != NULL ? slice_of(rest) : (struct slice){0};
    truth.between = between != NULL ? slice_of(between) : (struct slice){0};
}

static struct slice skip(struct slice text, struct slice what)
{
    return slice_begins(text, what) ? slice_skip(text, what.len) : text;
}

/* What stands between two lines of a record; a line feed may end it. */
static struct slice skip_between(struct slice rest)
{
    if (slice_is(rest, "\n"))
        return (struct slice){0};
    return skip(skip(rest, truth.between), truth.rest);
}

void truth_group(struct line *line, struct line *before)
{
    if (before == NULL)
        return;
    CHECK(before->next == 0 && before->is_open && before->number < line->number);
    before->next = line->number;
    line->group = before->group;
    line->kind = before->kind;
}

void truth_may_part(const struct line *line)
{
    truth.lines[line->group].is_partable = true;
}

void truth_may_part_all(void)
{
    truth.may_part_all = true;
}

void truth_miss_rows(void)
{
    truth.are_rows_missing = true;
}

bool line_may_part(const struct line *line)
{
    return truth.may_part_all || truth.lines[line->group].is_partable;
}

/* ---- text ---- */

static struct line *line_find(struct slice text)
{
    uint32_t number = 0;

    if (text.len < TRUTH_NUMBER_BYTES || text.data[0] != 'L' || text.data[7] != ':')
        return NULL;
    for (size_t i = 1; i < 7; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return NULL;
        number = number * 10 + (uint32_t)(text.data[i] - '0');
    }
    return number < truth.count ? &truth.lines[number] : NULL;
}

static void check_text(const struct line *line, struct slice text, const char *who)
{
    bool is_whole = text.len == line->bytes;

    EXPECT(text.len <= line->bytes && slice_equal(truth_text(line, 0, (uint32_t)text.len), text),
           "%s: line %u is not what was written: \"%.*s\"", who, line->number,
           (int)(text.len < 80 ? text.len : 80), text.data);
    EXPECT(is_whole || line->is_torn, "%s: line %u was cut, %zu bytes of %u", who, line->number,
           text.len, line->bytes);
}

static bool is_destroyed(const struct line *line)
{
    return line->is_gone || line_is_excused(line);
}

/* What a trace goes on with does not say which one that was, and none says that it is over. */
static bool is_begin_destroyed(const struct line *line)
{
    const struct line *before = &truth.lines[line->group];

    if (truth.rest.len == 0 || before == line)
        return false;
    while (before->next != line->number)
        before = &truth.lines[before->next];
    return is_destroyed(before);
}

/* Where no file has what lay between any more, the next that is there may be another one's: nothing
 * tells; but that its log was truncated does, which a row says. */
static bool is_between_destroyed(const struct line *before, const struct line *line)
{
    if (before->next == 0)
        return is_begin_destroyed(line);
    return is_destroyed(&truth.lines[before->next]);
}

static void check_next(const struct line *before, struct line *line, const char *who)
{
    if (line->group != before->group && is_between_destroyed(before, line) &&
        (!line->is_copied || truth.are_rows_missing)) {
        truth_may_part(line);
        truth.lines[line->group].behind = before->group;
        return;
    }
    EXPECT(line->group == before->group, "%s: a record has line %u after line %u, of another one",
           who, line->number, before->number);
    EXPECT(before->next == line->number || (line_may_part(line) && before->number < line->number),
           "%s: a record has line %u after line %u", who, line->number, before->number);
}

void truth_read(struct slice text, const char *who, struct truth_record *record)
{
    struct slice rest = skip(text, truth.rest);

    record->count = 0;
    do {
        struct line *line = line_find(rest);
        size_t len = line != NULL && line->bytes < rest.len ? line->bytes : rest.len;

        EXPECT(line != NULL, "%s: this is no line: \"%.*s\"", who, SLICE_ARG(text));
        EXPECT(record->count < ARRAY_LEN(record->lines),
               "%s: a record has too many lines: \"%.*s\"", who, SLICE_ARG(text));
        check_text(line, slice_make(rest.data, len), who);
        if (record->count > 0)
            check_next(record->lines[record->count - 1], line, who);
        record->lines[record->count++] = line;
        rest = skip_between(slice_skip(rest, len));
    } while (rest.len > 0);
}

/* Whether it is lost for an output from now on. */
static bool line_destroy(struct line *line)
{
    bool is_lost = false;

    for (unsigned i = 0; i < truth.output_count; i++) {
        struct line_fate *fate = &line->fates[i];

        if (fate->is_taken || fate->is_excused || fate->is_acked)
            continue;
        fate->is_excused = is_lost = true;
    }
    if (is_lost)
        truth_may_part(line);
    return is_lost;
}

void truth_take(struct line *line, uint64_t outputs, const struct truth_place *place)
{
    CHECK(place->stream != 0 && place->end > 0);
    line->stream = place->stream;
    for (unsigned i = 0; i < truth.output_count; i++) {
        struct line_fate *fate = &line->fates[i];

        if ((outputs >> i & 1) == 0)
            continue;
        fate->is_taken |= place->is_kept;
        fate->stream = place->stream;
        fate->end = place->end;
    }
}

static void line_unplace(struct line *line, uint64_t outputs, const struct truth_place *place)
{
    for (unsigned i = 0; i < truth.output_count; i++) {
        struct line_fate *fate = &line->fates[i];

        if ((outputs >> i & 1) && fate->stream == place->stream && fate->end == place->end)
            fate->stream = fate->end = 0;
    }
}

/* Where a life before this one had it in a record with `first`, which begins another record by now. */
static void line_unplace_beside(struct line *line, uint64_t outputs, const struct line *first)
{
    for (unsigned i = 0; i < truth.output_count; i++) {
        const struct line_fate *fate = &first->fates[i];
        struct truth_place before = {.stream = fate->stream, .end = fate->end};

        if (!fate->is_taken && !line->fates[i].is_taken)
            line_unplace(line, outputs & UINT64_C(1) << i, &before);
    }
}

static void group_unplace(struct line *first, uint64_t outputs, const struct truth_place *place)
{
    struct line *line = first;

    while (line->next != 0) {
        line_unplace(line, outputs, place);
        line = &truth.lines[line->next];
    }
    line_unplace(line, outputs, place);
}

/* What an output has of this life stays where it is. */
static uint64_t not_taken(const struct line *line, uint64_t outputs)
{
    for (unsigned i = 0; i < truth.output_count; i++)
        if (line->fates[i].is_taken)
            outputs &= ~(UINT64_C(1) << i);
    return outputs;
}

void truth_take_apart(const struct truth_record *record, uint64_t outputs,
                      const struct truth_place *place)
{
    struct line *line = &truth.lines[record->lines[0]->group];

    if (line->behind != line->number)
        group_unplace(&truth.lines[line->behind], outputs, place);
    while (line != record->lines[0]) {
        CHECK(line->next > line->number);
        line_unplace(line, outputs, place);
        line_unplace_beside(line, outputs, record->lines[0]);
        line = &truth.lines[line->next];
    }
    for (line = record->lines[record->count - 1]; line->next != 0;) {
        CHECK(line->next > line->number);
        line = &truth.lines[line->next];
        line_unplace(line, not_taken(line, outputs), place);
    }
}

void truth_leave(uint64_t stream, unsigned output, uint64_t begin)
{
    for (size_t i = 0; i < truth.count; i++) {
        struct line_fate *fate = &truth.lines[i].fates[output];

        if (fate->stream != stream || fate->end <= begin)
            continue;
        fate->is_taken = false;
        fate->stream = fate->end = 0; /* it may have another one when it is read again */
    }
}

void truth_forget_taken(void)
{
    for (size_t i = 0; i < truth.count; i++)
        for (unsigned output = 0; output < truth.output_count; output++) {
            truth.lines[i].fates[output].is_taken = false;
            if (truth.lines[i].is_let_go)
                (void)line_destroy(&truth.lines[i]);
        }
}

void truth_forget_streams(bool (*is_saved)(uint64_t stream))
{
    for (size_t i = 0; i < truth.count; i++) {
        struct line *line = &truth.lines[i];

        line->is_forgotten |= line->stream != 0 && !is_saved(line->stream);
    }
}

void truth_sweep_begin(void)
{
    truth.sweeps++;
}

void truth_see(struct line *line)
{
    line->seen = truth.sweeps;
}

/* Read once more, the pieces that are still in a file are another record. */
static void pieces_note_gone(void)
{
    for (size_t i = 0; i < truth.count; i++) {
        struct line *line = &truth.lines[i];

        line->is_gone = line->seen != truth.sweeps;
        if (line->is_gone && line->next != 0)
            truth_may_part(line);
    }
}

void truth_sweep_end(void)
{
    pieces_note_gone();
    for (size_t i = 0; i < truth.count; i++) {
        size_t first = i;

        while (i < truth.count && truth.lines[i].seen != truth.sweeps &&
               line_destroy(&truth.lines[i]))
            i++;
        if (i > first)
            story("  destroyed unread: lines %zu to %zu", first, i - 1);
    }
}

void truth_destroy(struct line *line)
{
    line->is_let_go = true;
    (void)line_destroy(line);
}

void truth_give_up(struct line *line, unsigned output)
{
    line->fates[output].is_acked = line->fates[output].is_given_up = true;
}

bool line_is_settled(const struct line *line, unsigned output)
{
    return line->fates[output].is_acked;
}

bool line_is_done(const struct line *line)
{
    for (unsigned i = 0; i < truth.output_count; i++)
        if (!line_is_settled(line, i))
            return false;
    return true;
}

bool line_is_over(const struct line *line)
{
    for (unsigned i = 0; i < truth.output_count; i++)
        if (!line->fates[i].is_acked && !line->fates[i].is_excused)
            return false;
    return true;
}

bool line_is_waiting(const struct line *line)
{
    for (unsigned i = 0; i < truth.output_count; i++)
        if (line->fates[i].is_taken && !line->fates[i].is_acked)
            return true;
    return false;
}

bool line_is_at_hand(const struct line *line)
{
    for (unsigned i = 0; i < truth.output_count; i++)
        if (!line->fates[i].is_acked && !line->fates[i].is_excused && !line->fates[i].is_taken)
            return false;
    return true;
}

bool line_is_excused(const struct line *line)
{
    for (unsigned i = 0; i < truth.output_count; i++)
        if (line->fates[i].is_excused)
            return true;
    return false;
}

/* What held_limit let go of is passed, too; and a piece that was destroyed in another file, though
 * it had its place in this one in an earlier life. */
static bool is_passable(const struct line *line, unsigned output)
{
    bool is_excused = line->fates[output].is_excused && (line->is_let_go || line_may_part(line));

    return line_is_settled(line, output) || is_excused;
}

static void line_check_position(const struct line *line, unsigned output,
                                const struct truth_place *saved, const char *who)
{
    const struct line_fate *fate = &line->fates[output];

    EXPECT(fate->stream != saved->stream || fate->end > saved->end || is_passable(line, output),
           "%s: the position %" PRIu64 " of stream %016" PRIx64
           " passed line %u, which ends at %" PRIu64 " and is not settled for output %u",
           who, saved->end, saved->stream, line->number, fate->end, output);
}

void truth_check_position(uint64_t stream, uint64_t offset, const char *who)
{
    struct truth_place saved = {.stream = stream, .end = offset};

    for (size_t i = 0; i < truth.count && stream != 0; i++)
        for (unsigned output = 0; output < truth.output_count; output++)
            line_check_position(&truth.lines[i], output, &saved, who);
}

static void line_check_fate(const struct line *line, unsigned output)
{
    const struct line_fate *fate = &line->fates[output];

    EXPECT(
        fate->documents > 0 || fate->is_refused || fate->is_excused || fate->is_given_up,
        "line %u is lost for output %u: not in the index, not refused, not given up, not destroyed",
        line->number, output);
    EXPECT(fate->documents > 0 || !fate->is_acked || fate->is_refused || fate->is_excused ||
               fate->is_given_up,
           "line %u was acknowledged by output %u and is not there", line->number, output);
    EXPECT(fate->documents == 0 || fate->record == line->group || line_may_part(line),
           "line %u came to output %u without line %u, which it is a piece of", line->number,
           output, line->group);
}

void truth_check_whole(void)
{
    for (size_t i = 0; i < truth.count; i++)
        for (unsigned output = 0; output < truth.output_count; output++)
            line_check_fate(&truth.lines[i], output);
}
