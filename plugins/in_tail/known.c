#include "plugins/in_tail/known.h"

#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/open.h"
#include "plugins/in_tail/stream.h"
#include "plugins/in_tail/tail.h"

/* ---- numbers ---- */

/* While a file is open nobody else gets its number. */
static struct slice inode_key(const struct file_id *id, uint64_t words[2])
{
    words[0] = id->dev;
    words[1] = id->ino;
    return slice_make((const char *)words, 2 * sizeof *words);
}

struct tail_file *tail_inode_file(const struct tail *t, const struct file_id *id)
{
    uint64_t words[2];

    return map_get(&t->followed.inodes, inode_key(id, words));
}

struct tail_file *tail_file_named_else(const struct tail *t, const struct found_file *name)
{
    struct tail_file *f = tail_inode_file(t, &name->id);

    return f != NULL && f->log.name != NULL ? f : NULL;
}

void tail_inode_take(struct tail_file *f)
{
    uint64_t words[2];

    (void)map_put(&f->tail->followed.inodes, inode_key(&f->known.identity.id, words), f);
}

void tail_inode_leave(struct tail_file *f)
{
    uint64_t words[2];

    if (tail_inode_file(f->tail, &f->known.identity.id) == f)
        (void)map_remove(&f->tail->followed.inodes, inode_key(&f->known.identity.id, words));
}

/* ---- the bytes before the place where it is read ---- */

bool tail_file_is_known_by_head(const struct tail_file *f)
{
    return !f->source.reader.is_gzip && (f->source.state.read == 0 || f->known.tail_print.len == 0);
}

bool tail_file_is_rewritten(const struct tail_file *f)
{
    if (UNLIKELY(tail_file_is_known_by_head(f)))
        return file_tail_check(f->source.fd, f->known.identity.head.len, f->known.identity.head) ==
               0;
    return f->known.tail_print.len > 0 &&
           file_tail_check(f->source.fd, f->source.state.read, f->known.tail_print) == 0;
}

void tail_file_note_shrunk(struct tail_file *f, size_t head_bytes)
{
    struct file_facts facts;

    if (!f->source.reader.is_gzip && head_bytes < FILE_HEAD_BYTES_MAX &&
        head_bytes < f->source.state.size_before && file_state_read(f->source.fd, &facts) == 0)
        f->source.state.size_before = facts.size_bytes;
}

int64_t tail_still_ns(int64_t modified_ns)
{
    return clock_wall_ns() - modified_ns > FILE_TIME_STEP_MS * NS_PER_MS ? modified_ns : 0;
}

bool tail_file_is_as_read(struct tail_file *f)
{
    struct file_facts facts;

    if (file_state_read(f->source.fd, &facts) < 0)
        return false;
    tail_file_note_seen(f, facts.size_bytes);
    if (tail_file_is_rewritten(f))
        return false;
    return f->source.reader.is_gzip || facts.size_bytes >= f->source.state.read;
}

/* Of the bytes just read, while they are at hand: what stands there later may be others. */
struct file_print tail_print_of_end(const struct tail_file *f, struct slice bytes)
{
    if (f->source.reader.is_gzip)
        return (struct file_print){0};
    if (bytes.len > FILE_TAIL_BYTES_MAX)
        bytes = slice_skip(bytes, bytes.len - FILE_TAIL_BYTES_MAX);
    return file_print_of(bytes);
}

/* Few bytes tell little: those before them are added, if these are still there. */
void tail_print_lengthen(struct tail_file *f)
{
    struct file_print print;

    if (f->source.reader.is_gzip || f->known.tail_print.len == FILE_TAIL_BYTES_MAX ||
        f->known.tail_print.len == f->source.state.read)
        return;
    if (file_tail_print(f->source.fd, f->source.state.read, &print) < 0 ||
        tail_file_is_rewritten(f))
        return;
    f->known.tail_print = print;
}

/* ---- its first bytes ---- */

bool tail_head_check(struct tail_file *f, struct slice first)
{
    bool is_other;

    if (f->readers.laggard != NULL)
        return false;
    is_other = !file_print_begins(f->known.identity.head, first);
    if (is_other && f->source.state.read == 0 && !f->source.reader.is_gzip)
        return true;
    if (is_other && f->origin.id != 0) {
        tail_stream_renew(f);
        f->known.is_saved = false;
    }
    if (is_other || f->known.identity.head.len < FILE_HEAD_BYTES_MAX)
        file_identity_take(&f->known.identity, first);
    return is_other;
}

/* Other bytes are the follow plan's to notice. */
bool tail_head_look(struct tail_file *f)
{
    char head[FILE_HEAD_BYTES_MAX];
    struct slice first = tail_source_first(&f->source, head, sizeof head);

    CHECK(f->readers.laggard == NULL);
    if (first.len == 0)
        return false;
    if (file_print_begins(f->known.identity.head, first))
        file_identity_take(&f->known.identity, first);
    return true;
}

/* Its first bytes, as many as were seen of it. */
static size_t head_bytes(const struct tail_file *f)
{
    const struct follow_state *s = &f->source.state;
    uint64_t seen = s->read > s->size_before ? s->read : s->size_before;

    return seen < FILE_HEAD_BYTES_MAX ? (size_t)seen : FILE_HEAD_BYTES_MAX;
}

int tail_head_renew(struct tail_file *f)
{
    struct file_identity *identity = &f->known.identity;
    int rc;

    if (identity->head.len >= head_bytes(f) || f->source.reader.is_gzip ||
        f->source.state.read < identity->head.len)
        return 0;
    rc = file_head_renew(f->source.fd, head_bytes(f), identity);
    if (rc < 0)
        log_debug(f->tail->told.component, "the first bytes of %s cannot be read", f->log.path);
    return rc;
}

void tail_head_copied(struct tail_file *f)
{
    char head[FILE_HEAD_BYTES_MAX];
    struct slice first = tail_source_first(&f->source, head, sizeof head);

    if (first.len > 0)
        file_identity_take(&f->known.identity, first);
}

/* ---- its time ---- */

bool tail_file_is_too_old(const struct tail_file *f)
{
    struct follow_limits limits = {.ignore_older_ms = f->tail->told.files.ignore_older_ms};
    struct file_facts facts;

    if (limits.ignore_older_ms == 0 || file_state_read(f->source.fd, &facts) < 0)
        return false;
    return !follow_may_open(&limits, (clock_wall_ns() - facts.modified_ns) / NS_PER_MS);
}
