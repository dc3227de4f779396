#include "plugins/in_tail/again.h"

#include "plugins/in_tail/bookmark.h"
#include "plugins/in_tail/follow.h"
#include "plugins/in_tail/generations.h"
#include "plugins/in_tail/tail.h"
#include "plugins/in_tail/told.h"

#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <uv.h>

/*
 * What cannot be opened or read now, and is tried again ever more rarely.
 *
 *   files   each by itself, as long as it has a name
 *   logs    of which a generation could not be read when it was looked for, or a file until it lost
 *           its name: all generations are looked for again, until none is in the way. Rotation and
 *           gzip may have made another file of it by then, so the log's name is all that is kept
 *
 * Without DB what was read and closed meanwhile is not known, and may be read twice.
 */

/* ---- files ---- */

/* The limit may be raised from outside while we run. */
int tail_fd_max(void)
{
    struct rlimit limit;
    rlim_t kept;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > INT_MAX)
        return INT_MAX;
    kept = limit.rlim_cur / 4 < TAIL_FDS_KEPT_MAX ? limit.rlim_cur / 4 : TAIL_FDS_KEPT_MAX;
    return (int)(limit.rlim_cur - kept);
}

/* Not said for each file: there may be thousands. */
static void limit_say(struct tail *t)
{
    uint64_t now = clock_ms();

    if (t->names.limit_said_ms != 0 && now - t->names.limit_said_ms < TAIL_LIMIT_SAID_MS)
        return;
    t->names.limit_said_ms = now;
    log_error(t->told.component,
              "no more files can be opened: descriptors from %d on are kept for connections; raise "
              "the limit of open files; the other files wait, and are tried again",
              tail_fd_max());
}

/* A name may lead to another file by now. */
static void file_promise(struct tail_file *f)
{
    const struct tail_file_options *o = &f->tail->told.files;
    struct stat facts;

    if (!(f->known.is_next ||
          (f->tail->names.is_first_scan_over ? o->read_new_from_head : o->read_from_head)))
        return;
    if (stat(f->log.path, &facts) == 0 && facts.st_ino == f->log.name->id.ino)
        tail_bookmark_promise(f->tail, f->log.name,
                              facts.st_mtim.tv_sec * NS_PER_S + facts.st_mtim.tv_nsec);
}

void tail_file_try_later(struct tail_file *f, int code)
{
    CHECK(code < 0);
    f->tail->input->metrics.read_errors++;
    if (f->source.fd < 0 && f->log.name != NULL)
        file_promise(f);
    if (code == UV_EMFILE || code == UV_ENFILE) {
        limit_say(f->tail);
        file_trouble_note_silently(&f->source.trouble);
    } else {
        file_trouble_note(&f->source.trouble, f->tail->told.component, f->log.path, code);
    }
    tail_file_look_again(f, f->source.trouble.wait_ms);
}

/* ---- logs ---- */

struct tail_again {
    struct list link; /* in tail->again */
    char *path, *real;
    struct file_trouble trouble;
    uint64_t unread_bytes; /* of the generations in the way, as the last look saw them */
    int code;              /* of the look that is under way; 0: nothing was in the way */
};

static struct tail_again *again_find(struct tail *t, const char *path)
{
    LIST_FOR (it, &t->names.again) {
        struct tail_again *again = CONTAINER_OF(it, struct tail_again, link);

        if (strcmp(again->path, path) == 0)
            return again;
    }
    return NULL;
}

static void again_free(struct tail_again *again)
{
    CHECK(list_is_linked(&again->link));
    list_remove(&again->link);
    mem_free(again->path);
    mem_free(again->real);
    mem_free(again);
}

void tail_again_note(struct tail *t, const struct found_file *name, const char *path, int code)
{
    struct tail_again *again = again_find(t, name->path);

    CHECK(code < 0);
    t->input->metrics.read_errors++;
    if (again == NULL) {
        again = mem_zalloc(1, sizeof *again);
        again->path = mem_text(name->path);
        again->real = mem_text(name->real);
        list_add_tail(&t->names.again, &again->link);
    } else if (again->code != 0 || !file_trouble_may_try(&again->trouble)) {
        return; /* said of another generation, or of an earlier look */
    }
    again->code = code;
    file_trouble_note(&again->trouble, t->told.component, path, code);
    timer_start_sooner(t->timers.look, again->trouble.wait_ms);
}

bool tail_again_is_for(struct tail *t, const char *path)
{
    return again_find(t, path) != NULL;
}

void tail_again_owe(struct tail *t, const struct found_file *name, uint64_t bytes)
{
    struct tail_again *again = again_find(t, name->path);

    if (again != NULL)
        again->unread_bytes = bytes;
}

uint64_t tail_again_bytes(const struct tail *t)
{
    uint64_t sum = 0;

    LIST_FOR (it, (struct list *)(uintptr_t)&t->names.again)
        sum += CONTAINER_OF(it, struct tail_again, link)->unread_bytes;
    return sum;
}

/* True when it is to be looked for once more. */
static bool again_look(struct tail *t, struct tail_again *again)
{
    struct found_file name = {.path = again->path, .real = again->real};

    again->code = 0;
    (void)tail_generations_follow(t, &name);
    return again->code != 0;
}

void tail_again_look(struct tail *t, uint64_t now, uint64_t *next)
{
    tail_listing_keep(t);
    LIST_FOR_SAFE (it, after, &t->names.again) {
        struct tail_again *again = CONTAINER_OF(it, struct tail_again, link);

        if (file_trouble_may_try(&again->trouble) && !again_look(t, again)) {
            log_info(t->told.component, "what rotation made of %s can be read again, or is gone",
                     again->path);
            again_free(again);
        } else if (again->trouble.retry_ms < *next) {
            *next = again->trouble.retry_ms > now ? again->trouble.retry_ms : now;
        }
    }
    tail_listing_drop(t);
}

void tail_again_stop(struct tail *t)
{
    LIST_FOR_SAFE (it, after, &t->names.again)
        again_free(CONTAINER_OF(it, struct tail_again, link));
}
