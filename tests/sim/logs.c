#include "sim/logs.h"

#include "base/clock.h"
#include "file/identity.h"
#include "sim/dice.h"
#include "sim/fake_database.h"
#include "sim/life.h"
#include "sim/pieces.h"
#include "sim/story.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So long after its start, an agent forgets logs of which nothing is where it was. */
#define ROWS_LIVE_MS (10 * 60 * 1000)

/* A log stands for so long before it is rotated, or an agent that looks every two seconds has never
 * seen it. */
#define ROTATION_LEAST_MS 3000

#define ODD_ONE_IN 40
#define BAD_ONE_IN 80

/* A writer that has not seen the rotation yet writes to the old file no longer than this: the least
 * Rotate_Wait, less what an agent may lag. */
#define WRITER_LAG_MS 500

/* Where a rotation stands. */
enum log_step {
    STEP_STEADY,
    STEP_GONE,    /* no file has the name, and nobody writes */
    STEP_RENAMED, /* the writer has the old file still, and no file has the name */
    STEP_MADE,    /* the new file is there, the writer has the old one */
    STEP_COPIED,  /* the copy is made, the file not yet truncated */
};

/* A generation's name, as it is now. */
struct log_generation {
    char path[FS_PATH_BYTES];
    bool is_packed;
};

struct log {
    char path[FS_PATH_BYTES];
    struct log_traits traits;
    enum log_step step;
    struct fs_node *writer;  /* NULL: nobody writes */
    struct line *unfinished; /* at its end */
    struct pieces pieces[PIECES_STREAMS_MAX];
    struct log_generation generations[LOG_GENERATIONS_MAX + 1]; /* the newest first */
    unsigned count;
    char packed_from[FS_PATH_BYTES]; /* to be removed: its .gz is there */
    bool is_opened;                  /* by the agent, in this life */
    bool is_untold;                  /* nothing tells that it was truncated */
    unsigned rotations;
    uint64_t made_ms, renamed_ms;
};

static struct log logs[LOGS_MAX];
static unsigned log_count;

/* FS_PATH_BYTES, and all of it fits. */
static void PRINTF_LIKE(2, 3) path_set(char *path, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(path, FS_PATH_BYTES, format, arguments);
    va_end(arguments);
    CHECK(len > 0 && len < FS_PATH_BYTES);
}

static void swept(void)
{
    fs_sweep(life_is_on());
}

/* ---- what the agent knows ---- */

/* What was rotated before the agent knew of the log stays left alone, though its writer may go on in
 * it for a moment. */
static void log_note_opened(struct log *log)
{
    if (log->is_opened)
        return;
    log->is_opened = true;
    for (unsigned i = 0; i < log->count && !fake_disk_knows(log->path); i++)
        fs_find(log->generations[i].path)->is_before = true;
}

void logs_note_opened(const char *path)
{
    for (unsigned i = 0; i < log_count; i++)
        if (strcmp(logs[i].path, path) == 0)
            log_note_opened(&logs[i]);
}

void logs_forget_opened(void)
{
    for (unsigned i = 0; i < log_count; i++)
        logs[i].is_opened = false;
}

bool logs_leave_alone(const char *path)
{
    for (unsigned i = 0; i < log_count; i++) {
        const struct log *log = &logs[i];

        if (slice_begins(slice_of(path), slice_of(log->path)) && strcmp(path, log->path) != 0)
            return !fake_disk_knows(log->path) && (!log->is_opened || life_age_ms() > ROWS_LIVE_MS);
    }
    return false;
}

/* ---- writing ---- */

static void writer_leave(struct log *log)
{
    if (log->writer != NULL)
        fs_write_end(log->writer);
    log->writer = NULL;
}

static void writer_take(struct log *log, struct fs_node *node)
{
    writer_leave(log);
    log->writer = node;
    fs_write_begin(node);
}

static void log_make(struct log *log)
{
    writer_take(log, fs_make(log->path, FS_FILE));
    log->is_untold = false;
    log->made_ms = clock_ms();
    log->step = STEP_STEADY;
}

void logs_begin(void)
{
    memset(logs, 0, sizeof logs);
    log_count = (unsigned)dice_between(1, LOGS_MAX);
    for (unsigned i = 0; i < log_count; i++) {
        struct log *log = &logs[i];

        path_set(log->path, "/logs/%c.log", (char)('a' + i));
        log->traits = (struct log_traits){
            .is_copied = dice_one_in(4) && getenv("SIM_COPIES") != NULL,
            .is_dated = dice_one_in(2),
            .is_compressed = dice_one_in(2),
            .kept_count = (unsigned)dice_between(2, LOG_GENERATIONS_MAX),
        };
        log->step = STEP_GONE;
        if (dice_one_in(2))
            log_make(log);
    }
}

/* A file whose all is shorter than FILE_PRINT_BYTES_MIN is not known again when it was compressed. */
static uint32_t line_bytes(const struct log *log)
{
    if (log->writer->bytes.len == 0)
        return (uint32_t)dice_between(FILE_PRINT_BYTES_MIN, 400);
    if (dice_one_in(100))
        return (uint32_t)dice_between(1000, pieces_are_drawn() ? 4000 : 8000);
    return (uint32_t)dice_between(TRUTH_NUMBER_BYTES, dice_one_in(4) ? 400 : 60);
}

static enum line_kind line_kind(void)
{
    if (dice_one_in(BAD_ONE_IN))
        return LINE_BAD;
    return dice_one_in(ODD_ONE_IN) ? LINE_ODD : LINE_GOOD;
}

static struct line *line_new(struct log *log, uint32_t least_bytes)
{
    struct line *line = truth_new_line(line_bytes(log) + least_bytes, line_kind());

    unsigned stream = pieces_draw_stream();

    line->is_copied = log->traits.is_copied && !log->is_untold;
    line->is_of_stderr = stream > 0;
    pieces_begin(&log->pieces[stream], line, false);
    return line;
}

static void line_write(struct log *log, struct line *line, uint32_t count)
{
    struct slice head = line->written == 0 ? pieces_head(line) : (struct slice){0};

    struct slice tail = {0};

    fs_append(log->writer, head);
    if (line->written + count > line->bytes) {
        tail = pieces_tail(line);
        fs_append(log->writer, truth_text(line, line->written, count - 1));
        fs_append(log->writer, tail);
        fs_append(log->writer, SLICE("\n"));
    } else {
        fs_append(log->writer, truth_text(line, line->written, count));
    }
    line->written += count;
    fs_claim(log->writer, line, (uint32_t)(head.len + tail.len) + count);
    if (line->written > line->bytes)
        pieces_whole(&log->pieces[line->is_of_stderr], line);
}

static void line_finish(struct log *log)
{
    struct line *line = log->unfinished;

    log->unfinished = NULL;
    if (line != NULL)
        line_write(log, line, line->bytes + 1 - line->written);
}

static void log_write(struct log *log, unsigned count)
{
    size_t first = truth_line_count();

    line_finish(log);
    for (unsigned i = 0; i < count && truth_line_count() < TRUTH_LINES_MAX; i++) {
        struct line *line = line_new(log, 0);

        line_write(log, line, line->bytes + 1);
    }
    if (dice_one_in(4) && log->step == STEP_STEADY && truth_line_count() < TRUTH_LINES_MAX) {
        log->unfinished = line_new(log, 1);
        line_write(log, log->unfinished,
                   (uint32_t)dice_between(TRUTH_NUMBER_BYTES, log->unfinished->bytes));
    }
    story("%s: lines %zu to %zu%s, to byte %zu of number %" PRIu64, log->path, first,
          truth_line_count() - 1, log->unfinished ? ", the last unfinished" : "",
          log->writer->bytes.len, log->writer->ino);
    if (log->step != STEP_STEADY)
        swept();
}

static void log_rotate(struct log *log);

static void writer_look(struct log *log)
{
    while ((log->step == STEP_RENAMED || log->step == STEP_MADE) &&
           clock_ms() - log->renamed_ms > WRITER_LAG_MS)
        log_rotate(log);
}

static struct log *log_any(void)
{
    return &logs[dice_below(log_count)];
}

void logs_write(void)
{
    struct log *log = log_any();

    if (log->step == STEP_GONE) {
        story("%s is made", log->path);
        log_make(log);
    }
    writer_look(log);
    log_write(log, (unsigned)dice_between(1, 10));
}

void logs_write_much(void)
{
    struct log *log = log_any();

    if (log->writer == NULL)
        return;
    writer_look(log);
    log_write(log, (unsigned)dice_between(100, 600));
}

static void stream_finish(struct log *log, unsigned stream)
{
    struct line *line;

    if (log->pieces[stream].last == NULL || truth_line_count() >= TRUTH_LINES_MAX)
        return;
    line = truth_new_line(line_bytes(log), LINE_GOOD);
    line->is_copied = log->traits.is_copied && !log->is_untold;
    line->is_of_stderr = stream > 0;
    pieces_begin(&log->pieces[stream], line, true);
    line_write(log, line, line->bytes + 1);
}

/* The last piece of what is open is written, too. */
static void log_finish(struct log *log)
{
    line_finish(log);
    writer_look(log);
    for (unsigned i = 0; i < PIECES_STREAMS_MAX; i++)
        stream_finish(log, i);
}

void logs_finish_lines(void)
{
    for (unsigned i = 0; i < log_count; i++)
        if (logs[i].writer != NULL)
            log_finish(&logs[i]);
}

/* ---- generations ---- */

static void generation_remove(struct log *log)
{
    struct log_generation *last = &log->generations[--log->count];

    story("%s is removed", last->path);
    fs_remove(last->path);
}

static void packed_finish(struct log *log)
{
    if (log->packed_from[0] == '\0')
        return;
    story("%s is removed, its .gz is there", log->packed_from);
    fs_remove(log->packed_from);
    log->packed_from[0] = '\0';
}

static void generation_rename(struct log_generation *g, const char *to)
{
    fs_rename(g->path, to);
    path_set(g->path, "%s", to);
}

/* Makes room for the newest, and says what it is to be called. */
static void generations_shift(struct log *log, char path[FS_PATH_BYTES])
{
    char shifted[FS_PATH_BYTES];

    packed_finish(log);
    while (log->count >= log->traits.kept_count)
        generation_remove(log);
    for (unsigned i = log->count; i-- > 0;) {
        struct log_generation *g = &log->generations[i];

        if (!log->traits.is_dated) {
            path_set(shifted, "%s.%u%s", log->path, i + 2, g->is_packed ? ".gz" : "");
            generation_rename(g, shifted);
        }
        log->generations[i + 1] = *g;
    }
    log->count++;
    if (log->traits.is_dated)
        path_set(path, "%s-20261121-%06u", log->path, ++log->rotations);
    else
        path_set(path, "%s.1", log->path);
    log->generations[0] = (struct log_generation){0};
    path_set(log->generations[0].path, "%s", path);
}

/* ---- rotation ---- */

/* The writer ends its line, or dies in the midst of it and another goes on in a new file. */
static void rename_begin(struct log *log)
{
    char path[FS_PATH_BYTES];
    bool is_torn = log->unfinished != NULL && dice_one_in(3) && !pieces_are_drawn();

    if (!is_torn)
        line_finish(log);
    generations_shift(log, path);
    story("%s is renamed to %s%s", log->path, path, is_torn ? ", with an unfinished line" : "");
    fs_rename(log->path, path);
    log->renamed_ms = clock_ms();
    log->step = STEP_RENAMED;
    if (!is_torn)
        return;
    log->unfinished->is_torn = true;
    log->unfinished = NULL;
    writer_leave(log);
    log_make(log);
    story("%s is made", log->path);
}

static void copy_begin(struct log *log)
{
    char path[FS_PATH_BYTES];

    line_finish(log);
    generations_shift(log, path);
    story("%s is copied to %s", log->path, path);
    (void)fs_copy(log->writer, path);
    for (unsigned i = 0; i < PIECES_STREAMS_MAX; i++)
        pieces_copy(&log->pieces[i]);
    log->step = STEP_COPIED;
}

/* One that the agent has not seen before it is truncated: its copy may as well be the log that was there
 * before it, renamed. The time of its birth would tell. */
static bool is_unknown(const struct fs_node *node)
{
    return !fs_traits()->has_births && node->opens == 0 &&
           !fake_disk_has_file(node->ino, node->generation);
}

static void log_rotate(struct log *log)
{
    switch (log->step) {
    case STEP_GONE:
        return;
    case STEP_STEADY:
        if (log->traits.is_copied)
            copy_begin(log);
        else
            rename_begin(log);
        break;
    case STEP_RENAMED:
        story("%s is made, the writer has the old file still", log->path);
        (void)fs_make(log->path, FS_FILE);
        log->made_ms = clock_ms();
        log->step = STEP_MADE;
        break;
    case STEP_MADE:
        story("%s: the writer goes over to the new file", log->path);
        for (unsigned i = 0; i < PIECES_STREAMS_MAX; i++)
            pieces_part(&log->pieces[i]);
        writer_take(log, fs_find(log->path));
        log->step = STEP_STEADY;
        break;
    case STEP_COPIED:
        story("%s is truncated", log->path);
        log->is_untold = is_unknown(log->writer);
        fs_truncate(log->writer);
        log->step = STEP_STEADY;
        break;
    }
    swept();
}

void logs_rotate(void)
{
    struct log *log = log_any();

    if (log->step != STEP_STEADY || clock_ms() - log->made_ms >= ROTATION_LEAST_MS)
        log_rotate(log);
}

void logs_rotate_finish(void)
{
    for (unsigned i = 0; i < log_count; i++) {
        packed_finish(&logs[i]);
        while (logs[i].step > STEP_GONE)
            log_rotate(&logs[i]);
    }
}

static bool is_compressible(const struct log *log, unsigned index)
{
    const struct log_generation *g = &log->generations[index];

    /* A copy is not compressed before what it was made of is truncated. */
    if (log->step == STEP_COPIED && index == 0)
        return false;
    return !g->is_packed && fs_find(g->path) != log->writer && fs_find(g->path)->bytes.len > 0;
}

void logs_compress(void)
{
    struct log *log = log_any();
    char path[FS_PATH_BYTES];

    if (log->packed_from[0] != '\0') {
        packed_finish(log);
        swept();
        return;
    }
    for (unsigned i = log->count; log->traits.is_compressed && i-- > 0;) {
        struct log_generation *g = &log->generations[i];

        if (!is_compressible(log, i))
            continue;
        path_set(path, "%s.gz", g->path);
        story("%s is compressed", g->path);
        (void)fs_pack(fs_find(g->path), path);
        path_set(log->packed_from, "%s", g->path);
        path_set(g->path, "%s", path);
        g->is_packed = true;
        return;
    }
}

void logs_delete(void)
{
    struct log *log = log_any();

    if (log->step == STEP_GONE)
        return;
    story("%s is deleted with all of its generations", log->path);
    packed_finish(log);
    if (pieces_are_drawn())
        log_finish(log);
    if (log->unfinished != NULL)
        log->unfinished->is_torn = true;
    log->unfinished = NULL;
    writer_leave(log);
    if (fs_find(log->path) != NULL)
        fs_remove(log->path);
    while (log->count > 0)
        generation_remove(log);
    log->step = STEP_GONE;
    swept();
}

/* ---- trouble ---- */

void logs_break(void)
{
    struct log *log = log_any();
    struct fs_node *node = log->writer;

    if (log->count > 0 && dice_one_in(2))
        node = fs_find(log->generations[dice_below(log->count)].path);
    if (node == NULL || getenv("SIM_TROUBLE") == NULL)
        return;
    node->is_denied = dice_one_in(2);
    node->is_broken = !node->is_denied;
    story("number %" PRIu64 " can no longer be %s", node->ino, node->is_denied ? "opened" : "read");
    fs_touch(node);
}

static void node_heal(struct fs_node *node)
{
    if (!node->is_denied && !node->is_broken)
        return;
    node->is_denied = node->is_broken = false;
    fs_touch(node);
}

void logs_heal(void)
{
    fs_each(node_heal);
}
