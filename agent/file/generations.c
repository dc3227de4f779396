#include "file/generations.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "file/reader.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory that changes while it is read is read again, so often. */
#define TRIES_MAX 5

static const struct slice gz = {".gz", 3};

/* ---- one of them ---- */

static void generation_fini(struct generation *g)
{
    MEM_FREE(&g->path);
    MEM_FREE(&g->head);
}

/* Negative when it cannot be read; 0 as well when it is no file. */
static int generation_read(struct generation *g, int fd, bool *is_regular)
{
    char head[FILE_HEAD_BYTES_MAX];
    struct file_facts facts;
    int64_t len;
    int rc = file_facts_read(fd, &facts);

    *is_regular = rc == 0 && facts.is_regular;
    if (!*is_regular)
        return rc;
    rc = file_is_gzip(fd, g->path);
    if (rc < 0)
        return rc;
    len = file_head_read(fd, rc > 0, head, sizeof head);
    if (len < 0)
        return (int)len;
    g->id = facts.id;
    g->size_bytes = facts.size_bytes;
    g->modified_ns = facts.modified_ns;
    g->is_gzip = rc > 0;
    g->head = mem_text_n(head, (size_t)len);
    g->head_len = (uint32_t)len;
    return 0;
}

/* What shows without a descriptor. */
static bool generation_stat(struct generation *g)
{
    struct stat facts;

    if (stat(g->path, &facts) < 0 || !S_ISREG(facts.st_mode))
        return false;
    g->id = (struct file_id){.dev = facts.st_dev, .ino = facts.st_ino};
    g->size_bytes = (uint64_t)facts.st_size;
    g->modified_ns = facts.st_mtim.tv_sec * NS_PER_S + facts.st_mtim.tv_nsec;
    g->is_gzip = slice_ends(slice_of(g->path), gz);
    return true;
}

/* False when it is no file, or is gone. */
static bool generation_look(struct generation *g)
{
    int fd = file_open_read(g->path);
    bool is_regular = true;

    g->trouble = fd < 0 ? fd : generation_read(g, fd, &is_regular);
    if (fd >= 0)
        close(fd);
    return is_regular && (g->trouble == 0 || generation_stat(g));
}

static void generation_add(struct generations *list, const char *dir, const char *name,
                           struct slice base)
{
    if ((list->count & (list->count - 1)) == 0)
        list->items =
            mem_resize(list->items, list->count > 0 ? list->count * 2 : 1, sizeof *list->items);
    list->items[list->count++] = (struct generation){
        .path = mem_format("%s/%s", dir, name),
        .is_current = slice_is(base, name),
    };
}

static void generations_keep(struct generations *list, bool (*is_kept)(struct generation *))
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (is_kept(&list->items[i]))
            list->items[kept++] = list->items[i];
        else
            generation_fini(&list->items[i]);
    }
    list->count = kept;
}

static int path_order(const void *a, const void *b)
{
    const struct slice *path = a;
    const struct generation *g = b;
    int rc = strncmp(path->data, g->path, path->len);

    return rc == 0 && g->path[path->len] != '\0' ? -1 : rc;
}

/* gzip has written `x.gz` and not yet removed `x`: one of them is enough. They are in the order of their
 * names still: `x` is the first of the two. */
static void doubles_drop(struct generations *list)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        struct slice path = slice_of(list->items[i].path);
        bool is_packed = slice_ends(path, gz);
        struct slice plain = slice_make(path.data, path.len - (is_packed ? gz.len : 0));

        if (is_packed &&
            bsearch(&plain, list->items, kept, sizeof *list->items, path_order) != NULL)
            generation_fini(&list->items[i]);
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* Of the bytes that end at `offset`. Of none where they cannot be read. */
static struct file_print print_at(const char *path, uint64_t offset)
{
    struct file_print print = {0};
    int fd = file_open_read(path);

    if (fd >= 0 && file_tail_print(fd, offset, &print) < 0)
        print = (struct file_print){0};
    if (fd >= 0)
        close(fd);
    return print;
}

/* Whether they are the same in both; the log is opened where `log_fd` is negative. */
static bool is_alike_at(const struct generation *g, const struct generation *log, int log_fd)
{
    struct file_print print = print_at(g->path, g->size_bytes);
    int fd = log_fd < 0 && print.len > 0 ? file_open_read(log->path) : log_fd;
    bool is_alike = print.len > 0 && fd >= 0 && file_tail_check(fd, g->size_bytes, print) == 1;

    if (log_fd < 0 && fd >= 0)
        close(fd);
    return is_alike;
}

/* copytruncate has made the copy and not yet truncated: the log itself has its bytes still. */
static bool may_be_copy_of(const struct generation *g, const struct generation *log)
{
    if (g->trouble != 0 || log->trouble != 0 || g->is_gzip || log->is_gzip)
        return false;
    if (g->head_len < FILE_PRINT_BYTES_MIN || g->head_len > log->head_len ||
        g->size_bytes > log->size_bytes)
        return false;
    return memcmp(g->head, log->head, g->head_len) == 0;
}

static struct generation *current_of(const struct generations *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].is_current)
            return &list->items[i];
    return NULL;
}

/* False when one may be that is not: then the log may have been truncated just now. */
static bool copies_mark(struct generations *list, int log_fd)
{
    const struct generation *log = current_of(list);
    bool is_sure = true;

    for (size_t i = 0; log != NULL && i < list->count; i++) {
        struct generation *g = &list->items[i];

        if (g == log || !may_be_copy_of(g, log))
            continue;
        g->is_copy = is_alike_at(g, log, log_fd);
        is_sure &= g->is_copy;
    }
    return is_sure;
}

bool generations_lend(struct generations *list, int log_fd)
{
    struct generation *log = current_of(list);
    bool is_regular;

    CHECK(log != NULL && log->trouble != 0 && log->head == NULL && log_fd >= 0);
    log->trouble = generation_read(log, log_fd, &is_regular);
    return log->trouble != 0 || copies_mark(list, log_fd);
}

static int order(const void *a, const void *b, void *base)
{
    const struct slice *name = base;

    if (generation_is_older(*name, a, b))
        return -1;
    return generation_is_older(*name, b, a) ? 1 : 0;
}

static void generations_order(struct generations *list, struct slice base)
{
    if (list->count > 1)
        qsort_r(list->items, list->count, sizeof *list->items, order, &base);
}

static void oldest_drop(struct generations *list)
{
    size_t count = list->count > GENERATIONS_MAX ? list->count - GENERATIONS_MAX : 0;

    for (size_t i = 0; i < count; i++)
        generation_fini(&list->items[i]);
    list->count -= count;
    if (count > 0)
        memmove(list->items, &list->items[count], list->count * sizeof *list->items);
}

/* ---- the directory ---- */

/* Where a log lies. */
struct place {
    char *dir;
    char *base;
};

static struct place place_of(const char *path)
{
    char real[PATH_MAX];
    const char *whole = realpath(path, real) ? real : path;
    const char *slash = strrchr(whole, '/');

    if (slash == NULL)
        return (struct place){mem_text("."), mem_text(whole)};
    return (struct place){slash > whole ? mem_text_n(whole, (size_t)(slash - whole))
                                        : mem_text("/"),
                          mem_text(slash + 1)};
}

static void place_fini(struct place *place)
{
    MEM_FREE(&place->dir);
    MEM_FREE(&place->base);
}

/* The first name at `at` or behind it that is the log's, or rotation made; NULL where there is none left. */
static const struct listing_name *name_next(const struct listing *names, struct slice base,
                                            size_t *at)
{
    struct slice stem = generation_stem(base);

    while (*at < names->count) {
        const struct listing_name *item = &names->names[(*at)++];
        struct slice name = slice_of(item->text);

        if (!slice_begins(name, stem))
            return NULL;
        if (slice_equal(name, base) || generation_is_of(base, name))
            return item;
    }
    return NULL;
}

static size_t name_first(const struct listing *names, struct slice base)
{
    return listing_find(names, generation_stem(base));
}

/* Which names lead to which files: a sum that changes when one of them does. */
static uint64_t names_sum(const struct listing *names, struct slice base)
{
    size_t at = name_first(names, base);
    const struct listing_name *item;
    uint64_t sum = 0;

    while ((item = name_next(names, base, &at)) != NULL)
        sum += slice_hash(slice_of(item->text)) * (2 * item->ino + 1);
    return sum;
}

/* The files, in the order of their names. */
static void names_gather(const struct listing *names, const struct place *place,
                         struct generations *list)
{
    struct slice base = slice_of(place->base);
    size_t at = name_first(names, base);
    const char *dir = strcmp(place->dir, "/") == 0 ? "" : place->dir;
    const struct listing_name *item;

    while ((item = name_next(names, base, &at)) != NULL)
        generation_add(list, dir, item->text, base);
    generations_keep(list, generation_stat);
}

/* Of many those are opened that are kept. */
static void generations_look(struct generations *list, struct slice base)
{
    doubles_drop(list);
    generations_order(list, base);
    oldest_drop(list);
    generations_keep(list, generation_look);
    generations_order(list, base);
}

/* Whether each name still leads where it did. */
static bool names_are_still(struct listing *names, const struct place *place)
{
    struct slice base = slice_of(place->base);
    uint64_t sum;

    if (listing_is_still(names))
        return true;
    sum = names_sum(names, base);
    return listing_read(names, place->dir) == 0 && names_sum(names, base) == sum;
}

/* Renaming a row of generations takes longer than looking at one: a name may lead to another file by
 * then, and one of them be missed. */
static int place_read(struct listing *names, const struct place *place, struct generations *list)
{
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        int rc = listing_read(names, place->dir);

        generations_free(list);
        if (rc < 0)
            return rc;
        names_gather(names, place, list);
        generations_look(list, slice_of(place->base));
        if (names_are_still(names, place) && copies_mark(list, -1))
            break;
    }
    return 0;
}

int generations_read_in(struct listing *names, const char *path, struct generations *list)
{
    struct place place = place_of(path);
    int rc;

    *list = (struct generations){0};
    rc = place_read(names, &place, list);
    place_fini(&place);
    return rc;
}

int generations_read(const char *path, struct generations *list)
{
    struct listing names = {0};
    int rc = generations_read_in(&names, path, list);

    listing_fini(&names);
    return rc;
}

int generations_find(struct listing *names, const char *path)
{
    struct place place = place_of(path);
    struct generations list = {0};
    int rc = listing_read(names, place.dir);

    if (rc == 0) {
        names_gather(names, &place, &list);
        rc = list.count > 0;
    }
    generations_free(&list);
    place_fini(&place);
    return rc;
}

void generations_free(struct generations *list)
{
    for (size_t i = 0; i < list->count; i++)
        generation_fini(&list->items[i]);
    mem_free(list->items);
    *list = (struct generations){0};
}
