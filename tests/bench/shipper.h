/*
 * What both floors share: files line by line, bodies squeezed, and one blocking connection.
 *
 * Life: shipper_open -> ship_file*, squeeze, send_all -> the end of the process, which any trouble
 * is too.
 */
#ifndef TAILRACE_BENCH_SHIPPER_H
#define TAILRACE_BENCH_SHIPPER_H

#include "base/buffer.h"

/* 2026-11-21T05:46:30.104572605Z stdout F {"k":1}
 * |0                             |31      |40     The body is taken from behind its brace. */
#define TIME_BYTES 30
#define STREAM_AT 31
#define STREAM_BYTES 6
#define BODY_AT 41

struct shipper;

/* To 127.0.0.1; `level` is none, isal or zlib. */
struct shipper *shipper_open(const char *port, const char *level);

/* Calls `line` for each whole line of the file, without its line feed. */
void ship_file(const char *path, void (*line)(void *owner, struct slice line), void *owner);

/* What of the body goes on the wire; lent until the next call. */
struct slice squeeze(struct shipper *s, struct slice body);
bool is_squeezing(const struct shipper *s);

/* Sends head and body, and reads an answer of 200, whole when `end` has come in it. */
void ship(struct shipper *s, struct slice head, struct slice body, const char *end);

#endif
