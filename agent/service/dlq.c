#include "service/dlq.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "config/load.h"
#include "deadletter/desk.h"
#include "record/time_text.h"
#include "service/letters.h"

#include <inttypes.h>

#define REASON_SHOWN_BYTES 160

struct counts {
    uint64_t letters, faulty;
};

/* ---- list, show ---- */

static void list_faulty(const struct desk_item *item, struct buffer *out)
{
    buffer_append_format(out, "%" PRIu64 ":%" PRIu32 "  this line %s\n", item->file, item->line,
                         letter_fault_name(item->fault));
}

static void list_letter(const struct desk_item *item, struct buffer *out)
{
    const struct dead_letter *l = &item->letter;
    struct time_text time = {0};
    struct slice reason = l->reason;
    size_t begin = out->len;

    reason.len = utf8_cut(reason, REASON_SHOWN_BYTES);
    buffer_append_format(out, "%" PRIu64 ":%" PRIu32 "  %.*s  %.*s  %u  ", item->file, item->line,
                         SLICE_ARG(time_text_iso(&time, l->set_aside_ns, 0)), SLICE_ARG(l->output),
                         l->status);
    if (l->file.len > 0)
        buffer_append_format(out, "%.*s@%" PRIu64, SLICE_ARG(l->file), l->offset);
    else
        buffer_append(out, l->tag);
    buffer_append_format(out, "  %.*s", SLICE_ARG(reason));
    utf8_tame(out->data + begin, out->len - begin);
    buffer_append_byte(out, '\n');
}

/* The same JSON: what a terminal would obey stands escaped, as it may in any text. */
static void show(const struct desk_item *item, struct buffer *out)
{
    const char *p = item->text.data, *end = p + item->text.len;

    while (p < end) {
        uint32_t c = 0;
        unsigned len = utf8_decode(p, end, &c);

        if (len == 0)
            buffer_append_text(out, UTF8_REPLACEMENT);
        else if (utf8_is_control(c))
            buffer_append_format(out, "\\u%04x", c);
        else
            buffer_append(out, slice_make(p, len));
        p += len > 0 ? len : 1;
    }
    buffer_append_byte(out, '\n');
}

static bool is_chosen(const struct dlq_arguments *a, const struct desk_item *item)
{
    return dlq_is_chosen(a, (struct dlq_id){item->file, item->line}, item->letter.output);
}

static void item_tell(const struct dlq_arguments *a, const struct desk_item *item,
                      struct counts *counts, struct buffer *out)
{
    if (!is_chosen(a, item))
        return;
    counts->letters += item->fault == LETTER_SOUND;
    counts->faulty += item->fault != LETTER_SOUND;
    if (a->task == DLQ_SHOW)
        show(item, out);
    else if (item->fault != LETTER_SOUND)
        list_faulty(item, out);
    else
        list_letter(item, out);
}

/* ---- drop ---- */

/* What is no letter goes when it is named, or with all. */
static void item_drop(const struct dlq_arguments *a, struct letter_desk *desk,
                      const struct desk_item *item, struct counts *counts)
{
    if (!is_chosen(a, item) || (item->fault != LETTER_SOUND && a->output != NULL))
        return;
    letter_desk_remove(desk, item->line);
    counts->letters++;
}

/* ---- all files ---- */

static int files_walk(const struct dlq_arguments *a, struct letter_desk *desk,
                      struct counts *counts, struct buffer *out)
{
    struct desk_item item;
    int rc;

    while ((rc = letter_desk_file(desk)) > 0) {
        while (letter_desk_next(desk, &item)) {
            if (a->task == DLQ_DROP)
                item_drop(a, desk, &item, counts);
            else
                item_tell(a, &item, counts, out);
        }
        rc = letter_desk_done(desk);
        if (rc < 0)
            break;
    }
    return rc;
}

static void summary(const struct dlq_arguments *a, const char *path, const struct counts *counts,
                    struct buffer *out)
{
    if (a->task == DLQ_SHOW)
        return;
    buffer_append_format(out, "%" PRIu64 " letters %s %s", counts->letters,
                         a->task == DLQ_DROP ? "dropped from" : "in", path);
    if (counts->faulty > 0)
        buffer_append_format(out, "; %" PRIu64 " lines are none", counts->faulty);
    buffer_append_byte(out, '\n');
}

static int walk(const struct dlq_arguments *a, const char *path, struct buffer *out,
                struct report *report)
{
    struct counts counts = {0};
    char why[256];
    struct letter_desk *desk =
        letter_desk_open(path, a->task == DLQ_DROP ? DESK_CHANGES : DESK_READS, why);
    int rc;

    if (desk == NULL) {
        report_error(report, (struct place){0}, "dead letters: %s", why);
        return 1;
    }
    rc = files_walk(a, desk, &counts, out);
    if (rc < 0)
        report_error(report, (struct place){0}, "dead letters: %s", letter_desk_why(desk));
    summary(a, path, &counts, out);
    letter_desk_close(&desk);
    return rc < 0;
}

/* ---- where they are ---- */

static char *path_of(const struct dlq_arguments *a, const struct config *config,
                     struct report *report)
{
    struct service_keys keys = {0};
    char *path = NULL;

    if (a->directory != NULL)
        return mem_text(a->directory);
    if (config == NULL)
        return mem_text(LETTERS_PATH_DEFAULT);
    if (service_keys_bind(&keys, config, report))
        path = letters_path(&keys, config);
    options_fini(service_options, &keys);
    return path;
}

int dlq(const struct dlq_arguments *a, struct buffer *out, struct report *report)
{
    struct config *config = NULL;
    char *path = NULL;
    int status = 1;

    if (a->config_path == NULL || config_load(a->config_path, report, &config) == 0)
        path = path_of(a, config, report);
    if (path != NULL && a->task == DLQ_REPLAY)
        status = dlq_replay(a, config, path, out, report);
    else if (path != NULL)
        status = walk(a, path, out, report);
    mem_free(path);
    if (config != NULL)
        config_free(&config);
    return status;
}
