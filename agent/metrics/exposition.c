#include "metrics/exposition.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

struct label {
    const char *name;
    const char *value;
};

struct writer {
    struct buffer *out;
    const struct metrics_book *book;
    const struct metrics_facts *facts;
    enum exposition_form form;
};

/* ---- a family, a sample ---- */

static void append_escaped(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            buffer_append_text(out, "\\n");
        else if (*text == '"' || *text == '\\')
            buffer_append_format(out, "\\%c", *text);
        else
            buffer_append_byte(out, *text);
    }
}

/* What stands before the labels that a name may end with. */
static struct slice family_of(const char *name)
{
    return slice_make(name, strcspn(name, "{"));
}

/* `more` is labels in their braces, or empty. */
static void append_labels(struct buffer *out, const struct label *labels, size_t count,
                          struct slice more)
{
    if (count == 0 && more.len == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        buffer_append_format(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
        append_escaped(out, labels[i].value);
        buffer_append_byte(out, '"');
    }
    if (more.len == 0) {
        buffer_append_byte(out, '}');
        return;
    }
    buffer_append_byte(out, count == 0 ? '{' : ',');
    buffer_append(out, slice_skip(more, 1));
}

/* "2026-11-21T08:18:54.123456789Z " */
static void append_time(struct buffer *out, int64_t now_ns)
{
    time_t seconds = (time_t)(now_ns / NS_PER_S);
    char date[32];
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    buffer_append_format(out, "%s.%09" PRId64 "Z ", date, now_ns % NS_PER_S);
}

static void write_family(const struct writer *w, const char *name, const char *help,
                         enum metric_type type)
{
    struct slice family = family_of(name);

    if (w->form != EXPOSITION_LINES)
        buffer_append_format(w->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int)family.len, name,
                             help, (int)family.len, name,
                             type == METRIC_COUNTER ? "counter" : "gauge");
}

static void write_sample(const struct writer *w, const char *name, const struct label *labels,
                         size_t count, uint64_t value)
{
    struct slice family = family_of(name);

    if (w->form == EXPOSITION_LINES)
        append_time(w->out, w->facts->now_ns);
    buffer_append(w->out, family);
    append_labels(w->out, labels, count, slice_of(name + family.len));
    buffer_append_format(w->out, "%s%" PRIu64, w->form == EXPOSITION_LINES ? " = " : " ", value);
}

static void write_one(const struct writer *w, const struct metric *metric,
                      const struct label *labels, size_t count, uint64_t value)
{
    write_family(w, metric->name, metric->help, metric->type);
    write_sample(w, metric->name, labels, count, value);
    buffer_append_byte(w->out, '\n');
}

/* ---- what instances count ---- */

/* `is_first` of its family. */
static void write_metric(const struct writer *w, const struct list *instances,
                         const struct metric *metric, bool is_first)
{
    LIST_FOR (it, (struct list *)instances) {
        const struct metrics_head *head = metrics_head_of(it);
        struct label label = {"name", head->name};

        if (!metric_applies(metric, head))
            continue;
        if (is_first)
            write_family(w, metric->name, metric->help, metric->type);
        is_first = false;
        write_sample(w, metric->name, &label, 1, metric_value(metric, head));
        if (w->form == EXPOSITION_V1)
            buffer_append_format(w->out, " %" PRId64, w->facts->now_ns / NS_PER_MS);
        buffer_append_byte(w->out, '\n');
    }
}

static bool begins_family(const struct metric *table, const struct metric *m)
{
    return m == table || !slice_equal(family_of(m->name), family_of(m[-1].name));
}

static void write_instances(const struct writer *w)
{
    for (size_t kind = 0; kind < METRICS_KINDS; kind++) {
        const struct metric *table = metrics_kinds[kind].table;

        for (const struct metric *m = table; m->name != NULL; m++)
            if (w->form != EXPOSITION_V1 || m->short_name != NULL)
                write_metric(w, metrics_list(w->book, &metrics_kinds[kind]), m,
                             begins_family(table, m));
    }
}

/* ---- what the process counts ---- */

#define S(field) offsetof(struct metrics_facts, field)
static const struct metric v1_facts[] = {
    {"fluentbit_uptime", NULL, "Seconds since the start.", METRIC_COUNTER, S(uptime_s), NULL},
    {"process_start_time_seconds", NULL, "When the process started, since the epoch.", METRIC_GAUGE,
     S(start_s), NULL},
};
static const struct metric v2_facts[] = {
    {"fluentbit_uptime", NULL, "Seconds since the start.", METRIC_COUNTER, S(uptime_s), NULL},
    {"fluentbit_process_start_time_seconds", NULL, "When the process started, since the epoch.",
     METRIC_GAUGE, S(start_s), NULL},
    {"fluentbit_hot_reloaded_times", NULL, "How often the configuration was read again.",
     METRIC_COUNTER, S(reload_count), NULL},
    {"tailrace_memory_used_bytes", NULL, "Bytes of records and requests held in memory.",
     METRIC_GAUGE, S(memory_used_bytes), NULL},
    {"tailrace_memory_limit_bytes", NULL, "Reading waits above this.", METRIC_GAUGE,
     S(memory_limit_bytes), NULL},
    {"tailrace_memory_peak_bytes", NULL, "The most that was held so far.", METRIC_GAUGE,
     S(memory_peak_bytes), NULL},
};
#undef S

static const struct metric build_info = {
    .name = "fluentbit_build_info", .help = "The version that this is like.", .type = METRIC_GAUGE};
static const struct metric own_build_info = {
    .name = "tailrace_build_info", .help = "What this is.", .type = METRIC_GAUGE};

static uint64_t fact(const struct writer *w, const struct metric *metric)
{
    return *(const uint64_t *)(const void *)((const char *)w->facts + metric->offset);
}

static void write_v1_facts(const struct writer *w)
{
    const struct label build[] = {{"version", VERSION_COMPATIBLE}, {"edition", "Community"}};

    for (size_t i = 0; i < ARRAY_LEN(v1_facts); i++)
        write_one(w, &v1_facts[i], NULL, 0, fact(w, &v1_facts[i]));
    write_one(w, &build_info, build, ARRAY_LEN(build), 1);
}

static void write_v2_facts(const struct writer *w)
{
    const struct label build[] = {
        {"hostname", w->facts->hostname}, {"version", VERSION_COMPATIBLE}, {"os", "linux"}};
    const struct label own[] = {{"version", VERSION_TAILRACE}, {"commit", version_commit()}};

    for (size_t i = 0; i < ARRAY_LEN(v2_facts); i++)
        write_one(w, &v2_facts[i], build, 1, fact(w, &v2_facts[i]));
    write_one(w, &build_info, build, ARRAY_LEN(build), 1);
    write_one(w, &own_build_info, own, ARRAY_LEN(own), 1);
}

static void write_storage(const struct writer *w)
{
    const struct {
        const char *name, *help;
        uint64_t value;
    } rows[] = {
        {"fluentbit_storage_chunks", "Chunks that live.", w->book->chunks},
        {"fluentbit_storage_mem_chunks", "Those in memory: all.", w->book->chunks},
        {"fluentbit_storage_fs_chunks", "Those in files: none.", 0},
        {"fluentbit_storage_fs_chunks_up", "Those in files and in memory: none.", 0},
        {"fluentbit_storage_fs_chunks_down", "Those in files alone: none.", 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct metric metric = {
            .name = rows[i].name, .help = rows[i].help, .type = METRIC_GAUGE};

        write_one(w, &metric, NULL, 0, rows[i].value);
    }
}

static void write_letters(const struct writer *w)
{
    const struct letter_metrics *letters = &w->book->letters;
    const struct {
        const char *name, *help;
        uint64_t value;
    } rows[] = {
        {"tailrace_deadletter_kept_total", "Refused records that were written to dead letters.",
         letters->kept},
        {"tailrace_deadletter_lost_total", "Refused records that could not be written there.",
         letters->lost},
        {"tailrace_deadletter_deleted_total", "Dead letters that made room for later ones.",
         letters->deleted},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct metric metric = {
            .name = rows[i].name, .help = rows[i].help, .type = METRIC_COUNTER};

        write_one(w, &metric, NULL, 0, rows[i].value);
    }
}

static void write_log_lines(const struct writer *w)
{
    static const char name[] = "fluentbit_logger_logs_total";

    write_family(w, name, "Lines of the agent's own log.", METRIC_COUNTER);
    for (enum log_level level = LOG_ERROR; level <= LOG_TRACE; level++) {
        struct label label = {"message_type", log_level_name(level)};

        write_sample(w, name, &label, 1, log_count(level));
        buffer_append_byte(w->out, '\n');
    }
}

void exposition_write(const struct metrics_book *book, const struct metrics_facts *facts,
                      enum exposition_form form, struct buffer *out)
{
    const struct writer w = {.out = out, .book = book, .facts = facts, .form = form};

    if (form == EXPOSITION_V1) {
        write_instances(&w);
        write_v1_facts(&w);
        return;
    }
    write_v2_facts(&w);
    write_log_lines(&w);
    write_storage(&w);
    write_letters(&w);
    write_instances(&w);
}
