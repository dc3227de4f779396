#include "plugins/in_tail/tail.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

/*
 * One file, followed.
 *
 *   tail_file_open    identity, bookmark, tag
 *   tail_file_touch   there may be bytes: into the list of ready files
 *   on_work           takes ready files in turn, a few reads each
 *   file_step         asks the plan what to do next, and does it
 *   tail_file_close   no more reading; the origin lives on until its last ack
 *
 * Goes wrong: it cannot be opened or read (said once, tried again, counted); it shrinks (begins
 * again); memory is full (waits for room, and is not read meanwhile: the file is the buffer).
 */

/* ---- the origin ---- */

static struct tail_file *file_of(struct origin *origin)
{
    return CONTAINER_OF(origin, struct tail_file, origin);
}

static void origin_settled(struct origin *origin)
{
    struct tail_file *f = file_of(origin);

    if (f->tail == NULL)
        return;
    tail_bookmark_save(f);
    if (f->state.is_rotated)
        tail_file_touch(f);
}

static void origin_free(struct origin *origin)
{
    struct tail_file *f = file_of(origin);

    origin_fini(origin);
    mem_free(f->path);
    mem_free(f->real_path);
    mem_free(f);
}

static const struct origin_ops origin_ops = {.settled = origin_settled, .free = origin_free};

/* ---- opening and closing ---- */

static int file_identify(struct tail_file *f)
{
    struct file_facts facts;
    int rc = file_facts_read(f->fd, &facts);

    if (rc < 0)
        return rc;
    if (!facts.is_regular)
        return UV_EINVAL;
    f->identity.id = facts.id;
    rc = file_is_gzip(f->fd, f->real_path);
    if (rc < 0)
        return rc;
    file_reader_init(&f->reader, f->fd, rc > 0);
    return 0;
}

static void file_trouble(struct tail *t, struct tail_file *f, int code)
{
    t->input->metrics.read_errors++;
    file_trouble_note(&f->trouble, t->component, f->path, code);
}

static bool is_too_old(const struct tail *t, int fd)
{
    struct follow_limits limits = {.ignore_older_ms = t->options.ignore_older_ms};
    struct file_facts facts;

    if (limits.ignore_older_ms == 0 || file_facts_read(fd, &facts) < 0)
        return false;
    return !follow_may_open(&limits, (clock_wall_ns() - facts.modified_ns) / NS_PER_MS);
}

static struct tail_file *file_new(struct tail *t, const char *path, struct found_file *name)
{
    struct tail_file *f = mem_zalloc(1, sizeof *f);
    char *tag = tail_tag(t, path);

    origin_init(&f->origin, &origin_ops, slice_of(tag), 0);
    mem_free(tag);
    f->origin.metrics = &t->input->metrics;
    f->origin.budget = t->input->budget;
    f->tail = t;
    f->name = name;
    f->path = mem_text(path);
    f->real_path = mem_text(name != NULL ? name->real : path);
    f->fd = -1;
    list_init(&f->ready_link);
    list_add_tail(&t->files, &f->link);
    return f;
}

static void file_form_find(struct tail_file *f)
{
    char head[4];
    int64_t len;

    if (f->tail->encoding == NULL)
        return;
    len = file_head_read(f->fd, f->reader.is_gzip, head, sizeof head);
    f->form = encoding_form(f->tail->encoding, slice_make(head, len > 0 ? (size_t)len : 0));
}

static void file_begin_at(struct tail_file *f, uint64_t offset)
{
    window_init(&f->origin.window, offset);
    f->state = (struct follow_state){
        .read = offset, .settled = offset, .size_before = offset, .grown_ms = clock_ms()};
    f->tail->input->metrics.files_opened++;
}

/* Opens the file that `f` was made for. UV_ECANCELED: too old; else negative: not now. */
static int file_open(struct tail_file *f)
{
    struct tail *t = f->tail;
    uint64_t offset;
    int rc;

    f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0)
        return -errno;
    if (is_too_old(t, f->fd))
        return UV_ECANCELED;
    rc = file_identify(f);
    if (rc < 0)
        return rc;
    offset = tail_bookmark_find(f, t->is_first_scan_over);
    if (file_reader_seek(&f->reader, offset) < 0)
        offset = 0;
    file_form_find(f);
    file_begin_at(f, offset);
    file_trouble_over(&f->trouble, t->component, f->path);
    return 0;
}

/* It failed to open: the entry waits, and every touch tries again. */
static void file_unopen(struct tail_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

struct tail_file *tail_file_open(struct tail *t, const char *path, struct found_file *name)
{
    struct tail_file *f = file_new(t, path, name);
    int rc = file_open(f);

    if (rc < 0)
        file_unopen(f);
    if (rc == UV_ECANCELED) {
        tail_file_close(f);
        return NULL;
    }
    if (rc < 0)
        file_trouble(t, f, rc);
    tail_file_touch(f);
    return f;
}

/* A generation that lies beside the log: read to its end like one that was rotated under our eyes. */
void tail_file_open_generation(struct tail *t, const char *log_path, const struct tail_start *start)
{
    struct tail_file *f = file_new(t, log_path, NULL);

    MEM_FREE(&f->real_path);
    f->real_path = mem_text(start->path);
    f->fd = open(start->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (f->fd < 0 || file_identify(f) < 0 || file_reader_seek(&f->reader, start->offset) < 0) {
        log_warn(t->component, "%s cannot be read", start->path);
        file_unopen(f);
        tail_file_close(f);
        return;
    }
    tail_bookmark_take(f, start);
    file_form_find(f);
    file_begin_at(f, start->offset);
    tail_file_touch(f);
}

/* The same descriptor from its beginning, as a file of its own: acks of what was read before it was
 * truncated go to the old one, which nobody saves any more. */
static void file_restart(struct tail_file *f, uint64_t lost_bytes)
{
    struct tail *t = f->tail;
    struct found_file *name = f->name;
    struct tail_file *again;

    log_info(t->component, "%s was truncated; it is read from its beginning%s", f->path,
             lost_bytes > 0 ? ", and some of what it held was never read" : "");
    t->input->metrics.lost_bytes += lost_bytes;
    again = file_new(t, f->path, name);
    again->fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);
    f->name = NULL;
    tail_bookmark_forget(f);
    tail_file_close(f);
    if (name != NULL)
        name->user = again;
    if (again->fd < 0 || file_identify(again) < 0) {
        file_unopen(again);
        tail_file_touch(again);
        return;
    }
    tail_bookmark_begin(again);
    file_form_find(again);
    file_begin_at(again, 0);
    tail_file_touch(again);
}

void tail_file_close(struct tail_file *f)
{
    struct origin *origin = &f->origin;

    if (f->fd >= 0) {
        file_reader_fini(&f->reader);
        tail_bookmark_end(f);
        close(f->fd);
        f->fd = -1;
        f->tail->input->metrics.files_closed++;
    }
    if (f->name != NULL)
        f->name->user = NULL;
    joiner_free(&f->joiner);
    list_remove(&f->ready_link);
    list_remove(&f->link);
    f->tail = NULL;
    origin_unref(&origin);
}

void tail_file_unname(struct tail_file *f)
{
    f->name = NULL;
    tail_file_touch(f);
}

void tail_file_touch(struct tail_file *f)
{
    struct tail *t = f->tail;

    if (list_is_linked(&f->ready_link) || t->is_stopping)
        return;
    list_add_tail(&t->ready, &f->ready_link);
    if (!t->is_waiting_for_room && !timer_is_on(t->work))
        timer_start(t->work, 0);
}

/* ---- reading ---- */

/* The bytes before `end` are in chunks, or are nothing; but not those of lines that wait. */
static void file_advance(struct tail_file *f, uint64_t end)
{
    end = tail_lines_end(f, end);
    if (!f->is_skipping && f->origin.window.issued < end)
        window_advance(&f->origin.window, end);
}

/* Reads once and takes the lines out. Bytes that came, 0 at the end, or negative. */
static int64_t file_read(struct tail_file *f, bool is_last)
{
    struct tail *t = f->tail;
    size_t line_max = (size_t)t->options.line_bytes_max + 1;
    size_t want = line_max > TAIL_READ_BYTES ? line_max : TAIL_READ_BYTES;
    uint64_t from = f->state.read - f->state.unfinished_bytes;
    size_t taken;
    int64_t got;

    buffer_clear(&t->bytes);
    buffer_reserve(&t->bytes, want);
    if (file_reader_seek(&f->reader, from) < 0)
        return UV_EIO;
    got = file_reader_read(&f->reader, t->bytes.data, want);
    if (got < 0)
        return got;
    taken = tail_lines_take(f, slice_make(t->bytes.data, (size_t)got), from, is_last);
    t->input->metrics.read_bytes += taken;
    f->state.read = from + (uint64_t)got;
    f->tail_print = (struct file_print){0};
    f->state.unfinished_bytes = (uint64_t)got - taken;
    if (taken > 0)
        f->state.grown_ms = clock_ms();
    if (f->is_skipping && is_last)
        f->is_skipping = false;
    if (is_last)
        tail_lines_flush(f, true);
    file_advance(f, from + taken);
    if (f->origin.window.count == 0)
        tail_bookmark_save(f);
    return (int64_t)taken;
}

static bool is_rewritten(const struct tail_file *f)
{
    return f->tail_print.len > 0 && file_tail_check(f->fd, f->state.read, f->tail_print) == 0;
}

/* What the plan needs to know. Negative when the file cannot be looked at. */
static int file_look(struct tail_file *f, struct follow_seen *seen)
{
    struct file_facts facts;
    int rc = file_facts_read(f->fd, &facts);

    if (rc < 0)
        return rc;
    f->state.settled = f->origin.window.settled;
    if (facts.size_bytes > f->state.size_before)
        f->state.size_before = facts.size_bytes;
    *seen = (struct follow_seen){
        .now_ms = clock_ms(),
        .size = file_reader_size(&f->reader, facts.size_bytes),
        .is_rewritten = is_rewritten(f),
        .is_named = f->name != NULL && facts.link_count > 0,
        .has_room = budget_has_room(f->tail->input->budget),
        .age_ms = (clock_wall_ns() - facts.modified_ns) / NS_PER_MS,
    };
    return 0;
}

/* Not later than in `wait_ms`; 0: no need to. */
static void look_again(struct tail_file *f, uint64_t wait_ms)
{
    uint64_t now = clock_ms();

    if (wait_ms == 0 || (f->look_ms > now && f->look_ms <= now + wait_ms))
        return;
    f->look_ms = now + wait_ms;
    timer_start_sooner(f->tail->look, wait_ms);
}

/* At the end of the file: remembers the bytes before it, to tell a rewritten file by. */
static void file_rest(struct tail_file *f, uint64_t wait_ms)
{
    if (!f->reader.is_gzip && file_tail_print(f->fd, f->state.read, &f->tail_print) < 0)
        f->tail_print = (struct file_print){0};
    look_again(f, wait_ms);
    if (f->joiner == NULL)
        return;
    tail_lines_flush(f, false);
    file_advance(f, f->state.read - f->state.unfinished_bytes);
    if (f->joiner != NULL)
        look_again(f, joiner_due_ms(f->joiner) - clock_ms() + 1);
}

static void wait_for_room(struct tail *t)
{
    if (t->is_waiting_for_room)
        return;
    t->is_waiting_for_room = true;
    budget_wait(t->input->budget, &t->waiter);
}

/* What came of one step: whether the file has more to do now. */
enum file_next {
    FILE_GOES_ON,
    FILE_RESTS,
    FILE_NEEDS_ROOM,
    FILE_IS_GONE, /* the pointer is not good any more */
};

static enum file_next file_read_step(struct tail_file *f, bool is_last)
{
    int64_t taken = file_read(f, is_last);

    if (taken < 0) {
        file_trouble(f->tail, f, (int)taken);
        look_again(f, f->trouble.wait_ms);
        return FILE_RESTS;
    }
    if (taken == 0 && !is_last && f->state.unfinished_bytes > 0 && f->reader.is_gzip)
        return FILE_RESTS;
    return FILE_GOES_ON;
}

static struct follow_limits limits_of(const struct tail *t)
{
    return (struct follow_limits){
        .rotate_wait_ms = t->options.rotate_wait_ms,
        .ignore_older_ms = t->options.ignore_active_older ? 0 : t->options.ignore_older_ms,
    };
}

static enum file_next file_step(struct tail_file *f)
{
    struct follow_limits limits = limits_of(f->tail);
    struct follow_seen seen;
    struct follow_step step;
    int rc = file_look(f, &seen);

    if (rc < 0) {
        file_trouble(f->tail, f, rc);
        return FILE_RESTS;
    }
    step = follow_plan(&f->state, &seen, &limits);
    switch (step.move) {
    case FOLLOW_WAIT:
        file_rest(f, step.wait_ms);
        return seen.has_room ? FILE_RESTS : FILE_NEEDS_ROOM;
    case FOLLOW_READ:
        return file_read_step(f, false);
    case FOLLOW_FINISH_LINE:
        return file_read_step(f, true);
    case FOLLOW_RESTART:
        file_restart(f, step.lost_bytes);
        return FILE_IS_GONE;
    case FOLLOW_MARK_ROTATED:
        f->state.is_rotated = true;
        f->state.rotated_ms = seen.now_ms;
        f->tail->input->metrics.files_rotated++;
        tail_bookmark_save(f);
        return FILE_GOES_ON;
    case FOLLOW_MARK_NAMED:
        f->state.is_rotated = false;
        return FILE_GOES_ON;
    case FOLLOW_LET_GO:
        log_warn(f->tail->component, "%s is let go of: %llu bytes of it were never read", f->path,
                 (unsigned long long)step.lost_bytes);
        f->tail->input->metrics.lost_bytes += step.lost_bytes;
        /* fall through */
    case FOLLOW_CLOSE:
    case FOLLOW_CLOSE_OLD:
        if (f->joiner != NULL) {
            tail_lines_flush(f, true);
            file_advance(f, f->state.read);
            return FILE_RESTS;
        }
        f->is_done = true;
        tail_file_close(f);
        return FILE_IS_GONE;
    }
    return FILE_RESTS;
}

/* ---- whose turn it is ---- */

/* An entry that could not be opened, when it is time to try again. */
static bool file_reopen(struct tail_file *f)
{
    int rc;

    if (!file_trouble_may_try(&f->trouble))
        return false;
    rc = file_open(f);
    if (rc == 0)
        return true;
    file_unopen(f);
    if (f->name == NULL || rc == UV_ECANCELED) {
        tail_file_close(f);
        return false;
    }
    file_trouble(f->tail, f, rc);
    look_again(f, f->trouble.wait_ms);
    return false;
}

/* A few steps of one file. It goes to the end of the queue when it has more to do. */
static void file_turn(struct tail *t, struct tail_file *f)
{
    enum file_next next = FILE_GOES_ON;

    if (f->fd < 0 && !file_reopen(f))
        return;
    for (unsigned i = 0; i < TAIL_READS_PER_TURN && next == FILE_GOES_ON; i++)
        next = file_step(f);
    if (next == FILE_IS_GONE || next == FILE_RESTS)
        return;
    if (!list_is_linked(&f->ready_link))
        list_add_tail(&t->ready, &f->ready_link);
    if (next == FILE_NEEDS_ROOM)
        wait_for_room(t);
}

static void exit_if_done(struct tail *t)
{
    if (!t->options.exit_on_eof || !t->is_first_scan_over || t->was_exit_wanted)
        return;
    LIST_FOR (it, &t->files)
        if (CONTAINER_OF(it, struct tail_file, link)->fd < 0)
            return;
    LIST_FOR (it2, &t->files)
        tail_lines_flush(CONTAINER_OF(it2, struct tail_file, link), true);
    t->was_exit_wanted = true;
    t->input->exit_wanted(t->input);
}

static void on_work(void *owner)
{
    struct tail *t = owner;
    unsigned turns = 0;

    while (!t->is_waiting_for_room && !list_is_empty(&t->ready) && turns++ < TAIL_TURNS_MAX)
        file_turn(t, CONTAINER_OF(list_take_first(&t->ready), struct tail_file, ready_link));
    if (t->is_waiting_for_room)
        return;
    if (!list_is_empty(&t->ready)) {
        timer_start(t->work, 0);
        return;
    }
    buffer_fini(&t->bytes);
    exit_if_done(t);
}

static void on_room(struct budget_waiter *waiter)
{
    struct tail *t = CONTAINER_OF(waiter, struct tail, waiter);

    t->is_waiting_for_room = false;
    if (!list_is_empty(&t->ready))
        timer_start(t->work, 0);
}

/* Files that wait for a time: rotated ones for their close, unreadable ones for the next try. */
static void on_look(void *owner)
{
    struct tail *t = owner;
    uint64_t now = clock_ms(), next = UINT64_MAX;

    LIST_FOR_SAFE (it, after, &t->files) {
        struct tail_file *f = CONTAINER_OF(it, struct tail_file, link);

        if (f->look_ms == 0)
            continue;
        if (f->look_ms <= now) {
            f->look_ms = 0;
            tail_file_touch(f);
        } else if (f->look_ms < next) {
            next = f->look_ms;
        }
    }
    if (next != UINT64_MAX)
        timer_start_sooner(t->look, next - now);
}

void tail_work_start(struct tail *t)
{
    t->work = timer_new(t->input->loop, on_work, t);
    t->look = timer_new(t->input->loop, on_look, t);
    budget_waiter_init(&t->waiter, on_room);
}

void tail_work_stop(struct tail *t)
{
    timer_free(&t->work);
    timer_free(&t->look);
    budget_waiter_stop(&t->waiter);
    while (list_take_first(&t->ready) != NULL)
        continue;
}
