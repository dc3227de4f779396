#include "metrics/table.h"

#include "base/slice.h"

#include <stddef.h>
#include <string.h>

#define END                                       \
    {                                             \
        NULL, NULL, NULL, METRIC_COUNTER, 0, NULL \
    }

#define S(field) offsetof(struct input_metrics, field)
#define FILES_PLUGIN "tail"
const struct metric input_metric_table[] = {
    {"fluentbit_input_bytes_total", "bytes", "Bytes of the records that came in.", METRIC_COUNTER,
     S(bytes), NULL},
    {"fluentbit_input_records_total", "records", "Records that came in, before filters.",
     METRIC_COUNTER, S(records), NULL},
    {"fluentbit_input_files_opened_total", "files_opened", "Files that were opened.",
     METRIC_COUNTER, S(files_opened), FILES_PLUGIN},
    {"fluentbit_input_files_closed_total", "files_closed", "Files that were closed.",
     METRIC_COUNTER, S(files_closed), FILES_PLUGIN},
    {"fluentbit_input_files_rotated_total", "files_rotated", "Files that got a new name.",
     METRIC_COUNTER, S(files_rotated), FILES_PLUGIN},
    {"fluentbit_input_multiline_truncated_total", "multiline_truncated",
     "Records of several lines that were cut at the limit.", METRIC_COUNTER, S(multiline_truncated),
     FILES_PLUGIN},
    {"fluentbit_input_long_line_truncated_total", "long_line_truncated",
     "Lines that were cut at the limit.", METRIC_COUNTER, S(long_line_truncated), FILES_PLUGIN},
    {"fluentbit_input_long_line_skipped_total", "long_line_skipped",
     "Lines that were left out for their length.", METRIC_COUNTER, S(long_line_skipped),
     FILES_PLUGIN},
    {"fluentbit_input_ingestion_paused", NULL, "1 while nothing is read, for want of memory.",
     METRIC_GAUGE, S(is_paused), NULL},
    {"fluentbit_input_storage_overlimit", NULL, "1 while more is held than Mem_Buf_Limit allows.",
     METRIC_GAUGE, S(is_paused), NULL},
    {"fluentbit_input_storage_memory_bytes", NULL, "Bytes of records held in memory.", METRIC_GAUGE,
     S(memory_bytes), NULL},
    {"fluentbit_input_storage_chunks", NULL, "Chunks that hold its records.", METRIC_GAUGE,
     S(chunks), NULL},
    {"fluentbit_input_storage_chunks_up", NULL, "Those in memory: all.", METRIC_GAUGE, S(chunks),
     NULL},
    {"fluentbit_input_storage_chunks_down", NULL, "Those not in memory: none.", METRIC_GAUGE,
     S(chunks_down), NULL},
    {"fluentbit_input_storage_chunks_busy", NULL, "Those on their way to an output.", METRIC_GAUGE,
     S(chunks_busy), NULL},
    {"fluentbit_input_storage_chunks_busy_bytes", NULL, "Bytes of its records in those.",
     METRIC_GAUGE, S(chunks_busy_bytes), NULL},
    {"tailrace_input_read_bytes_total", NULL, "Bytes read from the source, frames included.",
     METRIC_COUNTER, S(read_bytes), NULL},
    {"tailrace_input_unrouted_records_total", NULL, "Records that no output's match wanted.",
     METRIC_COUNTER, S(unrouted_records), NULL},
    {"tailrace_input_parse_failures_total", NULL, "Lines no parser knew; they went on as text.",
     METRIC_COUNTER, S(parse_failures), NULL},
    {"tailrace_input_read_errors_total", NULL, "Opens and reads that failed.", METRIC_COUNTER,
     S(read_errors), NULL},
    {"tailrace_input_position_failures_total", NULL,
     "Writes to its DB that failed; they are tried again.", METRIC_COUNTER, S(position_failures),
     FILES_PLUGIN},
    {"tailrace_input_unread_bytes", NULL, "Bytes that lie in files and are not acknowledged yet.",
     METRIC_GAUGE, S(unread_bytes), NULL},
    {"tailrace_input_held_bytes", NULL,
     "Unacknowledged bytes of files that were rotated or deleted.", METRIC_GAUGE, S(held_bytes),
     NULL},
    {"tailrace_input_closed_files", NULL,
     "Files that cannot be opened or read now: permission, the limit of open files.", METRIC_GAUGE,
     S(closed_files), FILES_PLUGIN},
    {"tailrace_input_lost_bytes_total", NULL,
     "Bytes that were gone before they were read: truncated, or let go.", METRIC_COUNTER,
     S(lost_bytes), NULL},
    {"tailrace_input_dropped_bytes_total{reason=\"held_budget\"}", NULL, "The same by reason.",
     METRIC_COUNTER, S(held_dropped_bytes), FILES_PLUGIN},
    {"tailrace_input_dropped_bytes_total{reason=\"truncated\"}", NULL, "The same by reason.",
     METRIC_COUNTER, S(truncated_dropped_bytes), FILES_PLUGIN},
    {"tailrace_input_dropped_lines_total{reason=\"held_budget\"}", NULL,
     "The lines in them; of truncated files, as far as they are known.", METRIC_COUNTER,
     S(held_dropped_lines), FILES_PLUGIN},
    {"tailrace_input_dropped_lines_total{reason=\"truncated\"}", NULL,
     "The lines in them; of truncated files, as far as they are known.", METRIC_COUNTER,
     S(truncated_dropped_lines), FILES_PLUGIN},
    END,
};
#undef S

#define METADATA_REQUESTS "Requests for the metadata of pods, by kind."
#define METADATA_REFUSALS \
    "Requests for the metadata of pods that were answered with none, by reason."

#define S(field) offsetof(struct filter_metrics, field)
#define LOG_PLUGIN "log_to_metrics"
const struct metric filter_metric_table[] = {
    {"fluentbit_filter_records_total", "records", "Records that came in.", METRIC_COUNTER,
     S(records), NULL},
    {"fluentbit_filter_bytes_total", "bytes", "Bytes of the records that came in.", METRIC_COUNTER,
     S(bytes), NULL},
    {"fluentbit_filter_add_records_total", "add_records", "Records that were added.",
     METRIC_COUNTER, S(add_records), NULL},
    {"fluentbit_filter_drop_records_total", "drop_records", "Records that were taken out.",
     METRIC_COUNTER, S(drop_records), NULL},
    {"fluentbit_filter_drop_bytes_total", "drop_bytes", "Bytes of the records taken out.",
     METRIC_COUNTER, S(drop_bytes), NULL},
    {"fluentbit_filter_emit_records_total", "emit_records",
     "Records that were sent on under another tag.", METRIC_COUNTER, S(emit_records),
     "rewrite_tag"},
    {"tailrace_filter_unlabelled_records_total", "unlabelled_records",
     "Records that went on without metadata that was not known.", METRIC_COUNTER,
     S(unlabelled_records), "aws|ecs|kubernetes"},
    {"tailrace_filter_metadata_requests_total{kind=\"list\"}", NULL, METADATA_REQUESTS,
     METRIC_COUNTER, S(kubernetes.lists), "kubernetes"},
    {"tailrace_filter_metadata_requests_total{kind=\"watch\"}", NULL, METADATA_REQUESTS,
     METRIC_COUNTER, S(kubernetes.watches), "kubernetes"},
    {"tailrace_filter_metadata_requests_total{kind=\"get\"}", NULL, METADATA_REQUESTS,
     METRIC_COUNTER, S(kubernetes.gets), "kubernetes"},
    {"tailrace_filter_metadata_requests_total{kind=\"kubelet\"}", NULL, METADATA_REQUESTS,
     METRIC_COUNTER, S(kubernetes.polls), "kubernetes"},
    {"tailrace_filter_metadata_refusals_total{reason=\"forbidden\"}", NULL, METADATA_REFUSALS,
     METRIC_COUNTER, S(kubernetes.forbidden), "kubernetes"},
    {"tailrace_filter_metadata_refusals_total{reason=\"throttled\"}", NULL, METADATA_REFUSALS,
     METRIC_COUNTER, S(kubernetes.throttled), "kubernetes"},
    {"tailrace_filter_metadata_refusals_total{reason=\"failed\"}", NULL, METADATA_REFUSALS,
     METRIC_COUNTER, S(kubernetes.failed), "kubernetes"},
    {"tailrace_filter_metadata_events_total", NULL, "Changes of pods that a watch told.",
     METRIC_COUNTER, S(kubernetes.events), "kubernetes"},
    {"tailrace_filter_metadata_left_out_total", NULL,
     "Annotations and the like that were too long to be kept.", METRIC_COUNTER,
     S(kubernetes.left_out), "kubernetes"},
    {"tailrace_filter_pods", NULL, "Pods of this node that are known.", METRIC_GAUGE,
     S(kubernetes.pods), "kubernetes"},
    {"tailrace_filter_deleted_pods", NULL, "Deleted pods that are kept while their files drain.",
     METRIC_GAUGE, S(kubernetes.deleted_pods), "kubernetes"},
    {"tailrace_filter_awaited_pods", NULL, "Pods that files wait for.", METRIC_GAUGE,
     S(kubernetes.awaited), "kubernetes"},
    {"tailrace_filter_series", NULL, "Sets of label values that are counted apart.", METRIC_GAUGE,
     S(log.series), LOG_PLUGIN},
    {"tailrace_filter_overflow_records_total", NULL,
     "Records whose label values had no series of their own, for want of room.", METRIC_COUNTER,
     S(log.overflow_records), LOG_PLUGIN},
    {"tailrace_filter_unusable_records_total", NULL,
     "Records whose value is missing or no number, and that count for nothing.", METRIC_COUNTER,
     S(log.unusable_records), LOG_PLUGIN},
    {"tailrace_filter_documents_total", NULL, "Documents that were made of what was counted.",
     METRIC_COUNTER, S(log.documents), LOG_PLUGIN},
    END,
};
#undef S

#define S(field) offsetof(struct output_metrics, field)
const struct metric output_metric_table[] = {
    {"fluentbit_output_proc_records_total", "proc_records", "Records that were delivered.",
     METRIC_COUNTER, S(proc_records), NULL},
    {"fluentbit_output_proc_bytes_total", "proc_bytes", "Bytes of the records delivered.",
     METRIC_COUNTER, S(proc_bytes), NULL},
    {"fluentbit_output_errors_total", "errors",
     "Failures that no attempt follows: something was set aside, or dropped at the end.",
     METRIC_COUNTER, S(errors), NULL},
    {"fluentbit_output_retries_total", "retries", "Attempts that were made again.", METRIC_COUNTER,
     S(retries), NULL},
    {"fluentbit_output_retries_failed_total", "retries_failed", "Chunks given up after retries.",
     METRIC_COUNTER, S(retries_failed), NULL},
    {"fluentbit_output_dropped_records_total", "dropped_records",
     "Records that were set aside or given up.", METRIC_COUNTER, S(dropped_records), NULL},
    {"fluentbit_output_retried_records_total", "retried_records", "Records that were sent again.",
     METRIC_COUNTER, S(retried_records), NULL},
    {"fluentbit_output_upstream_total_connections", NULL, "Connections that were made.",
     METRIC_GAUGE, S(connections_total), NULL},
    {"fluentbit_output_upstream_busy_connections", NULL, "Connections in use.", METRIC_GAUGE,
     S(connections_busy), NULL},
    {"fluentbit_output_chunk_available_capacity_percent", NULL,
     "Of the room for records, what those on their way to the output leave.", METRIC_GAUGE,
     S(capacity_percent), NULL},
    {"tailrace_output_read_records_total", NULL,
     "Records given to the output: delivered, set aside, dropped or in flight.", METRIC_COUNTER,
     S(read_records), NULL},
    {"tailrace_output_read_bytes_total", NULL, "The same in bytes.", METRIC_COUNTER, S(read_bytes),
     NULL},
    {"tailrace_output_delivered_records_total", NULL, "Records that the back-end has.",
     METRIC_COUNTER, S(proc_records), NULL},
    {"tailrace_output_delivered_bytes_total", NULL, "The same in bytes.", METRIC_COUNTER,
     S(proc_bytes), NULL},
    {"tailrace_output_retried_records_total", NULL, "Records that were sent again.", METRIC_COUNTER,
     S(retried_records), NULL},
    {"tailrace_output_set_aside_records_total", NULL,
     "Records that the back-end refused for their content.", METRIC_COUNTER, S(set_aside_records),
     NULL},
    {"tailrace_output_set_aside_bytes_total", NULL, "The same in bytes.", METRIC_COUNTER,
     S(set_aside_bytes), NULL},
    {"tailrace_output_resent_as_text_records_total", NULL,
     "Records that were refused as they were, and sent once more as text.", METRIC_COUNTER,
     S(resent_as_text_records), NULL},
    {"tailrace_output_as_text_records_total", NULL,
     "Of those, the ones that the back-end then took.", METRIC_COUNTER, S(as_text_records), NULL},
    {"tailrace_output_dropped_records_total{reason=\"retry_limit\"}", NULL,
     "Records given up: after Retry_Limit attempts, or when the agent stopped.", METRIC_COUNTER,
     S(limit_records), NULL},
    {"tailrace_output_dropped_records_total{reason=\"stopped\"}", NULL,
     "Records given up: after Retry_Limit attempts, or when the agent stopped.", METRIC_COUNTER,
     S(stopped_records), NULL},
    {"tailrace_output_dropped_bytes_total{reason=\"retry_limit\"}", NULL, "The same in bytes.",
     METRIC_COUNTER, S(limit_bytes), NULL},
    {"tailrace_output_dropped_bytes_total{reason=\"stopped\"}", NULL, "The same in bytes.",
     METRIC_COUNTER, S(stopped_bytes), NULL},
    {"tailrace_output_in_flight_records", NULL, "Records that are queued, being sent or waiting.",
     METRIC_GAUGE, S(in_flight_records), NULL},
    {"tailrace_output_in_flight_bytes", NULL, "The same in bytes.", METRIC_GAUGE,
     S(in_flight_bytes), NULL},
    {"tailrace_output_already_there_records_total", NULL,
     "Records delivered of which the back-end had a copy already.", METRIC_COUNTER,
     S(already_there_records), NULL},
    {"tailrace_output_unanswered_records_total", NULL,
     "Records of requests that were sent whole and that no answer came to, or a gateway's, or "
     "none that says what became of them: they are sent again, and the back-end may have them.",
     METRIC_COUNTER, S(unanswered_records), NULL},
    {"tailrace_output_circuit_open", NULL,
     "1 while the back-end does not answer, and one request at a time is tried.", METRIC_GAUGE,
     S(circuit_open), NULL},
    {"tailrace_output_behind_bytes", NULL,
     "Bytes in files that the output reads again by itself, and has not delivered yet.",
     METRIC_GAUGE, S(behind_bytes), NULL},
    {"tailrace_output_behind", NULL,
     "1 from when the others go on without the output until it has caught up.", METRIC_GAUGE,
     S(is_behind), NULL},
    {"tailrace_output_standstill_seconds", NULL,
     "For how long nothing has left, when that is longer than hc_standstill and the output has "
     "something to deliver; else 0.",
     METRIC_GAUGE, S(standstill_s), NULL},
    {"tailrace_output_requests_total", NULL, "Requests that were sent.", METRIC_COUNTER,
     S(requests), NULL},
    {"tailrace_output_request_bytes_total", NULL, "Bytes of those requests, compressed.",
     METRIC_COUNTER, S(request_bytes), NULL},
    END,
};
#undef S

#define S(field) offsetof(struct route_metrics, field)
const struct metric route_metric_table[] = {
    {"fluentbit_routing_logs_records_total", NULL,
     "Records of the input that the output delivered.", METRIC_COUNTER, S(records), NULL},
    {"fluentbit_routing_logs_bytes_total", NULL, "The same in bytes.", METRIC_COUNTER, S(bytes),
     NULL},
    {"fluentbit_routing_logs_drop_records_total", NULL,
     "Records of the input that the output set aside or gave up.", METRIC_COUNTER, S(drop_records),
     NULL},
    {"fluentbit_routing_logs_drop_bytes_total", NULL, "The same in bytes.", METRIC_COUNTER,
     S(drop_bytes), NULL},
    END,
};
#undef S

/* The bounds are Fluent Bit's: quantiles of a fleet that has both are of one kind. */
static const struct histogram_bounds latency_bounds = {
    8, {500, 1000, 1500, 2500, 5000, 10000, 20000, 30000}};
static const struct histogram_bounds wait_bounds = {
    11, {10, 50, 100, 250, 500, 1000, 2000, 5000, 15000, 30000, 60000}};

const struct histogram_metric route_latency_metric = {
    {"fluentbit_output_latency_seconds", NULL,
     "From a chunk's first record to its delivery, once for each input that it has records of.",
     METRIC_HISTOGRAM, offsetof(struct route_metrics, latency), NULL},
    &latency_bounds};
const struct histogram_metric output_wait_metric = {
    {"fluentbit_output_backpressure_wait_seconds", NULL,
     "How long a sealed chunk waits until the output begins to send it.", METRIC_HISTOGRAM,
     offsetof(struct output_metrics, wait), NULL},
    &wait_bounds};

const struct metrics_kind metrics_kinds[METRICS_KINDS] = {
    {"input", input_metric_table, offsetof(struct metrics_book, inputs)},
    {"filter", filter_metric_table, offsetof(struct metrics_book, filters)},
    {"output", output_metric_table, offsetof(struct metrics_book, outputs)},
};

#define SAME_HEAD(kind)                                                                        \
    _Static_assert(offsetof(struct kind, name) == offsetof(struct metrics_head, name) &&       \
                       offsetof(struct kind, plugin) == offsetof(struct metrics_head, plugin), \
                   "all kinds begin alike")
SAME_HEAD(input_metrics);
SAME_HEAD(filter_metrics);
SAME_HEAD(output_metrics);

const struct list *metrics_list(const struct metrics_book *book, const struct metrics_kind *kind)
{
    return (const struct list *)(const void *)((const char *)book + kind->list_offset);
}

const struct metrics_head *metrics_head_of(const struct list *link)
{
    return CONTAINER_OF(link, const struct metrics_head, link);
}

bool metric_applies(const struct metric *metric, const struct metrics_head *head)
{
    struct slice rest = slice_of(metric->plugin), plugin;

    if (metric->plugin == NULL)
        return true;
    while (head->plugin != NULL && slice_next(&rest, '|', &plugin))
        if (slice_is(plugin, head->plugin))
            return true;
    return false;
}

static uint64_t value_at(const void *counters, size_t offset)
{
    CHECK(offset % _Alignof(uint64_t) == 0);
    return *(const uint64_t *)(const void *)((const char *)counters + offset);
}

uint64_t metric_value(const struct metric *metric, const struct metrics_head *head)
{
    CHECK(metric->type != METRIC_HISTOGRAM && metric->offset >= sizeof *head);
    return value_at(head, metric->offset);
}

uint64_t route_metric_value(const struct metric *metric, const struct route_metrics *route)
{
    CHECK(metric->type != METRIC_HISTOGRAM && metric->offset < sizeof *route);
    return value_at(route, metric->offset);
}

uint64_t metric_sum(const struct list *instances, size_t offset)
{
    uint64_t sum = 0;

    CHECK(offset >= sizeof(struct metrics_head));
    LIST_FOR (it, (struct list *)instances)
        sum += value_at(metrics_head_of(it), offset);
    return sum;
}
