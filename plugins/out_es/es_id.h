/*
 * Document ids.
 *
 * The id of a place is the stream and the offset in it, six bytes each in base64url. The stream
 * comes first, so ids grow in order within a stream: a real Elasticsearch then spends a few
 * percent of CPU on them and no disk, where random ids cost both. The same line gets the same id
 * after a restart, a rotation or a second reading; equal lines at other offsets get others. So do
 * records that begin at one line and were joined of more lines or of fewer: taken for each other, what
 * one of them has more would be lost.
 *
 * The id of a content is a hash of the record, for Generate_ID. Pure.
 */
#ifndef TAILRACE_PLUGINS_OUT_ES_ID_H
#define TAILRACE_PLUGINS_OUT_ES_ID_H

#include "plugin/plugin.h"

#define ES_ID_BYTES_MAX 40
#define ES_ID_HALF_BYTES 8

/* Writes either half of a place's id, eight characters, and returns the place behind. Numbers wrap at
 * 2^48. */
char *es_id_put(char *out, uint64_t number);

/* Both halves. */
struct slice es_id_of_place(uint64_t stream, uint64_t offset, char out[ES_ID_BYTES_MAX]);

/* MurmurHash3 x64 128, seed 42, over the record's fields as JSON, however they lie in the chunk;
 * printed as eight groups of hex. */
struct slice es_id_of_content(const struct chunk_record *record, char out[ES_ID_BYTES_MAX]);

#endif
