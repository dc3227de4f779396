/*
 * A _bulk request and its answer, as Elasticsearch gives it: every document is stored, but a `create`
 * whose id is known already gets 409, and whatever the faults say.
 */
#ifndef TAILRACE_BENCH_BULK_H
#define TAILRACE_BENCH_BULK_H

#include "base/buffer.h"
#include "faults.h"
#include "seen.h"

struct bulk {
    struct seen seen;
    struct faults faults;
    uint64_t document_count;
    uint64_t conflict_count;
    uint64_t failed_count; /* refused or put off, conflicts not counted */
    uint64_t plain_bytes;
};

/* Reads a plain body of action and document lines. `target` is the request's path with its query,
 * whose filter_path says what the answer holds. The answer is appended. */
void bulk_store(struct bulk *b, struct slice body, struct slice target, struct buffer *answer);

/* Opens a gzip body of any number of members; false where it is damaged. */
bool bulk_gunzip(struct slice squeezed, struct buffer *plain);

#endif
