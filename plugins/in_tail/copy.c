#include "plugins/in_tail/tail.h"

#include <unistd.h>
#include <uv.h>

/*
 * What copytruncate made of a log that was truncated: the file beside it that has what was read of it, or
 * a beginning of that, where the rest came between copying and truncating.
 *
 * Goes wrong: it does not show yet, or cannot be read now; files are renamed while one looks (TRIES_MAX).
 */

/* Rotation may be under way while the generations are looked at. */
#define TRIES_MAX 5

/* What it has, decompressed; where that is not known it is read through. */
static int64_t copy_measure(const struct generation *g, int fd)
{
    uint64_t bytes = generation_bytes(g);
    struct file_reader reader;
    int64_t measured;

    if (bytes != UINT64_MAX)
        return (int64_t)bytes;
    file_reader_init(&reader, fd, g->is_gzip);
    measured = file_reader_measure(&reader);
    file_reader_fini(&reader);
    return measured;
}

/* Has what was read of the file, up to where it was read. */
static bool is_whole_copy(const struct tail_file *f, const struct generation *g, int fd)
{
    struct file_reader reader;
    bool is_it;

    file_reader_init(&reader, fd, g->is_gzip);
    is_it = file_reader_seek_known(&reader, f->source.state.read, f->known.tail_print) == 0;
    file_reader_fini(&reader);
    return is_it;
}

/* Whether it begins as what was read did: of a short one, as far as can be told. */
static bool may_be_copy(const struct tail_file *f, const struct generation *g)
{
    struct slice head = slice_make(g->head, g->head_len);

    return file_content_match(&f->known.identity, head) ||
           file_content_is_cut(&f->known.identity, head);
}

/* 1, 0 or negative: whether it has all that was read; or else, when `may_be_cut`, a beginning of it, as
 * the rest came between copying and truncating. */
static int copy_look(const struct tail_file *f, const struct generation *g, int fd, bool may_be_cut,
                     uint64_t *bytes_out)
{
    int64_t bytes;

    if (!may_be_copy(f, g))
        return 0;
    bytes = copy_measure(g, fd);
    if (bytes < 0)
        return (int)bytes;
    *bytes_out = (uint64_t)bytes;
    if (bytes == 0) /* its size was seen before its first bytes came: it is being written */
        return UV_EAGAIN;
    if ((uint64_t)bytes < f->source.state.read)
        return may_be_cut;
    return !may_be_cut && is_whole_copy(f, g, fd);
}

/* A descriptor, or negative: UV_EINTR when the name leads to another file by now. */
static int copy_try(const struct tail_file *f, const struct generation *g, bool may_be_cut,
                    struct tail_copy *copy)
{
    struct file_facts facts;
    uint64_t bytes = 0;
    int fd, rc;

    if (g->is_current)
        return UV_ENOENT;
    if (g->trouble != 0)
        return UV_EAGAIN;
    fd = file_open_read(g->path);
    if (fd < 0)
        return fd == UV_ENOENT ? UV_EINTR : UV_EAGAIN;
    if (file_facts_read(fd, &facts) < 0 || !file_id_equal(&facts.id, &g->id)) {
        close(fd);
        return UV_EINTR;
    }
    rc = copy_look(f, g, fd, may_be_cut, &bytes);
    if (rc > 0) {
        *copy = (struct tail_copy){.path = mem_text(g->path), .bytes = bytes};
        return fd;
    }
    close(fd);
    return rc < 0 ? UV_EAGAIN : UV_ENOENT;
}

/* The newest that fits; whole ones first. */
static int copy_find(const struct tail_file *f, struct tail_copy *copy)
{
    struct generations siblings;
    int rc = generations_read(f->log.real_path, &siblings), fd = UV_ENOENT;

    if (rc < 0)
        return rc == UV_ENOENT ? rc : UV_EAGAIN;
    for (unsigned may_be_cut = 0; may_be_cut < 2 && fd < 0 && fd != UV_EINTR; may_be_cut++)
        for (size_t i = siblings.count; i-- > 0 && fd < 0 && fd != UV_EINTR;) {
            rc = copy_try(f, &siblings.items[i], may_be_cut, copy);
            if (rc >= 0 || rc == UV_EINTR || fd == UV_ENOENT)
                fd = rc;
        }
    generations_free(&siblings);
    return fd;
}

int tail_copy_open(const struct tail_file *f, struct tail_copy *copy)
{
    int fd = UV_EINTR;

    for (unsigned tries = 0; tries < TRIES_MAX && fd == UV_EINTR; tries++)
        fd = copy_find(f, copy);
    return fd == UV_EINTR ? UV_EAGAIN : fd;
}
