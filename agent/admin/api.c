#include "admin/api.h"

#include "base/version.h"
#include "plugin/plugin.h"
#include "record/json_write.h"

#include <inttypes.h>

void api_about(const struct admin_view *view, struct buffer *out)
{
    (void)view;
    buffer_append_format(
        out,
        "{\"fluent-bit\":{\"version\":\"%s\",\"edition\":\"Community\",\"flags\":["
        "\"FLB_HAVE_TLS\",\"FLB_HAVE_AWS\",\"FLB_HAVE_SIGNV4\",\"FLB_HAVE_SQLDB\","
        "\"FLB_HAVE_METRICS\",\"FLB_HAVE_HTTP_SERVER\",\"FLB_HAVE_REGEX\",\"FLB_HAVE_PARSER\","
        "\"FLB_HAVE_RECORD_ACCESSOR\",\"FLB_HAVE_INOTIFY\"]},"
        "\"tailrace\":{\"version\":\"%s\",\"commit\":\"%s\"}}",
        VERSION_COMPATIBLE, VERSION_TAILRACE, version_commit());
}

static void append_part(struct buffer *out, uint64_t amount, const char *unit, const char *end)
{
    buffer_append_format(out, "%" PRIu64 " %s%s%s", amount, unit, amount > 1 ? "s" : "", end);
}

void api_uptime(const struct admin_view *view, struct buffer *out)
{
    uint64_t s = admin_view_uptime_s(view);

    buffer_append_format(out, "{\"uptime_sec\":%" PRIu64 ",\"uptime_hr\":\"", s);
    buffer_append_text(out, "Fluent Bit has been running:  ");
    append_part(out, s / 86400, "day", ", ");
    append_part(out, s / 3600 % 24, "hour", ", ");
    append_part(out, s / 60 % 60, "minute", " and ");
    append_part(out, s % 60, "second", "\"}");
}

/* ---- metrics ---- */

static void append_counters(struct buffer *out, const struct metric *table,
                            const struct metrics_head *head)
{
    bool is_first = true;

    json_write_text(out, slice_of(head->name));
    buffer_append_text(out, ":{");
    for (const struct metric *m = table; m->name != NULL; m++) {
        if (m->short_name == NULL || !metric_applies(m, head))
            continue;
        buffer_append_format(out, "%s\"%s\":%" PRIu64, is_first ? "" : ",", m->short_name,
                             metric_value(m, head));
        is_first = false;
    }
    buffer_append_byte(out, '}');
}

void api_metrics(const struct admin_view *view, struct buffer *out)
{
    view->refresh(view->owner);
    for (size_t i = 0; i < METRICS_KINDS; i++) {
        const struct metrics_kind *kind = &metrics_kinds[i];
        const struct list *instances = metrics_list(view->facts.book, kind);

        buffer_append_format(out, "%s\"%s\":{", i == 0 ? "{" : ",", kind->word);
        LIST_FOR (it, (struct list *)instances) {
            if (it != instances->next)
                buffer_append_byte(out, ',');
            append_counters(out, kind->table, metrics_head_of(it));
        }
        buffer_append_byte(out, '}');
    }
    buffer_append_byte(out, '}');
}

/* ---- storage ---- */

/* Sizes as Fluent Bit writes them: "0b", "1.5K". */
static void append_size(struct buffer *out, uint64_t bytes)
{
    static const char units[] = "KMGT";
    double amount = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024) {
        buffer_append_format(out, "\"%" PRIu64 "b\"", bytes);
        return;
    }
    for (; amount >= 1024 && unit + 2 < sizeof units; unit++)
        amount /= 1024;
    buffer_append_format(out, "\"%.1f%c\"", amount, units[unit]);
}

static void append_input_storage(struct buffer *out, const struct input_metrics *m)
{
    json_write_text(out, slice_of(m->name));
    buffer_append_format(
        out, ":{\"status\":{\"overlimit\":%s,\"mem_size\":", m->is_paused ? "true" : "false");
    append_size(out, m->memory_bytes);
    buffer_append_text(out, ",\"mem_limit\":");
    append_size(out, m->memory_limit_bytes);
    buffer_append_format(out,
                         "},\"chunks\":{\"total\":%" PRIu64 ",\"up\":%" PRIu64
                         ",\"down\":0,\"busy\":%" PRIu64 ",\"busy_size\":",
                         m->chunks, m->chunks, m->chunks_busy);
    append_size(out, m->chunks_busy_bytes);
    buffer_append_text(out, "}}");
}

/* The log files are the buffer: every chunk is in memory, and in no file of its own. */
void api_storage(const struct admin_view *view, struct buffer *out)
{
    const struct list *inputs = &view->facts.book->inputs;

    view->refresh(view->owner);
    buffer_append_format(out,
                         "{\"storage_layer\":{\"chunks\":{\"total_chunks\":%" PRIu64
                         ",\"mem_chunks\":%" PRIu64 ",\"fs_chunks\":0,\"fs_chunks_up\":0,"
                         "\"fs_chunks_down\":0}},\"input_chunks\":{",
                         view->facts.book->chunks, view->facts.book->chunks);
    LIST_FOR (it, (struct list *)inputs) {
        if (it != inputs->next)
            buffer_append_byte(out, ',');
        append_input_storage(out, CONTAINER_OF(it, struct input_metrics, link));
    }
    buffer_append_text(out, "}}");
}

/* ---- the rest ---- */

static void append_name(struct buffer *out, size_t index, const char *name)
{
    if (index > 0)
        buffer_append_byte(out, ',');
    json_write_text(out, slice_of(name));
}

void api_plugins(const struct admin_view *view, struct buffer *out)
{
    (void)view;
    buffer_append_text(out, "{\"inputs\":[");
    for (size_t i = 0; input_plugins[i] != NULL; i++)
        append_name(out, i, input_plugins[i]->name);
    buffer_append_text(out, "],\"filters\":[");
    for (size_t i = 0; filter_plugins[i] != NULL; i++)
        append_name(out, i, filter_plugins[i]->name);
    buffer_append_text(out, "],\"outputs\":[");
    for (size_t i = 0; output_plugins[i] != NULL; i++)
        append_name(out, i, output_plugins[i]->name);
    buffer_append_text(out, "]}");
}

static void append_standstill(const struct admin_view *view, struct buffer *out)
{
    struct buffer words = {0};

    if (admin_view_standstill(view, &words)) {
        buffer_append_text(out, ",\"standstill\":");
        json_write_text(out, buffer_view(&words));
    }
    buffer_fini(&words);
}

void api_health(const struct admin_view *view, struct buffer *out)
{
    const struct health *health = view->facts.health;
    struct health_sample recent = health_recent(health);

    buffer_append_format(out,
                         "{\"status\":\"%s\",\"errors\":%" PRIu64 ",\"retries_failed\":%" PRIu64
                         ",\"error_limit\":%" PRIu64 ",\"retry_failure_limit\":%" PRIu64
                         ",\"period_limit\":%" PRIu64,
                         admin_view_is_well(view) ? "ok" : "error", recent.errors,
                         recent.retries_failed, health->limits.errors,
                         health->limits.retries_failed, health->limits.period_s);
    append_standstill(view, out);
    buffer_append_byte(out, '}');
}

void api_live(const struct admin_view *view, struct buffer *out)
{
    buffer_append_format(out, "{\"status\":\"%s\"", admin_view_is_alive(view) ? "ok" : "error");
    append_standstill(view, out);
    buffer_append_byte(out, '}');
}

/* ---- reloading ---- */

void api_reload_count(const struct admin_view *view, struct buffer *out)
{
    buffer_append_format(out, "{\"hot_reload_count\":%" PRIu64 "}", view->facts.reload_count);
}

void api_reload_mistakes(const struct admin_view *view, struct buffer *out)
{
    struct slice words = {0};
    bool is_first = true;

    (void)view->reload_outcome(view->owner, &words);
    buffer_append_text(out, "{\"reload\":\"failed\",\"status\":-3,\"errors\":[");
    while (words.len > 0) {
        struct slice message = slice_of(words.data);

        if (!is_first)
            buffer_append_byte(out, ',');
        is_first = false;
        json_write_text(out, message);
        words = slice_skip(words, message.len + 1);
    }
    buffer_append_text(out, "]}");
}
