/*
 * A reader gives the bytes of one log file, plain or gzip, by offset.
 *
 * Offsets count decompressed bytes, so a position in `0.log` is the same in the `0.log.gz` that
 * is made of it. A gzip file may have several members, and may still grow.
 *
 * Life     reader_init -> read* -> reader_fini, which leaves the descriptor open.
 * Thread   its owner's.
 * Limits   a plain reader holds no memory. A gzip reader holds about 60 KiB while it stands inside
 *          a member, and a copy of what was read last: going back within that is free, going back
 *          further in gzip reads from the beginning. A read takes 32 times its length of packed bytes at
 *          most, and a mebibyte: what has more of them is damaged.
 */
#ifndef TAILRACE_FILE_READER_H
#define TAILRACE_FILE_READER_H

#include "file/identity.h"

struct gzip_stream;

struct file_reader {
    int fd;
    bool is_gzip;
    uint64_t offset;          /* of the next byte to read */
    struct gzip_stream *gzip; /* NULL until it is read, and for plain files */
};

/* At offset 0. `is_gzip` as file_is_gzip said. */
void file_reader_init(struct file_reader *r, int fd, bool is_gzip);
void file_reader_fini(struct file_reader *r);

/* Whether it is read through gzip: the name ends in .gz and the content begins as gzip does. An
 * empty file named so counts as one. Negative: it could not be read. */
MUST_USE int file_is_gzip(int fd, const char *path);

/* The bytes that came; 0 at the end, for now. UV_EIO and others from the system; UV_EBADMSG when
 * the gzip data is damaged, and again on every further try. A mebibyte of it of which nothing comes is
 * damage. */
MUST_USE int64_t file_reader_read(struct file_reader *r, char *buf, size_t len);

/* The next read begins at `offset`; UV_ERANGE when a gzip file ends before it, or UV_EBADMSG. */
MUST_USE int file_reader_seek(struct file_reader *r, uint64_t offset);

/* The same in slices: 1 when about `bytes_max` were passed, plain or packed, and it is further, to be asked
 * again; of gzip only is there anything to pass. */
MUST_USE int file_reader_seek_some(struct file_reader *r, uint64_t offset, uint64_t bytes_max);

/* As file_reader_seek_some to `next`; at last it has read on to `read`, at once, so that going back to
 * `next` is free. */
MUST_USE int file_reader_stand(struct file_reader *r, uint64_t next, uint64_t read,
                               uint64_t bytes_max);

/* How many packed bytes were read since the beginning, for who works in slices; 0 of a plain file. */
uint64_t file_reader_packed(const struct file_reader *r);

/* Whether the seek costs nothing: of gzip nothing is to be inflated for it. */
bool file_reader_is_near(const struct file_reader *r, uint64_t offset);

/* As file_reader_seek, where the bytes before the offset were printed; one of which nothing was has len 0.
 * UV_ERANGE as well when they are others by now. */
MUST_USE int file_reader_seek_known(struct file_reader *r, uint64_t offset,
                                    struct file_print before);

/* Reads on to the end: how many decompressed bytes there are, or negative. Damaged data ends where the
 * damage begins. */
MUST_USE int64_t file_reader_measure(struct file_reader *r);

/* How many decompressed bytes there are as far as one can say without reading, when the file itself
 * has `file_bytes`: for gzip, at the end what was read; before it, one more; 0 when it was cut.
 * Damaged data ends where the damage begins. */
uint64_t file_reader_size(const struct file_reader *r, uint64_t file_bytes);

/* The first bytes, decompressed, wherever the reader stands; their number, or negative. UV_EBADMSG as well
 * when they do not come of the first 64 KiB of gzip, zeros between members not counted. */
MUST_USE int64_t file_head_read(int fd, bool is_gzip, char *buf, size_t len);

#endif
