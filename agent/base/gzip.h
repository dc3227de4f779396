/*
 * gzip, both ways.
 *
 * Compressing is at level 1: on log documents the higher levels save some percent of the bytes for
 * several times the processor's work. ISA-L does it where the build found it, zlib elsewhere.
 * Measured on 5 MB of bulk documents: 1.9 ms and 304 kB with ISA-L, 10.8 ms and 335 kB with zlib;
 * asking for the working memory anew each time does not show. A text may come in pieces: as one
 * that is never whole in memory, 2 MB in steps of 64 KiB took 0.7 ms where copying it together first
 * made it 1.7, and 3 % more bytes.
 *
 * Decompressing goes step by step, in bounded memory, for log files that were rotated into .gz.
 * Members one after the other are one text, as gzip itself reads them.
 *
 * Life     gzip_packer_new -> gzip_packer_add* -> gzip_packer_end;
 *          gunzip_new -> gunzip_step* -> gunzip_free. Thread: its owner's; gzip_compress any.
 */
#ifndef TAILRACE_BASE_GZIP_H
#define TAILRACE_BASE_GZIP_H

#include "base/buffer.h"

#define GZIP_PLAIN_BYTES_MAX ((size_t)1 << 30)

/* Appends one gzip member to `out`, and keeps no room to spare. -E2BIG past the limit. */
MUST_USE int gzip_compress(struct slice plain, struct buffer *out);

struct gzip_packer;

/* Appends one gzip member to `out`, which is lent until gzip_packer_end. */
struct gzip_packer *gzip_packer_new(struct buffer *out);

/* The piece is free to go when this returns. Each costs something: some KiB are a good length. */
void gzip_packer_add(struct gzip_packer *packer, struct slice piece);

/* Writes the member's end, and keeps no room to spare. Takes the packer and leaves NULL. */
void gzip_packer_end(struct gzip_packer **packer);

struct gunzip;

struct gunzip *gunzip_new(void);
void gunzip_free(struct gunzip **gunzip);

/* Reads from the front of `packed` and cuts off what it has read; writes at most `room` bytes and
 * says how many. Call it until `packed` is empty and less than `room` came. -EBADMSG: the bytes
 * are no gzip, or damaged; what was written before is good. */
MUST_USE int gunzip_step(struct gunzip *gunzip, struct slice *packed, char *into, size_t room,
                         size_t *written);

/* Cuts off zeros, with which members may be padded, as on a tape; gunzip_step does so itself. */
void gunzip_skip_padding(struct slice *packed);

/* Whether the bytes so far end where a member ends: otherwise the file is cut short. */
bool gunzip_is_whole(const struct gunzip *gunzip);

#endif
