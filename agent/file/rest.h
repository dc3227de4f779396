/*
 * The rest of a file that nobody will read: counts its bytes and its lines, in slices, so that what
 * is missing can be said exactly.
 *
 * Life     file_rest_init -> file_rest_count until it says 0 or less -> file_rest_fini, which closes.
 * Thread   any, one at a time: it touches nothing but itself.
 * Limits   FILE_REST_BUFFER_BYTES of memory while it counts; a slice stops a worker that long.
 *
 * A line is what ends with a line feed, and what stands behind the last one. Who still writes to
 * the file is counted up to the end that the last slice saw.
 */
#ifndef TAILRACE_FILE_REST_H
#define TAILRACE_FILE_REST_H

#include "file/reader.h"
#include "line/encoding.h"

#define FILE_REST_BUFFER_BYTES ((size_t)256 * 1024)

struct file_rest {
    struct file_reader reader; /* of a descriptor of its own */
    enum encoding_form form;
    uint64_t begin;       /* where it begins */
    bool is_inside_begun; /* it begins inside a line whose beginning was delivered */
    bool is_inside;       /* the last byte seen was no line feed */
    uint64_t bytes;
    uint64_t lines;
};

/* The descriptor is the rest's from now on. */
void file_rest_init(struct file_rest *rest, int fd, bool is_gzip, uint64_t begin);
void file_rest_fini(struct file_rest *rest);

/* Counts about `bytes_max` more: 1, or 0 at the end, or negative where it cannot be read on. */
MUST_USE int file_rest_count(struct file_rest *rest, uint64_t bytes_max);

#endif
