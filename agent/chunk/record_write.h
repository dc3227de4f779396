/*
 * How a record is put into a chunk: measured first, then written in one go into that room, in the
 * format of chunk.h. Pure; on the path of every record.
 */
#ifndef TAILRACE_CHUNK_RECORD_WRITE_H
#define TAILRACE_CHUNK_RECORD_WRITE_H

#include "record/record.h"

/* The most bytes that record_write touches from where it begins. */
size_t record_write_room(const struct record *record);

/* Returns the place behind the record. */
char *record_write(char *to, const struct record *record);

#endif
