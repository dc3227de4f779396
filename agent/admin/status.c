#include "admin/status.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "record/json_write.h"

#include <inttypes.h>

static uint64_t seconds_since(int64_t wall_ns)
{
    int64_t span = clock_wall_ns() - wall_ns;

    return span > 0 ? (uint64_t)(span / NS_PER_S) : 0;
}

static void append_text(struct buffer *out, const char *key, const char *text)
{
    buffer_append_format(out, "\"%s\":", key);
    json_write_text(out, slice_of(text));
}

/* The name of a counter may have labels, and those quotes. */
static void append_number(struct buffer *out, const char *key, uint64_t number)
{
    buffer_append_byte(out, ',');
    json_write_text(out, slice_of(key));
    buffer_append_format(out, ":%" PRIu64, number);
}

/* ---- instances ---- */

static void append_counters(struct buffer *out, const struct metric *table,
                            const struct metrics_head *head)
{
    append_text(out, "name", head->name);
    buffer_append_byte(out, ',');
    append_text(out, "plugin", head->plugin);
    for (const struct metric *m = table; m->name != NULL; m++)
        if (metric_applies(m, head))
            append_number(out, m->name, metric_value(m, head));
}

static void append_trouble(const struct admin_view *view, size_t index, struct buffer *out)
{
    int64_t since_ns = 0;
    const char *trouble = view->output_trouble(view->owner, index, &since_ns);

    if (since_ns == 0)
        return;
    buffer_append_byte(out, ',');
    append_text(out, "trouble", trouble);
    buffer_append_format(out, ",\"trouble_s\":%" PRIu64, seconds_since(since_ns));
}

static void append_login(const struct admin_view *view, size_t index, struct buffer *out)
{
    const char *origin, *region;

    if (view->output_login == NULL || !view->output_login(view->owner, index, &origin, &region))
        return;
    buffer_append_byte(out, ',');
    append_text(out, "credentials", origin);
    buffer_append_byte(out, ',');
    append_text(out, "region", region);
}

static void append_kind(const struct admin_view *view, const struct metrics_kind *kind,
                        struct buffer *out)
{
    const struct list *instances = metrics_list(view->facts.book, kind);
    size_t index = 0;

    buffer_append_format(out, ",\"%ss\":[", kind->word);
    LIST_FOR (it, (struct list *)instances) {
        buffer_append_text(out, index > 0 ? ",{" : "{");
        append_counters(out, kind->table, metrics_head_of(it));
        if (instances == &view->facts.book->outputs) {
            append_trouble(view, index, out);
            append_login(view, index, out);
        }
        buffer_append_byte(out, '}');
        index++;
    }
    buffer_append_byte(out, ']');
}

/* ---- the verdict ---- */

#define SUM(view, kind, field) \
    metric_sum(&(view)->facts.book->kind##s, offsetof(struct kind##_metrics, field))

/* The output that has been in trouble the longest. */
static void find_trouble(const struct admin_view *view, struct situation *is)
{
    int64_t oldest_ns = 0;
    size_t index = 0;

    LIST_FOR (it, &view->facts.book->outputs) {
        int64_t since_ns = 0;
        const char *trouble = view->output_trouble(view->owner, index++, &since_ns);

        if (since_ns == 0 || (oldest_ns != 0 && since_ns >= oldest_ns))
            continue;
        oldest_ns = since_ns;
        is->output = metrics_head_of(it)->name;
        is->trouble = trouble;
        is->trouble_s = seconds_since(since_ns);
    }
}

static void append_verdict(const struct admin_view *view, struct buffer *out)
{
    struct situation is = {
        .is_paused = SUM(view, input, is_paused) > 0,
        .closed_files = SUM(view, input, closed_files),
        .unread_bytes = SUM(view, input, unread_bytes),
        .lost_bytes = SUM(view, input, lost_bytes),
        .set_aside_records = SUM(view, output, set_aside_records),
        .dropped_records = SUM(view, output, given_up_records),
    };
    struct buffer text = {0}, standstill = {0};
    enum verdict_state state;

    if (admin_view_standstill(view, &standstill))
        is.standstill = buffer_text(&standstill);
    pace_look(view->facts.pace, clock_ms(), SUM(view, output, proc_bytes), is.unread_bytes);
    find_trouble(view, &is);
    state = verdict_write(&is, view->facts.pace, &text);
    buffer_append_format(out, ",\"verdict\":{\"state\":\"%s\",", verdict_state_name(state));
    append_text(out, "text", buffer_text(&text));
    buffer_append_byte(out, '}');
    buffer_fini(&standstill);
    buffer_fini(&text);
}

/* ---- the whole ---- */

static void append_agent(const struct admin_view *view, struct buffer *out)
{
    append_text(out, "version", VERSION_TAILRACE);
    buffer_append_byte(out, ',');
    append_text(out, "compatible", "Fluent Bit " VERSION_COMPATIBLE);
    buffer_append_byte(out, ',');
    append_text(out, "hostname", view->facts.hostname);
    buffer_append_format(out, ",\"uptime_s\":%" PRIu64, admin_view_uptime_s(view));
    buffer_append_format(
        out, ",\"memory\":{\"used\":%" PRIu64 ",\"limit\":%" PRIu64 ",\"peak\":%" PRIu64 "}",
        view->facts.memory->used_bytes, view->facts.memory->limit_bytes,
        view->facts.memory->peak_bytes);
}

static void append_log(struct buffer *out)
{
    const char *line;

    buffer_append_text(out, ",\"log\":[");
    for (size_t i = 0; i < LOG_RECENT_MAX && (line = log_recent(i)) != NULL; i++) {
        if (i > 0)
            buffer_append_byte(out, ',');
        json_write_text(out, slice_of(line));
    }
    buffer_append_byte(out, ']');
}

void status_write(const struct admin_view *view, struct buffer *out)
{
    view->refresh(view->owner);
    buffer_append_byte(out, '{');
    append_agent(view, out);
    append_verdict(view, out);
    for (size_t i = 0; i < METRICS_KINDS; i++)
        append_kind(view, &metrics_kinds[i], out);
    buffer_append_text(out, ",\"follows\":");
    view->describe_inputs(view->owner, out);
    if (view->describe_filters != NULL) {
        buffer_append_text(out, ",\"metadata\":");
        view->describe_filters(view->owner, out);
    }
    if (view->describe_letters != NULL) {
        buffer_append_text(out, ",\"letters\":");
        view->describe_letters(view->owner, out);
    }
    append_log(out);
    buffer_append_byte(out, '}');
}
