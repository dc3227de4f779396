/*
 * Which log group and stream a record goes to. Pure; any thread.
 *
 *              cloudwatch_logs                             cloudwatch, the name of AWS's image
 *   group      log_group_template, where the record has    log_group_name, a template of $(...);
 *              all that it asks for; else log_group_name   else default_log_group_name
 *   stream     log_stream_template, likewise; else         log_stream_name, likewise, or
 *              log_stream_name, or log_stream_prefix       log_stream_prefix$(tag); else
 *              and the tag, or one of                      default_log_stream_name
 *              log_stream_max that tags share
 *
 * What the service does not take in a name becomes an underscore, of `cloudwatch` a full stop; what is
 * longer than CW_NAME_BYTES_MAX is cut. Names that need neither a record nor the tag are looked at when
 * the agent starts, and what becomes of them is said then.
 */
#ifndef TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_TARGET_H
#define TAILRACE_PLUGINS_OUT_CLOUDWATCH_LOGS_TARGET_H

#include "plugins/out_cloudwatch_logs/template.h"

#define CW_NAME_BYTES_MAX 512
#define CW_STREAM_MAX 10000

struct cw_names {
    char *group;
    char *stream; /* NULL: the prefix and the tag */
    char *stream_prefix;
    int64_t stream_max;                     /* that all tags share; 0: each has its own */
    char *group_template, *stream_template; /* of cloudwatch_logs; NULL: none */
    char *default_group, *default_stream;   /* of cloudwatch */
    struct cw_template *group_made;         /* asked first; NULL: there is none */
    struct cw_template *stream_made;
    struct aws_task task; /* empty until it is known; in `texts` */
    struct arena texts;
    bool is_go;      /* the names of cloudwatch */
    bool has_entity; /* events are sent with what they are about (entity.h) */
};

/* Compiles the templates of cloudwatch_logs, and reports what is missing or wrong. */
MUST_USE int cw_names_init(struct cw_names *names, struct plugin_setup *setup);
/* The same for cloudwatch. */
MUST_USE int cw_names_init_go(struct cw_names *names, struct plugin_setup *setup);
void cw_names_fini(struct cw_names *names);

/* Whether a name asks for the task that the agent is a container of; this is the one. While no record
 * is looked at. */
bool cw_names_want_task(const struct cw_names *names);
void cw_names_task(struct cw_names *names, const struct aws_task *task);

/* Two names, one behind the other, and the hash of the entity. */
struct cw_target {
    char text[2 * CW_NAME_BYTES_MAX];
    uint16_t group_len, stream_len;
    uint64_t entity; /* 0: none */
};

/* The record's target; what is rendered on the way is left in the arena. */
void cw_target_of(const struct cw_names *names, const struct chunk_record *record,
                  struct arena *arena, struct cw_target *out);

/* The same of a record in the chain, or wherever the scope finds fields. */
void cw_target_in(const struct cw_names *names, const struct accessor_scope *scope,
                  struct cw_target *out);

/* Whether records of one tag all go to one target, but for their entities. */
bool cw_names_are_by_tag(const struct cw_names *names);

bool cw_target_equal(const struct cw_target *one, const struct cw_target *other);

static inline struct slice cw_target_group(const struct cw_target *t)
{
    return slice_make(t->text, t->group_len);
}

static inline struct slice cw_target_stream(const struct cw_target *t)
{
    return slice_make(t->text + t->group_len, t->stream_len);
}

#endif
