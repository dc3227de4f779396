/*
 * A document that the back-end refused as it was, written once more so that it can be found: its
 * time, its tag where wanted, the whole record as text in one field, and why it was refused in
 * another. Mapping conflicts, odd and reserved keys, too many fields, numbers out of range and dates
 * that are none are then no more than characters.
 *
 * The field that has the text is chosen so that it is unlikely to be refused itself: one that the
 * record has as text already, and that the back-end's reason does not name. Where the reason is that
 * no new field may be made, the reason stands before the text, in the same field.
 *
 * Pure; on the worker that encodes.
 */
#ifndef TAILRACE_PLUGINS_OUT_ES_TEXT_H
#define TAILRACE_PLUGINS_OUT_ES_TEXT_H

#include "plugins/out_es/es.h"

/* A reason in a document is cut behind so many bytes. */
#define ES_REASON_BYTES_MAX 512

/* The field for the text of this record. Lent by `es`. */
struct slice es_text_key(const struct out_es *es, const struct chunk_record *record,
                         struct slice reason);

/* Appends the members that stand for the record: the text and the reason. */
void es_text_members(const struct out_es *es, const struct chunk_record *record, const char *reason,
                     struct buffer *out);

#endif
