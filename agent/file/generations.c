#include "file/generations.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "file/reader.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A number of more digits is a date. */
#define NUMBER_DIGITS_MAX 5
#define DATE_DIGITS_MIN 8

/* A directory that changes while it is read is read again, so often. */
#define TRIES_MAX 5

static const struct slice gz = {".gz", 3};

/* ---- names ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digit_count(struct slice text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += is_digit(text.data[i]);
    return count;
}

/* What stands between numbers in a suffix: `-20261121-050000`, `.2026-11-21T05:00:00Z`. */
static bool is_suffix(struct slice text)
{
    if (text.len < 2 || memchr(".-_", text.data[0], 3) == NULL || digit_count(text) == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_digit(text.data[i]) && memchr(".-_:+TZ", text.data[i], 7) == NULL)
            return false;
    }
    return true;
}

static struct slice without_end(struct slice text, struct slice end)
{
    return slice_ends(text, end) ? slice_make(text.data, text.len - end.len) : text;
}

/* Where the extension begins, `.log` of `app.log`; the length where there is none. */
static size_t extension_at(struct slice base)
{
    for (size_t at = base.len; at > 1; at--) {
        if (base.data[at - 1] == '.')
            return at - 1;
    }
    return base.len;
}

/* What rotation put into the name: `.1`, `-20261121`; empty where it is none of its names. */
static struct slice suffix_of(struct slice base, struct slice name)
{
    size_t at = extension_at(base);
    struct slice stem = slice_make(base.data, at);
    struct slice extension = slice_skip(base, at);
    struct slice rest;

    name = without_end(name, gz);
    if (slice_begins(name, base)) {
        rest = slice_skip(name, base.len);
        return is_suffix(rest) ? rest : (struct slice){0};
    }
    if (extension.len == 0 || !slice_begins(name, stem) || !slice_ends(name, extension))
        return (struct slice){0};
    rest = without_end(slice_skip(name, at), extension);
    return is_suffix(rest) && digit_count(rest) >= DATE_DIGITS_MIN ? rest : (struct slice){0};
}

bool generation_is_of(struct slice base, struct slice name)
{
    return suffix_of(base, name).len > 0;
}

/* ---- order ---- */

static struct slice name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slice_of(slash ? slash + 1 : path);
}

static bool is_number(struct slice suffix)
{
    return suffix.len > 1 && suffix.len - 1 <= NUMBER_DIGITS_MAX &&
           digit_count(suffix) == suffix.len - 1;
}

static unsigned long number_of(struct slice suffix)
{
    unsigned long number = 0;

    CHECK(is_number(suffix));
    for (size_t i = 1; i < suffix.len; i++)
        number = number * 10 + (unsigned long)(suffix.data[i] - '0');
    return number;
}

/* Digits only, so that the separators do not matter: below zero when `a` is the earlier date. */
static int dates_compare(struct slice a, struct slice b)
{
    size_t i = 0, j = 0;

    for (;;) {
        while (i < a.len && !is_digit(a.data[i]))
            i++;
        while (j < b.len && !is_digit(b.data[j]))
            j++;
        if (i == a.len || j == b.len)
            return (i < a.len) - (j < b.len);
        if (a.data[i] != b.data[j])
            return a.data[i] < b.data[j] ? -1 : 1;
        i++;
        j++;
    }
}

bool generation_is_older(struct slice base, const struct generation *a, const struct generation *b)
{
    struct slice x = suffix_of(base, name_of(a->path));
    struct slice y = suffix_of(base, name_of(b->path));
    int dates;

    if (a->is_current || b->is_current)
        return b->is_current && !a->is_current;
    if (is_number(x) && is_number(y) && number_of(x) != number_of(y))
        return number_of(x) > number_of(y);
    if (!is_number(x) && !is_number(y)) {
        dates = dates_compare(x, y);
        if (dates != 0)
            return dates < 0;
    }
    return a->modified_ns < b->modified_ns;
}

/* ---- the directory ---- */

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
    struct generation g = {
        .path = mem_format("%s/%s", dir, name),
        .is_current = slice_is(base, name),
    };

    if (!generation_look(&g)) {
        generation_fini(&g);
        return;
    }
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = g;
}

static void generation_drop(struct generations *list, size_t index)
{
    CHECK(index < list->count);
    generation_fini(&list->items[index]);
    list->count--;
    memmove(&list->items[index], &list->items[index + 1],
            (list->count - index) * sizeof *list->items);
}

/* gzip has written `x.gz` and not yet removed `x`: one of them is enough. */
static void doubles_drop(struct generations *list)
{
    for (size_t i = list->count; i-- > 0;) {
        struct slice plain = without_end(slice_of(list->items[i].path), gz);

        for (size_t j = 0; j < list->count && plain.len < strlen(list->items[i].path); j++) {
            if (slice_is(plain, list->items[j].path)) {
                generation_drop(list, i);
                break;
            }
        }
    }
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

/* Which names lead to which files: a sum that changes when one of them does. */
static uint64_t listing_read(struct generations *list, DIR *dir, const char *dir_path,
                             struct slice base)
{
    struct dirent *item;
    uint64_t sum = 0;

    while ((item = readdir(dir)) != NULL) {
        struct slice name = slice_of(item->d_name);

        if (!slice_equal(name, base) && !generation_is_of(base, name))
            continue;
        sum += slice_hash(name) * (2 * (uint64_t)item->d_ino + 1);
        if (list != NULL)
            generation_add(list, dir_path, item->d_name, base);
    }
    return sum;
}

/* Renaming a row of generations takes longer than looking at one: a name may lead to another file by
 * then, and one of them be missed. */
static void listing_read_still(struct generations *list, DIR *dir, const char *dir_path,
                               struct slice base)
{
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        uint64_t sum;

        generations_free(list);
        rewinddir(dir);
        sum = listing_read(list, dir, dir_path, base);
        rewinddir(dir);
        if (listing_read(NULL, dir, dir_path, base) == sum && copies_mark(list, -1))
            return;
    }
}

int generations_read(const char *path, struct generations *list)
{
    char real[PATH_MAX];
    char *whole = mem_text(realpath(path, real) ? real : path);
    char *slash = strrchr(whole, '/');
    struct slice base = name_of(whole);
    DIR *dir;

    *list = (struct generations){0};
    if (slash != NULL)
        *slash = '\0';
    dir = opendir(slash == NULL ? "." : whole[0] ? whole : "/");
    if (dir == NULL) {
        mem_free(whole);
        return -errno;
    }
    listing_read_still(list, dir, slash ? whole : ".", base);
    closedir(dir);
    doubles_drop(list);
    if (list->count > 1)
        qsort_r(list->items, list->count, sizeof *list->items, order, &base);
    while (list->count > GENERATIONS_MAX)
        generation_drop(list, 0);
    mem_free(whole);
    return 0;
}

void generations_free(struct generations *list)
{
    for (size_t i = 0; i < list->count; i++)
        generation_fini(&list->items[i]);
    mem_free(list->items);
    *list = (struct generations){0};
}
