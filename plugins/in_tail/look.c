#include "plugins/in_tail/look.h"

#include "plugins/in_tail/again.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/lanes.h"
#include "plugins/in_tail/reach.h"
#include "plugins/in_tail/tail.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* How many files are shown: those with the most unread. */
#define SHOWN_MAX 20

/* A file as somebody looking sees it. */
struct sight {
    const struct tail_file *file;
    uint64_t size_bytes;
    uint64_t unread_bytes; /* not acknowledged by every output */
    uint64_t due_bytes;    /* of those: not read yet, or in chunks */
};

/* One that waits, for a descriptor or for leave: nothing of it was read. */
static bool file_look_unopened(const struct tail_file *f, struct sight *sight)
{
    struct stat facts;

    if (stat(f->log.path, &facts) < 0 || !S_ISREG(facts.st_mode))
        return false;
    *sight = (struct sight){
        .file = f, .size_bytes = (uint64_t)facts.st_size, .unread_bytes = (uint64_t)facts.st_size};
    return true;
}

static bool file_look(const struct tail_file *f, struct sight *sight)
{
    struct file_facts facts;
    uint64_t settled = tail_file_settled(f), size;

    if (f->source.fd < 0)
        return file_look_unopened(f, sight);
    if (file_state_read(f->source.fd, &facts) < 0)
        return false;
    size = file_reader_size(&f->source.reader, facts.size_bytes);
    if (f->ending.copies != NULL) /* what was truncated of it may be in its copy */
        size += f->source.state.size_before;
    *sight = (struct sight){
        .file = f, .size_bytes = size, .unread_bytes = size > settled ? size - settled : 0};
    if (f->source.trouble.code == 0 && f->origin.window.issued > settled)
        sight->due_bytes = f->origin.window.issued - settled;
    if (f->source.trouble.code == 0 && f->source.way == NULL && size > f->source.state.read)
        sight->due_bytes += size - f->source.state.read;
    return true;
}

void tail_refresh(void *self)
{
    struct tail *t = self;
    struct input_metrics *m = &t->input->metrics;
    struct positions_stats positions;

    if (t->book.positions != NULL) {
        positions_stats(t->book.positions, &positions);
        m->position_failures = positions.failures;
    }
    m->held_bytes = m->due_bytes = m->closed_files = 0;
    m->unread_bytes = tail_again_bytes(t);
    tail_lanes_refresh(t);
    LIST_FOR (it, &t->followed.files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);
        struct sight sight;

        if (!file_look(f, &sight))
            continue;
        if (f->source.fd >= 0)
            tail_file_note_seen(f, sight.size_bytes);
        m->unread_bytes += sight.unread_bytes;
        m->due_bytes += sight.due_bytes;
        m->closed_files += sight.file->source.fd < 0 || sight.file->source.trouble.code != 0;
        if (sight.file->log.name == NULL)
            m->held_bytes += sight.unread_bytes;
    }
}

/* ---- for the status page ---- */

/* Keeps the list sorted, the most unread first; what falls off its end is forgotten. */
static size_t sights_add(struct sight *sights, size_t count, struct sight sight)
{
    size_t at = count;

    CHECK(count <= SHOWN_MAX);
    while (at > 0 && sights[at - 1].unread_bytes < sight.unread_bytes)
        at--;
    if (at == SHOWN_MAX)
        return count;
    if (count == SHOWN_MAX)
        count--;
    memmove(&sights[at + 1], &sights[at], (count - at) * sizeof *sights);
    sights[at] = sight;
    return count + 1;
}

static const char *file_note(const struct tail_file *f)
{
    if (f->source.trouble.code != 0)
        return strerror(-f->source.trouble.code);
    if (f->source.fd < 0)
        return "waits to be opened";
    return f->log.name == NULL ? "rotated or deleted" : "";
}

static void sight_write(const struct sight *sight, struct buffer *out)
{
    buffer_append_text(out, "{\"path\":");
    json_write_text(out, slice_of(sight->file->log.path));
    buffer_append_format(out, ",\"size_bytes\":%" PRIu64 ",\"unread_bytes\":%" PRIu64 ",\"note\":",
                         sight->size_bytes, sight->unread_bytes);
    json_write_text(out, slice_of(file_note(sight->file)));
    buffer_append_byte(out, '}');
}

void tail_describe(const void *self, struct buffer *out)
{
    const struct tail *t = self;
    struct sight sights[SHOWN_MAX + 1];
    size_t count = 0, file_count = 0;

    LIST_FOR (it, (struct list *)&t->followed.files) {
        struct sight sight;

        if (!file_look(CONTAINER_OF(it, struct tail_file, link), &sight))
            continue;
        file_count++;
        count = sights_add(sights, count, sight);
    }
    buffer_append_text(out, "{\"name\":");
    json_write_text(out, slice_of(t->input->name));
    buffer_append_format(out, ",\"file_count\":%zu,\"files\":[", file_count);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_byte(out, ',');
        sight_write(&sights[i], out);
    }
    buffer_append_text(out, "]}");
}
