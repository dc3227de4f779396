#include "sim/seams.h"

#include "chunk/intake.h"
#include "chunk/lookup.h"
#include "chunk/reader.h"
#include "output/delivery.h"
#include "plugins/in_tail/file.h"
#include "plugins/in_tail/laggard.h"
#include "plugins/in_tail/note.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/reach.h"
#include "sim/fake_calls.h"
#include "sim/fake_database.h"
#include "sim/fake_http.h"
#include "sim/fs.h"
#include "sim/life.h"
#include "sim/logs.h"
#include "sim/story.h"

#include <inttypes.h>
#include <stdlib.h>

/*
 * What passes between the parts of the agent, told to the truth: the linker leads these calls here.
 *
 *   a record goes into a chunk       the line is the agent's
 *   an output lets go of what it has it is the agent's no more
 *   Retry_Limit is reached           it may be missing, and is counted as dropped
 *   a file is let go of, truncated   so may what was unread of it, and is counted to the byte
 *   a file is closed                 what nobody else can read of it is the agent's, or needed no more
 *   a position is saved              no line before it is unsettled
 */

/* What a parser left as JSON has line feeds escaped. Lent until the next call. */
static struct slice text_of(const struct value *value)
{
    static char bytes[2 * TRUTH_PIECES_MAX * 8192];
    struct slice json = value->text;
    size_t len = 0;

    if (value->kind == VALUE_TEXT)
        return value->text;
    CHECK(value->kind == VALUE_JSON && json.len >= 2 && json.len < sizeof bytes);
    for (size_t i = 1; i + 1 < json.len; i++) {
        bool is_feed = json.data[i] == '\\' && json.data[i + 1] == 'n';

        bytes[len++] = is_feed ? '\n' : json.data[i];
        i += is_feed;
    }
    return slice_make(bytes, len);
}

void __wrap_intake_push(struct intake *intake, struct origin *origin, uint64_t end);
void __real_intake_push(struct intake *intake, struct origin *origin, uint64_t end);
void __wrap_intake_push_plain(struct intake *intake, struct origin *origin,
                              struct plain_record *plain, uint64_t end);
void __real_intake_push_plain(struct intake *intake, struct origin *origin,
                              struct plain_record *plain, uint64_t end);
void __wrap_tail_file_left(struct tail_file *file, unsigned output, uint64_t begin);
void __real_tail_file_left(struct tail_file *file, unsigned output, uint64_t begin);
struct tail_laggard *__wrap_tail_laggard_new(struct tail_file *of, unsigned output, uint64_t offset,
                                             enum laggard_state state);
struct tail_laggard *__real_tail_laggard_new(struct tail_file *of, unsigned output, uint64_t offset,
                                             enum laggard_state state);
void __wrap_tail_lines_cut(struct tail_file *file);
void __real_tail_lines_cut(struct tail_file *file);
void __wrap_positions_set(struct positions *positions, const struct position *position);
void __real_positions_set(struct positions *positions, const struct position *position);
void __wrap_account_give_up(struct delivery *d, bool keeps_texts);
void __real_account_give_up(struct delivery *d, bool keeps_texts);
void __wrap_tail_loss_begin(struct tail_file *file, uint64_t bytes_min);
void __real_tail_loss_begin(struct tail_file *file, uint64_t bytes_min);
void __wrap_tail_file_hand_on(struct tail_file *file);
void __real_tail_file_hand_on(struct tail_file *file);
void __wrap_tail_file_restart(struct tail_file *file, uint64_t lost_bytes, int fd,
                              const struct tail_copy *copy);
void __real_tail_file_restart(struct tail_file *file, uint64_t lost_bytes, int fd,
                              const struct tail_copy *copy);
void __wrap_tail_truncation_count(struct tail_file *file, uint64_t lost_bytes);
uint64_t __wrap_tail_bookmark_find(struct tail_file *file, struct slice head, bool is_new_name,
                                   struct tail_note *note);
uint64_t __real_tail_bookmark_find(struct tail_file *file, struct slice head, bool is_new_name,
                                   struct tail_note *note);
void __wrap_tail_inode_leave(struct tail_file *file);
void __real_tail_inode_leave(struct tail_file *file);
void __real_tail_truncation_count(struct tail_file *file, uint64_t lost_bytes);

static uint64_t saved_stream; /* is on the disk */

void seams_begin(void)
{
    saved_stream = 0;
}

/* ---- records ---- */

/* After a kill it is known by its row, whatever the world makes of its file. */
static void stream_expect_saved(uint64_t stream)
{
    if (stream == saved_stream || life_is_dead())
        return;
    EXPECT(fake_disk_has_stream(stream) || fake_disk_has_failed(),
           "a record of stream %016" PRIx64 " is there before its row is on the disk", stream);
    saved_stream = stream;
}

/* Its lines are the agent's from here on, and no position may pass where they begin. */
static void record_take(struct slice text, const struct origin *origin, uint64_t offset)
{
    struct truth_place place = {origin->id, record_place_offset(offset) + 1, !life_is_dead()};
    struct truth_record record;

    truth_read(text, "in_tail", &record);
    stream_expect_saved(origin->id);
    truth_take_apart(&record, origin->lane, &place);
    for (unsigned i = 0; i < record.count; i++)
        truth_take(record.lines[i], origin->lane, &place);
}

void __wrap_intake_push(struct intake *intake, struct origin *origin, uint64_t end)
{
    struct value value;

    CHECK(record_find(intake_current(intake), SLICE("log"), &value));
    record_take(text_of(&value), origin, intake_current(intake)->offset);
    __real_intake_push(intake, origin, end);
}

void __wrap_intake_push_plain(struct intake *intake, struct origin *origin,
                              struct plain_record *plain, uint64_t end)
{
    unsigned i = 0;

    while (i < plain->count && !slice_is(plain->fields[i].key, "log"))
        i++;
    CHECK(i < plain->count);
    record_take(plain->fields[i].text, origin, plain->offset);
    __real_intake_push_plain(intake, origin, plain, end);
}

void __wrap_positions_set(struct positions *positions, const struct position *position)
{
    if (!life_is_dead())
        truth_check_position(strtoull(position->note, NULL, 16), position->offset, "to be saved");
    logs_note_opened(position->name);
    __real_positions_set(positions, position);
}

/* ---- outputs ---- */

/* What the output has of a line in pieces may end where it was left. */
struct tail_laggard *__wrap_tail_laggard_new(struct tail_file *of, unsigned output, uint64_t offset,
                                             enum laggard_state state)
{
    truth_may_part_all();
    return __real_tail_laggard_new(of, output, offset, state);
}

/* There is no room for lines that wait. */
void __wrap_tail_lines_cut(struct tail_file *file)
{
    truth_may_part_all();
    __real_tail_lines_cut(file);
}

/* What lies in a file no more cannot be read again. */
void __wrap_tail_file_left(struct tail_file *file, unsigned output, uint64_t begin)
{
    __real_tail_file_left(file, output, begin);
    if (life_is_dead())
        return;
    truth_leave(file->origin.id, output, begin);
    fs_sweep(true);
}

static bool is_given_up(const struct batch *batch, uint32_t index, bool keeps_texts)
{
    enum record_state state =
        batch->states != NULL ? (enum record_state)batch->states[index] : RECORD_WAITING;

    return state == RECORD_WAITING || (state == RECORD_AS_TEXT && !keeps_texts);
}

/* Each line, that it may be missing; and how many those are. */
void __wrap_account_give_up(struct delivery *d, bool keeps_texts)
{
    unsigned output = d->output->config.index;
    uint32_t end = d->batch.first + d->batch.count;
    struct chunk_record record;
    struct chunk_reader reader;
    struct truth_record lines;
    struct value value;

    chunk_reader_init(&reader, d->chunk);
    for (uint32_t i = 0; i < end && chunk_reader_next(&reader, &record); i++) {
        if (i < d->batch.first || !is_given_up(&d->batch, i, keeps_texts))
            continue;
        CHECK(chunk_record_find(&record, SLICE("log"), &value));
        truth_read(text_of(&value), "given up", &lines);
        for (unsigned at = 0; at < lines.count; at++)
            truth_give_up(lines.lines[at], output);
        fake_http_tell_given_up(output);
    }
    __real_account_give_up(d, keeps_texts);
}

/* ---- files ---- */

/* All that no output was given yet; it is to be counted exactly, but for the lines of a file that
 * cannot be read. */
void __wrap_tail_loss_begin(struct tail_file *file, uint64_t bytes_min)
{
    struct fs_node *node = fake_calls_node(file->source.fd);
    struct fs_rest rest;

    if (!life_is_dead()) {
        rest = fs_let_go(node, tail_file_reached(file));
        rest.lines = node->is_broken ? 0 : rest.lines;
        life_expect_held_loss(rest);
    }
    __real_tail_loss_begin(file, bytes_min);
}

static struct {
    const struct tail_file *file; /* whose descriptor goes on as another file's */
    const struct fs_node *node;
    uint64_t seen, between, reached;
} truncated;

void __wrap_tail_file_restart(struct tail_file *file, uint64_t lost_bytes, int fd,
                              const struct tail_copy *copy)
{
    truncated.file = file;
    truncated.node = fake_calls_node(file->source.fd);
    truncated.seen = fake_calls_seen_bytes(file->source.fd);
    truncated.between = fake_calls_seen_between_bytes(file->source.fd);
    truncated.reached = tail_file_reached(file);
    __real_tail_file_restart(file, lost_bytes, fd, copy);
    truncated.file = NULL;
}

/* What was seen of it goes along. */
void __wrap_tail_file_hand_on(struct tail_file *file)
{
    fake_calls_keep_seen(true);
    __real_tail_file_hand_on(file);
    fake_calls_keep_seen(false);
}

/* What was seen of the file before it was truncated, and is neither in a record nor in the copy that it
 * went on in. What was written then and never seen is in no number. When it was truncated twice while
 * the agent looked at it once, or could not read it, what it saw in between may be of either: the last
 * size, or one from before it was handed on. */
void __wrap_tail_truncation_count(struct tail_file *file, uint64_t lost_bytes)
{
    const struct fs_node *node = fake_calls_node(file->source.fd);
    uint64_t copied = node != truncated.node ? fs_line_bytes(node) : 0;
    uint64_t reached = copied > truncated.reached ? copied : truncated.reached;
    uint64_t lost = truncated.seen > reached ? truncated.seen - reached : 0;
    bool is_of_second = truncated.between > reached && lost_bytes <= truncated.between - reached;

    EXPECT(lost_bytes == lost || is_of_second || life_is_dead(),
           "%" PRIu64 " bytes of %s are counted as truncated, and %" PRIu64
           " were seen that no output got and no copy has",
           lost_bytes, file->log.path, lost);
    __real_tail_truncation_count(file, lost_bytes);
}

/* What was truncated before it looked at the first bytes was never known to it. */
uint64_t __wrap_tail_bookmark_find(struct tail_file *file, struct slice head, bool is_new_name,
                                   struct tail_note *note)
{
    if (head.len < FILE_HEAD_BYTES_MAX && head.len < fake_calls_seen_bytes(file->source.fd))
        fake_calls_begin_seen(file->source.fd);
    return __real_tail_bookmark_find(file, head, is_new_name, note);
}

/* The agent follows it no more. One that cannot be read it need not hold. */
void __wrap_tail_inode_leave(struct tail_file *file)
{
    const struct fs_node *node = fake_calls_node(file->source.fd);

    __real_tail_inode_leave(file);
    if (truncated.file == file) {
        truncated.file = NULL;
        fake_calls_renew(file->source.fd);
        return;
    }
    if (!life_is_dead() && !life_is_stopping() && fs_is_last_hold(node) && !node->is_broken)
        fs_check_read(node);
}
