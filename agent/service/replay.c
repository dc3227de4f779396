#include "service/dlq.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "deadletter/desk.h"
#include "service/pipeline.h"

#include <inttypes.h>

/*
 * Dead letters go out again.
 *
 *   dlq_replay      a pipeline of the configuration, of which only the outputs are started
 *   file_replay     the chosen letters of a file become chunks, one for each output
 *   on_settled      an output is done with a letter
 *   sink_add        ... because it was refused again, or tried too often
 *   origin_gone     nobody has it any more; when that is so for all, the loop stops
 *   file_replay     those that were delivered are removed from the file
 *
 * Each letter is an origin of its own, with the stream and the offset that it had: its document gets
 * the id that it had. A crash in between leaves letters that were delivered; sent once more they are
 * there already.
 */

/* The back-end is expected to be well: nobody waits for ever at a command line. */
#define REPLAY_RETRIES_MAX 3

struct replay;

struct replay_letter {
    struct origin origin;
    struct replay *replay;
    uint64_t file;
    uint32_t line;
    bool is_settled, is_failed;
};

/* Of the file at hand. Those that are left are origins that somebody has. */
struct replay_letters {
    struct replay_letter **items;
    size_t count, left;
};

struct replay {
    const struct dlq_arguments *arguments;
    struct letter_sink sink;
    struct loop *loop;
    struct pipeline *pipeline;
    struct replay_letters letters;
    struct chunk **chunks; /* one for each output */
    struct input_metrics metrics;
    struct budget budget;
    struct report *report;
    struct buffer *out;
    uint64_t delivered, stayed;
};

/* ---- what becomes of a letter ---- */

static void on_settled(struct origin *origin)
{
    struct replay_letter *l = CONTAINER_OF(origin, struct replay_letter, origin);

    CHECK(l->replay->letters.left > 0);
    l->is_settled = true;
}

static void origin_gone(struct origin *origin)
{
    struct replay *r = CONTAINER_OF(origin, struct replay_letter, origin)->replay;

    origin_fini(origin);
    CHECK(r->letters.left > 0);
    if (--r->letters.left == 0)
        loop_stop(r->loop);
}

static const struct origin_ops origin_ops = {.settled = on_settled, .free = origin_gone};

static void sink_add(struct letter_sink *sink, const struct dead_letter *letter, bool is_given_up,
                     struct origin *origin)
{
    struct replay *r = CONTAINER_OF(sink, struct replay, sink);
    struct replay_letter *l = CONTAINER_OF(origin, struct replay_letter, origin);
    size_t begin = r->out->len;

    l->is_failed = true;
    buffer_append_format(r->out, "%" PRIu64 ":%" PRIu32 " %s: %.*s", l->file, l->line,
                         is_given_up ? "was not delivered" : "was refused again",
                         SLICE_ARG(letter->reason));
    utf8_tame(r->out->data + begin, r->out->len - begin);
    buffer_append_byte(r->out, '\n');
}

static bool sink_wait(struct letter_sink *sink, struct letter_waiter *waiter)
{
    (void)sink;
    (void)waiter;
    return false;
}

/* ---- from a letter to a record ---- */

static void record_fill(const struct dead_letter *letter, struct record *record)
{
    struct slice rest = letter->record, key, value;

    while (json_next(&rest, &key, &value)) {
        struct slice quoted = slice_make(key.data - 1, key.len + 2);
        bool is_escaped = letter_is_escaped(letter, key);
        struct slice name = is_escaped ? letter_unescape(quoted, &record->arena)
                                       : json_unescape(quoted, &record->arena);

        if (is_escaped && value.data[0] == '"')
            record_add(record, name, value_text(letter_unescape(value, &record->arena)));
        else
            record_add(record, name, value_json(value));
    }
    record_drop_doubles(record);
    record->time_ns = letter->time_ns;
    record->offset = letter->offset;
    record->metadata = letter->metadata;
}

static struct chunk *chunk_for(struct replay *r, size_t output)
{
    CHECK(output < pipeline_output_count(r->pipeline));
    if (r->chunks[output] == NULL)
        r->chunks[output] = chunk_open((output_set)1 << output);
    return r->chunks[output];
}

static void chunks_offer(struct replay *r, bool only_full)
{
    for (size_t i = 0; i < pipeline_output_count(r->pipeline); i++) {
        struct chunk *chunk = r->chunks[i];

        if (chunk == NULL || (only_full && !chunk_is_full(chunk)))
            continue;
        CHECK(chunk->outputs == (output_set)1 << i);
        r->chunks[i] = NULL;
        chunk_seal(chunk);
        output_offer(pipeline_output(r->pipeline, i), chunk);
        chunk_unref(&chunk);
    }
}

static void letter_take(struct replay *r, const struct desk_item *item, size_t output)
{
    struct replay_letter *l = mem_zalloc(1, sizeof *l);
    struct origin *origin = &l->origin;
    struct record record;

    CHECK(r->letters.left <= r->letters.count);
    r->letters.items =
        mem_resize(r->letters.items, r->letters.count + 1, sizeof(struct replay_letter *));
    r->letters.items[r->letters.count++] = l;
    r->letters.left++;
    l->replay = r;
    l->file = item->file;
    l->line = item->line;
    origin_init(origin, &origin_ops, item->letter.tag, 0);
    origin->id = item->letter.stream;
    origin->can_repeat = true;
    origin->metrics = &r->metrics;
    origin->budget = &r->budget;
    record_init(&record);
    record_fill(&item->letter, &record);
    chunk_append(chunk_for(r, output), origin, origin->tag, &record, 1);
    record_fini(&record);
    origin_unref(&origin);
    chunks_offer(r, true);
}

/* ---- a file ---- */

static bool output_find(const struct replay *r, struct slice name, size_t *index_out)
{
    for (size_t i = 0; i < pipeline_output_count(r->pipeline); i++) {
        *index_out = i;
        if (slice_is(name, output_name(pipeline_output(r->pipeline, i))))
            return true;
    }
    return false;
}

static void item_take(struct replay *r, const struct desk_item *item)
{
    const struct dlq_arguments *a = r->arguments;
    struct slice to = a->to != NULL ? slice_of(a->to) : item->letter.output;
    size_t output, begin = r->out->len;

    if (!dlq_is_chosen(a, (struct dlq_id){item->file, item->line}, item->letter.output))
        return;
    if (item->fault == LETTER_SOUND && output_find(r, to, &output)) {
        letter_take(r, item, output);
        return;
    }
    r->stayed++;
    if (item->fault != LETTER_SOUND)
        buffer_append_format(r->out, "%" PRIu64 ":%" PRIu32 " stays: it %s", item->file, item->line,
                             letter_fault_name(item->fault));
    else
        buffer_append_format(
            r->out, "%" PRIu64 ":%" PRIu32 " stays: there is no output %.*s; name one with --to",
            item->file, item->line, SLICE_ARG(to));
    utf8_tame(r->out->data + begin, r->out->len - begin);
    buffer_append_byte(r->out, '\n');
}

static void letters_count(struct replay *r, struct letter_desk *desk)
{
    CHECK(r->letters.left == 0);
    for (size_t i = 0; i < r->letters.count; i++) {
        struct replay_letter *l = r->letters.items[i];

        if (l->is_settled && !l->is_failed) {
            letter_desk_remove(desk, l->line);
            r->delivered++;
        } else {
            r->stayed++;
        }
        mem_free(l);
    }
    r->letters.count = 0;
}

static int file_replay(struct replay *r, struct letter_desk *desk)
{
    struct desk_item item;

    while (letter_desk_next(desk, &item))
        item_take(r, &item);
    chunks_offer(r, false);
    if (r->letters.left > 0)
        loop_run(r->loop);
    letters_count(r, desk);
    return letter_desk_done(desk);
}

/* ---- all of them ---- */

static int files_replay(struct replay *r, const char *path)
{
    char why[256];
    struct letter_desk *desk = letter_desk_open(path, DESK_CHANGES, why);
    int rc;

    if (desk == NULL) {
        report_error(r->report, (struct place){0}, "dead letters: %s", why);
        return -1;
    }
    while ((rc = letter_desk_file(desk)) > 0) {
        rc = file_replay(r, desk);
        if (rc < 0)
            break;
    }
    if (rc < 0)
        report_error(r->report, (struct place){0}, "dead letters: %s", letter_desk_why(desk));
    letter_desk_close(&desk);
    return rc;
}

static void on_stopped(void *owner)
{
    loop_stop(owner);
}

static void on_exit_wanted(void *owner)
{
    (void)owner;
}

static int outputs_replay(struct replay *r, const char *path)
{
    struct pipeline_replay replay = {&r->sink, REPLAY_RETRIES_MAX};
    size_t unused;
    int rc = pipeline_start_outputs(r->pipeline, &replay, r->report, on_exit_wanted, r);

    if (rc == 0 && r->arguments->to != NULL &&
        !output_find(r, slice_of(r->arguments->to), &unused)) {
        report_error(r->report, (struct place){0}, "there is no output '%s'", r->arguments->to);
        rc = -1;
    }
    r->chunks = mem_zalloc(pipeline_output_count(r->pipeline) + 1, sizeof(struct chunk *));
    if (rc == 0)
        rc = files_replay(r, path);
    pipeline_stop(r->pipeline, on_stopped, r->loop);
    loop_run(r->loop);
    mem_free(r->chunks);
    return rc;
}

int dlq_replay(const struct dlq_arguments *a, const struct config *config, const char *path,
               struct buffer *out, struct report *report)
{
    struct replay r = {.arguments = a, .report = report, .out = out, .loop = loop_new()};
    int rc;

    log_level_set(LOG_OFF); /* what becomes of each letter is printed */
    r.sink = (struct letter_sink){.add = sink_add, .wait = sink_wait};
    budget_init(&r.budget, NULL, 0);
    r.pipeline = pipeline_new(r.loop, config, report, &rc);
    if (rc == 0) {
        rc = outputs_replay(&r, path);
        buffer_append_format(out,
                             "%" PRIu64 " letters were delivered and removed, %" PRIu64 " stay\n",
                             r.delivered, r.stayed);
    }
    pipeline_free(&r.pipeline);
    budget_fini(&r.budget);
    mem_free(r.letters.items);
    loop_free(&r.loop);
    return rc < 0 || r.stayed > 0;
}
