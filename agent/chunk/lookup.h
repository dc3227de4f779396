/*
 * Looks up fields of a record that lies in a chunk: for outputs that take a key's value for an index
 * name, a stream name, a document's id.
 *
 * Pure; any thread that may read the chunk. Values are lent by the chunk, but for what the arena of a
 * scope holds. A key at the top level costs no memory.
 */
#ifndef TAILRACE_CHUNK_LOOKUP_H
#define TAILRACE_CHUNK_LOOKUP_H

#include "chunk/reader.h"
#include "record/accessor_eval.h"

/* The value of the field of this name. Text keeps its bytes as read. */
bool chunk_record_find(const struct chunk_record *record, struct slice key, struct value *out);

/* The record as the scope of accessors, with the tag of its run. Both are lent. */
struct accessor_scope chunk_record_scope(const struct chunk_record *record, struct arena *arena);

#endif
