#include "plugins/in_tail/held.h"

#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/reach.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/twin.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/*
 * Files that lost their name, and what becomes of those that held_limit has no room for.
 *
 *   on_held_look   how many bytes of deleted files are owed; the book says who must go; one of which
 *                  gzip made another file goes on there (twin.c)
 *   tail_loss_begin  a file goes: its unread rest is counted beside the loop, slice by slice
 *   loss_end       counted, said, closed: only now the disk gets its room back
 *
 * Goes wrong: the rest cannot be read, or there is no descriptor for that (its bytes are counted, and
 * its lines as far as they were read, and that is said); we are stopped while
 * counting (the log says what is known).
 */

/* A job counts so much, then makes room for others. */
#define LOSS_SLICE_BYTES ((uint64_t)16 << 20)

struct tail_loss {
    struct list link;  /* in tail.losses */
    struct tail *tail; /* NULL: stopped, nobody waits for it */
    char *path;
    struct file_rest rest;
    uint64_t bytes_min; /* as the file's size says */
    int status;
};

/* ---- which files ---- */

/* Bytes that it keeps on the disk for us alone. Of gzip it is all or nothing: what part of it was
 * acknowledged cannot be told in stored bytes. */
static uint64_t file_held_bytes(const struct tail_file *f)
{
    uint64_t settled = tail_file_settled(f), size;
    struct file_facts facts;

    if (file_facts_read(f->source.fd, &facts) < 0 || facts.link_count > 0)
        return 0;
    size = file_reader_size(&f->source.reader, facts.size_bytes);
    if (f->source.reader.is_gzip)
        return size > settled ? facts.size_bytes : 0;
    return size > settled ? size - settled : 0;
}

static void on_go(struct held_file *held)
{
    struct tail_file *f = CONTAINER_OF(held, struct tail_file, ending.held);

    CHECK(f->tail != NULL && f->source.fd >= 0 && f->readers.laggard == NULL);
    if (f->source.way == NULL && f->ending.copies == NULL && !tail_twin_seek(f))
        tail_file_let_go(f);
}

/* Whether the file is one that may have to go. While memory is full nobody has asked the plan yet
 * whether it is rotated. */
static bool file_count_held(struct tail_file *f)
{
    if (f->source.fd < 0 || (f->log.name != NULL && !f->source.state.is_rotated)) {
        held_remove(&f->ending.held);
        return false;
    }
    if (f->ending.twin != NULL || f->ending.copies != NULL || f->source.way != NULL)
        return true;
    f->ending.held.bytes = file_held_bytes(f);
    if (!list_is_linked(&f->ending.held.link)) {
        f->ending.held.rotated_ms =
            f->source.state.is_rotated ? f->source.state.rotated_ms : clock_ms();
        f->ending.held.go = on_go;
        held_add(f->tail->input->held, &f->ending.held);
    }
    return true;
}

static void on_held_look(void *owner)
{
    struct tail *t = owner;
    bool is_any = false;

    LIST_FOR (it, &t->followed.files)
        is_any |= file_count_held(CONTAINER_OF(it, struct tail_file, link));
    if (!is_any)
        return;
    timer_start(t->timers.held_look, FOLLOW_LOOK_MS);
    held_settle(t->input->held);
}

void tail_held_watch(struct tail *t)
{
    if (t->is_stopping || t->input->held == NULL)
        return;
    if (t->timers.held_look == NULL)
        t->timers.held_look = timer_new(t->input->loop, on_held_look, t);
    timer_start_sooner(t->timers.held_look, FOLLOW_LOOK_MS);
}

void tail_held_stop(struct tail *t)
{
    timer_free(&t->timers.held_look);
    LIST_FOR (it, &t->followed.files)
        held_remove(&CONTAINER_OF(it, struct tail_file, link)->ending.held);
}

/* ---- what is lost ---- */

static void loss_free(struct tail_loss *loss)
{
    list_remove(&loss->link);
    file_rest_fini(&loss->rest);
    mem_free(loss->path);
    mem_free(loss);
}

static void loss_say(const struct tail_loss *loss, const char *component)
{
    const struct file_rest *rest = &loss->rest;

    if (loss->status < 0)
        log_warn(component,
                 "%s was deleted and is let go of, as files held together are above held_limit: "
                 "it cannot be read to its end (%s), so that %llu bytes and %llu lines or more of "
                 "it are missing; raise held_limit to hold more",
                 loss->path, strerror(-loss->status), (unsigned long long)rest->bytes,
                 (unsigned long long)rest->lines);
    else
        log_warn(component,
                 "%s was deleted and is let go of, as files held together are above held_limit: "
                 "%llu bytes, %llu lines of it were never read; raise held_limit to hold more",
                 loss->path, (unsigned long long)rest->bytes, (unsigned long long)rest->lines);
}

static void loss_end(struct tail_loss *loss)
{
    struct tail *t = loss->tail;
    struct input_metrics *m = &t->input->metrics;
    struct file_rest *rest = &loss->rest;

    CHECK(t != NULL);
    if (loss->status < 0 && rest->bytes < loss->bytes_min)
        rest->bytes = loss->bytes_min;
    m->held_dropped_bytes += rest->bytes;
    m->held_dropped_lines += rest->lines;
    m->lost_bytes += rest->bytes;
    if (rest->bytes > 0)
        loss_say(loss, t->told.component);
    loss_free(loss);
}

/* On a worker. */
static void loss_count(void *owner)
{
    struct tail_loss *loss = owner;

    loss->status = file_rest_count(&loss->rest, LOSS_SLICE_BYTES);
}

static void on_counted(void *owner)
{
    struct tail_loss *loss = owner;

    CHECK((loss->tail == NULL) == !list_is_linked(&loss->link));
    if (loss->tail == NULL)
        loss_free(loss);
    else if (loss->status > 0)
        job_start(loss->tail->input->loop, loss_count, on_counted, loss);
    else
        loss_end(loss);
}

/* The unfinished line was read, and is lost with the others; so is what one output only was to read
 * again. */
void tail_loss_begin(struct tail_file *f, uint64_t bytes_min)
{
    struct tail_loss *loss = mem_zalloc(1, sizeof *loss);
    uint64_t begin = tail_file_reached(f);
    int fd = fcntl(f->source.fd, F_DUPFD_CLOEXEC, 0);

    CHECK(f->source.fd >= 0);
    loss->tail = f->tail;
    loss->path = mem_text(f->log.path);
    loss->bytes_min = bytes_min;
    loss->status = fd < 0 ? -errno : 0;
    file_rest_init(&loss->rest, fd, f->source.reader.is_gzip, begin);
    loss->rest.form = f->lines.form;
    loss->rest.is_inside_begun = f->lines.is_skipping && tail_file_unrepeated_bytes(f) == 0;
    list_add_tail(&f->tail->followed.losses, &loss->link);
    if (fd < 0)
        loss_end(loss);
    else
        job_start(f->tail->input->loop, loss_count, on_counted, loss);
}

/* Those that are being counted when we stop. */
void tail_losses_leave(struct tail *t)
{
    struct list *link;

    while ((link = list_take_first(&t->followed.losses)) != NULL) {
        struct tail_loss *loss = CONTAINER_OF(link, struct tail_loss, link);

        log_warn(t->told.component,
                 "%s was deleted and is let go of, as files held together are above held_limit: "
                 "%llu bytes or more of it were never read; raise held_limit to hold more",
                 loss->path, (unsigned long long)loss->bytes_min);
        loss->tail = NULL;
    }
}

/* Of lines that were never seen the number is not known; of one whose beginning was, it is. */
void tail_truncation_count(struct tail_file *f, uint64_t lost_bytes)
{
    struct input_metrics *m = &f->tail->input->metrics;

    m->lost_bytes += lost_bytes;
    m->truncated_dropped_bytes += lost_bytes;
    if (lost_bytes > 0 && lost_bytes == f->source.state.unfinished_bytes)
        m->truncated_dropped_lines++;
}
