#include "sim/backend.h"

#include "base/map.h"
#include "base/memory.h"
#include "sim/dice.h"
#include "sim/story.h"

#include <errno.h>
#include <string.h>

static struct {
    struct map ids; /* id -> line */
    enum mood mood;
} backends[TRUTH_OUTPUTS_MAX];

static unsigned backend_count;

void backend_begin(unsigned count)
{
    backend_count = count;
    for (unsigned i = 0; i < count; i++) {
        map_init(&backends[i].ids);
        backends[i].mood = MOOD_WELL;
    }
}

void backend_end(void)
{
    for (unsigned i = 0; i < backend_count; i++)
        map_fini(&backends[i].ids);
}

void backend_set_mood(unsigned backend, enum mood mood)
{
    backends[backend].mood = mood;
}

const char *mood_name(enum mood mood)
{
    static const char *const names[MOOD_COUNT] = {
        [MOOD_WELL] = "is well",
        [MOOD_DOWN] = "is down",
        [MOOD_ERROR] = "answers 503",
        [MOOD_BUSY] = "answers 429",
        [MOOD_SHUT] = "answers 403",
        [MOOD_PICKY] = "lets some items wait",
        [MOOD_LOSES] = "loses its answers",
        [MOOD_HANGS] = "hangs",
        [MOOD_SMALL] = "takes few documents at once",
        [MOOD_GARBLES] = "cuts its answers",
        [MOOD_REPEATS] = "gets requests twice",
    };

    return names[mood];
}

/* ---- documents ---- */

/* What stands behind `key` up to the next quote or backslash. */
static struct slice text_after(struct slice text, const char *key)
{
    const char *at = memmem(text.data, text.len, key, strlen(key));
    struct slice rest;
    size_t len = 0;

    if (at == NULL)
        return (struct slice){0};
    rest = slice_skip(text, (size_t)(at - text.data) + strlen(key));
    while (len < rest.len && rest.data[len] != '"' && rest.data[len] != '\\')
        len++;
    return slice_make(rest.data, len);
}

/* The value of `log`, with its line feeds; of a document that was sent as text it is escaped twice. Lent
 * until the next call. */
static struct slice log_of(struct slice document, bool *is_text)
{
    static char bytes[2 * TRUTH_PIECES_MAX * 8192];
    struct slice rest = text_after(document, "\\\"log\\\":\\\"");
    size_t len = 0, escape;

    *is_text = rest.len > 0;
    if (!*is_text)
        rest = text_after(document, "\"log\":\"");
    escape = *is_text ? 2 : 1;
    rest.len = (size_t)(document.data + document.len - rest.data);
    for (size_t i = 0; i < rest.len && rest.data[i] != '"' && len < sizeof bytes; i++) {
        bool is_feed =
            i + escape < rest.len && rest.data[i] == '\\' && rest.data[i + escape] == 'n';

        if (rest.data[i] == '\\' && !is_feed)
            break;
        bytes[len++] = is_feed ? '\n' : rest.data[i];
        i += is_feed ? escape : 0;
    }
    return slice_make(bytes, len);
}

/* Which line the document is, as it was written or as text. */
static void document_read(struct slice document, struct backend_item *item)
{
    struct slice text = log_of(document, &item->is_text);

    truth_read(text, "back-end", &item->record);
    for (unsigned i = 0; i < item->record.count; i++)
        EXPECT(item->record.lines[i]->stream != 0, "line %u was sent and nobody saw it read",
               item->record.lines[i]->number);
}

/* What is there under an id is all that will ever be. */
static void record_check_there(unsigned backend, const struct truth_record *record, struct slice id)
{
    for (unsigned i = 0; i < record->count; i++)
        EXPECT(record->lines[i]->fates[backend].documents > 0,
               "line %u is in no document, and comes with the id %.*s of one that is there",
               record->lines[i]->number, SLICE_ARG(id));
}

static void record_put(unsigned backend, const struct truth_record *record, struct slice id)
{
    for (unsigned i = 0; i < record->count; i++) {
        struct line *line = record->lines[i];

        EXPECT(line->fates[backend].documents == 0 || line->is_forgotten || line_may_part(line),
               "line %u is in index %u already, and comes again as %.*s", line->number, backend,
               SLICE_ARG(id));
        line->fates[backend].documents++;
        line->fates[backend].record = record->lines[0]->number;
    }
}

static uint16_t document_take(unsigned backend, struct slice action,
                              const struct backend_item *item)
{
    struct slice id = text_after(action, "\"_id\":\"");
    struct line *line = item->record.lines[0], *there;

    EXPECT(id.len > 0, "a document has no id: %.*s", SLICE_ARG(action));
    if (line->kind == LINE_BAD || (line->kind == LINE_ODD && !item->is_text))
        return 400;
    there = map_get(&backends[backend].ids, id);
    EXPECT(there == NULL || there == line,
           "line %u has the id %.*s of line %u: it would be taken for that one", line->number,
           SLICE_ARG(id), there->number);
    if (there != NULL) {
        record_check_there(backend, &item->record, id);
        return 409;
    }
    record_put(backend, &item->record, id);
    (void)map_put(&backends[backend].ids, id, line);
    return 201;
}

/* Takes the documents, the first `most` of them. */
static void body_take(unsigned backend, struct slice body, uint32_t most,
                      struct backend_answer *answer)
{
    struct slice action, document;
    bool is_picky = backends[backend].mood == MOOD_PICKY;

    answer->count = 0;
    while (answer->count < most && slice_next(&body, '\n', &action) && action.len > 0) {
        struct backend_item *item;

        EXPECT(slice_next(&body, '\n', &document), "an action has no document");
        answer->items = mem_resize(answer->items, answer->count + 1, sizeof *answer->items);
        item = &answer->items[answer->count++];
        document_read(document, item);
        item->status = is_picky && dice_one_in(3) ? (dice_one_in(2) ? 429 : 503) : 0;
        if (item->status == 0)
            item->status = document_take(backend, action, item);
    }
}

static uint32_t body_count(struct slice body)
{
    uint32_t feeds = 0;

    for (size_t i = 0; i < body.len; i++)
        feeds += body.data[i] == '\n';
    return feeds / 2;
}

/* ---- requests ---- */

static void answer_fail(struct backend_answer *answer, int error, const char *why)
{
    answer->error = error;
    answer->why = why;
}

void backend_take(unsigned backend, struct slice body, struct backend_answer *answer)
{
    uint32_t count = body_count(body);

    *answer = (struct backend_answer){.status = 200, .wait_ms = dice_below(30)};
    switch (backends[backend].mood) {
    case MOOD_DOWN:
        answer_fail(answer, -ECONNREFUSED, "connection refused");
        return;
    case MOOD_HANGS:
        answer_fail(answer, -ETIMEDOUT, "timed out");
        answer->wait_ms = BACKEND_HANG_MS;
        return;
    case MOOD_ERROR:
        answer->status = 503;
        return;
    case MOOD_SHUT:
        answer->status = 403;
        return;
    case MOOD_BUSY:
        answer->status = 429;
        answer->retry_after_ms = dice_one_in(2) ? dice_below(5000) : 0;
        return;
    case MOOD_SMALL:
        if (count > 3) {
            answer->status = 413;
            return;
        }
        break;
    case MOOD_LOSES:
        body_take(backend, body, (uint32_t)dice_below(count + 1), answer);
        answer_fail(answer, -ECONNRESET, "connection reset");
        answer->wait_ms = dice_one_in(3) ? BACKEND_HANG_MS : dice_below(1000);
        return;
    case MOOD_REPEATS:
        body_take(backend, body, UINT32_MAX, answer);
        break;
    case MOOD_GARBLES:
        answer->is_cut = true;
        break;
    default:
        break;
    }
    body_take(backend, body, UINT32_MAX, answer);
}

void backend_answer_fini(struct backend_answer *answer)
{
    MEM_FREE(&answer->items);
}

/* ---- answers ---- */

static bool has_errors(const struct backend_answer *answer)
{
    for (uint32_t i = 0; i < answer->count; i++)
        if (answer->items[i].status != 201)
            return true;
    return false;
}

static const char *error_of(unsigned status)
{
    switch (status) {
    case 201:
        return "";
    case 400:
        return ",\"error\":{\"type\":\"document_parsing_exception\",\"reason\":\"bad\"}";
    case 409:
        return ",\"error\":{\"type\":\"version_conflict_engine_exception\",\"reason\":\"there\"}";
    default:
        return ",\"error\":{\"type\":\"es_rejected_execution_exception\",\"reason\":\"busy\"}";
    }
}

void backend_write(const struct backend_answer *answer, struct buffer *out)
{
    buffer_append_format(out, "{\"errors\":%s,\"items\":[", has_errors(answer) ? "true" : "false");
    for (uint32_t i = 0; i < answer->count; i++)
        buffer_append_format(out, "%s{\"create\":{\"status\":%u%s}}", i > 0 ? "," : "",
                             answer->items[i].status, error_of(answer->items[i].status));
    buffer_append_text(out, "]}");
    if (answer->is_cut && out->len > 1)
        out->len = (size_t)dice_between(1, out->len / 2);
}
