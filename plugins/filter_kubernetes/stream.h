/*
 * A stream is the lines of one container as far as they come from one place: one generation of a log
 * file, or a name in the journal. What was found out about it is kept, and made again only when its
 * pod changed.
 *
 *   identity   from its tag, its path, its name: once
 *   pod        a reference, once it is known
 *   the rest   the block, what the annotations ask for: for each version of the pod
 *
 * Life     streams_init -> streams_find* -> streams_fini. A stream is lent until the next
 *          streams_find.
 * Thread   the loop.
 * Limits   STREAMS_MAX, and STREAM_BLOCKS_BYTES_MAX of their blocks, give or take one; past them, and
 *          after STREAM_IDLE_MS without a line, the one that was asked for least recently is forgotten,
 *          and found out again when more comes.
 */
#ifndef TAILRACE_FILTER_KUBERNETES_STREAM_H
#define TAILRACE_FILTER_KUBERNETES_STREAM_H

#include "plugins/filter_kubernetes/controls.h"
#include "plugins/filter_kubernetes/identity.h"
#include "plugins/filter_kubernetes/merge.h"

#define STREAMS_MAX 4096
#define STREAM_IDLE_MS UINT64_C(1800000)
#define STREAM_BLOCKS_BYTES_MAX ((size_t)4 << 20)

/* What its pod's annotations make of its lines; by stream of the container. */
struct stream_rules {
    bool is_excluded[CONTROL_STREAMS];
    bool has_exclusion;
    bool has_plans; /* of its own */
    struct merge_plan plans[CONTROL_STREAMS];
};

/* What is made of its pod, for each version of that; or of none, as of an epoch of answers. */
struct stream_made {
    bool is_valid;
    bool is_partial; /* the pod was looked for and is not known */
    uint64_t version;
    uint64_t epoch;
    struct shared_object *block; /* NULL: it has none */
    struct stream_rules rules;
};

struct stream {
    struct list link; /* in streams.recent */
    struct slice key; /* the origin's id, and the name */
    struct identity identity;
    bool is_container;
    const struct pod *pod; /* a reference; NULL: not known */
    struct stream_made made;
    uint64_t used_ms;     /* when it became the one that is asked for */
    size_t counted_bytes; /* of its block, in streams.block_bytes */
};

struct streams {
    struct map by_key;
    struct list recent; /* the least recent one first */
    struct stream *last;
    size_t block_bytes; /* as far as they are counted */
    struct buffer key;  /* of whoever is asked for */
};

void streams_init(struct streams *s);
void streams_fini(struct streams *s);

/* The stream of this name from this origin, 0 where names are enough. A new one has nothing but its
 * key, and `*is_new_out` says so. */
struct stream *streams_find(struct streams *s, uint64_t origin_id, struct slice name,
                            bool *is_new_out);

/* What all of them were made of has changed: each is made again when it is asked for. */
void streams_outdate(struct streams *s);

/* What was made of its pod is gone. */
void stream_unmake(struct stream *stream);

#endif
