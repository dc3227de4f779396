#include "metrics/exposition.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/version.h"
#include "metrics/sample.h"

#include <inttypes.h>

static void write_one(const struct sample_writer *w, const struct metric *metric,
                      const struct label *labels, size_t count, uint64_t value)
{
    CHECK(metric->type != METRIC_HISTOGRAM);
    sample_family(w, metric->name, metric->help, metric->type);
    sample_write(w, metric->name, labels, count, value);
    buffer_append_byte(w->out, '\n');
}

/* ---- what instances count ---- */

/* `is_first` of its family. */
static void write_metric(const struct sample_writer *w, const struct list *instances,
                         const struct metric *metric, bool is_first)
{
    LIST_FOR (it, (struct list *)instances) {
        const struct metrics_head *head = metrics_head_of(it);
        struct label label = {"name", head->name};

        if (!metric_applies(metric, head))
            continue;
        if (is_first)
            sample_family(w, metric->name, metric->help, metric->type);
        is_first = false;
        sample_write(w, metric->name, &label, 1, metric_value(metric, head));
        if (w->form == EXPOSITION_V1)
            buffer_append_format(w->out, " %" PRId64, w->facts->now_ns / NS_PER_MS);
        buffer_append_byte(w->out, '\n');
    }
}

static bool begins_family(const struct metric *table, const struct metric *m)
{
    return m == table || !slice_equal(sample_name(m->name), sample_name(m[-1].name));
}

static void write_instances(const struct sample_writer *w)
{
    for (size_t kind = 0; kind < METRICS_KINDS; kind++) {
        const struct metric *table = metrics_kinds[kind].table;

        for (const struct metric *m = table; m->name != NULL; m++)
            if (w->form != EXPOSITION_V1 || m->short_name != NULL)
                write_metric(w, metrics_list(w->book, &metrics_kinds[kind]), m,
                             begins_family(table, m));
    }
}

static void write_waits(const struct sample_writer *w)
{
    const struct metric *metric = &output_wait_metric.metric;
    const struct list *outputs = &w->book->outputs;

    if (!list_is_empty(outputs))
        sample_family(w, metric->name, metric->help, metric->type);
    LIST_FOR (it, (struct list *)outputs) {
        const struct output_metrics *m = CONTAINER_OF(it, const struct output_metrics, link);
        const struct label label = {"output", m->name};

        sample_histogram(w, &output_wait_metric, &m->wait, &label, 1);
    }
}

/* ---- what is counted by pairs of an input and an output ---- */

static void write_route(const struct sample_writer *w, const struct metric *metric,
                        const struct route_metrics *route, const struct label labels[2])
{
    if (metric->type == METRIC_HISTOGRAM) {
        sample_histogram(w, &route_latency_metric, &route->latency, labels, 2);
        return;
    }
    sample_write(w, metric->name, labels, 2, route_metric_value(metric, route));
    buffer_append_byte(w->out, '\n');
}

/* `is_first` of its family; returns whether it still is. A pair that no record took is not shown. */
static bool write_routes_of(const struct sample_writer *w, const struct metric *metric,
                            const struct input_metrics *input, bool is_first)
{
    const struct route_metrics *route = input->routes;

    CHECK(route != NULL);
    LIST_FOR (it, (struct list *)(uintptr_t)&w->book->outputs) {
        const struct label labels[] = {{"input", input->name},
                                       {"output", metrics_head_of(it)->name}};

        if (route->records + route->drop_records > 0) {
            if (is_first)
                sample_family(w, metric->name, metric->help, metric->type);
            is_first = false;
            write_route(w, metric, route, labels);
        }
        route++;
    }
    return is_first;
}

static void write_routes(const struct sample_writer *w, const struct metric *metric)
{
    bool is_first = true;

    LIST_FOR (it, (struct list *)(uintptr_t)&w->book->inputs) {
        const struct input_metrics *input = CONTAINER_OF(it, const struct input_metrics, link);

        if (input->routes != NULL)
            is_first = write_routes_of(w, metric, input, is_first);
    }
}

static void write_all_routes(const struct sample_writer *w)
{
    for (const struct metric *m = route_metric_table; m->name != NULL; m++)
        write_routes(w, m);
    write_routes(w, &route_latency_metric.metric);
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
    {"tailrace_reading_standstill_seconds", NULL,
     "For how long nothing was read, when that is longer than hc_standstill, bytes wait in files "
     "and no output has anything to do; else 0.",
     METRIC_GAUGE, S(reading_standstill_s), NULL},
};
#undef S

static const struct metric build_info = {
    .name = "fluentbit_build_info", .help = "The version that this is like.", .type = METRIC_GAUGE};
static const struct metric own_build_info = {
    .name = "tailrace_build_info", .help = "What this is.", .type = METRIC_GAUGE};

static uint64_t fact(const struct sample_writer *w, const struct metric *metric)
{
    CHECK(metric->offset < sizeof *w->facts);
    return *(const uint64_t *)(const void *)((const char *)w->facts + metric->offset);
}

static void write_v1_facts(const struct sample_writer *w)
{
    const struct label build[] = {{"version", VERSION_COMPATIBLE}, {"edition", "Community"}};

    for (size_t i = 0; i < ARRAY_LEN(v1_facts); i++)
        write_one(w, &v1_facts[i], NULL, 0, fact(w, &v1_facts[i]));
    write_one(w, &build_info, build, ARRAY_LEN(build), 1);
}

static void write_v2_facts(const struct sample_writer *w)
{
    const struct label build[] = {
        {"hostname", w->facts->hostname}, {"version", VERSION_COMPATIBLE}, {"os", "linux"}};
    const struct label own[] = {{"version", VERSION_TAILRACE}, {"commit", version_commit()}};

    for (size_t i = 0; i < ARRAY_LEN(v2_facts); i++)
        write_one(w, &v2_facts[i], build, 1, fact(w, &v2_facts[i]));
    write_one(w, &build_info, build, ARRAY_LEN(build), 1);
    write_one(w, &own_build_info, own, ARRAY_LEN(own), 1);
}

static void write_storage(const struct sample_writer *w)
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

static void write_letters(const struct sample_writer *w)
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

static void write_log_lines(const struct sample_writer *w)
{
    static const char name[] = "fluentbit_logger_logs_total";

    sample_family(w, name, "Lines of the agent's own log.", METRIC_COUNTER);
    for (enum log_level level = LOG_ERROR; level <= LOG_TRACE; level++) {
        struct label label = {"message_type", log_level_name(level)};

        sample_write(w, name, &label, 1, log_count(level));
        buffer_append_byte(w->out, '\n');
    }
}

void exposition_write(const struct metrics_book *book, const struct metrics_facts *facts,
                      enum exposition_form form, struct buffer *out)
{
    const struct sample_writer w = {.out = out, .book = book, .facts = facts, .form = form};

    CHECK(form == EXPOSITION_V1 || form == EXPOSITION_V2 || form == EXPOSITION_LINES);
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
    write_waits(&w);
    write_all_routes(&w);
    sample_families(&w);
}
