#include "plugins/in_tail/lines_self.h"

#include "plugins/in_tail/open.h"
#include "plugins/in_tail/tail.h"

/*
 * Lines that belong together (line/joiner.h).
 *
 *   line_join    most are whole, and a record by themselves; else the joiner takes the line
 *   sink_push    it gives a record back, of lines that waited
 *   sink_line    it gives lines back as one, whole now (Docker_Mode)
 *   sink_lent    the next one is of the file before this one, whose pieces waited here (kin.c)
 */

/* Who gives lines to the joiner, and gets records from it. */
struct giver {
    struct tail_file *file;
    const struct line *line; /* under way, or NULL */
    bool is_lent;            /* the next record is the lender's */
};

/* What is known of a line that comes back from the joiner; of one that waited, only where it was. */
static struct line line_back(const struct giver *giver, uint64_t offset)
{
    struct line line = {.offset = offset};

    if (giver->line != NULL && giver->line->offset == offset)
        line.cut_bytes = giver->line->cut_bytes;
    return line;
}

static struct record *sink_begin(void *owner)
{
    const struct giver *giver = owner;

    return intake_record(giver->file->tail->input->intake);
}

static void sink_lent(void *owner)
{
    struct giver *giver = owner;

    giver->is_lent = true;
}

/* Of a file that is closed only the origin is left. */
static void lent_push(struct giver *giver)
{
    struct tail_file *lender = giver->file->kin.lender;

    CHECK(lender != NULL && lender->kin.is_lent);
    giver->is_lent = false;
    intake_push(giver->file->tail->input->intake, &lender->origin, lender->kin.lent_from);
}

/* The record goes on while lines before its end wait, or what another file lent: the lines up to the one
 * under way may be in it. */
static void sink_reach(const struct giver *giver, uint64_t begin, uint64_t end)
{
    struct tail_file *f = giver->file;
    const struct line *line = giver->line;

    if (begin >= end || end < (line != NULL ? line->offset : tail_source_next(&f->source)))
        f->lines.joined_to = line != NULL ? line->end : f->source.state.read;
}

static void giver_push(const struct giver *giver, uint64_t end)
{
    struct tail_file *f = giver->file;

    intake_push(f->tail->input->intake, &f->origin, line_bookmark(f, end));
}

static void sink_push(void *owner, uint64_t end)
{
    struct giver *giver = owner;
    struct record *record = intake_current(giver->file->tail->input->intake);
    struct line line = line_back(giver, record_place_offset(record->offset));

    line_add_keys(giver->file, record, &line);
    if (UNLIKELY(giver->is_lent)) {
        lent_push(giver);
        return;
    }
    sink_reach(giver, line.offset, end);
    giver_push(giver, end);
}

/* Docker_Mode gives lines back, whole now. Their bytes were counted as they came. */
static void sink_line(void *owner, const struct joiner_line *joined)
{
    struct giver *giver = owner;
    struct line line = line_back(giver, record_place_offset(joined->offset));
    struct record *record = sink_begin(owner);

    line.text = joined->text;
    line.end = joined->end;
    line_fill(giver->file, record, &line);
    record->offset = joined->offset;
    if (UNLIKELY(giver->is_lent)) {
        lent_push(giver);
        return;
    }
    sink_reach(giver, line.offset, joined->end);
    giver_push(giver, line.end);
}

static struct joiner_sink sink_of(struct giver *giver)
{
    return (struct joiner_sink){
        .owner = giver,
        .begin = sink_begin,
        .push = sink_push,
        .line = sink_line,
        .lent = sink_lent,
        .truncated = &giver->file->tail->input->metrics.multiline_truncated,
    };
}

void line_join(struct tail_file *f, const struct line *line)
{
    struct tail *t = f->tail;
    struct joiner_line joined = {
        .text = line->text,
        .offset = line->offset,
        .end = line->end,
        .now_ms = t->reading.now_ms,
        .wall_ns = t->reading.wall_ns,
    };
    struct giver giver = {.file = f, .line = line};
    struct joiner_sink sink = sink_of(&giver);
    struct record *record = intake_record(t->input->intake);

    t->input->metrics.bytes += line->text.len;
    if (LIKELY(f->lines.joiner == NULL && joiner_fill_whole(f->lines.rules, &joined, record))) {
        record->offset = line->offset;
        line_add_keys(f, record, line);
        giver_push(&giver, line->end);
        return;
    }
    joiner_take(&f->lines.joiner, f->lines.rules, &joined, &sink);
}

void tail_lines_flush(struct tail_file *f, bool is_all)
{
    struct giver giver = {.file = f};
    struct joiner_sink sink = sink_of(&giver);

    if (f->lines.joiner == NULL)
        return;
    joiner_flush(&f->lines.joiner, f->lines.rules, is_all ? UINT64_MAX : clock_ms(), &sink);
    tail_lines_account(f);
}

void tail_lines_account(struct tail_file *f)
{
    size_t bytes = joiner_bytes(f->lines.joiner);

    if (LIKELY(bytes == f->lines.waiting_bytes))
        return;
    budget_wait_bytes(f->tail->input->budget, f->lines.waiting_bytes, bytes);
    f->lines.waiting_bytes = bytes;
}

void tail_lines_cut(struct tail_file *f)
{
    struct giver giver = {.file = f};
    struct joiner_sink sink = sink_of(&giver);

    CHECK(f->lines.joiner != NULL);
    joiner_cut(&f->lines.joiner, f->lines.rules, &sink);
    tail_lines_account(f);
}

uint64_t tail_lines_end(const struct tail_file *f, uint64_t end)
{
    uint64_t oldest = f->lines.joiner != NULL ? joiner_oldest(f->lines.joiner) : UINT64_MAX;

    if (UNLIKELY(f->kin.is_lent) && f->kin.lent_from < oldest)
        oldest = f->kin.lent_from;
    return oldest < end ? oldest : end;
}
