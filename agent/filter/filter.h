/*
 * What a filter plugin is: a record goes in and stays or goes.
 *
 * Life     the agent zeroes self_bytes, binds the options and calls init, then start; apply runs for
 *          every record whose tag matches; fini at the end. init runs at --dry-run too, so it touches
 *          nothing outside.
 * Thread   the loop.
 */
#ifndef TAILRACE_FILTER_FILTER_H
#define TAILRACE_FILTER_FILTER_H

#include "base/list.h"
#include "base/report.h"
#include "record/plain.h"

struct budget;
struct filter_metrics;
struct intake;
struct loop;
struct metrics_book;
struct multiline;
struct option;
struct origin;
struct plugin_setup;
struct parser_book;

enum filter_verdict {
    FILTER_KEEP,
    FILTER_DROP,
};

/* Takes records that go through the whole chain again, under other tags. */
struct filter_sink {
    bool (*emit)(struct filter_sink *sink, const struct record *record, struct slice tag);
};

/* What a filter may need besides the record; lent for the call. */
struct filter_run {
    struct slice tag;
    struct json_scanner *json;   /* for checking text; what it lends dies with the next check */
    const struct origin *origin; /* where the record comes from (ack/origin.h); NULL in tests */
    struct filter_sink *sink;    /* NULL in tests */
};

/* Sends the record as it is now, and goes on with it. False: it has gone round too often. For filters
 * that say so with `emits`. */
static inline bool filter_emit(struct filter_run *run, const struct record *record,
                               struct slice tag)
{
    return run->sink != NULL && run->sink->emit(run->sink, record, tag);
}

/* What a running filter is given; lives as long as the filter, the intake until `stop` is over. */
struct filter_host {
    struct loop *loop;
    struct filter_metrics *metrics;
    struct intake *intake;     /* for records that it makes; these three, see chunk/emitter.h */
    struct metrics_book *book; /* of all instances; those of outputs are there */
    struct budget *budget;     /* the service's */
};

/* How a source should be read, as far as a filter has an opinion; all zero: it has none. What is named
 * lives as long as the filter. Whoever reads it does as much of it as it can. */
struct filter_wishes {
    const struct multiline *of_stdout,
        *of_stderr;                    /* by which lines of these streams belong together */
    uint64_t bytes_per_s, lines_per_s; /* at most; 0: any number */
};

/* Whoever has a source that no record may come from yet. Linked by the filter that says so, taken out
 * (list_remove) by its owner, who may do that at any time and asks again when it is woken. */
struct filter_waiter {
    struct list link;
    void (*wake)(void *owner);
    void *owner;
    bool is_over; /* no more waiting: those who are ready say what they wish, and nobody links it */
    struct filter_wishes *wishes; /* to be filled by those who answer 0; NULL: nobody heeds them */
};

/* What became of a plain record. */
enum plain_verdict {
    PLAIN_KEEP,
    PLAIN_DROP,
    PLAIN_FILL, /* nothing was done: a record has to be filled, and goes through apply */
};

struct filter_plugin {
    const char *name;
    const char *summary;
    size_t self_bytes;
    const struct option *options;
    bool emits;    /* may send records under other tags, also of tags that no output takes */
    bool sees_all; /* wants records of tags that no output takes, too */

    /* Compiles what the options say; reports every mistake. Negative when there was one. May be
     * NULL. fini runs even then, on whatever init left, and on zeros where an option that is required
     * was not given: init does not run then. */
    MUST_USE int (*init)(void *self, struct plugin_setup *setup);
    void (*fini)(void *self);

    /* Begins what it needs from outside; before any input starts. What keeps it from that goes to the
     * report. May be NULL. */
    MUST_USE int (*start)(void *self, const struct filter_host *host, struct report *report);

    /* No more records come: the last moment to make some. Only after a start; may be NULL. */
    void (*stop)(void *self);

    /* Asked before the first record of a source comes, by whoever can wait (a file is its own buffer):
     * 0 when it may come; else how many ms it should wait at most, and the waiter is linked, and woken
     * when asking again may help. May be NULL: 0. */
    uint64_t (*ready)(void *self, const struct filter_run *run, struct filter_waiter *waiter);

    enum filter_verdict (*apply)(void *self, struct record *record, struct filter_run *run);

    /* The short way: does to a plain record what apply would do to the record that it stands for.
     * NULL: always PLAIN_FILL. */
    enum plain_verdict (*apply_plain)(void *self, struct plain_record *plain,
                                      struct filter_run *run);

    /* Brings counters up to date that are reckoned only when somebody looks. May be NULL. */
    void (*refresh)(void *self);

    /* For the status page: appends a JSON object that says where what it adds comes from. `trouble` in
     * it is what is wrong, in words. May be NULL. */
    void (*describe)(const void *self, struct buffer *out);
};

#endif
