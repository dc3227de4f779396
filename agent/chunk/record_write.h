/*
 * How a record is put into a chunk: measured first, then written in one go into that room, in the
 * format of chunk.h. Pure; on the path of every record.
 */
#ifndef TAILRACE_CHUNK_RECORD_WRITE_H
#define TAILRACE_CHUNK_RECORD_WRITE_H

#include "record/plain.h"

/* The most bytes that record_write touches from where it begins. */
size_t record_write_room(const struct record *record);

/* Returns the place behind the record. */
char *record_write(char *to, const struct record *record);

/* The same for a plain record: what is written reads as what the record that it stands for would be.
 * One that is unfolded is one field, the members of an object, where its texts need no escapes. */
size_t plain_write_room(const struct plain_record *plain);
char *plain_write(char *to, const struct plain_record *plain);

#endif
