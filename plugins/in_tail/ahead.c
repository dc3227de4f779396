#include "plugins/in_tail/ahead.h"

#include "plugins/in_tail/guest.h"
#include "plugins/in_tail/known.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/want.h"

#include <uv.h>

/*
 * One read for two questions: whether the bytes before the place where reading stands are what they
 * were, and what comes after them.
 *
 *         begin                  state.read                 size
 *   --------|---- the print's ------|-------- unread ---------|
 *                 |--- from: of an unfinished line, or state.read
 *
 * What was read when the file was looked at is what its lines are taken from, so that nothing can be
 * truncated between the two. It is kept until the file was read or its turn is over, in the buffer of
 * all reads.
 *
 * What a laggard reads stands before all that, and has no print of its own: the file's print is looked at
 * after it was read.
 */

/* Whether a look at it is going to be followed by a read. */
static bool is_about_to_read(const struct tail_file *f, uint64_t size)
{
    return !f->source.reader.is_gzip && size > f->source.state.read && f->turn.pace.due_us == 0 &&
           f->turn.first.waits == 0 && tail_file_has_room(f) && !tail_file_is_paused(f);
}

static struct file_print print_before(const struct tail_file *f)
{
    return f->source.state.read == 0 ? f->known.identity.head : f->known.tail_print;
}

static bool is_there(struct file_print print, struct slice bytes, uint64_t at)
{
    if (at > bytes.len)
        return print.len == 0;
    return file_print_begins(print, slice_skip(bytes, (size_t)at));
}

bool tail_ahead_look(struct tail_file *f, uint64_t size)
{
    struct tail_reading *r = &f->tail->reading;
    struct file_print print = print_before(f);
    uint64_t from = tail_source_next(&f->source), read = f->source.state.read;
    uint64_t print_at = read == 0 ? 0 : read - print.len;
    uint64_t begin = from < print_at ? from : print_at, end;
    int64_t got;

    tail_ahead_forget(f->tail);
    if (UNLIKELY(read > 0 && tail_file_is_known_by_head(f)))
        return tail_file_is_rewritten(f);
    if (!is_about_to_read(f, size) || print.len > (read > 0 ? read : FILE_HEAD_BYTES_MAX))
        return tail_file_is_rewritten(f);
    end = from + tail_bytes_wanted(f, from, size);
    if (end < print_at + print.len)
        return tail_file_is_rewritten(f);
    buffer_clear(&r->bytes);
    got = file_read_at(f->source.fd, buffer_reserve(&r->bytes, (size_t)(end - begin)),
                       (size_t)(end - begin), begin);
    if (got < 0) /* the read says why */
        return false;
    buffer_commit(&r->bytes, (size_t)got);
    if (!is_there(print, buffer_view(&r->bytes), print_at - begin))
        return true;
    r->file = f;
    r->begin = begin;
    return false;
}

int tail_ahead_prove(struct tail_file *f, struct tail_file *of, uint64_t size)
{
    struct tail_reading *r = &f->tail->reading;
    uint64_t from = tail_source_next(&f->source);
    size_t want = tail_bytes_wanted(f, from, size);
    int64_t got;

    CHECK(f->source.fd == of->source.fd);
    tail_ahead_forget(f->tail);
    if (f->source.reader.is_gzip)
        return 1;
    buffer_clear(&r->bytes);
    got = file_read_at(f->source.fd, buffer_reserve(&r->bytes, want), want, from);
    if (got < 0)
        return (int)got;
    buffer_commit(&r->bytes, (size_t)got);
    if (!tail_file_is_as_read(of))
        return 0;
    r->file = f;
    r->begin = from;
    return 1;
}

void tail_ahead_forget(struct tail *t)
{
    t->reading.file = NULL;
}

/* Straight from the file: there is nothing before it at hand. */
static int64_t bytes_read(struct tail_file *f, uint64_t from, size_t want)
{
    struct tail_reading *r = &f->tail->reading;
    int64_t got;

    tail_ahead_forget(f->tail);
    buffer_clear(&r->bytes);
    buffer_reserve(&r->bytes, want);
    if (file_reader_seek(&f->source.reader, from) < 0)
        return UV_EIO;
    got = file_reader_read(&f->source.reader, r->bytes.data, want);
    if (got > 0)
        buffer_commit(&r->bytes, (size_t)got);
    return got;
}

int64_t tail_ahead_take(struct tail_file *f, uint64_t from, size_t want, size_t *before_out)
{
    struct tail_reading *r = &f->tail->reading;
    size_t before;

    *before_out = 0;
    if (r->file != f || from < r->begin || from - r->begin > r->bytes.len)
        return bytes_read(f, from, want);
    tail_ahead_forget(f->tail);
    before = (size_t)(from - r->begin);
    if (r->bytes.len - before > want) /* it may be read more slowly since */
        r->bytes.len = before + want;
    *before_out = before;
    return (int64_t)(r->bytes.len - before);
}
