/*
 * Every counter of the agent, declared once, beside its meaning (metrics/table.c).
 *
 * A counter is a plain field that its owner adds to; whoever prints metrics walks the tables and
 * reads. Each instance of an input, a filter or an output owns one struct and is linked into the
 * book for as long as it lives.
 *
 * Life     metrics_add_* when an instance is made, metrics_remove when it goes.
 * Thread   the loop.
 *
 * The ledger of an output, in records and in bytes, at any moment:
 *
 *   read = delivered + set_aside + given_up + in_flight
 *
 * There is a route for each pair of an input and an output, made with the instances: what is counted
 * by pairs needs no memory later, and is no more than the configuration has.
 */
#ifndef TAILRACE_METRICS_METRICS_H
#define TAILRACE_METRICS_METRICS_H

#include "base/list.h"
#include "metrics/histogram.h"

/* What one output did with what one input read. */
struct route_metrics {
    uint64_t records; /* delivered */
    uint64_t bytes;
    uint64_t drop_records; /* set aside, or given up */
    uint64_t drop_bytes;
    struct histogram latency; /* of its chunks, from the first record to the last delivery */
    uint64_t counted_in;      /* the output's delivery that was counted last */
};

struct input_metrics {
    struct list link;
    const char *name; /* the alias, or "tail.0"; lent by the instance */
    const char *plugin;
    uint64_t records; /* after parsing, before filters */
    uint64_t bytes;
    uint64_t read_bytes; /* of the source, frames included */
    uint64_t files_opened;
    uint64_t files_closed;
    uint64_t files_rotated;
    uint64_t multiline_truncated;
    uint64_t long_line_truncated;
    uint64_t long_line_skipped;
    uint64_t unrouted_records;   /* no output wanted them */
    uint64_t parse_failures;     /* lines that went on as text */
    uint64_t read_errors;        /* open or read failed: permission, disk */
    uint64_t position_failures;  /* writes of positions that failed: a full disk */
    uint64_t is_paused;          /* 1: not reading, for want of memory */
    uint64_t memory_bytes;       /* in chunks */
    uint64_t memory_limit_bytes; /* Mem_Buf_Limit; 0: none of its own */
    uint64_t chunks;             /* that hold its records; these four by census_take */
    uint64_t chunks_down;        /* not in memory: none ever */
    uint64_t chunks_busy;        /* sealed, on their way */
    uint64_t chunks_busy_bytes;
    const void *counted_in; /* the chunk that was counted last */
    uint64_t unread_bytes;  /* in files, past what every output acknowledged */
    uint64_t due_bytes;     /* of the unread ones those that nothing keeps back but the agent */
    uint64_t held_bytes;    /* unacknowledged bytes of rotated and deleted files */
    uint64_t closed_files;  /* that cannot be opened or read now: permission, descriptors */
    uint64_t lost_bytes;    /* gone before they were read: the next ones together */
    uint64_t held_dropped_bytes; /* of deleted files that held_limit had no room for */
    uint64_t held_dropped_lines;
    uint64_t truncated_dropped_bytes; /* truncated before they were read */
    uint64_t truncated_dropped_lines; /* as far as they are known */
    struct route_metrics *routes;     /* by output, in the book's order; NULL: not counted */
};

/* How the filter kubernetes comes by what it knows. Filters that share one source have the same. */
struct kubernetes_metrics {
    uint64_t lists; /* requests: these four */
    uint64_t watches;
    uint64_t gets;
    uint64_t polls;     /* of the kubelet */
    uint64_t forbidden; /* answers: 401 and 403; the next is 429, then all other trouble */
    uint64_t throttled;
    uint64_t failed;
    uint64_t events;   /* of watches */
    uint64_t left_out; /* values, or pods, that were too long */
    uint64_t pods;
    uint64_t deleted_pods; /* that are kept */
    uint64_t awaited;      /* asked for, and neither there nor known to be none */
};

/* What the filter log_to_metrics did. */
struct log_metrics {
    uint64_t series;
    uint64_t overflow_records; /* that had no place in a series of their own */
    uint64_t unusable_records; /* whose value is no number */
    uint64_t documents;        /* that were made of the news */
};

struct metric_family;

struct filter_metrics {
    struct list link;
    const char *name;
    const char *plugin;
    uint64_t records;
    uint64_t bytes;
    uint64_t add_records;
    uint64_t drop_records;
    uint64_t drop_bytes;
    uint64_t emit_records;       /* that were sent on under another tag */
    uint64_t unlabelled_records; /* whose pod, instance or task was not known */
    struct kubernetes_metrics kubernetes;
    struct log_metrics log;
    const struct metric_family *family; /* that it counts; lent by the filter; NULL: none */
};

struct output_metrics {
    struct list link;
    const char *name;
    const char *plugin;
    uint64_t proc_records; /* delivered; Fluent Bit's names from here */
    uint64_t proc_bytes;
    uint64_t errors; /* failures that no attempt follows */
    uint64_t retries;
    uint64_t retries_failed;
    uint64_t dropped_records; /* in Fluent Bit's sense: set aside, or given up */
    uint64_t retried_records;
    uint64_t connections_total; /* made */
    uint64_t connections_busy;
    uint64_t read_records; /* ours from here: what was given to this output */
    uint64_t read_bytes;
    uint64_t set_aside_records; /* refused by the back-end for their content */
    uint64_t set_aside_bytes;
    uint64_t resent_as_text_records; /* refused as they were, and sent as text */
    uint64_t as_text_records;        /* of those, the ones that the back-end then took */
    uint64_t given_up_records;       /* dropped: the next two together */
    uint64_t given_up_bytes;
    uint64_t limit_records; /* after Retry_Limit attempts */
    uint64_t limit_bytes;
    uint64_t stopped_records; /* at the end, which nobody can read again */
    uint64_t stopped_bytes;
    uint64_t in_flight_records;
    uint64_t in_flight_bytes;
    uint64_t already_there_records; /* delivered, of which the back-end had them before */
    uint64_t unanswered_records;    /* sent, and no answer came: the back-end may have them */
    uint64_t behind_bytes;          /* in files, that it reads again by itself (ack/lane.h) */
    uint64_t is_behind;             /* 1: the others do not wait for it any more */
    uint64_t standstill_s;          /* for so long, and too long; 0: it does not stand still */
    uint64_t requests;
    uint64_t circuit_open;     /* 1: one request at a time is tried */
    uint64_t request_bytes;    /* on the wire, before TLS */
    uint64_t deliveries;       /* chunks that are done with */
    uint64_t capacity_percent; /* of the room for records, what is not held for it */
    struct histogram wait;     /* of its chunks, for a place among its requests */
};

/* Of the store of dead letters. */
struct letter_metrics {
    uint64_t kept;    /* on the disk */
    uint64_t lost;    /* could not be written */
    uint64_t deleted; /* went with the oldest file, to make room */
};

/* All instances, in the order they were made. */
struct metrics_book {
    struct list inputs;
    struct list filters;
    struct list outputs;
    uint64_t chunks;               /* that live */
    uint64_t reading_standstill_s; /* as an output's */
    struct letter_metrics letters;
};

void metrics_book_init(struct metrics_book *book);

void metrics_add_input(struct metrics_book *book, struct input_metrics *m);
void metrics_add_filter(struct metrics_book *book, struct filter_metrics *m);
void metrics_add_output(struct metrics_book *book, struct output_metrics *m);

#endif
