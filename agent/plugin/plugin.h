/*
 * The one header that a plugin includes: what plugins are, what they are given, and what they may
 * use of the agent.
 *
 * A plugin is one folder with its code, a page of documentation and one const struct, named in the
 * table of plugin/table.c. To write one, read plugins/filter_grep for a filter, plugins/out_null
 * for an output, plugins/in_dummy for an input.
 */
#ifndef TAILRACE_PLUGIN_PLUGIN_H
#define TAILRACE_PLUGIN_PLUGIN_H

#include "ack/lane.h"
#include "aws/metadata.h"
#include "base/budget.h"
#include "base/clock.h"
#include "base/gzip.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/report.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "chunk/emitter.h"
#include "chunk/intake.h"
#include "chunk/lookup.h"
#include "filter/filter.h"
#include "http/auth.h"
#include "metrics/family.h"
#include "line/multiline_book.h"
#include "metrics/metrics.h"
#include "output/descriptor.h"
#include "output/output.h"
#include "output/render.h"
#include "output/retry.h"
#include "plugin/option.h"
#include "record/accessor_eval.h"
#include "record/copy.h"
#include "record/json_write.h"
#include "record/msgpack.h"
#include "record/parser_book.h"
#include "record/regex.h"
#include "record/scan.h"
#include "record/time_text.h"

struct held_book;
struct multiline_book;

/* What a plugin is given while it is made; lent for the call, but for what says otherwise. */
struct plugin_setup {
    const char *name;      /* the instance: "tail.0", or its alias; lives as long as the plugin */
    const char *component; /* for its log lines, "input:tail:tail.0"; lives as long */
    struct place place;    /* where its section begins */
    struct report *report;
    struct parser_book *parsers; /* live as long as the plugin */
    struct multiline_book *multilines;
    size_t multiline_bytes_max; /* of lines joined to one record */
    const char *config_dir; /* relative files of the plugin are looked for here, after the CWD */
    const struct property *properties; /* as written, for what tables cannot say */
    size_t property_count;
    const struct http_settings *http; /* outputs: host, port, net.*, and tls.* where TLS is on */
    const struct http_tls *tls; /* outputs: tls.* in any case; for those that always speak TLS */
    bool escape_unicode;        /* outputs: json.escape_unicode of the service */
};

/* Where the key stands that something is wrong with, for the report; the section, where it is not
 * given. Of a key that came several times, the one that counts: the last. */
struct place setup_place(const struct plugin_setup *setup, const char *key);

/* Warns where no file could be made at `path`, which the key gives; NULL: it is not given. A dry run may
 * be on another machine than the start, which is refused then. */
void setup_warn_of_folder(const struct plugin_setup *setup, const char *key, const char *path);

/* What a running input is given. Lives as long as the input. */
struct input {
    const char *name;
    const char *component;
    const char *tag; /* as configured, or the instance's name */
    struct loop *loop;
    struct intake *intake;
    struct budget *budget;  /* its Mem_Buf_Limit, below the service's */
    struct held_book *held; /* all inputs' files that were deleted and are owed; file/held.h */
    struct lanes *lanes;    /* of all outputs */
    struct input_metrics metrics;
    void (*exit_wanted)(struct input *input); /* this input is done; stop the agent */
    void (*let_go)(struct input *input); /* it needs less now: what it freed may be given back */
    bool may_be_replaced; /* Hot_Reload: another pipeline may go on where this one stops */
    bool is_replaced;     /* set before stop: one does, and reads again what is not acknowledged */
    int64_t since_ns;     /* when the one before this one stopped, wall clock; 0: there was none */
};

/*
 * An input: init (also at --dry-run: it opens nothing and reads nothing), then start, then records
 * until stop. After stop it gives no more records; acks may still come until fini.
 */
struct input_plugin {
    const char *name;
    const char *summary;
    size_t self_bytes;
    const struct option *options;

    MUST_USE int (*init)(void *self, struct plugin_setup *setup);
    /* Opens and reads. What keeps it from that goes to the report. */
    MUST_USE int (*start)(void *self, struct input *input, struct report *report);
    void (*stop)(void *self);
    void (*fini)(void *self);

    /* Whether the agent waits for its exit_wanted, which comes once, before it stops at that of another
     * input. NULL: it does not. */
    bool (*ends)(const void *self);

    /* An output falls behind, or comes back. NULL for inputs none of whose origins can leave. */
    void (*lane)(void *self, unsigned output, enum lane_event event);

    /* What is read for outputs alone may hold more now, or less: its part of the input's budget is to be
     * reckoned anew (lane_shares). NULL as above. */
    void (*share)(void *self);

    /* Brings counters up to date that are reckoned only when somebody looks. May be NULL. */
    void (*refresh)(void *self);

    /* For the status page: appends a JSON object that says what it follows. May be NULL. */
    void (*describe)(const void *self, struct buffer *out);
};

/* The visible tables of built-in plugins; each ends with NULL. */
extern const struct input_plugin *const input_plugins[];
extern const struct filter_plugin *const filter_plugins[];
extern const struct output_plugin *const output_plugins[];

#endif
