#include "deadletter/store.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "deadletter/folder.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 *   store_add     a letter joins what is pending
 *   write_begin   a worker is free: what is pending becomes what is written
 *   write_work    the folder is opened, if it was not, and appended to
 *   on_written    whoever waited for these goes on; the next are written
 *   on_too_long   the disk does not answer: whoever waits goes on, and nothing more is taken
 *                 until it does
 *
 * Goes wrong: the folder cannot be had, the disk is full (lost, said once; tried again with the
 * next letters).
 *
 * Letters are numbered as they come:
 *
 *   settled <= number of what is written <= added
 */

#define COMPONENT "dead_letters"

/* A folder that could not be opened is tried again after that. */
#define OPEN_AGAIN_MS 60000

/* Of letters, as they come: see above. */
struct letter_numbers {
    uint64_t added, writing, settled;
};

/* What a worker writes; all of it is the worker's while it does, but for the deadline and the bits. */
struct letter_job {
    struct letter_folder *folder;
    struct buffer bytes;
    char why[256];
    int status; /* of the last one */
    uint64_t deleted;
    struct timer *deadline;
    bool is_under_way, is_stuck, is_freed;
};

/* The newest, for the page. */
struct letters_shown {
    char *recent[LETTERS_RECENT_MAX];
    size_t next;
};

struct letter_store {
    struct letter_sink sink;
    struct loop *loop;
    char *path;
    struct letter_limits limits;
    struct letter_metrics *metrics;
    struct buffer pending;
    struct letter_job job;
    struct letter_numbers numbers;
    struct list waiters; /* in order of their numbers */
    uint64_t open_again_ms;
    struct letters_shown shown;
    bool was_trouble_said;
};

static void store_check(const struct letter_store *s)
{
    CHECK(list_is_empty(&s->waiters) || s->numbers.settled < s->numbers.added);
    CHECK(s->numbers.settled <= s->numbers.added && s->numbers.writing <= s->numbers.added);
    CHECK(!s->job.is_stuck || (s->job.is_under_way && s->numbers.settled == s->numbers.added));
    CHECK(s->pending.len == 0 || s->job.is_under_way);
}

/* ---- whoever waits ---- */

static void waiters_settle(struct letter_store *s, uint64_t number)
{
    CHECK(number >= s->numbers.settled && number <= s->numbers.added);
    s->numbers.settled = number;
    while (!list_is_empty(&s->waiters)) {
        struct letter_waiter *w = CONTAINER_OF(s->waiters.next, struct letter_waiter, link);

        if (w->number > number)
            return;
        list_remove(&w->link);
        w->kept(w);
    }
}

static bool store_wait(struct letter_sink *sink, struct letter_waiter *waiter)
{
    struct letter_store *s = CONTAINER_OF(sink, struct letter_store, sink);

    store_check(s);
    if (s->numbers.settled == s->numbers.added)
        return false;
    waiter->number = s->numbers.added;
    list_add_tail(&s->waiters, &waiter->link);
    CHECK(waiter->number > s->numbers.settled);
    return true;
}

/* ---- losses ---- */

static void trouble_say(struct letter_store *s, const char *why)
{
    if (s->was_trouble_said)
        return;
    s->was_trouble_said = true;
    log_error(COMPONENT, "refused records cannot be kept, and are counted only: %s", why);
}

static void trouble_over(struct letter_store *s)
{
    if (s->was_trouble_said)
        log_info(COMPONENT, "refused records are kept again in %s", s->path);
    s->was_trouble_said = false;
}

static void lose(struct letter_store *s, uint64_t count, const char *why)
{
    if (count == 0)
        return;
    s->metrics->lost += count;
    trouble_say(s, why);
}

/* ---- writing ---- */

static void write_begin(struct letter_store *s);
static void on_too_long(void *owner);

static void write_work(void *owner)
{
    struct letter_store *s = owner;

    CHECK(s->job.is_under_way && s->job.bytes.len > 0);
    s->job.status = 0;
    s->job.deleted = 0;
    if (s->job.folder == NULL)
        s->job.status = letter_folder_open(s->path, &s->limits, &s->job.folder, s->job.why);
    if (s->job.status < 0)
        return;
    s->job.status =
        letter_folder_append(s->job.folder, buffer_view(&s->job.bytes), &s->job.deleted);
    if (s->job.status < 0)
        snprintf(s->job.why, sizeof s->job.why, "%.160s: %s", s->path, strerror(-s->job.status));
}

static void store_destroy(struct letter_store *s)
{
    CHECK(!s->job.is_under_way && list_is_empty(&s->waiters));
    letter_folder_close(&s->job.folder);
    buffer_fini(&s->pending);
    buffer_fini(&s->job.bytes);
    for (size_t i = 0; i < LETTERS_RECENT_MAX; i++)
        mem_free(s->shown.recent[i]);
    mem_free(s->path);
    mem_free(s);
}

static void on_written(void *owner)
{
    struct letter_store *s = owner;
    uint64_t count = s->numbers.writing - s->numbers.settled;

    CHECK(s->job.is_under_way);
    CHECK(s->job.is_stuck || s->numbers.writing > s->numbers.settled);
    s->job.is_under_way = false;
    if (s->job.is_freed) {
        store_destroy(s);
        return;
    }
    timer_stop(s->job.deadline);
    s->metrics->deleted += s->job.deleted;
    if (s->job.folder == NULL)
        s->open_again_ms = clock_ms() + OPEN_AGAIN_MS;
    if (s->job.is_stuck) { /* those were counted as lost when it took too long */
        s->job.is_stuck = false;
        return;
    }
    if (s->job.status < 0) {
        lose(s, count, s->job.why);
    } else {
        s->metrics->kept += count;
        trouble_over(s);
    }
    waiters_settle(s, s->numbers.writing);
    write_begin(s);
    store_check(s);
}

static void write_begin(struct letter_store *s)
{
    struct buffer empty = s->job.bytes;

    if (s->job.is_under_way || s->pending.len == 0)
        return;
    CHECK(!s->job.is_freed && !s->job.is_stuck);
    s->job.bytes = s->pending;
    s->pending = empty;
    buffer_fini(&s->pending);
    s->numbers.writing = s->numbers.added;
    CHECK(s->numbers.writing > s->numbers.settled);
    s->job.is_under_way = true;
    if (s->job.deadline == NULL)
        s->job.deadline = timer_new(s->loop, on_too_long, s);
    timer_start(s->job.deadline, LETTER_WAIT_MS);
    job_start(s->loop, write_work, on_written, s);
}

static void pending_lose(struct letter_store *s, const char *why)
{
    CHECK(s->job.is_stuck);
    lose(s, s->numbers.added - s->numbers.settled, why);
    buffer_clear(&s->pending);
    waiters_settle(s, s->numbers.added);
}

static void on_too_long(void *owner)
{
    struct letter_store *s = owner;

    CHECK(s->job.is_under_way);
    s->job.is_stuck = true;
    pending_lose(s, "the disk does not answer");
}

/* ---- letters ---- */

/* For the page: the letter without what may be long. */
static void recent_note(struct letter_store *s, const struct dead_letter *letter)
{
    struct dead_letter brief = *letter;
    struct buffer line = {0};
    char **slot = &s->shown.recent[s->shown.next++ % LETTERS_RECENT_MAX];

    brief.record = brief.metadata = brief.escaped = (struct slice){0};
    letter_write(&brief, &line);
    CHECK(line.len > 0);
    mem_free(*slot);
    *slot = mem_text_n(line.data, line.len - 1);
    buffer_fini(&line);
}

/* Whether there is no use in writing now. The folder is not to be looked at while a worker has it. */
static bool is_hopeless(const struct letter_store *s)
{
    return s->job.is_stuck ||
           (!s->job.is_under_way && s->job.folder == NULL && clock_ms() < s->open_again_ms);
}

static void store_add(struct letter_sink *sink, const struct dead_letter *letter, bool is_given_up,
                      struct origin *origin)
{
    struct letter_store *s = CONTAINER_OF(sink, struct letter_store, sink);

    (void)origin;
    if (is_given_up)
        return;
    recent_note(s, letter);
    if (is_hopeless(s)) {
        s->metrics->lost++;
        return;
    }
    letter_write(letter, &s->pending);
    s->numbers.added++;
    write_begin(s);
    store_check(s);
}

struct letter_store *letter_store_new(struct loop *loop, const char *path, uint64_t bytes_max,
                                      struct letter_metrics *metrics)
{
    struct letter_store *s = mem_zalloc(1, sizeof *s);

    CHECK(path != NULL && metrics != NULL);
    s->sink = (struct letter_sink){.add = store_add, .wait = store_wait};
    s->loop = loop;
    s->path = mem_text(path);
    s->limits = letter_limits_of(bytes_max);
    s->metrics = metrics;
    list_init(&s->waiters);
    return s;
}

void letter_store_free(struct letter_store **address)
{
    struct letter_store *s = *address;

    *address = NULL;
    if (s == NULL)
        return;
    CHECK(list_is_empty(&s->waiters));
    timer_free(&s->job.deadline);
    s->job.is_freed = true;
    if (!s->job.is_under_way)
        store_destroy(s);
}

int letter_store_open(struct letter_store *s, char why[256])
{
    int rc;

    CHECK(s->job.folder == NULL && !s->job.is_under_way);
    rc = letter_folder_open(s->path, &s->limits, &s->job.folder, why);
    if (rc < 0 && rc != -EBUSY) {
        trouble_say(s, why);
        s->open_again_ms = clock_ms() + OPEN_AGAIN_MS;
    }
    return rc;
}

bool letter_store_is_idle(const struct letter_store *s)
{
    return !s->job.is_under_way || s->job.is_stuck;
}

struct letter_sink *letter_store_sink(struct letter_store *s)
{
    return &s->sink;
}

const char *letter_store_path(const struct letter_store *s)
{
    return s->path;
}

const char *letter_store_recent(const struct letter_store *s, size_t index)
{
    if (index >= LETTERS_RECENT_MAX || index >= s->shown.next)
        return NULL;
    return s->shown.recent[(s->shown.next - 1 - index) % LETTERS_RECENT_MAX];
}
