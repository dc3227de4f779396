/*
 * The action line of a document up to its id, and, where that is the record's place, with the first
 * half of it, which is the stream's:
 *
 *   {"create":{"_index":"logstash-2026.11.21"  ,"_id":"b5lcXtE2
 *   |----- right for [from_ns, until_ns) -----|-- of stream ---|
 *   0                                     stream_at         text.len
 *
 * All of it is the same for a stream's records of a day, or of a second, unless a field of the record
 * names the index; so it is rendered once and kept.
 *
 * Life     es_action_init -> es_action_text* -> es_action_fini. Thread: its owner's.
 */
#ifndef TAILRACE_PLUGINS_OUT_ES_ACTION_H
#define TAILRACE_PLUGINS_OUT_ES_ACTION_H

#include "plugins/out_es/es.h"

struct es_action {
    const struct out_es *es;     /* lent */
    struct time_pattern pattern; /* of the index's name or date */
    struct buffer text;
    int64_t from_ns, until_ns; /* the times that the text is right for */
    uint64_t stream;           /* whose half of an id it ends with; 0: with none */
    size_t stream_at;          /* where that begins */
};

void es_action_init(struct es_action *action, const struct out_es *es);
void es_action_fini(struct es_action *action);

/* Whether the record's place may be its id: it is no id of a document that is there already. */
bool es_has_place(const struct out_es *es, const struct chunk_record *record);

/* For this record, as of `ns`; padded (record/copy.h), and good until the next call. What the arena
 * holds may go then. */
struct slice es_action_text(struct es_action *action, const struct chunk_record *record, int64_t ns,
                            struct arena *arena);

#endif
